"""Overview: how good the model is, what to do next, and whether it is enough, in ten seconds."""

import streamlit as st

from views import actioncards, looping, outlook, overview, planning, reporting, session, stopping, timeline, welcome
from views.freshness import notice, shown_rating, wants_plan
from views.wording import plain

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title(plain(project.name), anchor=False)
served, last = planning.latest(store, project.id), store.last_snapshot(project.id)
rating = shown_rating(served, last)
if rating is None:
    with session.explained(), st.spinner(f"Rating {store.count_items(project.id):,} items for the first time…"):
        planning.renew(store, project.id)
        st.rerun()
    st.stop()

notice(store, project, served, rating)
if rating.score.value is None:
    welcome.no_rating(store, project, rating)
else:
    first, second = st.columns(2, gap="medium")
    with first:
        overview.hero(rating, timeline.made_at(store, project.id, rating))
    with second:
        stop = served.plan.stop if served else None
        mends = stopping.mending(stop, store.actions(project.id, "open"))
        stopping.answer(stop, store.stop_checks(project.id), mends)
    overview.factor_cards(rating.factors, served)
    actioncards.best(store, project)
    looping.line(store, project, served)
    left, right = st.columns([3, 2], gap="large")
    with left:
        outlook.trend(store, project, served)
    with right:
        overview.beside_the_trend(served, store.actions(project.id, "done"))
    overview.labels_at_risk(rating.labels)
reporting.section(store, project, served)
overview.encoder_line(store, project, served)

if wants_plan(project, served):
    with session.explained(), st.spinner("Planning what to do next…"):
        planning.renew(store, project.id)
        st.rerun()
