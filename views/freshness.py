"""Whether what is shown is still true: which rating to show, what has happened since, and when to compute without asking."""

from __future__ import annotations

import streamlit as st

from data.records import Project, Snapshot
from data.store import Store
from rating.records import Rating
from recommend.serving import Served
from views import planning, session, training
from views.snapshots import restore
from views.wording import plural


def shown_rating(served: Served | None, last: Snapshot | None) -> Rating | None:
    """The rating in memory, else the last one kept; None when there has never been one."""
    if served is not None:
        return served.rating
    return None if last is None else restore(last)


def wants_plan(project: Project, served: Served | None) -> bool:
    """Whether to plan without being asked: after a restart, and while a project waits for its first rating."""
    if served is None:
        return True
    return served.rating.score.value is None and served.plan.revision != project.revision


def changes(store: Store, project: Project, served: Served | None, rating: Rating) -> str | None:
    """What the rating does not know of yet, in words; None when it is up to date."""
    if project.revision != rating.revision:
        newer = store.count_reviews_since(project.id, rating.revision)
        if newer:
            return f"{plural(newer, 'review')} newer than this rating."
        return "Labels, items or settings have changed since this rating."
    job = next(iter(store.jobs(project.id, "embed")), None)
    if served is not None and job is not None and job.state == "done" and served.share_done not in (None, 1.0):
        return "Better vectors are ready."
    return None


def notice(store: Store, project: Project, served: Served | None, rating: Rating) -> None:
    """Say what is newer than the rating, with the button that takes it in; that it is taken in already where it is."""
    if served is not None:
        planning.nudge(store, project.id, changes=True)
    if training.watch(store, project):
        return
    what = changes(store, project, served, rating)
    if what is None or wants_plan(project, served):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="stale"):
        moved = project.revision != rating.revision
        words = f" :gray[Revision {rating.revision} was rated; the project is at {project.revision}.]" if moved else ""
        st.markdown(f":material/update: **{what}**{words}", width="stretch")
        again = st.button("Rate again", key="recompute", type="primary", icon=":material/refresh:")
    if again:
        rate_again(store, project)
        st.rerun()


def rate_again(store: Store, project: Project) -> Served | None:
    """Rate and plan anew with words while it takes; None when it failed, which is shown."""
    seconds = planning.seconds(store, project.id)
    expected = f", about {seconds:.0f} s" if seconds is not None and seconds >= 1.5 else ""
    with session.explained(), st.spinner(f"Rating {store.count_items(project.id):,} items{expected}…"):
        return planning.renew(store, project.id)
    return None
