"""Training, as the pages tell of it: that it runs, what serves meanwhile, and how it failed."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from views import planning, session
from views.wording import plain


def watch(store: Store, project: Project) -> bool:
    """Say quietly that the project is trained, and draw the page anew when that is over; or how it failed. Whether it runs."""
    busy = planning.training(store, project.id).busy
    serving(store, project)
    if busy:
        _watched(store, project.id)
    else:
        line(store, project)
    return busy


def serving(store: Store, project: Project) -> None:
    """Which model plans and suggests, where it is not Plateau's newest; and why not, where it should and cannot."""
    served = planning.latest(store, project.id)
    if served is not None and served.charge:
        st.caption(f":material/push_pin: {plain(served.charge)}")


def line(store: Store, project: Project) -> None:
    """The same as it is now, without looking again; nothing while all is well and no training runs."""
    now = planning.training(store, project.id)
    if now.busy:
        st.caption(f":material/model_training: {_said(store, project.id)}")
    elif now.state == "failed":
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="training_failed"):
            st.markdown(f":material/error: {plain(now.words)}", width="stretch")
            st.button("Try again", key="train_again", icon=":material/refresh:", on_click=_again, args=(project.id,))


@st.fragment(run_every="1s")
def _watched(store: Store, project_id: int) -> None:
    if not planning.training(store, project_id).busy:
        st.rerun()
    st.caption(f":material/model_training: {_said(store, project_id)}")


def _said(store: Store, project_id: int) -> str:
    """What is trained with, and which model serves meanwhile."""
    now, served = planning.training(store, project_id), planning.latest(store, project_id)
    meanwhile = "" if served is None else f" Model {served.rating.model_version} serves meanwhile; nobody has to wait."
    return f"{plain(now.words)}…{meanwhile}"


@session.callback
def _again(project_id: int) -> None:
    planning.request(session.store(), project_id)
