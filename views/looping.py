"""When to train again: shown beside the plan."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from recommend.serving import Served
from views import planning
from views.wording import plain, plural


def line(store: Store, project: Project, served: Served | None) -> None:
    """How many reviews to give before the next rating and plan, and how many of them are given; nothing before the first plan."""
    waiting = planning.seconds(store, project.id)
    if served is None or waiting is None or served.rating.score.value is None:
        return
    from recommend.loop import loop_size

    rating = served.rating
    found = loop_size(rating.reviewed, waiting, served.seconds_an_item)
    given = store.count_reviews_since(project.id, rating.revision)
    words = f"Train again after about **{plural(found.items, 'review')}**" + (f", {given} of which are given" if given else "")
    st.caption(f":material/autorenew: {words}. {plain(found.reason)}")
