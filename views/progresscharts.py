"""Charts of a project's progress: learning curves, when labels were learned, promises, density. Tables in, Altair charts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import pandas as pd

from data.records import StoredAction
from rating.density import Moving
from rating.learning import Learned, Point
from rating.records import Estimate
from views.charts import layered
from views.wording import FACTORS, figure, plural, title_of

Axis = Literal["reviews", "minutes"]
AXES: dict[Axis, str] = {"reviews": "Reviewed items", "minutes": "Active minutes"}
RATING = "Model Rating"
MOST_SERIES, MOST_LABELS = 6, 24
_INK, _GREY = "#2f8a80", "#7a8784"
#: Hues, dashes and marks that stay apart for colour-blind eyes, on paper and on slate.
_LOOKS = (
    ("#2f8a80", [1, 0], "circle"), ("#cf6237", [6, 3], "square"), ("#4d86bf", [2, 2], "triangle-up"),
    ("#b0881a", [8, 2, 2, 2], "diamond"), ("#9a6fb0", [4, 4], "cross"), ("#7a8784", [1, 3], "triangle-down"),
)  # fmt: skip
#: How far a label is: words with their shape, the mark of the same shape, and a colour.
STATES: dict[str, tuple[str, str, str]] = {
    "learned": ("▲ Learned", "triangle-up", "#2f977f"),
    "likely": ("● Likely learned", "circle", "#4d86bf"),
    "fell back": ("▼ Fell back", "triangle-down", "#cf6237"),
    "not yet": ("◆ Not yet", "diamond", "#b0881a"),
    "unknown": ("○ No example", "circle", "#7a8784"),
}
LIKELY, SURE, FELL, FORESEEN = "Likely at the target", "Surely at the target", "Fell back", "Foreseen, at the soonest"
_MOMENTS = {
    LIKELY: ("circle", "#4d86bf"), SURE: ("triangle-up", "#2f977f"), FELL: ("triangle-down", "#cf6237"),
    FORESEEN: ("diamond", "#b0881a"),
}  # fmt: skip


def estimate_at(point: Point, series: str, label_id: int | None = None) -> Estimate | None:
    """What a rating says of a series, on the scale of 0 to 100; None where it says nothing.

    A series is the rating, a factor by its title, or the label of this number, whatever it was called then.
    """
    if series == RATING:
        return point.score
    for key, title in FACTORS.items():
        if title == series:
            return point.factors.get(key)
    return None if label_id is None or label_id not in point.labels else point.labels[label_id].ap.scaled(100.0)


def label_ids(course: Sequence[Point]) -> dict[str, int]:
    """The labels of the last rating: their numbers by name."""
    return {one.name: label_id for label_id, one in course[-1].labels.items()} if course else {}


def curve_table(course: Sequence[Point], series: Sequence[str], axis: Axis) -> pd.DataFrame:
    """Each series at each rating that knows it: its place on the axis, value and 90 % interval, 0 to 100."""
    rows, ids = [], label_ids(course)
    for point in course:
        place = point.reviewed if axis == "reviews" else point.minutes
        for name in series:
            told = estimate_at(point, name, ids.get(name))
            if told is not None and told.value is not None and place is not None:
                rows.append(_row(place, name, told) | {"model": point.version, "when": point.created_at[:16].replace("T", " ")})
    return pd.DataFrame(rows, columns=["x", "value", "low", "high", "series", "model", "when"])


def ahead_table(found: Mapping[str, Sequence[tuple[float, Estimate]]]) -> pd.DataFrame:
    """What is foreseen of each series: its places on the axis with values and 90 % ranges, 0 to 100."""
    rows = [_row(place, name, told) for name, told_at in found.items() for place, told in told_at if told.value is not None]
    return pd.DataFrame(rows, columns=["x", "value", "low", "high", "series"])


def _row(place: float, name: str, told: Estimate) -> dict[str, object]:
    return {"x": place, "value": told.value, "low": told.low, "high": told.high, "series": name}


def curves(table: pd.DataFrame, ahead: pd.DataFrame, series: Sequence[str], axis: Axis, target: float) -> alt.LayerChart:
    """Each series with the band of its 90 % interval, what is foreseen in a fainter band and dashes, and the target dotted."""
    looks = _LOOKS[: len(series)]
    colour = alt.Color(
        "series:N", title=None, scale=alt.Scale(domain=list(series), range=[look[0] for look in looks]),
        legend=alt.Legend(orient="top", columns=3, labelLimit=260, symbolSize=90, symbolOpacity=1),
    )  # fmt: skip
    shape = alt.Shape("series:N", scale=alt.Scale(domain=list(series), range=[look[2] for look in looks]), title=None)
    x = alt.X("x:Q", title=AXES[axis], scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=",~f", tickCount=7))
    y = alt.Y("low:Q", title="Score or average precision (0–100)", scale=alt.Scale(domain=[0, 100]))
    layers: list[alt.Chart] = []
    for data, faint in ((table, False), (ahead, True)):
        base = alt.Chart(data)
        layers.append(base.mark_area(opacity=0.08 if faint else 0.16).encode(x=x, y=y, y2="high:Q", color=colour))
        dashes = [5, 4] if faint else alt.Undefined
        layers.append(base.mark_line(strokeWidth=1.8 if faint else 2.2, strokeDash=dashes).encode(x=x, y="value:Q", color=colour))
    tips = [
        alt.Tooltip("series:N", title="Curve"), alt.Tooltip("x:Q", title=AXES[axis], format=",.0f"),
        alt.Tooltip("value:Q", title="Value", format=".1f"), alt.Tooltip("low:Q", title="5 %", format=".1f"),
        alt.Tooltip("high:Q", title="95 %", format=".1f"),
    ]  # fmt: skip
    dots = alt.Chart(table).mark_point(filled=True, size=48, opacity=1)
    told = [*tips, alt.Tooltip("model:Q", title="Model version"), alt.Tooltip("when:N", title="Rated")]
    layers.append(dots.encode(x=x, y="value:Q", color=colour, shape=shape, tooltip=told))
    layers.append(alt.Chart(ahead).mark_point(size=26).encode(x=x, y="value:Q", color=colour, shape=shape, tooltip=tips))
    rule = alt.Chart(pd.DataFrame({"target": [target]})).mark_rule(color=_GREY, strokeDash=[2, 3])
    layers.append(rule.encode(y="target:Q", tooltip=alt.Tooltip("target:Q", title="Target")))
    return layered(*layers).properties(height=360)


def state_of(label: Learned) -> str:
    """How far a label is: as told, or 'likely' where its average precision is at the target and not yet surely."""
    return "likely" if label.state == "not yet" and label.likely is not None else label.state


def foreseen_words(state: str, span: tuple[float, float | None] | None) -> str:
    """How many more reviews a label needs.

    >>> foreseen_words("not yet", (120.0, 400.0)), foreseen_words("learned", None), foreseen_words("not yet", None)
    ('120 to 400 more reviews', '', 'out of sight')
    """
    if state in ("learned", "unknown"):
        return ""
    if span is None:
        return "out of sight"
    return f"{span[0]:,.0f} or more" if span[1] is None else f"{span[0]:,.0f} to {span[1]:,.0f} more reviews"


def learned_table(labels: Sequence[Learned], spans: Mapping[int, tuple[float, float | None] | None]) -> pd.DataFrame:
    """Every label with when it was learned, those learned first on top; shares are percentages."""
    rows = [
        {
            "Label": one.name, "State": STATES[state_of(one)][0], "Average precision": _percent(one.now.value),
            "5 %": _percent(one.now.low), "95 %": _percent(one.now.high), "Examples": one.positives,
            "Surely at": _at(one.sure, "reviewed"), "Minutes": _at(one.sure, "minutes"), "Model": _at(one.sure, "version"),
            "Likely at": _at(one.likely, "reviewed"), "Fell back at": _at(one.fell, "reviewed"),
            "Foreseen": foreseen_words(state_of(one), spans.get(one.label_id)),
        }
        for one in sorted(labels, key=_order)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _order(label: Learned) -> tuple[int, float, float]:
    """Those learned by when, then those on their way, the nearest first."""
    place = list(STATES).index(state_of(label))
    return place, float(label.sure.reviewed) if label.sure else 0.0, -(label.now.low or 0.0)


def _at(point: Point | None, name: str) -> float | None:
    value = None if point is None else getattr(point, name)
    return None if value is None else float(value)


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def moments_table(
    labels: Sequence[Learned], spans: Mapping[int, tuple[float, float | None] | None], now: Point, axis: Axis, seconds: float
) -> pd.DataFrame:
    """What happened to each label when: one row a moment, with its place on the axis; what is foreseen beyond now."""
    rows = []
    for one in sorted(labels, key=_order):
        found = {LIKELY: one.likely, SURE: one.sure, FELL: one.fell}
        name = "reviewed" if axis == "reviews" else "minutes"
        places = {moment: _at(point, name) for moment, point in found.items()}
        span, here = spans.get(one.label_id), _at(now, name)
        if span is not None and here is not None and one.sure is None:
            places[FORESEEN] = here + (span[0] if axis == "reviews" else span[0] * seconds / 60.0)
        since = _at(one.met, name)
        rows += [{"label": one.name, "moment": moment, "x": place, "from": since} for moment, place in places.items()]
    return pd.DataFrame(rows, columns=["label", "moment", "x", "from"]).dropna(subset=["x"])


def moments(table: pd.DataFrame, now: float, axis: Axis) -> alt.LayerChart:
    """A line for each label from its first example on, with a mark for each moment; now as a rule."""
    names = list(dict.fromkeys(table["label"]))[-MOST_LABELS:]
    shown = table[table["label"].isin(names)]
    y = alt.Y("label:N", sort=names, title=None,
              axis=alt.Axis(labelLimit=230, labelOverlap=False, ticks=False, domain=False))  # fmt: skip
    x = alt.X("x:Q", title=AXES[axis], scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=",~f", tickCount=7))
    lines = shown.groupby("label", as_index=False).agg({"from": "min", "x": "max"})
    lines["x"] = lines["x"].clip(lower=now)
    rule = (
        alt.Chart(lines)
        .mark_rule(color=_GREY, opacity=0.35, strokeWidth=2)
        .encode(x=alt.X("from:Q", title=AXES[axis]), x2="x:Q", y=y)
    )
    kinds = list(_MOMENTS)
    colour = alt.Color("moment:N", title=None, scale=alt.Scale(domain=kinds, range=[_MOMENTS[k][1] for k in kinds]),
                       legend=alt.Legend(orient="top", columns=1, labelLimit=260, symbolSize=90))  # fmt: skip
    shape = alt.Shape("moment:N", title=None, scale=alt.Scale(domain=kinds, range=[_MOMENTS[k][0] for k in kinds]))
    tips = [alt.Tooltip("label:N", title="Label"), alt.Tooltip("moment:N", title="What"),
            alt.Tooltip("x:Q", title=AXES[axis], format=",.0f")]  # fmt: skip
    dots = alt.Chart(shown).mark_point(filled=True, size=95, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    today = alt.Chart(pd.DataFrame({"now": [now]})).mark_rule(strokeDash=[2, 3], color=_GREY)
    here = today.encode(x="now:Q", tooltip=alt.Tooltip("now:Q", title="Now", format=",.0f"))
    return layered(rule, here, dots).properties(height=24 * max(len(names), 3) + 80)


def promise_table(actions: Sequence[StoredAction]) -> pd.DataFrame:
    """Actions done that promised something and whose gain is settled, in rating points."""
    rows = [
        {
            "kind": title_of(one.kind), "about": one.theme, "predicted": one.predicted_gain, "realised": one.realised_gain,
            "done": (one.done_at or "")[:16].replace("T", " "),
        }
        for one in actions
        if one.predicted_gain is not None and one.realised_gain is not None
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "about", "predicted", "realised", "done"])


def promises(table: pd.DataFrame) -> alt.LayerChart:
    """Realised against predicted gains, a mark for each action by kind; on the line what was promised came."""
    kinds = list(table["kind"].value_counts().index)
    looks = [_LOOKS[min(k, len(_LOOKS) - 1)] for k in range(len(kinds))]
    least, most = min(float(table["realised"].min()), 0.0), float(table[["predicted", "realised"]].max().max()) * 1.05
    x = alt.X("predicted:Q", title="Predicted gain (rating points)", scale=alt.Scale(domain=[0.0, most]))
    y = alt.Y("realised:Q", title="Realised gain (rating points)", scale=alt.Scale(domain=[least * 1.05, most]))
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[look[0] for look in looks]),
                       legend=alt.Legend(orient="top", columns=2, symbolSize=90))  # fmt: skip
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[look[2] for look in looks]))
    tips = [
        alt.Tooltip("kind:N", title="Action"), alt.Tooltip("about:N", title="About"),
        alt.Tooltip("predicted:Q", title="Predicted", format="+.2f"), alt.Tooltip("realised:Q", title="Realised", format="+.2f"),
        alt.Tooltip("done:N", title="Done"),
    ]  # fmt: skip
    line = alt.Chart(pd.DataFrame({"predicted": [0.0, most], "realised": [0.0, most]}))
    same = line.mark_line(color=_GREY, strokeDash=[4, 3]).encode(x=x, y=y)
    dots = alt.Chart(table).mark_point(filled=True, size=75, opacity=0.85)
    return layered(same, dots.encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)).properties(height=340)


def density_table(found: Moving) -> pd.DataFrame:
    """A moving mean as a table."""
    return pd.DataFrame({"x": found.reviews, "value": found.mean, "low": found.low, "high": found.high})


def line_over_reviews(table: pd.DataFrame, title: str, span: tuple[float, float], top: float | None = None) -> alt.LayerChart:
    """One line with its 90 % band over the reviewed items from ``span[0]`` to ``span[1]``, from 0 to ``top``."""
    x = alt.X(
        "x:Q", title=AXES["reviews"], scale=alt.Scale(domain=list(span), nice=False), axis=alt.Axis(format=",~f", tickCount=6)
    )
    highest = top if top is not None else float(table["high"].max()) * 1.05
    y = alt.Y("low:Q", title=title, scale=alt.Scale(domain=[0.0, highest]))
    base = alt.Chart(table)
    tips = [alt.Tooltip("x:Q", title=AXES["reviews"], format=",.0f"), alt.Tooltip("value:Q", title=title, format=".2f"),
            alt.Tooltip("low:Q", title="5 %", format=".2f"), alt.Tooltip("high:Q", title="95 %", format=".2f")]  # fmt: skip
    band = base.mark_area(color=_INK, opacity=0.18).encode(x=x, y=y, y2="high:Q")
    return layered(band, base.mark_line(color=_INK, strokeWidth=2.2).encode(x=x, y="value:Q", tooltip=tips)).properties(
        height=190
    )


def headline(course: Sequence[Point], labels: Sequence[Learned]) -> str:
    """The course in one sentence: from where to where, and how many labels are learned."""
    first, last = course[0], course[-1]
    counts = {state: sum(state_of(one) == state for one in labels) for state in STATES}
    told = [f"{counts['learned']} of {plural(len(labels), 'label')} surely at the target"]
    told += [f"{counts['likely']} likely"] if counts["likely"] else []
    told += [f"{counts['fell back']} fell back"] if counts["fell back"] else []
    before = f"; it was {figure(first.score.value)} at {first.reviewed:,}" if len(course) > 1 else ""
    return f"The rating is {figure(last.score.value)} at {last.reviewed:,} reviewed items{before}. {', '.join(told)}."
