"""Showing studies: the newest one that was kept, how far the next one is, and why one failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data.kept import Study
from data.records import Job, Project
from data.store import Store
from recommend.studies import key_of, last_study_job, start_study, stop_study
from views import session
from views.wording import ago, plain

Params = Mapping[str, Any]


def shown(
    store: Store, project: Project, kind: str, params: Params | None = None, *, words: str, auto: bool = True
) -> Study | None:
    """The newest study of this kind that was kept, with a line that says what it belongs to; None while there is none.

    ``words`` name it ("The map"). It is started without being asked for where there is none and ``auto`` says so.
    """
    kept, job = store.study(project.id, kind, key_of(params)), last_study_job(store, project.id, kind, params)
    if kept is None and job is None and auto:
        with session.explained():
            start_study(store.path, project.id, kind, params)
        job = last_study_job(store, project.id, kind, params)
    if job is not None and job.state == "running":
        progress(store, project, kind, params, words)
    else:
        _line(store, project, kept, job, (kind, params, words))
    return kept


def _line(store: Store, project: Project, kept: Study | None, job: Job | None, what: tuple[str, Params | None, str]) -> None:
    """Which revision the study is of, why the last one gave nothing, and the button that does it anew."""
    kind, params, words = what
    if job is not None and job.state == "failed" and (kept is None or job.created_at > kept.created_at):
        st.error(plain(job.message), icon=":material/error:")
    old = kept is not None and kept.revision != project.revision
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_belongs(kept, project, words), width="stretch" if kept is None or old else "content")
        if kept is None or old:
            st.button(
                "Compute" if kept is None else "Compute again", key=f"study_{kind}_{key_of(params)}", icon=":material/refresh:",
                on_click=_start, args=(str(store.path), project.id, kind, params), type="primary" if kept is None else "tertiary",
            )  # fmt: skip


def _belongs(kept: Study | None, project: Project, words: str) -> str:
    if kept is None:
        return f"{words}: not computed yet."
    later = "" if kept.revision == project.revision else f"; the project is at {project.revision}"
    return f"{words}: revision {kept.revision}{later} · model {kept.model_version} · {ago(kept.created_at)}"


@st.fragment(run_every="1s")
def progress(store: Store, project: Project, kind: str, params: Params | None, words: str) -> None:
    """How far a study is, with the button that stops it; draws the whole page anew when it is over."""
    job = last_study_job(store, project.id, kind, params)
    if job is None or job.state != "running":
        st.rerun()
    assert job is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(min(job.done / job.total, 1.0), text=f"{words}: {job.done} % · {plain(job.message)}", width="stretch")
        if st.button("Stop", key=f"study_stop_{kind}_{key_of(params)}", icon=":material/stop:"):
            stop_study(store, project.id, kind, params)
            st.rerun()


@session.callback
def _start(db_path: str, project_id: int, kind: str, params: Params | None) -> None:
    start_study(db_path, project_id, kind, params)
