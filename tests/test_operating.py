"""Thresholds of one label: against scikit-learn where everything is reviewed, ordered, and true to their promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.metrics import average_precision_score, precision_recall_curve, precision_score, recall_score

from rating.operating import average_precision, counts, examples_lacking, operating_points, reviewed_curve
from rating.records import Estimate
from rating.thresholds import CutCurve, cut_curve


def told(seed: int, items: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties, and whether each item carries the label."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(items) < 0.2).astype(float)
    return np.round(np.clip(0.3 * truth + 0.4 * rng.random(items), 0, 1), 2), truth


@pytest.mark.parametrize("seed", range(3))
def test_where_everything_is_reviewed_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    scores, truth = told(seed)
    curve = cut_curve(scores, truth)
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    assert np.allclose(curve.threshold[::-1], thresholds)
    assert np.allclose(curve.precision[::-1], precision[:-1])
    assert np.allclose(curve.recall[::-1], recall[:-1])
    assert average_precision(curve) == pytest.approx(average_precision_score(truth, scores))
    for cut in (points := operating_points(curve)).balanced, points.complete:
        assert cut is not None
        predicted = scores >= cut.threshold
        assert (cut.precision, cut.recall) == pytest.approx((precision_score(truth, predicted), recall_score(truth, predicted)))
        found = counts(cut, curve, len(truth))
        assert (found.found, found.wrong, found.missed) == pytest.approx(
            (predicted.sum(), (predicted & (truth == 0)).sum(), (~predicted & (truth == 1)).sum())
        )
        assert found.expected == pytest.approx(truth.sum())


@given(some.lists(some.tuples(some.integers(0, 20), some.sampled_from([0.0, 0.05, 0.4, 0.9, 1.0])), min_size=1, max_size=40))
@settings(max_examples=30)
def test_the_three_thresholds_are_ordered_and_keep_their_promise(items: list[tuple[int, float]]) -> None:
    scores, soft = (np.array(column, dtype=float) for column in zip(*items, strict=True))
    curve = cut_curve(scores, soft)
    points = operating_points(curve)
    if soft.sum() == 0:
        assert points.balanced is None
        return
    assert points.balanced is not None
    assert points.complete is not None
    assert points.complete.recall >= 0.9 - 1e-9
    assert points.complete.threshold <= points.balanced.threshold
    f1 = 2 * curve.precision * curve.recall / (curve.precision + curve.recall + 1e-12)
    best = points.balanced
    assert 2 * best.precision * best.recall / (best.precision + best.recall) == pytest.approx(f1.max())
    higher = (curve.threshold >= best.threshold) & (curve.precision >= 0.9)
    if points.precise is None:
        assert not higher.any()
    else:
        assert points.precise.precision >= 0.9
        assert points.precise.threshold == curve.threshold[higher].min() >= best.threshold


def test_the_recall_threshold_is_the_largest_that_keeps_it() -> None:
    curve = cut_curve(np.arange(10.0)[::-1], np.r_[np.ones(5), np.zeros(4), 1.0])
    points = operating_points(curve, recall=0.8)
    assert points.complete is not None
    assert points.balanced is not None
    assert points.complete.threshold == points.balanced.threshold == 5.0
    just = operating_points(curve, recall=float(curve.recall[4])).complete
    assert just is not None
    assert just.threshold == 5.0
    pure = operating_points(curve, precision=float(curve.precision[4])).precise
    assert pure is not None
    assert pure.threshold == 5.0
    full = operating_points(curve, recall=0.9).complete
    assert full is not None
    assert full.threshold == 0.0


def test_nothing_is_told_of_a_label_that_no_item_carries() -> None:
    curve = cut_curve(np.array([0.2, 0.1]), np.zeros(2))
    points = operating_points(curve)
    assert (points.precise, points.balanced, points.complete) == (None, None, None)
    assert np.isnan(average_precision(curve))
    assert counts(None, curve, 2).expected == 0.0


def test_the_reviewed_count_by_their_weights_and_only_where_judged() -> None:
    scores, truth = told(7)
    weights = 1.0 + np.arange(len(scores)) % 3
    targets = np.where(np.arange(len(scores)) % 5 == 0, np.nan, truth)
    threshold, precision, recall = reviewed_curve(scores, targets, weights)
    judged = np.isfinite(targets)
    want = precision_recall_curve(truth[judged], scores[judged], sample_weight=weights[judged])
    assert np.allclose(threshold[::-1], want[2])
    assert np.allclose(precision[::-1], want[0][:-1])
    assert np.allclose(recall[::-1], want[1][:-1])
    assert [len(part) for part in reviewed_curve(scores, np.zeros(len(scores)), weights)] == [0, 0, 0]


def test_examples_lacking_follow_the_label_curve() -> None:
    some_more = examples_lacking(Estimate(0.6, 0.55, 0.75), 20, 0.7)
    assert some_more.count is not None
    assert some_more.low == 0
    assert some_more.high is not None
    assert 0 < some_more.count < some_more.high
    assert examples_lacking(Estimate(0.8, 0.7, 0.9), 20, 0.7).count == 0
    assert examples_lacking(Estimate(0.6, 0.05, 0.75), 20, 0.7).high is None
    for unknown in (
        examples_lacking(Estimate(None), 0, 0.7),
        examples_lacking(Estimate(0.5), 1, 0.7),
        examples_lacking(Estimate(0.05, 0.0, 0.1), 5, 0.9),
    ):
        assert unknown.count is None
        assert unknown.reason.endswith(".")
    assert "find some more" in examples_lacking(Estimate(0.05, 0.0, 0.1), 9, 0.9).reason
    assert "sharpen or split" in examples_lacking(Estimate(0.05, 0.0, 0.1), 10, 0.9).reason


def test_a_cut_above_every_score_finds_nothing() -> None:
    curve: CutCurve = cut_curve(np.array([0.5, 0.2]), np.array([1.0, 0.0]))
    nothing = counts(curve.at(0.9), curve, 2)
    assert (nothing.found, nothing.wrong, nothing.missed) == (0, 0.0, 1.0)
