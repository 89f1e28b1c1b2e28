"""The rating's course as a chart: its interval, what is foreseen, the target, and what happened, told by shape and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from rating.records import band_of
from recommend.timeline import EVENT_WORDS, EventKind, Point
from views.charts import layered
from views.wording import band_word

INK, TARGET = "#2f8a80", "#4d86bf"
#: Beyond this many ratings the chart leaves out some in between; what happened, and the last one, are always there.
MOST_POINTS = 400
#: Where in the chart what happened is marked, 0 to 100.
_TOP = 97
#: Shape and colour of each kind of event; the colours stay apart for colour-blind eyes.
MARKS: dict[EventKind, tuple[str, str]] = {
    "import": ("triangle-down", "#bf7a10"),
    "taxonomy": ("diamond", "#7a5a94"),
    "model": ("square", "#3a6ea5"),
    "settings": ("cross", "#6b7280"),
    "star": ("triangle-up", "#c2447a"),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """What the rating is drawn over: the column of the tables, its title with the unit, and whether it is time."""

    column: str
    title: str
    words: str
    time: bool = False


AXES: dict[str, Axis] = {
    "Reviews": Axis("reviewed", "Reviewed items", "reviewed items"),
    "Days": Axis("day", "Day (UTC)", "days", time=True),
    "Active hours": Axis("hours", "Active hours of labelling", "active hours"),
}


def trend_table(points: Sequence[Point]) -> pd.DataFrame:
    """The rating's history, a row for each point, oldest first; at most about :data:`MOST_POINTS`."""
    rows = [
        {
            "reviewed": p.moment.reviewed, "day": pd.Timestamp(p.moment.at), "hours": p.hours, "rating": p.moment.score[0],
            "low": p.moment.score[1], "high": p.moment.score[2], "band": band_word(band_of(p.moment.score[0])),
            "model": p.moment.model_version, "when": _minute(p.moment.at),
        }
        for p in thinned(points)
    ]  # fmt: skip
    columns = ["reviewed", "day", "hours", "rating", "low", "high", "band", "model", "when"]
    return pd.DataFrame(rows, columns=columns)


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def thinned(points: Sequence[Point]) -> list[Point]:
    """Every so manieth point where there are too many, with the last one and those before which something happened."""
    step = -(-len(points) // MOST_POINTS)
    return [p for k, p in enumerate(points) if k % step == 0 or k == len(points) - 1 or p.happenings] if points else []


def event_table(points: Sequence[Point]) -> pd.DataFrame:
    """What happened, oldest first: one row for each kind at each rating, with all its words."""
    rows = [
        {
            "reviewed": p.moment.reviewed, "day": pd.Timestamp(p.moment.at), "hours": p.hours, "kind": EVENT_WORDS[kind],
            "what": "; ".join(words), "rating": p.moment.score[0], "model": p.moment.model_version,
            "when": _minute(p.moment.at), "at": _TOP - 6 * place,
        }
        for p in points
        for place, (kind, words) in enumerate(_by_kind(p).items())
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["reviewed", "day", "hours", "kind", "what", "rating", "model", "when", "at"])


def _by_kind(point: Point) -> dict[EventKind, list[str]]:
    found: dict[EventKind, list[str]] = {}
    for happening in point.happenings:
        found.setdefault(happening.kind, []).append(happening.words)
    return found


def trend(
    table: pd.DataFrame, axis: Axis = AXES["Reviews"], *, events: pd.DataFrame | None = None,
    ahead: pd.DataFrame | None = None, target: float | None = None,
) -> alt.LayerChart:  # fmt: skip
    """The rating with the band of its 90 % interval; the forecast dashed, the target, and what happened at the top."""
    base, x = alt.Chart(table), _across(axis)
    y = alt.Y("low:Q", title="Model Rating (0–100)", scale=alt.Scale(domain=[0, 100]))
    spread = base.mark_area(color=INK, opacity=0.2) if len(table) > 1 else base.mark_rule(color=INK, strokeWidth=3, opacity=0.4)
    line = base.mark_line(color=INK, strokeWidth=2.5).encode(x=x, y="rating:Q")
    size = 70 if len(table) <= 60 else 12
    points = base.mark_point(color=INK, filled=True, size=size, opacity=1).encode(x=x, y="rating:Q", tooltip=_tips())
    layers: list[alt.Chart | alt.LayerChart] = [spread.encode(x=x, y=y, y2="high:Q"), line, points]
    if ahead is not None and len(ahead) > 1:
        layers += _ahead(ahead, x, y)
    if target is not None:
        layers.append(_target(target))
    if events is not None and len(events):
        layers += _happened(events, x)
    return layered(*layers).properties(height=320)


def _across(axis: Axis) -> alt.X:
    if axis.time:
        return alt.X(f"{axis.column}:T", title=axis.title, axis=alt.Axis(tickCount=6, labelOverlap=True, format="%-d %b"))
    counted = axis.column == "reviewed"
    labels = alt.Axis(tickMinStep=1, format=",d", tickCount=6) if counted else alt.Axis(tickCount=6, format=",.2~f")
    return alt.X(f"{axis.column}:Q", title=axis.title, scale=alt.Scale(zero=False, nice=True), axis=labels)


def _tips(*more: alt.Tooltip) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("rating:Q", title="Rating", format=".1f"), alt.Tooltip("low:Q", title="5 %", format=".1f"),
        alt.Tooltip("high:Q", title="95 %", format=".1f"), alt.Tooltip("reviewed:Q", title="Reviewed items", format=",d"),
        *(more or (
            alt.Tooltip("hours:Q", title="Active hours", format=",.1f"), alt.Tooltip("band:N", title="Band"),
            alt.Tooltip("model:Q", title="Model"), alt.Tooltip("when:N", title="Rated (UTC)"),
        )),
    ]  # fmt: skip


def _ahead(ahead: pd.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart | alt.LayerChart]:
    """The forecast: a fainter band, a dashed line, and points that say how many hours away they are."""
    base, later = alt.Chart(ahead), alt.Chart(ahead.iloc[1:])
    tips = _tips(
        alt.Tooltip("more:Q", title="More reviews", format=",d"), alt.Tooltip("left:Q", title="Hours from now", format=".1f")
    )
    band = base.mark_area(color=INK, opacity=0.1).encode(x=x, y=y, y2="high:Q")
    line = base.mark_line(color=INK, strokeWidth=2, strokeDash=[5, 4]).encode(x=x, y="rating:Q")
    return [band, line, later.mark_point(color=INK, size=45, strokeWidth=1.6).encode(x=x, y="rating:Q", tooltip=tips)]


def _target(target: float) -> alt.LayerChart:
    """Where the profile's target lies, named at the left end."""
    base = alt.Chart(pd.DataFrame({"target": [target], "words": [f"Target {target:.0f}"]}))
    rule = base.mark_rule(color=TARGET, strokeDash=[2, 3], strokeWidth=1.5).encode(y="target:Q")
    words = base.mark_text(color=TARGET, align="left", baseline="bottom", dx=4, dy=-3).encode(
        y="target:Q", x=alt.value(0), text="words:N"
    )
    return layered(rule, words)


def _happened(events: pd.DataFrame, x: alt.X) -> list[alt.Chart | alt.LayerChart]:
    """A thin line at each event, and its mark at the top; the pointer's words say what it was."""
    kinds = list(EVENT_WORDS)
    words, shapes, colours = [EVENT_WORDS[k] for k in kinds], [MARKS[k][0] for k in kinds], [MARKS[k][1] for k in kinds]
    legend = alt.Legend(
        orient="top", symbolSize=110, symbolOpacity=1, values=[word for word in words if word in set(events["kind"])]
    )
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=words, range=colours), legend=legend)
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=words, range=shapes), legend=legend)
    tips = [
        alt.Tooltip("kind:N", title="What"), alt.Tooltip("what:N", title="Before this rating"),
        alt.Tooltip("rating:Q", title="Rating", format=".1f"), alt.Tooltip("reviewed:Q", title="Reviewed items", format=",d"),
        alt.Tooltip("when:N", title="Rated (UTC)"),
    ]  # fmt: skip
    base = alt.Chart(events)
    rule = base.mark_rule(strokeWidth=1, opacity=0.35).encode(x=x, color=colour)
    mark = base.mark_point(filled=True, size=110, opacity=1).encode(x=x, y="at:Q", color=colour, shape=shape, tooltip=tips)
    return [rule, mark]
