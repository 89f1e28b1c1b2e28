"""Merge or separate: two labels that are taken for each other, with the items that confuse them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from rating.doubt import Doubt
from rating.evidence import Floats, Ints
from rating.precision import soft_average_precision
from rating.reasons import rivals
from recommend.candidates import BATCH, FRAME, SPARE, Candidate
from recommend.pool import Pool
from recommend.second_look import righting
from recommend.value import instruction

#: Pairs asked about in a plan, and the share of its threshold from which a label may apply to an item.
PAIRS, CONTESTED = 2, 0.5
#: From this share of its false alarms on, a label is confused with another one that is not taken for it in turn.
ONE_SIDED = 0.5


@dataclass(frozen=True)
class Pair:
    """Two labels by their position, the one with more examples first.

    ``share`` is that of the false alarms of one that carry the other, the higher one of the two; ``alike`` the chance that both
    mean the same: the product of both shares, 0 where only one is taken for the other.
    """

    first: int
    second: int
    share: float
    alike: float


def confused_pairs(pool: Pool, apart: Collection[frozenset[int]] = ()) -> list[Pair]:
    """The pairs of labels of which one is often taken for the other, the likeliest to mean the same first.

    ``apart`` are pairs, as label ids, that are known to be two concepts. A label and one nested below it are no pair.
    """
    evidence, assessment = pool.result.evidence, pool.result.assessment
    assert assessment is not None
    rival, share = rivals(evidence, assessment, pool.thresholds)
    found = {frozenset((k, int(other))) for k, other in enumerate(rival) if other >= 0}
    ids, names = evidence.label_ids, evidence.label_names
    pairs = []
    for members in found:
        first, second = sorted(members, key=lambda k: (-pool.worth.positives[k], k))
        nested = any(names[a].startswith(f"{names[b]} >") for a, b in ((first, second), (second, first)))
        if nested or frozenset((ids[first], ids[second])) in apart:
            continue
        mutual = share[first] * share[second] if rival[first] == second and rival[second] == first else 0.0
        highest = max(float(share[a]) for a, b in ((first, second), (second, first)) if rival[a] == b)
        if mutual > 0.0 or highest >= ONE_SIDED:
            pairs.append(Pair(first, second, highest, float(mutual)))
    return sorted(pairs, key=lambda pair: (-pair.alike, -pair.share, pair.first, pair.second))


def merge(pool: Pool, doubted: Doubt, apart: Collection[frozenset[int]]) -> Iterator[Candidate]:
    """The pairs most likely to mean the same, each with the items that both labels claim, reviewed or not."""
    gains = righting(pool, doubted)
    for pair in confused_pairs(pool, apart)[:PAIRS]:
        frame, worth = confusing(pool, pair, gains)
        if len(frame):
            bonus = pair.alike * merged_gain(pool, pair)
            most = BATCH * SPARE
            yield Candidate(
                "merge", "underperforming", frame[:most], worth[:most], bonus, frame, worth, len(frame), pair.first,
                other=pair.second,
            )  # fmt: skip


def confusing(pool: Pool, pair: Pair, gains: Floats) -> tuple[Ints, Floats]:
    """The items that both labels claim, most valuable first, and what each is worth in rating points."""
    both, evidence = [pair.first, pair.second], pool.result.evidence
    claim = (pool.probability[:, both] / np.maximum(pool.thresholds[both], 1e-6)).min(axis=1)
    judged = evidence.targets[:, both]
    asked = np.flatnonzero((judged.sum(axis=1) == 1.0) & ~evidence.settled & pool.free[pool.reviewed])
    asked = asked[claim[pool.reviewed[asked]] >= CONTESTED]
    asked = asked[np.argsort(-claim[pool.reviewed[asked]], kind="stable")[: FRAME // 2]]
    fresh = pool.rows[claim[pool.rows] >= CONTESTED]
    fresh = fresh[np.argsort(-claim[fresh], kind="stable")[: FRAME // 2]]
    taught = instruction(pool.probability[np.ix_(fresh, both)]) @ pool.worth.label[both] * (1.0 - pool.near_reviewed(fresh))
    rows = np.concatenate([pool.reviewed[asked], fresh])
    worth = np.concatenate([gains[np.ix_(asked, both)].sum(axis=1), np.maximum(taught, 0.0)])
    order = np.lexsort((-claim[rows], -worth))
    return rows[order], worth[order]


def merged_gain(pool: Pool, pair: Pair) -> float:
    """Rating points that merging brings if the two mean the same: both labels then know what the union knows; never below 0."""
    assert pool.result.assessment is not None
    soft, p = pool.result.assessment.soft, pool.probability
    either = [1.0 - (1.0 - table[:, pair.first]) * (1.0 - table[:, pair.second]) for table in (p, soft)]
    order = np.argsort(-either[0], kind="stable")
    together = float(soft_average_precision(either[1][order][:, None])[0])
    both = [pair.first, pair.second]
    return float((pool.worth.share[both] * np.maximum(together - pool.worth.ap[both], 0.0)).sum())
