"""Coverage: what the labels and the model catch of what is in the data, and what nobody has come across yet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from rating.coverage import (
    OTHERS,
    any_label,
    caught,
    correctly_predicted,
    coverage_share,
    informativeness,
    message_coverage,
    message_coverage_truth,
    missing_mass,
    shuffles_to_certify,
    upper_bound,
)
from rating.factors import certificate
from tests.builders import rated, world


def test_missing_mass_counts_reviews_with_a_label_that_nobody_else_has() -> None:
    targets = np.zeros((6, 4))
    targets[[0, 1, 2], 0] = 1.0  # seen thrice
    targets[1, 1] = 1.0  # seen once, at random
    targets[5, 3] = np.nan
    found = missing_mass(targets, np.array([True] * 6))
    assert (found.seen_once, found.trials) == (1, 6)
    assert found.items == pytest.approx(1.5 / 7)
    assert found.incidences == pytest.approx(1.5 / 5)  # of four incidences one is alone
    assert found.items < found.upper < 1.0


def test_all_reviews_that_are_not_random_count_for_at_most_fifty() -> None:
    targets = np.zeros((300, 2))
    targets[0, 0] = targets[200, 1] = 1.0  # one found at random, one not
    random = np.arange(300) < 100
    found = missing_mass(targets, random)
    assert found.trials == pytest.approx(100 + OTHERS)
    assert found.seen_once == pytest.approx(1 + OTHERS / 200)
    assert missing_mass(targets[:120], random[:120]).trials == pytest.approx(120)


def test_a_label_found_elsewhere_is_no_longer_missing() -> None:
    targets, random = np.zeros((5, 1)), np.array([True] * 4 + [False])
    targets[0] = 1.0
    before = missing_mass(targets, random)
    targets[4] = 1.0
    assert (before.seen_once, missing_mass(targets, random).seen_once) == (1, 0)


def test_without_a_review_open_to_every_concept_the_missing_mass_cannot_be_told() -> None:
    nothing, one = np.zeros(3, dtype=bool), np.array([True, False, False])
    assert not missing_mass(np.ones((3, 1)), nothing).told
    assert not missing_mass(np.ones((3, 1)), nothing, nothing).told
    assert missing_mass(np.ones((3, 1)), nothing, one).told
    assert missing_mass(np.ones((3, 1)), one, nothing).told


def test_missing_mass_is_unbiased_over_many_projects_and_its_bound_holds() -> None:
    rng = np.random.default_rng(0)
    chance = np.array([0.3, 0.1, 0.05, *([0.004] * 40)])
    errors, held = [], []
    for _ in range(300):
        targets = (rng.random((150, len(chance))) < chance).astype(float)
        found = missing_mass(targets, np.arange(150) < 100)
        truth = 1.0 - np.prod(1.0 - chance[targets.sum(axis=0) == 0])
        errors.append(found.items - truth)
        held.append(found.upper >= truth)
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) > 0.005  # the single estimates do vary
    assert np.mean(held) >= 0.85


def test_a_project_of_searches_alone_is_told_to_shuffle() -> None:
    rating = rated(world(sources="search").evidence).rating
    assert rating.missing_mass.value is None
    assert "Shuffle" in rating.missing_mass.reason
    assert rating.factor("coverage").score.value is not None


def test_a_label_that_another_always_brings_along_says_little() -> None:
    targets = np.zeros((60, 3))
    targets[:30, 0] = 1.0  # the parent, always with its child
    targets[:30, 1] = 1.0
    targets[30:50, 2] = 1.0
    parent, child, free = informativeness(targets)
    assert parent < 0.1
    assert child < 0.1  # each implies the other
    assert free == 1.0
    targets[50:, 0] = 1.0  # now ten of forty come without the child
    parent, child, free = informativeness(targets)
    assert parent == pytest.approx(11 / 41)
    assert (child, free) == (1.0, 1.0)


def test_company_that_implies_nothing_does_not_make_a_label_uninformative() -> None:
    """A frequent companion, and one rare label that happened to come along once, leave a label what it says."""
    targets = np.zeros((200, 3))
    targets[:100, 0] = 1.0
    targets[:90, 1] = targets[120:150, 1] = 1.0  # comes with the first three times in four
    targets[0, 2] = 1.0
    assert informativeness(targets)[0] == pytest.approx(100 / 101)


def test_a_label_without_positives_is_taken_to_be_informative() -> None:
    assert informativeness(np.array([[0.0, 1.0], [np.nan, 1.0]])).tolist() == [1.0, 1.0]


def test_coverage_shares_by_hand() -> None:
    p = np.array([[0.9, 0.2], [0.1, 0.6], [0.0, 0.0]])
    limits = np.array([0.5, 0.5])
    assert caught(p, limits).tolist() == [0.9, 0.6]
    assert coverage_share(caught(p, limits), p.sum(axis=0), 0.1) == pytest.approx(1.5 / 1.8 * 0.9)
    assert correctly_predicted(p >= limits, p, np.ones(2)).tolist() == pytest.approx([0.9, 0.6, 0.0])
    assert correctly_predicted(p >= limits, p, np.array([0.0, 1.0])).tolist() == pytest.approx([0.0, 0.6, 0.0])
    assert any_label(p) == pytest.approx(((1 - 0.1 * 0.8) + (1 - 0.9 * 0.4)) / 3)
    assert any_label(p, np.array([1.0, 0.0])) == pytest.approx(1.0 / 3)


def test_message_coverage_is_exact_once_everything_is_reviewed() -> None:
    rng = np.random.default_rng(0)
    p, worth = rng.random((80, 3)), np.array([1.0, 0.4, 1.0])
    truth, limits = (rng.random((80, 3)) < p).astype(float), np.full(3, 0.6)
    value, deviation = message_coverage(p, limits, worth, np.arange(80), truth)
    assert value == pytest.approx(message_coverage_truth(p >= limits, truth, worth))
    assert deviation == 0.0


def test_message_coverage_of_a_sample_is_right_even_when_the_model_is_too_sure() -> None:
    rng, errors = np.random.default_rng(1), []
    for _ in range(40):
        p = rng.random((2000, 3))
        truth, limits = (rng.random((2000, 3)) < p**2).astype(float), np.full(3, 0.5)
        rows = rng.choice(2000, 300, replace=False)
        value, deviation = message_coverage(p, limits, np.ones(3), rows, truth[rows])
        errors.append((value - message_coverage_truth(p >= limits, truth, np.ones(3))) / deviation)
    assert abs(np.mean(errors)) < 0.5
    assert np.mean(np.abs(errors) < 1.645) > 0.8


def test_unjudged_labels_of_reviewed_items_count_as_expected() -> None:
    p = np.full((10, 1), 0.7)
    value, _ = message_coverage(p, np.array([0.5]), np.ones(1), np.arange(5), np.full((5, 1), np.nan))
    assert value == pytest.approx(0.7)


def test_labels_that_say_little_are_left_out_where_they_are_to_be() -> None:
    contributors = {c.key: c.estimate for c in rated(world().evidence).rating.factor("coverage").contributors}
    weighed, counted, left_out = (contributors[k] for k in ("coverage", "label_only_coverage", "informative_coverage"))
    for estimate in (weighed, counted, left_out):
        assert estimate.low is not None
        assert estimate.low < (estimate.value or 0.0) < (estimate.high or 0.0)
    assert (weighed.value or 0.0) <= (counted.value or 0.0)
    assert (left_out.value or 0.0) <= (counted.value or 0.0)


# Certifying


@settings(deadline=None)
@given(share=st.floats(0.005, 0.2), found=st.integers(0, 5), trials=st.integers(0, 400))
def test_the_reviews_that_certify_are_the_fewest_that_do(share: float, found: int, trials: int) -> None:
    trials = max(trials, found)
    more = shuffles_to_certify(share, found, trials)
    assert upper_bound(found, trials + more) < share
    assert more == 0 or upper_bound(found, trials + more - 1) >= share


@given(found=st.integers(0, 20), trials=st.integers(1, 300))
def test_the_upper_bound_is_the_exact_binomial_one(found: int, trials: int) -> None:
    found = min(found, trials - 1)
    assert binom.cdf(found, trials, upper_bound(found, trials)) == pytest.approx(0.1, abs=1e-6)


def test_the_certificate_says_how_many_reviews_are_left() -> None:
    targets = np.zeros((60, 1))
    found = missing_mass(targets, np.ones(60, dtype=bool))
    assert certificate(found).startswith("54 more random reviews")
    assert "certified" in certificate(missing_mass(np.zeros((200, 1)), np.ones(200, dtype=bool)))
