"""Resolve disagreement: items on which annotators differ, one label at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from data.records import Label, Review
from data.store.labels import there
from rating.evidence import Bools
from recommend.candidates import BATCH, SPARE, Candidate
from recommend.pool import Pool
from recommend.second_look import serves, surprising

#: The labels asked about in a plan.
LABELS = 2
#: Of two people who differ one is wrong: the judgement that counts is as likely to be the wrong one.
EVEN = 0.5


#: The periods in which labels were out of use, by label number: (from, until), None while it still is.
Away = Mapping[int, Sequence[tuple[str, str | None]]]


def disputes(
    given: Mapping[int, Sequence[Review]], labels: Iterable[Label], away: Away | None = None
) -> dict[int, tuple[int, ...]]:
    """The labels in use on which these judgements of each item differ, by item number; items without any are left out.

    A label counts where both have judged it: by naming it, or in a full review given when the label existed and was in use.
    ``labels`` are all of the taxonomy; a merged one counts as its target. ``away`` are the periods in which a label was retired.
    """
    every = {label.id: label for label in labels}
    final = {label.id: every[label.merged_into or label.id] for label in every.values()}
    used = [label for label in every.values() if label.retired_at is None and label.merged_into is None]
    found = {item_id: _differing(reviews, final, used, away or {}) for item_id, reviews in given.items()}
    return {item_id: differing for item_id, differing in found.items() if differing}


def _differing(reviews: Sequence[Review], final: Mapping[int, Label], used: Sequence[Label], away: Away) -> tuple[int, ...]:
    given = [review for review in reviews if review.state == "reviewed"]
    yes = [{final[label_id].id for label_id in review.assigned} for review in given]
    by_some = set[int]().union(*yes).difference(set[int].intersection(*yes) if yes else ())
    if not by_some:
        return ()
    return tuple(
        label.id
        for label in used
        if label.id in by_some
        and any(_denies(review, label, final, away) for review, said in zip(given, yes, strict=True) if label.id not in said)
    )


def _denies(review: Review, label: Label, final: Mapping[int, Label], away: Away) -> bool:
    """Whether a review that does not assign a label judges it: by name, or by silence in a full one when it was there."""
    return label.id in {final[label_id].id for label_id in review.dismissed} or (
        not review.partial and there(label, review.at, away)
    )


def resolve(pool: Pool, found: Mapping[int, tuple[int, ...]]) -> Iterator[Candidate]:
    """The items that annotators judge differently and that nobody has looked at again since, label by label."""
    differs = _asked(pool, found)
    worth_each = 2.0 * EVEN * pool.worth.label * surprising(pool)
    totals = np.where(differs, worth_each, 0.0).sum(axis=0)
    for label in np.argsort(-totals, kind="stable")[:LABELS].tolist():
        mine = np.flatnonzero(differs[:, label])
        frame = mine[np.argsort(-worth_each[mine, label], kind="stable")]
        rows, gains = pool.reviewed[frame], worth_each[frame, label]
        most = BATCH * SPARE
        yield Candidate("resolve", serves(pool, label), rows[:most], gains[:most], 0.0, rows, gains, len(rows), label)


def _asked(pool: Pool, found: Mapping[int, tuple[int, ...]]) -> Bools:
    """The judgements (n, L) that annotators dispute and that can be asked about."""
    evidence = pool.result.evidence
    differs = np.zeros(evidence.targets.shape, dtype=bool)
    column = {label_id: k for k, label_id in enumerate(evidence.label_ids)}
    for row in np.flatnonzero(np.isin(evidence.item_ids[pool.reviewed], list(found))).tolist():
        disputed = found[int(evidence.item_ids[pool.reviewed[row]])]
        differs[row, [column[label_id] for label_id in disputed if label_id in column]] = True
    return np.asarray(differs & (pool.free[pool.reviewed] & ~evidence.settled)[:, None])
