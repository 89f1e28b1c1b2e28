"""The forecast: labels climb the label curve, unmet ones join, and a project's own history sets the pace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from rating.evidence import WEIGHTS, RatingConfig
from rating.forecast import PACE, Forecast, Labels, after, forecast, pace, thinned
from rating.records import Contributor, Estimate, Factor, LabelHealth, Rating

History = list[tuple[int, float, float]]
MIDDLING = ((0.5, 4), (0.7, 12), (0.85, 40), (0.6, 8))


def labels_of(pairs: tuple[tuple[float, int], ...]) -> Labels:
    ap, positives = zip(*pairs, strict=True)
    return Labels(np.array(ap), np.array(positives), np.full(len(ap), 0.1))


def rating_of(
    pairs: tuple[tuple[float, int], ...] = MIDDLING, *, reviewed: int = 400, half: float = 4.0, shuffle: float = 0.2,
    balance: float = 80.0, missing: float | None = 0.02, population: int = 10_000,
) -> Rating:  # fmt: skip
    """A rating whose labels have these average precisions and positives."""
    mean = 100 * float(np.mean([ap for ap, _ in pairs]))
    values = {"all_labels": mean, "underperforming": 100 * min(ap for ap, _ in pairs), "coverage": 65.0, "balance": balance}
    part = Contributor("shuffle_ratio", "Found by Shuffle", Estimate(shuffle), "share", "")
    factors = tuple(
        Factor(key, key, Estimate(v, v - half, min(v + half, 100.0)), WEIGHTS[key], (part,), "")  # type: ignore[arg-type]
        for key, v in values.items()
    )
    labels = tuple(
        LabelHealth(n, f"label {n}", False, positives, reviewed, Estimate(ap, ap, ap), 0.5, 0.9, 0.9, 0.9, 0.1, 1.0, 0.1, 0.0)
        for n, (ap, positives) in enumerate(pairs)
    )
    score = float(100 * np.exp(sum(WEIGHTS[k] * np.log(v / 100) for k, v in values.items())))
    return Rating(
        Estimate(score, score - half, score + half), factors, labels, (), False, reviewed, population, Estimate(missing)
    )


def ahead(rating: Rating | None = None, history: History | None = None, **settings: float) -> Forecast:
    return forecast(rating or rating_of(), history or [], RatingConfig(), **settings)


def test_without_further_reviews_everything_stays_as_it_is() -> None:
    view = ahead()
    for factor in view.rating.factors:
        now = view.factor(factor.key, 0.0)
        assert now.value == pytest.approx(factor.score.value)
        assert (now.low, now.high) == (pytest.approx(factor.score.low, abs=0.3), pytest.approx(factor.score.high, abs=0.3))
    score = view.score(0.0)
    assert score.value == pytest.approx(view.rating.score.value)
    assert score.low == pytest.approx(view.rating.score.low, abs=0.3)


@given(more=st.floats(1.0, 20_000.0), reviewed=st.integers(50, 5_000), half=st.floats(0.1, 20.0))
def test_more_reviews_bring_something_and_ranges_hold_what_is_expected(more: float, reviewed: int, half: float) -> None:
    view = ahead(rating_of(reviewed=reviewed, half=half))
    for key in ("all_labels", "underperforming", "coverage"):
        now, then, later = (view.factor(key, m) for m in (0.0, more, 2 * more))  # type: ignore[arg-type]
        assert now.value is not None
        assert then.value is not None
        assert then.low is not None
        assert then.high is not None
        assert now.value <= then.value <= (later.value or 0.0) <= 100.0
        assert 0.0 <= then.low <= then.high <= 100.0


def test_a_label_climbs_by_the_slope_of_its_positives() -> None:
    few, many = labels_of(((0.5, 3),)), labels_of(((0.5, 400),))
    assert logit(few.raised(1.02)[0]) == pytest.approx(0.78 * np.log(1.02), rel=0.02)
    assert logit(many.raised(2.0)[0]) == pytest.approx(0.08 * np.log(2.0), rel=0.02)
    np.testing.assert_allclose(few.raised(1.0), few.ap)
    twice = Labels(few.raised(2.0), np.array([6]), few.prevalence)
    np.testing.assert_allclose(twice.raised(2.0), few.raised(4.0), atol=1e-3)


def test_labels_not_met_yet_join_and_lower_the_mean() -> None:
    lone = ((0.3, 1),) * 6 + ((0.5, 2),) * 3 + ((0.9, 60),) * 4
    known = labels_of(lone)
    assert known.unmet() == (6.0, 3.75)
    assert known.joining(400, 0.0) == 0.0
    assert known.joining(400, 1e9) == pytest.approx(3.75)
    assert 2.0 < known.joining(400, 400.0) < 3.75
    assert labels_of(((0.5, 2), (0.9, 60))).joining(400, 400.0) == 0.0
    settled = tuple((ap, max(positives, 3)) for ap, positives in lone)
    rise = [ahead(rating_of(pairs)).factor("all_labels", 400.0).value for pairs in (lone, settled)]
    assert (rise[0] or 0.0) < (rise[1] or 0.0)


def test_coverage_gains_what_undiscovered_concepts_become_fewer() -> None:
    lone = ((0.3, 1),) * 6 + ((0.5, 2),) * 3 + ((0.9, 60),) * 4
    gain = [(ahead(rating_of(lone, missing=m)).factor("coverage", 400.0).value or 0.0) - 65.0 for m in (0.0, 0.2)]
    assert gain[1] > gain[0] + 5.0


def test_balance_stays_while_chance_keeps_its_share_and_moves_with_it() -> None:
    rating = rating_of(shuffle=0.2)
    assert ahead(rating).factor("balance", 400.0).value == pytest.approx(80.0)
    assert ahead(rating, shuffle=0.2).factor("balance", 400.0).value == pytest.approx(80.0)
    assert ahead(rating, shuffle=1.0).factor("balance", 400.0).value == pytest.approx(100 - 20 * 0.5**0.5, abs=0.5)
    assert (ahead(rating, shuffle=0.0).factor("balance", 400.0).value or 0.0) < 80.0
    assert ahead(rating_of(shuffle=1.0), shuffle=0.0).factor("balance", 400.0).value == pytest.approx(80.0)


def test_without_a_history_the_label_curve_holds() -> None:
    assert pace(labels_of(MIDDLING), 400, []) == (1.0, PACE)
    assert pace(labels_of(MIDDLING), 400, [(390, 0.6, 0.01), (400, 0.6, 0.01)]) == (1.0, PACE)
    assert pace(labels_of(MIDDLING), 400, [(0, 0.1, 0.1)]) == (1.0, PACE)


@pytest.mark.parametrize(("rise", "faster"), [(0.0, False), (0.4, True)])
def test_a_project_s_own_history_sets_the_pace(rise: float, faster: bool) -> None:
    known = labels_of(MIDDLING)
    mean, deviation = pace(known, 400, [(200, 0.6625 - rise, 0.005), (400, 0.6625, 0.005)])
    assert (mean > 1.0) is faster
    assert deviation < PACE
    vague, _ = pace(known, 400, [(200, 0.6625 - rise, 0.3), (400, 0.6625, 0.3)])
    assert abs(vague - 1.0) < abs(mean - 1.0)
    slow, quick = (ahead(history=h).factor("all_labels", 400.0).value for h in ([(200, 0.66, 0.005), (400, 0.66, 0.005)], []))
    assert (slow or 0.0) < (quick or 0.0)


def test_the_way_to_a_target_is_a_range_that_ends_where_items_end() -> None:
    low, high = ahead().reviews_to(70.0) or (0.0, None)
    assert high is not None
    assert 0.0 < low < high
    further, open_end = ahead().reviews_to(76.0) or (0.0, 0.0)
    assert further > low
    assert open_end is None
    assert ahead().reviews_to(20.0) == (0.0, 0.0)
    assert ahead().reviews_to(99.9) is None
    assert ahead(rating_of(population=450)).reviews_to(80.0) is None


def test_the_error_s_exponent_says_what_the_forecast_says() -> None:
    view = ahead()
    now, then = (view.factor("all_labels", m).value or 0.0 for m in (0.0, 400.0))
    powered = after(np.array([now / 100]), 400, 400, view.exponents(400.0)).mean()
    assert 100 * float(powered) == pytest.approx(then, abs=0.2)


def test_a_rating_without_labels_or_with_unknown_ones_is_foreseen_as_far_as_it_goes() -> None:
    rating = rating_of()
    unknown = replace(rating, labels=tuple(replace(label, ap=Estimate(None)) for label in rating.labels))
    assert ahead(unknown).factor("all_labels", 400.0).value == pytest.approx(rating.factor("all_labels").score.value)
    assert ahead(replace(rating, missing_mass=Estimate(None))).factor("coverage", 400.0).value is not None


@given(quality=st.floats(0.0, 0.99), reviews=st.integers(1, 10_000), more=st.floats(1.0, 10_000), exponent=st.floats(0.05, 1.0))
def test_more_reviews_bring_something_but_never_perfection(quality: float, reviews: int, more: float, exponent: float) -> None:
    now = np.array([quality])
    then = after(now, reviews, more, exponent)[0]
    assert quality < then < 1.0
    assert after(now, reviews, 0.0, exponent)[0] == pytest.approx(quality)
    assert after(now, reviews, 2 * more, exponent)[0] > then


def test_rating_often_does_not_make_the_forecast_surer() -> None:
    often = [(n, 0.60 + 0.06 * (n - 200) / 200, 0.02) for n in range(200, 401, 2)]
    assert len(thinned(often)) < 9
    assert pace(labels_of(MIDDLING), 400, often)[1] > 0.5 * PACE
