"""The set of actions for the time at hand: within it, and better than any other."""

from __future__ import annotations

from itertools import combinations
from math import fsum

from hypothesis import given
from hypothesis import strategies as st

from recommend.fitting import best_within

ACTIONS = st.lists(
    st.tuples(st.one_of(st.none(), st.floats(-1.0, 5.0)), st.integers(1, 400)), max_size=8
)  # fmt: skip
ROUNDING = 1e-9


def points(gains: list[float | None], chosen: tuple[int, ...]) -> float:
    return fsum(gains[k] or 0.0 for k in chosen)


@given(ACTIONS, st.integers(0, 1500))
def test_no_other_set_within_the_time_promises_more(actions: list[tuple[float | None, int]], budget: int) -> None:
    gains, seconds = [gain for gain, _ in actions], [took for _, took in actions]
    chosen = best_within(gains, seconds, budget)
    assert fsum(seconds[k] for k in chosen) <= budget
    known = [k for k, gain in enumerate(gains) if gain is not None and gain > 0]
    assert set(chosen) <= set(known)
    assert len(set(chosen)) == len(chosen)
    every = [one for size in range(len(known) + 1) for one in combinations(known, size)]
    best = max(points(gains, one) for one in every if fsum(seconds[k] for k in one) <= budget)
    assert points(gains, chosen) >= best - ROUNDING


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.integers(1, 400)), max_size=40), st.integers(0, 4000))
def test_taking_the_best_points_per_second_first_is_never_better(actions: list[tuple[float, int]], budget: int) -> None:
    gains, seconds = [gain for gain, _ in actions], [took for _, took in actions]
    greedy: list[int] = []
    for k in sorted(range(len(actions)), key=lambda k: -gains[k] / seconds[k]):
        if fsum(seconds[j] for j in [*greedy, k]) <= budget:
            greedy.append(k)
    chosen = best_within(gains, seconds, budget)
    assert fsum(seconds[k] for k in chosen) <= budget
    assert points([*gains], chosen) >= points([*gains], tuple(greedy)) - ROUNDING


def test_the_best_for_its_time_comes_first() -> None:
    assert best_within([1.0, 3.0, 0.5], [10.0, 60.0, 50.0], 75.0) == (0, 1)


def test_two_that_fit_together_beat_a_richer_one() -> None:
    assert best_within([3.0, 2.0, 2.0], [60.0, 40.0, 40.0], 80.0) == (1, 2)


def test_nothing_is_chosen_of_which_nothing_is_known() -> None:
    assert best_within([None, 0.0, -1.0], [1.0, 1.0, 1.0], 100.0) == ()
    assert best_within([], [], 100.0) == ()
