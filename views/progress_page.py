"""Progress: how the model came to be what it is, when each label was learned, what went astray, and whether promises are kept."""

import streamlit as st

from rating.learning import learned
from recommend.rules import terms_of
from views import influence, planning, progress, progresscharts, session, welcome
from views.wording import plain

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Progress", anchor=False)
course, served = progress.course_of(store, project), planning.latest(store, project.id)
if not course:
    st.info("There is no rating yet, and so no curve. The Overview says what is missing for the first one.",
            icon=":material/show_chart:")  # fmt: skip
    if st.button("To the Overview", key="progress_overview", icon=":material/landscape:"):
        st.switch_page(session.OVERVIEW)
    st.stop()

target, seconds = terms_of(project.settings, project.profile).label_target / 100.0, progress.seconds_of(project, served)
view = progress.looking_ahead(store, project, course, served)
last = course[-1]
st.markdown(f"**{plain(progresscharts.headline(course, learned(course, target)))}**")
st.caption(f"Model {last.version} · revision {last.revision} · every figure is that of the rating it stands at.")
axis = progress.axis_choice(course)
progress.curves(project, course, view, axis, seconds)
spans = {} if view is None else progress.spans_of(view, str(store.path), project.id, last.revision, last.version, target)
progress.beside_random(store, project)
progress.when_learned(project, course, spans, axis, seconds)
progress.promises(store.actions(project.id, "done"))
progress.astray(store, project, served)
progress.density(store, project, course)
influence.section(store, project)
