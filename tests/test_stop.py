"""The stop answer: every one can be given, each with what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.balance import Balance
from rating.evidence import RatingConfig
from rating.rate import Result
from rating.records import Estimate, Factor, LabelHealth, Rating
from recommend.checks import chance_below, quantiles
from recommend.records import Answer, Check, Stop
from recommend.rules import Terms
from recommend.stability import Agreement
from recommend.stop import decide, false_start, outlook, stalled, weak_labels
from tests.builders import evidence_of, rated, unit, world

KEYS = ("all_labels", "underperforming", "coverage", "balance")


def health(ap: float = 0.9, *, important: bool = False, name: str = "label") -> LabelHealth:
    return LabelHealth(1, name, important, 40, 100, Estimate(ap, ap, ap), 0.5, 0.9, 0.9, 0.9, 0.1, 1.0, 0.1, 0.0)


def state(
    value: float = 80.0, *, width: float = 6.0, reviewed: int = 1000, balance: float = 0.95, missing: float = 0.01,
    labels: tuple[LabelHealth, ...] = (), largest: float = 0.1, factors: dict[str, float] | None = None,
) -> Result:  # fmt: skip
    """A rated project with these figures, as ``decide`` sees it."""
    half = width / 2
    scores = {**dict.fromkeys(KEYS, value), "balance": 100 * balance, **(factors or {})}
    rating = Rating(
        Estimate(value, value - half, value + half),
        tuple(Factor(key, key, Estimate(scores[key], scores[key], scores[key]), 0.25, (), "") for key in KEYS),  # type: ignore[arg-type]
        labels or (health(),), (), False, reviewed, 10_000, Estimate(missing / 2, 0.0, missing),
    )  # fmt: skip
    shares = np.array([largest, 1 - largest]) if largest > 0.5 else np.full(10, 0.1)
    draws = np.random.default_rng(0).normal(value, max(width, 0.01) / 3.29, 400)
    nothing = evidence_of({"dense": unit(np.eye(2))}, np.arange(1), np.ones((1, 1)))
    return Result(rating, nothing, None, Balance(balance, np.full(4, balance), shares), draws=draws)


def answer(result: Result, history: list[tuple[int, float, float]] | None = None, **settings: Any) -> Stop:
    seconds = settings.pop("seconds", 7.0)
    hours = settings.pop("hours", 0.0)
    checks, alike = settings.pop("checks", ()), settings.pop("alike", Agreement(0.99, 0.98))
    return decide(
        result,
        history or [],
        config=RatingConfig(),
        terms=Terms(**settings),
        seconds=seconds,
        hours=hours,
        checks=checks,
        alike=alike,
    )


def idle_check(reviewed: int, points: float = 0.1, kappa: float | None = 0.99) -> Check:
    """A check at which the next hour was to bring about so many points."""
    return Check(reviewed, tuple(np.linspace(0.5 * points, 1.5 * points, 19)), kappa)


def flat(quality: float, *counts: int) -> list[tuple[int, float, float]]:
    return [(n, quality, 0.01) for n in counts]


def test_ready_when_the_target_is_met_with_confidence_and_no_label_is_weak() -> None:
    assert answer(state(85)).answer == "ready"
    assert answer(state(85), profile="automation").answer != "ready"
    assert answer(state(95, width=2), profile="automation").answer == "ready"


def test_not_ready_while_the_rating_may_well_lie_below_the_target() -> None:
    assert answer(state(71, width=12)).answer != "ready"


def test_not_ready_while_a_factor_is_below_good() -> None:
    assert answer(state(85, factors={"underperforming": 60.0})).answer != "ready"


def test_not_ready_while_an_important_label_is_weak() -> None:
    weak = state(85, labels=(health(0.6, important=True, name="fraud"), health()))
    assert answer(weak).answer != "ready"
    assert any("fraud" in verdict.words for verdict in answer(weak).rules)
    assert answer(state(85, labels=(health(0.6), health(0.95, important=True)))).answer == "ready"


def test_without_important_labels_only_poor_ones_are_weak() -> None:
    assert weak_labels(state(labels=(health(0.6, name="a"), health(0.4, name="b"))).rating) == ["b"]
    assert weak_labels(state(labels=(health(0.3, name="a"), health(0.65, important=True, name="b"))).rating) == ["b"]


IDLE = {"hour_worth": 5.0, "seconds": 20.0}


def test_plateau_when_two_checks_say_that_an_hour_is_not_worth_it() -> None:
    settled = state(66, reviewed=3000, missing=0.005)
    stop = answer(settled, flat(0.82, 1500, 2500, 3000), checks=[idle_check(2900)], **IDLE)
    assert stop.answer == "plateau"
    assert stop.gain_per_hour is not None
    assert 0.0 < stop.gain_per_hour < 5.0


@pytest.mark.parametrize(
    "checks", [[], [idle_check(2990)], [idle_check(2900, points=9.0)], [idle_check(2800), idle_check(2900, points=9.0)]], ids=str
)
def test_a_single_idle_check_is_no_plateau(checks: list[Check]) -> None:
    found = answer(state(66, reviewed=3000, missing=0.005), flat(0.82, 1500, 2500, 3000), checks=checks, **IDLE)
    assert found.answer == "keep_going"


def test_no_plateau_while_the_models_decisions_still_change() -> None:
    settled, history = state(66, reviewed=3000, missing=0.005), flat(0.82, 1500, 2500, 3000)
    for checks, alike in (
        ([idle_check(2900)], Agreement(0.9, 0.9)),
        ([idle_check(2900)], None),
        ([idle_check(2900, kappa=0.9)], Agreement(0.99, 0.99)),
        ([idle_check(2900, kappa=None)], Agreement(0.99, 0.99)),
    ):
        assert answer(settled, history, checks=checks, alike=alike, **IDLE).answer == "keep_going"


def test_what_a_check_leaves_is_what_the_next_one_reads() -> None:
    first = answer(state(66, reviewed=2900, missing=0.005), flat(0.82, 1500, 2500, 2900), **IDLE)
    assert first.check is not None
    assert (first.check.reviewed, first.check.kappa, first.check.kappa_labels) == (2900, 0.99, 0.98)
    idle = next(rule.words for rule in first.rules if rule.rule == "hour_worth")
    assert f"{chance_below(first.check.gains, 5.0):.0%}" in idle
    second = answer(state(66, reviewed=3000, missing=0.005), flat(0.82, 1500, 2500, 3000), checks=[first.check], **IDLE)
    assert (first.answer, second.answer) == ("keep_going", "plateau")


@given(st.lists(st.floats(0, 10), min_size=2, max_size=50), st.floats(0, 10))
def test_a_kept_check_tells_the_chance_of_any_gain(gains: list[float], worth: float) -> None:
    kept = quantiles(np.array(gains))
    assert 0.0 <= chance_below(kept, worth) <= chance_below(kept, worth + 1.0) <= 1.0
    assert chance_below(kept, max(gains) + 1.0) == 1.0
    assert chance_below(kept, min(gains)) == 0.0


def test_no_plateau_while_undiscovered_concepts_are_not_ruled_out() -> None:
    assert (
        answer(state(66, reviewed=3000, missing=0.05), flat(0.82, 1500, 2500, 3000), checks=[idle_check(2900)], **IDLE).answer
        == "keep_going"
    )


def test_a_dearer_hour_reaches_the_plateau_sooner() -> None:
    settled, history, checks = state(66, reviewed=3000, missing=0.005), flat(0.82, 1500, 2500, 3000), [idle_check(2900)]
    answers = [answer(settled, history, hour_worth=w, seconds=20.0, checks=checks).answer for w in (0.01, 5.0)]
    assert answers == ["keep_going", "plateau"]


def test_keep_going_with_a_range_of_hours_to_the_target() -> None:
    stop = answer(state(60, reviewed=400), flat(0.6, 400))
    assert stop.answer == "keep_going"
    assert stop.hours is not None
    low, high = stop.hours
    assert 0.0 < low < high
    assert f"{low:.1f} to {high:.1f} hours" in stop.headline


def hours(target: float = 70.0, seconds: float = 7.0) -> tuple[float, float]:
    young = replace(health(0.6), positives=8)
    found = outlook(state(60, reviewed=400, labels=(young,)), [], target, seconds, RatingConfig()).hours
    assert found is not None
    return found


def test_slower_work_and_higher_targets_take_more_hours() -> None:
    assert hours(seconds=14.0) == pytest.approx((2 * hours()[0], 2 * hours()[1]))
    assert all(np.greater(hours(target=72.0), hours()))


def test_hours_are_unknown_when_the_target_is_out_of_reach() -> None:
    stuck = state(30, reviewed=100, factors={"balance": 1.0})
    assert answer(stuck, profile="automation").hours is None


def test_cannot_tell_while_the_interval_is_wide() -> None:
    stop = answer(state(60, width=40))
    assert stop.answer == "cannot_tell"
    assert "40" in stop.headline
    assert "80" in stop.headline


def test_cannot_tell_without_a_rating_and_says_what_is_missing() -> None:
    unrated = rated(world(items=80, reviewed=10).evidence)
    stop = answer(unrated)
    assert stop.answer == "cannot_tell"
    assert stop.evidence == unrated.rating.reasons
    assert (stop.hours, stop.gain_per_hour) == (None, None)


@pytest.mark.parametrize("figures", [{"balance": 0.4}, {"largest": 0.8}], ids=str)
def test_a_false_start_looks_in_too_few_places(figures: dict[str, float]) -> None:
    assert answer(state(60, reviewed=150, **figures)).answer == "false_start"  # type: ignore[arg-type]
    assert not false_start(state(60, reviewed=1000, **figures))  # type: ignore[arg-type]


def test_stalled_when_many_reviews_have_brought_nothing_at_a_low_level() -> None:
    history = flat(0.5, 400, 500, 600, 800)
    assert answer(state(50, reviewed=800), history).answer == "stalled"
    assert not stalled(flat(0.85, 400, 500, 600, 800))  # high enough
    assert not stalled(history[:3])  # too few checks
    assert not stalled([(400, 0.4, 0.01), (500, 0.5, 0.01), (600, 0.55, 0.01), (800, 0.62, 0.01)])  # it moves
    assert not stalled(flat(0.5, 400, 410, 420, 430))  # hardly any reviews since


def test_a_stall_is_no_plateau_though_another_hour_is_not_worth_it() -> None:
    idle, checks = state(66, reviewed=3000, missing=0.005), [idle_check(2900)]
    assert answer(idle, flat(0.5, 1500, 2000, 2500, 3000), checks=checks, **IDLE).answer == "stalled"


def test_a_project_that_once_looked_perfect_can_still_be_judged() -> None:
    assert stalled([(300, 1.0, 0.0), *flat(0.5, 400, 500, 600, 800)])
    assert not stalled(flat(1.0, 400, 500, 600, 800))


def every_answer() -> dict[str, Stop]:
    idle = state(66, reviewed=3000, missing=0.005)
    return {
        "ready": answer(state(85)),
        "plateau": answer(idle, flat(0.82, 1500, 2500, 3000), checks=[idle_check(2900)], **IDLE),
        "keep_going": answer(state(60, reviewed=400), flat(0.6, 400)),
        "cannot_tell": answer(state(60, width=40)),
        "false_start": answer(state(60, reviewed=150, balance=0.4)),
        "stalled": answer(state(50, reviewed=800), flat(0.5, 400, 500, 600, 800)),
        "spent": answer(state(60, reviewed=400), flat(0.6, 400), budget_reviews=400.0),
    }


def test_every_answer_can_be_given_and_explains_itself() -> None:
    stops = every_answer()
    assert set(stops) == set(get_args(Answer))
    for name, stop in stops.items():
        assert stop.answer == name
        assert stop.headline.endswith(".")
        assert len(stop.evidence) >= 2
        assert {verdict.rule for verdict in stop.rules} >= {"target", "factors", "labels", "hour_worth", "unseen", "stable"}
        assert stop.reopen
        assert "nan" not in " ".join([stop.headline, *stop.evidence, *(verdict.words for verdict in stop.rules)])
    assert len({stop.headline.split(":")[0] for stop in stops.values()}) == 7


def test_the_next_hour_brings_less_the_more_is_known() -> None:
    gains = [
        np.median(outlook(state(v, reviewed=n), [], 70.0, 7.0, RatingConfig()).next_hour) for v, n in ((50, 200), (80, 2000))
    ]
    assert gains[0] > gains[1] > 0


def test_the_same_state_gives_the_same_answer() -> None:
    result = state(60, reviewed=400)
    assert answer(result, flat(0.6, 400)) == answer(replace(result), flat(0.6, 400))


def test_a_real_rating_can_be_decided_on() -> None:
    stop = answer(rated(world().evidence), flat(0.8, 200))
    assert stop.answer in get_args(Answer)
    assert stop.evidence


def test_skipped_items_are_not_left_to_ask() -> None:
    result = state(60.0, reviewed=9_900)
    assert outlook(result, [], 70.0, 7.0, RatingConfig()).next_reviews == 100.0
    assert outlook(result, [], 70.0, 7.0, RatingConfig(), skipped=95).next_reviews == 5.0
    stop = decide(result, [], config=RatingConfig(), skipped=100)
    assert next(v for v in stop.rules if v.rule == "hour_worth").words == "Every item is reviewed."
