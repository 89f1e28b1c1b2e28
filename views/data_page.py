"""Data: bring messages in, take results out, look after labels and settings."""

import streamlit as st

from views import intake, outgoing, session, settings
from views.wording import plain

SECTIONS = ["Import", "Export", "Labels", "Vectors", "Settings"]

store, project = session.store(), session.project()
session.show_failure()
intake.settle()
st.title("Data", anchor=False)
if project is None:
    section = "Import"
else:
    items, reviewed = store.count_items(project.id), store.count_reviewed(project.id)
    kind = "one label an item" if project.single_label else "several labels an item"
    st.caption(
        f"{plain(project.name)} · {items:,} items · {reviewed:,} reviewed · {len(store.labels(project.id))} labels · {kind}"
    )
    st.session_state.setdefault("section", "Import")
    section = st.segmented_control("Section", SECTIONS, key="section", label_visibility="collapsed", required=True) or "Import"

with session.explained():
    if project is None or section == "Import":
        intake.section(store, project)
    elif section == "Export":
        outgoing.export_section(store, project)
    elif section == "Labels":
        st.markdown("Labels are created, changed and retired on a page of their own, with a preview of each change.")
        st.page_link("taxonomy_page.py", label="Open the Taxonomy page", icon=":material/account_tree:")
    elif section == "Settings":
        settings.section(store, project)
    else:
        outgoing.vectors_section(store, project)
