"""What opens beside the page when a number is asked what it is: definition, computation, values, model and revision."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recommend.explaining import Explanation, Input
from views.wording import plain


def opener(explanation: Explanation, words: str = "What it is", *, more: Callable[[], None] | None = None) -> None:
    """A quiet button that opens the explanation beside the page, followed by ``more``."""
    if st.button(words, key=f"explain_{explanation.key}", type="tertiary", icon=":material/info:", help="What this number is"):
        st.dialog(explanation.title, width="medium", position="right")(draw)(explanation, more)


def draw(explanation: Explanation, more: Callable[[], None] | None = None) -> None:
    """The whole explanation, one below the other."""
    st.markdown(f"# {plain(explanation.value)}")
    if explanation.span:
        st.caption(f"{plain(explanation.span)} with 90 % confidence")
    how(explanation)
    if more is not None:
        more()


def how(explanation: Explanation) -> None:
    """What a number is, how it is computed, from which values, and what it is of."""
    st.markdown(plain(explanation.definition))
    st.markdown(f"**How it is computed**  \n{plain(explanation.formula)}")
    if explanation.inputs:
        st.markdown("**From**")
        st.markdown("\n".join(_line(given) for given in explanation.inputs))
    st.caption(f":material/tag: {plain(explanation.belongs)}")


def _line(given: Input) -> str:
    value = f": **{plain(given.value)}**" if given.value else ""
    return f"- {plain(given.name)}{value}" + (f"  \n  :small[:gray[{plain(given.note)}]]" if given.note else "")
