"""What each annotator has done: how much, how fast, how often as suggested, and how far it is what others say too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from data.records import DOUBTING, Review, StoredAction
from rating.evidence import Bools, Floats
from rating.records import Estimate

Suggested = Mapping[tuple[int, int], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Work:
    """One person's standing judgements. What is unknown, as the time of imported reviews, is None or an unknown estimate.

    ``items`` were reviewed and ``labels`` assigned to them. ``seconds`` is active time, ``median`` that of one item, both of the
    ``timed`` reviews whose time is known. ``kept`` is the share (0-1) of the suggestions ticked beforehand that this person let
    stand; ``uncertain`` and ``skipped`` are shares (0-1) of what was decided. ``last`` (ISO) is the newest decision.
    """

    person: str
    items: int
    labels: int
    timed: int
    seconds: float | None
    median: float | None
    kept: Estimate
    uncertain: float
    skipped: float
    last: str

    @property
    def per_hour(self) -> float | None:
        """Items reviewed in an hour of active time; None while no time is known."""
        return None if not self.seconds else 3600.0 * self.timed / self.seconds


def work_of(reviews: Sequence[Review], suggested: Suggested) -> tuple[Work, ...]:
    """What each person has done, who did most first; of several judgements of one item the last counts, their times add up.

    ``reviews`` are the standing ones in the order given; ``suggested`` are the labels ticked beforehand, by action and item.
    """
    people: dict[str, list[Review]] = {}
    for review in reviews:
        people.setdefault(review.annotator, []).append(review)
    found = [_work(person, given, suggested) for person, given in people.items()]
    return tuple(sorted(found, key=lambda work: (-work.items, work.person)))


def _work(person: str, given: Sequence[Review], suggested: Suggested) -> Work:
    final = list({review.item_id: review for review in given}.values())
    reviewed = [review for review in final if review.state == "reviewed"]
    seconds = [review.seconds for review in given if review.seconds and review.state == "reviewed"]
    return Work(
        person=person,
        items=len(reviewed),
        labels=sum(len(review.assigned) for review in reviewed),
        timed=len(seconds),
        seconds=sum(seconds) if seconds else None,
        median=float(np.median(seconds)) if seconds else None,
        kept=_kept(reviewed, suggested),
        uncertain=sum(review.uncertain for review in final) / len(final),
        skipped=(len(final) - len(reviewed)) / len(final),
        last=max(review.at for review in given),
    )


def _kept(reviewed: Sequence[Review], suggested: Suggested) -> Estimate:
    """The share of the suggestions let stand, of the items that were shown one by one with them.

    A second look starts from the review's own labels, a list from no ticked label, and a judgement given again from itself.
    """
    offered = kept = 0
    for review in reviewed:
        if review.source in DOUBTING or review.view in ("bulk", "history"):
            continue
        ticked = suggested.get((review.action_id or 0, review.item_id), frozenset())
        offered += len(ticked)
        kept += len(ticked.intersection(review.assigned))
    return share(kept, offered, "Nothing was ticked beforehand where this person decided.")


def ticked_beforehand(actions: Sequence[StoredAction]) -> dict[tuple[int, int], frozenset[int]]:
    """The labels that were ticked beforehand, by action and item; of actions that kept what they showed."""
    return {
        (action.id, int(item_id)): frozenset(int(label) for label, _, ticked in given if ticked)
        for action in actions
        for item_id, given in (action.shown or {}).get("items", {}).items()
    }


def with_others(judged: Floats) -> tuple[Estimate, ...]:
    """Of the labels that a person or another one assigned to an item both judged, the share (0-1) that both assigned.

    For each annotator of ``judged`` (n, A, L): 1 assigned, 0 judged otherwise, nan missing. What nobody assigns says nothing: of
    rare labels two people agree nearly always, whatever they do.
    """
    known: Bools = ~np.isnan(judged)
    assigned = known & (judged == 1.0)
    found = []
    for person in range(judged.shape[1]):
        mine = assigned[:, [person]]
        both_judged = known & known[:, [person]]
        both_judged[:, person] = False
        both = int((both_judged & assigned & mine).sum())
        either = int((both_judged & (assigned | mine)).sum())
        found.append(share(both, either, "No label was assigned to an item that somebody else has judged too."))
    return tuple(found)


def share(count: int, total: int, reason: str) -> Estimate:
    """A share with the 90 % interval of its Jeffreys posterior, which holds the share itself; unknown of nothing, and why."""
    if not total:
        return Estimate(None, reason=reason)
    low, high = (float(beta.ppf(q, count + 0.5, total - count + 0.5)) for q in (0.05, 0.95))
    return Estimate(count / total, min(low, count / total), max(high, count / total))
