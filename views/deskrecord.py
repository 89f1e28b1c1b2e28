"""Writing a decision of the desk down, wherever it comes from: nothing here asks what a page remembers."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.errors import InvalidInput
from data.records import Project, Review, ReviewDraft
from data.store import Store
from views import desk
from views.desk import Work

#: No single judgement is taken to have cost more active seconds than this.
MOST_SECONDS = 1800.0
LONGEST_NOTE = 2000
#: So many numbers of events are remembered, to know one that comes again.
REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement as the browser sends it. ``own`` and ``seen`` are those of the :class:`views.desk.View` that it was given on.

    ``seconds`` is active time, None when unknown; ``again`` says that it was sent before and not answered.
    """

    item_id: int
    assigned: tuple[int, ...]
    dismissed: tuple[int, ...]
    seconds: float | None
    note: str
    uncertain: bool
    own: int
    seen: int | None
    again: bool


def decision_of(event: Mapping[Any, Any]) -> Decision:
    """Read an event that decides an item; InvalidInput when it is none."""
    try:
        return Decision(
            item_id=_number(event["item"]), assigned=_ids(event.get("assigned")), dismissed=_ids(event.get("dismissed")),
            seconds=seconds_of(event.get("seconds")), note=_words(event.get("note"))[:LONGEST_NOTE],
            uncertain=event.get("uncertain") is True, own=_number(event.get("own") or 0),
            seen=None if event.get("seen") is None else _number(event["seen"]), again=event.get("again") is True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput("This decision arrived damaged and was not saved. Reload the page and decide again.") from error


def _number(found: Any) -> int:
    """A whole number that the store can keep; ValueError for a longer one."""
    number = int(found)
    if not -(2**63) <= number < 2**63:
        raise ValueError("A number of an item, a label or a review has at most 63 bits.")
    return number


def _words(found: Any) -> str:
    """Text in one line; half a character, as odd programs send it, stands as a question mark."""
    return " ".join(str(found or "").split()).encode("utf-8", "replace").decode("utf-8")


def _ids(found: Any) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_number(label_id) for label_id in found or ()))


def seconds_of(told: Any) -> float | None:
    """Active seconds as the browser counted them, at least 0; None when it tells no number.

    >>> seconds_of(2.5), seconds_of(-1), seconds_of(float("nan")), seconds_of("soon")
    (2.5, 0.0, None, None)
    """
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        return None
    return max(float(told), 0.0)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Sitting:
    """Somebody at a desk: whose it is, and what a page of theirs shows.

    ``item_id`` is the item in view, and ``following`` the one that comes after a decision on it, None for none. ``since`` says
    by action and item when it came into view, as :func:`time.monotonic` does, and ``kept`` holds the numbers of events whose
    decision is written already; both are those of the page itself.
    """

    store: Store
    project: Project
    work: Work
    annotator: str
    item_id: int
    following: int | None
    since: dict[tuple[int, int], float]
    kept: deque[str]


def place_of(work: Work, decision: Decision) -> int:
    """Where the item of a decision stands in the action; InvalidInput when it is no part of it."""
    position = desk.position_of(work, decision.item_id)
    if position is None:
        raise InvalidInput("This item is no longer part of the action, so the decision was not saved. Go on with the next one.")
    return position


def record(sitting: Sitting, decision: Decision, *, skipped: bool = False, late: bool = False) -> bool:
    """Keep a decision, on disk when this returns; False for a skip that leaves a judgement as it stands: nothing is written.

    InvalidInput when its item or a label is no part of the work any more, and what the store refuses. One that may come
    ``late`` it refuses as Superseded when its person has dealt with the item since.
    """
    store, project, work = sitting.store, sitting.project, sitting.work
    position = place_of(work, decision)
    standing = store.standing_reviews([decision.item_id]).get(decision.item_id, [])
    draft = {**_draft(sitting, position, decision), "own": decision.own if late else None}
    if skipped:
        judged = [review.annotator for review in standing if review.state == "reviewed"]
        if sitting.annotator in judged or (judged and work.doubts):
            return False
        # beside what others have said it hides nothing, whatever they said meanwhile
        store.record_review(project.id, ReviewDraft(**{**draft, "assigned": (), "state": "skipped", "seen": None}))
        return True
    now = desk.serving(store.labels(project.id, retired=True))
    said = _pair(project, work, decision, standing, now) if work.action.kind == "merge" else _labels(work, decision, now)
    store.record_review(project.id, ReviewDraft(**{**draft, **said}))
    return True


def _labels(work: Work, decision: Decision, now: Mapping[int, int]) -> dict[str, Any]:
    """The labels of a decision as they count by now."""
    if any(label_id not in now for label_id in decision.assigned):  # rather refuse it than leave out a part of it
        raise InvalidInput("A label of this decision has gone out of use meanwhile. Look at the labels and confirm again.")
    assigned = desk.translated(decision.assigned, now)
    suggested = {s.label_id for s in work.suggested.get(decision.item_id, ())}
    return {
        "assigned": assigned,
        "dismissed": tuple(label for label in desk.translated(decision.dismissed, now) if label not in assigned),
        "confirmed": tuple(label for label in assigned if label in suggested),
    }


def _pair(
    project: Project, work: Work, decision: Decision, standing: list[Review], now: Mapping[int, int]
) -> dict[str, Any]:  # fmt: skip
    """Which of the two labels in question apply; what was said of other labels stands."""
    pair = set(work.action.label_ids)
    chosen = tuple(label for label in desk.translated(decision.assigned, now) if label in pair)
    given = [review for review in standing if review.state == "reviewed"]
    before = given[-1] if given else None
    kept = () if before is None or (project.single_label and chosen) else desk.translated(before.assigned, now)
    assigned = (*(label for label in kept if label not in pair), *chosen)
    dismissed = [*(desk.translated(before.dismissed, now) if before else ()), *work.action.label_ids]
    return {
        "assigned": assigned, "partial": before is None or before.partial,
        "dismissed": tuple(label for label in dict.fromkeys(dismissed) if label not in assigned),
    }  # fmt: skip


def _draft(sitting: Sitting, position: int, decision: Decision) -> dict[str, Any]:
    work, action = sitting.work, sitting.work.action
    return {
        "item_id": decision.item_id, "annotator": sitting.annotator, "seconds": _seconds(sitting, decision),
        "source": action.kind, "action_id": action.id, "list_rank": position + 1, "list_size": len(work.items),
        "candidates": action.candidates, "chance": action.chances[position], "model_version": action.model_version or None,
        "note": decision.note, "uncertain": decision.uncertain, "view": "desk", "seen": decision.seen,
    }  # fmt: skip


def _seconds(sitting: Sitting, decision: Decision) -> float | None:
    """Active seconds: never more than have passed since the item was shown, as far as this session knows."""
    if decision.seconds is None:
        return None
    since = sitting.since.get((sitting.work.action.id, decision.item_id))
    most = MOST_SECONDS if since is None else min(max(time.monotonic() - since, 0.0), MOST_SECONDS)
    return min(decision.seconds, most)
