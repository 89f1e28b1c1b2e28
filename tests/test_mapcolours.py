"""The map's colours: each item has the code that belongs to what is known of it, and the codes are named."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recommend.regions import Ground, ground, themes_of
from tests.test_regions import points, served
from views.mapcolours import (
    PALETTE,
    STEPS,
    aligned,
    apart,
    by_confidence,
    by_label,
    by_labels,
    by_novelty,
    by_review,
    by_theme,
    message,
)
from views.mapcomponent import face


def everything() -> Ground:
    """The map of items 1 to 6 that are served, and of a seventh that is not."""
    return ground(np.arange(1, 8), points(7), served())


def test_a_label_is_told_by_people_first_then_by_the_model() -> None:
    known = served(threshold=np.array([0.6, np.inf]), targets=np.array([[0, np.nan], [1, np.nan]], np.float32))
    found = by_label(everything(), known, 8)
    said = [found.names[code] for code in found.codes]
    assert said == [
        "a person said no", "possible (from 10 %)", "possible (from 10 %)", "a person said yes", "likely", "unlikely", "unlikely",
    ]  # fmt: skip


def test_the_likeliest_label_is_shown_where_it_passes_its_threshold() -> None:
    chance = np.array([[0.9, 0.1], [0.1, 0.7], [0.2, 0.1], [0.3, 0.1], [0.8, 0.9], [0.05, 0.1]], np.float32)
    known = served(probability=chance, threshold=np.array([0.6, 0.6]))
    found = by_labels(everything(), known)
    said = [found.names[code] for code in found.codes]
    assert said == ["none is likely", "any", "none is likely", "refund", "any", "none is likely", "none is likely"]
    assert found.counts == [4, 0, 1, 2] if found.names[2] == "refund" else [4, 0, 2, 1]


def test_a_label_whose_threshold_is_not_known_is_given_by_people_alone() -> None:
    found = by_label(everything(), served(), 9)
    assert "likely" not in {found.names[code] for code in found.codes if found.names[code] != "possible (from 10 %)"}


def test_confidence_and_novelty_go_from_little_to_much() -> None:
    found = by_confidence(everything())
    assert found.codes.tolist() == [6, 1, 2, 2, 5, 1, 0]
    assert found.colours[1:] == STEPS
    new = by_novelty(np.array([np.nan, 0.0, 0.5, 1.0]))
    assert new.codes[0] == 0
    assert all(a < b for a, b in pairwise(new.codes[1:].tolist()))


def test_reviewed_and_themes_are_counted() -> None:
    assert by_review(everything()).counts == [5, 2]
    found = by_theme(everything(), themes_of(everything()))
    assert found.names == ("no theme", "train", "refund, order")
    assert found.counts == [1, 4, 2]


def test_neighbouring_themes_have_other_colours_than_far_ones() -> None:
    middles = [(1000 * k, 0) for k in range(15)]
    chosen = apart(middles)
    assert len(set(chosen[: len(PALETTE)])) == len(PALETTE)
    assert all(a != b for a, b in pairwise(chosen))


def test_values_find_their_items() -> None:
    assert aligned(np.array([2, 3, 9]), np.array([1, 2, 9]), np.array([0.1, 0.2, 0.9])).tolist() == pytest.approx(
        [0.2, np.nan, 0.9], nan_ok=True
    )


def test_the_map_is_told_in_words_and_packed_small() -> None:
    drawn = face(everything(), themes_of(everything()), by_review(everything()), "Reviewed")
    assert drawn["alt"] == message(by_review(everything()), "Reviewed")
    assert "not reviewed: 5 of 7 items; reviewed: 2 of 7 items" in drawn["alt"]
    assert len(drawn["points"]) == 4 * -(-7 * 4 // 3)
    assert [place["words"] for place in drawn["places"]] == ["train", "refund, order"]
