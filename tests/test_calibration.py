"""Calibration: scores become probabilities that hold, and labels with little evidence borrow from the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from rating.calibration import as_evidence, calibrate, inputs, map_curves, standardise, traits, unreviewed_odds
from rating.evidence import Bools, Features, Floats, Ints
from tests.builders import unit


def draw(slopes: Floats, items: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Standard normal scores (m, L) and labels that follow a logistic link with these (constant, slope) pairs (L, 2)."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((items, len(slopes)))
    return z, (rng.random(z.shape) < expit(slopes[:, 0] + slopes[:, 1] * z)).astype(float)


def everyone(labels: int) -> Bools:
    return np.ones(labels, dtype=bool)


def test_a_logistic_link_is_recovered() -> None:
    slopes = np.column_stack([np.linspace(-3.5, -1.0, 8), np.linspace(1.0, 2.5, 8)])
    z, y = draw(slopes, 6000)
    curves = calibrate(inputs(z), y, np.ones(len(z)), everyone(8))
    np.testing.assert_allclose(curves.own, slopes, atol=0.3)
    np.testing.assert_allclose(curves.apply(z), expit(slopes[:, 0] + slopes[:, 1] * z), atol=0.06)


def test_the_mean_probability_is_the_prevalence() -> None:
    slopes = np.array([[-3.0, 1.5], [-2.0, 1.0], [-1.0, 2.0], [-2.5, 0.8], [0.5, 1.2]])
    z, y = draw(slopes, 3000, seed=1)
    mean = calibrate(inputs(z), y, np.ones(len(z)), everyone(5)).apply(z).mean(axis=0)
    np.testing.assert_allclose(mean, y.mean(axis=0), atol=0.01)


def test_a_label_with_two_positives_borrows_its_slope_from_the_others() -> None:
    slopes = np.tile([-2.0, 2.0], (8, 1))
    z, y = draw(slopes, 800, seed=2)
    y[:, 0] = 0.0
    y[np.argsort(np.abs(z[:, 0]))[:2], 0] = 1.0  # two positives in the middle say nothing of a slope
    ones, x = np.ones(len(z)), inputs(z)
    pooled = calibrate(x, y, ones, everyone(8))
    alone, _ = map_curves(x[:1], y.T[:1], np.ones((1, len(z))), np.zeros(2), 1e-6 * np.eye(2))
    assert pooled.own[0, 1] > alone[0, 1] + 0.3
    assert pooled.apply(z)[:, 0].mean() == pytest.approx(2 / 800, abs=0.01)


def test_labels_that_cannot_be_fitted_get_the_slope_of_the_mean_curve_and_teach_nothing() -> None:
    z, y = draw(np.tile([-1.5, 1.5], (6, 1)), 800, seed=3)
    usable = np.array([True] * 5 + [False])
    curves = calibrate(inputs(z), y, np.ones(len(z)), usable)
    own = curves.own[:5]
    assert own[:, 1].min() <= curves.own[5, 1] <= own[:, 1].max()
    assert own[:, 0].mean() - 1.0 <= curves.own[5, 0] <= own[:, 0].mean() + 0.1  # never surer than the others
    y[:, 5] = 1.0 - y[:, 5]
    np.testing.assert_array_equal(calibrate(inputs(z), y, np.ones(len(z)), usable).own, curves.own)


def test_without_any_usable_label_probabilities_are_still_finite() -> None:
    z = np.random.default_rng(0).standard_normal((20, 2))
    curves = calibrate(inputs(z), np.zeros((20, 2)), np.ones(20), ~everyone(2))
    assert np.isfinite(curves.apply(z)).all()


def test_judgements_that_are_not_known_are_left_out() -> None:
    z, y = draw(np.tile([-1.5, 1.5], (4, 1)), 600, seed=4)
    hidden = y.copy()
    hidden[300:, 1] = np.nan
    masked = z.copy()
    masked[300:, 1] = np.nan
    curves = calibrate(inputs(masked), hidden, np.ones(600), everyone(4))
    parts = [calibrate(inputs(z), np.where(np.isnan(hidden), v, hidden), np.ones(600), everyone(4)).own for v in (0.0, 1.0)]
    assert not np.allclose(curves.own[1], parts[0][1], atol=0.1)
    assert not np.allclose(curves.own[1], parts[1][1], atol=0.1)
    np.testing.assert_allclose(curves.own[1], [-1.5, 1.5], atol=0.5)


def test_a_weight_of_two_counts_as_two_observations() -> None:
    z, y = draw(np.tile([-1.0, 1.0], (3, 1)), 200, seed=5)
    weights = np.where(np.arange(200) < 100, 2.0, 1.0)
    twice = np.concatenate([np.arange(200), np.arange(100)])
    weighted = calibrate(inputs(z), y, weights, everyone(3))
    repeated = calibrate(inputs(z[twice]), y[twice], np.ones(300), everyone(3))
    np.testing.assert_allclose(weighted.own, repeated.own, atol=1e-6)


def test_weighting_undoes_a_choice_by_something_that_scores_do_not_show() -> None:
    rng = np.random.default_rng(6)
    z, trait = rng.standard_normal((6000, 4)), rng.standard_normal(6000)
    y = (rng.random(z.shape) < expit(-2.0 + 1.5 * z + 0.7 * trait[:, None])).astype(float)
    rows = np.flatnonzero(rng.random(6000) < expit(trait - 2.0))
    plain = calibrate(inputs(z[rows]), y[rows], np.ones(len(rows)), everyone(4)).apply(z).mean()
    mended = calibrate(inputs(z[rows]), y[rows], unreviewed_odds(trait[:, None], rows), everyone(4)).apply(z).mean()
    assert abs(mended - y.mean()) < 0.6 * abs(plain - y.mean())


def test_uneven_weights_are_less_evidence() -> None:
    assert as_evidence(np.ones(9)).tolist() == [1.0] * 9
    assert as_evidence(np.array([3.0, 0.0, 0.0, 0.0])).sum() == pytest.approx(1.5)  # one of four counts: half of 3


def test_traits_need_no_second_label() -> None:
    z = np.random.default_rng(0).standard_normal((50, 1))
    assert np.isfinite(traits(expit(z), z)).all()


def test_scores_are_measured_in_deviations_of_the_population() -> None:
    population = np.array([[1.0, 5.0], [3.0, 5.0]])
    np.testing.assert_allclose(standardise(np.array([[4.0, 5.0]]), population), [[2.0, 0.0]])


def halves(items: int = 800) -> tuple[Features, Ints]:
    """A population in two halves, told apart by where they point, and which half each item is in."""
    side = np.arange(items) % 2
    towards = np.column_stack([np.where(side, 1.0, -1.0), np.ones(items)])
    return unit(towards + 0.3 * np.random.default_rng(0).standard_normal((items, 2))), side


def test_weights_have_mean_one_and_lift_what_was_seldom_reviewed() -> None:
    plane, side = halves()
    chance = np.where(side == 1, 0.9, 0.1)
    rows = np.random.default_rng(2).choice(len(plane), 150, replace=False, p=chance / chance.sum())
    weights = unreviewed_odds(plane, rows)
    assert weights.mean() == pytest.approx(1.0)
    assert (weights > 0).all()
    assert weights[side[rows] == 0].mean() > 2.0 * weights[side[rows] == 1].mean()


def test_weights_are_nearly_equal_for_a_random_sample() -> None:
    plane = halves()[0]
    rows = np.random.default_rng(1).choice(len(plane), 150, replace=False)
    assert unreviewed_odds(plane, rows).std() < 0.5


@pytest.mark.parametrize("reviewed", [0, 50])
def test_weights_are_ones_when_everything_or_nothing_is_reviewed(reviewed: int) -> None:
    assert unreviewed_odds(halves(50)[0], np.arange(reviewed)).tolist() == [1.0] * reviewed


@pytest.mark.parametrize(("seed", "apart"), [(7, 0.3), (7, 0.0), (15, 0.0)])
def test_curves_of_two_scores_that_are_nearly_the_same_settle(seed: int, apart: float) -> None:
    rng = np.random.default_rng(seed)
    z = 10.0 * rng.normal(size=(4, 200))
    x = np.stack([np.ones_like(z), z, z + apart * rng.normal(size=z.shape)], axis=2)
    y = (rng.random(z.shape) < expit(4.0 * z - 60.0)).astype(float)
    w = 100.0 * rng.exponential(size=z.shape) ** 2
    mean, precision = np.array([-3.5, 0.35, 0.35]), np.diag([1 / 9, 1.0, 1.0])
    found, _ = map_curves(x, y, w, mean, precision)
    p = expit(np.einsum("lk,lmk->lm", found, x))
    slope = np.einsum("lmk,lm->lk", x, w * (y - p)) - (found - mean) @ precision
    assert np.abs(slope).max() < 0.1  # whole steps leave tens of thousands
