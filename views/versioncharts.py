"""Charts of model versions. No streamlit, so that each can be tested as what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from rating.confusion import shares
from rating.evidence import Floats
from views.charts import layered

#: Labels in a chart of changes; the table has them all.
MOST = 24
#: What a change of a label is called, its colour and its shape: apart for colour-blind eyes, on paper and on slate.
VERDICTS = {
    "better": ("Better", "#2f8a80", "triangle-up"), "cannot be told": ("Cannot be told", "#7a8784", "circle"),
    "worse": ("Worse", "#cf6237", "triangle-down"),
}  # fmt: skip
_INK, _CHANCE = "#2f8a80", "#cf6237"
_LIGHT, _DARK = "#ffffff", "#14302d"


def rise_table(labels: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Every label's average precision by both versions, the rise with its interval, in points; the largest falls first."""
    rows = [
        {
            "Label": one["name"], "Before": 100 * one["before"], "After": 100 * one["after"], "Rise": 100 * one["rise"]["value"],
            "low": 100 * one["rise"]["low"], "high": 100 * one["rise"]["high"], "Verdict": VERDICTS[one["verdict"]][0],
            "Gained": one["gained"], "Lost": one["lost"], "Expected right": None if one["right"] is None else 100 * one["right"],
        }
        for one in labels
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values("Rise", kind="stable") if rows else pd.DataFrame()


def rises(table: pd.DataFrame, most: int = MOST) -> alt.LayerChart:
    """How many points each label gained or lost, with the 90 % interval; those that changed most."""
    shown = table.loc[table["Rise"].abs().sort_values(ascending=False).index[:most]].sort_values("Rise", ascending=False)
    words, colours, shapes = (list(part) for part in zip(*VERDICTS.values(), strict=True))
    y = alt.Y("Label:N", sort=list(shown["Label"]), title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False))
    x = alt.X("low:Q", title="Rise (points), 90 % interval")
    colour = alt.Color("Verdict:N", title=None, scale=alt.Scale(domain=words, range=colours), legend=alt.Legend(orient="top"))
    shape = alt.Shape("Verdict:N", scale=alt.Scale(domain=words, range=shapes))
    tips: list[alt.Tooltip | str] = [
        "Label:N", *(alt.Tooltip(f"{name}:Q", format=".1f") for name in ("Before", "After", "Rise")),
        alt.Tooltip("low:Q", title="5 %", format=".1f"), alt.Tooltip("high:Q", title="95 %", format=".1f"), "Gained:Q", "Lost:Q",
    ]  # fmt: skip
    base = alt.Chart(shown)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color="#7a8784", strokeDash=[2, 3]).encode(x="zero:Q")
    reach = base.mark_rule(strokeWidth=3, opacity=0.35).encode(x=x, x2="high:Q", y=y, color=colour)
    point = base.mark_point(filled=True, size=110, opacity=1).encode(x="Rise:Q", y=y, color=colour, shape=shape, tooltip=tips)
    return layered(zero, reach, point).properties(height=26 * max(len(shown), 3) + 70)


def confusion_table(matrix: Floats, names: Sequence[str], *, other: Floats | None = None) -> pd.DataFrame:
    """A matrix (K, K) as cells: of each right label the share (%) that was given each label; beside ``other`` the difference."""
    share = 100 * shares(matrix)
    shown = share if other is None else share - 100 * shares(other)
    return pd.DataFrame([
        {"Right": right, "Given": given, "value": shown[row, column], "items": matrix[row, column],
         "text": _cell(shown[row, column], signed=other is not None)}
        for row, right in enumerate(names) for column, given in enumerate(names) if np.isfinite(shown[row, column])
    ], columns=["Right", "Given", "value", "items", "text"])  # fmt: skip


def _cell(value: float, *, signed: bool) -> str:
    return "" if abs(value) < 0.5 else f"{value:+.0f}" if signed else f"{value:.0f}"


def _axis(angle: int, *, whole: bool) -> alt.Axis:
    """The labels, all of them where the axis is to be ``whole``, else those that there is room for."""
    return alt.Axis(labelLimit=170, labelAngle=angle, labelOverlap=not whole, ticks=False, domain=False)


def mixups(table: pd.DataFrame, *, signed: bool, most: int = 8) -> pd.DataFrame:
    """The cells that matter most, in words: what is taken for what most often, or what has changed most; right ones left out."""
    wrong = table[(table["Right"] != table["Given"]) & (table["value"].abs() >= 0.5)]
    top = wrong.loc[wrong["value"].abs().sort_values(ascending=False, kind="stable").index[:most]]
    unit = "Points more or less" if signed else "% of the right label"
    return pd.DataFrame({
        "Right label": top["Right"], "Given instead": top["Given"], unit: top["value"].round(1),
        "Reviewed items, weighted": top["items"].round(1),
    })  # fmt: skip


def confusion_chart(table: pd.DataFrame, names: Sequence[str], *, signed: bool) -> alt.LayerChart:
    """The matrix as a heat map with its numbers; differences on a scale that is orange below and purple above no difference."""
    most = max(float(table["value"].abs().max()) if len(table) else 1.0, 1.0)
    scale = (
        alt.Scale(scheme="purpleorange", domain=[-most, most], reverse=True)
        if signed
        else alt.Scale(scheme="teals", domain=[0, 100])
    )
    x = alt.X("Given:N", sort=list(names), title="Label given", axis=_axis(-90, whole=False))
    y = alt.Y("Right:N", sort=list(names), title="Right label", axis=_axis(0, whole=True))
    unit = "Points more or less than before" if signed else "Share of the right label (%)"
    tips: list[alt.Tooltip | str] = [
        alt.Tooltip("Right:N", title="Right label"), alt.Tooltip("Given:N", title="Label given"),
        alt.Tooltip("value:Q", title=unit, format="+.1f" if signed else ".1f"),
        alt.Tooltip("items:Q", title="Reviewed items, weighted", format=".1f"),
    ]  # fmt: skip
    base = alt.Chart(table).encode(x=x, y=y)
    legend = alt.Legend(orient="top", title=unit, gradientLength=160, titleLimit=300)
    cells = base.mark_rect(stroke="#ffffff", strokeWidth=0.5).encode(
        color=alt.Color("value:Q", scale=scale, legend=legend), tooltip=tips
    )
    strong = f"abs(datum.value) > {0.6 * most}" if signed else "datum.value > 55"
    words = base.mark_text(fontSize=11).encode(text="text:N", color=alt.condition(strong, alt.value(_LIGHT), alt.value(_DARK)))
    return layered(cells, words).properties(height=max(26 * len(names), 120) + 110)


def steady_table(steps: Sequence[Mapping[str, Any]], label_id: int | None = None) -> pd.DataFrame:
    """Along the versions: the share (%) of decisions that changed, of all labels or of one, the cosine of the coefficients and
    the length of their change (%); each as it was, and as as many reviews at random would have made it.
    """
    rows = []
    for step in steps:
        for whose, one in (("As it was", step), ("Expected by chance", step["chance"])):
            if one is None:
                continue
            share = one["share"] if label_id is None else one["labels"].get(str(label_id))
            rows.append({
                "Reviews": step["reviewed"], "Versions": f"{step['from']} → {step['to']}", "whose": whose, "New": step["more"],
                "Changed": None if share is None else 100 * share, "Cosine": one["cosine"],
                "Length": None if one["length"] is None else 100 * one["length"],
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["Reviews", "Versions", "whose", "New", "Changed", "Cosine", "Length"])


def steady(table: pd.DataFrame, column: str, title: str) -> alt.LayerChart:
    """One of the columns over the reviews: as it was, and dashed what chance alone would do."""
    words = ["As it was", "Expected by chance"]
    colour = alt.Color(
        "whose:N", title=None, scale=alt.Scale(domain=words, range=[_INK, _CHANCE]), legend=alt.Legend(orient="top")
    )
    dash = alt.StrokeDash("whose:N", scale=alt.Scale(domain=words, range=[[1, 0], [5, 4]]), legend=None)
    shape = alt.Shape("whose:N", scale=alt.Scale(domain=words, range=["circle", "diamond"]))
    x = alt.X(
        "Reviews:Q", title="Reviewed items", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=",d", tickMinStep=1)
    )
    y = alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=column != "Cosine"))
    tips: list[alt.Tooltip | str] = ["Versions:N", alt.Tooltip("New:Q", title="New reviews"), alt.Tooltip("whose:N", title=""),
                                     alt.Tooltip(f"{column}:Q", title=title, format=".3~g")]  # fmt: skip
    base = alt.Chart(table.dropna(subset=[column]))
    line = base.mark_line(strokeWidth=2.4).encode(x=x, y=y, color=colour, strokeDash=dash)
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    return layered(line, point).properties(height=260)
