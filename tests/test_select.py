"""Choosing the mix of features and the penalty: by held-out precision, and only for a reason."""

from __future__ import annotations

import numpy as np
import pytest

from rating.evidence import Features, Floats
from rating.select import MIXES, PENALTIES, better, choose, held_out_precision
from tests.builders import noise, unit, world


def material(items: int = 200) -> tuple[Features, Features, Floats]:
    """Features that know the labels, features that know nothing, and the labels."""
    evidence = world(reviewed=items, labels=8, strength=1.2).evidence
    meaningless = unit(np.random.default_rng(9).standard_normal((items, 40)))
    return evidence.blocks["dense"][evidence.rows], meaningless, evidence.targets


@pytest.mark.parametrize("informative", ["first", "second"])
def test_the_block_that_knows_the_labels_gets_the_weight(informative: str) -> None:
    good, bad, targets = material()
    blocks = {"first": good, "second": bad} if informative == "first" else {"first": bad, "second": good}
    weights, _ = choose(blocks, targets, (), None)
    other = "second" if informative == "first" else "first"
    assert weights[informative] == 1.0
    assert weights[other] <= 0.25


def test_the_chosen_mix_is_better_than_the_usual_one_when_one_block_is_noise() -> None:
    good, bad, targets = material()
    weights, penalty = choose({"a": good, "b": bad}, targets, (), None)
    mixed = np.hstack([good * np.float32(weights["a"]), bad * np.float32(weights["b"])])
    usual = held_out_precision(np.hstack([good, bad]) / np.float32(np.sqrt(2)), targets, 0.5, ())
    assert held_out_precision(unit(mixed), targets, penalty, ()).mean() > usual.mean()


def test_the_usual_mix_is_kept_when_nothing_is_better() -> None:
    evidence = noise(labels=6)
    block = evidence.blocks["dense"][evidence.rows]
    assert choose({"a": block, "b": block}, evidence.targets, (), None)[0] == {"a": 1.0, "b": 1.0}


def test_a_last_choice_is_climbed_on_from() -> None:
    good, bad, targets = material()
    last = ({"a": 1.0, "b": 0.0}, 0.5)
    weights, penalty = choose({"a": good, "b": bad}, targets, (), last)
    assert weights["b"] <= 0.25
    assert penalty in PENALTIES
    other = choose({"renamed": good, "b": bad}, targets, (), last)[0]
    assert set(other) == {"renamed", "b"}


def test_a_single_block_has_all_the_weight_and_a_penalty_of_its_own() -> None:
    good, _, targets = material()
    weights, penalty = choose({"only": good}, targets, (), None)
    assert weights["only"] > 0
    assert penalty in PENALTIES


def test_the_choice_is_one_of_the_mixes_on_offer_and_repeatable() -> None:
    good, bad, targets = material()
    first, again = (choose({"a": good, "b": bad}, targets, (), None) for _ in range(2))
    assert first == again
    assert tuple(first[0].values()) in MIXES


def test_twins_do_not_recommend_a_mix() -> None:
    """Features that only recognise copies look perfect until the copies leave together."""
    rng = np.random.default_rng(2)
    features = np.repeat(unit(rng.standard_normal((60, 200))), 2, axis=0)
    targets = np.repeat((rng.random((60, 3)) < 0.4).astype(float), 2, axis=0)
    pairs = tuple(np.array([2 * k, 2 * k + 1]) for k in range(60))
    naive, grouped = (held_out_precision(features, targets, 0.5, twins).mean() for twins in ((), pairs))
    assert naive > 0.9
    assert grouped < 0.65


def test_labels_with_one_positive_have_no_say() -> None:
    good, _, targets = material()
    lone = targets.copy()
    lone[:, 0] = 0.0
    lone[0, 0] = 1.0
    precision = held_out_precision(good, lone, 0.5, ())
    assert np.isnan(precision[0])
    assert np.isfinite(precision[1:]).all()


def test_better_means_more_than_chance() -> None:
    old = np.array([0.5, 0.6, 0.7, 0.8])
    assert better(old + 0.05, old)
    assert not better(old, old)
    assert not better(old - 0.05, old)
    assert not better(old + np.array([0.3, -0.28, 0.3, -0.29]), old)
    assert not better(np.full(4, np.nan), old)
