"""What stands after an action: what it has come to, and what to do next."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from data.records import Project, Review, StoredAction
from data.store import Store
from views import actioncards, desk, runs, session, welcome
from views.desk import Work
from views.freshness import rate_again
from views.wording import KIND_ICONS, duration, gain, plain, promised_range, title_of


def finished(
    store: Store, project: Project, work: Work, done: dict[int, Review], *, undo: Callable[[Project, Work], None] = desk.undo
) -> None:  # fmt: skip
    """What the action has come to, and what to do next; ``undo`` takes back what was decided last."""
    action = store.action(project.id, work.action.id)
    reviewed = [review for review in done.values() if review.state == "reviewed"]
    st.title("Done", anchor=False)
    st.markdown(f"{KIND_ICONS.get(action.kind, '')} **{title_of(action.kind)}: {plain(action.theme)}**")
    with st.grid(4, min_column_width=170):
        st.metric("Items reviewed", len(reviewed), border=True)
        st.metric("Labels assigned", sum(len(review.assigned) for review in reviewed), border=True)
        st.metric("Your time", duration(sum(review.seconds or 0.0 for review in done.values())), border=True)
        if action.realised_gain is None:
            st.metric("Predicted gain", gain(action.predicted_gain), border=True)
        else:
            st.metric("Realised gain", gain(action.realised_gain), _predicted(action), border=True,
                      delta_color="off", delta_arrow="off")  # fmt: skip
    with st.container(horizontal=True):
        if not _up_to_date(store, project) and st.button(
            "Rate again", key="rate_again", type="primary", icon=":material/refresh:", shortcut="Enter",
            help="See what these reviews have brought, and plan anew.",
        ):  # fmt: skip
            rate_again(store, project)
            st.rerun()
        st.button("Undo the last decision", key="undo", shortcut="U", icon=":material/undo:", on_click=undo,
                  args=(project, work))  # fmt: skip
        if st.button("Overview", key="to_overview", icon=":material/landscape:"):
            session.leave_action()
            st.switch_page(session.OVERVIEW)
    _onwards(store, project, action)


def _predicted(action: StoredAction) -> str:
    """What was promised, with its range."""
    span = promised_range(action)
    return f"predicted {gain(action.predicted_gain)}" + (f" ({span})" if span else "")


def _onwards(store: Store, project: Project, action: StoredAction) -> None:
    """The next action: of the run that this one is part of, else the best one."""
    st.subheader("Next", anchor=False)
    run = runs.current(action.id)
    if run is None or runs.onwards(store, project, run, first=_up_to_date(store, project)) is None:
        actioncards.cards(actioncards.on_offer(store, project)[:1], key="next", first=run is None and _up_to_date(store, project))
    welcome.start_buttons(store, project)


def _up_to_date(store: Store, project: Project) -> bool:
    """Whether the last rating knows of every review."""
    last = store.last_snapshot(project.id)
    return last is not None and last.revision == store.revision(project.id)
