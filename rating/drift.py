"""Drift: how well the model does on recent items, beside how well it does on all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from rating.assess import Assessment
from rating.coverage import message_coverage
from rating.evidence import Bools, Evidence, Floats, Ints
from rating.precision import soft_average_precision
from rating.records import Estimate

#: The newest part of the dated items that counts as recent, and how many items it needs.
NEWEST, ITEMS = 0.2, 200
#: Recent reviews, and examples of labels among them, that are needed: with 30 to 50 the interval was .16 to .23 wide, about a
#: band of the rating.
REVIEWS, EXAMPLES = 30, 20
#: A label counts where so many of the recent items are expected to have it.
EXPECTED = 2.0
#: Prior deviations of how recent judgements differ from what was expected: logits are shifted, and stretched around 1.
SHIFT, STRETCH = 1.0, 0.3
DRAWS, STEPS, Z90, VARIANCE, CAP = 20, 20, 1.645, 10.0, 0.28


@dataclass(frozen=True)
class Drift:
    """All labels (mean average precision) and message coverage, 0-1, on recent items and, for the same labels, on all.

    ``since`` is the day from which ``items`` count as recent; ``reviewed`` of them are reviewed, and ``labels`` occur often
    enough among them to count. Values are None with a reason where they cannot be told.
    """

    recent: Estimate
    overall: Estimate
    recent_coverage: Estimate
    since: str = ""
    items: int = 0
    reviewed: int = 0
    labels: int = 0

    @property
    def gap(self) -> float | None:
        """By how much recent items do worse (below 0) or better than all; None where it cannot be told."""
        return None if self.recent.value is None or self.overall.value is None else self.recent.value - self.overall.value


def drift(evidence: Evidence, assessment: Assessment, thresholds: Floats, informative: Floats, rng: np.random.Generator) -> Drift:
    """Judge the newest fifth of the items by what the reviews among them say of the model's probabilities."""
    newest, since = recent_items(evidence)
    if isinstance(newest, str):
        return _blind(newest)
    mine = np.flatnonzero(newest[evidence.rows])
    known, examples = len(mine), int(np.nansum(evidence.targets[mine]))
    if known < REVIEWS or examples < EXAMPLES:
        return _blind(
            f"{known} of the {newest.sum():,} items since {since} are reviewed, with {examples} labels assigned; it needs "
            f"{REVIEWS} with {EXAMPLES}. Review more recent ones."
        )
    counted = np.flatnonzero(assessment.measured & (assessment.soft[newest].sum(axis=0) >= EXPECTED))
    if len(counted) == 0:
        return _blind(f"No label is expected on {EXPECTED:.0f} of the items since {since}. Wait for more items.")
    fitted, spread = _recent_logits(evidence, assessment, mine)
    everything, recent = (_ranked(evidence, assessment, part, counted) for part in (np.ones_like(newest), newest))
    ap = np.array([_average_precision(recent, each) for each in (fitted, *rng.multivariate_normal(fitted, spread, DRAWS))])
    ap = np.clip(assessment.ap[counted] + ap - _average_precision(everything, np.array([0.0, 1.0])), 0.0, 1.0)
    own = _deviation(ap[0], np.nansum(evidence.targets[np.ix_(mine, counted)], axis=0))
    return Drift(
        recent=_around(float(ap[0].mean()), float(np.hypot(ap[1:].mean(axis=1).std(), own))),
        overall=Estimate(float(assessment.ap[counted].mean())),
        recent_coverage=_coverage(expit(fitted[0] + fitted[1] * _logits(assessment)), newest, evidence, thresholds, informative),
        since=since, items=int(newest.sum()), reviewed=known, labels=len(counted),
    )  # fmt: skip


def recent_items(evidence: Evidence) -> tuple[Bools | str, str]:
    """Which items (N,) are recent and since when; or why it cannot be said."""
    if evidence.dates is None or np.isnat(evidence.dates).all():
        return "No item has a date: import one with each item to see how the model does on recent ones.", ""
    dated = evidence.dates[~np.isnat(evidence.dates)]
    since = np.sort(dated)[int((1.0 - NEWEST) * (len(dated) - 1))]
    newest = ~np.isnat(evidence.dates) & (evidence.dates >= since)
    if newest.sum() > len(dated) / 2:
        return "Most items carry the same date: import when each was written to see how the model does on recent ones.", ""
    if newest.sum() < ITEMS:
        return f"Only {newest.sum()} items are recent (the newest fifth of those with a date); it needs {ITEMS}. Import more.", ""
    return newest, str(since.astype("datetime64[D]"))


def _logits(assessment: Assessment) -> Floats:
    return np.asarray(logit(np.clip(assessment.probability, 1e-6, 1.0 - 1e-6)))


def _recent_logits(evidence: Evidence, assessment: Assessment, mine: Ints) -> tuple[Floats, Floats]:
    """Shift and stretch that logits of recent items need besides those that all reviewed items need, and their covariance.

    What all need comes from how items were chosen to be reviewed, and is no drift.
    """
    x, weights = _logits(assessment)[evidence.rows], assessment.weights
    usual, _ = recalibrated(x, evidence.targets, weights)
    recent, spread = recalibrated(x[mine], evidence.targets[mine], weights[mine], usual)
    return (recent - np.array([usual[0], 0.0])) / usual[1], spread / usual[1] ** 2


def recalibrated(x: Floats, targets: Floats, weights: Floats, centre: Floats | None = None) -> tuple[Floats, Floats]:
    """Shift and stretch by which logits (m, L) match targets (m, L) of items with weights (m,), and their covariance."""
    known = ~np.isnan(targets)
    design = np.column_stack([np.ones(known.sum()), x[known]])
    y, w = targets[known], np.broadcast_to(weights[:, None], targets.shape)[known]
    centre = np.array([0.0, 1.0]) if centre is None else centre
    penalty, found = np.diag([1.0 / SHIFT**2, 1.0 / STRETCH**2]), centre
    hessian = penalty
    for _ in range(STEPS):
        fitted = expit(design @ found)
        hessian = (design * (w * fitted * (1.0 - fitted))[:, None]).T @ design + penalty
        step = np.linalg.solve(hessian, design.T @ (w * (y - fitted)) - penalty @ (found - centre))
        found = found + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    return found, np.linalg.inv(hessian)


def _ranked(evidence: Evidence, assessment: Assessment, part: Bools, counted: Ints) -> tuple[Floats, Floats]:
    """Logits and known targets (nan elsewhere), (m, L), of part of the items, best first by (held-out) score."""
    rows = evidence.rows
    scores, targets = assessment.scores[:, counted].copy(), np.full((len(part), len(counted)), np.nan)
    held_out = assessment.model.held_out[:, counted]
    scores[rows] = np.where(np.isnan(held_out), scores[rows], held_out)
    targets[rows] = evidence.targets[:, counted]
    order = np.argsort(-scores[part], axis=0, kind="stable")
    x = _logits(assessment)[np.ix_(part, counted)]
    return np.take_along_axis(x, order, axis=0), np.take_along_axis(targets[part], order, axis=0)


def _average_precision(ranked: tuple[Floats, Floats], fitted: Floats) -> Floats:
    x, targets = ranked
    return soft_average_precision(np.where(np.isnan(targets), expit(fitted[0] + fitted[1] * x), targets))


def _coverage(p: Floats, newest: Bools, evidence: Evidence, thresholds: Floats, informative: Floats) -> Estimate:
    places, recent = np.cumsum(newest) - 1, newest[evidence.rows]
    value, deviation = message_coverage(
        p[newest], thresholds, informative, places[evidence.rows[recent]], evidence.targets[recent]
    )
    return _around(value, deviation)


def _deviation(ap: Floats, positives: Floats) -> float:
    """Standard error of the mean of average precisions (L,) with so many reviewed recent positives each."""
    own = np.minimum(ap * (1.0 - ap) * np.sqrt(VARIANCE / (positives + 1.0)), CAP)
    return float(np.sqrt(np.square(own).sum()) / len(ap))


def _around(value: float, deviation: float) -> Estimate:
    return Estimate(value, max(value - Z90 * deviation, 0.0), min(value + Z90 * deviation, 1.0))


def _blind(reason: str) -> Drift:
    unknown = Estimate(None, reason=reason)
    return Drift(unknown, unknown, unknown)
