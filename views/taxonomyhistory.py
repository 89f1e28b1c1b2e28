"""What was done to the taxonomy, by whom, and taking it back; and the labels that are out of use."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.records import Label, Project
from data.store import Store
from data.store.steps import TaxonomyStep
from views import session
from views.wording import ago, plain

PAGE = 25
NOT_STEPS = (
    "Labels that came with an import are no steps: they are not listed here and cannot be taken back. Retire those that you do "
    "not want."
)
ICONS = {
    "created": "add", "renamed": "edit", "described": "notes", "nested": "account_tree", "merged": "call_merge",
    "split": "call_split", "retired": "inventory_2", "revived": "unarchive", "reset": "restart_alt", "pasted": "content_paste",
    "undone": "undo",
}  # fmt: skip


def draw(store: Store, project: Project) -> None:
    """The steps, newest first, each with the button that takes it back."""
    steps = store.taxonomy_steps(project.id)[::-1]
    if not steps:
        st.info(f"Nobody has changed the labels here yet. {NOT_STEPS}", icon=":material/history:")
        return
    st.caption(NOT_STEPS)
    pages = -(-len(steps) // PAGE)
    by, listed = {step.id: step for step in steps}, st.container(gap="small")
    if st.session_state.get("steps_page", 1) > pages:
        st.session_state["steps_page"] = 1
    page = st.pagination(pages, key="steps_page") if pages > 1 else 1
    with listed:
        for step in steps[(page - 1) * PAGE : page * PAGE]:
            _row(project, step, by)


def _row(project: Project, step: TaxonomyStep, by: dict[int, TaxonomyStep]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"step_{step.id}"):
        gone = step.undone_by is not None
        words = f"~~{plain(step.words)}~~" if gone else f"**{plain(step.words)}**"
        undo = by.get(step.undone_by or 0)
        told = f" · taken back by {plain(undo.annotator)}, {ago(undo.at)}" if undo is not None else ""
        who = f"{plain(step.annotator)}, " if step.annotator else ""
        st.markdown(f":material/{ICONS[step.kind]}: {words} &nbsp; :gray[{who}{ago(step.at)}{told}]", width="stretch")
        if step.undoes is None and not gone:
            st.button("Take back", key=f"undo_{step.id}", icon=":material/undo:", on_click=_undo, args=(project, step.id))


@st.cache_data(max_entries=16, show_spinner=False)
def never_used(path: str, project_id: int, revision: int, _store: Store) -> set[int]:
    """The labels that are as if they had never been; see the store."""
    return _store.never_used(project_id)


def out_of_use(project: Project, labels: Sequence[Label]) -> None:
    """The labels that are retired, to be brought back, and those that count as another one."""
    names = {label.id: label.name for label in labels}
    gone = [label for label in labels if label.retired_at is not None or label.merged_into is not None]
    if not gone:
        st.info("Every label is in use. Retired and merged ones are kept here.", icon=":material/inventory_2:")
        return
    for label in gone:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"gone_{label.id}"):
            if label.merged_into is not None:
                st.markdown(f":material/call_merge: **{plain(label.name)}** :gray[counts for {plain(names[label.merged_into])}. "
                            "Take the merge back under History.]", width="stretch")  # fmt: skip
                continue
            when = ago(label.retired_at or "")
            st.markdown(f":material/inventory_2: **{plain(label.name)}** :gray[retired {when}]", width="stretch")
            st.button("Bring back", key=f"revive_{label.id}", icon=":material/unarchive:", on_click=_revive,
                      args=(project, label.name))  # fmt: skip


@session.callback
def _undo(project: Project, step_id: int) -> None:
    step = session.store().undo_step(project.id, step_id, session.annotator())
    st.toast(f"{plain(step.words)}.", icon=":material/undo:")


@session.callback
def _revive(project: Project, name: str) -> None:
    label = session.store().add_label(project.id, name, annotator=session.annotator())
    st.toast(f"{plain(label.name)} is back, with its reviews.", icon=":material/unarchive:")
