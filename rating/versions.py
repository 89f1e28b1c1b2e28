"""Two versions of a model on the same items and labels: which is better, what they decide otherwise, what each mistakes.

Both are out of sample: where a version has learned from an item's review, its score by the model without that item stands. Both
are held against the same truth: today's reviews and, elsewhere, the chance that curves calibrated on both versions' scores give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.assess import Learned, population_ranks
from rating.calibration import Curves, as_evidence, calibrate, standardise, traits, unreviewed_odds
from rating.comparison import Verdict, verdict_of
from rating.evidence import Bools, Evidence, Floats, Ints
from rating.factors import interval
from rating.precision import Ranking, best_thresholds, soft_average_precision, without_leaving_out
from rating.records import Estimate

#: Draws of the truth, and items that they are made of: of more a random part.
DRAWS, SAMPLE = 60, 10_000
#: Curves are this many times as unsure as their fit says, as between two models.
UNSURE = 1.5
#: Draws lie this many times closer to each other than what is found to the truth: 90 % intervals without it held 81 % of labels.
WIDER = 1.35
#: Where a curve of both versions' scores is thought to lie: constant, score of the one, score of the other.
CENTRE, WIDTHS = (-3.5, 0.35, 0.35), (3.0, 1.0, 1.0)
#: Weights against selection are taken to this power, as given both scores less is left to undo.
TEMPER = 0.6
#: Thresholds at which precision and recall are kept.
GRID: Floats = np.unique(np.round(np.concatenate([np.linspace(0.0, 1.0, 101), [0.002, 0.005, 0.015, 0.995]]), 4))


@dataclass(frozen=True)
class Seen:
    """What a version says of N items and L labels, out of sample.

    ``z`` (N, L) are standardised scores, ``ranks`` (N, L) from 0 (top) to 1, ``probability`` (N, L) calibrated. ``threshold``
    (L,) is where a label is assigned, infinite where the version has no example; ``positives`` (L,) are its examples.
    """

    z: Floats
    ranks: Floats
    probability: Floats
    threshold: Floats
    positives: Ints

    @property
    def said(self) -> Bools:
        """What the version decides, (N, L)."""
        return np.asarray(self.probability >= self.threshold, dtype=bool)


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One label by both versions: average precision (0-1), the rise from the first to the second with its 90 % interval.

    Of the ``items`` that the second assigns it to (``gained``) or no longer (``lost``), ``right`` is the share (0-1) to which the
    change is expected to do good; None where none changed.
    """

    label_id: int
    name: str
    before: float
    after: float
    rise: Estimate
    verdict: Verdict
    gained: int
    lost: int
    right: float | None


@dataclass(frozen=True)
class Compared:
    """Two versions side by side; ``soft`` (N, L) is the truth they were held against, as far as it is known, and ``weights`` (n,)
    make the reviewed items resemble all.

    ``precision`` and ``recall`` (2, L, G) are expected at each threshold of :data:`GRID`, nan where none is assigned.
    """

    before: float
    after: float
    rise: Estimate
    verdict: Verdict
    labels: tuple[LabelChange, ...]
    precision: Floats
    recall: Floats
    soft: Floats
    weights: Floats


def seen_by(evidence: Evidence, learned: Learned, columns: Ints) -> Seen:
    """What a version says of these of its labels, out of sample; ``evidence`` is what it was fitted to."""
    scores, held_out = learned.scores, standardise(learned.model.held_out, learned.scores)
    z = standardise(scores, scores)
    z[evidence.rows] = np.where(np.isnan(held_out), z[evidence.rows], held_out)
    ranks = population_ranks(evidence, learned.features, learned.model, scores, learned.groups)
    limits = np.where(evidence.positives > 0, best_thresholds(learned.probability)[0], np.inf)
    return Seen(z[:, columns], ranks[:, columns], learned.probability[:, columns], limits[columns], evidence.positives[columns])


def only_one(seen: Seen) -> Seen:
    """The same version where an item has exactly one label: the likeliest is assigned."""
    best = seen.probability.argmax(axis=1)[:, None] == np.arange(seen.probability.shape[1])
    return Seen(seen.z, seen.ranks, np.where(best, seen.probability, -1.0), np.zeros(best.shape[1]), seen.positives)


def truth_of(first: Seen, second: Seen, rows: Ints, targets: Floats, seed: int = 0) -> tuple[Curves, Floats, Floats]:
    """Curves of both versions' scores, by today's reviews of ``rows`` (n,); the chance (N, L) of every label, 0 or 1 where it was
    judged; and the weights (n,) that make the reviewed resemble all.
    """
    weights = unreviewed_odds(traits(second.probability, second.z), rows, seed)
    tempered = weights**TEMPER
    inputs = np.stack([np.ones_like(first.z), first.z, second.z], axis=2)[rows].transpose(1, 0, 2)
    usable = np.nansum(targets, axis=0) >= 2
    curves = calibrate(inputs, targets, as_evidence(tempered / max(float(tempered.mean()), 1e-9)), usable, CENTRE, WIDTHS)
    soft = curves.apply(first.z, second.z)
    soft[rows] = np.where(np.isnan(targets), soft[rows], targets)
    return curves, soft, weights


def compare_versions(
    first: Seen, second: Seen, rows: Ints, targets: Floats, labels: tuple[tuple[int, str], ...], seed: int = 0
) -> Compared | None:
    """Compare two versions by what reviews of ``rows`` (n,) say, ``targets`` (n, L); ``labels`` (L) are numbers and names.

    None where no label has an example.
    """
    known = np.flatnonzero(np.nansum(targets, axis=0) > 0)
    if not len(known):
        return None
    curves, soft, weights = truth_of(first, second, rows, targets, seed)
    before, after = (_expected(Ranking.by(-one.ranks).put(soft), one)[known] for one in (first, second))
    rises = _rises(first, second, curves, rows, targets, seed)[:, known]
    rises = (after - before) + WIDER * (rises - rises.mean(axis=0))
    each = [interval(float(after[at] - before[at]), rises[:, at]) for at in range(len(known))]
    told = tuple(
        _label(labels[k], float(before[at]), float(after[at]), each[at], _changed(first, second, soft, k))
        for at, k in enumerate(known.tolist())
    )
    rise = interval(float((after - before).mean()), rises.mean(axis=1))
    curves_of = [cuts(one.probability, soft) for one in (first, second)]
    precision, recall = (np.stack([one[k] for one in curves_of]) for k in range(2))
    return Compared(float(before.mean()), float(after.mean()), rise, verdict_of(rise), told, precision, recall, soft, weights)


def _label(
    label: tuple[int, str], before: float, after: float, rise: Estimate, changed: tuple[int, int, float | None]
) -> LabelChange:
    return LabelChange(label[0], label[1], before, after, rise, verdict_of(rise), changed[0], changed[1], changed[2])


def _expected(ranked: Floats, seen: Seen) -> Floats:
    """A version's average precision (L,) where the items that it ranks are relevant so far, (m, L)."""
    return without_leaving_out(soft_average_precision(ranked), seen.positives)


def _changed(first: Seen, second: Seen, soft: Floats, label: int) -> tuple[int, int, float | None]:
    """How many items gain the label, how many lose it, and how far that is right."""
    before, after = first.said[:, label], second.said[:, label]
    gained, lost, chance = after & ~before, before & ~after, soft[:, label]
    count = int(gained.sum() + lost.sum())
    right = float(chance[gained].sum() + (1.0 - chance[lost]).sum()) / count if count else None
    return int(gained.sum()), int(lost.sum()), right


def _rises(first: Seen, second: Seen, curves: Curves, rows: Ints, targets: Floats, seed: int) -> Floats:
    """The second version's lead (draws, L) under draws of the curves and of the labels that they leave open."""
    rng = np.random.default_rng([seed, 5])
    known = np.full(first.z.shape, np.nan)
    known[rows] = targets
    items = np.arange(len(known)) if len(known) <= SAMPLE else np.sort(rng.choice(len(known), SAMPLE, replace=False))
    known, ranked = known[items], [Ranking.by(-one.ranks[items]) for one in (first, second)]
    z = np.stack([first.z[items], second.z[items]], axis=2)
    root = np.linalg.cholesky(UNSURE * curves.spread + 1e-9 * np.eye(3))
    rises = np.empty((DRAWS, len(curves.own)))
    for draw in range(DRAWS):
        b = curves.own + np.einsum("lij,lj->li", root, rng.standard_normal(curves.own.shape))
        p = 1.0 / (1.0 + np.exp(-(b[:, 0] + np.einsum("nlk,lk->nl", z, b[:, 1:]))))
        truth = np.where(np.isnan(known), rng.random(p.shape) < p, known)
        old, new = (_expected(one.put(truth), seen) for one, seen in zip(ranked, (first, second), strict=True))
        rises[draw] = np.nan_to_num(new) - np.nan_to_num(old)
    return rises


def cuts(probability: Floats, soft: Floats) -> tuple[Floats, Floats]:
    """Expected precision and recall (L, G) where labels are assigned from each threshold of :data:`GRID` on; ``probability`` and
    ``soft`` are (N, L). Precision is nan where no item is that likely.
    """
    precision, recall = (np.full((probability.shape[1], len(GRID)), np.nan) for _ in range(2))
    for label in range(probability.shape[1]):
        order = np.argsort(-probability[:, label], kind="stable")
        hits = np.concatenate([[0.0], np.cumsum(soft[order, label])])
        count = np.searchsorted(-probability[order, label], -GRID, side="right")
        precision[label] = np.where(count > 0, hits[count] / np.maximum(count, 1), np.nan)
        recall[label] = hits[count] / max(float(hits[-1]), 1e-9)
    return precision, recall


def at_threshold(precision: Floats, recall: Floats, threshold: float) -> tuple[Floats, Floats]:
    """Precision and recall (..., L) of curves (..., L, G) at one threshold (0-1), the nearest one of :data:`GRID`."""
    k = int(np.abs(GRID - threshold).argmin())
    return precision[..., k], recall[..., k]


def at_recall(precision: Floats, recall: Floats, wanted: float) -> Floats:
    """Precision (..., L) at the highest threshold where recall is at least as wanted (0-1); nan where none is."""
    enough = recall >= wanted - 1e-9
    k = recall.shape[-1] - 1 - np.argmax(enough[..., ::-1], axis=-1)
    return np.where(enough.any(axis=-1), np.take_along_axis(precision, k[..., None], axis=-1)[..., 0], np.nan)


def at_precision(precision: Floats, recall: Floats, wanted: float) -> Floats:
    """The highest recall (..., L) at a threshold where precision is at least as wanted (0-1); nan where none is.

    >>> float(at_precision(np.array([[0.5, 0.9]]), np.array([[1.0, 0.4]]), 0.8)[0])
    0.4
    """
    enough = np.nan_to_num(precision, nan=-1.0) >= wanted - 1e-9
    best = np.where(enough, recall, -1.0).max(axis=-1)
    return np.where(enough.any(axis=-1), best, np.nan)
