"""Choosing what to label: the actions on offer."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from views import overview, session


def choose(store: Store, project: Project) -> None:
    """Let the person choose an action, or take ten items without any plan."""
    st.title("What to label", anchor=False)
    if not store.count_items(project.id):
        st.markdown("There is nothing to label yet.")
        if st.button("Import messages", key="go_import_items", type="primary", icon=":material/upload_file:"):
            st.switch_page(session.DATA)
        return
    st.caption("Each action is a few minutes of work on one theme. The best one comes first.")
    overview.next_actions(store, project)
