"""The chart of confused labels: table in, Altair chart out. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from views.charts import layered

#: So many directions are drawn.
MOST = 16
_INK = "#4d86bf"
_SHARE = "Share of what is the first label alone (%), 90 % interval"


def pair_table(pairs: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> pd.DataFrame:
    """Both directions of each pair, most often confused first: which label is right, which is given, how often in percent."""
    rows = [
        {"right": names[a], "given": names[b], "Confusion": f"{names[a]} → {names[b]}",
         **{key: 100.0 * cell for key, cell in zip(("rate", "low", "high"), pair[name], strict=True)}}
        for pair in pairs
        for name, (a, b) in {"given": pair["labels"], "taken": pair["labels"][::-1]}.items()
        if pair[name][0] is not None
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["right", "given", "Confusion", "rate", "low", "high"])
    return table.sort_values(["rate", "Confusion"], ascending=[False, True]).head(MOST)


def chart(table: pd.DataFrame) -> alt.LayerChart:
    """How often one label is taken for another, with 90 % intervals."""
    y = alt.Y("Confusion:N", sort=list(table["Confusion"]), title=None,
              axis=alt.Axis(labelLimit=320, labelOverlap=False, ticks=False, domain=False))  # fmt: skip
    x = alt.X("low:Q", title=_SHARE, scale=alt.Scale(domain=[0, 100]))
    tips: list[alt.Tooltip | str] = [
        alt.Tooltip("right:N", title="Is right"), alt.Tooltip("given:N", title="The model gives"),
        alt.Tooltip("rate:Q", title="How often, %", format=".0f"), alt.Tooltip("low:Q", title="5 %", format=".0f"),
        alt.Tooltip("high:Q", title="95 %", format=".0f"),
    ]  # fmt: skip
    base = alt.Chart(table)
    rule = base.mark_rule(strokeWidth=3, opacity=0.35, color=_INK).encode(x=x, x2="high:Q", y=y)
    point = base.mark_point(filled=True, size=100, opacity=1, color=_INK).encode(
        x=alt.X("rate:Q", title=_SHARE), y=y, tooltip=tips
    )
    title = alt.Title("Which label is taken for which", anchor="start")
    return layered(rule, point).properties(height=26 * max(len(table), 2) + 60, title=title)


def message(table: pd.DataFrame) -> str:
    """What the chart says, for who cannot see it."""
    if table.empty:
        return "No label is taken for another."
    worst = table.iloc[0]
    return f"Most often confused: {worst['rate']:.0f} % of what is {worst['right']} alone, the model takes for {worst['given']}."
