"""Taxonomy: the labels of a project, each change shown before it is made, and every change to be taken back."""

import streamlit as st

from views import planning, session, taxonomy, taxonomyadd, taxonomyhistory, welcome
from views.wording import plain, plural

PARTS = ["Labels", "Add", "Out of use", "History"]

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Taxonomy", anchor=False)
with session.explained():
    planning.nudge(store, project.id, changes=True)
    never = taxonomyhistory.never_used(str(store.path), project.id, project.revision, store)
    every = [label for label in store.labels(project.id, retired=True) if label.id not in never]
    used = [label for label in every if label.retired_at is None and label.merged_into is None]
    st.caption(f"{plain(project.name)} · {plural(len(used), 'label')} in use · {len(every) - len(used)} out of use")
    part = st.segmented_control("Part", PARTS, default="Labels" if used else "Add", key="taxonomy", label_visibility="collapsed",
                                required=True, bind="query-params")  # fmt: skip
    if part == "Add":
        taxonomyadd.draw(store, project)
    elif part == "Out of use":
        taxonomyhistory.out_of_use(project, every)
    elif part == "History":
        taxonomyhistory.draw(store, project)
    else:
        taxonomy.draw(store, project, used)
