"""The truth that estimates are held against, on a hold-out that the product never sees."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score

from rating.balance import divergence, similarity
from rating.evidence import Features, Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.learner import combine
from rating.rate import Result, composite


def truth_of(result: Result, unseen: dict[str, Features], held: Floats, found: Ints, pool: Floats) -> dict[str, float | None]:
    """MAP, its worst tenth, missing mass, Coverage, Balance and the rating of these, for the current model.

    ``held`` (M, all) are the hold-out's labels and ``found`` the columns discovered so far; ``map_all`` counts
    undiscovered labels at the precision of a random ranking.
    """
    hidden = np.setdiff1d(np.arange(held.shape[1]), found)
    missing = float((held[:, hidden].sum(axis=1) > 0).mean())
    if result.assessment is None:
        return {"map": None, "map_all": None, "worst": None, "missing_mass": missing, "coverage": None, "balance": None}
    scores = result.assessment.model.score(combine(unseen, result.assessment.block_weights))
    ap = np.array([average_precision_score(held[:, k], scores[:, j]) for j, k in enumerate(found) if held[:, k].any()])
    everything = np.concatenate([ap, held[:, hidden].mean(axis=0)])
    worst = float(np.sort(ap)[: worst_count(len(ap))].mean())
    values = {
        "all_labels": float(ap.mean()),
        "underperforming": worst,
        "coverage": _recall(result, scores, held, found),
        "balance": _balance(result, pool),
    }
    rating = composite(values, {}, RatingConfig())[0]  # type: ignore[arg-type]
    return {
        "map": values["all_labels"], "map_all": float(everything.mean()), "worst": worst, "missing_mass": missing,
        "coverage": values["coverage"], "balance": values["balance"], "rating": rating,
    }  # fmt: skip


def _recall(result: Result, scores: Floats, held: Floats, found: Ints) -> float:
    """Share of all label incidences, undiscovered labels included, that are predicted at the thresholds.

    Thresholds lie on probabilities, which rise with the score: the lowest score predicted in the pool is the limit.
    """
    assert result.assessment is not None
    unreviewed = ~result.evidence.reviewed_mask
    caught = 0.0
    for j, k in enumerate(found):
        threshold = result.rating.labels[j].threshold or 1.0
        shown = result.assessment.scores[unreviewed & (result.assessment.probability[:, j] >= threshold), j]
        limit = shown.min() if len(shown) else np.inf
        caught += float(held[scores[:, j] >= limit, k].sum())
    return caught / max(float(held.sum()), 1.0)


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
