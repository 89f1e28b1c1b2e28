"""The newest plan of each project, kept in memory and shared by all sessions; ratings are never computed in a click's way."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st

from data.store import Store
from recommend.records import ANYTHING, Focus
from recommend.serving import Served

KEPT = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan, when making it began, and how many seconds it took."""

    served: Served
    began: float
    seconds: float


class Shelf:
    """Holds the newest plan of the projects used last. Safe to share between threads; one plan is made at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._turn = threading.Lock()

    def latest(self, project_id: int) -> Served | None:
        """The newest plan in memory, whatever its revision; None when this process has made none yet."""
        kept = self._kept.get(project_id)
        return None if kept is None else kept.served

    def seconds(self, project_id: int) -> float | None:
        """How long the last plan took to make; None before the first."""
        kept = self._kept.get(project_id)
        return None if kept is None else kept.seconds

    def renew(self, store: Store, project_id: int, focus: Focus | None = None) -> Served:
        """Rate the project as it stands and plan anew; who waited while another did just that gets the same plan.

        Without a ``focus`` the plan keeps the one that it has.
        """
        from recommend.service import plan_project  # the model's libraries take seconds to load

        asked = time.monotonic()
        with self._turn:
            kept = self._kept.get(project_id)
            wanted = focus or (kept.served.focus if kept is not None else ANYTHING)
            if kept is not None and kept.began > asked and kept.served.focus == wanted:
                return kept.served
            began = time.monotonic()
            served = plan_project(store, project_id, focus=wanted).served
            self._kept[project_id] = Kept(served, began, time.monotonic() - began)
            self._kept.move_to_end(project_id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return served


@st.cache_resource(max_entries=8, show_spinner=False)
def shelf(db_path: str) -> Shelf:
    """The shelf of one database."""
    return Shelf()


def latest(store: Store, project_id: int) -> Served | None:
    """The newest plan in memory."""
    return shelf(str(store.path)).latest(project_id)


def renew(store: Store, project_id: int, focus: Focus | None = None) -> Served:
    """Rate and plan anew, which takes a second or more: say so while it runs."""
    return shelf(str(store.path)).renew(store, project_id, focus)


def seconds(store: Store, project_id: int) -> float | None:
    """How long the last plan took; None before the first."""
    return shelf(str(store.path)).seconds(project_id)
