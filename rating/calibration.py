"""From scores to probabilities: logistic calibration of held-out scores, hierarchical over labels.

Each label's curve P(y = 1) = sigmoid(x b_l) has parameters drawn from N(mu, Sigma), and (mu, Sigma) are learned from
all labels by EM with a Laplace approximation (empirical-Bayes Platt scaling). A label with few positives so borrows from
the others, and none is shrunk twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from rating.evidence import Floats

ROUNDS, STEPS = 8, 30


@dataclass(frozen=True)
class Prior:
    """Where the curves' parameters are thought to lie before any data: mean and standard deviation, each (k,)."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


#: Scores are about 0 or 1. Two parameters: (constant, score); three: (constant, score, minus log of the rank).
SCORE_ONLY = Prior((-3.5, 7.0), (2.0, 3.0))
SCORE_AND_RANK = Prior((-4.5, 4.5, 0.6), (2.0, 2.5, 0.5))


def design(scores: Floats, ranks: Floats | None = None) -> Floats:
    """Calibration inputs (L, m, k) from scores (m, L) and, optionally, ranks (m, L) between 0 (top) and 1."""
    columns = [np.ones_like(scores), scores] + ([] if ranks is None else [-np.log(ranks)])
    return np.stack(columns, axis=2).transpose(1, 0, 2)


def map_curves(x: Floats, y: Floats, w: Floats, mean: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """Most probable parameters (L, k) of every label and their posterior covariance (L, k, k), by Newton's method."""
    b = np.tile(mean, (len(x), 1))
    hessian = np.tile(precision, (len(x), 1, 1))
    for _ in range(STEPS):
        p = expit(np.einsum("lmk,lk->lm", x, b))
        hessian = np.matmul((x * (w * p * (1 - p))[:, :, None]).transpose(0, 2, 1), x) + precision
        slope = np.einsum("lmk,lm->lk", x, w * (y - p)) - (b - mean) @ precision
        step = np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
        largest = np.abs(step).max(axis=1, keepdims=True)
        b = b + step * np.minimum(1.0, 2.0 / np.maximum(largest, 1e-12))
        if largest.max() < 1e-5:
            break
    return b, np.linalg.inv(hessian)


@dataclass(frozen=True)
class Curves:
    """Calibrated curves: parameters ``own`` (L, k), their covariance ``spread`` (L, k, k), and the ``mean`` over labels."""

    own: Floats
    spread: Floats
    mean: Floats

    def apply(self, x: Floats) -> Floats:
        """Probabilities (m, L) for calibration inputs (L, m, k)."""
        return np.asarray(expit(np.einsum("lmk,lk->ml", x, self.own)))


def calibrate(x: Floats, targets: Floats, weights: Floats, usable: Floats, prior: Prior) -> Curves:
    """Fit every label's curve to held-out inputs (L, m, k) and targets (m, L); nan targets are left out.

    ``weights`` (m,) temper the likelihood. Labels not ``usable`` (L,) teach the others nothing and get the mean curve.
    """
    known = ~np.isnan(targets.T)
    w = np.where(known, weights, 0.0)
    y, x = np.where(known, targets.T, 0.0), np.where(known[:, :, None], x, 0.0)
    mean, cover = np.array(prior.mean), np.diag(np.square(prior.deviation))
    chosen = np.flatnonzero(usable)
    floor = np.diag([0.02] + [0.002] * (len(mean) - 1))
    b, spread = np.empty((0, len(mean))), np.empty((0, len(mean), len(mean)))
    for turn in range(ROUNDS):
        b, spread = map_curves(x[chosen], y[chosen], w[chosen], mean, np.linalg.inv(cover))
        if len(chosen) >= 4 and turn < ROUNDS - 1:
            centred = b - b.mean(axis=0)
            mean, cover = b.mean(axis=0), centred.T @ centred / len(chosen) + spread.mean(axis=0) + floor
    own, all_spread = np.tile(mean, (len(x), 1)), np.tile(cover, (len(x), 1, 1))
    own[chosen], all_spread[chosen] = b, spread
    return Curves(own, all_spread, mean)
