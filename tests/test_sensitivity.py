"""Sensitivity: what a point more of each factor and label is worth, held against recomputed ratings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.evidence import WEIGHTS, RatingConfig
from rating.factors import worst_count
from rating.rate import composite
from rating.records import Contributor, Estimate, Factor, LabelHealth, Rating
from rating.sensitivity import Lever, levers
from tests.builders import rated, world

KEYS = tuple(WEIGHTS)


def label(number: int, ap: float | None, worst: float = 0.0) -> LabelHealth:
    estimate = Estimate(ap, ap, ap)
    return LabelHealth(number, f"label {number}", False, 10, 50, estimate, 0.5, 0.9, 0.9, 0.9, 0.1, 1.0, worst, 0.0)


def rating(values: dict[str, float], labels: tuple[LabelHealth, ...] = (), parts: tuple[Contributor, ...] = ()) -> Rating:
    """A rating whose factors (0-1) are these."""
    score = composite(values, {}, RatingConfig())[0]  # type: ignore[arg-type]
    factors = tuple(
        Factor(key, key, Estimate(100 * values[key]), WEIGHTS[key], parts if key == "coverage" else (), "")  # type: ignore[arg-type]
        for key in KEYS
    )
    return Rating(Estimate(score), factors, labels, (), False, 500, 5000, Estimate(0.01))


def by_key(found: tuple[Lever, ...]) -> dict[str, Lever]:
    return {lever.key: lever for lever in found}


@given(st.tuples(*[st.floats(0.05, 0.98)] * 4))
def test_the_effect_of_a_factor_is_what_recomputing_the_rating_says(shares: tuple[float, ...]) -> None:
    values = dict(zip(KEYS, shares, strict=True))
    now = composite(values, {}, RatingConfig())[0]  # type: ignore[arg-type]
    found = by_key(levers(rating(values)))
    for key in KEYS:
        nudged = composite({**values, key: values[key] + 1e-5}, {}, RatingConfig())[0]  # type: ignore[arg-type]
        assert found[key].effect == pytest.approx((nudged - now) / 1e-3, rel=2e-3)
        perfect = composite({**values, key: 1.0}, {}, RatingConfig())[0]  # type: ignore[arg-type]
        assert found[key].room == pytest.approx(perfect - now)
        if found[key].needed is not None:
            there = composite({**values, key: values[key] + found[key].needed}, {}, RatingConfig())[0]  # type: ignore[arg-type]
            assert there == pytest.approx(now + 1.0)
        else:
            assert perfect < now + 1.0


def test_the_weakest_of_equally_weighty_factors_moves_the_rating_most() -> None:
    found = levers(rating({"all_labels": 0.9, "underperforming": 0.3, "coverage": 0.9, "balance": 0.9}))
    assert found[0].key == "underperforming"
    assert [lever.effect for lever in found] == sorted((lever.effect for lever in found), reverse=True)


def test_a_label_counts_in_the_mean_and_where_it_may_be_the_worst() -> None:
    labels = (label(1, 0.2, worst=1.0), *(label(n, 0.8) for n in range(2, 6)))
    values = {"all_labels": 0.68, "underperforming": 0.2, "coverage": 0.8, "balance": 0.9}
    found, now = by_key(levers(rating(values, labels))), composite(values, {}, RatingConfig())[0]  # type: ignore[arg-type]
    assert worst_count(len(labels)) == 1
    for number, worst in ((1, True), (2, False)):
        step = 1e-4
        nudged = {**values, "all_labels": 0.68 + step / 5, "underperforming": 0.2 + step * worst}
        wanted = (composite(nudged, {}, RatingConfig())[0] - now) / (100 * step)  # type: ignore[arg-type]
        assert found[str(number)].effect == pytest.approx(wanted, rel=1e-3)
    assert found["1"].effect > 4 * found["2"].effect


def test_what_coverage_lacks_is_better_the_less_it_is() -> None:
    parts = (
        Contributor("missing_mass", "Undiscovered", Estimate(0.2), "share", ""),
        Contributor("unsure", "Unsure", Estimate(0.16), "share", ""),
    )
    values = {"all_labels": 0.8, "underperforming": 0.6, "coverage": 0.64, "balance": 0.9}
    found, now = by_key(levers(rating(values, (), parts))), composite(values, {}, RatingConfig())[0]  # type: ignore[arg-type]
    assert found["missing_mass"].fewer
    for key, best in (("missing_mass", 0.8), ("unsure", 0.8)):
        assert found[key].room == pytest.approx(composite({**values, "coverage": best}, {}, RatingConfig())[0] - now)  # type: ignore[arg-type]


def test_what_is_not_known_moves_nothing() -> None:
    unknown = Contributor("missing_mass", "Undiscovered", Estimate(None, reason="No review."), "share", "")
    found = levers(rating(dict.fromkeys(KEYS, 0.7), (label(1, None), label(2, 0.7, 1.0)), (unknown,)))
    assert {lever.key for lever in found} == {*KEYS, "2"}
    assert levers(rated(world(items=80, reviewed=10).evidence).rating) == ()


def test_a_rating_of_reviews_has_levers_for_all_its_factors_and_labels() -> None:
    result = rated(world(labels=5).evidence)
    found = levers(result.rating)
    assert len(found) == 4 + 2 + 5
    assert all(lever.room >= 0 and lever.effect > 0 and np.isfinite(lever.effect) for lever in found)


def test_weights_change_what_moves_the_rating() -> None:
    even = rating(dict.fromkeys(KEYS, 0.7))
    heavy = replace(even, factors=tuple(replace(f, weight=0.97 if f.key == "balance" else 0.01) for f in even.factors))
    assert levers(heavy)[0].key == "balance"
    assert levers(even)[0].key == "all_labels"
