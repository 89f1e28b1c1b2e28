"""Sampling strategies: textbook uncertainty of label sets, and mixing with chance that drops nothing and repeats nothing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rating.evidence import Floats
from recommend.strategies import (
    STRATEGIES,
    Scene,
    Strategy,
    batch_size,
    by_score,
    chances_by_rank,
    entropy,
    least_confidence,
    margin,
    mixed,
    ratio,
)
from tests.builders import unit

CHANCES = st.floats(0.0, 1.0, width=16)
TABLES = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(lambda shape: arrays(float, shape, elements=CHANCES))


def scene_of(probability: Floats, *, reviewed: int = 3, clusters: int = 3, seed: int = 0) -> Scene:
    rng = np.random.default_rng(seed)
    unit_rows = unit(rng.standard_normal((len(probability) + reviewed, 6)))
    return Scene(probability, unit_rows[reviewed:], unit_rows[:reviewed], np.arange(len(probability)) % clusters, seed)


def scene(items: int = 40, labels: int = 3, seed: int = 0) -> Scene:
    return scene_of(np.random.default_rng(seed).random((items, labels)) ** 2, seed=seed)


def label_sets(probability: Floats) -> Floats:
    """The chance of every label set, likeliest first: (U, 2^L)."""
    chosen = np.array(list(product((0, 1), repeat=probability.shape[1])))
    p = probability[:, None, :]
    return -np.sort(-np.where(chosen[None] == 1, p, 1.0 - p).prod(axis=2), axis=1)


@given(TABLES)
def test_each_uncertainty_is_its_textbook_formula_over_all_label_sets(probability: Floats) -> None:
    sets = label_sets(probability)
    logs = np.log(sets, where=sets > 0, out=np.zeros_like(sets))
    assert np.allclose(entropy(probability), -(sets * logs).sum(axis=1))
    assert np.allclose(least_confidence(probability), 1.0 - sets[:, 0])
    assert np.allclose(margin(probability), 1.0 - (sets[:, 0] - sets[:, 1]))
    assert np.allclose(ratio(probability), sets[:, 1] / sets[:, 0])


@given(TABLES)
def test_by_the_most_uncertain_label_all_four_give_the_order_of_ratio(probability: Floats) -> None:
    likelier = np.maximum(probability, 1.0 - probability)
    ranked = np.argsort(-ratio(probability), kind="stable")
    for doubt in (1.0 - likelier, 1.0 - (2.0 * likelier - 1.0)):
        assert (np.diff(doubt.max(axis=1)[ranked]) <= 1e-9).all()
    by_entropy = np.array([entropy(row[:, None]) for row in probability]).max(axis=1)
    assert (np.diff(by_entropy[ranked]) <= 1e-9).all()


@pytest.mark.parametrize("name", STRATEGIES)
@given(items=st.integers(1, 25), count=st.integers(0, 40), seed=st.integers(0, 50))
def test_every_strategy_names_each_item_once_and_the_first_ones_do_not_depend_on_how_many_are_asked_for(
    name: str, items: int, count: int, seed: int
) -> None:
    seen, order = scene(items, seed=seed), STRATEGIES[name].order
    assert sorted(order(seen, items).tolist()) == list(range(items))
    assert order(seen, count).tolist() == order(seen, items)[:count].tolist()


@pytest.mark.parametrize("name", STRATEGIES)
@given(items=st.integers(0, 25), count=st.integers(0, 40), share=CHANCES, seed=st.integers(0, 50))
def test_mixing_repeats_nothing_and_reaches_every_item(name: str, items: int, count: int, share: float, seed: int) -> None:
    chosen = mixed(scene(items, seed=seed), STRATEGIES[name], share, count, np.random.default_rng(seed))
    assert len(chosen.order) == len(chosen.random) == len(chosen.chances) == min(count, items)
    assert len(set(chosen.order.tolist())) == len(chosen.order)
    assert set(chosen.order.tolist()) <= set(range(items))
    if count >= items:
        assert (chosen.chances == 1.0).all()


@given(share=CHANCES, count=st.integers(1, 20), seed=st.integers(0, 50))
def test_places_that_chance_leaves_hold_the_best_items_not_taken_before(share: float, count: int, seed: int) -> None:
    seen, strategy = scene(20, seed=seed), STRATEGIES["entropy"]
    chosen, ranked = mixed(seen, strategy, share, count, np.random.default_rng(seed)), strategy.order(seen, 20).tolist()
    for place, (item, lucky) in enumerate(zip(chosen.order.tolist(), chosen.random.tolist(), strict=True)):
        if not lucky:
            taken = set(chosen.order[:place].tolist())
            assert item == next(other for other in ranked if other not in taken)


def test_without_chance_the_strategy_alone_decides_and_no_chances_are_known() -> None:
    seen, strategy = scene(), STRATEGIES["margin"]
    chosen = mixed(seen, strategy, 0.0, 10, np.random.default_rng(0))
    assert chosen.order.tolist() == strategy.order(seen, 10).tolist()
    assert np.isnan(chosen.chances).all()


def test_chances_are_those_that_many_draws_show() -> None:
    seen, strategy, rng = scene(12), STRATEGIES["entropy"], np.random.default_rng(1)
    ranked, found = strategy.order(seen, 12), np.zeros(12)
    for _ in range(20_000):
        found[mixed(seen, strategy, 0.35, 5, rng).order] += 1 / 20_000
    expected = chances_by_rank(12, 5, 0.35)[np.minimum(np.arange(12), 5)]
    assert np.abs(found[ranked] - expected).max() < 0.015
    one = mixed(seen, strategy, 0.35, 5, np.random.default_rng(0))
    assert one.chances.tolist() == [expected[ranked.tolist().index(item)] for item in one.order.tolist()]


@given(size=st.integers(1, 60), count=st.integers(1, 30), share=st.floats(0.01, 1.0))
def test_chances_add_up_to_the_items_chosen(size: int, count: int, share: float) -> None:
    count = min(count, size)
    chances = chances_by_rank(size, count, share)
    assert chances[:count].sum() + (size - count) * chances[-1] == pytest.approx(count)
    assert ((chances > 0) & (chances <= 1.0 + 1e-12)).all()


def test_the_random_strategy_gives_every_item_the_same_chance_whatever_the_share() -> None:
    chosen = mixed(scene(40), STRATEGIES["random"], 0.0, 10, np.random.default_rng(0))
    assert chosen.chances.tolist() == [0.25] * 10
    assert chosen.random.all()


def test_clusters_take_turns_each_with_its_most_uncertain_item() -> None:
    doubt = np.array([[0.5], [0.45], [0.4], [0.1], [0.2], [0.0]])
    seen = Scene(doubt, np.eye(6, dtype=np.float32), np.empty((0, 6), dtype=np.float32), np.array([7, 7, 7, 2, 2, 4]))
    assert STRATEGIES["cluster"].order(seen, 6).tolist() == [0, 4, 5, 1, 3, 2]


def test_ranked_batch_leaves_out_what_resembles_the_reviewed_and_the_chosen() -> None:
    rows = unit(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.01], [0.0, 0.0, 1.0]]))
    doubt = np.array([[0.5], [0.5], [0.49], [0.3]])
    seen = Scene(doubt, rows, unit(np.array([[1.0, 0.0, 0.0]])), np.zeros(4, dtype=np.int64))
    assert STRATEGIES["ranked-batch"].order(seen, 2).tolist() == [1, 3]


def test_ranked_batch_turns_to_uncertainty_as_reviews_come_in() -> None:
    rows, doubt = unit(np.array([[1.0, 0.0], [0.6, 0.8]])), np.array([[0.5], [0.01]])
    few, many = (Scene(doubt, rows, np.repeat(rows[:1], n, axis=0), np.zeros(2, dtype=np.int64)) for n in (1, 50))
    assert [STRATEGIES["ranked-batch"].order(s, 1).tolist() for s in (few, many)] == [[1], [0]]


def test_a_strategy_of_ones_own_can_be_mixed_in_too() -> None:
    likeliest = Strategy("Likeliest", "items that surely carry a label", by_score(lambda p: p.max(axis=1)))
    seen = scene()
    assert mixed(seen, likeliest, 0.0, 1, np.random.default_rng(0)).order[0] == seen.probability.max(axis=1).argmax()


def test_a_batch_grows_with_the_reviewed_between_its_bounds() -> None:
    assert [batch_size(n, start=20, share=0.2, most=60) for n in (0, 100, 200, 1000)] == [20, 20, 40, 60]
    assert batch_size(1000, start=150, most=100) == 150
