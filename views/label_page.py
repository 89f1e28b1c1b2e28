"""Label: one action, one item at a time, one key to confirm; every decision is on disk at the click."""

import streamlit as st

from views import actionlist, bench, session, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

action_id = session.current_action()
with session.explained():
    if action_id is None:
        actionlist.choose(store, project)
    else:
        bench.work_on(store, project, action_id)
