"""Pairs of labels: two names for one concept are found, two concepts are left alone, and an answer is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from data.records import StoredAction
from rating.evidence import Evidence, Ints, RatingConfig
from recommend.known import known_of
from recommend.merge import confused_pairs, merged_gain
from recommend.plan import plan_actions
from recommend.pool import Pool, make_pool
from recommend.records import Action, Known
from tests.builders import rated, stored, with_targets, world

NOBODY: frozenset[frozenset[int]] = frozenset()


def split(seed: int = 0) -> Evidence:
    """The first label's items go by two names, the last one's, by chance."""
    evidence = world(items=700, reviewed=300, labels=4, strength=3.0, seed=seed).evidence
    rng = np.random.default_rng(seed)
    targets = np.hstack([evidence.targets, np.zeros((300, 1))])
    moved = (targets[:, 0] == 1) & (rng.random(300) < 0.5)
    targets[moved, 0], targets[moved, 4] = 0.0, 1.0
    names = (*evidence.label_names, "label 4")
    return replace(
        with_targets(evidence, targets), label_ids=(10, 11, 12, 13, 14), label_names=names, important=(False,) * 5
    )  # fmt: skip


def pool_of(evidence: Evidence) -> Pool:
    return make_pool(rated(evidence), RatingConfig())


def merges(evidence: Evidence, apart: frozenset[frozenset[int]] | None = NOBODY) -> list[Action]:
    actions = plan_actions(rated(evidence), RatingConfig(), names={}, known=Known(apart=apart), top=50)
    return [action for action in actions if action.kind == "merge"]


def places(action: Action) -> Ints:
    return np.array(action.items) - 100


def test_two_names_for_one_concept_are_found_and_nothing_else() -> None:
    others = []
    for seed in range(4):
        first, *more = confused_pairs(pool_of(split(seed)))
        assert {first.first, first.second} == {0, 4}
        assert first.share >= first.alike > 0.3
        others += [*more, *confused_pairs(pool_of(world(strength=3.0, seed=seed).evidence))]
    assert len(others) <= 1  # of 64 pairs
    assert all(pair.alike < 0.2 for pair in others)


def test_the_pair_is_offered_with_the_items_that_both_claim() -> None:
    evidence = split()
    offered = merges(evidence)
    assert [set(action.label_ids) for action in offered] == [{10, 14}]
    action, pool = offered[0], pool_of(evidence)
    p = pool.probability[places(action)][:, [0, 4]]
    assert (p >= 0.5 * pool.thresholds[[0, 4]] - 1e-9).all()
    assert set(action.theme.split(" or ")) == {"label 0", "label 4"}
    assert action.reason.startswith("Confused: ")
    assert action.factor == "underperforming"
    assert action.gain
    assert action.gain > 0


def test_an_answered_pair_is_not_asked_again_and_nobody_is_asked_in_a_replay() -> None:
    assert merges(split(), frozenset({frozenset({14, 10})})) == []
    assert merges(split(), None) == []


def test_a_label_below_another_is_no_pair() -> None:
    evidence = split()
    nested = replace(evidence, label_names=("Delivery", "b", "c", "d", "Delivery > Late"))
    alike = replace(evidence, label_names=("Delivery", "b", "c", "d", "Delivery late"))
    assert confused_pairs(pool_of(nested)) == []
    assert len(confused_pairs(pool_of(alike))) == 1


def test_merging_one_concept_brings_more_than_merging_two() -> None:
    pool = pool_of(split())
    pair = confused_pairs(pool)[0]
    assert merged_gain(pool, pair) > 1.0
    assert 0.0 <= merged_gain(pool, replace(pair, first=1, second=2)) < merged_gain(pool, pair) / 2


def test_no_item_of_a_shuffle_is_asked_for_a_pair() -> None:
    actions = plan_actions(rated(split()), RatingConfig(), names={}, known=Known(apart=NOBODY), top=50)
    items = [item for action in actions for item in action.items]
    assert len(items) == len(set(items))


def test_what_was_asked_of_a_pair_is_read_from_the_actions(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=20, reviewed=4)
    asked = StoredAction(
        id=0, kind="merge", theme="", reason="", factor="underperforming", label_ids=(2, 1), item_ids=(), chances=(),
        candidates=0, predicted_gain=None, predicted_seconds=1.0, model_version=0, revision=0, state="started", created_at="",
        done_at=None, rating_before=None, realised_gain=None, seconds=None,
    )  # fmt: skip
    result = rated(world(items=100, reviewed=10).evidence)
    assert known_of(store, project.id, result).apart == frozenset()
    number = store.add_action(project.id, asked, "me").id
    assert known_of(store, project.id, result).apart == {frozenset({1, 2})}
    store.end_action(project.id, number, "done")
    assert known_of(store, project.id, result).apart == {frozenset({1, 2})}
    other = store.add_action(project.id, replace(asked, label_ids=(3, 4)), "me").id
    store.end_action(project.id, other, "dropped")
    assert known_of(store, project.id, result).apart == {frozenset({1, 2})}
