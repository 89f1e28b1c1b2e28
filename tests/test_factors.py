"""The four factors and the rating they make: what each measures, and which way it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.evidence import RatingConfig
from rating.factors import interval, worst_count
from rating.rate import composite
from rating.records import Estimate, FactorKey, band_of
from tests.builders import rated, world

KEYS: tuple[FactorKey, ...] = ("all_labels", "underperforming", "coverage", "balance")


# The rating


positive = st.floats(0.01, 1.0)


@settings(deadline=None)
@given(values=st.tuples(positive, positive, positive, positive), weights=st.tuples(*[st.floats(0.05, 1.0)] * 4))
def test_the_rating_is_the_weighted_geometric_mean_of_its_factors(values: tuple[float, ...], weights: tuple[float, ...]) -> None:
    config, factors = RatingConfig(weights=dict(zip(KEYS, weights, strict=True))), dict(zip(KEYS, values, strict=True))
    value, draws = composite(factors, {key: np.array([factor]) for key, factor in factors.items()}, config)
    wanted = 100 * np.prod(np.power(values, np.array(weights) / sum(weights)))
    assert value == pytest.approx(wanted)
    assert draws == pytest.approx([wanted])


@given(values=st.tuples(positive, positive, positive, positive), place=st.integers(0, 3), step=st.floats(0.01, 0.5))
def test_a_better_factor_never_lowers_the_rating(values: tuple[float, ...], place: int, step: float) -> None:
    factors = dict(zip(KEYS, values, strict=True))
    better = {**factors, KEYS[place]: min(factors[KEYS[place]] + step, 1.0)}
    assert composite(better, {}, RatingConfig())[0] >= composite(factors, {}, RatingConfig())[0]


@pytest.mark.parametrize("weak", KEYS)
def test_a_weak_factor_cannot_be_bought_back(weak: FactorKey) -> None:
    perfect = dict.fromkeys(KEYS, 1.0)
    assert composite(perfect, {}, RatingConfig())[0] == pytest.approx(100.0)
    even = composite(dict.fromkeys(KEYS, 0.75), {}, RatingConfig())[0]
    assert composite({**perfect, weak: 0.01}, {}, RatingConfig())[0] < even


def test_a_factor_of_nothing_still_gives_a_finite_rating() -> None:
    value, draws = composite(dict.fromkeys(KEYS, 0.0), {k: np.zeros(3) for k in KEYS}, RatingConfig())
    assert 0.0 <= value < 1.0
    assert np.isfinite(draws).all()


@given(value=st.floats(0, 1), seed=st.integers(0, 50))
def test_an_interval_always_holds_its_value(value: float, seed: int) -> None:
    found = interval(value, np.random.default_rng(seed).random(30))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= value <= found.high


def test_scaling_an_estimate_keeps_what_is_unknown_unknown() -> None:
    assert Estimate(0.5, 0.25, None, "why").scaled(100) == Estimate(50.0, 25.0, None, "why")


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "poor"), (49.99, "poor"), (50, "average"), (69.99, "average"), (70, "good"), (90, "excellent"), (100, "excellent")],
)
def test_bands_begin_at_their_lower_edge(score: float, band: str) -> None:
    assert band_of(score) == band
    assert band_of(None) == "none"


@pytest.mark.parametrize(("labels", "worst"), [(1, 1), (4, 1), (14, 1), (20, 2), (100, 10)])
def test_the_worst_tenth_is_at_least_one_label(labels: int, worst: int) -> None:
    assert worst_count(labels) == worst


def test_the_worst_labels_lie_below_the_mean_of_all() -> None:
    rating = rated(world(labels=12, seed=2).evidence).rating
    worst, average = rating.factor("underperforming").score.value, rating.factor("all_labels").score.value
    assert worst is not None
    assert average is not None
    assert worst < average
    assert sum(label.worst or 0.0 for label in rating.labels) == pytest.approx(1.0)


def test_shares_of_how_items_were_found_are_told() -> None:
    evidence = world(reviewed=100, sources=["shuffle"] * 50 + ["search"] * 30 + ["rebalance"] * 20).evidence
    shown = {c.key: c.estimate.value for c in rated(evidence).rating.factor("balance").contributors}
    assert (shown["shuffle_ratio"], shown["text_search_ratio"], shown["rebalance_ratio"]) == (0.5, 0.3, 0.2)


def test_a_label_found_mostly_by_search_is_warned_of() -> None:
    evidence = world().evidence
    searched = replace(evidence, sources=np.where(evidence.targets[:, 1] == 1, "search", "shuffle"))
    by_name = {label.name: " ".join(label.warnings) for label in rated(searched).rating.labels}
    assert "found by search" in by_name["label 1"]
    assert "found by search" not in " ".join(" ".join(label.warnings) for label in rated(evidence).rating.labels)
