"""Average precision on the whole population, from soft labels: true ones where reviewed, calibrated ones elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from rating.evidence import Bools, Floats, Ints

#: Variance of an estimated logit average precision is INTERVAL / (positives + 1); measured, see the README.
INTERVAL = 10.0
MAX_DEVIATION = 0.28
#: Standard deviation, in logits, of the error common to all labels when all reviews are random, and when none is; measured.
COMMON_RANDOM, COMMON_CHOSEN = 0.12, 0.27
#: d logit AP / d log positives at these numbers of positives: a regularity measured on several data sets.
SLOPE_AT = (1.0, 3.0, 9.0, 25.0, 65.0, 200.0)
SLOPES = (0.80, 0.78, 0.68, 0.50, 0.42, 0.08)
_EDGE = 1e-3


def soft_average_precision(relevance: Floats) -> Floats:
    """Expected average precision of rankings (m, L), best first, whose entries are probabilities of relevance.

    Given that the item at rank k is relevant, the expected number of relevant items down to it is one, itself, plus
    the sum of those before. Equals average precision when the entries are 0 or 1; nan where nothing can be relevant.

    >>> soft_average_precision(np.array([[1.0], [0.0], [1.0]])).round(4).tolist()
    [0.8333]
    """
    before = np.cumsum(relevance, axis=0) - relevance
    rank = np.arange(1, len(relevance) + 1)[:, None]
    total = relevance.sum(axis=0)
    gained = (relevance * (1.0 + before) / rank).sum(axis=0)
    return np.where(total > 1e-9, gained / np.maximum(total, 1e-9), np.nan)


def ranks_among(scores: Floats, pool: Floats) -> Floats:
    """Mid-ranks of scores (m,) among a pool's scores (N,), between 0 (above all) and 1 (below all)."""
    ordered = np.sort(pool)
    below_or_equal = np.searchsorted(ordered, scores, side="right")
    below = np.searchsorted(ordered, scores, side="left")
    above = len(pool) - (below + below_or_equal) / 2.0
    return np.asarray((above + 0.5) / (len(pool) + 1.0))


def own_ranks(scores: Floats) -> Floats:
    """The rank of each of N scores among them all, (N,), ties sharing their middle."""
    return ranks_among(scores, scores)


def label_slope(positives: Ints) -> Floats:
    """How fast logit average precision rises with the log of the positives, (L,), between .08 and .8."""
    return np.asarray(np.interp(np.log(np.maximum(positives, 1)), np.log(SLOPE_AT), SLOPES))


def label_curve(ap: Floats, positives: Ints, usable: Bools) -> Floats:
    """What average precision labels with this many positives tend to have, (L,), for those that cannot be measured.

    logit AP = alpha + beta (log(n + .25) - 2), by weighted least squares with alpha ~ N(-.5, 3^2), beta ~ N(.5, .35^2).
    """
    x = np.log(positives + 0.25) - 2.0
    chosen = np.flatnonzero(usable & np.isfinite(ap))
    y = logit(np.clip(ap[chosen], _EDGE, 1 - _EDGE))
    w = 1.0 / (0.5 + 1.5 / (positives[chosen] + 1.0))
    design = np.column_stack([np.ones(len(chosen)), x[chosen]])
    precision, centre = np.array([1.0 / 9.0, 1.0 / 0.35**2]), np.array([-0.5, 0.5])
    matrix = (design * w[:, None]).T @ design + np.diag(precision)
    alpha, beta = np.linalg.solve(matrix, (design * w[:, None]).T @ y + precision * centre)
    return np.asarray(expit(alpha + beta * x))


@dataclass(frozen=True)
class Noise:
    """Draws of what is not known: ``own`` (draws, L), standard normal, of each label, and ``common`` (draws,) to all.

    The common part, in logits, stands for what calibration cannot know of items that were never shown by chance.
    """

    own: Floats
    common: Floats

    def of(self, labels: Bools) -> Noise:
        """The same draws for some of the labels."""
        return Noise(self.own[:, labels], self.common)


def draw_noise(draws: int, labels: int, random_share: float, rng: np.random.Generator) -> Noise:
    """Joint draws for all labels; the fewer of the reviews are random, the wider the common part."""
    deviation = COMMON_CHOSEN + (COMMON_RANDOM - COMMON_CHOSEN) * random_share
    return Noise(rng.standard_normal((draws, labels)), deviation * rng.standard_normal(draws))


def logit_deviation(ap: Floats, positives: Ints) -> Floats:
    """Standard deviation of the estimate of logit average precision, (L,), so capped that AP itself varies by .28."""
    a = np.clip(ap, _EDGE, 1 - _EDGE)
    return np.asarray(np.minimum(np.sqrt(INTERVAL / (positives + 1.0)), MAX_DEVIATION / (a * (1 - a))))


def share_draws(share: Floats, positives: Ints, noise: Noise) -> Floats:
    """Plausible values (draws, L) of estimated shares (L,), average precisions say, centred on the estimate."""
    a = np.clip(share, _EDGE, 1 - _EDGE)
    drawn = expit(logit(a) + logit_deviation(share, positives) * noise.own + noise.common[:, None])
    return np.asarray(np.clip(drawn - drawn.mean(axis=0) + share, 0.0, 1.0))


def best_thresholds(probability: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """For each label the threshold with the highest expected F1 on the population, and precision, recall, F1 there.

    ``probability`` (N, L) are calibrated. Expected F1 of predicting the k likeliest is 2 sum_k p / (k + sum p).
    """
    ordered = -np.sort(-probability, axis=0)
    hits = np.cumsum(ordered, axis=0)
    k, total = np.arange(1, len(ordered) + 1)[:, None], np.maximum(ordered.sum(axis=0), 1e-9)
    f1 = 2.0 * hits / (k + total)
    best = f1.argmax(axis=0)
    columns = np.arange(probability.shape[1])
    found = hits[best, columns]
    return ordered[best, columns], found / (best + 1), found / total, f1[best, columns]
