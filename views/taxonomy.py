"""The labels in use as a table, and the one that somebody wants to change: what to do, what that would do, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd
import streamlit as st

from data.records import Label, Project
from data.store import Store
from data.store.labels import SEPARATOR, clean_label
from data.store.taxonomy import leaf
from recommend import reshaping
from views import planning, session, studying, taxonomyeffect, taxonomysplit
from views.taxonomystock import counts, stock_of
from views.wording import plain

TOP = "At the top"
WAYS = ["Rename", "Describe", "Move", "Merge", "Split", "Retire", "Reset"]


def draw(store: Store, project: Project, labels: Sequence[Label]) -> None:
    """The table, and beside it the label to change."""
    if not labels:
        st.info("No labels yet. Add the first ones, or paste a list of them, under Add.", icon=":material/label:")
        return
    taxonomysplit.follow()
    left, right = st.columns([3, 2], gap="large")
    with left:
        _table(labels, counts(store, project))
    names = {label.name: label for label in labels}
    if st.session_state.get("change") not in names:
        st.session_state["change"] = None  # retired or merged by somebody else
    with right:
        chosen = st.selectbox("Change a label", list(names), index=None, key="change", placeholder="Choose a label…",
                              bind="query-params")  # fmt: skip
        if chosen is None:
            st.caption("Choose a label to rename, describe, move, merge, split, retire or reset it. "
                       "What a change would do is shown first, and each can be taken back under History.")  # fmt: skip
            return
        way = st.pills("What to do", WAYS, default="Rename", key="way", required=True, bind="query-params",
                       label_visibility="collapsed", wrap=True)  # fmt: skip
        _WAYS[str(way)](store, project, names[chosen], labels)


def tree(names: Iterable[str]) -> list[str]:
    """These names with the parents that they are nested below, labels or not, each parent before its children.

    >>> tree(["b", "A > x > y"])
    ['A', 'A > x', 'A > x > y', 'b']
    """
    mark = f" {SEPARATOR} "
    every = {mark.join(name.split(mark)[:depth]) for name in names for depth in range(1, name.count(mark) + 2)}
    return sorted(every, key=lambda name: [level.casefold() for level in name.split(mark)])


def _row(name: str, label: Label | None, known: Mapping[int, tuple[int, int]]) -> dict[str, object]:
    """A line of the table; of a parent that is no label itself the name alone."""
    own = "\u2003" * name.count(SEPARATOR) + leaf(name)
    if label is None:
        return {"Label": own, "Examples": None, "Judged on": None, "Important": "", "Description": ""}
    examples, judged = known.get(label.id, (0, 0))
    return {"Label": own, "Examples": examples, "Judged on": judged, "Important": "★" if label.important else "",
            "Description": label.description}  # fmt: skip


def _table(labels: Sequence[Label], known: Mapping[int, tuple[int, int]]) -> None:
    there = {label.name: label for label in labels}
    rows = [_row(name, there.get(name), known) for name in tree(there)]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="labels_table", height=min(36 * (len(rows) + 1), 620), placeholder="",
        column_config={
            "Important": st.column_config.TextColumn(help="★: the project is not ready while it is weak.", width="small"),
            "Label": st.column_config.TextColumn(width=190),
            "Examples": st.column_config.NumberColumn(help="Reviewed items that carry the label.", width="small"),
            "Judged on": st.column_config.NumberColumn(
                help="Reviewed items of which somebody has said whether it applies. Elsewhere it is unknown.", width="small"),
            "Description": st.column_config.TextColumn(width="medium"),
        },
    )  # fmt: skip


def _rename(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    name = st.text_input("New name", value=label.name, key=f"label_name_{label.id}", max_chars=200)
    new = clean_label(name)
    if new != label.name:
        taxonomyeffect.draw(reshaping.renamed(stock_of(store, project), label.id, new), kept="The model does not see names.")
    st.button("Rename", key=f"do_rename_{label.id}", type="primary", icon=":material/edit:", disabled=new == label.name,
              on_click=_do_rename, args=(project, label))  # fmt: skip


def _describe(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    with st.form(f"label_edit_{label.id}", border=False):
        st.text_area("What it means", value=label.description, key=f"label_description_{label.id}", height=110, max_chars=10_000,
                     help="Shown while people label.")  # fmt: skip
        st.toggle("Important: the project is not ready while this label is weak", value=label.important,
                  key=f"label_important_{label.id}")  # fmt: skip
        st.form_submit_button("Save", type="primary", icon=":material/check:", on_click=_do_describe, args=(project, label))


def _move(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    below = f"{label.name} {SEPARATOR} "
    parents = [TOP, *(name for name in tree(x.name for x in labels) if name != label.name and not name.startswith(below))]
    parent = st.selectbox(
        "Below which label", parents, index=None, key=f"label_parent_{label.id}", placeholder="Choose a parent…"
    )
    if parent is None:
        return
    name = leaf(label.name) if parent == TOP else f"{parent} {SEPARATOR} {leaf(label.name)}"
    taxonomyeffect.draw(reshaping.renamed(stock_of(store, project), label.id, name), kept="The model does not see names.")
    st.button("Move", key=f"do_move_{label.id}", type="primary", icon=":material/account_tree:", disabled=name == label.name,
              on_click=_do_move, args=(project, label, "" if parent == TOP else parent))  # fmt: skip


def _merge(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    others = {other.name: other for other in labels if other.id != label.id}
    name = st.selectbox("Merge into", list(others), index=None, key=f"label_target_{label.id}", placeholder="Another label…")
    if name is None:
        return
    target, served = others[name], planning.latest(store, project.id)
    effect = reshaping.merged(stock_of(store, project), label.id, target.id)
    both = [label.id, target.id]
    lines = taxonomyeffect.suggestions(reshaping.preselected(served, both[1:]), reshaping.preselected(served, both), target.name)
    taxonomyeffect.draw(effect, lines)
    both_as = {"source": label.id, "target": target.id}
    kept = studying.shown(store, project, "merge-preview", both_as, words="Trained as one label", auto=False)
    if kept is not None:
        st.markdown(taxonomyeffect.precision(kept.result, label.name, name))
    st.button(f"Merge into {plain(name)}", key=f"do_merge_{label.id}", type="primary", icon=":material/call_merge:", wrap=True,
              on_click=_do_merge, args=(project, label, target))  # fmt: skip


def _retire(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    served = planning.latest(store, project.id)
    lines = taxonomyeffect.suggestions(reshaping.preselected(served, [label.id]), 0, label.name)
    lines += taxonomyeffect.means(reshaping.mean_precision(served), reshaping.mean_precision(served, [label.id]))
    taxonomyeffect.draw(reshaping.retired(stock_of(store, project), label.id), lines,
                        kept="Its reviews are kept, and count again when you bring it back.")  # fmt: skip
    st.button("Retire", key=f"do_retire_{label.id}", type="primary", icon=":material/inventory_2:", on_click=_do_retire,
              args=(project, label))  # fmt: skip


def _reset(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    served = planning.latest(store, project.id)
    lines = taxonomyeffect.suggestions(reshaping.preselected(served, [label.id]), 0, label.name)
    lines.append("Its average precision is unknown until it has examples again.")
    taxonomyeffect.draw(reshaping.reset(stock_of(store, project), label.id), lines,
                        kept="For a label whose meaning has changed. Its judgements are kept, and count again when you take this "
                        "back.")  # fmt: skip
    st.button("Reset", key=f"do_reset_{label.id}", type="primary", icon=":material/restart_alt:", on_click=_do_reset,
              args=(project, label))  # fmt: skip


_WAYS: dict[str, Callable[[Store, Project, Label, Sequence[Label]], None]] = {
    "Rename": _rename, "Describe": _describe, "Move": _move, "Merge": _merge,
    "Split": taxonomysplit.draw, "Retire": _retire, "Reset": _reset,
}  # fmt: skip


def _told(words: str, icon: str) -> None:
    st.toast(f"{words} Take it back under History.", icon=f":material/{icon}:")


@session.callback
def _do_rename(project: Project, label: Label) -> None:
    name = st.session_state[f"label_name_{label.id}"]
    renamed = session.store().rename_label(project.id, label.id, name, annotator=session.annotator(), seen=[label])
    st.session_state["change"] = renamed.name
    _told(f"It is called {plain(renamed.name)} now.", "edit")


@session.callback
def _do_describe(project: Project, label: Label) -> None:
    words, important = (st.session_state[f"label_{name}_{label.id}"] for name in ("description", "important"))
    session.store().describe_label(project.id, label.id, words, important, annotator=session.annotator(), seen=[label])
    _told(f"{plain(label.name)} is saved.", "check")


@session.callback
def _do_move(project: Project, label: Label, parent: str) -> None:
    moved = session.store().nest_label(project.id, label.id, parent, annotator=session.annotator(), seen=[label])
    st.session_state["change"] = moved.name
    _told(f"It is called {plain(moved.name)} now.", "account_tree")


@session.callback
def _do_merge(project: Project, label: Label, target: Label) -> None:
    session.store().merge_labels(project.id, label.id, target.id, annotator=session.annotator(), seen=[label, target])
    st.session_state["change"] = target.name
    _told(f"{plain(label.name)} counts for {plain(target.name)} now.", "call_merge")


@session.callback
def _do_retire(project: Project, label: Label) -> None:
    session.store().retire_label(project.id, label.id, annotator=session.annotator(), seen=[label])
    _told(f"{plain(label.name)} is retired.", "inventory_2")


@session.callback
def _do_reset(project: Project, label: Label) -> None:
    session.store().reset_label(project.id, label.id, annotator=session.annotator(), seen=[label])
    _told(f"{plain(label.name)} is learned anew.", "restart_alt")
