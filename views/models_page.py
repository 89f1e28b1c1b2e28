"""Models: other models' predictions, how good those models are beside Plateau's own, and who plans and suggests."""

import streamlit as st

from views import models, session, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Models", anchor=False)
st.caption("Bring your own model's predictions: rated by the reviews that it has not seen, beside Plateau's own model.")
with session.explained():
    models.draw(store, project)
