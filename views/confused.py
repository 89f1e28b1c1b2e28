"""Confused labels: how often the model gives one where the other is right, what they share, and merge or separate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from views import confusedcharts, doubts
from views.doubts import View
from views.wording import plain


def draw(view: View) -> None:
    """The pairs of the label chosen, most confusing items first."""
    found = pairs(view)
    if not found:
        st.success("No two labels are taken for each other here.", icon=":material/check:")
        return
    table = confusedcharts.pair_table(found, view.names)
    with st.container(border=True):
        st.altair_chart(confusedcharts.chart(table), alt=confusedcharts.message(table), key="confused_chart")
    for pair in found[: doubts.listed("confused")]:
        _card(view, pair)
    doubts.more("confused", len(found) - doubts.listed("confused"))


def pairs(view: View) -> list[dict[str, Any]]:
    """The study's pairs whose labels are still two that are in use, of the label chosen; of pairs merged since, the first."""
    found = [{**pair, "labels": [view.now.get(k) for k in pair["labels"]]} for pair in view.study.result["pairs"]]
    found = [pair for pair in found if None not in pair["labels"] and len(set(pair["labels"])) == 2]
    first: dict[frozenset[int], dict[str, Any]] = {}
    for pair in found:
        first.setdefault(frozenset(pair["labels"]), pair)
    found = list(first.values())
    return found if view.label is None else [pair for pair in found if view.label in pair["labels"]]


def _card(view: View, pair: Mapping[str, Any]) -> None:
    first, second = (view.names[k] for k in pair["labels"])
    with st.container(border=True, gap="xsmall", key=f"pair_{pair['labels'][0]}_{pair['labels'][1]}"):
        apart = " &nbsp; :gray-badge[:material/call_split: asked about before]" if pair["apart"] else ""
        st.markdown(f"**{plain(first)}** and **{plain(second)}**{apart}")
        for name, (right, given) in {"given": (first, second), "taken": (second, first)}.items():
            st.markdown(often(pair[name], plain(right), plain(given)))
        st.caption(shared(pair))
        with st.container(horizontal=True):
            if pair["ask"] and st.button(
                f"Merge or separate, by {doubts.items_of(len(pair['ask']))}", key=f"pair_ask_{first}_{second}",
                icon=":material/call_split:",
            ):  # fmt: skip
                _separate(view, pair, f"{first} or {second}")
            if st.button("See what a merge would do", key=f"pair_merge_{first}_{second}", icon=":material/call_merge:"):
                _merge(pair["labels"][0], first, second)


def _separate(view: View, pair: Mapping[str, Any], theme: str) -> None:
    """Go to the action that asks about this pair: the one on offer, else a new one."""
    open_ = [
        a for a in view.store.actions(view.project.id, "open") if a.kind == "merge" and set(a.label_ids) == set(pair["labels"])
    ]
    if open_:
        doubts.go_to(open_[0])
    reason = f"{doubts.items_of(pair['items'])} confuse them. Do they mean the same, or what tells them apart?"
    doubts.start(view, "merge", theme, reason, tuple(pair["labels"]), pair["ask"])


def _merge(label_id: int, name: str, into: str) -> None:
    """Go to the Taxonomy page, where the merge is shown before it is made."""
    st.session_state.update({"change": name, f"label_target_{label_id}": into})
    st.switch_page("taxonomy_page.py", query_params={"change": name, "way": "Merge"})


def often(cells: Sequence[float | None], right: str, given: str) -> str:
    """How often one label is given where the other is right, as Markdown.

    >>> often([0.25, 0.1, 0.4], "A", "B")
    '**25 %** :gray[(10 to 40 %)] of what is A alone, the model takes for B'
    """
    value, low, high = cells
    if value is None or low is None or high is None:
        return f":gray[No reviewed item is {right} alone.]"
    return (
        f"**{100 * value:.0f} %**"
        + f" :gray[({low * 100:.0f} to {high * 100:.0f} %)] of what is {right} alone, the model takes for {given}"
    )


def shared(pair: Mapping[str, Any]) -> str:
    """What two labels have in common: items that carry both, and words that speak for both.

    >>> shared({"both": 3, "either": 30, "items": 8, "words": [["late", "week"], ["late"]]})
    '8 items confuse them · 3 of 30 items carry both · 1 of 2 words speak for both: late'
    """
    one, other = pair["words"]
    common = [word for word in one if word in other]
    words = f"{len(common)} of {len(set(one) | set(other))} words speak for both" + (
        f": {', '.join(map(plain, common))}" if common else ""
    )
    confusing = "item confuses" if pair["items"] == 1 else "items confuse"
    parts = [f"{pair['items']} {confusing} them", f"{pair['both']} of {pair['either']} items carry both"]
    return " · ".join([*parts, words] if one or other else parts)
