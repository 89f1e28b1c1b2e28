"""Lists drawn at random: the better items likelier, and the chance of each as it turns out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.evidence import Features, Floats, Ints, RatingConfig
from recommend.candidates import BATCH, Candidate, candidates, drawn
from recommend.draw import Drawn, draw
from recommend.plan import plan_actions
from recommend.pool import make_pool
from tests.builders import rated, unit, world

FRAME, LIST = 30, 8
NOTHING: Ints = np.empty(0, dtype=np.int64)


def apart(size: int) -> Features:
    """Items none of which resembles another."""
    return np.empty((size, 0), dtype=np.float32)


def values(size: int = FRAME, seed: int = 3) -> Floats:
    return np.random.default_rng(seed).random(size)


def near_copies(seed: int = 1) -> Features:
    """Six groups of five items that nearly say the same."""
    rng = np.random.default_rng(seed)
    return unit(np.repeat(rng.standard_normal((6, 12)), 5, axis=0) + 0.3 * rng.standard_normal((FRAME, 12)))


def repeated(features: Features, temperature: float, times: int = 2500) -> list[Drawn]:
    rng = np.random.default_rng(0)
    return [draw(values(), features, np.zeros(FRAME), LIST, rng, temperature) for _ in range(times)]


@pytest.fixture
def few_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chances found from fifty lists instead of two hundred: nearly as right on average, and four times as fast."""
    monkeypatch.setattr("recommend.draw.LISTS", 50)


@pytest.mark.usefixtures("few_lists")
@pytest.mark.parametrize("features", [apart(FRAME), near_copies()])
@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_chances_are_the_shares_of_lists_that_items_are_in(features: Features, temperature: float) -> None:
    lists = repeated(features, temperature)
    shares = np.bincount(np.concatenate([found.order for found in lists]), minlength=FRAME) / len(lists)
    chances = np.mean([found.chances for found in lists], axis=0)
    assert np.abs(chances - shares).max() < 0.035  # of which 0.03 are three times the noise of a share of 0.5
    assert np.abs(chances - shares).mean() < 0.01
    assert chances.sum() == pytest.approx(LIST, abs=0.1)
    assert np.corrcoef(values(), shares)[0, 1] > 0.5


@pytest.mark.parametrize("features", [apart(FRAME), near_copies()])
def test_the_chances_told_with_one_list_are_those_told_with_another(features: Features) -> None:
    chances = np.array([found.chances for found in repeated(features, 0.35, times=40)])
    assert (chances.std(axis=0) < 0.15 * chances.mean(axis=0)).all()
    assert np.abs(chances - chances.mean(axis=0)).max() < 0.15


@pytest.mark.usefixtures("few_lists")
@pytest.mark.parametrize("features", [apart(FRAME), near_copies()])
def test_what_was_drawn_weighted_by_its_chance_stands_for_the_whole_frame(features: Features) -> None:
    """The estimate of a total is unbiased: over many lists it misses by no more than its own noise."""
    amounts = np.random.default_rng(5).random(FRAME)
    guesses = [(amounts[found.order] / found.chances[found.order]).sum() for found in repeated(features, 0.7)]
    noise = float(np.std(guesses)) / np.sqrt(len(guesses))
    assert noise < 0.05 * amounts.sum()
    assert abs(np.mean(guesses) - amounts.sum()) < 3 * noise


def test_at_a_low_temperature_the_best_come_first_and_at_a_high_one_any() -> None:
    best = set(np.argsort(-values())[:LIST].tolist())
    cold, hot = ([len(best & set(found.order.tolist())) for found in repeated(apart(FRAME), t, 50)] for t in (0.02, 20.0))
    assert np.mean(cold) > 0.9 * LIST
    assert np.mean(hot) < 0.5 * LIST


@given(
    size=st.integers(1, 25), count=st.integers(1, 12), seed=st.integers(0, 99), dims=st.integers(1, 5),
    scale=st.sampled_from([0.0, 1e-250, 1.0, 1e6]), near=st.floats(-0.2, 1.0),
)  # fmt: skip
def test_every_list_is_sound(size: int, count: int, seed: int, dims: int, scale: float, near: float) -> None:
    rng = np.random.default_rng(seed)
    value, features = scale * np.round(rng.random(size), 1), unit(rng.standard_normal((size, dims)))
    found = draw(value, features, np.full(size, near), count, rng)
    assert len(found.order) == len(set(found.order.tolist())) == len(found.gains) == min(size, count)
    assert (found.gains >= 0).all()
    assert (found.gains <= value[found.order]).all()
    assert (found.chances > 0).all()
    assert (found.chances <= 1).all()
    assert size > count or (found.chances == 1).all()


def test_items_alike_in_value_have_the_same_chance() -> None:
    found = draw(np.ones(40), apart(40), np.zeros(40), 10, np.random.default_rng(0))
    assert found.chances == pytest.approx(np.full(40, 0.25), abs=0.02)


def test_a_copy_of_what_was_drawn_is_hardly_ever_drawn_too() -> None:
    features = unit(np.vstack([np.ones((2, 12)), np.eye(12)[:10]]))
    value, rng = np.array([1.0, 1.0, *[0.9] * 10]), np.random.default_rng(0)
    both = [set(draw(value, features, np.zeros(12), 4, rng).order.tolist()) >= {0, 1} for _ in range(300)]
    assert np.mean(both) < 0.05


def test_the_same_seed_draws_the_same_list() -> None:
    one, two = (draw(values(), apart(FRAME), np.zeros(FRAME), LIST, np.random.default_rng(7)) for _ in range(2))
    other = draw(values(), apart(FRAME), np.zeros(FRAME), LIST, np.random.default_rng(8))
    np.testing.assert_array_equal(one.order, two.order)
    np.testing.assert_array_equal(one.chances, two.chances)
    assert one.order.tolist() != other.order.tolist()


# Lists of a plan


def test_shuffle_has_the_same_chance_for_each() -> None:
    pool = make_pool(rated(world(items=400, reviewed=100).evidence), RatingConfig())
    rng = np.random.default_rng(0)
    shuffle = next(c for c in candidates(pool, rng) if c.kind == "shuffle")
    assert drawn(shuffle, NOTHING, pool, rng)[1].tolist() == [10 / 300] * 10


def test_what_others_have_is_no_part_of_the_frame() -> None:
    pool = make_pool(rated(world(items=900, reviewed=150, labels=4, strength=3.0, seed=3).evidence), RatingConfig())
    rng = np.random.default_rng(0)
    for candidate in (c for c in candidates(pool, rng) if c.kind != "shuffle"):
        used = candidate.frame[:2]
        left = candidate.without(used, pool, pool.worth)
        assert left.drawn_from == len(left.frame) == len(candidate.frame) - 2
        found, chances = drawn(left, used, pool, rng)
        assert set(found.rows.tolist()) <= set(candidate.frame[2:].tolist())
        assert len(chances) == len(found.rows) == len(found.gains) == min(BATCH, len(left.frame))


def test_every_action_keeps_the_chances_of_its_items() -> None:
    result = rated(world(items=900, reviewed=150, labels=4, seed=3).evidence)
    actions = plan_actions(result, RatingConfig(), names={}, top=50)
    assert actions
    for action in actions:
        assert len(action.chances) == len(action.items) <= action.candidates
        assert all(0 < chance <= 1 for chance in action.chances)
        if len(action.items) == action.candidates:
            assert set(action.chances) == {1.0}
        if action.kind == "shuffle":
            assert action.chances == pytest.approx([len(action.items) / action.candidates] * len(action.items))


def test_chances_go_with_their_items_when_a_list_is_ordered_for_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def numbered(candidate: Candidate, *_: object) -> tuple[Candidate, Floats]:
        rows = candidate.rows[:BATCH]
        return replace(candidate, rows=rows, gains=candidate.gains[:BATCH]), (rows + 100) / 1000

    monkeypatch.setattr("recommend.plan.drawn", numbered)
    for action in plan_actions(rated(world(items=800, reviewed=150).evidence), RatingConfig(), names={}):
        assert action.chances == pytest.approx(np.array(action.items) / 1000)


def test_another_seed_plans_other_items() -> None:
    result = rated(world(items=900, reviewed=150, labels=4, seed=3).evidence)
    one, two = (plan_actions(result, RatingConfig(seed=seed), names={}) for seed in (0, 1))
    assert {item for action in one for item in action.items} != {item for action in two for item in action.items}
