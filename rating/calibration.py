"""From scores to probabilities: logistic calibration of held-out scores, hierarchical over labels.

Each label's curve P(y = 1) = sigmoid(x b_l) has parameters drawn from N(mu, Sigma), and (mu, Sigma) are learned from
all labels by EM with a Laplace approximation (empirical-Bayes Platt scaling). A label with few positives so borrows from
the others, and none is shrunk twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from rating.evidence import Bools, Floats, Ints

ROUNDS, STEPS, HALVINGS = 8, 30, 8
#: Parameters are (constant, standardised score): where they are thought to lie before any data.
MEAN, DEVIATION = (-3.5, 0.7), (3.0, 1.0)
#: Weights are odds of being unreviewed, to this power, cut at this quantile; of the powers 1 to 2.5 this one erred least.
POWER, CUT = 1.5, 0.98
#: The model of who is reviewed: knots of its splines, their scale, its inverse penalty, and how many unreviewed items it sees.
KNOTS, SCALE, STRENGTH, SAMPLE = 6, 2.0, 0.3, 20_000
#: A label that cannot be measured has half the odds of the mean curve: its lone example makes the scores near it extreme.
LONE = float(np.log(2.0))


def standardise(scores: Floats, population: Floats) -> Floats:
    """Scores (m, L) in standard deviations from the mean of the population's scores (N, L)."""
    return np.asarray((scores - population.mean(axis=0)) / np.maximum(population.std(axis=0), 1e-9))


def inputs(z: Floats) -> Floats:
    """Calibration inputs (L, m, 2), a constant and the score, from standardised scores (m, L)."""
    return np.stack([np.ones_like(z), np.nan_to_num(z)], axis=2).transpose(1, 0, 2)


def traits(probability: Floats, z: Floats) -> Floats:
    """What makes an item likely to be asked for, (N, 7): how unsure and how sure the model is of it, and its highest scores.

    ``probability`` and standardised scores ``z`` are (N, L). Whoever chooses items by a model's doubt or confidence chooses by
    these, so items alike in them are about as if chosen at random.
    """
    p = np.clip(probability, 1e-4, 1.0 - 1e-4)
    doubt = -(p * np.log(p) + (1.0 - p) * np.log(1.0 - p))
    highest = np.sort(z, axis=1)[:, -2:]
    columns = [doubt.sum(axis=1), p.max(axis=1), p.sum(axis=1), doubt.max(axis=1), highest[:, -1], highest[:, 0], z.std(axis=1)]
    return np.column_stack(columns)


def unreviewed_odds(seen: Floats, rows: Ints, seed: int = 0) -> Floats:
    """Weights (n,) with mean 1 that make the reviewed ``rows`` resemble the unreviewed, by an additive logistic regression.

    ``seen`` (N, k) are traits by which items may have been chosen; only their order counts. All ones when everything or
    nothing is reviewed.
    """
    others = np.setdiff1d(np.arange(len(seen)), rows)
    if len(rows) == 0 or len(others) == 0:
        return np.ones(len(rows))
    if len(others) > SAMPLE:
        others = np.random.default_rng(seed).choice(others, SAMPLE, replace=False)
    both = seen[np.concatenate([rows, others])]
    level = np.column_stack([rankdata(column) for column in both.T]) / (len(both) + 1.0)
    knots = np.repeat(np.linspace(0.0, 1.0, KNOTS)[:, None], seen.shape[1], axis=1)
    splines = SCALE * SplineTransformer(degree=2, knots=knots).fit_transform(level)
    model = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3).fit(splines, np.arange(len(both)) < len(rows))
    odds = np.exp(-POWER * model.decision_function(splines[: len(rows)]))
    odds = np.minimum(odds, np.quantile(odds, CUT))
    return np.asarray(odds / odds.mean())


def as_evidence(weights: Floats) -> Floats:
    """Weights (n,) with mean 1, scaled by the root of their effective sample share: uneven ones say less than even ones."""
    share = weights.sum() ** 2 / np.square(weights).sum() / len(weights)
    return np.asarray(weights * np.sqrt(share))


def map_curves(x: Floats, y: Floats, w: Floats, mean: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """Most probable parameters (L, k) of every label and their posterior covariance (L, k, k), by Newton's method.

    A step that makes a label's fit worse is halved: where two scores are nearly the same, or tell nearly all, whole steps circle.
    """

    def cost(b: Floats) -> tuple[Floats, Floats]:
        """What the most probable parameters make least, (L,), and the scores (L, m) that it follows from."""
        scores, away = np.asarray(sum(b[:, k, None] * column for k, column in enumerate(columns))), b - mean
        surprise = (w * (np.logaddexp(0.0, scores) - y * scores)).sum(axis=1)
        return surprise + 0.5 * np.einsum("lk,kj,lj->l", away, precision, away), scores

    b, columns = np.tile(mean, (len(x), 1)), np.ascontiguousarray(np.moveaxis(x, 2, 0))
    hessian, (least, scores) = np.tile(precision, (len(x), 1, 1)), cost(b)
    for _ in range(STEPS):
        p = expit(scores)
        spread = w * p * (1 - p)
        hessian = np.stack([np.einsum("lm,klm->lk", spread * column, columns) for column in columns], axis=1) + precision
        slope = np.einsum("klm,lm->lk", columns, w * (y - p)) - (b - mean) @ precision
        step = np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
        step *= np.minimum(1.0, 2.0 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-12))
        for _ in range(HALVINGS):
            found, scores = cost(b + step)
            if not (worse := found > least + 1e-9 * np.maximum(least, 1.0)).any():
                break
            step[worse] /= 2.0
        b, least = b + step, found
        if np.abs(step).max() < 1e-4:
            break
    return b, np.asarray(np.linalg.inv(hessian), dtype=np.float64)


@dataclass(frozen=True)
class Curves:
    """Calibrated curves: every label's parameters ``own`` (L, k), and how unsure they are, ``spread`` (L, k, k)."""

    own: Floats
    spread: Floats

    def apply(self, *z: Floats) -> Floats:
        """Probabilities (m, L) for standardised scores, each (m, L), of items as they come, whoever chose them."""
        return np.asarray(expit(self.own[:, 0] + sum(self.own[:, k + 1] * np.nan_to_num(part) for k, part in enumerate(z))))


def calibrate(
    x: Floats, targets: Floats, weights: Floats, usable: Bools,
    centre: Sequence[float] = MEAN, widths: Sequence[float] = DEVIATION,
) -> Curves:  # fmt: skip
    """Fit every label's curve to held-out inputs (L, m, k) and targets (m, L); nan targets are left out.

    ``weights`` (m,) temper the likelihood. Labels not ``usable`` (L,) teach the others nothing and get the mean curve, lowered.
    Before any data the k parameters lie at ``centre`` with deviations ``widths``.
    """
    known = ~np.isnan(targets.T)
    w = np.where(known, weights, 0.0)
    y, x = np.where(known, targets.T, 0.0), np.where(known[:, :, None], x, 0.0)
    size = x.shape[2]
    mean, cover = np.array(centre), np.diag(np.square(widths))
    chosen = np.flatnonzero(usable)
    floor = np.diag([0.02] + [0.002] * (size - 1))
    b, spread = np.empty((0, size)), np.empty((0, size, size))
    for turn in range(ROUNDS if len(chosen) else 0):
        b, spread = map_curves(x[chosen], y[chosen], w[chosen], mean, np.linalg.inv(cover))
        if len(chosen) >= 4 and turn < ROUNDS - 1:
            centred = b - b.mean(axis=0)
            mean, cover = b.mean(axis=0), centred.T @ centred / len(chosen) + spread.mean(axis=0) + floor
    own = np.tile(mean, (len(x), 1))
    own[:, 0] -= LONE
    own[chosen] = b
    unsure = np.tile(cover, (len(x), 1, 1))
    unsure[chosen] = spread
    return Curves(own, unsure)
