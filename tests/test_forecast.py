"""The forecast: a power law of the error with a strong prior, updated by a project's own history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.forecast import PRIOR_DEVIATION, PRIOR_MEAN, after, learning_curve, thinned

History = list[tuple[int, float, float]]


def history(exponent: float, deviation: float, checks: int = 8, noise: float = 0.0, seed: int = 0) -> History:
    """A project whose error falls as reviews to the minus ``exponent``, checked at doubling numbers of reviews."""
    rng = np.random.default_rng(seed)
    counts = [100 * 2**k for k in range(checks)]
    return [(n, 1 - 0.6 * (n / 100) ** -exponent * float(np.exp(rng.normal(0, noise))), deviation) for n in counts]


@pytest.mark.parametrize("points", [0, 1])
def test_without_a_history_the_prior_holds(points: int) -> None:
    curve = learning_curve(history(0.9, 0.01)[:points])
    assert (curve.exponent, curve.deviation) == (PRIOR_MEAN, PRIOR_DEVIATION)


@pytest.mark.parametrize("exponent", [0.3, 0.6])
def test_a_firm_history_is_believed(exponent: float) -> None:
    curve = learning_curve(history(exponent, 0.002))
    assert curve.exponent == pytest.approx(exponent, abs=0.03)
    assert curve.deviation < PRIOR_DEVIATION / 2


def test_a_vague_history_moves_the_prior_little() -> None:
    curve = learning_curve(history(0.9, 0.4, checks=3))
    assert PRIOR_MEAN <= curve.exponent < PRIOR_MEAN + 0.1
    assert curve.deviation == pytest.approx(PRIOR_DEVIATION, rel=0.2)


def test_every_check_makes_the_exponent_firmer() -> None:
    full = history(0.5, 0.02)
    deviations = [learning_curve(full[:count]).deviation for count in range(2, 9)]
    assert all(np.diff(deviations) < 0)


def test_perfect_checks_and_checks_without_reviews_are_left_out() -> None:
    assert learning_curve([(0, 0.1, 0.1), (100, 1.0, 0.0)]).exponent == PRIOR_MEAN


def test_plausible_exponents_are_never_negative() -> None:
    drawn = learning_curve([]).draws(20_000, np.random.default_rng(0))
    assert drawn.min() >= 0.02
    assert drawn.mean() == pytest.approx(PRIOR_MEAN, abs=0.01)


@given(quality=st.floats(0.0, 0.99), reviews=st.integers(1, 10_000), more=st.floats(1.0, 10_000), exponent=st.floats(0.05, 1.0))
def test_more_reviews_bring_something_but_never_perfection(quality: float, reviews: int, more: float, exponent: float) -> None:
    now = np.array([quality])
    then = after(now, reviews, more, exponent)[0]
    assert quality < then < 1.0
    assert after(now, reviews, 0.0, exponent)[0] == pytest.approx(quality)
    assert after(now, reviews, 2 * more, exponent)[0] > then


def test_rating_often_does_not_make_the_forecast_surer() -> None:
    ends = [(200, 0.70, 0.02), (598, 0.72, 0.02)]
    often = [(n, 0.70 + 0.02 * (n - 200) / 398, 0.02) for n in range(200, 599, 2)]
    assert len(thinned(often)) < 14
    assert learning_curve(often).deviation > 0.03
    assert learning_curve([*ends[:1], *[ends[1]] * 50]).exponent == pytest.approx(learning_curve(ends).exponent)


def test_the_gain_of_doubling_is_forecast_within_two_points() -> None:
    errors = []
    for seed, exponent in enumerate(np.linspace(0.35, 0.6, 12)):
        past = history(exponent, 0.02, checks=5, noise=0.03, seed=seed)
        reviews, quality, _ = past[-1]
        predicted = after(np.array([quality]), reviews, reviews, learning_curve(past).exponent)[0] - quality
        errors.append(predicted - (1 - quality) * (1 - 2**-exponent))
    assert np.abs(errors).mean() < 0.02
