"""Label noise: how many assigned labels are probably wrong, and how many positives were probably missed.

What a person recorded is taken for the truth seen through noise: a positive is missed with one probability, a negative
assigned with another, both much the same for all labels. The truth follows each label's logistic curve of held-out
scores. Without noise such a curve reaches 0 and 1; noise keeps what is recorded away from them, and that is what tells
the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import beta

from rating.evidence import Bools, Evidence, Floats
from rating.records import Estimate

ROUNDS = 40
#: Where curves (constant, slope) are thought to lie before any data, and with what deviation.
CENTRE, DEVIATION = (-4.0, 1.2), (3.0, 1.0)
#: Beta priors of missing a positive and of assigning a negative: about one in a hundred, and one in two thousand.
MISSED, ASSIGNED = (0.5, 50.0), (0.05, 100.0)
#: A label's own rates of error are drawn to the common ones as if by so many trials.
ALIKE = 100.0
#: Labels with fewer positives say nothing of noise. With 215 to 245 assigned labels in all, a quarter to two fifths of the
#: planted wrong ones were noticed; with 600, two thirds.
POSITIVES, NEEDED = 4, 300


@dataclass(frozen=True)
class Doubt:
    """Probability (n, L) that what was recorded of a label is not true, 0 where unknown; and which labels it is told for."""

    recorded: Floats
    chance: Floats
    usable: Bools

    def wrong(self, label: int | None = None) -> Estimate:
        """Share of assigned labels that are probably wrong, of one label or in all, with its 90 % interval."""
        assigned = self._cells(label) == 1
        return share_of(self._chances(label)[assigned].sum(), float(assigned.sum()))

    def missed(self, label: int | None = None) -> Estimate:
        """Share of true positives that were probably missed, of one label or in all, with its 90 % interval."""
        cells, chances = self._cells(label), self._chances(label)
        overlooked = float(chances[cells == 0].sum())
        return share_of(overlooked, overlooked + float((1.0 - chances[cells == 1]).sum()))

    def _cells(self, label: int | None) -> Floats:
        return self.recorded[:, self.usable] if label is None else self.recorded[:, label]

    def _chances(self, label: int | None) -> Floats:
        return self.chance[:, self.usable] if label is None else self.chance[:, label]


def share_of(count: float, total: float) -> Estimate:
    """A share (0-1), ``count`` of ``total``, with the 90 % interval of its Jeffreys posterior; None of less than half a case."""
    if total < 0.5:
        return Estimate(None, reason="No label was assigned that could be wrong.")
    low, high = (float(beta.ppf(q, count + 0.5, max(total - count, 0.0) + 0.5)) for q in (0.05, 0.95))
    value = float(count / total)
    return Estimate(value, min(low, value), max(high, value))


def doubt(z: Floats, evidence: Evidence, needed: float = NEEDED) -> Doubt | None:
    """Judge what was recorded by standardised held-out scores ``z`` (n, L); None with fewer than ``needed`` assigned labels.

    Fewer tell which judgements are doubtful, but not how many are wrong. What was looked at again because it was doubted is
    taken for true.
    """
    targets = evidence.targets
    usable = (evidence.positives >= POSITIVES) & ((targets == 0).sum(axis=0) >= POSITIVES)
    if np.nansum(targets[:, usable]) < needed:
        return None
    known = ~np.isnan(targets[:, usable]) & np.isfinite(z[:, usable])
    recorded = np.where(known, targets[:, usable], 0.0)
    truth = _truth(np.nan_to_num(z[:, usable]), recorded, known, ~evidence.settled[:, None] & known)
    chance = np.zeros(targets.shape)
    chance[:, usable] = np.where(known, np.abs(truth - recorded), 0.0)
    return Doubt(np.where(np.isnan(targets), -1.0, targets), chance, usable)


def _truth(z: Floats, recorded: Floats, known: Bools, doubtful: Bools) -> Floats:
    """Probability (n, L) that each label truly applies, by EM over the curves and the two rates of error."""
    curve = np.tile(CENTRE, (z.shape[1], 1)).astype(float)
    missing, adding, truth = np.full(z.shape[1], 0.02), np.full(z.shape[1], 0.001), recorded
    for _ in range(ROUNDS):
        p = expit(curve[:, 0] + curve[:, 1] * z)
        applies = p * np.where(recorded == 1, 1.0 - missing, missing)
        not_so = (1.0 - p) * np.where(recorded == 1, adding, 1.0 - adding)
        truth = np.where(doubtful, applies / np.maximum(applies + not_so, 1e-12), recorded)
        curve = _step(curve, z, np.where(known, truth - p, 0.0), np.where(known, p * (1.0 - p), 0.0))
        missing = _rates(truth * (recorded == 0) * known, truth * known, MISSED)
        adding = _rates((1.0 - truth) * (recorded == 1) * known, (1.0 - truth) * known, ASSIGNED)
    return truth


def _rates(events: Floats, trials: Floats, prior: tuple[float, float]) -> Floats:
    """Each label's rate (L,) of events in trials (n, L), drawn to the rate of all as if by ALIKE trials of its own."""
    happened, tried = events.sum(axis=0), trials.sum(axis=0)
    common = (happened.sum() + prior[0]) / (tried.sum() + sum(prior))
    return np.asarray((happened + ALIKE * common) / (tried + ALIKE))


def _step(curve: Floats, z: Floats, residual: Floats, weight: Floats) -> Floats:
    """One Newton step of every label's penalised logistic curve (L, 2)."""
    hessian = np.empty((len(curve), 2, 2))
    weighted = weight * z
    hessian[:, 0, 0], hessian[:, 1, 1] = weight.sum(axis=0), (weighted * z).sum(axis=0)
    hessian[:, 0, 1] = hessian[:, 1, 0] = weighted.sum(axis=0)
    penalty = 1.0 / np.square(DEVIATION)
    slope = np.column_stack([residual.sum(axis=0), (residual * z).sum(axis=0)]) - (curve - np.array(CENTRE)) * penalty
    step = np.linalg.solve(hessian + np.diag(penalty), slope[:, :, None])[:, :, 0]
    return np.asarray(curve + step * np.minimum(1.0, 2.0 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-12)))
