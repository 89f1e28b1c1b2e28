"""Who works, on which project, with which database. The database is the truth; a session only remembers where it is."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from data.errors import PlateauError, StoreError
from data.layout import action_number
from data.records import Project
from data.store import Store
from recommend.postman import postman
from views.wording import plain

P = ParamSpec("P")
#: The pages, told from the script that puts them together.
OVERVIEW, LABEL, DATA = "overview_page.py", "label_page.py", "data_page.py"
DEFAULT_ANNOTATOR = "me"
#: So many seconds a click waits for another writer to end before it says so.
PATIENCE = 5.0


def store() -> Store:
    """The store of this installation: PLATEAU_DB, or plateau.db in the current folder."""
    return _open(os.environ.get("PLATEAU_DB", "plateau.db"))


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str) -> Store:
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder of {path} cannot be made: {error.strerror}. Set PLATEAU_DB to another path.") from error
    store = Store(path, PATIENCE)
    store.hold()
    postman().wake(store)
    return store


def pick_project() -> None:
    """Let the person choose project and name in the sidebar; both stand in the address, so that a reload finds them."""
    projects = store().projects()
    if not projects:
        return
    names = [project.name for project in projects]
    for key in ("project", "who"):  # a new session finds them in the address
        st.session_state.setdefault(key, st.query_params.get(key, ""))
    if (asked := st.session_state["project"]) not in names:
        st.session_state["project"] = names[-1]
        if asked:
            st.session_state["not_found"] = asked
    st.selectbox("Project", names, key="project", on_change=_change_project, persist_state="session",
                 help="Import or create another one on the Data page.")  # fmt: skip
    st.text_input("Your name", key="who", max_chars=80, placeholder=DEFAULT_ANNOTATOR, persist_state="session",
                  on_change=leave_action, help="Every decision is kept under this name.")  # fmt: skip
    st.query_params["project"] = st.session_state["project"]
    if annotator() != DEFAULT_ANNOTATOR:
        st.query_params["who"] = annotator()
    else:
        st.query_params.pop("who", None)


def show_not_found() -> None:
    """Say that the address names a project that there is not, until one is chosen; another one is open meanwhile."""
    if name := st.session_state.get("not_found"):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="not_found_note"):
            st.markdown(
                f":material/search_off: **There is no project called “{plain(name)}” here.** This is "
                f"“{plain(st.session_state['project'])}” instead. Choose another in the sidebar, or ask who sent the link.",
                width="stretch",
            )
            st.button("Stay here", key="stay", on_click=_found)


def _found() -> None:
    st.session_state.pop("not_found", None)


def _change_project() -> None:
    """Leave what belongs to one project alone: its action, and the page of its history."""
    leave_action()
    _found()
    st.session_state.pop("history_pages", None)


def project() -> Project | None:
    """The project chosen; None while there is none."""
    name = st.session_state.get("project")
    return next((found for found in store().projects() if found.name == name), None)


def choose_project(name: str) -> None:
    """Work on this project from the next run on."""
    st.session_state["next_project"] = name


def apply_choice() -> None:
    """Carry out :func:`choose_project` before the picker is drawn."""
    if name := st.session_state.pop("next_project", None):
        st.session_state["project"] = name
        _change_project()


def annotator() -> str:
    """The name that decisions are kept under."""
    return " ".join(str(st.session_state.get("who") or "").split()) or DEFAULT_ANNOTATOR


def ask_name() -> None:
    """Ask who works here, in place, while no name is given: two people without one could not be told apart."""
    if annotator() == DEFAULT_ANNOTATOR:
        st.text_input("Who is labelling?", key="who_asked", max_chars=80, on_change=_named, width=420,
                      placeholder="So that others see who judged what")  # fmt: skip


def _named() -> None:
    leave_action()
    st.session_state["who"] = st.session_state["who_asked"]


def asked_number(name: str) -> int | None:
    """The number of something kept that stands in the address under this name; None where nothing does that can be one."""
    return action_number(st.query_params.get(name))


def current_action() -> int | None:
    """The number of the action being worked on: in the address, so that it survives a reload."""
    asked = asked_number("action")
    if asked is not None:
        st.session_state["action"] = asked
    return st.session_state.get("action")


def take_action(action_id: int) -> None:
    """Work on this action, in the name and project of now."""
    st.session_state["action"] = action_id
    st.query_params["action"] = str(action_id)
    if (chosen := project()) is not None:
        st.session_state["held"] = (chosen.id, annotator(), action_id)


def leave_action() -> None:
    """Work on no action, and give back what was held for it; a lease that cannot be given back ends by itself."""
    for key in ("action", "bulk_since"):
        st.session_state.pop(key, None)
    st.query_params.pop("action", None)
    if held := st.session_state.pop("held", None):
        with suppress(StoreError):
            store().release(*held)


@contextmanager
def explained() -> Iterator[None]:
    """Show what a Plateau error says, with its remedy; anything else is a defect and fails loudly."""
    try:
        yield
    except PlateauError as error:
        st.error(plain(str(error)), icon=":material/error:")


def callback(function: Callable[P, None]) -> Callable[P, None]:
    """A callback whose Plateau errors are shown on the run that follows it."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except PlateauError as error:
            st.session_state["failed"] = str(error)

    return guarded


def tell(words: str, icon: str) -> None:
    """Say something in passing on the run that follows; for callbacks, which cannot draw within a fragment."""
    st.session_state["told"] = (words, icon)


def show_failure() -> None:
    """Show the error of the callback that led to this run, once, and what it had to tell."""
    if told := st.session_state.pop("told", None):
        st.toast(told[0], icon=told[1])
    if message := st.session_state.pop("failed", None):
        st.error(plain(message), icon=":material/error:")
