"""Why a project does not get on: causes are told apart, and what cannot be learned is neither ready nor at a plateau."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rating.balance import Balance
from rating.evidence import Evidence, RatingConfig
from rating.rate import Result
from recommend.causes import false_start_cause, seen_precision, stall_cause, unlearnable
from recommend.checks import APART
from recommend.records import Check
from recommend.rules import Terms
from recommend.stability import agreement, decisions
from recommend.stop import decide
from tests.builders import evidence_of, noise, rated, unit, world


def first(evidence: Evidence, count: int) -> Evidence:
    """The same project when only so many of its items were reviewed."""
    order = np.sort(np.random.default_rng(0).permutation(len(evidence.rows))[:count])
    return replace(
        evidence, rows=evidence.rows[order], targets=evidence.targets[order], sources=evidence.sources[order],
        settled=evidence.settled[order], chances=evidence.chances[order], drawn_from=evidence.drawn_from[order],
    )  # fmt: skip


def replayed(evidence: Evidence, counts: tuple[int, ...], terms: Terms) -> list[str]:
    """What a project is answered at these numbers of reviews, each check handed to the next."""
    history: list[tuple[int, float, float]] = []
    checks: list[Check] = []
    answers, last = [], None
    for count in counts:
        result = rated(first(evidence, count))
        score = result.rating.factor("all_labels").score
        history.append((count, (score.value or 0.0) / 100, ((score.high or 0.0) - (score.low or 0.0)) / 329))
        now = decisions(result)
        alike = agreement(last, now) if last is not None and now is not None else None
        stop = decide(result, history, config=RatingConfig(), terms=terms, checks=checks, alike=alike)
        last = now
        assert stop.check is not None
        checks.append(stop.check)
        answers.append(stop.answer)
        if stop.answer == "stalled":
            assert stop.mend is not None
    return answers


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_have_nothing_to_do_with_the_items_stall(seed: int) -> None:
    evidence = noise(items=900, reviewed=400, labels=6, dims=48, seed=seed)
    answers = replayed(evidence, (100, 150, 200, 250, 300, 350, 400), Terms(hour_worth=50.0))
    assert answers[-1] == "stalled"
    assert not {"ready", "plateau"} & set(answers)
    assert answers.index("stalled") <= 3


def test_labels_that_can_be_learned_do_not_stall() -> None:
    evidence = world(items=900, reviewed=400, labels=6, dims=48, strength=1.0).evidence
    answers = replayed(evidence, (100, 100 + APART, 200, 300, 400), Terms())
    assert "stalled" not in answers
    assert unlearnable(rated(evidence)) is None


def test_the_cause_of_chance_names_the_labels_and_asks_to_check_them() -> None:
    found = stall_cause(rated(noise(items=900, reviewed=300, labels=6, dims=48)))
    assert found.mend == "check"
    assert len(found.label_ids) >= 3
    assert "no better than chance" in found.words


def good() -> Result:
    return rated(world(items=600, reviewed=250).evidence)


def with_sources(result: Result, source: str) -> Result:
    sources = np.array([source] * len(result.evidence.rows), dtype=np.str_)
    return replace(result, evidence=replace(result.evidence, sources=sources))


def crowded(result: Result) -> Result:
    return replace(result, balance=Balance(0.7, np.full(4, 0.7), np.array([0.8, 0.2])))


def test_a_false_start_by_search_is_mended_by_chance_and_one_theme_by_discovery() -> None:
    assert false_start_cause(with_sources(good(), "search")).mend == "shuffle"
    assert false_start_cause(crowded(good())).mend == "discover"
    assert "80%" in false_start_cause(crowded(good())).words
    assert false_start_cause(good()).mend == "rebalance"


def test_stalls_tell_search_one_theme_and_nothing_apart() -> None:
    assert "search" in stall_cause(with_sources(good(), "search")).words
    assert stall_cause(crowded(good())).mend == "discover"
    assert "No single cause" in stall_cause(good()).words


def test_two_names_for_one_thing_are_to_be_merged() -> None:
    rng = np.random.default_rng(3)
    directions = unit(rng.standard_normal((3, 32)))
    truth = np.eye(3)[rng.integers(0, 3, 700)]
    features = unit(2.0 * truth @ directions + rng.standard_normal((700, 32)) / 6)
    either = rng.random(700) < 0.5  # the first label goes by two names, whichever comes to mind
    targets = np.column_stack([truth[:, 0] * either, truth[:, 0] * ~either, truth[:, 1], truth[:, 2]])
    rows = np.arange(0, 700, 2)
    found = stall_cause(rated(evidence_of({"dense": features}, rows, targets[rows])))
    assert found.mend == "merge"
    assert found.label_ids == (10, 11)


def test_what_the_model_has_seen_it_knows_better_than_what_it_has_not() -> None:
    result = rated(noise(items=900, reviewed=300, labels=4, dims=200))
    seen, unseen = seen_precision(result), result.rating.factor("all_labels").score.value
    assert seen is not None
    assert unseen is not None
    assert seen > unseen / 100.0 + 0.2
    assert seen_precision(rated(world(items=80, reviewed=10).evidence)) is None
