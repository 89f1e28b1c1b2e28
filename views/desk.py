"""The labelling desk's memory: the action, its items, and the item in view. What was decided is in the store."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from data.records import DOUBTING, Item, Label, Project, Review, StoredAction, hides_others
from data.store import Store
from data.store.labels import reset_since
from data.store.leases import readings_of
from recommend.records import Suggestion
from recommend.serving import Served, suggestions
from views import conflict, planning, session

#: How many labels are offered where nothing is suggested: one for each digit.
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Work:
    """An action with everything that its items need, read once when it is opened.

    ``words`` are those that speak for a label, by label. ``read_at`` is when the model that suggests read the reviews.
    """

    action: StoredAction
    items: tuple[Item, ...]
    suggested: dict[int, tuple[Suggestion, ...]]
    words: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    read_at: str = ""

    @property
    def doubts(self) -> bool:
        """Whether the items are reviewed already and one label of theirs is in question."""
        return self.action.kind in DOUBTING

    @property
    def questioned(self) -> tuple[int, ...]:
        """The labels that the action asks about; empty where it asks about none in particular."""
        return self.action.label_ids if self.action.kind in (*DOUBTING, "teach", "confirm", "search") else ()


@dataclass(frozen=True, slots=True)
class View:
    """The item in view as it is drawn. Labels are ids, all of them in use.

    ``visit`` rises each time that an item comes into view, and is 0 for one that is not. ``own`` is the number of this
    person's newest event on the item, undone ones included, and ``seen`` that of the newest standing review by anybody else;
    0 for none.
    """

    item: Item
    position: int
    visit: int
    offered: tuple[int, ...]
    ticked: tuple[int, ...]
    dismissed: tuple[int, ...]
    note: str
    uncertain: bool
    own: int
    seen: int
    standing: tuple[Review, ...]


def open_work(store: Store, project_id: int, action_id: int) -> Work:
    """The action's items with the suggestions it was offered with; the newest plan at hand makes them where it had none.

    Nobody waits for a plan: without one there are no suggestions until it is there. The action's ``model_version`` is that of
    the model which the suggestions come from, 0 where there are none.
    """
    action = store.action(project_id, action_id)
    items = tuple(store.items(project_id, action.item_ids))
    served = None if action.shown else _served(store, project_id)
    labels = store.labels(project_id, retired=True)
    now = serving(labels)
    given = _shown(action) if served is None else suggestions(served, [item.id for item in items])
    words = _words(action) if served is None else served.words
    version = int((action.shown or {}).get("model_version") or 0) if served is None else served.rating.model_version
    read_at = str((action.shown or {}).get("read_at", "")) if served is None else served.read_at
    old = reset_since(labels, read_at)
    return Work(
        replace(action, label_ids=translated(action.label_ids, now), model_version=version), items,
        {item_id: _renamed(_without(found, old), now) for item_id, found in given.items()},
        {now[label_id]: tuple(found) for label_id, found in words.items() if label_id in now and label_id not in old}, read_at,
    )  # fmt: skip


def _shown(action: StoredAction) -> dict[int, tuple[Suggestion, ...]]:
    """The suggestions that an action was offered with."""
    return {
        int(item_id): tuple(Suggestion(int(label), float(chance), bool(pre)) for label, chance, pre in found)
        for item_id, found in (action.shown or {}).get("items", {}).items()
    }


def _words(action: StoredAction) -> dict[int, tuple[str, ...]]:
    """The words that speak for a label, as an action was offered with them."""
    return {int(label_id): tuple(found) for label_id, found in (action.shown or {}).get("words", {}).items()}


def _served(store: Store, project_id: int) -> Served | None:
    """The newest plan at hand. Without one it is made in the background, unless that has failed; None before the first rating."""
    served = planning.latest(store, project_id)
    if served is None and planning.training(store, project_id).state == "idle" and store.last_snapshot(project_id) is not None:
        planning.request(store, project_id)
    return served


@dataclass(frozen=True, slots=True)
class Present:
    """What others may have changed since an action was opened, read once for each drawing.

    ``labels`` are all of the project's, ``now`` is the label in use that each counts as, ``standing`` are the standing
    judgements of the action's items, oldest first.
    """

    labels: tuple[Label, ...]
    now: Mapping[int, int]
    standing: Mapping[int, list[Review]]


def present(store: Store, project_id: int, work: Work) -> Present:
    """How labels and judgements stand by now."""
    labels = tuple(store.labels(project_id, retired=True))
    return Present(labels, serving(labels), store.standing_reviews([item.id for item in work.items]))


def as_it_counts(store: Store, project_id: int, work: Work, labels: Sequence[Label] | None = None) -> Work:
    """The same work as it counts by now: others may have merged, retired or reset labels since, and a newer model may suggest.

    ``labels`` are all of the project's, where they are at hand.
    """
    labels = store.labels(project_id, retired=True) if labels is None else labels
    old = reset_since(labels, work.read_at)
    own = translated(work.action.label_ids, serving(labels))
    counted = replace(
        work, action=replace(work.action, label_ids=own),
        suggested={item_id: _without(found, old) for item_id, found in work.suggested.items()},
        words={label_id: found for label_id, found in work.words.items() if label_id not in old},
    )  # fmt: skip
    version = store.shown_version(project_id, work.action.id)
    if version is None or version == (work.action.shown or {}).get("model_version"):
        return counted
    fresh = open_work(store, project_id, work.action.id)
    action = replace(counted.action, shown=fresh.action.shown, model_version=version)
    return replace(counted, action=action, suggested=fresh.suggested, words=fresh.words, read_at=fresh.read_at)


def serving(labels: Iterable[Label]) -> dict[int, int]:
    """The label in use that each label counts as now; those that are out of use are left out."""
    every = {label.id: label for label in labels}
    final = {label.id: every[label.merged_into or label.id] for label in every.values()}
    return {label_id: label.id for label_id, label in final.items() if label.retired_at is None}


def translated(label_ids: Iterable[int], now: Mapping[int, int]) -> tuple[int, ...]:
    """These labels as they count now, each once."""
    return tuple(dict.fromkeys(now[label_id] for label_id in label_ids if label_id in now))


def _without(found: Iterable[Suggestion], old: Container[int]) -> tuple[Suggestion, ...]:
    """Suggestions but those of labels that have another meaning than the model learned."""
    return tuple(suggestion for suggestion in found if suggestion.label_id not in old)


def _renamed(found: Iterable[Suggestion], now: Mapping[int, int]) -> tuple[Suggestion, ...]:
    """Suggestions of the labels in use; of two that have become one, the likelier."""
    best: dict[int, Suggestion] = {}
    for suggestion in found:
        if suggestion.label_id in now:
            best.setdefault(now[suggestion.label_id], replace(suggestion, label_id=now[suggestion.label_id]))
    return tuple(best.values())


def decided(store: Store, work: Work, annotator: str) -> dict[int, Review]:
    """What this person has decided in this action, by item."""
    return decided_in(store.standing_reviews([item.id for item in work.items]), work, annotator)


def decided_in(standing: Mapping[int, list[Review]], work: Work, annotator: str) -> dict[int, Review]:
    """The same from the standing judgements of the action's items."""
    return {
        item_id: review
        for item_id, given in standing.items()
        for review in given
        if review.annotator == annotator and review.action_id == work.action.id
    }


def place(work: Work, done: Iterable[int]) -> int | None:
    """The position of the item to show: where the person went, else the first undecided one; None when all are decided."""
    wanted = st.session_state.get("desk_place")
    if st.session_state.get("desk_action") == work.action.id and (position := position_of(work, wanted)) is not None:
        return position
    return next_place(work, done, -1)


def position_of(work: Work, item_id: Any) -> int | None:
    """Where an item stands in the action; None when it is no part of it."""
    return next((k for k, item in enumerate(work.items) if item.id == item_id), None)


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


def in_view(work: Work, item_id: int) -> bool:
    """Whether this item is the one on screen."""
    return bool(st.session_state.get("desk_item") == (work.action.id, item_id))


def look(store: Store, project: Project, work: Work, position: int, found: Present) -> View:
    """Bring an item into view, as it stands by now.

    Ticked at first is what this person decided or has just taken back, else the standing review (somebody else's only where
    it may be shown), else the preselected suggestions; nothing where people differ. Dismissed at first is what was dismissed
    without being offered: somebody said so of their own accord. Merged labels stand as their target, retired ones not at all.
    """
    view = foresee(store, project, work, position, found)
    visit = _visit(work, view.item.id)
    return replace(view, visit=visit, seen=conflict.seen((work.action.id, view.item.id, visit), newest_of_others(view.standing)))


def newest_of_others(standing: Iterable[Review]) -> int:
    """The number of the newest of these reviews by anybody but this person; 0 for none."""
    return max((review.id for review in standing if review.annotator != session.annotator()), default=0)


def foresee(store: Store, project: Project, work: Work, position: int, found: Present) -> View:
    """The same of an item that is not in view yet: its ``visit`` is 0."""
    item = store.item(project.id, work.items[position].id)
    now, who = found.now, session.annotator()
    events = store.reviews(project.id, item.id, undone=True)
    standing = tuple(found.standing.get(item.id, ()))
    before = _before(project, work, item.id, standing)
    usual = [s.label_id for s in work.suggested.get(item.id, ()) if s.preselected and work.action.kind != "resolve"]
    ticked: Sequence[int] = before.assigned if before is not None else usual[:1] if project.single_label else usual
    ticked = _divided(work, item.id, before, ticked, now)
    offered = _offered(work, item.id, now)
    denied = [label for label in translated(before.dismissed, now) if label not in offered] if before is not None else []
    return View(
        item=item, position=position, visit=0, offered=translated([*offered, *ticked, *denied], now),
        ticked=translated(ticked, now), dismissed=tuple(label for label in denied if label not in translated(ticked, now)),
        note=before.note if before and before.annotator == who else "",
        uncertain=bool(before and before.annotator == who and before.uncertain),
        own=max((event.id for event in events if event.annotator == who), default=0),
        seen=conflict.known(item.id, newest_of_others(standing)), standing=standing,
    )  # fmt: skip


def _divided(
    work: Work, item_id: int, before: Review | None, ticked: Sequence[int], now: Mapping[int, int]
) -> Sequence[int]:  # fmt: skip
    """The ticks with what a split has proposed in the place of the label that it divides, and of all that count as it, until
    this work has decided."""
    split = (work.action.shown or {}).get("split")
    proposed = split["items"].get(str(item_id)) if split else None
    if split is None or proposed is None or (before is not None and before.action_id == work.action.id):
        return ticked
    return [*(label for label in ticked if now.get(label) != now.get(split["label"])), proposed]


def _before(project: Project, work: Work, item_id: int, standing: tuple[Review, ...]) -> Review | None:
    """The judgement that an item's ticks start from; None for none of them, as in another reading or a dispute.

    Where others' answers are hidden it is nobody else's.
    """
    who = session.annotator()
    undone = st.session_state.get("desk_undone", {}).get((work.action.id, item_id, who))
    mine = [review for review in standing if review.annotator == who and review.action_id == work.action.id]
    if not mine and undone is not None:
        mine = [undone]
    alone = hides_others(work.action.kind, readings_of(project.settings))
    known = [review for review in reversed(standing) if review.annotator == who or not alone]
    chosen = next(iter(mine or (() if work.action.kind == "resolve" else known)), None)
    return chosen if chosen is not None and chosen.state == "reviewed" else None


def _offered(work: Work, item_id: int, now: Mapping[int, int]) -> tuple[int, ...]:
    """Labels offered on an item: those in question, then the suggested ones, the likeliest first.

    Where nothing is suggested, as before the first rating, the first labels are offered.
    """
    suggested = [s.label_id for s in work.suggested.get(item_id, ())] or sorted(set(now.values()))[:DIGITS]
    return translated([*work.questioned, *suggested], now)


def _visit(work: Work, item_id: int) -> int:
    """Note that an item is on screen, and since when; the number of this visit."""
    if st.session_state.get("desk_item") != (work.action.id, item_id):
        st.session_state["desk_item"] = (work.action.id, item_id)
        st.session_state["desk_visit"] = st.session_state.get("desk_visit", 0) + 1
        st.session_state.setdefault("desk_since", {}).setdefault((work.action.id, item_id), time.monotonic())
    if st.session_state.get("desk_action") != work.action.id:
        st.session_state.pop("desk_place", None)
    st.session_state["desk_action"] = work.action.id
    return int(st.session_state["desk_visit"])


def move(work: Work, position: int) -> None:
    """Show another item of the action, deciding nothing."""
    st.session_state["desk_place"] = work.items[min(max(position, 0), len(work.items) - 1)].id
    st.session_state["desk_action"] = work.action.id
    st.session_state.pop("desk_item", None)


def go_on(project: Project, work: Work, position: int) -> None:
    """After a decision: show the next undecided item, or end the action."""
    store = session.store()
    st.session_state["desk_place"] = None
    st.session_state["desk_action"] = work.action.id
    st.session_state.get("desk_since", {}).pop((work.action.id, work.items[position].id), None)
    st.session_state.pop("desk_item", None)
    done = decided(store, work, session.annotator())
    following = next_place(work, done, position)
    st.session_state["desk_place"] = None if following is None else work.items[following].id
    if following is None:
        store.end_action(project.id, work.action.id, "done", sum(review.seconds or 0.0 for review in done.values()))


def pass_over(work: Work, item_id: int) -> None:
    """Leave a reviewed item as it stands."""
    st.session_state["desk_passed"] = (work.action.id, {**passed(work), item_id: _newest(work)})


@session.callback
def undo(project: Project, work: Work) -> None:
    """Take back the last decision of this action; see :func:`take_back`."""
    if not take_back(project, work):
        session.tell("There is nothing left to undo in this action.", ":material/undo:")


def take_back(project: Project, work: Work) -> bool:
    """Take back the last decision of this action, or the last item left as it was, and show that item; False if there is none."""
    last = next(reversed(passed(work).items()), None)
    if last is not None and last[1] == _newest(work):
        item_id = last[0]
        st.session_state["desk_passed"] = (work.action.id, {k: mark for k, mark in passed(work).items() if k != item_id})
    else:
        review = session.store().undo_review(project.id, session.annotator(), work.action.id)
        if review is None:
            return False
        item_id = review.item_id
        st.session_state.setdefault("desk_undone", {})[(work.action.id, item_id, session.annotator())] = review
        planning.nudge(session.store(), project.id)
    move(work, position_of(work, item_id) or 0)
    return True
