"""What an item is worth: rating points that reviewing it is expected to bring.

phi = novelty x sum over labels of (worth of one more positive) x p x (-log p): a positive teaches as much as it surprises,
and one like those already reviewed teaches little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from rating.evidence import Features, Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.precision import label_slope
from rating.rate import Result


@dataclass(frozen=True)
class Worth:
    """Rating points per informative positive of each label, (L,), and per unit of Coverage and Balance.

    ``share`` (L,) are rating points per unit of a label's average precision ``ap``; ``slope`` how fast its logit rises with
    the log of its ``positives``.
    """

    label: Floats
    share: Floats
    ap: Floats
    slope: Floats
    positives: Ints
    coverage: float
    balance: float
    rating: float


def worth(result: Result, config: RatingConfig) -> Worth:
    """The gradient of the rating: R w_k / f_k for each factor, passed on to labels through their learning curves."""
    assert result.assessment is not None
    rating, assessment = result.rating, result.assessment
    total, score = sum(config.weights.values()), rating.score.value or 0.0
    pull = {f.key: score * config.weights[f.key] / total / max((f.score.value or 0.0) / 100.0, 0.05) for f in rating.factors}
    seen = assessment.positives > 0
    ap = np.where(seen, np.nan_to_num(assessment.ap), 0.0)
    slope, positives = label_slope(assessment.positives), assessment.positives
    worst = np.array([label.worst or 0.0 for label in rating.labels])
    count = max(int(seen.sum()), 1)
    share = pull["all_labels"] / count + pull["underperforming"] * worst / worst_count(count)
    rise = ap * (1.0 - ap) * slope / (positives + 0.25)
    return Worth(rise * share, share, ap, slope, positives, pull["coverage"], pull["balance"], score)


def points(price: Worth, informative: Floats) -> float:
    """Rating points of so many more informative positives of each label, (L,), along their learning curves.

    Each next one brings less: logit AP rises by slope x log((n + k) / n), and AP never passes 1.
    """
    ap = np.clip(price.ap, 1e-3, 1 - 1e-3)
    then = expit(logit(ap) + price.slope * np.log1p(informative / (price.positives + 0.25)))
    return float((price.share * np.where(price.label > 0, then - ap, 0.0)).sum())


def surprise(probability: Floats) -> Floats:
    """p x (-log p): the expected surprise, in nats, of finding that a label applies.

    >>> surprise(np.array([0.0, 1.0])).tolist()
    [0.0, 0.0]
    """
    p = np.clip(probability, 1e-9, 1.0)
    return np.where(probability > 0, -p * np.log(p), 0.0) + 0.0


def closeness(unit: Features, others: Features) -> Floats:
    """The highest cosine (m,) of each item to any of the others, rows of length 1; 0 when there are none."""
    if len(others) == 0:
        return np.zeros(len(unit))
    return np.asarray((unit @ others.T).max(axis=1), dtype=np.float64)


def pick_diverse(value: Floats, unit: Features, near: Floats, count: int) -> tuple[Ints, Floats]:
    """Choose greedily by value x novelty, each choice making those like it less novel.

    ``unit`` (m, d) are rows of length 1; ``value`` (m,); ``near`` (m,) the highest cosine to what is known already.
    Returns positions, best first, and what each was worth when it was chosen.
    """
    near = near.copy()
    chosen, gains = [], []
    open_ = np.ones(len(value), dtype=bool)
    for _ in range(min(count, len(value))):
        score = np.where(open_, value * np.clip(1.0 - near, 0.0, 1.0), -1.0)
        best = int(score.argmax())
        chosen.append(best)
        gains.append(max(float(score[best]), 0.0))
        open_[best] = False
        near = np.maximum(near, unit @ unit[best])
    return np.array(chosen, dtype=np.int64), np.array(gains)


def chain(unit: Features) -> Ints:
    """An order of m items, rows of length 1, in which neighbours resemble each other: nearest neighbour by nearest neighbour."""
    likeness = unit @ unit.T
    order, left = [0], set(range(1, len(unit)))
    while left:
        here = likeness[order[-1]]
        order.append(max(left, key=lambda j: (here[j], -j)))
        left.remove(order[-1])
    return np.array(order[: len(unit)], dtype=np.int64)
