"""Own times: the published medians without data, and what annotators do with much of it."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommend.cost import Times
from recommend.own_times import IDLE, Timed, own_times, parts


def spoken(count: int, times: Times, *, annotator: str = "ann", seed: int = 0, slow: float = 0.0) -> list[Timed]:
    """Reviews of every kind of work whose median seconds are these; ``slow`` is how much longer texts slow a person down."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        confirmed, assigned = rng.integers(0, 3, 2).tolist()
        kind, length = str(rng.choice(["teach", "shuffle"])), int(rng.integers(20, 2000))
        blank = Timed(1.0, confirmed, assigned, kind, length, annotator)
        noise = np.exp(0.4 * rng.standard_normal()) * (length / 500) ** slow
        found.append(replace(blank, seconds=float(parts(blank, times).sum() * noise)))
    return found


def test_without_data_the_medians_stand() -> None:
    assert own_times([], Times()) == Times()
    assert own_times([Timed(0.0, 1, 0, "teach", 10, "ann")], Times()) == Times()


def test_a_review_takes_what_its_decisions_take() -> None:
    times = Times()
    assert parts(Timed(1.0, 2, 1, "teach", 10, "a"), times).tolist() == [5.56, 0.0, 2 * 2.66, 0.0]
    assert parts(Timed(1.0, 0, 0, "shuffle", 10, "a"), times).tolist() == [0.0, 0.0, 0.0, 2.95]


@settings(deadline=None, max_examples=20)
@given(factor=st.floats(0.3, 3.0), seed=st.integers(0, 20))
def test_with_much_data_the_times_follow_it(factor: float, seed: int) -> None:
    truth = Times(**{name: factor * value for name, value in asdict(Times()).items()})
    found = asdict(own_times(spoken(800, truth, seed=seed), Times()))
    for name, value in asdict(truth).items():
        assert found[name] == pytest.approx(value, rel=0.25)


def test_few_reviews_move_the_times_a_little() -> None:
    fast = Times(*(0.5 * value for value in asdict(Times()).values()))
    few, many = (own_times(spoken(count, fast), Times()).assign_focused for count in (12, 300))
    assert fast.assign_focused < many < few < Times().assign_focused


def test_each_annotator_has_times_of_their_own() -> None:
    quick = Times(*(0.5 * value for value in asdict(Times()).values()))
    reviews = spoken(400, Times(), annotator="ann") + spoken(400, quick, annotator="bob", seed=1)
    ann, bob, everybody, stranger = (own_times(reviews, Times(), who).confirm_focused for who in ("ann", "bob", None, "cy"))
    assert bob < everybody < ann
    assert stranger == everybody
    assert bob == pytest.approx(quick.confirm_focused, rel=0.25)


def test_a_pause_is_no_work() -> None:
    reviews = spoken(50, Times())
    paused = [replace(review, seconds=2 * IDLE * float(parts(review, Times()).sum())) for review in spoken(20, Times(), seed=1)]
    assert own_times(reviews + paused, Times()) == own_times(reviews, Times())


def test_long_texts_are_not_mistaken_for_slow_people() -> None:
    reviews = spoken(600, Times(), slow=0.5)
    short = [review for review in reviews if review.length < 400]
    mixed = own_times(reviews, Times()).assign_switching
    assert mixed == pytest.approx(Times().assign_switching, rel=0.35)
    assert own_times(short, Times()).assign_switching < mixed


def test_a_second_look_says_nothing_of_what_assigning_takes() -> None:
    reviews = spoken(50, Times())
    again = [Timed(3.0, 0, 3, kind, 200, "ann") for kind in ("check", "missed", "merge", "resolve")] * 50
    assert own_times(reviews + again, Times()) == own_times(reviews, Times())
    assert own_times(again, Times()) == Times()
