"""All labels without one of the parts that make its estimate: each must be worse, or the benchmark is broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from rating.assess import population_precision, twins_of
from rating.calibration import calibrate, inputs, map_curves, standardise
from rating.evidence import Evidence, Floats, RatingConfig
from rating.learner import fit
from rating.precision import label_curve, soft_average_precision, without_leaving_out
from rating.rate import Result

FOLDS, FLAT = 5, 1e-4
SINCE = (200, 500, 1000)


def ablated(result: Result, config: RatingConfig) -> dict[str, float]:
    """Mean average precision (0-1) by five-fold cross-validation with pooled scores, without the population (held-out scores
    of the reviewed items only), without weights, and without the hierarchy over labels.
    """
    evidence, assessment = result.evidence, result.assessment
    assert assessment is not None
    seen = evidence.positives > 0
    return {
        "cross_validation": float(np.nanmean(_cross_validated(evidence, assessment.features, assessment.penalty)[seen])),
        "no_population": float(np.nanmean(_ranked(assessment.model.held_out, evidence.targets)[seen])),
        "no_weights": _mean(result, config, pooled=True),
        "no_hierarchy": _mean(result, config, pooled=False),
    }


def ablation_errors(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Mean absolute error of All labels against the hold-out as the product has it, and without each part, mean over policies."""
    told = [r for r in records if r.get("ablations")]
    rows = [
        {"policy": r["policy"], "n >=": since, "product": r["estimate"]["map"][0] - r["truth"]["map"],
         **{name: value - r["truth"]["map"] for name, value in r["ablations"].items()}}
        for r in told for since in SINCE if r["reviews"] >= since
    ]  # fmt: skip
    if not rows:
        return pd.DataFrame()
    by_policy = pd.DataFrame(rows).set_index(["policy", "n >="]).abs().groupby(level=[0, 1]).mean()
    return by_policy.groupby(level=1).mean().reset_index()


def _ranked(scores: Floats, targets: Floats) -> Floats:
    """Average precision (L,) of the scores (n, L) of the reviewed items."""
    order = np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=0, kind="stable")
    return soft_average_precision(np.take_along_axis(np.nan_to_num(targets), order, axis=0))


def _cross_validated(evidence: Evidence, features: np.ndarray, penalty: float) -> Floats:
    """The usual way: five folds for all labels alike, the folds' raw scores pooled."""
    x, y = features[evidence.rows], evidence.targets
    fold = np.random.default_rng(0).permutation(len(x)) % FOLDS
    scores = np.zeros_like(y)
    for k in range(FOLDS):
        scores[fold == k] = fit(x[fold != k], y[fold != k], penalty).score(x[fold == k])
    return _ranked(scores, y)


def _mean(result: Result, config: RatingConfig, *, pooled: bool) -> float:
    """The product's estimate with unit weights, or with every label calibrated by itself."""
    evidence, a = result.evidence, result.assessment
    assert a is not None
    held_out, z = standardise(a.model.held_out, a.scores), standardise(a.scores, a.scores)
    z[evidence.rows] = np.where(np.isnan(held_out), z[evidence.rows], held_out)
    x, usable = inputs(held_out), evidence.positives >= 2
    if pooled:
        p = calibrate(x, evidence.targets, np.ones(len(evidence.rows)), usable).apply(z)
    else:
        known = ~np.isnan(evidence.targets.T)
        y, w = np.where(known, evidence.targets.T, 0.0), np.where(known, a.weights, 0.0)
        own = map_curves(x, y, w, np.zeros(2), FLAT * np.eye(2))[0]
        p = expit(own[:, 0] + own[:, 1] * z)
    soft = p.copy()
    soft[evidence.rows] = np.where(np.isnan(evidence.targets), p[evidence.rows], evidence.targets)
    groups = twins_of(evidence, config.twin_cosine)
    ap, _ = population_precision(evidence, a.features, a.model, a.scores, soft, groups)
    ap = without_leaving_out(ap, evidence.positives)
    curve = label_curve(ap, evidence.positives, usable)
    return float(np.where(usable, ap, curve)[evidence.positives > 0].mean())
