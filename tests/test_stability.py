"""How far two models decide alike: kappa, its comparison over items and labels that both know, and its compact form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from recommend.stability import SAMPLE, Decisions, agreement, decisions, fixed_sample, kappa, packed, unpacked
from tests.builders import rated, world


def said(items: int, labels: int, seed: int, rate: float = 0.3) -> Decisions:
    rng = np.random.default_rng(seed)
    numbers = np.sort(rng.choice(10 * items, items, replace=False)).astype(np.int64)
    return Decisions(numbers, tuple(range(5, 5 + labels)), rng.random((items, labels)) < rate)


def flipped(found: Decisions, share: float, seed: int = 9) -> Decisions:
    return replace(found, said=found.said ^ (np.random.default_rng(seed).random(found.said.shape) < share))


def test_kappa_is_cohens() -> None:
    first, second = said(300, 3, 0).said, said(300, 3, 1, 0.5).said
    expected = [cohen_kappa_score(a, b) for a, b in zip(first.T, second.T, strict=True)]
    assert kappa(first, second) == pytest.approx(expected)


def test_the_same_decisions_agree_wholly_and_unrelated_ones_by_chance() -> None:
    found = said(2000, 4, 2)
    assert agreement(found, found).overall == pytest.approx(1.0)
    assert agreement(found, found).labels == pytest.approx(1.0)
    other = replace(found, said=said(2000, 4, 3).said)
    assert agreement(found, other).overall == pytest.approx(0.0, abs=0.05)


def test_agreement_falls_with_the_share_of_changed_decisions() -> None:
    found = said(1000, 4, 4)
    values = [agreement(found, flipped(found, share)).overall or 0.0 for share in (0.0, 0.01, 0.05, 0.2)]
    assert values == sorted(values, reverse=True)
    p, changed = found.said.mean(), (found.said != flipped(found, 0.05).said).mean()
    assert values[2] == pytest.approx(1 - changed / (2 * p * (1 - p)), abs=0.01)  # disagreements over those by chance


def test_items_and_labels_that_only_one_of_the_models_knows_do_not_count() -> None:
    found = said(200, 3, 5)
    longer = Decisions(
        np.append(found.item_ids, [90_000, 90_001]),
        (99, *found.label_ids),
        np.pad(found.said, ((0, 2), (1, 0)), constant_values=True),
    )
    assert agreement(found, longer) == agreement(found, found)
    assert agreement(longer, found) == agreement(found, found)


def test_a_rare_label_weighs_as_much_as_a_common_one_in_the_mean_of_labels() -> None:
    common, rare = np.arange(100) < 50, np.arange(100) < 2
    before = Decisions(np.arange(100), (1, 2), np.stack([common, rare], axis=1))
    now = replace(before, said=np.stack([common, np.arange(100) == 0], axis=1))
    found = agreement(before, now)
    assert found.overall is not None
    assert found.labels is not None
    assert found.overall > 0.97 > 0.9 > found.labels


def test_nothing_decided_is_unknown_not_agreement() -> None:
    none = Decisions(np.arange(10), (1,), np.zeros((10, 1), dtype=bool))
    apart = replace(none, item_ids=np.arange(50, 60))
    for found in (agreement(none, none), agreement(none, apart)):
        assert (found.overall, found.labels) == (None, None)


@given(st.integers(1, 60), st.integers(0, 9), st.integers(0, 99))
def test_packing_loses_nothing(items: int, labels: int, seed: int) -> None:
    found = said(items, labels, seed)
    again = unpacked(packed(found))
    assert np.array_equal(again.item_ids, found.item_ids)
    assert again.label_ids == found.label_ids
    assert np.array_equal(again.said, found.said)


def test_two_thousand_items_with_a_hundred_labels_take_little_room() -> None:
    assert len(packed(said(2000, 100, 0, 0.02))) < 30_000


def test_the_sample_is_spread_and_hardly_moves_when_items_come() -> None:
    before, after = np.arange(1, 10_001), np.arange(1, 10_101)
    first, second = before[fixed_sample(before, 500, 0)], after[fixed_sample(after, 500, 0)]
    assert len(first) == len(set(first)) == 500
    assert abs(first.mean() - 5000) < 500
    assert len(np.intersect1d(first, second)) >= 485
    assert len(np.intersect1d(first, before[fixed_sample(before, 500, 1)])) < 100
    assert fixed_sample(before[:7], 500, 0).tolist() == list(range(7))


def test_a_models_decisions_are_those_of_its_thresholds() -> None:
    result = rated(world(items=400, reviewed=150).evidence)
    found = decisions(result)
    assert found is not None
    assert result.assessment is not None
    assert len(found.item_ids) == min(400, SAMPLE)
    for k, label in enumerate(result.rating.labels):
        assert found.said[:, k].sum() == (result.assessment.probability[:, k] >= (label.threshold or np.inf)).sum()
    assert decisions(rated(world(items=80, reviewed=10).evidence)) is None
