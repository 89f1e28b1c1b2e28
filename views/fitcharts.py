"""Charts of how well a model suits its data: the regularisation path and the gap to held-out items. Tables in, charts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from views.charts import layered

Measure = Literal["precision", "error"]
MEASURES: dict[Measure, str] = {"precision": "Average precision (0–1)", "error": "Mean squared error"}
TRAIN, HELD = "Items it learned from", "Held-out items"
_LOOKS = {HELD: ("#2f8a80", [1, 0], "circle"), TRAIN: ("#cf6237", [6, 3], "square")}
_GREY = "#7a8784"


def mix_words(mix: Mapping[str, float]) -> str:
    """A mix of feature blocks as people say it.

    >>> mix_words({"minilm-l6-v2@256": 1.0, "lsa": 0.5}), mix_words({"minilm-l6-v2@256": 0.0, "lsa": 1.0})
    ('minilm-l6-v2 and half as much LSA', 'LSA alone')
    """
    used = {_block(name): weight for name, weight in mix.items() if weight > 0}
    if len(used) == 1:
        return f"{next(iter(used))} alone"
    (first, most), (second, least) = sorted(used.items(), key=lambda pair: -pair[1])
    parts = {1.0: "as much", 0.5: "half as much", 0.25: "a quarter as much"}
    share = least / most
    return f"{first} and {parts.get(share, f'{share:.2g} times as much')} {second}"


def _block(name: str) -> str:
    """A block's name without what only tells its files apart."""
    return "LSA" if name.startswith("lsa") else name.removeprefix("st:").partition("@")[0]


def path_table(spots: Sequence[Mapping[str, Any]], mix: Mapping[str, float], measure: Measure) -> pd.DataFrame:
    """Training and held-out figures of one mix along its penalties."""
    rows = [
        {"freedom": spot["freedom"], "penalty": spot["penalty"], "on": on, "value": spot[f"{side}_{measure}"]}
        for spot in spots
        if spot["mix"] == mix
        for on, side in ((TRAIN, "train"), (HELD, "held"))
    ]
    return pd.DataFrame(rows, columns=["freedom", "penalty", "on", "value"])


def path(table: pd.DataFrame, measure: Measure, chosen: float | None) -> alt.LayerChart:
    """Training and held-out figures against the effective parameters; the model as it is now as a dotted rule."""
    names = list(_LOOKS)
    colour = alt.Color("on:N", title=None, scale=alt.Scale(domain=names, range=[_LOOKS[n][0] for n in names]),
                       legend=alt.Legend(orient="top", symbolSize=90, symbolStrokeWidth=0))  # fmt: skip
    dash = alt.StrokeDash("on:N", scale=alt.Scale(domain=names, range=[_LOOKS[n][1] for n in names]), legend=None)
    shape = alt.Shape("on:N", title=None, scale=alt.Scale(domain=names, range=[_LOOKS[n][2] for n in names]))
    x = alt.X("freedom:Q", title="Effective parameters a label (further right: freer to fit)",
              scale=alt.Scale(type="log", nice=False), axis=alt.Axis(format="~g", tickCount=6))  # fmt: skip
    y = alt.Y("value:Q", title=MEASURES[measure], scale=alt.Scale(zero=False, nice=True))
    tips = [
        alt.Tooltip("on:N", title="On"), alt.Tooltip("value:Q", title=MEASURES[measure], format=".3f"),
        alt.Tooltip("penalty:Q", title="Penalty", format="~g"),
        alt.Tooltip("freedom:Q", title="Effective parameters", format=".0f"),
    ]  # fmt: skip
    base = alt.Chart(table)
    layers: list[alt.Chart] = [
        base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, strokeDash=dash),
        base.mark_point(filled=True, size=55, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips),
    ]
    if chosen is not None:
        here = alt.Chart(pd.DataFrame({"freedom": [chosen]}))
        layers.append(here.mark_rule(color=_GREY, strokeDash=[2, 3]).encode(x="freedom:Q"))
    return layered(*layers).properties(height=300)


def mix_table(spots: Sequence[Mapping[str, Any]], chosen: Mapping[str, Any]) -> pd.DataFrame:
    """The best penalty of each mix, the best mix first, with what it gains over the chosen model."""
    best: dict[str, Mapping[str, Any]] = {}
    for spot in spots:
        name = mix_words(spot["mix"])
        if name not in best or spot["held_precision"] > best[name]["held_precision"]:
            best[name] = spot
    rows = [
        {
            "Features": name, "Now": "● now" if spot["mix"] == chosen["mix"] else "", "Best penalty": spot["penalty"],
            "Effective parameters": spot["freedom"], "Held-out average precision": spot["held_precision"],
            "Against now": spot["gain"]["value"], "from": spot["gain"]["low"], "to": spot["gain"]["high"],
        }
        for name, spot in sorted(best.items(), key=lambda pair: -pair[1]["held_precision"])
    ]  # fmt: skip
    return pd.DataFrame(rows)


def gap_table(gaps: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Training and held-out average precision over the reviews."""
    rows = [
        {"reviews": gap["reviews"], "on": on, "value": gap[side], "gap": gap["gap"]["value"]}
        for gap in gaps for on, side in ((TRAIN, "train"), (HELD, "held"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["reviews", "on", "value", "gap"])


def gap(table: pd.DataFrame) -> alt.LayerChart:
    """How training and held-out average precision have come together over the reviews."""
    names = list(_LOOKS)
    colour = alt.Color("on:N", title=None, scale=alt.Scale(domain=names, range=[_LOOKS[n][0] for n in names]),
                       legend=alt.Legend(orient="top", symbolSize=90, symbolStrokeWidth=0))  # fmt: skip
    dash = alt.StrokeDash("on:N", scale=alt.Scale(domain=names, range=[_LOOKS[n][1] for n in names]), legend=None)
    shape = alt.Shape("on:N", title=None, scale=alt.Scale(domain=names, range=[_LOOKS[n][2] for n in names]))
    x = alt.X(
        "reviews:Q", title="Reviewed items", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=",d", tickCount=6)
    )
    y = alt.Y("value:Q", title=MEASURES["precision"], scale=alt.Scale(domain=[0, 1]))
    tips = [
        alt.Tooltip("on:N", title="On"), alt.Tooltip("reviews:Q", title="Reviewed items", format=",d"),
        alt.Tooltip("value:Q", title="Average precision", format=".3f"), alt.Tooltip("gap:Q", title="Gap", format=".3f"),
    ]  # fmt: skip
    base = alt.Chart(table)
    line = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, strokeDash=dash)
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    return layered(line, dots).properties(height=280)
