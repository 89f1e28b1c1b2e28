"""What actions promise, what they are found to have brought, and what a kind's record says of its next promise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.evidence import Floats
from recommend.efficacy import Done, Efficacy, efficacy
from recommend.promise import Promise, as_document, from_document, novelties, promise, second_look, settled
from recommend.value import Worth, credible
from tests.builders import unit

LABELS = (7, 8, 9)


def price(share: float = 10.0) -> Worth:
    """Three labels alike, of which the last is worth nothing."""
    of_each = (np.ones(3), np.array([share, share, 0.0]), np.full(3, 0.5), np.full(3, 0.7), np.full(3, 5.0))
    return Worth(*of_each, coverage=0.0, balance=0.0, rating=60.0)


def made(probability: Floats, rest: float = 0.0, efficacy: Floats | None = None) -> Promise:
    lessons = np.ones_like(probability)
    ratios = np.ones(1) if efficacy is None else efficacy
    return promise(price(), LABELS, probability, lessons, rest, ratios, np.random.default_rng(0))


def chances(items: int = 10, p: float = 0.4) -> Floats:
    return np.full((items, 3), p)


# Promises


def test_a_promise_is_what_its_answers_bring_on_average() -> None:
    one, rng = made(chances()), np.random.default_rng(1)
    brought = [float(one.brought(rng.random((10, 2)) < 0.4)) for _ in range(2000)]
    assert one.label_ids == (7, 8)
    assert one.expected == pytest.approx(np.mean(brought), rel=0.05)
    assert one.spread == pytest.approx(np.std(brought), rel=0.15)
    assert np.mean([one.low <= value <= one.high for value in brought]) > 0.85


def test_nothing_found_brings_the_rest_alone() -> None:
    one = made(chances(), rest=0.3)
    assert float(one.brought(np.zeros((10, 2)))) == pytest.approx(0.3)
    assert one.expected == pytest.approx(made(chances()).expected + 0.3)


def test_what_is_certain_has_no_spread() -> None:
    one = made(chances(p=1.0))
    assert one.spread == pytest.approx(0.0, abs=1e-9)
    assert one.low == pytest.approx(one.expected) == pytest.approx(one.high)


@given(answers=st.lists(st.booleans(), min_size=20, max_size=20), more=st.integers(0, 19))
def test_more_found_never_brings_less(answers: list[bool], more: int) -> None:
    found = np.array(answers, dtype=float).reshape(10, 2)
    better = found.copy()
    better.flat[more] = 1.0
    one = made(chances())
    assert float(one.brought(better)) >= float(one.brought(found))


def test_doubt_about_a_kind_widens_its_promise_and_a_poor_record_lowers_it() -> None:
    sure = made(chances())
    poor, doubtful = made(chances(), efficacy=np.array([0.5])), made(chances(), efficacy=np.array([0.2, 1.8]))
    assert poor.high == pytest.approx(0.5 * sure.high)
    assert doubtful.high - doubtful.low > sure.high - sure.low
    assert poor.expected == doubtful.expected == sure.expected  # learned apart, so that it is not counted twice


def test_a_promise_is_kept_as_it_was_given() -> None:
    one = made(np.random.default_rng(0).random((10, 3)))
    again = from_document(json.loads(json.dumps(as_document(one))))
    found = np.random.default_rng(1).random((10, 2)) < 0.4
    assert again.label_ids == one.label_ids
    assert float(again.brought(found)) == pytest.approx(float(one.brought(found)), rel=1e-3)
    assert (again.expected, again.low, again.high) == pytest.approx((one.expected, one.low, one.high), rel=1e-3)


def test_a_promise_that_hangs_on_no_label_is_kept_too() -> None:
    one = from_document(as_document(made(np.zeros((10, 3)), rest=0.5)))
    assert one.label_ids == ()
    assert float(one.brought(np.zeros((10, 0)))) == pytest.approx(0.5)
    assert (one.expected, one.spread) == (0.5, 0.0)


def test_items_in_another_order_promise_the_same() -> None:
    p = np.random.default_rng(0).random((10, 3))
    one = promise(price(), LABELS, p, 1.0 - p, 0.0, np.ones(1), np.random.default_rng(0))
    order = np.random.default_rng(2).permutation(10)
    found = np.random.default_rng(1).random((10, 2)) < 0.4
    assert float(one.in_order(order).brought(found[order])) == pytest.approx(float(one.brought(found)))
    assert float(one.in_order(order).brought(found)) != pytest.approx(float(one.brought(found)), rel=1e-6)


def test_labels_met_once_or_twice_are_believed_less() -> None:
    found = credible(np.full((2, 4), 0.5), np.array([1.0, 2.0, 3.0, 50.0]))
    assert found[0].tolist() == pytest.approx([0.15, 0.35, 0.5, 0.5])
    assert (found[0] == found[1]).all()


def test_what_was_seen_before_teaches_nothing_new() -> None:
    features = unit(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    found = novelties(features, np.array([0.2, 0.2, 1.0, 0.0]))
    assert found.tolist() == pytest.approx([0.8, 0.0, 0.0, 1.0 - np.sqrt(0.5)], abs=1e-6)
    assert novelties(features[:0], np.zeros(0)).shape == (0,)


def test_a_second_look_expects_what_it_is_worth() -> None:
    chance, lessons = second_look(np.array([0.2, 0.0, 9.0]), 0.5)
    assert (chance * lessons * 0.5).ravel().tolist() == pytest.approx([0.2, 0.0, 1.0])


# Settlements


@given(
    evidence=st.lists(st.floats(0, 5), min_size=1, max_size=5), rise=st.floats(-10, 10), deviation=st.floats(0.1, 8),
    spread=st.floats(0.01, 3),
)  # fmt: skip
def test_the_sum_lies_between_the_answers_worth_and_the_rise(
    evidence: list[float], rise: float, deviation: float, spread: float
) -> None:
    found = settled(evidence, [spread] * len(evidence), rise, deviation)
    low, high = sorted((sum(evidence), rise))
    assert low - 1e-9 <= sum(found) <= high + 1e-9


def test_a_rise_without_noise_is_credited_in_full_and_one_of_noise_alone_not_at_all() -> None:
    assert sum(settled([1.0, 2.0], [0.5, 0.5], 5.0, 0.0)) == pytest.approx(5.0)
    assert settled([1.0, 2.0], [0.5, 0.5], 5.0, 1e6) == pytest.approx([1.0, 2.0])


def test_what_is_more_uncertain_takes_more_of_the_rise() -> None:
    surer, unsure, unknown = settled([1.0, 1.0, None], [0.1, 1.0, 0.0], 6.0, 1.0)
    assert 1.0 < surer < unsure
    assert unknown > unsure - 1.0


# Efficacy


def test_nothing_done_changes_nothing() -> None:
    assert Efficacy().mean("teach") == efficacy([]).mean("teach") == 1.0
    assert efficacy([Done("teach", 0.0, 0.0, 3.0)]).mean("teach") == 1.0


@given(
    done=st.lists(
        st.builds(
            Done, st.sampled_from(["teach", "check"]), st.floats(0, 100, allow_subnormal=False), st.floats(0, 50),
            st.floats(-100, 500),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_a_ratio_is_positive_and_finite(done: list[Done]) -> None:
    known = efficacy([action for action in done if action.promised == 0.0 or action.promised > 1e-6])
    for kind in ("teach", "check", "discover"):
        assert 0.0 < known.mean(kind) < np.inf


@pytest.mark.parametrize("ratio", [0.2, 1.0, 3.0])
def test_a_ratio_moves_to_what_many_actions_show(ratio: float) -> None:
    few, many = (efficacy([Done("teach", 2.0, 0.5, 2.0 * ratio)] * count).mean("teach") for count in (2, 200))
    assert abs(many - ratio) <= abs(few - ratio) <= abs(1.0 - ratio)
    assert many == pytest.approx(ratio, rel=0.35)


def test_a_promise_that_hangs_on_luck_says_little() -> None:
    steady, lucky = (efficacy([Done("teach", 1.0, spread, 0.0)] * 3).mean("teach") for spread in (0.5, 3.0))
    assert steady < lucky < 1.0


def test_a_kind_not_tried_takes_after_all_kinds() -> None:
    known = efficacy([Done("teach", 2.0, 0.5, 0.2)] * 20)
    assert known.mean("teach") < known.mean("discover") < 1.0


def test_what_is_older_counts_less() -> None:
    good, bad = Done("teach", 2.0, 0.5, 2.0), Done("teach", 2.0, 0.5, 0.0)
    assert efficacy([good] * 20 + [bad] * 20).mean("teach") < efficacy([bad] * 20 + [good] * 20).mean("teach")


def test_exploration_fades() -> None:
    def width(count: int) -> float:
        known = efficacy([Done("teach", 2.0, 0.5, 2.0)] * count)
        return float(known.draws("teach", 4000, np.random.default_rng(0)).std())

    assert width(0) == pytest.approx(0.25, rel=0.1)
    assert width(0) > width(5) > width(50)


def test_ratios_are_drawn_by_seed_around_their_mean() -> None:
    known = efficacy([Done("teach", 2.0, 0.5, 1.0)] * 5)
    first, again = (known.sampled(["teach", "check"], np.random.default_rng(3)) for _ in range(2))
    assert first == again != known.sampled(["teach", "check"], np.random.default_rng(4))
    assert known.draws("teach", 4000, np.random.default_rng(0)).mean() == pytest.approx(known.mean("teach"), rel=0.05)
    assert Efficacy(certain=True).sampled(["teach"], np.random.default_rng(0)) == {"teach": 1.0}
