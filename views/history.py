"""What the History page draws: every decision, newest first, what it changed, and the way back to it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.layout import action_number
from data.records import Event, Project
from data.store import Store
from data.store.reviews import same_judgement
from views import session
from views.historywords import changes, stands, what, where
from views.peoplewords import clock
from views.wording import KIND_ICONS, plain, title_of

PAGE, EXCERPT = 20, 140
#: So much of an item's story is read for each of its entries; all of it only for an entry that is older still.
STORY, ALL = 200, -1
EVERYBODY, ANY_LABEL = "Everybody", "Any label"


def draw(store: Store, project: Project) -> None:
    """The filters, a page of the history, and the way to older decisions."""
    people = store.annotators(project.id)
    if not people:
        st.info("Nothing has been decided yet. Every decision will be listed here, and can be restored.", icon=":material/info:")
        return
    wanted = _filters(store, project, people)
    if wanted is None:
        return
    pages: list[int] = st.session_state.setdefault("history_pages", [])
    found = store.events(project.id, before=pages[-1] if pages else None, limit=PAGE + 1, **wanted)
    if not found:
        st.info("No decision fits. Choose other filters.", icon=":material/filter_alt_off:")
    names = {label.id: label.name for label in store.labels(project.id, retired=True)}
    for event in found[:PAGE]:
        row(store, project, event, names)
    with st.container(horizontal=True):
        st.button("Newer", key="history_newer", icon=":material/chevron_left:", disabled=not pages, on_click=_newer)
        st.button("Older", key="history_older", icon=":material/chevron_right:", disabled=len(found) <= PAGE,
                  on_click=_older, args=(found[PAGE - 1].review.id if len(found) > PAGE else 0,))  # fmt: skip


def _filters(store: Store, project: Project, people: list[str]) -> dict[str, Any] | None:
    """What the person wants to see, as the store's filters; None where an item or action is unknown."""
    labels = {label.name: label.id for label in store.labels(project.id)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = st.selectbox("Person", [EVERYBODY, *people], key="history_person", on_change=_first_page, width=200)
        label = st.selectbox("Label", [ANY_LABEL, *labels], key="history_label", on_change=_first_page, width=240)
        uid = st.text_input("Item", key="history_item", placeholder="its id", on_change=_first_page, width=180)
        number = st.text_input("Action", key="history_action", placeholder="its number", on_change=_first_page, width=130)
    wanted: dict[str, Any] = {}
    if person != EVERYBODY:
        wanted["annotator"] = person
    if label != ANY_LABEL:
        wanted["label_id"] = labels[label]
    if number.strip():
        wanted["action_id"] = action_number(number.strip()) or 0
    if uid.strip():
        item = store.item_named(project.id, uid.strip())
        if item is None:
            st.warning(f"The project has no item with the id {plain(uid.strip())}.", icon=":material/search_off:")
            return None
        wanted["item_id"] = item.id
        with st.container(border=True):
            st.markdown(plain(item.text[:600]) or "No text.")
    return wanted


def row(store: Store, project: Project, event: Event, names: dict[int, str]) -> None:
    """One decision: who, when, from which view, of what, and what it changed."""
    review = event.review
    story = store.events(project.id, item_id=review.item_id, limit=STORY)
    if review.id < story[-1].review.id:
        story = [*story, *store.events(project.id, item_id=review.item_id, before=story[-1].review.id, limit=ALL)]
    undid = {entry.review.id: entry.undid.id for entry in story if entry.undid is not None}
    told = [entry.review for entry in reversed(story)]
    change = changes(told, undid)[review.id]
    with st.container(border=True, key=f"history_{review.id}"):
        left, right = st.columns([11, 4], vertical_alignment="center")
        with left.container(gap="xsmall"):
            kind = "" if review.action_id is None else f" · {KIND_ICONS.get(review.source, '')} {title_of(review.source)}"
            took = "" if not review.seconds else f" · {review.seconds:.0f} s"
            st.markdown(f"**{plain(review.annotator)}** {what(event, change, names)}")
            when = clock(review.at, st.context.timezone)
            st.caption(f"{when} · {where(review)}{kind}{took}  \n{plain(event.uid)}: {plain(_begin(event.text))}")
            if review.note:
                st.caption(f":material/sticky_note_2: {plain(review.note)}")
        with right.container(horizontal=True, horizontal_alignment="right"):
            if len(story) > 1 and not st.session_state.get("history_item"):
                st.button(f"Its story ({len(story)})", key=f"story_{review.id}", type="tertiary", on_click=_story,
                          args=(event.uid,), help="Everything that was decided about this item.")  # fmt: skip
            now = stands(told, undid, session.annotator())
            if review.state != "undone" and (now is None or not same_judgement(now, review)):
                st.button("Restore", key=f"restore_{review.id}", icon=":material/restore:", on_click=_restore,
                          args=(project, review.id), help=f"Say this again, as {plain(session.annotator())}.")  # fmt: skip


def _begin(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…"


@session.callback
def _restore(project: Project, review_id: int) -> None:
    session.store().restore_review(project.id, review_id, session.annotator())
    st.toast("Restored: it counts again from now on.", icon=":material/restore:")


def _story(uid: str) -> None:
    st.session_state["history_item"] = uid
    _first_page()


def _first_page() -> None:
    st.session_state["history_pages"] = []


def _older(last: int) -> None:
    st.session_state["history_pages"] = [*st.session_state.get("history_pages", []), last]


def _newer() -> None:
    st.session_state["history_pages"] = st.session_state.get("history_pages", [])[:-1]
