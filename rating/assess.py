"""What is known of every label on every item: held-out scores, calibrated probabilities, soft labels, average precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.calibration import as_evidence, calibrate, inputs, standardise, traits, unreviewed_odds
from rating.evidence import Bools, Evidence, Features, Floats, Ints, RatingConfig
from rating.learner import Fit, changes_without, combine, fit
from rating.precision import influence, label_curve, own_ranks, ranks_among, soft_average_precision, without_leaving_out
from rating.select import choose
from rating.twins import members, twin_groups

#: Items that are left out, and rows of the pool, that are looked at together; and how far rounding may move a score of 1.
TOGETHER, ROWS, SLACK = 64, 8192, 1e-4


@dataclass(frozen=True)
class Assessment:
    """The current model's view of a population of N items with L labels.

    ``features`` (N, d) are what it sees; ``probability`` (N, L) its calibrated, out-of-sample chance that a label
    applies; ``soft`` (N, L) the same with what reviews say in its place; ``ap`` (L,) expected average precision on the
    population, nan without a positive; ``influence`` (n, L) how much it rises per unit of relevance of a reviewed item;
    ``weights`` (n,) make the reviewed resemble the population; ``twins`` are the groups of near-identical reviewed items.
    """

    features: Features
    model: Fit
    scores: Floats
    probability: Floats
    soft: Floats
    ap: Floats
    influence: Floats
    measured: Bools
    positives: Ints
    weights: Floats
    block_weights: dict[str, float]
    penalty: float
    twins: tuple[Ints, ...] = ()


@dataclass(frozen=True)
class Learned:
    """The current model alone, before anything is measured: fields as in ``Assessment``; ``groups`` (n,) tell twins."""

    features: Features
    model: Fit
    scores: Floats
    probability: Floats
    weights: Floats
    block_weights: dict[str, float]
    penalty: float
    groups: Ints
    twins: tuple[Ints, ...]


def learn(
    evidence: Evidence, config: RatingConfig, chosen: tuple[dict[str, float], float] | None = None, *, choose_again: bool = True
) -> Learned:
    """Fit the learner to what is reviewed, and calibrate it by held-out scores.

    ``chosen`` is the last choice of block weights and penalty, from which the next one is climbed if ``choose_again``.
    """
    rows, targets = evidence.rows, evidence.targets
    groups = twins_of(evidence, config.twin_cosine)
    twins = members(groups)
    if choose_again or chosen is None:
        chosen = choose({name: block[rows] for name, block in evidence.blocks.items()}, targets, twins, chosen)
    weights, penalty = config.block_weights or chosen[0], config.penalty or chosen[1]
    features = combine(evidence.blocks, weights)
    model = fit(features[rows], targets, penalty, twins)
    scores = model.score(features)
    probability, odds = _probabilities(evidence, model, scores, config.seed)
    return Learned(features, model, scores, probability, odds, dict(weights), penalty, groups, twins)


def assess(
    evidence: Evidence, config: RatingConfig, chosen: tuple[dict[str, float], float] | None = None, *, choose_again: bool = True
) -> Assessment:
    """Fit the learner and say, from held-out scores only, how well it knows the population; arguments as for ``learn``."""
    known = learn(evidence, config, chosen, choose_again=choose_again)
    rows, targets, soft = evidence.rows, evidence.targets, known.probability.copy()
    soft[rows] = np.where(np.isnan(targets), soft[rows], targets)
    ap, pull = population_precision(evidence, known.features, known.model, known.scores, soft, known.groups)
    ap = without_leaving_out(ap, evidence.positives)
    measured = evidence.positives >= 2
    curve = label_curve(ap, evidence.positives, measured)
    ap = np.where(measured, ap, np.where(evidence.positives == 1, curve, np.nan))
    return Assessment(
        known.features, known.model, known.scores, known.probability, soft, ap, pull, measured, evidence.positives,
        known.weights, known.block_weights, known.penalty, known.twins,
    )  # fmt: skip


def twins_of(evidence: Evidence, cosine: float) -> Ints:
    """Items are twins where every block says so: one alone takes messages of one template for the same."""
    groups = [twin_groups(block[evidence.rows], cosine) for block in evidence.blocks.values()]
    return np.asarray(np.unique(np.column_stack(groups), axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


def _probabilities(evidence: Evidence, model: Fit, scores: Floats, seed: int) -> tuple[Floats, Floats]:
    """Calibrated probabilities (N, L), for the reviewed from their held-out scores; and the weights (n,) they rest on.

    A first calibration says what the model is sure and unsure of, by which items tend to be chosen; the second one undoes that.
    """
    held_out, seen = standardise(model.held_out, scores), evidence.positives > 0
    usable, never = evidence.positives >= 2, 0.5 / (len(evidence.rows) + 1.0)
    z = standardise(scores, scores)
    z[evidence.rows] = np.where(np.isnan(held_out), z[evidence.rows], held_out)
    x = inputs(held_out)
    first = calibrate(x, evidence.targets, np.ones(len(evidence.rows)), usable).apply(z)
    odds = unreviewed_odds(traits(first[:, seen], z[:, seen]), evidence.rows, seed)
    curves = calibrate(x, evidence.targets, as_evidence(odds), usable)
    return np.where(seen, curves.apply(z), never), odds


def held_out_ranks(evidence: Evidence, features: Features, model: Fit, scores: Floats, groups: Ints) -> Floats:
    """The rank (n, L) of each reviewed item among the population as scored by the model without it, 0 (top) to 1.

    Exact for positives, whose leaving moves their label's model; for negatives the full model's pool is the same.
    """
    ranks = np.full(evidence.targets.shape, np.nan)
    longest = float(np.sqrt(np.einsum("nd,nd->n", features, features).max(initial=0.0)))
    for label in np.flatnonzero(evidence.positives > 0).tolist():
        held_out, pool = model.held_out[:, label], scores[:, label]
        ranks[:, label] = ranks_among(held_out, pool)
        own = np.flatnonzero(evidence.targets[:, label] == 1)
        coef, intercept = changes_without(model, label, own, evidence.targets, groups)
        above = still_above(features, pool, coef, held_out[own] + intercept, longest)
        ranks[own, label] = (above + 0.5) / (len(pool) + 1.0)
    return ranks


def still_above(features: Features, pool: Floats, coef: Floats, limits: Floats, longest: float) -> Ints:
    """How many scores of the pool (N,) are above each limit (k,) once they have fallen by ``features`` (N, d) x ``coef`` (d, k).

    No score moves by more than the length of its features, at most ``longest``, times that of the coefficients (Cauchy and
    Schwarz): what is further from a limit than that stays on its side, and only the others are computed.
    """
    order, above = np.argsort(pool, kind="stable"), np.empty(len(limits), dtype=np.int64)
    room = longest * np.linalg.norm(coef, axis=0) + SLACK * (1.0 + np.abs(pool).max(initial=0.0))
    first, last = (np.searchsorted(pool[order], limits + sign * room) for sign in (-1, 1))
    for block in np.array_split(np.argsort(limits, kind="stable"), -(-len(limits) // TOGETHER)):
        start, end = int(first[block].min()), int(last[block].max())
        above[block] = len(pool) - end
        for near in np.split(order[start:end], range(ROWS, end - start, ROWS)):
            moved = pool[near].astype(np.float32)[:, None] - features[near] @ coef[:, block].astype(np.float32)
            above[block] += np.count_nonzero(moved > limits[block].astype(np.float32), axis=0)
    return above


def population_ranks(evidence: Evidence, features: Features, model: Fit, scores: Floats, groups: Ints) -> Floats:
    """The rank (N, L) of every item among all, 0 (top) to 1; a reviewed one stands where the model without it ranks it."""
    own = np.column_stack([own_ranks(column) for column in scores.T]) if scores.shape[1] else scores.copy()
    ranks = held_out_ranks(evidence, features, model, scores, groups)
    own[evidence.rows] = np.where(np.isnan(ranks), own[evidence.rows], ranks)
    return own


def population_precision(
    evidence: Evidence, features: Features, model: Fit, scores: Floats, soft: Floats, groups: Ints
) -> tuple[Floats, Floats]:
    """Expected average precision (L,) on the population, and the reviewed items' influence (n, L) on it.

    Reviewed items stand where the model without them ranks them.
    """
    order = np.argsort(population_ranks(evidence, features, model, scores, groups), axis=0, kind="stable")
    ranked = np.take_along_axis(soft, order, axis=0)
    pull = np.empty_like(ranked)
    np.put_along_axis(pull, order, influence(ranked), axis=0)
    return soft_average_precision(ranked), pull[evidence.rows]
