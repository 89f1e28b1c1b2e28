"""History: who decided what, when and where, newest first; any judgement can be brought back."""

import streamlit as st

from views import history, session, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("History", anchor=False)
st.caption("Every decision, newest first. Nothing is ever overwritten: restoring one adds it anew, under your name.")
with session.explained():
    history.draw(store, project)
