"""Habits: steady annotators are left alone, a planted change is found, and chance is computed exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import hypergeom

from rating.habits import Habit, Judged, dispersion, habits
from rating.habits import _counted as counted_chances
from rating.habits import _Part as Part

LABELS, PLANTED = 6, 3


def team(seed: int, *, count: int = 600, off: float = 0.5, alike: float = 0.5) -> Judged:
    """Three steady people who work through actions of ten items.

    The model is off by ``off`` logits on searched items, and by chance (deviation ``alike``) on the items of each action.
    """
    rng = np.random.default_rng(seed)
    batches = np.arange(count) // 10
    people = np.array(["Ann", "Ben", "Cy"])[rng.integers(0, 3, count)][batches * 10]
    sources = np.array(["shuffle", "teach", "search"])[rng.integers(0, 3, count)][batches * 10]
    x = rng.normal(-2.0, 2.0, (count, LABELS))
    truth = x + off * (sources == "search")[:, None] + alike * rng.standard_normal((count, LABELS))[batches]
    targets = (rng.random((count, LABELS)) < expit(truth)).astype(float)
    at = np.array([f"2026-11-01T00:00:00.{k:06d}" for k in range(count)])
    return Judged(people, at, sources, batches, targets, expit(x))


def changed(judged: Judged, share: float, how_often: float, person: str = "Ben") -> Judged:
    """From some moment on a person assigns a label to so many of the items that lack it."""
    mine = np.flatnonzero(judged.people == person)
    recent = mine[int(len(mine) * (1.0 - share)) :]
    targets = judged.targets.copy()
    lacking = recent[targets[recent, PLANTED] == 0.0]
    targets[lacking, PLANTED] = np.random.default_rng(7).random(len(lacking)) < how_often
    return replace(judged, targets=targets)


def found(judged: Judged) -> list[Habit]:
    return [habit for habit in habits(judged) if (habit.person, habit.label) == ("Ben", PLANTED)]


def test_steady_people_are_seldom_told_of_a_habit() -> None:
    told = [bool(habits(team(seed))) for seed in range(40)]
    assert sum(told) <= 5  # two are promised; more than five has a chance of 1 %


@pytest.mark.parametrize("seed", range(4))
def test_a_change_is_found_and_dated(seed: int) -> None:
    steady = team(seed, count=2400)
    drifting = found(changed(steady, 0.25, 0.3))
    assert not found(steady)
    assert len(drifting) == 1
    assert drifting[0].given > drifting[0].high > drifting[0].expected > drifting[0].low
    if drifting[0].against == "before":
        mine = steady.at[steady.people == "Ben"]
        assert drifting[0].since in (mine[len(mine) - int(part * len(mine))] for part in (0.5, 0.25, 0.125))


def test_one_person_who_changes_is_found_without_any_other() -> None:
    alone = team(1, count=1200)
    alone = changed(replace(alone, people=np.full(1200, "Ben")), 0.25, 0.4)
    assert [habit.against for habit in found(alone)] == ["before"]


def test_who_differs_from_the_others_throughout_is_found() -> None:
    drifting = found(changed(team(2, count=2400), 1.0, 0.2))
    assert [habit.against for habit in drifting] == ["others"]


def test_a_model_that_is_wrong_for_everybody_makes_nobody_drift() -> None:
    blind = team(3, count=1200)
    assert habits(replace(blind, expected=expit(logit(blind.expected) + 1.5))) == []


def test_what_was_not_judged_or_not_expected_says_nothing() -> None:
    drifting = changed(team(0, count=2400), 0.25, 0.4)
    nobody = np.where(np.arange(LABELS) == PLANTED, np.nan, 0.0)
    assert found(drifting)
    assert not found(replace(drifting, targets=drifting.targets + nobody))
    assert not found(replace(drifting, expected=drifting.expected + nobody))
    few = np.flatnonzero(drifting.people == "Ben")[:-30]
    kept = np.setdiff1d(np.arange(2400), few)
    cut = Judged(*(getattr(drifting, name)[kept] for name in ("people", "at", "sources", "batches", "targets", "expected")))
    assert all(habit.against == "others" for habit in found(cut))


def test_people_who_never_worked_on_the_same_kind_of_items_are_not_compared() -> None:
    drifting = changed(team(0, count=2400), 1.0, 0.4)
    apart = replace(drifting, sources=np.where(drifting.people == "Ben", "resolve", drifting.sources))
    assert [habit.against for habit in found(drifting)] == ["others"]
    assert not found(apart)


def test_with_equal_items_the_chance_is_hypergeometric() -> None:
    def cells(count: int) -> np.ndarray:
        return np.where(np.arange(113) == 50, count, 0)[None, :]

    least, chances = Part(cells(20), np.array([5]), cells(30), np.array([4])).chances()
    assert least == 0
    np.testing.assert_allclose(chances, hypergeom.pmf(np.arange(10), 50, 20, 9), atol=1e-12)


def test_counts_of_unlike_items_have_the_chances_of_their_sum() -> None:
    p = np.array([0.1, 0.6, 0.9])
    by_hand = np.convolve(np.convolve([0.9, 0.1], [0.16, 0.48, 0.36]), [0.1, 0.9])
    np.testing.assert_allclose(counted_chances(np.array([1, 2, 1]), p, np.arange(5)), by_hand, atol=1e-12)


def test_items_that_are_alike_within_actions_are_noticed() -> None:
    none, much = (team(4, count=1200, alike=alike) for alike in (0.0, 1.5))
    known = np.ones((1200, LABELS), dtype=bool)
    assert dispersion(none, known).mean() < 1.25
    assert dispersion(much, known).mean() > 2.0
    lone = replace(much, batches=np.full(1200, -1))
    assert dispersion(lone, known).tolist() == [1.0] * LABELS
