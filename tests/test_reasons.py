"""Reasons: the concern that an action mends comes first, with the figure that it rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rating.evidence import RatingConfig
from rating.health import concerns
from rating.records import Estimate
from recommend.candidates import Candidate
from recommend.plan import plan_actions
from recommend.pool import make_pool
from recommend.reasons import MENDS, reason_of, theme_of
from recommend.records import Kind
from recommend.value import credible
from tests.builders import rated, world


def test_concerns_by_hand() -> None:
    assert concerns(0, None, 0.0, 0.0, 25) == {"none": "No example yet: assign it once, or retire it."}
    assert concerns(40, 0.9, 0.0, 0.9, 25) == {}
    found = concerns(6, 0.42, 0.75, 0.3, 25)
    assert list(found) == ["few", "precision", "biased", "coverage"]
    assert found["few"] == "Very few examples: 6; 19 more make its figures firm."
    assert found["precision"] == "Very low average precision: 0.42."
    assert "75%" in found["biased"]
    assert "30%" in found["coverage"]
    assert concerns(20, 0.6, 0.0, 0.9, 25)["few"].startswith("Few examples: 20; 5 more")
    assert concerns(25, 0.6, 0.0, 0.9, 25) == {"precision": "Low average precision: 0.60."}


def test_few_reviews_found_by_search_are_no_bias() -> None:
    assert "biased" not in concerns(3, 0.9, 1.0, 0.9, 25)
    assert "biased" not in concerns(30, 0.9, 0.5, 0.9, 25)


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("teach", "Very low average precision: 0.40. "),
        ("confirm", "Few examples: 20; 5 more make its figures firm. "),
        ("check", "7 of its 20 assignments look wrong"),
        ("missed", "7 of the reviewed items without it"),
    ],
)
def test_the_concern_that_the_action_mends_comes_first(kind: Kind, begins: str) -> None:
    """A label of few examples and of low precision is taught for its precision, and confirmed for its number of examples."""
    result = rated(world(items=200, reviewed=100).evidence)
    weak = replace(result.rating.labels[0], positives=20, ap=Estimate(0.4), recall=0.3, by_search=0.0)
    result = replace(result, rating=replace(result.rating, labels=(weak, *result.rating.labels[1:])))
    pool = make_pool(result, RatingConfig())
    pool = replace(pool, worth=replace(pool.worth, positives=np.full(5, 20)))
    nothing = np.empty(0)
    about = Candidate(kind, "all_labels", pool.rows[:7], nothing, 0.0, pool.rows[:7], nothing, 7, label=0)
    assert reason_of(about, pool).startswith(begins)
    assert theme_of(about, pool, {}) == "label 0"


def test_the_precision_of_a_label_with_one_example_is_not_its_first_concern() -> None:
    result = rated(world(items=200, reviewed=100).evidence)
    lone = replace(result.rating.labels[0], positives=1, ap=Estimate(0.5))
    pool = make_pool(replace(result, rating=replace(result.rating, labels=(lone, *result.rating.labels[1:]))), RatingConfig())
    nothing = np.empty(0)
    about = Candidate("teach", "all_labels", pool.rows[:7], nothing, 0.0, pool.rows[:7], nothing, 7, label=0)
    assert reason_of(about, pool).startswith("Very few examples: 1; ")


@pytest.mark.parametrize(("positives", "asks"), [(1, "see which of them carry it."), (3, "confirm them in one key each.")])
def test_the_model_is_said_to_be_sure_only_where_its_suggestions_are(positives: int, asks: str) -> None:
    result = rated(world(items=200, reviewed=100).evidence)
    pool = make_pool(result, RatingConfig())
    believed = credible(np.ones_like(pool.probability), np.full(5, float(positives)))
    pool = replace(pool, believed=believed)
    nothing = np.empty(0)
    about = Candidate("confirm", "all_labels", pool.rows[:7], nothing, 0.0, pool.rows[:7], nothing, 7, label=0)
    assert reason_of(about, pool).endswith(asks)


def test_a_label_without_a_concern_is_told_by_its_precision() -> None:
    result = rated(world(items=900, reviewed=700, strength=3.0).evidence)
    reasons = [a.reason for a in plan_actions(result, RatingConfig(), names={}, top=50) if a.kind == "teach"]
    assert reasons
    assert all(reason.startswith(("Average precision 0.", "Average precision 1.")) for reason in reasons), reasons


def test_every_kind_of_work_on_a_label_says_what_it_mends() -> None:
    assert set(MENDS) >= {"teach", "confirm", "check", "missed"}
    assert all(MENDS.values())
