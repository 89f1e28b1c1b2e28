"""What the actions are to improve: anything, one factor or one label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from rating.records import FactorKey
from recommend.records import ANYTHING, Focus
from views import planning, session
from views.wording import FACTORS, plain

ANYTHING_WORD = "Anything"


def choice(store: Store, project: Project) -> Focus:
    """Let the person choose what to improve; it stands in the address. Anything where a sampling strategy chooses the items."""
    if _sampled(project):
        return ANYTHING
    names = _names(store, project)
    chosen = st.selectbox("What to improve", list(names.values()), key="improve", bind="query-params", width=320,
                          help="Shows the actions that serve it first of all.")  # fmt: skip
    return next((found for found, name in names.items() if name == chosen), ANYTHING)


def serving(store: Store, project: Project, actions: Sequence[StoredAction], wanted: Focus) -> list[StoredAction]:
    """Those of the actions that serve what is wanted; all of them where the plan was made for just that."""
    served = planning.latest(store, project.id)
    if wanted == ANYTHING or (served is not None and served.focus == wanted):
        return list(actions)
    return [action for action in actions if action.factor == wanted.factor or wanted.label_id in action.label_ids]


def replan(store: Store, project: Project, wanted: Focus, *, lacking: bool) -> None:
    """Offer a plan for what is wanted where the one in use has another purpose; the main button where work is ``lacking``."""
    served = planning.latest(store, project.id)
    now = ANYTHING if served is None else served.focus
    if wanted == now or store.last_snapshot(project.id) is None:
        return
    aim = _said(store, project, wanted)
    with st.container(horizontal=True, vertical_alignment="center"):
        if now != ANYTHING:
            st.markdown(f":material/target: :gray[Planned for {_said(store, project, now)}.]", width="content")
        pressed = st.button(
            f"Plan for {aim}", key="plan_for", type="primary" if lacking else "tertiary", icon=":material/target:",
            help="Looks through all items for work that serves it, and puts that in the place of what is on offer now.",
        )  # fmt: skip
    if pressed:
        with session.explained(), st.spinner(f"Planning for {aim}…"):
            planning.renew(store, project.id, wanted)
            st.rerun()


def nothing_left(store: Store, project: Project, wanted: Focus = ANYTHING) -> str:
    """Why no action is on offer that serves what is wanted, and what to do."""
    served, aim = planning.latest(store, project.id), _said(store, project, wanted)
    if served is not None and served.focus != ANYTHING and served.focus == wanted:
        return f"Nothing is on offer that improves {aim}. Improve anything instead."
    if wanted != ANYTHING:
        return f"Nothing on offer serves {aim}. Plan for it, or improve anything."
    return "Nothing is on offer: all items are reviewed, and no label is doubtful."


def _names(store: Store, project: Project) -> dict[Focus, str]:
    """Every focus with a name of its own: factors first, then the labels in use."""
    factors = {Focus(factor=key): FACTORS[key] for key in sorted(get_args(FactorKey), key=list(FACTORS).index)}
    labels = {Focus(label_id=label.id): f"Label: {label.name}" for label in store.labels(project.id)}
    return {ANYTHING: ANYTHING_WORD, **factors, **labels}


def _said(store: Store, project: Project, wanted: Focus) -> str:
    """What is to be improved, within a sentence."""
    if wanted.factor is not None:
        return FACTORS[wanted.factor]
    if wanted.label_id is None:
        return ANYTHING_WORD.lower()
    return next(
        (f"“{plain(label.name)}”" for label in store.labels(project.id) if label.id == wanted.label_id), "a label out of use"
    )


def _sampled(project: Project) -> bool:
    """Whether a sampling strategy chooses the items, which knows no focus."""
    from recommend.sampling import sampling_from

    return sampling_from(project.settings.get("sampling")) is not None
