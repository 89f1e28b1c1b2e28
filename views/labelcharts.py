"""Charts of one label: tables in, Altair charts out. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from data.store.trends import LabelPoint
from rating.evidence import Floats
from rating.external_view import thinned
from rating.operating import OperatingPoints
from rating.thresholds import Cut, CutCurve
from views.charts import layered

#: The three thresholds as the page calls them, each with a shape of its own; and the one that is chosen.
AIMS = {"precise": "few wrong", "balanced": "balanced", "complete": "few missed"}
CHOSEN = "chosen"
_SHAPES = ["triangle-up", "diamond", "square", "circle"]
_INK, _OTHER = "#2f8a80", "#b4542b"
_REVIEWED = 60
#: Pixels around a chart: without room above it its title is cut.
_ROOM = {"top": 14, "bottom": 4, "left": 4, "right": 8}


def curve_table(curve: CutCurve) -> pd.DataFrame:
    """Expected recall and precision in percent, at a few hundred thresholds."""
    few = thinned(curve)
    return pd.DataFrame({"recall": 100 * few.recall, "precision": 100 * few.precision, "threshold": 100 * few.threshold})


def reviewed_table(points: tuple[Floats, Floats, Floats]) -> pd.DataFrame:
    """The same of the reviewed items alone, at no more than sixty thresholds."""
    threshold, precision, recall = points
    kept = np.unique(np.linspace(0, len(threshold) - 1, min(len(threshold), _REVIEWED)).round().astype(int))
    columns = {"recall": recall, "precision": precision, "threshold": threshold}
    return pd.DataFrame({name: 100 * values[kept] for name, values in columns.items()})


def marks_table(points: OperatingPoints, now: Cut | None) -> pd.DataFrame:
    """The three thresholds and the chosen one, where there are such."""
    cuts = {words: getattr(points, name) for name, words in AIMS.items()} | {CHOSEN: now}
    rows = [
        {"mark": words, "recall": 100 * cut.recall, "precision": 100 * cut.precision, "threshold": 100 * cut.threshold}
        for words, cut in cuts.items()
        if cut is not None
    ]
    return pd.DataFrame(rows, columns=["mark", "recall", "precision", "threshold"])


def curve_chart(curve: pd.DataFrame, reviewed: pd.DataFrame, marks: pd.DataFrame) -> alt.LayerChart:
    """Precision over recall: what is expected on all items as a line, the reviewed items as dots, thresholds as shapes."""
    x = alt.X("recall:Q", title="Recall: found of those that carry it (%)", scale=alt.Scale(domain=[0, 100]))
    y = alt.Y("precision:Q", title="Precision: right of those found (%)", scale=alt.Scale(domain=[0, 100]))
    tips = [
        alt.Tooltip(f"{name}:Q", title=title, format=".1f")
        for name, title in (("precision", "Precision, %"), ("recall", "Recall, %"), ("threshold", "Threshold, %"))
    ]
    line = alt.Chart(curve).mark_line(color=_INK, strokeWidth=2.5).encode(x=x, y=y, order="threshold:Q")
    dots = alt.Chart(reviewed).mark_point(color="#8a8f8d", size=22, opacity=0.7).encode(x=x, y=y, tooltip=tips)
    names = [*AIMS.values(), CHOSEN]
    legend = alt.Legend(orient="bottom", columns=2)  # four side by side are cut on a narrow screen
    shape = alt.Shape("mark:N", title=None, scale=alt.Scale(domain=names, range=_SHAPES), legend=legend)
    colour = alt.Color("mark:N", title=None, scale=alt.Scale(domain=names, range=[_INK, _INK, _INK, _OTHER]), legend=legend)
    points = alt.Chart(marks).mark_point(filled=True, size=150, opacity=1)
    shown = points.encode(x=x, y=y, shape=shape, color=colour, tooltip=tips)
    return layered(line, dots, shown).properties(height=340, title="What a threshold brings", padding=_ROOM)


def trend_table(points: Sequence[LabelPoint]) -> pd.DataFrame:
    """A label's average precision with its interval over the project's reviews, in percent."""
    rows = [
        {
            "reviewed": p.reviewed, "ap": 100 * p.ap, "low": None if p.low is None else 100 * p.low,
            "high": None if p.high is None else 100 * p.high, "examples": p.positives, "model": p.model_version,
            "when": p.created_at[:16].replace("T", " "),
        }
        for p in points
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["reviewed", "ap", "low", "high", "examples", "model", "when"])


def trend_chart(table: pd.DataFrame, target: float) -> alt.LayerChart:
    """Average precision over reviewed items with the band of its 90 % interval, and the target of the profile (0-100)."""
    axis = alt.Axis(tickMinStep=1, format=",d", tickCount=6)
    x = alt.X("reviewed:Q", title="Reviewed items of the project", scale=alt.Scale(zero=False, nice=True), axis=axis)
    scale = alt.Scale(domain=[0, 100])
    base, title = alt.Chart(table), "Average precision (%)"
    tips = [
        alt.Tooltip("ap:Q", title="Average precision, %", format=".0f"), alt.Tooltip("low:Q", title="5 %", format=".0f"),
        alt.Tooltip("high:Q", title="95 %", format=".0f"), alt.Tooltip("examples:Q", title="Examples"),
        alt.Tooltip("model:Q", title="Model version"), alt.Tooltip("when:N", title="Rated"),
    ]  # fmt: skip
    spread = base.mark_rule(color=_INK, strokeWidth=3, opacity=0.3) if len(table) < 2 else base.mark_area(color=_INK, opacity=0.2)
    band = spread.encode(x=x, y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q")
    value = alt.Y("ap:Q", title=title, scale=scale)
    line = base.mark_line(color=_INK, strokeWidth=2).encode(x=x, y=value)
    points = base.mark_point(color=_INK, filled=True, size=60, opacity=1).encode(x=x, y=value, tooltip=tips)
    aim = alt.Chart(pd.DataFrame({"target": [target]})).mark_rule(color=_OTHER, strokeDash=[4, 4]).encode(y="target:Q")
    return layered(band, aim, line, points).properties(
        height=260, title="Average precision with its 90 % interval", padding=_ROOM
    )


def month_chart(months: Mapping[str, int]) -> alt.Chart:
    """How many examples were reviewed in each month."""
    table = pd.DataFrame({"month": list(months), "examples": list(months.values())})
    x = alt.X("month:N", title="Month of the review", axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("examples:Q", title="Examples", axis=alt.Axis(tickMinStep=1, format=",d"))
    tips = [alt.Tooltip("month:N", title="Month"), alt.Tooltip("examples:Q", title="Examples")]
    bars: alt.Chart = alt.Chart(table).mark_bar(color=_INK, size=24).encode(x=x, y=y, tooltip=tips)
    return bars.properties(height=220, title="Examples by month of their review", padding=_ROOM)
