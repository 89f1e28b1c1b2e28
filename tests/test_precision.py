"""Average precision from soft labels, ranks, the curve over positives, draws and thresholds."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from rating.evidence import Floats
from rating.precision import (
    LONE,
    Noise,
    best_thresholds,
    draw_noise,
    influence,
    label_curve,
    logit_deviation,
    lowest_mean,
    own_ranks,
    ranks_among,
    share_draws,
    soft_average_precision,
    true_draws,
    without_leaving_out,
)

shares = st.floats(0.0, 1.0, allow_nan=False)
values = st.integers(-5, 5).map(float)


@given(relevances=st.lists(st.booleans(), min_size=1, max_size=40).filter(any))
def test_average_precision_of_certain_labels_is_that_of_scikit_learn(relevances: list[bool]) -> None:
    y = np.array(relevances, dtype=float)
    wanted = average_precision_score(y, -np.arange(len(y)))
    assert soft_average_precision(y[:, None])[0] == pytest.approx(wanted, abs=1e-12)


def test_every_label_is_ranked_on_its_own() -> None:
    y = (np.random.default_rng(0).random((30, 4)) < 0.4).astype(float)
    alone = [soft_average_precision(column[:, None])[0] for column in y.T]
    np.testing.assert_allclose(soft_average_precision(y), alone)


def simulated(p: Floats, draws: int = 8000) -> tuple[float, float]:
    """Means over drawn relevances of the precision gained, and of the number of relevant items."""
    y = (np.random.default_rng(0).random((draws, len(p))) < p).astype(float)
    gained = (y * np.cumsum(y, axis=1) / np.arange(1, len(p) + 1)).sum(axis=1)
    return float(gained.mean()), float(y.sum(axis=1).mean())


@settings(max_examples=25, deadline=None)
@given(p=st.lists(shares, min_size=3, max_size=25))
def test_soft_labels_give_the_expected_precision_at_every_relevant_item(p: list[float]) -> None:
    chances = np.array(p)
    gained, relevant = simulated(chances)
    if relevant > 0.05:
        assert soft_average_precision(chances[:, None])[0] * chances.sum() == pytest.approx(gained, abs=0.15)


def test_soft_average_precision_is_near_the_mean_over_drawn_labels_of_a_large_population() -> None:
    p = np.sort(np.random.default_rng(1).beta(0.3, 2.0, 2000))[::-1]
    y = np.random.default_rng(2).random((200, len(p))) < p
    wanted = np.mean([average_precision_score(row, p) for row in y])
    assert soft_average_precision(p[:, None])[0] == pytest.approx(wanted, abs=0.005)


def test_a_label_that_nothing_can_carry_has_no_average_precision() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(soft_average_precision(np.zeros((5, 1)))).all()


@given(scores=st.lists(values, min_size=1, max_size=20), pool=st.lists(values, min_size=1, max_size=30))
def test_ranks_are_mid_ranks_among_the_pool(scores: list[float], pool: list[float]) -> None:
    ranks = ranks_among(np.array(scores), np.array(pool))
    for score, rank in zip(scores, ranks, strict=True):
        above = rankdata([-score, *(-v for v in pool)])[0] - 1.0  # how many lie above it, ties counted as half
        ties = pool.count(score)
        assert rank == pytest.approx((above + 0.5) / (len(pool) + 1)), ties
        assert 0.0 < rank < 1.0


@given(scores=st.lists(values, min_size=1, max_size=30))
def test_ranks_among_themselves_follow_scipy(scores: list[float]) -> None:
    wanted = rankdata(-np.array(scores)) / (len(scores) + 1)
    np.testing.assert_allclose(own_ranks(np.array(scores)), wanted, atol=1e-12)


@settings(deadline=None)
@given(
    ap=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=12),
    positives=st.lists(st.integers(2, 300), min_size=12, max_size=12),
)
def test_the_curve_over_positives_lies_between_0_and_1(ap: list[float], positives: list[int]) -> None:
    count = np.array(positives[: len(ap)])
    curve = label_curve(np.array(ap), count, np.ones(len(ap), dtype=bool))
    assert ((curve > 0) & (curve < 1)).all()


@pytest.mark.parametrize("measured", [0, 1, 6])
def test_labels_with_more_positives_are_expected_to_be_known_better(measured: int) -> None:
    positives = np.array([1, 2, 4, 8, 16, 32, 64])
    ap = np.array([np.nan, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9])
    usable = np.arange(7) >= 7 - measured
    assert (np.diff(label_curve(ap, positives, usable)) > 0).all()


def test_the_curve_follows_the_labels_that_were_measured() -> None:
    positives, usable = np.array([1, 10, 10, 10, 10]), np.array([False, True, True, True, True])
    low = label_curve(np.array([np.nan, 0.2, 0.25, 0.3, 0.2]), positives, usable)[0]
    high = label_curve(np.array([np.nan, 0.9, 0.95, 0.9, 0.9]), positives, usable)[0]
    assert low < 0.25 < high
    assert high < 0.9  # one positive teaches less than ten


@settings(deadline=None)
@given(
    ap=st.lists(shares, min_size=1, max_size=6),
    positives=st.lists(st.integers(1, 200), min_size=6, max_size=6),
    seed=st.integers(0, 99),
)
def test_draws_lie_between_0_and_1_around_the_estimate(ap: list[float], positives: list[int], seed: int) -> None:
    estimate, count = np.array(ap), np.array(positives[: len(ap)])
    draws = share_draws(estimate, count, Noise(np.random.default_rng(seed).standard_normal((400, len(ap))), np.zeros(400)))
    assert ((draws >= 0) & (draws <= 1)).all()
    np.testing.assert_allclose(draws.mean(axis=0), estimate, atol=0.06)


def test_more_positives_make_an_estimate_firmer() -> None:
    ap, positives = np.full(4, 0.7), np.array([1, 5, 25, 125])
    assert (np.diff(logit_deviation(positives)) < 0).all()
    spread = share_draws(ap, positives, Noise(np.random.default_rng(0).standard_normal((2000, 4)), np.zeros(2000))).std(axis=0)
    assert (np.diff(spread) < 0).all()
    assert spread[0] < 0.3


@settings(deadline=None)
@given(p=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=25, unique=True))
def test_the_threshold_has_the_highest_expected_f1(p: list[float]) -> None:
    chances = np.array(p)
    threshold, precision, recall, f1 = (values[0] for values in best_thresholds(chances[:, None]))

    def expected(limit: float) -> tuple[float, float, float]:
        shown = chances[chances >= limit]
        return shown.mean(), shown.sum() / chances.sum(), 2 * shown.sum() / (len(shown) + chances.sum())

    assert f1 == pytest.approx(max(expected(limit)[2] for limit in chances))
    assert (precision, recall, f1) == pytest.approx(expected(threshold))


def test_thresholds_split_the_sure_from_the_unlikely() -> None:
    p = np.concatenate([np.full(50, 0.95), np.full(500, 0.01)])
    threshold, precision, recall, _ = (values[0] for values in best_thresholds(p[:, None]))
    assert threshold == 0.95
    assert precision == pytest.approx(0.95)
    assert recall == pytest.approx(47.5 / 52.5)


def test_the_error_that_labels_share_does_not_average_out() -> None:
    ap, positives = np.full(50, 0.7), np.full(50, 40)
    noise = draw_noise(2000, 50, np.random.default_rng(0))
    alone = Noise(noise.own, np.zeros(2000))
    spread = [share_draws(ap, positives, kind).mean(axis=1).std() for kind in (alone, noise)]
    assert spread[0] * 1.1 < spread[1]


def test_draws_of_noise_are_the_normal_quantiles_of_each_label() -> None:
    noise = draw_noise(101, 3, np.random.default_rng(0))
    for column in [*noise.own.T, noise.common]:
        assert np.sort(column)[[5, 50, 95]] == pytest.approx([-1.6, 0.0, 1.6], abs=0.05)
    assert abs(np.corrcoef(noise.own.T)[0, 1]) < 0.3


def test_a_positive_more_is_credited_to_labels_that_were_held_out_with_one_fewer() -> None:
    ap = np.array([0.5, 0.5, 0.5, np.nan])
    better = without_leaving_out(ap, np.array([1, 2, 200, 5]))
    assert better[0] == 0.5  # nothing was held out
    assert better[1] > better[2] > 0.5
    assert np.isnan(better[3])


@settings(deadline=None)
@given(relevance=st.lists(st.floats(0.05, 0.95), min_size=2, max_size=12), place=st.integers(0, 11))
def test_influence_is_the_slope_of_average_precision(relevance: list[float], place: int) -> None:
    r = np.array(relevance)[:, None]
    place %= len(r)
    step = np.zeros_like(r)
    step[place] = 1e-6
    slope = (soft_average_precision(r + step) - soft_average_precision(r - step)) / 2e-6
    assert influence(r)[place, 0] == pytest.approx(float(slope[0]), abs=1e-5)


def test_the_truth_scatters_less_around_an_estimate_than_the_estimate_around_it() -> None:
    noise = draw_noise(2000, 2, np.random.default_rng(0))
    ap, positives = np.full(2, 0.6), np.array([8, 8])
    assert true_draws(ap, positives, noise).std() < share_draws(ap, positives, noise).std()


def test_the_truth_of_a_lone_example_scatters_as_labels_do() -> None:
    drawn = true_draws(np.full(2, 0.5), np.array([1, 2]), draw_noise(2000, 2, np.random.default_rng(0)))
    logits = np.log(drawn / (1.0 - drawn)).std(axis=0)
    assert logits[0] == pytest.approx(LONE, rel=0.02)
    assert logits[1] < 0.7 * LONE


def test_the_lowest_of_more_labels_is_lower() -> None:
    values = np.random.default_rng(0).random((100, 20))
    assert lowest_mean(values[:, :10], 1).mean() > lowest_mean(values, 1).mean()
    np.testing.assert_allclose(lowest_mean(values, 20), values.mean(axis=1))


def test_noise_for_some_labels_is_theirs() -> None:
    noise = draw_noise(5, 4, np.random.default_rng(0))
    some = noise.of(np.array([True, False, False, True]))
    np.testing.assert_array_equal(some.own, noise.own[:, [0, 3]])
    np.testing.assert_array_equal(some.common, noise.common)
