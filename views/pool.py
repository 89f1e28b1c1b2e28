"""The messages that nobody has reviewed: many tools export only what is annotated, and the rating needs all of them."""

from __future__ import annotations

import streamlit as st

from data.errors import NotFound
from data.imports import ImportOptions, inspect
from data.imports.intake import Checked
from data.records import Project
from data.store import Store
from views import importing, session
from views.importing import Run
from views.wording import plain, plural

#: Why a project wants its unreviewed messages as well.
WHY = (
    "Balance and Coverage need the others too: without them nobody can tell whether the reviewed ones stand for all, nor what no "
    "label catches, and there is nothing left to suggest."
)


def lacking(store: Store, project: Project) -> bool:
    """Whether a project has items and somebody has judged or skipped every one of them."""
    return store.count_items(project.id) > 0 and not store.has_pool(project.id)


def warn(store: Store, target: str, checked: Checked) -> None:
    """Say before an import that a file holds nothing that is left to review, if the project has nothing of that kind either."""
    if not checked.contents.items or checked.contents.unreviewed:
        return
    try:
        project = store.project(target)
    except NotFound:
        project = None
    if project is None or not store.count_items(project.id) or lacking(store, project):
        st.warning(f"Somebody has judged every message of this file. {WHY} Import it, then add them here from a second file.",
                   icon=":material/inventory:")  # fmt: skip


def offer(store: Store, project: Project) -> None:
    """Take the unreviewed messages of a project that has none; labels that their file may hold are left out."""
    if not lacking(store, project):
        return
    with st.container(border=True, key="pool"):
        st.markdown(f"##### :material/inventory: Add the messages that nobody has reviewed\n{WHY}")
        st.caption(
            "From Label Studio: export with all tasks. From Prodigy and doccano: the file that you loaded there. Messages that "
            "are here already, with the same id, are not added twice."
        )
        round_ = st.session_state.get("import_round", 0)
        file = st.file_uploader("File of all messages", importing.TYPES, key=f"pool_file_{round_}", max_upload_size=500)
        if file is not None:
            with session.explained():
                _add(store, project, file.name, file.getvalue())


def _add(store: Store, project: Project, name: str, content: bytes) -> None:
    options = ImportOptions(pool=True, single_label=project.single_label)
    with st.spinner(f"Looking at {plain(name)}…"):
        seen = inspect(content, name, options)
    rows = "" if seen.total is None else f" {plural(seen.total, 'record')}:"
    st.caption(f"{plain(seen.name)}:{rows} only the messages are taken.")
    if seen.parsed:
        st.dataframe(importing.preview_table(seen.parsed), hide_index=True, height=150, key="pool_preview")
    if st.button("Add these messages", key="pool_add", type="primary", icon=":material/upload:"):
        importing.begin(store, Run(name, len(content), project=project.name), None, content, None, options)
