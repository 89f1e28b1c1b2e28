"""What an item costs: what is shown is confirmed, the rest assigned."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rating.evidence import Floats
from recommend.cost import (
    FOCUSED,
    FURTHER,
    LEAST_SHOWN,
    MOST_SHOWN,
    Times,
    expected_seconds,
    measured_times,
    shown,
    spent_seconds,
)
from recommend.records import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
HAND = Times(assign_focused=5.0, assign_switching=7.0, confirm_focused=2.0, confirm_switching=3.0)


def test_the_six_likeliest_of_five_percent_or_more_are_shown() -> None:
    p = np.array([[0.9, 0.05, 0.049, 0.0], [0.01, 0.02, 0.03, 0.04]])
    assert shown(p).tolist() == [[True, True, False, False], [False] * 4]
    many = np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]])
    assert shown(many).tolist() == [[False, False, *[True] * 6]]
    assert shown(np.full((1, 8), 0.5))[0].tolist() == [True] * 6 + [False] * 2


@given(p=arrays(float, st.tuples(st.integers(0, 5), st.integers(1, 12)), elements=st.floats(0, 1)))
def test_nothing_likelier_is_left_out_of_what_is_shown(p: Floats) -> None:
    on_screen = shown(p)
    for row, seen in zip(p, on_screen, strict=True):
        assert seen.sum() == min((row >= LEAST_SHOWN).sum(), MOST_SHOWN)
        if seen.any() and not seen.all():
            assert row[seen].min() >= row[~seen].max() or row[~seen].max() < LEAST_SHOWN


def test_expected_seconds_by_hand() -> None:
    p = np.array([[0.9, 0.0], [0.0, 0.04], [0.0, 0.0], [0.8, 0.04]])
    wanted = [1.0 * 2, 0.96 * 2 + 0.04 * 5, 2.0, 0.96 * 2 + 0.04 * 5]
    assert expected_seconds(p, "teach", HAND).tolist() == pytest.approx(wanted)
    assert expected_seconds(p, "shuffle", HAND)[3] == pytest.approx(0.96 * 3 + 0.04 * 7)


def test_what_does_not_fit_on_screen_has_to_be_assigned() -> None:
    p = np.full((1, 8), 0.5)
    first = (6 * 0.5 * 2 + 2 * 0.5 * 5) / 4
    assert expected_seconds(p, "teach", HAND)[0] == pytest.approx(first * (1 + 3 * FURTHER))


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_an_item_costs_at_least_the_time_to_confirm_a_part_of_it(p: list[float]) -> None:
    for kind in KINDS:
        assert expected_seconds(np.array([p]), kind, Times())[0] > 0.0


def test_spent_seconds_by_hand() -> None:
    times = Times()
    assert spent_seconds(0, 0, "teach", times) == times.confirm_focused
    assert spent_seconds(3, 1, "teach", times) == pytest.approx(times.confirm_focused + 2 * times.assign_focused)
    assert spent_seconds(2, 2, "shuffle", times) == pytest.approx(2 * times.confirm_switching)
    assert spent_seconds(1, 0, "shuffle", times) == times.assign_switching


def test_a_theme_saves_time_and_confirming_is_faster_than_assigning() -> None:
    times = Times()
    for kind in KINDS:
        assert times.confirm(kind) < times.assign(kind)
        assert (times.assign(kind) < times.assign("shuffle")) == (kind in FOCUSED)


def test_a_project_can_set_its_own_times() -> None:
    assert measured_times({}) == Times()
    assert measured_times({"assign_focused": 4, "unknown": 1}) == Times(assign_focused=4.0)
