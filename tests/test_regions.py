"""Parts of the map: what an outline holds, how items of it are drawn, and what themes and selections consist of."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st

from rating.projection import REACH
from recommend.regions import (
    CORNERS,
    STEPS,
    ground,
    inside,
    outline_of,
    spread,
    summarised,
    themes_of,
    written,
)
from recommend.serving import Served

CORNER = st.tuples(st.integers(0, STEPS), st.integers(0, STEPS))


def served(**changes: Any) -> Served:
    """What is known of items 1 to 6: two labels, of which the second says nothing of its own; items 1 and 4 are reviewed."""
    labels = [SimpleNamespace(informative=1.0), SimpleNamespace(informative=0.0)]
    known = Served(
        rating=cast(Any, SimpleNamespace(labels=labels, model_version=3)), plan=cast(Any, None), action_ids=(),
        focus=cast(Any, None), gates=(), encoder="lsa", share_done=None, uneven=(), item_ids=np.arange(1, 7), label_ids=(8, 9),
        label_names=("refund", "any"), 
        probability=np.array([[p, .95] for p in (.9, .1, .2, .3, .8, .05)], np.float32),
        trust=np.ones(2), threshold=np.array([0.6, np.inf]), seconds_an_item=5.0, rows=np.array([0, 3]),
        targets=np.array([[0, np.nan], [1, np.nan]], np.float32), clusters=np.array([0, 0, 1, 1, 1, 1], np.int32),
        themes={0: "refund, order", 1: "train"},
    )  # fmt: skip
    return replace(known, **changes)


def points(count: int) -> Any:
    return np.array([[10 * k, k] for k in range(count)], np.uint16)


def test_the_map_knows_what_the_plan_knows_of_its_items() -> None:
    found = ground(np.array([2, 4, 5, 9]), points(4), served())
    assert found.rows.tolist() == [1, 3, 4, -1]
    assert found.reviewed.tolist() == [False, True, False, False]
    assert found.themes.tolist() == [0, 1, 1, -1]
    assert found.confidence.tolist() == pytest.approx([0.1, 0.3, 0.8, np.nan], nan_ok=True)
    # 4 is unlikely to be explained by the model, but a person gave it an informative label; of 9 nothing is known
    assert found.unexplained.tolist() == [True, False, False, False]


def test_without_a_plan_or_a_model_nothing_is_unexplained() -> None:
    assert not ground(np.arange(1, 7), points(6), None).reviewed.any()
    found = ground(np.arange(1, 7), points(6), served(probability=None))
    assert not found.unexplained.any()
    assert [theme.unexplained for theme in themes_of(found)] == [None, None]


def test_themes_with_most_that_no_label_explains_come_first() -> None:
    first, second = themes_of(ground(np.arange(1, 7), points(6), served()))
    assert (first.number, first.words, first.items, first.reviewed, first.unexplained) == (1, "train", 4, 1, 2)
    assert (second.number, second.items, second.reviewed, second.unexplained) == (0, 2, 1, 1)
    assert (first.x, first.y) == (35, 3)


def test_a_selection_says_what_it_consists_of() -> None:
    about = summarised(ground(np.arange(1, 7), points(6), served()), np.array([0, 1, 2]), served())
    assert (about.items, about.reviewed, about.unexplained) == (3, 1, 2)
    assert [name for name, _ in about.labels] == ["any", "refund"]
    assert about.labels[1][1] == pytest.approx(0.4)


def test_an_outline_holds_what_lies_inside_it() -> None:
    grid = np.array([[x, y] for x in range(0, 101, 10) for y in range(0, 101, 10)])
    notched = ((0, 0), (100, 0), (100, 100), (50, 25), (0, 100))  # a piece is cut out of the top
    held = inside((grid * (REACH / STEPS)).round().astype(np.uint16), notched)
    truth = [(x, y) for x, y in grid.tolist() if held[list(map(tuple, grid.tolist())).index((x, y))]]
    assert (50, 10) in truth
    assert (50, 50) not in truth
    assert (10, 50) in truth
    assert (90, 50) in truth
    assert not inside(points(5), ((0, 0), (9, 9))).any()
    edges = np.array([[0, 0], [REACH, 5], [REACH, REACH]], np.uint16)
    assert inside(edges, ((0, 0), (STEPS, 0), (STEPS, STEPS), (0, STEPS))).all()


@limited(max_examples=30)
@given(CORNER, CORNER, st.lists(CORNER, min_size=1, max_size=20))
def test_a_rectangle_holds_exactly_what_lies_between_its_sides(a: tuple[int, int], b: tuple[int, int], places: Any) -> None:
    (x1, x2), (y1, y2) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    at = (np.array(places) * REACH // STEPS).astype(np.uint16)
    held = inside(at, ((x1, y1), (x2, y1), (x2, y2), (x1, y2)))
    x, y = (at * (STEPS / REACH)).T
    assert held[(x > x1) & (x < x2) & (y > y1) & (y < y2)].all()
    assert not held[(x < x1) | (x > x2) | (y < y1) | (y > y2)].any()


@limited(max_examples=30)
@given(st.lists(CORNER, min_size=3, max_size=CORNERS))
def test_an_outline_comes_back_from_the_address_as_it_was(outline: list[tuple[int, int]]) -> None:
    assert outline_of(written(outline)) == tuple(outline)


@pytest.mark.parametrize(
    "text", ["", "1", "1.2.3.4", "1.2.3.4.5", "1.2.3.4.5.x", "-1.2.3.4.5.6", ".".join(["1"] * 2 * (CORNERS + 1))]
)
def test_what_is_no_outline_chooses_nothing(text: str) -> None:
    assert outline_of(text) == ()


def test_a_sample_is_spread_over_all_with_neighbours_together() -> None:
    rng = np.random.default_rng(0)
    middles = np.array([[5000, 5000], [60000, 5000], [5000, 60000], [60000, 60000]])
    at = (middles.repeat(100, axis=0) + rng.integers(-900, 900, (400, 2))).astype(np.uint16)
    drawn = spread(at, 40)
    corner = drawn // 100
    assert np.bincount(corner).tolist() == [10, 10, 10, 10]
    assert np.count_nonzero(np.diff(corner)) == 3
    assert len(set(drawn.tolist())) == 40
    assert sorted(spread(at[:7], 40).tolist()) == list(range(7))
