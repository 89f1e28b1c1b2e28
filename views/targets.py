"""The parts of the Targets page: the targets and weights to edit, what they would make of the rating, saving and undoing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import streamlit as st

from data.errors import PlateauError
from data.records import PROFILES, Project
from data.store import Store
from rating.evidence import WEIGHTS
from recommend.rules import FACTOR_TARGET, TARGETS, Terms
from recommend.serving import Served
from recommend.targets import Circumstances, Effect, Targets, asked, circumstances, effect, former, save, targets_of, undo
from views import session, stopping
from views.wording import ANSWERS, FACTORS, LOOKS, ago, badge, figure, hours, plain

OWN = "own"
READY = {
    "analytics": "Analytics: ready when the rating is Good (70 or more)",
    "automation": "Automation: ready when the rating is Excellent (90 or more)",
    OWN: "Targets of your own",
}
HOUR_WORTH = Terms().hour_worth
USUAL: dict[str, Any] = {"weights": dict(WEIGHTS), "hour_worth": HOUR_WORTH}


def edit(store: Store, project: Project) -> None:
    """Everything that says what "ready" means; nothing is written."""
    key = keys(store, project)
    _purpose(project, key)
    _weights(project, key)
    st.subheader("Enough", anchor=False)
    st.number_input(
        "An hour of an expert's time must bring at least … rating points", min_value=0.0, max_value=100.0, step=0.5,
        value=float(project.settings.get("hour_worth", HOUR_WORTH)), key=key("hour_worth"),
        help="When an hour is likely to bring less, the stop answer says that the plateau is reached.",
    )  # fmt: skip
    stopping.settings(project, key)
    labels = {label.id: label for label in store.labels(project.id)}
    st.multiselect(
        "Labels that matter", list(labels), default=[k for k, label in labels.items() if label.important], key=key("important"),
        format_func=lambda number: labels[number].name, placeholder="All alike",
        help="The project is not ready while one of these is weak. Without any, only poor labels stand in the way.",
    )  # fmt: skip


class Keys:
    """The keys of the widgets: each project's own, and new ones once other targets are saved."""

    def __init__(self, project: Project, targets: Targets) -> None:
        said = json.dumps([targets.profile, targets.settings, sorted(targets.important)], sort_keys=True)
        self.start = f"targets_{project.id}_{crc32(said.encode()):08x}_"

    def __call__(self, name: str) -> str:
        """The key of one widget."""
        return self.start + name


def keys(store: Store, project: Project) -> Keys:
    """The keys of a project's widgets as its targets are now."""
    return Keys(project, targets_of(project, store.labels(project.id)))


def _purpose(project: Project, key: Keys) -> None:
    st.subheader("Ready", anchor=False)
    own = project.settings.get("targets") or {}
    chosen = st.radio(
        "What the model is for", list(READY), index=2 if own else PROFILES.index(project.profile), format_func=READY.__getitem__,
        key=key("profile"), help="The stop answer says Ready once this is met with confidence.",
    )  # fmt: skip
    if chosen != OWN:
        return
    usual = {"rating": TARGETS[project.profile], "factors": FACTOR_TARGET, "labels": None}
    titles = {"rating": "Rating, at least", "factors": "Every factor, at least", "labels": "Labels that matter, at least"}
    with st.grid(3, min_column_width=150):
        for name, title in titles.items():
            words = "0 to 100 of average precision; empty: Good" if name == "labels" else "0 to 100"
            st.number_input(title, min_value=0.0, max_value=100.0, step=5.0, value=own.get(name, usual[name]), key=key(name),
                            placeholder="Good", help=words)  # fmt: skip


def _weights(project: Project, key: Keys) -> None:
    st.subheader("Weights of the factors", anchor=False)
    st.caption("How much each factor counts in the Model Rating. Only their proportion matters.")
    before = {**WEIGHTS, **project.settings.get("weights", {})}
    with st.grid(2, min_column_width=180):
        for name, title in FACTORS.items():
            st.number_input(title, min_value=0.0, max_value=100.0, step=0.05, value=float(before[name]), key=key(name))
    st.caption(shares({name: float(st.session_state[key(name)] or 0.0) for name in FACTORS}))
    st.button("Back to the usual weights", key="weights_reset", type="tertiary", icon=":material/undo:", on_click=_reset,
              args=(key,))  # fmt: skip


def _reset(key: Keys) -> None:
    for name, weight in WEIGHTS.items():
        st.session_state[key(name)] = float(weight)


def shares(weights: Mapping[str, float]) -> str:
    """What each factor's weight is of all of them, in words.

    >>> shares({"all_labels": 3.0, "coverage": 1.0})
    'All labels 75 % · Coverage 25 %'
    """
    total = sum(weights.values())
    if total <= 0:
        return "All weights are 0: at least one factor has to count."
    return " · ".join(f"{FACTORS[name]} {100 * (weight / total):.0f} %" for name, weight in weights.items())


def said(project: Project, key: Keys) -> Targets:
    """The targets as the widgets have them."""
    state = st.session_state
    purpose = state[key("profile")]
    own = {name: state.get(key(name)) for name in ("rating", "factors", "labels")} if purpose == OWN else {}
    given = {
        "weights": {name: float(state[key(name)]) for name in FACTORS},
        "targets": {name: value for name, value in own.items() if value is not None} or None,
        "hour_worth": state[key("hour_worth")], **stopping.chosen(key),
    }  # fmt: skip
    return asked(project.profile if purpose == OWN else purpose, given, USUAL, state[key("important")])


def preview(store: Store, project: Project, served: Served | None) -> None:
    """The rating and the answer by these targets next to the present ones, with the buttons that save and undo."""
    key, before = keys(store, project), targets_of(project, store.labels(project.id))
    new = said(project, key)
    with st.container(border=True, key="targets_preview"):
        st.subheader("What that means", anchor=False)
        if served is None or served.rating.score.value is None:
            st.caption("There is no rating yet to preview by. Targets can be saved all the same.")
        else:
            try:
                compare(store, project, served, before, new)
            except PlateauError as error:
                st.error(plain(str(error)), icon=":material/error:")
        with st.container(horizontal=True):
            st.button("Save", key="targets_save", type="primary", icon=":material/save:", disabled=new == before, on_click=_save,
                      args=(project, key))  # fmt: skip
            if kept := former(project):
                st.button("Undo the last change", key="targets_undo", icon=":material/undo:", on_click=_undo, args=(project,),
                          help=f"Go back to the targets before the change by {kept[0]['by']}, {ago(kept[0]['at'])}.")  # fmt: skip
    st.caption("Weights change the rating itself from the next time it is rated; targets change the stop answer.")


def compare(store: Store, project: Project, served: Served, before: Targets, new: Targets) -> None:
    """Both effects side by side."""
    given = _given(str(store.path), project.id, project.revision, served.rating.revision, store, project, served)
    now, then = effect(served, before, given), effect(served, new, given)
    if now is None or then is None:
        st.caption("This rating was computed before previews were there. Rate again on the Overview.")
        return
    if new == before:
        st.caption("Change something to see its effect here.")
    if served.charged is not None:
        st.caption(f"The rating is that of {plain(served.model)}, which is in charge, on the items that it can be judged on. "
                   "Whether it is enough, and the labelling left, are told of Plateau's own model.")  # fmt: skip
    st.markdown(table(now, then, before.terms, new.terms, changed=new != before))
    for line in changes(now, then):
        st.markdown(line)


@st.cache_data(max_entries=8, show_spinner=False)
def _given(
    path: str, project_id: int, revision: int, rated: int, _store: Store, _project: Project, _served: Served
) -> Circumstances:  # fmt: skip
    return circumstances(_store, _project, _served)


def table(now: Effect, then: Effect, before: Terms, new: Terms, *, changed: bool) -> str:
    """The two effects as a Markdown table; one column where nothing is changed."""
    rows = [("", "Now", "Then")]
    rows.append(("Rating", _score(now), _score(then)))
    rows.append(("Band", badge(now.rating.band), badge(then.rating.band)))
    rows.append(("Rating to reach", f"{before.target:.0f}", f"{new.target:.0f}"))
    rows.append(("Every factor to reach", f"{before.factor_target:.0f}", f"{new.factor_target:.0f}"))
    rows.append(("Enough?", _answer(now), _answer(then)))
    rows.append(("Labelling left", _left(now), _left(then)))
    for one, other in zip(now.rating.factors, then.rating.factors, strict=True):
        weights = [f"{LOOKS[f.band].shape} {figure(f.score.value)} :gray[· {100 * f.weight:.0f} %]" for f in (one, other)]
        rows.append((one.title, weights[0], weights[1]))
    shown = [row if changed else row[:2] for row in rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in shown]
    return "\n".join([lines[0], "|" + " --- |" * len(shown[0]), *lines[1:]])


def _score(found: Effect) -> str:
    score = found.rating.score
    return f"**{figure(score.value)}** :gray[({figure(score.low)} to {figure(score.high)})]"


def _answer(found: Effect) -> str:
    return f"**{ANSWERS[found.answer.answer][0]}**"


def _left(found: Effect) -> str:
    return hours(found.answer.view.hours) or "cannot be foreseen"


def changes(now: Effect, then: Effect) -> list[str]:
    """The rules of the stop answer that come out otherwise or are new, as Markdown; met or not is said by the shape."""
    before = {verdict.rule: verdict.met for verdict in now.answer.rules}
    return [stopping.rule_line(verdict) for verdict in then.answer.rules if before.get(verdict.rule) != verdict.met]


@session.callback
def _save(project: Project, key: Keys) -> None:
    store = session.store()
    save(store, store.project(project.id), said(project, key), session.annotator())
    session.tell(f"The targets of {plain(project.name)} are saved.", ":material/check:")


@session.callback
def _undo(project: Project) -> None:
    store = session.store()
    undo(store, store.project(project.id))
    session.tell("The former targets hold again.", ":material/undo:")
