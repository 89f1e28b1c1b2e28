"""An external model's rating: its scores on the population, judged by the reviews that it cannot have learned from.

What is reviewed was mostly chosen by what Plateau's own learner believed, so that reviewed items with a given external score
carry other labels than items with that score do. Given both models' scores they nearly carry the same: each label's curve is
calibrated on the two together, predicts every item that is not reviewed, and the external ranking is held against the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from rating.assess import Assessment
from rating.calibration import Curves, as_evidence, calibrate, map_curves, standardise
from rating.evidence import Bools, Evidence, Floats
from rating.learner import Fit
from rating.precision import Ranking, influence, own_ranks, soft_average_precision
from rating.rate import Population

#: Probabilities closer to 0 and 1 than this are as sure as it.
EDGE = 1e-4
#: Where a joint curve's parameters are thought to lie: constant, own score, external score, and how far up it ranks.
CENTRE, WIDTHS = (-3.5, 0.28, 0.28, 0.28), (3.0, 1.0, 1.0, 1.0)
#: Weights against selection are taken to this power: given both scores less is left to undo. Of .4 to 1 this one erred least.
TEMPER = 0.6
#: Items that the external model's own curve is fitted to.
FITTED = 20_000


@dataclass(frozen=True)
class Outside:
    """What an external model says of N items and L labels.

    ``scores`` (N, L), any finite numbers, rank items; nan where it names no score. ``predicted`` (N,) are the items that it has
    looked at. ``counts`` (n,) are the reviews that it cannot have learned from, ``shown`` (n,) those whose annotator saw what it
    suggests, ``undated`` (n,) those of which nobody knows when they were given.
    """

    scores: Floats
    predicted: Bools
    counts: Bools
    shown: Bools
    undated: Bools

    @property
    def known(self) -> Bools:
        """Which labels (L,) it ever scores."""
        return np.asarray(~np.isnan(self.scores).all(axis=0))


@dataclass(frozen=True)
class Basis:
    """What an external model's rating rests on.

    Of ``items`` items it predicts ``predicted``; ``population`` of them are rated: those whose review it may have learned from
    are left out. Of ``reviews`` reviews ``counted`` count, ``early`` were given before the prediction, or may have been: when
    ``undated`` ones of them were given nobody knows. ``blank`` are of items that it does not predict; ``shown`` of those counted
    saw its suggestions. ``missing`` (0-1) is the share of scores that it leaves out of its predictions, ``unknown`` are the
    labels that it never scores, or has not since they were reset, and ``beyond`` (0-1) is the share of scores outside of 0 to 1.
    """

    items: int
    predicted: int
    population: int
    reviews: int
    counted: int
    early: int
    undated: int
    blank: int
    shown: int
    missing: float
    unknown: tuple[str, ...]
    beyond: float

    @property
    def ranks_only(self) -> bool:
        """Whether its scores are no probabilities."""
        return self.beyond > 0


def basis(evidence: Evidence, outside: Outside) -> Basis:
    """Count what an external model's rating can rest on."""
    predicted, known = outside.predicted, outside.known
    mine = predicted[evidence.rows]
    counted = mine & outside.counts
    scores = outside.scores[np.ix_(predicted, known)]
    there = scores[~np.isnan(scores)]
    return Basis(
        items=evidence.population, predicted=int(predicted.sum()), population=int(rated_items(evidence, outside).sum()),
        reviews=len(evidence.rows), counted=int(counted.sum()), early=int((mine & ~outside.counts).sum()),
        undated=int((mine & ~outside.counts & outside.undated).sum()),
        blank=int((~mine).sum()), shown=int((counted & outside.shown).sum()),
        missing=1.0 - len(there) / scores.size if scores.size else 0.0,
        unknown=tuple(name for name, there in zip(evidence.label_names, known, strict=True) if not there),
        beyond=float(((there < 0.0) | (there > 1.0)).mean()) if len(there) else 0.0,
    )  # fmt: skip


def as_probabilities(scores: Floats) -> bool:
    """Whether these scores may be probabilities: all between 0 and 1."""
    return bool(len(scores) == 0 or (scores.min() >= 0.0 and scores.max() <= 1.0))


def rated_items(evidence: Evidence, outside: Outside) -> Bools:
    """The items (N,) on which the model can be judged: those that it predicts and has not learned from, as far as is known."""
    found = outside.predicted.copy()
    found[evidence.rows[~outside.counts]] = False
    return found


def complete(outside: Outside) -> Floats:
    """Scores (N, L) without gaps: a label that a prediction leaves out ranks below all that it names, an unknown one everywhere.

    Items without any prediction stay nan.
    """
    known, predicted = outside.known, outside.predicted
    scores = outside.scores.copy()
    lowest = 0.0 if as_probabilities(scores[~np.isnan(scores)]) else float(np.nanmin(scores, initial=0.0)) - 1.0
    scores[:, ~known] = 0.0
    gaps = np.isnan(scores)
    scores[gaps] = lowest
    scores[~predicted] = np.nan
    return scores


def part_of(evidence: Evidence, items: Bools, rows: Bools) -> Evidence:
    """The evidence of some items (N,) and some reviews (n,) of them."""
    if items.all() and rows.all():
        return evidence
    place = np.cumsum(items) - 1
    return replace(
        evidence,
        item_ids=evidence.item_ids[items],
        blocks={name: block[items] for name, block in evidence.blocks.items()},
        rows=place[evidence.rows[rows]],
        targets=evidence.targets[rows],
        sources=evidence.sources[rows],
        settled=evidence.settled[rows],
        dates=None if evidence.dates is None else evidence.dates[items],
        chances=evidence.chances[rows],
        drawn_from=evidence.drawn_from[rows] * items.mean(),
    )


def own_part(own: Assessment, items: Bools, rows: Bools) -> Assessment:
    """The own learner's view of some items (N,) and reviews (n,); its average precisions are still those of all."""
    if items.all() and rows.all():
        return own
    place = np.cumsum(rows) - 1
    twins = [place[group[rows[group]]] for group in own.twins]
    return replace(
        own, features=own.features[items], model=replace(own.model, held_out=own.model.held_out[rows], smoothers=()),
        scores=own.scores[items], probability=own.probability[items], soft=own.soft[items], influence=own.influence[rows],
        weights=own.weights[rows] / max(float(own.weights[rows].mean()), 1e-9) if rows.any() else own.weights[rows],
        twins=tuple(group for group in twins if len(group) > 1),
    )  # fmt: skip


def population_part(population: Population, items: Bools) -> Population:
    """The clusters of some of the items (N,)."""
    return replace(population, clusters=population.clusters[items])


@dataclass(frozen=True)
class Joint:
    """Each label's curve of both models' scores: standardised scores ``own``, ``external`` and ``rank``, (N, L) each."""

    curves: Curves
    own: Floats
    external: Floats
    rank: Floats

    def probability(self) -> Floats:
        """The chance (N, L) of every label, given both models."""
        return self.curves.apply(self.own, self.external, self.rank)


def joint(evidence: Evidence, own: Assessment, scores: Floats) -> Joint:
    """Calibrate both models together on the reviews of this evidence; ``scores`` (N, L) are the external ones."""
    z = standardise(own.scores, own.scores)
    held_out = standardise(own.model.held_out, own.scores)
    z[evidence.rows] = np.where(np.isnan(held_out), z[evidence.rows], held_out)
    even, high = (standardise(part, part) for part in (evened(scores), height(scores)))
    inputs = np.stack([np.ones_like(z), z, even, high], axis=2)[evidence.rows].transpose(1, 0, 2)
    tempered = own.weights**TEMPER
    weights = as_evidence(tempered / max(float(tempered.mean()), 1e-9))
    return Joint(calibrate(inputs, evidence.targets, weights, evidence.positives >= 2, CENTRE, WIDTHS), z, even, high)


def evened(scores: Floats) -> Floats:
    """Log odds of probabilities, which crowd at 0; other scores (N, L) as they are."""
    if not as_probabilities(scores.ravel()):
        return scores
    return np.asarray(logit(np.clip(scores, EDGE, 1.0 - EDGE)))


def height(scores: Floats) -> Floats:
    """How far up each score (N, L) ranks among its label's, on a scale that tells the first few apart."""
    return np.asarray(-np.log(np.column_stack([own_ranks(column) for column in scores.T]))) if scores.shape[1] else scores


def assess_external(evidence: Evidence, own: Assessment, scores: Floats, both: Joint | None = None) -> Assessment:
    """How well external ``scores`` (N, L) rank this population, in the terms in which the own learner is assessed.

    Evidence and ``own`` are of the same N items and of the reviews that count. A label that the model does not know has one score
    for all items, so it ranks them at random, and its average precision is about its share of the items.
    """
    soft = (both or joint(evidence, own, scores)).probability()
    soft[evidence.rows] = np.where(np.isnan(evidence.targets), soft[evidence.rows], evidence.targets)
    ranking = Ranking.by(scores)
    ranked = ranking.put(soft)
    pull = np.empty_like(ranked)
    np.put_along_axis(pull, ranking.order, influence(ranked), axis=0)
    seen = evidence.positives > 0
    z = standardise(evened(scores), evened(scores))
    return replace(
        own, model=Fit(np.empty((0, scores.shape[1])), np.zeros(scores.shape[1]), z[evidence.rows]), scores=z,
        probability=marginal(z, soft, seen), soft=soft, ap=np.where(seen, soft_average_precision(ranked), np.nan),
        influence=pull[evidence.rows], measured=evidence.positives >= 2, positives=evidence.positives,
    )  # fmt: skip


def marginal(z: Floats, soft: Floats, seen: Bools) -> Floats:
    """The chance (N, L) of every label given the external score alone, by a curve fitted to the chances given both models.

    On the population nothing was chosen, so that curve needs no correction; labels not ``seen`` (L,) have next to none.
    """
    step = max(len(z) // FITTED, 1)
    some, known = z[::step], soft[::step].T
    inputs = np.stack([np.ones_like(some), some], axis=2).transpose(1, 0, 2)
    curves, _ = map_curves(inputs, known, np.ones_like(known), np.array(CENTRE[:2]), np.diag(1.0 / np.square(WIDTHS[:2])))
    return np.where(seen, expit(curves[:, 0] + curves[:, 1] * z), 0.5 / (len(z) + 1.0))
