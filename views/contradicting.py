"""Near-identical items that are judged differently: both texts with their differing words, and which judgement is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from data.records import Item, ReviewDraft
from recommend.settling import whole
from views import doubts
from views.differing import LEGEND, as_html, differing
from views.doubts import Judged, View
from views.wording import plain

#: What is said of each of the labels that a group differs on: the label's number, and whether it is given.
Answer = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Near-identical items whose reviews differ now: what stands of each, the labels in question, and the two that show it."""

    judged: Mapping[int, Judged]
    labels: tuple[int, ...]
    pair: tuple[int, int]
    alike: float
    exact: bool


def draw(view: View) -> None:
    """The groups that are judged differently, of the label and person chosen."""
    found = groups(view)
    if not found:
        st.success("No near-identical items are judged differently here.", icon=":material/check:")
        return
    first = whole([list(dict.fromkeys([*group.pair, *group.judged])) for group in found])
    words = doubts.first_of(sum(len(group.judged) for group in found), len(first))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(f"Go through {words}", key="twins_all", icon=":material/play_arrow:"):
            _start(view, first)
        st.caption(LEGEND, width="stretch")
    shown = found[: doubts.listed("twins")]
    items = {item.id: item for item in view.store.items(view.project.id, [k for group in shown for k in group.pair])}
    for number, group in enumerate(shown):
        _card(view, group, items, number)
    doubts.more("twins", len(found) - len(shown))


def groups(view: View) -> list[Group]:
    """The study's groups as they stand by now: those that nobody has settled since, and that still differ."""
    wanted = view.study.result["contradictions"]
    judged = doubts.standing(view, list(dict.fromkeys(k for one in wanted for k in one["items"]))[:5000])
    found = [group for one in wanted if (group := _group(view, one, judged)) is not None]
    if view.label is not None:
        found = [group for group in found if view.label in group.labels]
    if view.person is not None:
        found = [group for group in found if view.person in {one.review.annotator for one in group.judged.values()}]
    return found


def _group(view: View, one: Mapping[str, Any], judged: Mapping[int, Judged]) -> Group | None:
    mine = {item_id: judged[item_id] for item_id in one["items"] if item_id in judged}
    labels = tuple(dict.fromkeys(view.now[k] for k in one["labels"] if k in view.now))
    differ = tuple(k for k in labels if len({view.gives(found.review, k) for found in mine.values()}) > 1)
    if not differ or not set(one["pair"]) <= set(mine):
        return None
    return Group(mine, differ, tuple(one["pair"]), one["alike"], one["exact"])


def _start(view: View, item_ids: Sequence[int]) -> None:
    """Work through the items of these groups one by one."""
    theme = view.names[view.label] if view.label is not None else "what near-identical messages are about"
    labels = (view.label,) if view.label is not None else ()
    doubts.start(
        view, "check", theme, "Near-identical items, some of which are judged differently. Judge them alike.", labels, item_ids
    )


def answer_of(view: View, group: Group, item_id: int) -> Answer:
    """What an item's review says of the labels in question."""
    return tuple((label, view.gives(group.judged[item_id].review, label)) for label in group.labels)


def _card(view: View, group: Group, items: Mapping[int, Item], number: int) -> None:
    left, right = (items.get(item_id) for item_id in group.pair)
    if left is None or right is None:
        return
    word = "The same text" if group.exact else f"{100 * group.alike:.0f} % alike"
    names = ", ".join(plain(view.names[label]) for label in group.labels)
    with st.container(border=True, gap="small", key=f"twins_{number}_{left.id}"):
        st.markdown(f"**{names}** on some, not on others :gray[· {word} · {doubts.items_of(len(group.judged))}]")
        runs = differing(left.text, right.text)
        with st.grid(2, min_column_width=260):
            for item, run, side in zip((left, right), runs, ("gone", "come"), strict=True):
                with st.container(gap="xsmall"):
                    st.html(as_html(run, side))
                    review = group.judged[item.id].review
                    st.caption(f":material/person: {plain(review.annotator)} gave **{view.said(review.assigned)}**")
        _decide(view, group, left.id)


def _decide(view: View, group: Group, key: int) -> None:
    """One button for each answer that was given, which all items of the group then get, and one that leaves them as they are."""
    given = [answer_of(view, group, item_id) for item_id in group.judged]
    with st.container(horizontal=True):
        for place, answer in enumerate(dict.fromkeys(given)):
            words = f"All: {plain(said(view, answer))} ({given.count(answer)} now)"
            st.button(words, key=f"twins_{key}_{place}", icon=":material/done_all:", on_click=doubts.record, wrap=True,
                      args=(view.project, drafts(view, group, answer), "They are judged alike now."))  # fmt: skip
        st.button("Each is right as it is", key=f"twins_{key}_both", icon=":material/check:", on_click=doubts.record,
                  args=(view.project, drafts(view, group, None), "They stay as they are."))  # fmt: skip


def said(view: View, answer: Answer) -> str:
    """An answer in words: the labels in question that it gives, or that it gives none of them."""
    given = [view.names[label] for label, yes in answer if yes]
    return ", ".join(given) or "without " + " and ".join(view.names[label] for label, _ in answer)


def drafts(view: View, group: Group, answer: Answer | None) -> list[ReviewDraft]:
    """A second look at every item of a group: with this answer, or with None as each was judged."""
    return [doubts.draft(view, judged, dict(answer or ()), "check") for judged in group.judged.values()]
