"""The labelling desk's memory and its decisions. What was decided is in the store; the session knows only the place.

Every decision is written in the callback of the click, before the next item is drawn.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from data.records import DOUBTING, Item, Label, Project, Review, ReviewDraft, StoredAction
from data.store import Store
from recommend.records import Suggestion
from recommend.serving import suggestions
from views import planning, session

#: Longer pauses are no work: seconds beyond this are not counted.
IDLE = 60.0
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Work:
    """An action with everything that its items need, read once when it is opened."""

    action: StoredAction
    items: tuple[Item, ...]
    suggested: dict[int, tuple[Suggestion, ...]]

    @property
    def doubts(self) -> bool:
        """Whether the items are reviewed already and one label of theirs is in question."""
        return self.action.kind in DOUBTING


def open_work(store: Store, project_id: int, action_id: int) -> Work:
    """The action's items and suggestions; the model of the plan in memory makes them, or a new plan if there is none."""
    action = store.action(project_id, action_id)
    items = tuple(store.items(project_id, action.item_ids))
    served = planning.latest(store, project_id)
    if served is None and store.snapshots(project_id):
        served = planning.renew(store, project_id)
    now = serving(store.labels(project_id, retired=True))
    found = {} if served is None else suggestions(served, [item.id for item in items])
    suggested = {item_id: _renamed(given, now) for item_id, given in found.items()}
    return Work(replace(action, label_ids=translated(action.label_ids, now)), items, suggested)


def as_it_counts(store: Store, project_id: int, work: Work) -> Work:
    """The same work with the labels as they count by now: others may have merged or retired some since it was opened."""
    now = serving(store.labels(project_id, retired=True))
    return replace(work, action=replace(work.action, label_ids=translated(work.action.label_ids, now)))


def serving(labels: Iterable[Label]) -> dict[int, int]:
    """The label in use that each label counts as now; those that are out of use are left out."""
    every = {label.id: label for label in labels}
    final = {label.id: every[label.merged_into or label.id] for label in every.values()}
    return {label_id: label.id for label_id, label in final.items() if label.retired_at is None}


def translated(label_ids: Iterable[int], now: Mapping[int, int]) -> tuple[int, ...]:
    """These labels as they count now, each once."""
    return tuple(dict.fromkeys(now[label_id] for label_id in label_ids if label_id in now))


def _renamed(found: Iterable[Suggestion], now: Mapping[int, int]) -> tuple[Suggestion, ...]:
    """Suggestions of the labels in use; of two that have become one, the likelier."""
    best: dict[int, Suggestion] = {}
    for suggestion in found:
        if suggestion.label_id in now:
            best.setdefault(now[suggestion.label_id], replace(suggestion, label_id=now[suggestion.label_id]))
    return tuple(best.values())


def decided(store: Store, work: Work, annotator: str) -> dict[int, Review]:
    """What this person has decided in this action, by item."""
    found = store.standing_reviews([item.id for item in work.items])
    return {
        item_id: review
        for item_id, given in found.items()
        for review in given
        if review.annotator == annotator and review.action_id == work.action.id
    }


def place(work: Work, done: Iterable[int]) -> int | None:
    """The position of the item to show: where the person went, else the first undecided one; None when all are decided."""
    wanted = st.session_state.get("desk_place")
    if st.session_state.get("desk_action") == work.action.id and wanted is not None and 0 <= wanted < len(work.items):
        return int(wanted)
    return next_place(work, done, -1)


def next_place(work: Work, done: Iterable[int], after: int) -> int | None:
    """The first undecided position after this one, then from the beginning; None when there is none."""
    left = set(done) | set(passed(work))
    order = [*range(after + 1, len(work.items)), *range(0, after + 1)]
    return next((k for k in order if work.items[k].id not in left), None)


def passed(work: Work) -> dict[int, int]:
    """Reviewed items that the person left as they are, in order, each with the newest decision by then; 0 is none."""
    owner, mine = st.session_state.get("desk_passed", (None, {}))
    return dict(mine) if owner == work.action.id else {}


def _newest(work: Work) -> int:
    """The number of this person's newest decision in this action; 0 when there is none."""
    mine = decided(session.store(), work, session.annotator()).values()
    return max((review.id for review in mine), default=0)


def show(store: Store, project: Project, work: Work, item: Item, mine: Review | None) -> list[int]:
    """Prepare the session for an item that comes into view, and return the labels offered on it, the likeliest first.

    Where nothing is suggested, as before the first rating, the first nine labels are offered.

    Ticked at first are: what this person decided, else the standing review, else the preselected suggestions. Merged labels
    stand as their target, retired ones not at all.
    """
    now = serving(store.labels(project.id, retired=True))
    if st.session_state.get("desk_item") != (work.action.id, item.id):
        standing = mine or next(iter(reversed(store.standing_reviews([item.id]).get(item.id, []))), None)
        usual = [s.label_id for s in work.suggested.get(item.id, ()) if s.preselected]
        reviewed = standing is not None and standing.state == "reviewed"
        ticked = list(standing.assigned) if reviewed and standing else usual[:1] if project.single_label else usual
        st.session_state["desk_item"] = (work.action.id, item.id)
        st.session_state["desk_ticked"] = ticked
        st.session_state["desk_added"] = [label for label in ticked if label not in usual]
        st.session_state["desk_since"] = time.monotonic()
    if st.session_state.get("desk_action") != work.action.id:
        st.session_state.pop("desk_place", None)
    st.session_state["desk_action"] = work.action.id
    st.session_state["desk_ticked"] = list(translated(st.session_state["desk_ticked"], now))
    questioned = work.action.label_ids if work.action.kind in (*DOUBTING, "teach", "confirm", "search") else ()
    suggested = [s.label_id for s in work.suggested.get(item.id, ())] or sorted(set(now.values()))[:DIGITS]
    return list(translated([*questioned, *suggested, *st.session_state["desk_added"]], now))


def ticked() -> list[int]:
    """The labels ticked on the item in view."""
    return list(st.session_state.get("desk_ticked", ()))


def in_view(work: Work, item: Item) -> bool:
    """Whether this item is the one on screen: keys pressed twice in a hurry reach the button of the item before."""
    return bool(st.session_state.get("desk_item") == (work.action.id, item.id))


def toggle(label_id: int, single: bool) -> None:
    """Tick a label, or take the tick away; with one label an item, ticking one unticks the others."""
    before = ticked()
    if label_id in before:
        st.session_state["desk_ticked"] = [label for label in before if label != label_id]
    else:
        st.session_state["desk_ticked"] = [label_id] if single else [*before, label_id]


@session.callback
def add_label(project: Project, key: str) -> None:
    """Tick the label that was searched for; one that does not exist is created."""
    name = st.session_state.get(key)
    if not name:
        return
    label = session.store().add_label(project.id, str(name))
    st.session_state["desk_added"] = [*st.session_state.get("desk_added", ()), label.id]
    if label.id not in ticked():
        toggle(label.id, project.single_label)
    st.session_state["desk_adds"] = st.session_state.get("desk_adds", 0) + 1  # a new widget: the search loses the focus


@session.callback
def confirm(project: Project, work: Work, position: int, offered: tuple[int, ...]) -> None:
    """Record what is ticked and go to the next item; a second press meant for an item that has gone does nothing."""
    item, chosen = work.items[position], ticked()
    if not in_view(work, item):
        return
    suggested = {s.label_id for s in work.suggested.get(item.id, ())}
    draft = _draft(work, position, tuple(chosen))
    draft = ReviewDraft(**{
        **draft, "dismissed": tuple(label for label in offered if label not in chosen),
        "confirmed": tuple(label for label in chosen if label in suggested),
    })  # fmt: skip
    session.store().record_review(project.id, draft)
    _go_on(project, work, position)


@session.callback
def answer_pair(project: Project, work: Work, position: int, chosen: tuple[int, ...]) -> None:
    """Record which of the two labels in question apply, and go to the next item; what was said of other labels stands."""
    item = work.items[position]
    if not in_view(work, item):
        return
    store = session.store()
    now, pair = serving(store.labels(project.id, retired=True)), set(work.action.label_ids)
    given = [review for review in store.standing_reviews([item.id]).get(item.id, []) if review.state == "reviewed"]
    before = given[-1] if given else None
    kept = () if before is None or (project.single_label and chosen) else translated(before.assigned, now)
    assigned = (*(label for label in kept if label not in pair), *chosen)
    dismissed = [*(translated(before.dismissed, now) if before else ()), *pair]
    draft = ReviewDraft(**{
        **_draft(work, position, assigned), "partial": before is None or before.partial,
        "dismissed": tuple(label for label in dict.fromkeys(dismissed) if label not in assigned),
    })  # fmt: skip
    store.record_review(project.id, draft)
    _go_on(project, work, position)


@session.callback
def skip(project: Project, work: Work, position: int) -> None:
    """Leave an item out: recorded as skipped, but a review that it has already is left as it stands."""
    item = work.items[position]
    if not in_view(work, item):
        return
    standing = session.store().standing_reviews([item.id]).get(item.id, [])
    if any(review.state == "reviewed" for review in standing):
        st.session_state["desk_passed"] = (work.action.id, {**passed(work), item.id: _newest(work)})
    else:
        session.store().record_review(project.id, ReviewDraft(**{**_draft(work, position, ()), "state": "skipped"}))
    _go_on(project, work, position)


@session.callback
def undo(project: Project, work: Work) -> None:
    """Take back the last decision of this action, or the last item left as it was, and show that item; any number of times."""
    last = next(reversed(passed(work).items()), None)
    if last is not None and last[1] == _newest(work):
        item_id = last[0]
        st.session_state["desk_passed"] = (work.action.id, {k: mark for k, mark in passed(work).items() if k != item_id})
    else:
        review = session.store().undo_review(project.id, session.annotator(), work.action.id)
        if review is None:
            st.toast("There is nothing left to undo in this action.", icon=":material/undo:")
            return
        item_id = review.item_id
    st.session_state["desk_place"] = next((k for k, item in enumerate(work.items) if item.id == item_id), 0)
    st.session_state["desk_action"] = work.action.id
    st.session_state.pop("desk_item", None)


def move(work: Work, position: int) -> None:
    """Show another item of the action, deciding nothing."""
    st.session_state["desk_place"] = min(max(position, 0), len(work.items) - 1)
    st.session_state.pop("desk_item", None)


def active_seconds() -> float:
    """Seconds since the item came into view, at most :data:`IDLE`, never negative."""
    return float(min(max(time.monotonic() - st.session_state.get("desk_since", time.monotonic()), 0.0), IDLE))


def _draft(work: Work, position: int, assigned: tuple[int, ...]) -> dict[str, object]:
    action = work.action
    return {
        "item_id": work.items[position].id, "assigned": assigned, "annotator": session.annotator(), "seconds": active_seconds(),
        "source": action.kind, "action_id": action.id, "list_rank": position + 1, "list_size": len(work.items),
        "candidates": action.candidates, "chance": action.chances[position], "model_version": action.model_version or None,
    }  # fmt: skip


def _go_on(project: Project, work: Work, position: int) -> None:
    store = session.store()
    done = decided(store, work, session.annotator())
    following = next_place(work, done, position)
    st.session_state["desk_place"] = following
    st.session_state.pop("desk_item", None)
    if following is None:
        seconds = sum(review.seconds or 0.0 for review in done.values())
        store.end_action(project.id, work.action.id, "done", seconds)
