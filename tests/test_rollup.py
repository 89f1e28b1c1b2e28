"""Nested labels added up: by union, by mean, and with the weakest named."""

from __future__ import annotations

import numpy as np
import pytest

from rating.records import Estimate, LabelHealth
from rating.rollup import mean_of, rolled_up


def label(number: int, name: str, ap: float | None = 0.6, half: float = 0.1, positives: int = 10) -> LabelHealth:
    estimate = Estimate(None, reason="No example yet.") if ap is None else Estimate(ap, ap - half, ap + half)
    return LabelHealth(number, name, False, positives, 50, estimate, 0.5, 0.7, 0.6, 0.65, 0.1, 1.0, 0.1, 0.0)


LABELS = (label(7, "b > y", 0.4), label(3, "a", 0.9), label(5, "b > x > deep", None), label(4, "b > x", 0.8))
TARGETS = np.array([[1, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, np.nan], [0, 0, 1, np.nan], [np.nan, 0, 0, 0]], dtype=np.float32)


def test_parents_stand_before_those_below_them_and_count_their_union() -> None:
    nodes = {node.name: node for node in rolled_up(LABELS, TARGETS)}
    assert list(nodes) == ["a", "b", "b > x", "b > x > deep", "b > y"]
    assert [node.depth for node in nodes.values()] == [0, 0, 1, 2, 1]
    assert (nodes["b"].health, nodes["b"].positives) == (None, 3)
    assert nodes["b > x"].health is LABELS[3]
    assert nodes["b > x"].positives == 2
    assert [member.label_id for member in nodes["b"].members] == [7, 5, 4]
    assert nodes["a"].below == ()
    assert nodes["a"].positives == LABELS[1].positives


def test_a_parent_is_as_good_as_its_labels_on_average_and_names_the_weakest() -> None:
    nodes = {node.name: node for node in rolled_up(LABELS, None)}
    parent = nodes["b"]
    assert parent.ap.value == pytest.approx(0.6)
    assert parent.ap.low == pytest.approx(0.6 - 0.1 * 2**0.5 / 2)
    assert parent.ap.high == pytest.approx(0.6 + 0.1 * 2**0.5 / 2)
    assert parent.weakest == "b > y"
    assert parent.band == "average"
    assert parent.positives is None
    assert nodes["a"].weakest == ""


def test_without_any_example_nothing_is_told() -> None:
    found = mean_of([label(1, "x", None)])
    assert found.value is None
    assert found.reason
    assert rolled_up([label(1, "x > y", None)], None)[0].band == "none"
