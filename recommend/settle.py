"""Holding a stored project's actions to their promises: what each has brought, and what that says of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.records import DOUBTING, Review, Snapshot, StoredAction
from data.store import Store
from rating.evidence import Floats
from rating.service import Rated
from recommend.efficacy import Done, Efficacy, efficacy
from recommend.promise import Promise, from_document, settled
from recommend.rest import TEACHING, Trial, resting

#: By how much the points that answers are worth may be off, as a share of the greater of them and of those promised.
DOUBT = 0.5


def settle_gains(store: Store, project_id: int, rated: Rated) -> None:
    """Credit each action done since the last settlement with what its answers were worth and the rating's rise bears out.

    Nothing is settled while something was written after the rating, which would then lack it.
    """
    done = store.actions(project_id, "done")
    waiting = [a for a in done if a.realised_gain is None and a.rating_before is not None]
    score = rated.result.rating.score
    if score.value is None or not waiting or store.revision(project_id) != rated.result.rating.revision:
        return
    rise = score.value - rating_at(store.snapshots(project_id), waiting, [a for a in done if a.realised_gain is not None])
    reviews, now = store.reviews(project_id), _counts_as(store, project_id)
    worth = [brought(action, reviews, now) for action in waiting]
    spread = [doubt_of(value, action.predicted_gain) for value, action in zip(worth, waiting, strict=True)]
    deviation = ((score.high or score.value) - (score.low or score.value)) / 3.29
    for action, gain in zip(waiting, settled(worth, spread, rise, deviation), strict=True):
        store.record_gain(project_id, action.id, gain)


def doubt_of(brought: float | None, predicted: float | None) -> float:
    """By how many points (a standard deviation) what answers were worth may be off."""
    return DOUBT * max(brought or 0.0, predicted or 0.0)


def rating_at(snapshots: Sequence[Snapshot], waiting: Sequence[StoredAction], settled: Sequence[StoredAction]) -> float:
    """The rating that waiting actions rise from: the one they were offered at, or a later one that settled others."""
    offered = min(action.created_at for action in waiting)
    last = max((action.done_at or "" for action in settled), default="")
    after = [s for s in snapshots if s.value is not None and last and s.created_at >= last]
    since = max(offered, after[0].created_at) if after else offered
    before = [s.value for s in snapshots if s.value is not None and s.created_at <= since]
    return before[-1] if before else min(action.rating_before or 0.0 for action in waiting)


def learned(store: Store, project_id: int) -> Efficacy:
    """What the project's actions say of how well each kind keeps its promises."""
    done = sorted(store.actions(project_id, "done"), key=lambda action: (action.done_at or "", action.id))
    return efficacy([_done(a, a.realised_gain) for a in done if a.predicted_gain is not None and a.realised_gain is not None])


def labels_at_rest(store: Store, project_id: int, rated: Rated) -> frozenset[int]:
    """The labels that three actions or more have found examples of and not moved; see :func:`recommend.rest.resting`."""
    assessment, ids = rated.result.assessment, rated.result.evidence.label_ids
    if assessment is None:
        return frozenset()
    now = _counts_as(store, project_id)
    found = {(review.action_id, now.get(label, label)) for review in store.reviews(project_id) for label in review.assigned}
    taught = [a for a in store.actions(project_id, "done") if a.kind in TEACHING and (a.id, *a.label_ids[:1]) in found]
    trials = [_trial(action) for action in taught]
    seen = {ids[k]: (float(assessment.ap[k]), float(n)) for k, n in enumerate(assessment.positives) if n > 0}
    return resting([trial for trial in trials if trial is not None], seen)


def resting_line(rated: Rated, rests: frozenset[int]) -> str:
    """Which labels rest, why and what would end it, in words; empty when none does."""
    evidence = rated.result.evidence
    names = [name for label, name in zip(evidence.label_ids, evidence.label_names, strict=True) if label in rests]
    if not names:
        return ""
    return (
        f"At rest: {', '.join(names)}. Three actions or more have found examples and the model is no better at it. Look through "
        "the label's reviews and its description; it is asked for again once it rises."
    )


def _trial(action: StoredAction) -> Trial | None:
    """What the label of an action was like when it was planned; None where no promise says so."""
    promise, label = action.promise or {}, action.label_ids[0] if action.label_ids else None
    if label is None or label not in promise.get("label_ids", ()):
        return None
    place = promise["label_ids"].index(label)
    return Trial(label, promise["ap"][place], promise["positives"][place])


def _done(action: StoredAction, realised: float) -> Done:
    """The action with what it promised before anything learned; of earlier ones only the gain as shown is known."""
    if action.promise is None:
        return Done(action.kind, action.predicted_gain or 0.0, action.predicted_gain or 0.0, realised)
    made = from_document(action.promise)
    return Done(action.kind, made.expected, made.spread, realised)


def brought(action: StoredAction, reviews: Sequence[Review], now: Mapping[int, int]) -> float | None:
    """Rating points by the answers alone; None where nothing was promised by which they could count."""
    if action.promise is None:
        return None
    made = from_document(action.promise)
    given = float(made.brought(answers(action, made, reviews, now)))
    return given - made.rest * (1.0 - _decided(action, reviews, now))


def _decided(action: StoredAction, reviews: Sequence[Review], now: Mapping[int, int]) -> float:
    """The share (0-1) of what is promised whatever the answers that an action has earned.

    A merge earns it by merging its labels, any other action by the share of its items that were reviewed in it.
    """
    if action.kind == "merge":
        return float(len({now.get(label, label) for label in action.label_ids}) == 1)
    reviewed = {review.item_id for review in reviews if review.action_id == action.id and review.state == "reviewed"}
    return len(reviewed.intersection(action.item_ids)) / max(len(action.item_ids), 1)


def answers(action: StoredAction, made: Promise, reviews: Sequence[Review], now: Mapping[int, int]) -> Floats:
    """What the reviews given in an action have found, (m, L): 1 where an item carries a label of the promise.

    A second look finds a label where it gives another answer than the review before. ``reviews`` are in the order given;
    ``now`` says which label each one counts as. Items that were skipped have found nothing.
    """
    found = np.zeros((len(action.item_ids), len(made.label_ids)))
    row = {item_id: k for k, item_id in enumerate(action.item_ids)}
    before: dict[int, set[int]] = {}
    for review in reviews:
        place = row.get(review.item_id)
        assigned = {now.get(label, label) for label in review.assigned}
        if place is None:
            continue
        if review.action_id != action.id:
            before[review.item_id] = assigned
        elif review.state == "reviewed":
            judged = assigned ^ before.get(review.item_id, set()) if action.kind in DOUBTING else assigned
            found[place] = [now.get(label, label) in judged for label in made.label_ids]
    return found


def _counts_as(store: Store, project_id: int) -> dict[int, int]:
    """Which label each merged one counts as."""
    return {label.id: label.merged_into or label.id for label in store.labels(project_id, retired=True)}
