"""Labels: how well each one is known, what is wrong with it and what to do about it; with a page for each."""

import streamlit as st

from views import freshness, labelcard, labellist, labelwork, planning, session, welcome

store, project = session.store(), session.project()
labelwork.follow()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

served = planning.latest(store, project.id)
asked = session.asked_number("label")
rating = freshness.shown_rating(served, store.last_snapshot(project.id))
if asked is None:
    st.title("Labels", anchor=False)
if rating is not None:
    freshness.notice(store, project, served, rating)
    if rating.score.value is None:
        welcome.no_rating(store, project, rating)
    elif asked is None:
        labellist.draw(store, project, rating, served)
    else:
        labelcard.draw(store, project, rating, served, asked)
if freshness.wants_plan(project, served):
    with session.explained(), st.spinner(f"Rating {store.count_items(project.id):,} items…"):
        planning.renew(store, project.id)
        st.rerun()
