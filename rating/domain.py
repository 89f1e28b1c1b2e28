"""Domain classifier: can a model tell reviewed items from unreviewed ones? If it cannot, the reviewed represent the rest.

A cross-fitted logistic regression on leading features. Its held-out scores give an area under the curve (0.5: cannot be
told apart), a lower bound of the Jensen-Shannon divergence between reviewed items and population, and weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit
from scipy.stats import norm, rankdata

from rating.evidence import Features, Floats, Ints

DIMENSIONS, FOLDS, STEPS, SAMPLE = 64, 5, 8, 20_000
#: Precision of the prior on coefficients; the first feature has deviation 1. Of 3, 10 and 30 this one erred least on the whole.
RIDGE = 10.0
#: Held-out scores of five models depend on each other: for random samples of 50 to 1,000 the area varied by 1.4 to 1.5
#: times what it would if they did not.
DEPENDENCE = 1.5
#: At most so many reviewed, and twice the reviewed but at least LEAST and at most MOST unreviewed items, are compared.
LEAST, MOST = 1_000, 4_000
#: With fewer on either side the 90 % interval of the area reaches more than .11 to each side. Of samples of 50 with a bias
#: of .2 a sixth to two fifths were noticed, of those with .4 nearly all.
NEEDED = 40


@dataclass(frozen=True)
class Plane:
    """The leading directions (d, k) of a population's features around their mean (d,), the widest with deviation 1."""

    mean: Features
    axes: Features

    def place(self, features: Features) -> Floats:
        """Coordinates (m, k) of features (m, d)."""
        return np.asarray((features - self.mean) @ self.axes, dtype=np.float64)


@dataclass(frozen=True)
class Domain:
    """What tells reviewed from unreviewed items.

    ``auc`` (0-1; 0.5 cannot be told apart) with ``deviation``, and the ``p_value`` of one as high by chance;
    ``divergence`` (bits, 0-1, may be negative by chance) is a held-out lower bound of the Jensen-Shannon divergence
    between reviewed items and the population, with ``divergence_deviation``. ``effective`` (0-1) is the share of the
    reviewed sample that would count if it were weighted to match the population.
    """

    auc: float
    deviation: float
    p_value: float
    divergence: float
    divergence_deviation: float
    effective: float


def leading_plane(features: Features, seed: int = 0) -> Plane:
    """The at most 64 directions in which features (N, d) vary most, learned from at most 20,000 of them."""
    rng = np.random.default_rng(seed)
    sample = features if len(features) <= SAMPLE else features[rng.choice(len(features), SAMPLE, replace=False)]
    mean = sample.mean(axis=0) if len(sample) else np.zeros(features.shape[1], dtype=np.float32)
    centred = sample - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / max(len(sample), 1))
    widest = np.sqrt(max(float(values[-1]), 1e-12))
    return Plane(mean.astype(np.float32), np.asarray(vectors[:, ::-1][:, :DIMENSIONS] / widest, dtype=np.float32))


def tell_apart(features: Features, plane: Plane, rows: Ints, rng: np.random.Generator) -> Domain | None:
    """Compare reviewed ``rows`` with the rest of ``features`` (N, d); None with fewer than 40 on either side."""
    unreviewed = np.setdiff1d(np.arange(len(features)), rows)
    if min(len(rows), len(unreviewed)) < NEEDED:
        return None
    reviewed = _some(rows, MOST, rng)
    others = _some(unreviewed, int(np.clip(2 * len(rows), LEAST, MOST)), rng)
    x = plane.place(features[np.concatenate([reviewed, others])])
    y = np.arange(len(x)) < len(reviewed)
    raw, share = _held_out(x, y, rng), len(rows) / len(features)
    logits, auc = _calm(raw, y), area(raw[y], raw[~y])
    bound, deviation = _divergence(logits, y, share)
    weight = 1.0 / _ratio(logits[y], share)
    return Domain(
        auc, DEPENDENCE * auc_deviation(auc, len(reviewed), len(others)), chance_of(auc, len(reviewed), len(others), DEPENDENCE),
        bound, deviation, float(weight.sum() ** 2 / (len(weight) * np.square(weight).sum())),
    )  # fmt: skip


def _some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else np.asarray(rng.choice(rows, most, replace=False), dtype=np.int64)


def area(positive: Floats, negative: Floats) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    >>> area(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    0.875
    """
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


def auc_deviation(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an area under the curve, after Hanley and McNeil."""
    first, second = auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (first - auc * auc) + (negatives - 1) * (second - auc * auc)
    return float(np.sqrt(max(spread, 0.0) / (positives * negatives)))


def chance_of(auc: float, positives: int, negatives: int, dependence: float = 1.0) -> float:
    """Probability of an area as high or higher when nothing tells the two apart (rank-sum test, one-sided)."""
    deviation = dependence * np.sqrt((positives + negatives + 1) / (12.0 * positives * negatives))
    return float(norm.sf((auc - 0.5) / deviation))


def _held_out(x: Floats, y: np.ndarray, rng: np.random.Generator) -> Floats:
    """Logits (m,) of being reviewed, by models that have not seen the item; both sides weigh the same in total."""
    fold = np.empty(len(y), dtype=np.int64)
    for side in (y, ~y):
        fold[side] = rng.permutation(np.arange(side.sum()) % FOLDS)
    weight = np.where(y, 1.0, y.sum() / (~y).sum())
    logits = np.empty(len(y))
    for k in range(FOLDS):
        train = fold != k
        coefficients = _logistic(x[train], y[train].astype(float), weight[train])
        logits[~train] = coefficients[0] + x[~train] @ coefficients[1:]
    return logits


def _logistic(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Ridge-penalised logistic regression by Newton's method: the intercept and the coefficients, (1 + k,)."""
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.diag([1e-6] + [RIDGE] * x.shape[1])
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = expit(design @ found)
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(hessian, design.T @ (weight * (y - p)) - penalty @ found)
        found += step
        if np.abs(step).max() < 1e-3:
            break
    return found


def _calm(logits: Floats, y: np.ndarray) -> Floats:
    """The logits times the factor from 0 to 1 that predicts best: noise alone is taken back to 0."""
    factors = np.linspace(0.0, 1.0, 21)
    gains = [_likelihood(factor * logits, y) for factor in factors]
    return np.asarray(factors[int(np.argmax(gains))] * logits)


def _likelihood(logits: Floats, y: np.ndarray) -> float:
    return float(log_expit(logits[y]).mean() + log_expit(-logits[~y]).mean())


def _ratio(logits: Floats, share: float) -> Floats:
    """Density of the reviewed over that of the population, from balanced logits against the unreviewed."""
    odds = np.exp(np.clip(logits, -20.0, 20.0))
    return np.asarray(odds / (share * odds + 1.0 - share))


def _divergence(logits: Floats, y: np.ndarray, share: float) -> tuple[float, float]:
    """Held-out lower bound, in bits, of the divergence of the reviewed from the population, and its standard error.

    JS >= 1 + E_reviewed[log2 D] / 2 + E_population[log2(1 - D)] / 2 for every D; here D = ratio / (1 + ratio). The
    population is ``share`` reviewed and the rest unreviewed.
    """
    odds = np.log(_ratio(logits, share))
    of_reviewed, of_population = (1.0 + log_expit(sign * odds) / np.log(2.0) for sign in (1.0, -1.0))
    reviewed = (of_reviewed[y] + share * of_population[y]) / 2.0
    others = (1.0 - share) * of_population[~y] / 2.0
    spread = reviewed.var() / len(reviewed) + others.var() / len(others)
    return float(reviewed.mean() + others.mean()), float(np.sqrt(spread))
