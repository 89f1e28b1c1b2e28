"""What a change of the taxonomy would do, drawn before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from recommend.reshaping import Effect, Examples
from views.wording import plain, plural

MOST_NAMES = 8


def draw(effect: Effect, lines: Sequence[str] = (), *, kept: str = "Every review is kept, and this can be taken back.") -> None:
    """What is touched, which examples change, what becomes unknown, and what falls away."""
    with st.container(border=True, gap="xsmall", key="effect"):
        st.markdown(f"**What this does** &nbsp; :gray[{touched(effect)}]")
        for old, new in effect.names[:MOST_NAMES]:
            st.markdown(f"{plain(old)} → **{plain(new)}**")
        if len(effect.names) > MOST_NAMES:
            st.caption(f"and {plural(len(effect.names) - MOST_NAMES, 'more name')}")
        for one in effect.examples if not effect.names else ():
            st.markdown(examples(one))
        if effect.unknown:
            st.markdown(f"{plural(effect.unknown, 'judgement')} of it will say nothing any more.")
        for theme in effect.themes:
            st.markdown(f"Falls away: the open work “{plain(theme)}”.")
        for line in lines:
            st.markdown(line)
        st.caption(kept)


def touched(effect: Effect) -> str:
    """On how many reviews the labels concerned stand.

    >>> touched(Effect(2, 3, (), 0, ()))
    'on 2 reviews, 3 assignments'
    """
    return f"on {plural(effect.reviews, 'review')}, {plural(effect.assigned, 'assignment')}"


def examples(one: Examples) -> str:
    """A label's examples before and after, as Markdown.

    >>> examples(Examples("Late", 3, None, 9, None))
    '**Late**: 3 examples → not in use'
    >>> examples(Examples("Late", 3, 0, 9, 2))
    '**Late**: 3 → 0 examples, judged on 9 → 2 items'
    """
    name = f"**{plain(one.name)}**"
    if one.after is None:
        return f"{name}: {plural(one.before or 0, 'example')} → not in use"
    judged = "" if one.judged_before == one.judged_after else f", judged on {one.judged_before} → {one.judged_after} items"
    return f"{name}: {one.before} → {plural(one.after, 'example')}{judged}"


def suggestions(before: int | None, after: int | None, name: str) -> list[str]:
    """On how many unreviewed items a label is ticked beforehand, before and after; nothing where it is not known."""
    if before is None or after is None:
        return []
    return [f"Suggested on {before:,} → {after:,} unreviewed items as {plain(name)}, until the model is trained anew."]


def means(before: float | None, after: float | None) -> list[str]:
    """Mean average precision over the labels, before and after; nothing where it is not known."""
    if before is None or after is None:
        return []
    return [f"Mean average precision of the labels: {100 * before:.1f} % → {100 * after:.1f} % without it."]


def precision(result: Mapping[str, Any], source: str, target: str) -> str:
    """What a merge would do to average precision, as Markdown.

    >>> known = {"source": 0.5, "target": 0.71, "together": None, "mean_before": 0.6, "mean_after": 0.62}
    >>> precision(known, "Late", "Slow")
    'Average precision: Late 50.0 %, Slow 71.0 % → together **unknown**. Mean over the labels: 60.0 % → 62.0 %.'
    """
    one, other, together, before, after = (
        "unknown" if result[name] is None else f"{100 * result[name]:.1f} %"
        for name in ("source", "target", "together", "mean_before", "mean_after")
    )
    return (
        f"Average precision: {plain(source)} {one}, {plain(target)} {other} → together **{together}**. "
        f"Mean over the labels: {before} → {after}."
    )
