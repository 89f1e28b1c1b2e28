"""Model fit: whether the model is too simple or too rich for its data, and whether a better encoder would help."""

import streamlit as st

from views import fit, session, studying, trying, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Model fit", anchor=False)
st.markdown("Is the model too simple or too rich for what you have labelled? What it says of items it learned from is held "
            "against what it says of items that it has not seen.")  # fmt: skip
kept = studying.shown(store, project, "fit", words="Model fit")
if kept is not None:
    fit.verdict(kept.result)
    fit.path(kept.result)
    fit.gap(kept.result)
trying.section(store, project)
