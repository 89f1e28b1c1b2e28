"""Splitting a label: new labels are named, each with the items that are proposed for it, and people tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from data.records import Label, Project
from data.store import Store
from data.store.labels import SEPARATOR
from recommend.splitting import MOST_ITEMS, MOST_PARTS, Part, by_words, carrying, split
from views import planning, session, studying
from views.taxonomystock import stock_of
from views.wording import plain, plural

LIKENESS, WORDS = "By likeness", "By words"


def draw(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    """How the label is divided, the names of the new labels, what that does, and doing it."""
    count = int(st.number_input("New labels", 1, MOST_PARTS, key=f"split_count_{label.id}", width=140))
    how = st.segmented_control("Propose the items of each", [LIKENESS, WORDS], default=LIKENESS, key=f"split_how_{label.id}",
                               required=True)  # fmt: skip
    own = carrying(stock_of(store, project), label.id)
    groups = _groups(store, project, label, count) if how == LIKENESS else [{}] * (count + 1)
    if groups is None:
        return
    if how == LIKENESS:
        st.caption(f"**{plain(label.name)}** keeps {_said(groups[0])}.")
    given = [_new(label, place, groups[place + 1]) for place in range(count)]
    proposed = (
        by_words(store, project.id, own, [words for _, words in given])
        if how == WORDS
        else [tuple(group["items"]) for group in groups[1:]]
    )
    parts = tuple(Part(name, "", items) for (name, _), items in zip(given, proposed, strict=True))
    _effect(label, own, parts)
    st.button("Split", key=f"do_split_{label.id}", type="primary", icon=":material/call_split:", on_click=_split,
              disabled=not all(part.name.strip() for part in parts), args=(project, label, parts))  # fmt: skip


def _groups(store: Store, project: Project, label: Label, count: int) -> list[Mapping[str, Any]] | None:
    """The groups that the label's items fall into, the largest first; None while that is not known."""
    kept = studying.shown(store, project, "split", {"label": label.id, "groups": count + 1}, words="Groups of alike items")
    return None if kept is None else list(kept.result["groups"])


def _said(group: Mapping[str, Any]) -> str:
    words = f" about {', '.join(plain(word) for word in group['words'])}" if group["words"] else ""
    return f"{plural(len(group['items']), 'item')}{words}"


def _new(label: Label, place: int, group: Mapping[str, Any]) -> tuple[str, str]:
    """The name of one new label, and the words that its items hold."""
    with st.container(border=True, gap="xsmall"):
        if group:
            st.caption(f"{_said(group)}.")
        name = f"{label.name} {SEPARATOR} {group['words'][0].capitalize()}" if group and group["words"] else ""
        named = st.text_input(f"Name of new label {place + 1}", value=name, key=f"split_name_{label.id}_{place}_{name}",
                              placeholder=f"{label.name} {SEPARATOR} …", max_chars=200)  # fmt: skip
        words = "" if group else st.text_input("Words its items hold", key=f"split_words_{label.id}_{place}",
                                               placeholder="late, waiting, courier")  # fmt: skip
    return named, words


def _effect(label: Label, own: Sequence[int], parts: Sequence[Part]) -> None:
    """What the split does."""
    with st.container(border=True, gap="xsmall", key="effect"):
        st.markdown(f"**What this does** &nbsp; :gray[{plural(len(own), 'item')} to look at again]")
        st.markdown(f"**{plain(label.name)}** keeps all its {plural(len(own), 'example')} until somebody says otherwise.")
        for part in parts:
            st.markdown(f"**{plain(part.name) or 'Unnamed'}**: {plural(len(part.item_ids), 'item')} proposed, none judged yet; "
                        "unknown on everything reviewed so far.")  # fmt: skip
        if len(own) > MOST_ITEMS:
            st.markdown(f"The work asks for {MOST_ITEMS} of them, those proposed for a new label first.")
        st.caption("What it does to average precision is not known before the items are judged. It can be taken back.")


@session.callback
def _split(project: Project, label: Label, parts: tuple[Part, ...]) -> None:
    store, who = session.store(), session.annotator()
    work = split(store, project.id, label, parts, who, planning.latest(store, project.id), stock_of(store, project))
    if work is not None:
        st.session_state["split_work"] = work.id
    st.toast(f"{plain(label.name)} is split. Take it back under History.", icon=":material/call_split:")


def follow() -> None:
    """The way to the work that the last split of this session has made."""
    work = st.session_state.get("split_work")
    if work is not None:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="split_next"):
            st.markdown(
                "The new labels are there. Tell their items apart now, or find the work later under Overview.", width="stretch"
            )
            if st.button("Start", key="split_start", type="primary", icon=":material/play_arrow:"):
                del st.session_state["split_work"]
                st.switch_page(session.LABEL, query_params={"action": str(work)})
