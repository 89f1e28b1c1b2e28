"""How items are chosen: the part of a project's settings that puts a strategy known by name in the place of Plateau's plan."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.records import Project
from recommend.sampling import MOST, PLATEAU, Sampling, sampling_from
from recommend.strategies import STRATEGIES

SIZES = {"fixed": "Always the same", "growing": "Growing with what is reviewed"}
#: What a batch grows by unless another share is chosen.
GROWTH = 0.1
_KEYS = ("strategy", "random", "batch", "size", "growth")


def key_of(project: Project, name: str) -> str:
    """The widget's key: each project has settings of its own."""
    return f"setting_{project.id}_sampling_{name}"


def part(project: Project) -> None:
    """The choice of a strategy, and what belongs to it once one is chosen."""
    st.subheader("How items are chosen", anchor=False)
    held = sampling_from(project.settings.get("sampling"))
    names = [PLATEAU, *STRATEGIES]
    chosen = st.selectbox(
        "What puts items before you", names, index=names.index(held.strategy if held else PLATEAU), format_func=title,
        key=key_of(project, "strategy"), help="The Overview then offers one list by this strategy, and Shuffle.",
    )  # fmt: skip
    st.caption(meaning(chosen))
    if chosen != PLATEAU:
        _details(project, held or Sampling(chosen))


def title(name: str) -> str:
    """A strategy in words.

    >>> title("plateau"), title("margin")
    ('Plateau: what raises the rating most per minute', 'Margin')
    """
    return "Plateau: what raises the rating most per minute" if name == PLATEAU else STRATEGIES[name].title


def meaning(name: str) -> str:
    """What a strategy asks for, as a sentence.

    >>> meaning("random")
    'Asks for any item, each as likely as any other.'
    """
    if name == PLATEAU:
        return "Short themed lists, each with its reason and what it should bring. The usual choice."
    return f"Asks for {STRATEGIES[name].about}."


def _details(project: Project, held: Sampling) -> None:
    if st.session_state.get(key_of(project, "strategy")) != "random":
        st.slider(
            "Left to chance, % of a list", 0, 100, value=round(100 * held.random), step=5, key=key_of(project, "random"),
            help="Items drawn at random keep a strategy from looking where it has looked before, and keep the figures honest.",
        )  # fmt: skip
    batch = st.radio(
        "Length of a list", list(SIZES), index=int(held.growth > 0), format_func=SIZES.__getitem__, horizontal=True,
        key=key_of(project, "batch"),
    )  # fmt: skip
    with st.grid(2, min_column_width=180):
        st.number_input("Items" if batch == "fixed" else "Items, at least", min_value=1, max_value=MOST, step=5, value=held.size,
                        key=key_of(project, "size"))  # fmt: skip
        if batch == "growing":
            st.number_input("% of the reviewed", min_value=1, max_value=100, step=5, value=round(100 * (held.growth or GROWTH)),
                            key=key_of(project, "growth"), help=f"A list has never more than {MOST} items.")  # fmt: skip


def said(project: Project) -> dict[str, Any] | None:
    """The setting as the widgets have it; None, which keeps nothing, for Plateau's own plan. InvalidInput for a bad value."""
    strategy, random, batch, size, growth = (st.session_state.get(key_of(project, name)) for name in _KEYS)
    if strategy in (None, PLATEAU):
        return None
    usual = Sampling(str(strategy))
    setting = {
        "strategy": strategy,
        "random": usual.random if random is None else random / 100.0,
        "size": usual.size if size is None else size,
        "growth": 0.0 if batch != "growing" else (100 * GROWTH if growth is None else growth) / 100.0,
    }
    sampling_from(setting)
    return setting
