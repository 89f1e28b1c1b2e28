"""The course of a project as pages need it: read once for each revision, and its ratings never twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from data.records import LabelEvent, Project
from data.store import Store
from data.timeline import Again, DayOfWork, Pace, RatingMoment
from rating.records import Rating
from recommend.timeline import Point, course


@dataclass
class _Kept:
    """The ratings that were read already; they are never changed, so that only newer ones have to be read."""

    moments: list[RatingMoment] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(max_entries=16, show_spinner=False)
def _kept(path: str, project_id: int) -> _Kept:
    return _Kept()


def moments(store: Store, project_id: int) -> Sequence[RatingMoment]:
    """Every rating of a project in short, oldest first."""
    kept = _kept(str(store.path), project_id)
    with kept.lock:
        kept.moments = [*kept.moments, *store.rating_moments(project_id, kept.moments[-1].id if kept.moments else 0)]
        return kept.moments


def made_at(store: Store, project_id: int, rating: Rating) -> str:
    """When a rating was computed, ISO-8601."""
    known = moments(store, project_id)
    mine = [m.at for m in known if (m.revision, m.model_version) == (rating.revision, rating.model_version)]
    return (mine or [known[-1].at])[-1]


@st.cache_resource(max_entries=16, show_spinner=False)
def _events(path: str, project_id: int, revision: int, _store: Store) -> tuple[list[Pace], list[LabelEvent]]:
    return _store.paces(project_id), _store.label_events(project_id)


def points(store: Store, project: Project, *, each: bool = False) -> tuple[Point, ...]:
    """The course of the rating; see :func:`recommend.timeline.course`."""
    known, starred = moments(store, project.id), tuple(store.starred_versions(project.id))
    last = known[-1].id if known else 0
    return _points(str(store.path), project.id, project.revision, last, starred, store, known, each=each)


@st.cache_resource(max_entries=16, show_spinner=False)
def _points(
    path: str, project_id: int, revision: int, last: int, starred: tuple[tuple[int, str], ...], _store: Store,
    _known: Sequence[RatingMoment], *, each: bool,
) -> tuple[Point, ...]:  # fmt: skip
    return course(_known, *_events(path, project_id, revision, _store), starred, each=each)


@st.cache_resource(max_entries=16, show_spinner=False)
def again(path: str, project_id: int, revision: int, _store: Store) -> list[Again]:
    """Every decision on an item that had been judged before."""
    return _store.judged_again(project_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def days(path: str, project_id: int, revision: int, _store: Store) -> list[DayOfWork]:
    """What each person judged on each day."""
    return _store.days_of_work(project_id)


@st.cache_data(max_entries=64, show_spinner=False)
def reviewed(path: str, project_id: int, revision: int, _store: Store) -> int:
    """How many items somebody has judged."""
    return _store.count_reviewed(project_id)
