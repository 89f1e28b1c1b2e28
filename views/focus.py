"""What the plan is to improve: anything, one factor or one label."""

from __future__ import annotations

import streamlit as st

from data.records import Project
from data.store import Store
from recommend.records import ANYTHING, Focus
from views import planning, session
from views.wording import FACTORS, plain

ANYTHING_WORD = "Anything"


def choice(store: Store, project: Project) -> None:
    """Let the person choose what the actions are to improve, and plan anew for that; nothing while no plan is made."""
    served = planning.latest(store, project.id)
    if served is None or served.probability is None or _sampled(project):
        return
    options, names = _options(store, project), _names(store, project)
    now = served.focus if served.focus in options else ANYTHING
    wanted = st.selectbox(
        "Improve", options, index=options.index(now), format_func=lambda option: names[option], width=320,
        key=f"improve_{project.id}_{now.factor}_{now.label_id}", help="Only actions that serve this are offered.",
    )  # fmt: skip
    if wanted != now:
        with session.explained(), st.spinner(f"Planning for {plain(names[wanted])}…"):
            planning.renew(store, project.id, wanted)
            st.rerun()


def nothing_left(store: Store, project: Project) -> str:
    """Why no action is on offer, and what to do."""
    served = planning.latest(store, project.id)
    if served is not None and served.focus != ANYTHING:
        name = _names(store, project).get(served.focus, "this")
        return f"Nothing is on offer that improves {plain(name)}. Improve anything instead."
    return "Nothing is on offer: all items are reviewed, and no label is doubtful."


def _options(store: Store, project: Project) -> list[Focus]:
    return list(_names(store, project))


def _names(store: Store, project: Project) -> dict[Focus, str]:
    """Every focus with its name: factors first, then the labels in use."""
    factors = {Focus(factor=key): title for key, title in FACTORS.items()}
    return {ANYTHING: ANYTHING_WORD, **factors, **{Focus(label_id=label.id): label.name for label in store.labels(project.id)}}


def _sampled(project: Project) -> bool:
    """Whether a sampling strategy chooses the items, which knows no focus."""
    from recommend.sampling import sampling_from

    return sampling_from(project.settings.get("sampling")) is not None
