"""A whole rating: complete, honest where nothing can be told, and near the truth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from rating.evidence import Evidence, RatingConfig
from rating.learner import combine
from rating.rate import Result, describe_population, obstacles, rate
from rating.twins import members
from tests.builders import evidence_of, noise, rated, unit, with_targets, world

#: The sixteen contributors that a rating is expected to show, by factor.
EXPECTED = {
    "balance": {"bias_model_score", "shuffle_ratio", "rebalance_ratio", "text_search_ratio"},
    "coverage": {"coverage", "p_any_label", "expected_num_labels", "p_uninformative", "label_only_coverage"},
    "all_labels": {"mean_ap", "weighted_map", "num_poor_labels", "num_average_labels"},
    "underperforming": {"lowest_labels_poor_ratio", "lowest_labels_average_ratio", "lowest_labels_map"},
}


@pytest.fixture(scope="module")
def result() -> Result:
    return rated(world().evidence)


def numbers(value: Any) -> Iterator[float]:
    """Every number inside a record."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from numbers(asdict(value))
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, float):
        yield value


def check_sound(found: Result) -> None:
    """A rating holds no nan; its scores lie between 0 and 100 and inside their intervals, or are unknown with a reason."""
    rating = found.rating
    assert all(math.isfinite(number) for number in numbers(rating))
    for score in (rating.score, *(factor.score for factor in rating.factors)):
        if score.value is None:
            assert score.reason
        else:
            assert score.low is not None
            assert score.high is not None
            assert 0.0 <= score.low <= score.value <= score.high <= 100.0 + 1e-9
    for label in rating.labels:
        if label.ap.value is None:
            assert label.ap.reason
        else:
            assert 0.0 <= (label.ap.low or 0.0) <= label.ap.value <= (label.ap.high or 0.0) <= 1.0
    if found.assessment is not None:
        assert np.isfinite(found.assessment.probability).all()
        assert ((found.assessment.probability >= 0) & (found.assessment.probability <= 1)).all()


def test_every_factor_lies_between_0_and_100_inside_its_interval(result: Result) -> None:
    check_sound(result)
    assert result.rating.score.value is not None
    assert {factor.key for factor in result.rating.factors} == set(EXPECTED)
    assert sum(factor.weight for factor in result.rating.factors) == pytest.approx(1.0)
    assert result.rating.reasons == ()


@pytest.mark.parametrize("key", EXPECTED)
def test_all_contributors_of_a_factor_are_shown_with_a_definition(result: Result, key: Any) -> None:
    contributors = {c.key: c for c in result.rating.factor(key).contributors}
    assert EXPECTED[key] <= set(contributors)
    for contributor in contributors.values():
        assert contributor.title
        assert contributor.definition.endswith(".")
        value = contributor.estimate.value
        if value is None:  # unknown, and why
            assert contributor.estimate.reason
            continue
        assert 0.0 <= value <= (1.0 if contributor.unit == "share" else math.inf)


def test_the_same_seed_gives_the_same_rating_and_another_only_another_interval(result: Result) -> None:
    evidence = result.evidence
    assert rated(evidence).rating == result.rating
    other = rated(evidence, seed=5).rating
    assert other.score != result.rating.score
    assert other.factor("all_labels").score.value == result.rating.factor("all_labels").score.value


def test_weights_are_a_choice_that_the_rating_follows(result: Result) -> None:
    only = RatingConfig(weights={"all_labels": 2.0, "underperforming": 0.0, "coverage": 0.0, "balance": 0.0})
    assert rate(result.evidence, only).rating.score.value == pytest.approx(result.rating.factor("all_labels").score.value)


def test_the_truth_is_met_on_average() -> None:
    errors = []
    for seed in range(6):
        sample = world(items=1500, reviewed=300, labels=6, seed=seed, unseen=4000)
        found = rated(sample.evidence)
        assert found.assessment is not None
        scores = found.assessment.model.score(combine(sample.unseen, found.assessment.block_weights))
        truth = average_precision_score(sample.unseen_truth, scores, average="macro")
        errors.append((found.rating.factor("all_labels").score.value or 0.0) / 100.0 - truth)
    assert abs(np.mean(errors)) < 0.03, errors
    assert np.abs(errors).mean() < 0.05, errors


def test_labels_that_features_say_nothing_of_are_not_rated_well() -> None:
    found = rated(noise())
    value = found.rating.factor("all_labels").score.value
    assert value is not None
    assert value < 60.0
    assert value < (rated(world(labels=3).evidence).rating.factor("all_labels").score.value or 0.0)


def test_more_reviews_narrow_the_interval() -> None:
    widths = []
    for reviewed in (60, 240):
        score = rated(world(reviewed=reviewed).evidence).rating.factor("all_labels").score
        widths.append((score.high or 0.0) - (score.low or 0.0))
    assert widths[1] < widths[0]


def doubled(evidence: Evidence, truth: np.ndarray) -> Evidence:
    """Every reviewed item has a copy that is reviewed as well."""
    copies = {name: np.vstack([block, block[evidence.rows]]) for name, block in evidence.blocks.items()}
    rows = np.concatenate([evidence.rows, np.arange(len(truth), len(truth) + len(evidence.rows))])
    return evidence_of(copies, rows, np.vstack([evidence.targets, evidence.targets]))


def test_near_duplicates_do_not_vouch_for_each_other() -> None:
    """On noise, copies let each other be predicted unless they leave together."""
    alone = noise(reviewed=80)
    twice = doubled(alone, np.empty(alone.population))
    naive, grouped = (rated(twice, twin_cosine=limit).rating.factor("all_labels").score.value or 0.0 for limit in (2.0, 0.9))
    single = rated(alone).rating.factor("all_labels").score.value or 0.0
    assert naive > single + 15.0
    assert grouped < naive - 15.0
    found = rated(twice).assessment
    assert found is not None
    assert len(members(np.unique(twice.blocks["dense"][twice.rows], axis=0, return_inverse=True)[1].ravel())) == 80


# No rating yet


def test_without_items_there_is_no_rating() -> None:
    empty = evidence_of({"dense": np.empty((0, 4), np.float32)}, np.empty(0, np.int64), np.empty((0, 0)))
    found = rated(empty)
    assert found.rating.score.value is None
    assert "no items" in found.rating.reasons[0]
    assert found.rating.band == "none"
    check_sound(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda e: replace(e, rows=e.rows[:20], targets=e.targets[:20], sources=e.sources[:20], settled=e.settled[:20]),
            "30 more",
        ),
        (lambda e: with_targets(e, np.zeros_like(e.targets)), "No label has been assigned"),
        (lambda e: with_targets(e, np.eye(*e.targets.shape)), "single example"),
    ],
    ids=["few reviews", "no positives", "single examples"],
)
def test_what_is_missing_for_a_rating_is_said(change: Callable[[Evidence], Evidence], words: str) -> None:
    found = rated(change(world().evidence))
    assert found.rating.score.value is None
    assert any(words in reason for reason in found.rating.reasons)
    assert found.assessment is None
    assert {factor.score.value for factor in found.rating.factors} == {None}
    check_sound(found)


def test_enough_evidence_has_no_obstacles() -> None:
    assert obstacles(world().evidence, RatingConfig()) == ()


# Evidence at the edge


def everything_reviewed() -> Evidence:
    sample = world(items=120, reviewed=120)
    return sample.evidence


def identical_items() -> Evidence:
    rng = np.random.default_rng(0)
    targets = (rng.random((60, 2)) < 0.4).astype(float)
    return evidence_of({"dense": np.tile(unit(np.ones((1, 5))), (200, 1))}, np.arange(60), targets)


def zero_vectors() -> Evidence:
    return replace(identical_items(), blocks={"dense": np.zeros((200, 5), np.float32)})


def some_zero_vectors() -> Evidence:
    evidence = world().evidence
    block = evidence.blocks["dense"].copy()
    block[::7] = 0.0
    return replace(evidence, blocks={"dense": block})


def with_column(values: np.ndarray) -> Evidence:
    evidence = world().evidence
    targets = evidence.targets.copy()
    targets[:, 0] = values
    return with_targets(evidence, targets)


def one_example() -> Evidence:
    column = np.zeros(200)
    column[7] = 1.0
    return with_column(column)


def two_blocks() -> Evidence:
    evidence = world().evidence
    lsa = unit(np.random.default_rng(1).standard_normal((evidence.population, 60)))
    return replace(evidence, blocks={**evidence.blocks, "lsa": lsa})


EDGES: dict[str, Callable[[], Evidence]] = {
    "one label": lambda: world(labels=1).evidence,
    "everything reviewed": everything_reviewed,
    "identical items": identical_items,
    "zero vectors": zero_vectors,
    "some zero vectors": some_zero_vectors,
    "one example": one_example,
    "a label nobody judged": lambda: with_column(np.full(200, np.nan)),
    "a label never assigned": lambda: with_column(np.zeros(200)),
    "a label on every item": lambda: with_column(np.ones(200)),
    "a label judged only where assigned": lambda: with_column(np.where(np.arange(200) < 12, 1.0, np.nan)),
    "many labels": lambda: world(labels=60, prevalence=(0.1, 0.005)).evidence,
    "all found by search": lambda: world(sources="search").evidence,
    "two blocks": two_blocks,
    "one dimension": lambda: world(dims=1, labels=2).evidence,
}


@pytest.mark.parametrize("edge", EDGES)
def test_evidence_at_the_edge_gives_finite_figures_or_none(edge: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = rated(EDGES[edge]())
    check_sound(found)
    assert found.rating.score.value is not None


def test_two_items_can_be_rated_if_two_reviews_are_enough() -> None:
    evidence = evidence_of({"dense": unit(np.eye(2))}, np.arange(2), np.ones((2, 1)))
    check_sound(rated(evidence, min_reviewed=2))
    check_sound(rated(evidence))


def test_a_label_nobody_judged_is_unknown_and_changes_nothing_for_the_others() -> None:
    unjudged = rated(with_column(np.full(200, np.nan))).rating
    first, *others = unjudged.labels
    assert (first.ap.value, first.threshold, first.prevalence, first.positives, first.judged) == (None, None, None, 0, 0)
    evidence = world().evidence
    without = rated(replace(
        evidence, targets=evidence.targets[:, 1:], label_ids=evidence.label_ids[1:], label_names=evidence.label_names[1:],
        important=evidence.important[1:],
    )).rating  # fmt: skip
    assert [label.ap.value for label in others] == pytest.approx([label.ap.value for label in without.labels])


def test_a_label_with_one_example_gets_what_such_labels_tend_to_have() -> None:
    found = rated(one_example())
    assert found.assessment is not None
    assert not found.assessment.measured[0]
    lone = found.rating.labels[0]
    assert lone.ap.value is not None
    assert lone.ap.value < min(label.ap.value or 0.0 for label in found.rating.labels[1:])
    assert (lone.ap.high or 0.0) - (lone.ap.low or 0.0) > 0.3


def test_when_everything_is_reviewed_the_population_is_known() -> None:
    sample = everything_reviewed()
    found = rated(sample)
    assert found.assessment is not None
    np.testing.assert_array_equal(found.assessment.soft, sample.targets)
    prevalence = [label.prevalence for label in found.rating.labels]
    assert prevalence == pytest.approx(sample.targets.mean(axis=0).tolist())
    assert found.rating.factor("balance").score.value == pytest.approx(100.0, abs=1e-3)


def test_reviews_that_contradict_the_features_lower_the_label() -> None:
    evidence = world().evidence
    targets = evidence.targets.copy()
    targets[:, 0] = np.random.default_rng(0).permutation(targets[:, 0])
    before, after = (rated(e).rating.labels[0].ap.value or 0.0 for e in (evidence, with_targets(evidence, targets)))
    assert after < before - 0.2


def test_reviewed_items_are_predicted_without_their_own_label() -> None:
    """With more features than reviews a model knows what it was told by heart; that must not show in probabilities."""
    sample = world(items=800, reviewed=150, labels=3, strength=1.2, prevalence=(0.3, 0.2))
    rest = unit(np.random.default_rng(0).standard_normal((800, 400)))
    blocks = {"dense": unit(np.hstack([sample.evidence.blocks["dense"], 2.0 * rest]))}
    found = rated(replace(sample.evidence, blocks=blocks))
    assert found.assessment is not None
    p, reviewed = found.assessment.probability, found.evidence.reviewed_mask
    told, untold = (p[mask][sample.truth[mask] == 1].mean() for mask in (reviewed, ~reviewed))
    assert told - untold < 0.1


def test_a_population_described_before_gives_the_same_rating() -> None:
    evidence = world().evidence
    ready = describe_population(next(iter(evidence.blocks.values())))
    assert rate(evidence, RatingConfig(), population=ready).rating == rated(evidence).rating


def test_the_estimate_does_not_follow_who_was_chosen() -> None:
    """Reviewing mostly items of one label must not make the estimate for the population much too high or low."""
    errors = []
    for seed in range(4):
        sample = world(items=2000, reviewed=100, labels=5, seed=seed, unseen=3000)
        rng = np.random.default_rng(seed)
        likely = np.setdiff1d(np.flatnonzero(sample.truth[:, 4] == 1), sample.evidence.rows)[:80]
        more = rng.choice(np.setdiff1d(np.arange(2000), [*likely, *sample.evidence.rows]), 40, replace=False)
        rows = np.concatenate([sample.evidence.rows, likely, more])
        sources = ["shuffle"] * 100 + ["teach"] * len(likely) + ["shuffle"] * 40
        found = rated(evidence_of(sample.evidence.blocks, rows, sample.truth[rows], sources=sources))
        assert found.assessment is not None
        scores = found.assessment.model.score(combine(sample.unseen, found.assessment.block_weights))
        truth = average_precision_score(sample.unseen_truth, scores, average="macro")
        errors.append((found.rating.factor("all_labels").score.value or 0.0) / 100.0 - truth)
    assert abs(np.mean(errors)) < 0.06, errors


def test_a_label_that_every_item_has_was_not_put_to_the_test() -> None:
    evidence = world(items=300, reviewed=100, labels=1).evidence
    found = rated(with_targets(evidence, np.ones_like(evidence.targets)))
    assert found.rating.score.value is None
    assert "put to the test" in found.rating.reasons[0]


def test_a_project_smaller_than_a_rating_needs_is_told_to_grow() -> None:
    evidence = world(items=30, reviewed=20, labels=2).evidence
    assert "this project has 30" in rated(evidence).rating.reasons[0]
