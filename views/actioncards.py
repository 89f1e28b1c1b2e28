"""Actions as cards: what to do, why, what it takes and brings, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from views import focus, foundations, planning, session, welcome
from views.actionwords import asks, brings, takes
from views.wording import FACTORS, KIND_ICONS, plain, plural, title_of

BEST, MOST_STARTED = 3, 2
#: Widths in pixels: what a card says in figures, and its button with room for the key that presses it.
FIGURES, BUTTON = 182, 136


def card(
    action: StoredAction, *, key: str = "start", first: bool = False, word: str = "Start", said: str = "", grouped: bool = False
) -> bool:  # fmt: skip
    """One action; whether its button was pressed. The ``first`` one on a page is started by Enter as well.

    ``said`` stands in the place of what it takes and brings; the factor is left out where actions are ``grouped`` by it.
    """
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}_card_{action.id}"):
        with st.container(gap="xsmall", width="stretch"):
            serves = "" if grouped else f" · {FACTORS.get(action.factor, action.factor)}"
            st.markdown(f"{KIND_ICONS.get(action.kind, '')} **{asks(action)}**")
            st.caption(f"{title_of(action.kind)}{serves}. {plain(action.reason)}")
        size = f":gray[{plural(len(action.item_ids), 'item')} · {takes(action.predicted_seconds)}]"
        return beside(said or f"{brings(action)}  \n{size}", word, key=f"{key}_{action.id}", first=first)


def beside(said: str, word: str, *, key: str, first: bool) -> bool:
    """A card's figures and its button, which stay together where the page is narrow; whether it was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", width=FIGURES + BUTTON + 16):
        st.markdown(said, width=FIGURES)
        return st.button(word, key=key, type="primary" if first else "secondary", icon=":material/play_arrow:", width=BUTTON,
                         shortcut="Enter" if first else None)  # fmt: skip


def open_action(action: StoredAction) -> None:
    """Go to the Label page and work on this action."""
    st.switch_page(session.LABEL, query_params={"action": str(action.id)})


def cards(actions: Sequence[StoredAction], *, key: str = "start", first: bool = True, grouped: bool = False) -> None:
    """Actions one below the other, each with a button that starts it."""
    for place, action in enumerate(actions):
        word = "Go on" if action.state == "started" else "Start"
        if card(action, key=key, first=first and place == 0, word=word, grouped=grouped):
            open_action(action)


def under_way(store: Store, project: Project) -> tuple[list[StoredAction], list[StoredAction]]:
    """Actions that were begun and not finished: this person's newest two, and those of others."""
    started = [action for action in store.actions(project.id, "started") if action.item_ids]
    others = [action for action in started if action.annotator not in (None, session.annotator())]
    return [action for action in started if action not in others][-MOST_STARTED:], others


def on_offer(store: Store, project: Project) -> list[StoredAction]:
    """Actions to start, best first, without those of which somebody works on more than half the items now."""
    held = store.leased(project.id)
    return [a for a in store.actions(project.id, "open") if 2 * len(held & set(a.item_ids)) <= len(a.item_ids)]


def taken_back(store: Store, project: Project) -> None:
    """Say that answers were taken back which the actions on offer still count."""
    served = planning.latest(store, project.id)
    if served is not None and (count := store.undone_since(project.id, served.rating.revision)):
        were = "was" if count == 1 else "were"
        st.caption(f":material/undo: {plural(count, 'answer')} {were} taken back since these actions were planned: "
                   "they still count them, until the project is rated again.")  # fmt: skip


def best(store: Store, project: Project) -> None:
    """What was begun, then the best actions, with the way to all of them: what the Overview shows of the plan."""
    mine, _ = under_way(store, project)
    offered = on_offer(store, project)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("Next actions", anchor=False, width="content")
        welcome.start_buttons(store, project, width="content")
    served = planning.latest(store, project.id)
    foundations.show(served)
    taken_back(store, project)
    cards([*mine, *offered][:BEST])
    if not offered and not mine:
        st.caption(focus.nothing_left(store, project))
    elif st.button(f"All {plural(len(mine) + len(offered), 'action')}: by factor, by label, by time", key="all_actions",
                   type="tertiary", icon=":material/list:"):  # fmt: skip
        session.leave_action()
        st.switch_page(session.LABEL)
    if served is not None and served.plan.resting:
        st.caption(plain(served.plan.resting))
