"""Targets: what "ready" means to this project, with what other settings would make of its rating before they are saved."""

import streamlit as st

from views import planning, session, targets, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Targets", anchor=False)
st.caption("When is the model good enough, and what counts how much? Nothing changes before you save; no review is touched.")
served = planning.latest(store, project.id)
left, right = st.columns(2, gap="medium")
with session.explained():
    with left:
        targets.edit(store, project)
    with right:
        targets.preview(store, project, served)

if served is None and store.last_snapshot(project.id) is not None:
    with session.explained(), st.spinner("Reading the rating, to preview by…"):
        planning.renew(store, project.id)
        st.rerun()
