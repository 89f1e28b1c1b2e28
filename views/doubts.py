"""What the parts of the Doubts page share: the filter by label and person, and how a second look is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from data.kept import Study
from data.records import Item, Label, Project, Review, ReviewDraft, StoredAction
from data.store import Store
from data.store.reviews import counted
from recommend.records import Kind
from recommend.resolve import Away
from recommend.settling import LONGEST, counting_as, in_order, open_still, second_look, start_second_look
from views import planning, session
from views.bulk import FOLDED, shortened
from views.media import picture
from views.wording import plain, plural

MISTAKES, TWINS, PAIRS = "Suspicious reviews", "Near-duplicates", "Confused labels"
#: So many cards are drawn at first, and so many more at a click.
STEP = 8


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: the study, the labels with what each counts as by ``now`` and when it was ``away``, and the label and
    person chosen (None: all).
    """

    store: Store
    project: Project
    study: Study
    labels: tuple[Label, ...]
    now: Mapping[int, int]
    away: Away
    label: int | None
    person: str | None

    @property
    def names(self) -> dict[int, str]:
        """The labels in use by number."""
        return {label.id: label.name for label in self.labels if self.now.get(label.id) == label.id}

    def said(self, label_ids: Sequence[int]) -> str:
        """These labels in words, as Markdown."""
        names = self.names
        return ", ".join(plain(names[k]) for k in in_order(label_ids, self.now) if k in names) or "no label"

    def gives(self, review: Review, label_id: int) -> bool:
        """Whether a review gives a label."""
        return label_id in in_order(review.assigned, self.now)


def section(study: Study) -> str:
    """Which kind of doubt to look at, which stands in the address, and how many there are of each."""
    found = study.result
    st.caption(
        f"{plural(len(set(found['suspects']['item'])), 'suspicious review')} · "
        f"{plural(len(found['contradictions']), 'group')} of near-duplicates judged differently · "
        f"{plural(len(found['pairs']), 'pair')} of confused labels"
    )
    return str(
        st.segmented_control("Look at", [MISTAKES, TWINS, PAIRS], default=MISTAKES, required=True, key="doubt",
                             bind="query-params", label_visibility="collapsed", wrap=True)
    )  # fmt: skip


def chosen(store: Store, project: Project, study: Study) -> View:
    """The label and person to look at, which stand in the address."""
    every = tuple(store.labels(project.id, retired=True))
    now = counting_as(every)
    names = {label.id: label.name for label in every if now.get(label.id) == label.id}
    with st.grid(2, min_column_width=180):
        label = _choice("label", "Label", {"": "All labels", **{str(number): name for number, name in names.items()}})
        person = _choice("by", "Given by", {"": "Everybody", **{name: name for name in study.result["people"]}})
    away = store.retired_periods(project.id)
    return View(store, project, study, every, now, away, int(label) if label else None, person or None)


def _choice(name: str, title: str, options: Mapping[str, str]) -> str:
    """A choice that stands in the address under this name; the first option stands for none."""
    asked = st.query_params.get(name, "")
    keys = list(options)
    found = st.selectbox(
        title, keys, index=keys.index(asked) if asked in options else 0, format_func=options.__getitem__, key=f"doubts_{name}"
    )
    if found:
        st.query_params[name] = found
    else:
        st.query_params.pop(name, None)
    return str(found)


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement that counts of an item, and the number of the newest one by anybody."""

    review: Review
    newest: int


def standing(view: View, item_ids: Sequence[int]) -> dict[int, Judged]:
    """What stands of each of these items and may be looked at again; nothing of those looked at since the study."""
    given = view.store.standing_reviews(item_ids) if item_ids else {}
    still = {item_id: reviews for item_id, reviews in given.items() if open_still(reviews, view.study.revision)}
    found = {item_id: Judged(counted(reviews)[0], max(r.id for r in reviews)) for item_id, reviews in still.items()}
    return {item_id: judged for item_id, judged in found.items() if judged.review.state == "reviewed"}


def more(key: str, left: int) -> None:
    """A button that lists more cards, while there are any."""
    if left > 0:
        st.button(f"Show {min(left, STEP)} more of {left:,}", key=f"{key}_more", type="tertiary", icon=":material/expand_more:",
                  on_click=_show_more, args=(key,))  # fmt: skip


def listed(key: str) -> int:
    """How many cards are listed by now."""
    return STEP * int(st.session_state.get(f"{key}_steps", 1))


def _show_more(key: str) -> None:
    st.session_state[f"{key}_steps"] = int(st.session_state.get(f"{key}_steps", 1)) + 1


def text(item: Item, folder: Path) -> None:
    """An item's text, folded where it is long, and its picture."""
    line = " ".join(item.text.split())
    st.html(f'<div style="overflow-wrap:anywhere;line-height:1.55">{escape(shortened(line) or item.uid)}</div>')
    if item.media and (content := picture(item.media, folder)) is not None:
        st.image(content, width=160, alt=shortened(line) or item.uid)
    if len(line) > FOLDED:
        with st.expander("Whole text"):
            st.text(item.text)


def draft(view: View, judged: Judged, gives: Mapping[int, bool], source: str) -> ReviewDraft:
    """A second look at a review by whoever is here, with these labels added or taken away."""
    return second_look(
        judged.review,
        view.labels,
        view.away,
        annotator=session.annotator(),
        source=source,
        seen=judged.newest,
        gives=gives,
        single=view.project.single_label,
    )


@session.callback
def record(project: Project, drafts: Sequence[ReviewDraft], told: str) -> None:
    """Keep these second looks, all or none, and say so."""
    store = session.store()
    store.record_reviews(project.id, drafts)
    planning.nudge(store, project.id)
    session.tell(f"{told} It is not asked for again; the History page takes it back.", ":material/check:")


def start(view: View, kind: Kind, theme: str, reason: str, label_ids: tuple[int, ...], item_ids: Sequence[int]) -> None:
    """Start an action on these items and go to it."""
    served = planning.latest(view.store, view.project.id)
    with session.explained():
        action = start_second_look(
            view.store, view.project.id, session.annotator(), kind, theme, reason, label_ids, item_ids, served
        )
        go_to(action)


def go_to(action: StoredAction) -> None:
    """Work on an action."""
    st.switch_page(session.LABEL, query_params={"action": str(action.id)})


def first_of(count: int, asked: int = LONGEST) -> str:
    """So many items in words, of which an action asks about ``asked`` at most.

    >>> first_of(1), first_of(20), first_of(57), first_of(57, 18)
    ('1 item', '20 items', 'the first 20 of 57 items', 'the first 18 of 57 items')
    """
    return items_of(count) if count <= asked else f"the first {asked} of {items_of(count)}"


def items_of(count: int) -> str:
    """How many items, in words."""
    return plural(count, "item")
