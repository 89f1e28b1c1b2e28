"""What stands after an action: what it has come to, and what to do next."""

from __future__ import annotations

import streamlit as st

from data.records import Project, Review, StoredAction
from data.store import Store
from views import desk, overview, session, welcome
from views.desk import Work
from views.freshness import rate_again
from views.wording import KIND_ICONS, duration, gain, plain, promised_range, title_of


def finished(store: Store, project: Project, work: Work, done: dict[int, Review]) -> None:
    """What the action has come to, and what to do next."""
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
        if store.revision(project.id) != _rated_revision(store, project.id) and st.button(
            "Rate again", key="rate_again", type="primary", icon=":material/refresh:", shortcut="Enter",
            help="See what these reviews have brought, and plan anew.",
        ):  # fmt: skip
            rate_again(store, project)
            st.rerun()
        st.button("Undo the last decision", key="undo", shortcut="U", icon=":material/undo:", on_click=desk.undo,
                  args=(project, work))  # fmt: skip
        if st.button("Overview", key="to_overview", icon=":material/landscape:"):
            session.leave_action()
            st.switch_page(session.OVERVIEW)
    _onwards(store, project)


def _predicted(action: StoredAction) -> str:
    """What was promised, with its range."""
    span = promised_range(action)
    return f"predicted {gain(action.predicted_gain)}" + (f" ({span})" if span else "")


def _rated_revision(store: Store, project_id: int) -> int | None:
    last = store.last_snapshot(project_id)
    return None if last is None else last.revision


def _onwards(store: Store, project: Project) -> None:
    best: list[StoredAction] = store.actions(project.id, "open")[:1]
    st.subheader("Next", anchor=False)
    if best:
        overview.action_cards(best, key="next")
    welcome.start_buttons(store, project)
