"""The labels section of the Data page: create, rename, describe, retire, bring back and merge."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from data.records import Label, Project
from data.store import Store
from views import session
from views.desk import serving, translated
from views.wording import plain, plural


def section(store: Store, project: Project) -> None:
    """The taxonomy: all labels as a table, one at a time to change."""
    every = store.labels(project.id, retired=True)
    labels = [label for label in every if label.retired_at is None and label.merged_into is None]
    if labels:
        rows = [{"Label": x.name, "Important": x.important, "Description": x.description} for x in labels]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=300, key="labels_table",
                     column_config={"Description": st.column_config.TextColumn(width="large")})  # fmt: skip
    names = {label.name: label for label in labels}
    if st.session_state.get("label_chosen") not in names:
        st.session_state["label_chosen"] = None  # retired or merged by somebody else
    left, right = st.columns(2, gap="large")
    with left:
        chosen = st.selectbox("Change a label", list(names), index=None, key="label_chosen", placeholder="Choose a label…")
        if chosen:
            _edit(project, names[chosen])
            _take_out(store, project, names[chosen], labels)
    with right:
        _new(project)
        _retired(project, [label for label in every if label.retired_at is not None and label.merged_into is None])


def _new(project: Project) -> None:
    with st.form("label_new", border=False, clear_on_submit=True):
        st.text_input("A new label", key="label_new_name", placeholder="Parent > Child", max_chars=200)
        st.text_area("What it means", key="label_new_description", height=80)
        st.form_submit_button("Add the label", on_click=_add, args=(project,), icon=":material/add:")


def _edit(project: Project, label: Label) -> None:
    with st.form(f"label_edit_{label.id}", border=True):
        st.text_input("Name", value=label.name, key=f"label_name_{label.id}", max_chars=200)
        st.text_area("Description", value=label.description, key=f"label_description_{label.id}", height=100)
        st.toggle(
            "Important: the project is not ready while this label is weak",
            value=label.important,
            key=f"label_important_{label.id}",
        )
        st.form_submit_button("Save", type="primary", on_click=_save, args=(project, label))


def carriers(store: Store, project: Project) -> dict[int, set[int]]:
    """The items whose standing review assigns each label in use, merged ones counted for their target."""
    now = serving(store.labels(project.id, retired=True))
    found: dict[int, set[int]] = {}
    for review in store.current_reviews(project.id):
        for label_id in translated(review.assigned, now) if review.state == "reviewed" else ():
            found.setdefault(label_id, set()).add(review.item_id)
    return found


def _take_out(store: Store, project: Project, label: Label, labels: Sequence[Label]) -> None:
    """The two ways to take a label out of use, each with what it means for the reviews."""
    carried = carriers(store, project)
    own = carried.get(label.id, set())
    with st.container(border=True, key="label_merge_box"):
        st.caption(f"**{plain(label.name)}** is on {plural(len(own), 'reviewed item')}.")
        st.button(
            "Retire", key=f"label_retire_{label.id}", icon=":material/inventory_2:", on_click=_retire, args=(project, label),
            help="It is no longer suggested or rated. Its reviews are kept, and come back when you bring it back.",
        )  # fmt: skip
        others = {other.name: other for other in labels if other.id != label.id}
        target = st.selectbox(
            "Merge into", list(others), index=None, key=f"label_target_{label.id}", placeholder="Another label…"
        )
        if target:
            _merge_into(project, label, others[target], own, carried.get(others[target].id, set()))


def _merge_into(project: Project, label: Label, target: Label, own: set[int], its: set[int]) -> None:
    st.caption(
        f"Every review of {plain(label.name)} ({plural(len(own), 'item')}) will count for {plain(target.name)} "
        f"({plural(len(its), 'item')}): {plural(len(own | its), 'item')} together. A merge cannot be taken back here."
    )
    sure = st.checkbox("Yes, they mean the same", key=f"label_sure_{label.id}_{target.id}")
    st.button(f"Merge into {plain(target.name)}", key=f"label_merge_{label.id}", icon=":material/merge:", disabled=not sure,
              on_click=_merge, args=(project, label, target))  # fmt: skip


def _retired(project: Project, labels: Sequence[Label]) -> None:
    """Labels out of use, to be brought back."""
    if not labels:
        return
    names = {label.name: label for label in labels}
    if st.session_state.get("label_retired") not in names:
        st.session_state["label_retired"] = None
    name = st.selectbox("Retired labels", list(names), index=None, key="label_retired", placeholder="Choose one to bring back…")
    st.button("Bring it back", key="label_revive", icon=":material/unarchive:", disabled=name is None, on_click=_revive,
              args=(project, name or ""))  # fmt: skip


@session.callback
def _save(project: Project, label: Label) -> None:
    store, state = session.store(), st.session_state
    renamed = store.rename_label(project.id, label.id, state[f"label_name_{label.id}"])
    store.describe_label(project.id, label.id, state[f"label_description_{label.id}"], state[f"label_important_{label.id}"])
    state["label_chosen"] = renamed.name
    st.toast(f"{plain(renamed.name)} is saved.", icon=":material/check:")


@session.callback
def _add(project: Project) -> None:
    state = st.session_state
    label = session.store().add_label(project.id, state["label_new_name"], state["label_new_description"])
    st.toast(f"{plain(label.name)} is there.", icon=":material/check:")


@session.callback
def _retire(project: Project, label: Label) -> None:
    session.store().retire_label(project.id, label.id)
    st.session_state["label_retired"] = label.name
    st.toast(f"{plain(label.name)} is retired.", icon=":material/inventory_2:")


@session.callback
def _revive(project: Project, name: str) -> None:
    label = session.store().add_label(project.id, name)
    st.session_state["label_chosen"] = label.name
    st.toast(f"{plain(label.name)} is back, with its reviews.", icon=":material/check:")


@session.callback
def _merge(project: Project, label: Label, target: Label) -> None:
    session.store().merge_labels(project.id, label.id, target.id)
    st.session_state["label_chosen"] = target.name
    st.toast(f"{plain(label.name)} counts for {plain(target.name)} now.", icon=":material/merge:")
