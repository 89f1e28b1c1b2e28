"""How much was judged when, as a small chart."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from data.timeline import DayOfWork
from views.trendcharts import INK

#: Beyond so many days with work, weeks are drawn.
MOST_DAYS = 60


def work_table(days: Sequence[DayOfWork]) -> tuple[pd.DataFrame, str]:
    """Items, labels and active hours of all people by day, or by week (from Monday) where days are too many; and which it is."""
    table = pd.DataFrame(
        [{"when": day.day, "items": day.items, "labels": day.labels, "hours": day.seconds / 3600.0} for day in days],
        columns=["when", "items", "labels", "hours"],
    )
    unit = "day" if table["when"].nunique() <= MOST_DAYS else "week"
    if unit == "week":
        at = pd.to_datetime(table["when"])
        table["when"] = (at - pd.to_timedelta(at.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
    return table.groupby("when", as_index=False, sort=True).sum(), unit


def work_chart(table: pd.DataFrame, unit: str) -> alt.Chart:
    """Items judged, a bar for each day or week with work."""
    tips = [
        alt.Tooltip("when:T", title=unit.capitalize()), alt.Tooltip("items:Q", title="Items", format=",d"),
        alt.Tooltip("labels:Q", title="Labels", format=",d"), alt.Tooltip("hours:Q", title="Active hours", format=".1f"),
    ]  # fmt: skip
    x = alt.X("when:T", title=f"{unit.capitalize()} (UTC)", axis=alt.Axis(tickCount=6, labelOverlap=True, format="%-d %b"))
    y = alt.Y("items:Q", title="Items", axis=alt.Axis(tickCount=3, format=",d"))
    bars: alt.Chart = alt.Chart(table).mark_bar(color=INK, size=10).encode(x=x, y=y, tooltip=tips)
    return bars
