"""Adding labels: one at a time."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from views import session
from views.wording import plain


def draw(store: Store, project: Project) -> None:
    """A form for one label."""
    with st.form("label_new", border=True, clear_on_submit=True):
        st.text_input("A new label", key="label_new_name", placeholder="Parent > Child", max_chars=200)
        st.text_area("What it means", key="label_new_description", height=80, max_chars=10_000)
        st.form_submit_button("Add the label", on_click=_add, args=(project,), icon=":material/add:")
    st.caption("What was reviewed before a label existed says nothing of it: neither yes nor no.")


@session.callback
def _add(project: Project) -> None:
    state = st.session_state
    label = session.store().add_label(
        project.id, state["label_new_name"], state["label_new_description"], annotator=session.annotator()
    )
    st.toast(f"{plain(label.name)} is there.", icon=":material/check:")
