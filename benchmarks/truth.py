"""The truth that estimates are held against, on a hold-out that the product never sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from rating.balance import divergence, similarity
from rating.coverage import message_coverage_truth
from rating.evidence import Features, Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.learner import combine
from rating.rate import Result, composite
from recommend.replay import precisions

Truth = dict[str, Any]


def truth_of(result: Result, unseen: dict[str, Features], held: Floats, found: Ints, pool: Floats) -> Truth:
    """What the current model is worth on the hold-out, under the names of the estimates; None while there is no model.

    ``held`` (M, all) are the hold-out's labels, ``pool`` (N, all) those of the project's items, and ``found`` the columns
    discovered so far. ``map_all`` counts undiscovered labels at the precision of a random ranking; ``map_wide`` is the mean
    average precision on the hold-out and the unreviewed items together, with less noise; ``labels`` and ``held_positives``
    are by name.
    """
    hidden = np.setdiff1d(np.arange(held.shape[1]), found)
    missing = float((held[:, hidden].sum(axis=1) > 0).mean())
    if result.assessment is None:
        return {**dict.fromkeys(_MODEL), "missing_mass": missing, "labels": {}, "held_positives": {}}
    scores = result.assessment.model.score(combine(unseen, result.assessment.block_weights))
    ap = precisions(held[:, found], scores)
    everything = np.concatenate([ap[~np.isnan(ap)], held[:, hidden].mean(axis=0)])
    shown = scores >= _limits(result)
    values = {
        "all_labels": float(np.nanmean(ap)),
        "underperforming": lowest(ap),
        "coverage": float((shown * held[:, found]).sum() / max(float(held.sum()), 1.0)),
        "balance": _balance(result, pool),
    }
    informative = np.array([label.informative or 0.0 for label in result.rating.labels])
    names = result.evidence.label_names
    return {
        "map": values["all_labels"], "map_all": float(everything.mean()), "map_wide": _wide(result, scores, held, found, pool),
        "worst": values["underperforming"], "missing_mass": missing, "coverage": values["coverage"],
        "balance": values["balance"], "rating": composite(values, {}, RatingConfig())[0],  # type: ignore[arg-type]
        "message_coverage": message_coverage_truth(shown, held[:, found], informative),
        "labels": {name: float(v) for name, v in zip(names, ap, strict=True) if not np.isnan(v)},
        "held_positives": {name: int(n) for name, n in zip(names, held[:, found].sum(axis=0), strict=True)},
    }  # fmt: skip


_MODEL = ("map", "map_all", "map_wide", "worst", "coverage", "balance", "rating", "message_coverage")


def lowest(ap: Floats) -> float:
    """Mean of the worst tenth of the labels that can be told."""
    known = np.sort(ap[~np.isnan(ap)])
    return float(known[: worst_count(len(known))].mean())


def _wide(result: Result, scores: Floats, held: Floats, found: Ints, pool: Floats) -> float:
    assert result.assessment is not None
    unreviewed = ~result.evidence.reviewed_mask
    truth = np.concatenate([held[:, found], pool[np.ix_(unreviewed, found)]])
    return float(np.nanmean(precisions(truth, np.concatenate([scores, result.assessment.scores[unreviewed]]))))


def _limits(result: Result) -> Floats:
    """The score (L,) from which each label is predicted.

    Thresholds lie on probabilities, which rise with the score: the lowest score predicted in the pool is the limit.
    """
    assert result.assessment is not None
    unreviewed = ~result.evidence.reviewed_mask
    thresholds = np.array([label.threshold or 1.0 for label in result.rating.labels])
    predicted = (result.assessment.probability >= thresholds) & unreviewed[:, None]
    return np.asarray(np.where(predicted, result.assessment.scores, np.inf).min(axis=0))


def _balance(result: Result, pool: Floats) -> float:
    """Similarity of the reviewed items' true label sets to the pool's, less what a random sample of the size would show."""
    kinds = np.unique(pool, axis=0, return_inverse=True)[1].ravel()
    everyone = np.bincount(kinds)
    rows = result.evidence.rows
    shares = everyone / everyone.sum()
    rng = np.random.default_rng(0)
    null = divergence(rng.multivariate_hypergeometric(everyone, len(rows), 20).astype(float), shares).mean()
    seen = divergence(np.bincount(kinds[rows], minlength=len(everyone)).astype(float), shares)
    return float(similarity(np.array(seen - null)))
