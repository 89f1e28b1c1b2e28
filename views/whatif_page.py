"""What if: a project's own reviews, replayed as if the items had been chosen in another way."""

import streamlit as st

from recommend.simulate import LEAST_REVIEWED
from views import session, whatif

store, project = session.store(), session.project()
st.title("What if", anchor=False)
st.markdown(
    "Did it help to be told what to label? Your reviews are replayed: some are held out to measure by, the others are asked for "
    "again, as each way of choosing would have, and answered as you did."
)
session.show_failure()
if project is None:
    st.info(
        "There is no project yet. Import messages on the Data page, or open the sample on the Overview.",
        icon=":material/database:",
    )
    st.stop()

reviewed, kept, job = store.count_reviewed(project.id), store.last_simulation(project.id), whatif.job_of(store, project)
running = job is not None and job.state == "running"
if running:
    whatif.progress(store, project)
elif reviewed < LEAST_REVIEWED:
    whatif.too_few(reviewed)
else:
    if job is not None:
        whatif.ended(job)
    whatif.settings(store, project, kept)
if kept is not None:
    whatif.outcome(store, project, kept)
