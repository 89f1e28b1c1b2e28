"""Label noise and the reasons why labels are weak: they respond to what is planted, and stay silent without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from rating.doubt import NEEDED, POSITIVES, Doubt, doubt
from rating.evidence import Bools, Evidence, Floats
from rating.health import label_noise
from rating.reasons import rivals, split_twins
from rating.records import LabelHealth
from tests.builders import evidence_of, rated, unit, world


def judged(targets: Floats, settled: Bools | None = None) -> Evidence:
    blocks = {"dense": unit(np.random.default_rng(0).standard_normal((len(targets), 4)))}
    return evidence_of(blocks, np.arange(len(targets)), targets, settled=settled)


def scored(items: int = 800, labels: int = 6, seed: int = 0) -> tuple[Floats, Floats]:
    """Standardised scores and the truth that follows from them by a logistic curve."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((items, labels)) + 3.0 * (rng.random((items, labels)) < 0.12)
    return z, (rng.random(z.shape) < expit(-5.0 + 2.5 * z)).astype(float)


def noisy(truth: Floats, dropped: float, flipped: float, seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    return np.where(truth == 1, rng.random(truth.shape) >= dropped, rng.random(truth.shape) < flipped).astype(float)


def told(z: Floats, recorded: Floats) -> Doubt:
    found = doubt(z, judged(recorded))
    assert found is not None
    return found


def test_without_noise_hardly_a_label_is_doubted() -> None:
    z, truth = scored()
    found = told(z, truth)
    assert (found.wrong().value or 0.0) < 0.01
    assert (found.missed().value or 0.0) < 0.02


def test_planted_noise_is_noticed_in_its_kind_and_about_its_size() -> None:
    z, truth = scored()
    recorded = noisy(truth, 0.06, 0.0)
    found = told(z, recorded)
    assert 0.03 < (found.missed().value or 0.0) < 0.10
    assert (found.wrong().value or 0.0) < 0.01
    recorded = noisy(truth, 0.0, 0.01)
    found, real = told(z, recorded), float((1 - truth)[recorded == 1].mean())
    assert 0.4 * real < (found.wrong().value or 0.0) < 1.3 * real
    assert (found.missed().value or 0.0) < 0.02


def test_more_noise_means_more_doubt() -> None:
    z, truth = scored()
    shares = [told(z, noisy(truth, dropped, 0.0)).missed().value or 0.0 for dropped in (0.0, 0.05, 0.15, 0.3)]
    assert all(np.diff(shares) > 0)


def test_the_judgements_doubted_most_are_those_that_were_spoilt() -> None:
    z, truth = scored()
    recorded = noisy(truth, 0.05, 0.01)
    chance, spoilt = told(z, recorded).chance, recorded != truth
    top = np.argsort(-chance.ravel())[: int(spoilt.sum())]
    assert spoilt.ravel()[top].mean() > 0.5


def test_what_was_settled_by_a_second_look_is_not_doubted() -> None:
    z, truth = scored()
    recorded = noisy(truth, 0.1, 0.01)
    settled = np.arange(len(z)) % 2 == 0
    found = doubt(z, judged(recorded, settled))
    assert found is not None
    assert not found.chance[settled].any()
    assert found.chance[~settled].any()


def test_unknown_judgements_carry_no_doubt() -> None:
    z, truth = scored()
    recorded = noisy(truth, 0.1, 0.01)
    recorded[::3, 0] = np.nan
    assert not told(z, recorded).chance[::3, 0].any()


def test_too_few_assigned_labels_cannot_tell_and_say_what_is_needed() -> None:
    z, truth = scored(items=150, labels=2)
    assert truth.sum() < NEEDED
    assert doubt(z, judged(truth)) is None
    wrong, missed = label_noise(None)
    assert wrong.value is missed.value is None
    assert str(NEEDED) in wrong.reason


def test_a_label_with_too_few_examples_cannot_be_told_alone() -> None:
    z, truth = scored()
    truth[:, 0] = 0.0
    truth[: POSITIVES - 1, 0] = 1.0
    found = told(z, truth)
    assert label_noise(found, 0)[0].value is None
    assert label_noise(found, 1)[0].value is not None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.floats(0.0, 0.4), st.floats(0.0, 0.1))
def test_doubts_are_probabilities_and_shares_lie_in_their_intervals(seed: int, dropped: float, flipped: float) -> None:
    z, truth = scored(items=400, seed=seed)
    found = doubt(z, judged(noisy(truth, dropped, flipped, seed)))
    if found is None:
        return
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    for estimate in (found.wrong(), found.missed(), found.wrong(0), found.missed(0)):
        if estimate.value is not None:
            assert estimate.low is not None
            assert estimate.high is not None
            assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0


# Reasons


def reasons(evidence: Evidence) -> dict[str, LabelHealth]:
    return {label.name: label for label in rated(evidence).rating.labels}


def test_near_identical_items_judged_differently_are_counted_by_label() -> None:
    targets = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, np.nan], [1.0, 1.0], [0.0, 1.0]])
    assert split_twins(targets, (np.array([0, 1]), np.array([2, 3]))).tolist() == [1, 0]
    assert split_twins(targets, ()).tolist() == [0, 0]


def test_a_label_taken_for_another_names_it() -> None:
    """Label 1 looks like label 0 but is rare: what is taken for it carries label 0."""
    rng = np.random.default_rng(3)
    targets = np.zeros((400, 3))
    targets[:150, 0] = 1.0
    targets[150:190, 1] = 1.0
    targets[190:260, 2] = 1.0
    directions = unit(rng.standard_normal((3, 20)))
    directions[1] = unit(directions[:1] + 0.15 * directions[1:2])[0]
    features = unit(2.0 * targets @ directions + rng.standard_normal((400, 20)) / np.sqrt(20))
    result = rated(evidence_of({"dense": features}, np.arange(300), targets[:300]))
    assert result.assessment is not None
    limits = np.array([label.threshold or 1.0 for label in result.rating.labels])
    rival, share = rivals(result.evidence, result.assessment, limits)
    assert rival[1] == 0
    assert share[1] > 0.6
    weakest = result.rating.labels[1]
    assert weakest.worst is not None
    assert weakest.worst > 0.2
    assert any("Confused with label 0" in reason for reason in weakest.why)


def test_few_examples_are_a_reason_and_strong_labels_have_none() -> None:
    labels = reasons(world(items=600, reviewed=200, labels=6, prevalence=(0.3, 0.02), seed=4).evidence).values()
    for label in labels:
        assert bool(label.why) == ((label.worst or 0.0) >= 0.2)
    weak = [label for label in labels if (label.worst or 0.0) >= 0.2 and label.positives < 25]
    assert weak
    assert all(f"Few examples: {label.positives}" in label.why[0] for label in weak)


def test_examples_found_by_search_alone_are_a_reason() -> None:
    made = world(items=600, reviewed=200, labels=4, prevalence=(0.3, 0.05), seed=5)
    rare = made.evidence.targets[:, 3] == 1
    evidence = replace(made.evidence, sources=np.where(rare, "search", "shuffle"))
    label = rated(evidence).rating.labels[3]
    assert (label.worst or 0.0) >= 0.2
    assert any("Found by search: 100%" in reason for reason in label.why)


def test_contradicting_near_duplicates_are_a_reason() -> None:
    made = world(items=500, reviewed=160, labels=3, seed=6)
    features = made.evidence.blocks["dense"].copy()
    targets = made.evidence.targets.copy()
    worst = int(np.nanargmax([label.worst or 0.0 for label in rated(made.evidence).rating.labels]))
    features[made.evidence.rows[1]] = features[made.evidence.rows[0]]
    targets[0], targets[1] = 0.0, 0.0
    targets[1, worst] = 1.0
    label = rated(replace(made.evidence, blocks={"dense": features}, targets=targets)).rating.labels[worst]
    assert (label.worst or 0.0) >= 0.2
    assert any("1 group of near-identical items has" in reason for reason in label.why)


@pytest.mark.parametrize(("spoilt", "noticed"), [(0.0, False), (0.25, True)])
def test_inconsistent_reviews_are_a_reason(spoilt: float, noticed: bool) -> None:
    made = world(items=1500, reviewed=700, labels=4, strength=4.0, prevalence=(0.3, 0.15), seed=7)
    targets = made.evidence.targets.copy()
    assigned = np.flatnonzero(targets[:, 2] == 1)
    targets[assigned[: round(spoilt * len(assigned))], 2] = 0.0
    label = rated(replace(made.evidence, targets=targets)).rating.labels[2]
    assert any(reason.startswith("Inconsistent reviews") for reason in label.why) == noticed
    assert ((label.missed.value or 0.0) > 0.1) == noticed


def test_a_rating_says_what_it_knows_of_noise() -> None:
    few = {c.key: c.estimate for c in rated(world(reviewed=100).evidence).rating.factor("all_labels").contributors}
    assert few["wrong_labels"].value is None
    assert "review more" in few["wrong_labels"].reason
    many = rated(world(items=1500, reviewed=700, labels=4, strength=3.0, prevalence=(0.3, 0.15)).evidence).rating
    assert next(c for c in many.factor("all_labels").contributors if c.key == "missed_labels").estimate.value is not None
