"""The order of an action's items keeps a person in one context."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rating.evidence import Features, Ints
from recommend.order import in_context
from tests.builders import unit


def items(rows: int, seed: int = 0) -> Features:
    return unit(np.random.default_rng(seed).standard_normal((rows, 4)))


def alike(rows: int) -> Ints:
    """All about the same."""
    return np.zeros(rows, dtype=np.int64)


@given(subjects=st.lists(st.integers(-1, 3), max_size=25), seed=st.integers(0, 99))
def test_every_item_comes_once_and_every_subject_in_one_go(subjects: list[int], seed: int) -> None:
    subject = np.array(subjects, dtype=np.int64)
    order = in_context(items(len(subject), seed), subject)
    assert sorted(order.tolist()) == list(range(len(subject)))
    assert (np.diff(subject[order]) != 0).sum() == max(len(np.unique(subject)) - 1, 0)


def test_the_largest_subject_comes_first_and_the_most_alike_follows() -> None:
    features = unit(np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 1.0], [1.0, 0.1], [1.0, 0.2]]))
    order = in_context(features, np.array([1, 0, 2, 1, 1]))
    assert order.tolist() == [0, 3, 4, 2, 1]


def test_neighbours_of_one_subject_resemble_each_other_more_than_at_random() -> None:
    def likeness(features: Features) -> float:
        return float((features[1:] * features[:-1]).sum(axis=1).mean())

    better = 0
    for seed in range(20):
        features = items(10, seed)
        better += likeness(features[in_context(features, alike(10))]) > likeness(features) + 0.1
    assert better >= 18
