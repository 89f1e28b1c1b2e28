"""The stop answer label by label: each answer on its own side of its limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from rating.rate import Result
from rating.records import Estimate, LabelHealth
from recommend.label_stop import chance_above, flat_since, gain_of_doubling, label_stops
from recommend.records import LabelAnswer, LabelStop
from tests.builders import rated, world


@pytest.fixture(scope="module")
def real() -> Result:
    return rated(world().evidence)


def one(real: Result, ap: float | None, half: float = 0.1, positives: int = 40, history: Any = (), **changes: Any) -> LabelStop:
    """The answer of one label with these figures, against a target of .7."""
    estimate = Estimate(None) if ap is None else Estimate(ap, ap - half, ap + half)
    health: LabelHealth = replace(real.rating.labels[0], ap=estimate, positives=positives, **{"prevalence": 0.1, **changes})
    result = replace(real, rating=replace(real.rating, labels=(health,)))
    return label_stops(result, 0.7, {health.label_id: history})[0]


def test_every_answer_of_a_label_can_be_given(real: Result) -> None:
    found = {
        "ready": one(real, 0.85),
        "keep_going": one(real, 0.5),
        "plateau": one(real, 0.5, positives=400),
        "cannot_tell": one(real, 0.5, half=0.3, positives=4),
        "stalled": one(real, 0.12, half=0.05),
    }
    assert set(found) == set(get_args(LabelAnswer))
    for answer, stop in found.items():
        assert stop.answer == answer
        assert stop.words.endswith(".")


def test_a_label_is_ready_only_with_confidence(real: Result) -> None:
    assert one(real, 0.72, half=0.1).answer != "ready"
    assert one(real, 0.72, half=0.02).answer == "ready"


@pytest.mark.parametrize(("ap", "positives"), [(None, 0), (0.5, 1)])
def test_without_two_examples_nothing_is_told(real: Result, ap: float | None, positives: int) -> None:
    found = one(real, ap, positives=positives)
    assert (found.answer, found.ap, found.gain) == ("cannot_tell", None, None)
    assert found.words.startswith(f"{positives} example")


def test_a_label_asked_for_without_rising_has_stalled_however_it_is_named(real: Result) -> None:
    assert one(real, 0.4, positives=120, history=[(10, 0.45)]).answer == "stalled"
    assert one(real, 0.4, positives=60, history=[(10, 0.1)]).answer == "keep_going"
    assert one(real, 0.4, positives=15, history=[(10, 0.45)]).answer == "keep_going"
    assert one(real, 0.4, positives=60, history=[(2, 0.45)]).answer == "keep_going"


def test_flatness_is_counted_from_the_first_estimate_with_enough_examples() -> None:
    assert flat_since([(3, 0.1), (10, 0.5), (60, 0.5)], 120, 0.5) == 10
    assert flat_since([], 120, 0.5) is None


def test_half_of_the_usual_rise_is_no_stall() -> None:
    assert flat_since([(10, 0.38)], 60, 0.5) is None
    assert flat_since([(10, 0.55)], 60, 0.5) == 10


def test_twice_the_examples_bring_less_the_more_there_are_and_the_better_the_label_is() -> None:
    gains = [gain_of_doubling(0.6, n) for n in (4, 20, 100, 400)]
    assert gains == sorted(gains, reverse=True)
    assert gain_of_doubling(0.98, 20) < gain_of_doubling(0.6, 20)
    assert all(gain > 0 for gain in gains)


def test_the_chance_to_be_above_the_target_falls_as_the_target_rises() -> None:
    chances = [chance_above(0.7, 0.6, target) for target in np.linspace(0.4, 0.95, 12)]
    assert chances == sorted(chances, reverse=True)


def test_all_labels_of_a_rating_are_answered(real: Result) -> None:
    found = label_stops(real, 0.7, {})
    assert [stop.label_id for stop in found] == list(real.evidence.label_ids)
