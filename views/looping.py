"""When to train again: shown beside the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.records import Project
from data.store import Store
from views import outlook, planning
from views.wording import plain, plural

if TYPE_CHECKING:  # see views/planning.py
    from recommend.service import Planned


def line(store: Store, project: Project, planned: Planned | None) -> None:
    """How many reviews to give before the next rating and plan, and how many of them are given; nothing before the first plan."""
    waiting = planning.seconds(store, project.id)
    if planned is None or waiting is None or planned.rated.result.rating.score.value is None:
        return
    from recommend.loop import loop_size

    rating = planned.rated.result.rating
    found = loop_size(rating.reviewed, waiting, outlook.seconds_an_item(project, planned))
    given = store.count_reviews_since(project.id, rating.revision)
    words = f"Train again after about **{plural(found.items, 'review')}**" + (f", {given} of which are given" if given else "")
    st.caption(f":material/autorenew: {words}. {plain(found.reason)}")
