"""When the model trains again: shown beside the plan."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from recommend.serving import Served
from views import planning
from views.wording import plain, plural


def line(store: Store, project: Project, served: Served | None) -> None:
    """After how many reviews the model trains again by itself, and how many are given; nothing before there is a model."""
    found = planning.loop(store, project.id)
    if served is None or found is None or served.rating.score.value is None:
        return
    given = store.count_reviews_since(project.id, served.rating.revision)
    words = f"The model trains again by itself after about **{plural(found.items, 'review')}**"
    so_far = f" ({given} of them given)" if given else ""
    st.caption(f":material/autorenew: {words}{so_far}, and when an action is done. {plain(found.reason)}")
