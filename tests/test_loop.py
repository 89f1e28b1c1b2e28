"""Loop size: longer waits make longer loops, fresh lists lose nothing, and the bounds hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.loop import FRESH, LEAST, MOST, STEP, cost, loop_size, staleness

TIMES = st.floats(0.0, 600.0)


def test_a_usual_project_trains_again_after_a_plan() -> None:
    found = loop_size(500, 2.0, 5.0)
    assert FRESH <= found.items <= 2 * FRESH
    assert "2 s" in found.reason


def test_without_any_wait_the_shortest_loop_is_best() -> None:
    assert loop_size(500, 0.0, 5.0).items == LEAST
    assert loop_size(500, 0.0, 5.0).reason.endswith(".")


def test_a_list_loses_nothing_while_it_is_fresh_and_the_square_beyond() -> None:
    lost = staleness(np.array([10.0, 50.0, 100.0, 150.0]), 1000)
    assert lost[:2].tolist() == [0.0, 0.0]
    assert lost[3] / lost[2] == pytest.approx(4.0, rel=0.05)


def test_a_young_projects_lists_grow_stale_sooner() -> None:
    assert staleness(np.array([40.0]), 60)[0] > 0.0
    assert loop_size(60, 5.0, 5.0).items < loop_size(2000, 5.0, 5.0).items


@given(st.integers(1, 100_000), TIMES, TIMES, st.floats(0.5, 60.0))
def test_a_longer_wait_never_makes_a_shorter_loop(reviewed: int, one: float, other: float, seconds: float) -> None:
    short, long = (loop_size(reviewed, waiting, seconds).items for waiting in sorted((one, other)))
    assert LEAST <= short <= long <= MOST


@given(st.integers(1, 100_000), TIMES, st.floats(0.5, 60.0))
def test_no_other_loop_costs_less(reviewed: int, waiting: float, seconds: float) -> None:
    sizes = np.arange(LEAST, MOST + 1, STEP, dtype=float)
    best = cost(np.array([float(loop_size(reviewed, waiting, seconds).items)]), reviewed, waiting, seconds)
    assert best <= cost(sizes, reviewed, waiting, seconds).min() + 1e-6
