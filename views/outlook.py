"""The parts of the Overview that look ahead: the trend with its forecast, and what moves the rating most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.records import Project, Snapshot
from rating.records import Rating
from recommend.serving import Served
from views import charts
from views.wording import duration, figure, plain, plural, reach

if TYPE_CHECKING:  # see views/planning.py
    from rating.forecast import Forecast
    from rating.sensitivity import Lever

POINTS, FURTHEST, LEAST, MOST_LEVERS = 9, 3.0, 200, 7
#: How many reviews ahead the forecast is put into words.
WORDED = 100


def trend(project: Project, snapshots: Sequence[Snapshot], served: Served | None) -> None:
    """How the rating came to be what it is, and what more reviews should make of it."""
    table = charts.trend_table(snapshots)
    st.subheader("Trend and forecast", anchor=False)
    if table.empty:
        st.caption("The first rating will stand here.")
        return
    words = trend_words(table)
    view = None if served is None else foreseen(project, snapshots, served.rating)
    if served is None or view is None:
        st.altair_chart(charts.trend(table), alt=words, key="trend", height=380)
        st.caption(words)
        return
    seconds, target = served.seconds_an_item, target_of(project)
    st.altair_chart(charts.trend(table, ahead_table(view, seconds), target), alt=words, key="trend", height=380)
    st.caption(ahead_words(view, seconds, target))


def foreseen(project: Project, snapshots: Sequence[Snapshot], rating: Rating) -> Forecast | None:
    """The forecast of a rating that has a value, at the pace of the project's history."""
    if rating.score.value is None:
        return None
    from rating.forecast import forecast
    from rating.service import quality_history, rating_config

    return forecast(rating, quality_history(snapshots), rating_config(project.settings))


def target_of(project: Project) -> float:
    """The rating that the project's profile asks for."""
    from recommend.rules import TARGETS

    return TARGETS[project.profile]


def ahead_table(view: Forecast, seconds: float) -> pd.DataFrame:
    """The rating now and after more reviews, up to four times as many as there are, with the hours they take."""
    reviewed, left = view.rating.reviewed, view.rating.population - view.rating.reviewed
    furthest = min(max(FURTHEST * reviewed, LEAST), left)
    steps = sorted({round(furthest * (k / POINTS) ** 1.5) for k in range(POINTS + 1)})
    rows = [(reviewed + more, more, more * seconds / 3600.0, view.score(more)) for more in steps]
    return pd.DataFrame(
        [{"reviewed": n, "more": more, "hours": h, "rating": e.value, "low": e.low, "high": e.high} for n, more, h, e in rows]
    )


def trend_words(table: pd.DataFrame) -> str:
    """The last rating of the trend in a sentence."""
    last = table.iloc[-1]
    span = f"{last['rating']:.0f}, between {last['low']:.0f} and {last['high']:.0f}"
    return f"The Model Rating at {int(last['reviewed']):,} reviewed items is {span}."


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
