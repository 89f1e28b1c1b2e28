"""People: who has judged what, how far they agree, and whose habits have changed."""

import streamlit as st

from views import people, session, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("People", anchor=False)
st.caption("Who has judged what, how far people say the same, and whether anybody's judgement has shifted.")
with session.explained():
    people.draw(store, project)
