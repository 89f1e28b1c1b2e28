"""The table of labels: what is kept, in what order, and what there is to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rating.records import Estimate
from recommend.labeltable import SORTS, Wanted, action_for, chosen, concerns_of
from tests.test_pages import CHECK
from tests.test_rollup import LABELS, TARGETS, label

FIRM = replace(label(9, "firm", 0.95), positives=60)


def names(wanted: Wanted) -> list[str]:
    return [node.name for node in chosen([*LABELS, FIRM], np.column_stack([TARGETS, TARGETS[:, 0]]), wanted, 25)]


def test_labels_are_found_by_text_band_and_warning() -> None:
    assert names(Wanted(text="B > X")) == ["b > x", "b > x > deep"]
    assert names(Wanted(band="excellent")) == ["a", "firm"]
    assert names(Wanted(concern="precision")) == ["b > y"]
    assert names(Wanted(concern="fine")) == ["firm"]
    assert set(concerns_of(LABELS[0], 25)) == {"few", "precision"}


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [("weakest", "b > y", "b > x > deep"), ("strongest", "firm", "b > x > deep"), ("most", "firm", "b > y")],
)
def test_labels_come_in_the_order_asked_for_and_the_unknown_last(sort: str, first: str, last: str) -> None:
    found = names(Wanted(sort=sort))
    assert (found[0], found[-1]) == (first, last)


def test_every_order_can_be_asked_for() -> None:
    assert {frozenset(names(Wanted(sort=sort))) for sort in SORTS} == {frozenset(names(Wanted()))}
    unknown = replace(LABELS[0], worst=None, ap=Estimate(None))
    assert [node.name for node in chosen([unknown, FIRM], None, Wanted(sort="risk"), 25)] == ["firm", "b > y"]


def test_the_top_level_adds_up_and_the_tree_keeps_the_parents_of_what_is_found() -> None:
    assert names(Wanted(level="top", sort="name")) == ["a", "b", "firm"]
    assert names(Wanted(level="tree", text="deep")) == ["b", "b > x", "b > x > deep"]
    assert names(Wanted(level="top", text="deep")) == ["b"]


def test_the_best_action_about_a_label_is_its_own() -> None:
    offered = [replace(CHECK, id=1, label_ids=(4,)), replace(CHECK, id=2, label_ids=(7, 5)), replace(CHECK, id=3, label_ids=(5,))]
    found = action_for(offered, [5, 3])
    assert found is not None
    assert found.id == 2
    assert action_for(offered, [3]) is None
