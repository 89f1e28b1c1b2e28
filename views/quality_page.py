"""Doubts: reviews that look wrong, near-identical items judged differently, and labels that are taken for each other."""

import streamlit as st

from views import confused, contradicting, doubtful, doubts, session, studying, welcome
from views.wording import plain

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Doubts", anchor=False)
st.caption(
    "What looks wrong in the reviews. The model judges each item without having seen its review; where the two differ, look."
)
study = studying.shown(store, project, "doubts", words="Doubts")
if study is None:
    st.stop()

with session.explained():
    if reasons := study.result["reasons"]:
        st.info(" ".join(plain(reason) for reason in reasons), icon=":material/info:")
        st.stop()
    doubtful.total(study)
    section = doubts.section(study)
    view = doubts.chosen(store, project, study)
    if section == doubts.MISTAKES:
        doubtful.draw(view)
    elif section == doubts.TWINS:
        contradicting.draw(view)
    else:
        confused.draw(view)
