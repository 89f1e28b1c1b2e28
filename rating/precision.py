"""Average precision on the whole population, from soft labels: true ones where reviewed, calibrated ones elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri

from rating.evidence import Bools, Floats, Ints

#: Variance of an estimated logit average precision: OWN / (positives + 1/2) + MODEL, and how the labels' errors correlate.
OWN, MODEL, TOGETHER = 5.0, 0.15, 0.02
#: The same for the true value around the estimate, which shares the estimate's noise; for a lone example; and what all of the
#: weakest labels have in common.
TRUE, LONE, WEAKEST = 1.7, 1.6, 0.5
#: A held-out positive is scored by a model with one positive fewer: this share of that loss shows in the estimate.
LEFT_OUT = 0.25
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


@dataclass(frozen=True)
class Ranking:
    """Items ranked by scores (N, L), best first: their ``order`` (N, L), and for each label where runs of one score ``starts``.

    Items that a model cannot tell apart stand in any order, so each is as relevant as they are on average.

    >>> ranking = Ranking.by(np.array([[0.5], [0.5], [0.9]]))
    >>> ranking.put(np.array([[1.0], [0.0], [1.0]])).ravel().tolist()
    [1.0, 0.5, 0.5]
    """

    order: Ints
    starts: tuple[Ints, ...]

    @classmethod
    def by(cls, scores: Floats) -> Ranking:
        """Rank items by scores (N, L), higher is better."""
        order = np.argsort(-scores, axis=0, kind="stable")
        ordered = np.take_along_axis(scores, order, axis=0)
        return cls(order, tuple(np.flatnonzero(np.diff(column, prepend=np.inf)) for column in ordered.T))

    def put(self, relevance: Floats) -> Floats:
        """The relevance (N, L) of the items in their order, best first, shared among those of one score."""
        ranked = np.take_along_axis(relevance, self.order, axis=0)
        for label, starts in enumerate(self.starts):
            if len(starts) < len(ranked):
                sizes = np.diff(starts, append=len(ranked))
                ranked[:, label] = np.repeat(np.add.reduceat(ranked[:, label], starts) / sizes, sizes)
        return ranked


def influence(relevance: Floats) -> Floats:
    """How much the expected average precision of rankings (m, L) rises per unit of relevance at each place, (m, L).

    The derivative of ``soft_average_precision``: an item adds its own precision and lifts those below it, less the mean.
    """
    before = np.cumsum(relevance, axis=0) - relevance
    rank = np.arange(1, len(relevance) + 1)[:, None]
    total = np.maximum(relevance.sum(axis=0), 1e-9)
    share = relevance / rank
    below = share.sum(axis=0) - np.cumsum(share, axis=0)
    mean = (share * (1.0 + before)).sum(axis=0) / total
    return np.asarray(((1.0 + before) / rank + below - mean) / total)


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


def label_slope(positives: Floats | Ints) -> Floats:
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


def without_leaving_out(ap: Floats, positives: Ints) -> Floats:
    """Average precision (L,) of held-out scores as it is with all positives, of which a held-out one's model lacks one.

    The label curve says what one positive more brings; nan and labels with fewer than two positives stay as they are.
    """
    n = np.maximum(positives, 2)
    rise = LEFT_OUT * label_slope(n) * np.log(n / (n - 1.0))
    better = expit(logit(np.clip(ap, _EDGE, 1 - _EDGE)) + rise)
    return np.where((positives >= 2) & np.isfinite(ap), better, ap)


@dataclass(frozen=True)
class Noise:
    """Draws of what is not known, standard normal: ``own`` (draws, L) of each label and ``common`` (draws,) to all."""

    own: Floats
    common: Floats

    def of(self, labels: Bools) -> Noise:
        """The same draws for some of the labels."""
        return Noise(self.own[:, labels], self.common)


def draw_noise(draws: int, labels: int, rng: np.random.Generator) -> Noise:
    """Joint draws for all labels, a Latin hypercube: each label's are the normal quantiles in an order of their own."""
    quantiles = ndtri((np.arange(draws) + 0.5) / draws)
    order = rng.permuted(np.tile(np.arange(draws), (labels + 1, 1)), axis=1)
    return Noise(quantiles[order[:-1].T], quantiles[order[-1]])


def logit_deviation(positives: Ints) -> Floats:
    """Standard deviation of the estimate of logit average precision, (L,)."""
    return np.asarray(np.sqrt(OWN / (positives + 0.5) + MODEL))


def share_draws(share: Floats, positives: Ints, noise: Noise) -> Floats:
    """Plausible values (draws, L) of estimated shares (L,), average precisions say, centred on the estimate."""
    z = np.sqrt(1.0 - TOGETHER) * noise.own + np.sqrt(TOGETHER) * noise.common[:, None]
    drawn = expit(logit(np.clip(share, _EDGE, 1 - _EDGE)) + logit_deviation(positives) * z)
    return np.asarray(np.clip(drawn - drawn.mean(axis=0) + share, 0.0, 1.0))


def true_draws(ap: Floats, positives: Floats | Ints, noise: Noise) -> Floats:
    """Where the true average precisions (draws, L) may lie around their estimates (L,), not centred.

    The estimate of a measured label is itself noisy, so truth scatters less around it than it around the truth; a lone
    example's label has no estimate of its own, so its truth scatters as labels do. Expected positives need not be whole.
    """
    n = np.maximum(positives, 1.0)
    deviation = np.maximum(np.sqrt(TRUE / (n + 0.5) + MODEL), LONE * (2.0 - n))
    return np.asarray(expit(logit(np.clip(ap, _EDGE, 1 - _EDGE)) + deviation * noise.own))


def lowest_mean(values: Floats, count: int) -> Floats:
    """Mean of the ``count`` lowest of each row, (draws,)."""
    return np.asarray(np.sort(values, axis=-1)[..., :count].mean(axis=-1))


def shifted(values: Floats, logits: Floats) -> Floats:
    """Shares (draws,) moved by as many logits each."""
    return np.asarray(expit(logit(np.clip(values, _EDGE, 1 - _EDGE)) + logits))


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
