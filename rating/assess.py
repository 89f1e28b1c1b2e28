"""What is known of every label on every item: held-out scores, calibrated probabilities, soft labels, average precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.records import RANDOM_SOURCES
from rating.calibration import calibrate, inputs, standardise, unreviewed_odds
from rating.evidence import Bools, Evidence, Features, Floats, Ints, RatingConfig
from rating.learner import Fit, changes_without, combine, fit
from rating.precision import label_curve, own_ranks, ranks_among, soft_average_precision
from rating.select import choose
from rating.twins import members, twin_groups

PLANE, MIN_RANDOM = 50, 20


@dataclass(frozen=True)
class Assessment:
    """The current model's view of a population of N items with L labels.

    ``features`` (N, d) are what it sees; ``probability`` (N, L) its calibrated, out-of-sample chance that a label
    applies; ``soft`` (N, L) the same with what reviews say in its place; ``ap`` (L,) expected average precision on the
    population, nan without a positive; ``weights`` (n,) make the reviewed resemble the population.
    """

    features: Features
    model: Fit
    scores: Floats
    probability: Floats
    soft: Floats
    ap: Floats
    measured: Bools
    positives: Ints
    weights: Floats
    block_weights: dict[str, float]
    penalty: float


def assess(
    evidence: Evidence, config: RatingConfig, chosen: tuple[dict[str, float], float] | None = None, *, choose_again: bool = True
) -> Assessment:
    """Fit the learner to what is reviewed and say, from held-out scores only, how well it knows the population.

    ``chosen`` is the last choice of block weights and penalty, from which the next one is climbed if ``choose_again``.
    """
    rows, targets = evidence.rows, evidence.targets
    groups = _twins(evidence, config.twin_cosine)
    twins = members(groups)
    if choose_again or chosen is None:
        chosen = choose({name: block[rows] for name, block in evidence.blocks.items()}, targets, twins, chosen)
    weights, penalty = config.block_weights or chosen[0], config.penalty or chosen[1]
    features = combine(evidence.blocks, weights)
    model = fit(features[rows], targets, penalty, twins)
    scores = model.score(features)
    odds = unreviewed_odds(plane(evidence), rows)
    probability = _probabilities(evidence, model, scores, odds)
    soft = probability.copy()
    soft[rows] = np.where(np.isnan(targets), probability[rows], targets)
    ap = _average_precision(evidence, features, model, scores, soft, groups)
    measured = evidence.positives >= 2
    curve = label_curve(ap, evidence.positives, measured)
    ap = np.where(measured, ap, np.where(evidence.positives == 1, curve, np.nan))
    return Assessment(features, model, scores, probability, soft, ap, measured, evidence.positives, odds, dict(weights), penalty)


def plane(evidence: Evidence) -> Features:
    """A few leading features (N, <= 50) that tell parts of the population apart: LSA's first, else the last block's."""
    name = "lsa" if "lsa" in evidence.blocks else list(evidence.blocks)[-1]
    return evidence.blocks[name][:, :PLANE]


def _twins(evidence: Evidence, cosine: float) -> Ints:
    """Items are twins where every block says so: one alone takes messages of one template for the same."""
    groups = [twin_groups(block[evidence.rows], cosine) for block in evidence.blocks.values()]
    return np.asarray(np.unique(np.column_stack(groups), axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


def _probabilities(evidence: Evidence, model: Fit, scores: Floats, odds: Floats) -> Floats:
    """Calibrated probabilities (N, L); for the reviewed from their held-out scores."""
    random = np.isin(evidence.sources, list(RANDOM_SOURCES))
    by_choice = ~random if random.sum() >= MIN_RANDOM else None
    held_out = standardise(model.held_out, scores)
    usable = evidence.positives >= 2
    curves = calibrate(inputs(held_out, by_choice), evidence.targets, odds, usable)
    z = standardise(scores, scores)
    z[evidence.rows] = np.where(np.isnan(held_out), z[evidence.rows], held_out)
    never = 0.5 / (len(evidence.rows) + 1.0)
    return np.where(evidence.positives > 0, curves.apply(z), never)


def held_out_ranks(evidence: Evidence, features: Features, model: Fit, scores: Floats, groups: Ints) -> Floats:
    """The rank (n, L) of each reviewed item among the population as scored by the model without it, 0 (top) to 1.

    Exact for positives, whose leaving moves their label's model; for negatives the full model's pool is the same.
    """
    ranks = np.full(evidence.targets.shape, np.nan)
    for label in np.flatnonzero(evidence.positives > 0).tolist():
        held_out, pool = model.held_out[:, label], scores[:, label]
        ranks[:, label] = ranks_among(held_out, pool)
        own = np.flatnonzero(evidence.targets[:, label] == 1)
        coef, intercept = changes_without(model, label, own, evidence.targets, groups)
        change = features @ coef.astype(np.float32)
        above = (pool.astype(np.float32)[:, None] - change) > (held_out[own] + intercept).astype(np.float32)
        ranks[own, label] = (np.count_nonzero(above, axis=0) + 0.5) / (len(pool) + 1.0)
    return ranks


def _average_precision(evidence: Evidence, features: Features, model: Fit, scores: Floats, soft: Floats, groups: Ints) -> Floats:
    """Expected average precision (L,) on the population; reviewed items stand where the model without them ranks them."""
    own = np.column_stack([own_ranks(column) for column in scores.T]) if scores.shape[1] else scores
    ranks = held_out_ranks(evidence, features, model, scores, groups)
    own[evidence.rows] = np.where(np.isnan(ranks), own[evidence.rows], ranks)
    order = np.argsort(own, axis=0, kind="stable")
    return soft_average_precision(np.take_along_axis(soft, order, axis=0))
