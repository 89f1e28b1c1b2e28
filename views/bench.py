"""Working on an action: its items on the desk, and around them what only some kinds of action have."""

from __future__ import annotations

from functools import partial

import streamlit as st

from data.errors import NotFound, Taken
from data.records import Project, StoredAction
from data.store import Store
from views import (
    actionlist,
    afterwards,
    bulk,
    desk,
    deskcomponent,
    deskevents,
    deskface,
    deskquick,
    pairing,
    planning,
    runs,
    session,
    training,
)
from views.desk import View, Work
from views.wording import plain


def work_on(store: Store, project: Project, action_id: int) -> None:
    """Open an action and hand over to the desk."""
    anew = "action" not in st.query_params
    try:
        action = store.action(project.id, action_id)
        if anew and action.state == "done":
            session.leave_action()
            actionlist.choose(store, project, last=action)
            return
        session.take_action(action_id)
        store.start_action(project.id, action_id, session.annotator())
    except (NotFound, Taken) as error:
        session.leave_action()
        st.info(plain(str(error)), icon=":material/info:")
        actionlist.choose(store, project)
        return
    work = desk.open_work(store, project.id, action_id)
    if work.action.state != "done":
        runs.line(store, project, work.action)
    if work.action.kind == "search":
        terms(store, project, work.action)
    (bulk.table if bulk.choice(work) else table)(project, work)
    deskcomponent.pulse()


def terms(store: Store, project: Project, action: StoredAction) -> None:
    """The words that are searched for, to be changed."""
    with st.form(f"search_{action.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("Words to search for, separated by commas", ", ".join(action.terms), max_chars=200,
                              key=f"search_terms_{action.id}")  # fmt: skip
        again = st.form_submit_button("Search again", icon=":material/search:")
    if not again:
        return
    with session.explained(), st.spinner("Searching…"):
        from recommend.searching import clean_terms, search_again

        planned = planning.latest(store, project.id)
        found = search_again(store, project.id, session.annotator(), planned, action, clean_terms(typed))
        session.take_action(found.id)
        st.rerun()


@st.fragment
def table(project: Project, work: Work) -> None:
    """The item in view with its labels; only this part is drawn anew at a key."""
    if st.session_state.pop("desk_left", False):
        session.leave_action()
        st.rerun()
    session.show_failure()
    with session.explained():
        _draw(session.store(), project, work)


def _draw(store: Store, project: Project, work: Work) -> None:
    found = desk.present(store, project.id, work)
    work = desk.as_it_counts(store, project.id, work, found.labels)
    done = desk.decided_in(found.standing, work, session.annotator())
    position, pair = desk.place(work, done), work.action.kind == "merge"
    if position is None:
        st.session_state.pop("desk_sitting", None)
        data = deskface.afterwards(project, work)
    else:
        view = desk.look(store, project, work, position, found)
        after = desk.next_place(work, {*done, view.item.id}, position)
        following = None if after is None else desk.foresee(store, project, work, after, found)
        data = deskface.face(store, project, work, view, found, len(done), following)
        _admit(store, project, work, view, following)
    deskcomponent.mount(data, partial(deskevents.handle, project, work))
    if position is not None:
        training.line(store, project)
        training.serving(store, project)
    if position is None and pair:
        pairing.sides(store, project, work)
    if pair:
        pairing.decision(store, project, work)
    if position is None:
        afterwards.finished(store, project, work, done)


def _admit(store: Store, project: Project, work: Work, view: View, following: View | None) -> None:
    """Let the page write the decision on its item by the short way; what it may is forgotten with its session."""
    at = deskevents.sitting(store, project, work, view.item.id, None if following is None else following.item.id)
    st.session_state["desk_sitting"] = at
    deskquick.admit(st.session_state["desk_session"], at)
