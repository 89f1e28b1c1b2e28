"""The parts of the Overview that look ahead: the trend with its forecast, and what moves the rating most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.records import Project
from data.store import Store
from data.timeline import RatingMoment
from rating.records import Rating
from recommend.explaining import Explanation, hours_explained
from recommend.serving import Served
from views import timeline, trendcharts
from views.trendcharts import AXES, Axis
from views.wording import duration, figure, plain, plural, reach

if TYPE_CHECKING:  # see views/planning.py
    from rating.forecast import Forecast
    from rating.sensitivity import Lever

POINTS, FURTHEST, LEAST, MOST_LEVERS = 9, 3.0, 200, 7
#: How many reviews ahead the forecast is put into words.
WORDED = 100


def trend(store: Store, project: Project, served: Served | None) -> None:
    """How the rating came to be what it is, what happened on the way, and what more reviews should make of it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Trend and forecast", anchor=False)
        chosen = st.segmented_control(
            "Over", list(AXES), default="Reviews", key="over", label_visibility="collapsed", required=True, bind="query-params",
            width="content", wrap=True,
        )  # fmt: skip
    axis = AXES[str(chosen)]
    points = timeline.points(store, project, each=axis.time)
    if not points:
        st.caption("The first rating will stand here.")
        return
    view = None if served is None else foreseen(project, timeline.moments(store, project.id), served.rating)
    ahead = None if served is None or view is None else ahead_table(view, served.seconds_an_item, points[-1].hours)
    table, events = trendcharts.trend_table(points), trendcharts.event_table(points)
    words = " ".join([trend_words(table, axis), event_words(events)]).strip()
    chart = trendcharts.trend(table, axis, events=events, ahead=None if axis.time else ahead, target=target_of(project))
    st.altair_chart(chart, alt=words, key=f"trend_{axis.column}", height=380)
    st.caption(words if served is None or view is None else ahead_words(view, served.seconds_an_item, target_of(project)))
    if len(events) and st.button("What happened", key="happened", type="tertiary", icon=":material/event_note:"):
        st.dialog("What happened on the way", width="large")(happened)(events)


def happened(events: pd.DataFrame) -> None:
    """Everything besides reviewing that happened between ratings, newest first."""
    st.caption("Each stands with the first rating that knows of it.")
    shown = events.iloc[::-1][["when", "kind", "what", "reviewed", "rating", "model"]]
    number = st.column_config.NumberColumn
    st.dataframe(
        shown, hide_index=True,
        column_config={
            "when": "Rated (UTC)", "kind": "What", "what": st.column_config.TextColumn("In words", width="large"),
            "reviewed": number("Reviewed items"), "rating": number("Rating", format="%.1f"), "model": number("Model"),
        },
    )  # fmt: skip


def event_words(events: pd.DataFrame) -> str:
    """How much happened on the way, in words, and what was last; empty when nothing did."""
    if not len(events):
        return ""
    counts = ", ".join(f"{str(word).lower()} {count} ×" for word, count in events["kind"].value_counts(sort=False).items())
    last = events.iloc[-1]
    return f"On the way: {counts}. The last: {last['what']}, before the rating at {int(last['reviewed']):,} reviewed items."


def foreseen(project: Project, moments: Sequence[RatingMoment], rating: Rating) -> Forecast | None:
    """The forecast of a rating that has a value, at the pace of the project's history."""
    if rating.score.value is None:
        return None
    from rating.forecast import forecast
    from rating.service import quality_history, rating_config

    return forecast(rating, quality_history(moments), rating_config(project.settings))


def time_left(project: Project, served: Served | None, made_at: str) -> Explanation | None:
    """The hours left to the profile's target, explained; None while there is no plan."""
    if served is None:
        return None
    return hours_explained(served.rating, served.plan.stop, target_of(project), served.seconds_an_item, made_at)


def target_of(project: Project) -> float:
    """The rating that the project's profile asks for."""
    from recommend.rules import terms_of

    return terms_of(project.settings, project.profile).target


def ahead_table(view: Forecast, seconds: float, spent: float) -> pd.DataFrame:
    """The rating now, at ``spent`` active hours, and after more reviews, up to four times as many as there are."""
    reviewed, left = view.rating.reviewed, view.rating.population - view.rating.reviewed
    furthest = min(max(FURTHEST * reviewed, LEAST), left)
    steps = sorted({round(furthest * (k / POINTS) ** 1.5) for k in range(POINTS + 1)})
    rows = [(reviewed + more, more, more * seconds / 3600.0, view.score(more)) for more in steps]
    return pd.DataFrame([
        {"reviewed": n, "more": more, "left": h, "hours": spent + h, "rating": e.value, "low": e.low, "high": e.high}
        for n, more, h, e in rows
    ])  # fmt: skip


def trend_words(table: pd.DataFrame, axis: Axis) -> str:
    """The course of the rating in a sentence, over what it is drawn over."""
    first, last = table.iloc[0], table.iloc[-1]
    span = f"{last['rating']:.0f}, between {last['low']:.0f} and {last['high']:.0f}"
    now = f"The Model Rating at {int(last['reviewed']):,} reviewed items is {span}."
    if len(table) == 1:
        return now
    over = {
        "reviewed": f"{int(first['reviewed']):,} reviewed items", "day": f"{first['when'][:10]}",
        "hours": f"{first['hours']:.1f} active hours",
    }[axis.column]  # fmt: skip
    return f"{now} It was {first['rating']:.0f} at {over}."


def ahead_words(view: Forecast, seconds: float, target: float) -> str:
    """The forecast in words: what the next reviews should bring, and how many it takes to the target."""
    left = view.rating.population - view.rating.reviewed
    if left <= 0:
        return "Every item is reviewed."
    more, now = min(WORDED, left), view.rating.score.value or 0.0
    then = view.score(more)
    first = (
        f"{plural(more, 'more review')}, about {duration(more * seconds)}, should take the rating from {figure(now)} to "
        f"{figure(then.value)} (between {reach(then).replace(' to ', ' and ')})."
    )
    if now >= target:
        return first
    span = view.reviews_to(target)
    if span is None:
        return f"{first} When it reaches {target:.0f} cannot be foreseen."
    far = f"{span[0]:,.0f} or more" if span[1] is None else f"{span[0]:,.0f} to {span[1]:,.0f}"
    return f"{first} To {target:.0f} it takes {far}."


def movers(served: Served | None) -> None:
    """What moves the rating most: how much better each has to become for one more point; None is still computed."""
    if served is None:
        st.skeleton(height=300)
        return
    from rating.sensitivity import levers

    found = shown_levers(levers(served.rating))
    st.markdown("**One more point of the rating, if …**")
    for lever in found:
        st.markdown(f"{lever_words(lever)}  \n:small[:gray[{lever_room(lever)}]]")
    if not found:
        st.caption("Nothing alone brings a whole point.")


def shown_levers(found: Sequence[Lever]) -> list[Lever]:
    """Those that can bring a whole point, strongest first; the factors, and then the labels with most to win."""
    able = [lever for lever in found if lever.needed is not None]
    broad = [lever for lever in able if lever.kind == "factor"]
    narrow = sorted((lever for lever in able if lever.kind == "label"), key=lambda lever: -lever.room)
    return [*broad, *narrow][:MOST_LEVERS]


def lever_words(lever: Lever) -> str:
    """What has to become how much better.

    >>> from rating.sensitivity import Lever
    >>> lever_words(Lever("label", "1", "Late", 0.5, 0.1, 4.5, 0.104))
    '**Late** rises from 50 % to 60 %'
    """
    by = (lever.needed or 0.0) * (-1.0 if lever.fewer else 1.0)
    unit, scale = ("score", 100.0) if lever.kind == "factor" else ("share", 1.0)
    way = "falls" if lever.fewer else "rises"
    return f"**{plain(lever.name)}** {way} from {figure(scale * lever.value, unit)} to {figure(scale * (lever.value + by), unit)}"


def lever_room(lever: Lever) -> str:
    """What all of it would bring."""
    kind = "factor" if lever.kind == "factor" else "average precision of a label"
    return f"{kind} · if perfect, +{lever.room:.1f} points"
