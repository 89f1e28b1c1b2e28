"""Versions: every model there was, any two side by side, how steady the model is, and the way back to an earlier one."""

import streamlit as st

from views import session, steadiness, versioncompare, versions, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Versions", anchor=False)
st.caption("Each training makes a version. Star the ones that matter, compare any two, and return to one that was better.")
known, ratings = store.model_versions(project.id), store.version_ratings(project.id)
if not known:
    st.info("There is no version yet: review some items, and rate the project on the Overview.", icon=":material/info:")
    st.stop()
versions.who_serves(store, project, known)
part = st.segmented_control("Show", ["All versions", "Compare two", "How steady"], default="All versions", required=True,
                            key="versions", bind="query-params", label_visibility="collapsed")  # fmt: skip
if part == "All versions":
    versions.listing(store, project, known, ratings)
    versions.one_version(project, known, ratings)
elif part == "Compare two":
    versioncompare.draw(store, project, known, ratings)
else:
    steadiness.draw(store, project, ratings)
