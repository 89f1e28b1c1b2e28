"""Overview: how good the model is, what to do next, and whether it is enough, in ten seconds."""

import streamlit as st

from views import (
    actioncards,
    compared,
    factors,
    looping,
    outlook,
    overview,
    planning,
    reporting,
    session,
    stopping,
    timeline,
    welcome,
    workdone,
)  # fmt: skip
from views.freshness import notice, shown_rating, wants_plan
from views.wording import plain

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

served, last = planning.latest(store, project.id), store.last_snapshot(project.id)
rating = shown_rating(served, last)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title(plain(project.name), anchor=False, width="content")
    reporting.section(store, project, served)
if rating is None:
    with session.explained(), st.spinner(f"Rating {store.count_items(project.id):,} items for the first time…"):
        planning.renew(store, project.id)
        st.rerun()
    st.stop()

notice(store, project, served, rating)
if rating.score.value is None:
    welcome.no_rating(store, project, rating)
else:
    made_at, stop = timeline.made_at(store, project.id, rating), served.plan.stop if served else None
    offered = actioncards.on_offer(store, project)
    found = compared.compare(store, project, rating, compared.chosen())
    first, second = st.columns(2, gap="medium")
    with first:
        overview.hero(rating, made_at, found)
    with second:
        left = outlook.time_left(project, served, made_at)
        stopping.answer(stop, store.stop_checks(project.id), stopping.mending(stop, offered), left)
    compared.choice(timeline.moments(store, project.id))
    factors.cards(rating, served, found, made_at)
    actioncards.best(store, project)
    looping.line(store, project, served)
    left_side, right_side = st.columns([3, 2], gap="large")
    with left_side:
        outlook.trend(store, project, served)
    with right_side:
        overview.beside_the_trend(served, store.actions(project.id, "done"))
    overview.labels_at_risk(rating, offered)
    workdone.row(store, project, rating.population)
overview.encoder_line(store, project, served)

if wants_plan(project, served):
    with session.explained(), st.spinner("Planning what to do next…"):
        planning.renew(store, project.id)
        st.rerun()
