"""Choosing what to label: what was begun, then the actions on offer, by factor, by label or by the time at hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from recommend.records import ANYTHING, Focus
from views import actioncards, focus, foundations, handing, outgoing, planning, runs, session, welcome
from views.actionwords import asks, takes
from views.resultwords import worth
from views.wording import FACTORS, plain, plural

#: What a factor asks, above the actions that serve it.
ABOUT = {
    "all_labels": "how well the model knows the labels",
    "underperforming": "how well it knows the weakest labels",
    "coverage": "how much of what people write the labels catch",
    "balance": "how well the reviewed items stand for all",
}


def choose(store: Store, project: Project, last: StoredAction | None = None) -> None:
    """Let the person choose an action, or take ten items without any plan; what the ``last`` one came to stands on top."""
    st.title("What to label", anchor=False)
    if not store.count_items(project.id):
        st.markdown("There is nothing to label yet.")
        if st.button("Import messages", key="go_import_items", type="primary", icon=":material/upload_file:"):
            st.switch_page(session.DATA)
        return
    st.caption("Each action is a short piece of work on one theme. The best one comes first; Enter starts it.")
    session.ask_name()
    if last is not None:
        st.caption(f":material/check: Done: {asks(last)}. {worth(last)}")
    mine, others = actioncards.under_way(store, project)
    enter = bool(mine) and not runs.limited()
    resume(store, mine, enter=enter)
    offered = actioncards.on_offer(store, project)
    foundations.show(planning.latest(store, project.id))
    if offered or _planned_for_some(store, project):
        _offer(store, project, offered, first=not enter)
    else:
        _nothing_planned(store, project, first=not enter)
    busy(store, others)
    if offered or mine:
        elsewhere()
    st.subheader("Without a plan", anchor=False)
    welcome.start_buttons(store, project)
    runs.enter_starts()


def elsewhere() -> None:
    """The way to an action's items as a file for another tool."""
    if st.button("Do one in another tool", key="do_elsewhere", type="tertiary", icon=":material/ios_share:",
                 help="Its items as a task list for Label Studio, Prodigy or Argilla; import what comes back."):  # fmt: skip
        st.session_state.update(section="Export", export_as=outgoing.TOOL, tool_which=handing.ACTION)
        st.switch_page(session.DATA)


def resume(store: Store, mine: Sequence[StoredAction], *, enter: bool) -> None:
    """What this person has begun, the newest first, with how far it is; Enter opens the newest where asked for."""
    for place, action in enumerate(reversed(mine)):
        done, count = decided(store, action, session.annotator()), len(action.item_ids)
        left = takes(action.predicted_seconds * (count - done) / count)
        far = f"**{done} of {count} decided**  \n:gray[{left} left]"
        if actioncards.card(action, first=enter and place == 0, word="Go on", said=far):
            actioncards.open_action(action)


def decided(store: Store, action: StoredAction, annotator: str) -> int:
    """How many items of an action this annotator has decided in it."""
    standing = chain.from_iterable(store.standing_reviews(action.item_ids).values())
    return len({r.item_id for r in standing if r.annotator == annotator and r.action_id == action.id})


def busy(store: Store, others: Sequence[StoredAction]) -> None:
    """What others are working on: their items are not on offer here."""
    for action in others:
        who = action.annotator or ""
        st.caption(f":material/person: {plain(who)} works on “{plain(action.theme)}”: "
                   f"{decided(store, action, who)} of {plural(len(action.item_ids), 'item')} decided.")  # fmt: skip


def _offer(store: Store, project: Project, offered: Sequence[StoredAction], *, first: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = focus.choice(store, project)
        minutes = runs.choice()
    actioncards.taken_back(store, project)
    found = focus.serving(store, project, offered, wanted)
    if minutes is not None and found:
        chosen = runs.offer(found, minutes, first=first)
        besides = [action for action in found if action not in chosen]
        if besides:
            st.subheader("Besides", anchor=False)
        actioncards.cards(besides, first=first and not chosen)
    else:
        by_factor(found, first=first)
    if not found:
        st.info(focus.nothing_left(store, project, wanted), icon=":material/info:")
    focus.replan(store, project, wanted, lacking=not found)
    resting(store, project, wanted)


def by_factor(actions: Sequence[StoredAction], *, first: bool) -> None:
    """The actions under the factor that each serves; the factor with the best one first."""
    for factor in dict.fromkeys(action.factor for action in actions):
        st.markdown(f"#### {FACTORS.get(factor, factor)} :small[:gray[{ABOUT.get(factor, '')}]]")
        actioncards.cards([action for action in actions if action.factor == factor], first=first, grouped=True)
        first = False


def resting(store: Store, project: Project, wanted: Focus) -> None:
    """Which labels wait for their turn, where anything may be improved."""
    served = planning.latest(store, project.id)
    if wanted == ANYTHING and served is not None and served.plan.resting:
        st.caption(plain(served.plan.resting))


def _planned_for_some(store: Store, project: Project) -> bool:
    """Whether a plan is in use that has one purpose: then nothing on offer does not mean that nothing is left."""
    served = planning.latest(store, project.id)
    return served is not None and served.focus != ANYTHING


def _nothing_planned(store: Store, project: Project, *, first: bool) -> None:
    """Say why nothing is on offer, and what changes it."""
    last = store.last_snapshot(project.id)
    if last is not None and last.value is None:
        st.info("There is no rating yet, so nothing can be planned. Begin with one of the two below.", icon=":material/info:")
        return
    if last is not None and last.revision == store.revision(project.id):
        st.info(focus.nothing_left(store, project), icon=":material/info:")
        return
    st.info("No plan has been made of the project as it stands.", icon=":material/info:")
    if st.button("Plan what to do next", key="plan_now", type="primary" if first else "secondary",
                 icon=":material/landscape:", shortcut="Enter" if first else None):  # fmt: skip
        with session.explained(), st.spinner("Planning what to do next…"):
            planning.renew(store, project.id)
            st.rerun()
