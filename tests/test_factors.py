"""The four factors and the rating they make: what each measures, and which way it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from rating.balance import SMOOTHING, balance, divergence, effective_share
from rating.clusters import coarsen, finest_clusters, nearest
from rating.coverage import (
    any_label,
    beta_quantile,
    caught,
    correctly_predicted,
    coverage_share,
    informativeness,
    missing_mass,
    shuffles_to_certify,
)
from rating.evidence import Ints, RatingConfig
from rating.factors import interval, worst_count
from rating.rate import composite
from rating.records import Estimate, FactorKey, band_of
from tests.builders import rated, unit, world

KEYS: tuple[FactorKey, ...] = ("all_labels", "underperforming", "coverage", "balance")


def themes(seed: int, items: int = 6000, groups: int = 25) -> Ints:
    """Clusters of uneven size."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(groups, 2.0))
    return np.sort(rng.choice(groups, items, p=shares)).astype(np.int64)


def biased(clusters: Ints, count: int, bias: float, rng: np.random.Generator) -> Ints:
    """This many items, the share ``bias`` of them from one theme of middling size and the rest drawn evenly."""
    sizes = np.bincount(clusters)
    theme = int(np.argsort(sizes)[-5])
    aimed = rng.choice(np.flatnonzero(clusters == theme), min(round(bias * count), int(sizes[theme])), replace=False)
    rest = np.setdiff1d(np.arange(len(clusters)), aimed)
    return np.concatenate([aimed, rng.choice(rest, count - len(aimed), replace=False)])


@pytest.mark.parametrize("count", [100, 200, 500])
def test_a_random_sample_is_balanced(count: int) -> None:
    found = []
    for seed in range(25):
        rng, clusters = np.random.default_rng(seed), themes(seed)
        found.append(balance(clusters, rng.choice(len(clusters), count, replace=False), 50, rng).value)
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("count", [100, 250])
def test_balance_falls_with_every_step_of_planted_bias(count: int) -> None:
    means = []
    for bias in (0.0, 0.1, 0.2, 0.4, 0.8):
        worlds = [(np.random.default_rng(seed), themes(seed)) for seed in range(20)]
        means.append(np.mean([balance(c, biased(c, count, bias, rng), 20, rng).value for rng, c in worlds]))
    assert all(np.diff(means) < 0), means
    assert means[-1] < 0.6


def test_everything_reviewed_is_perfectly_balanced() -> None:
    clusters = themes(0, items=400)
    found = balance(clusters, np.arange(400), 50, np.random.default_rng(0))
    assert found.value == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(found.reviewed_share, np.bincount(clusters) / 400)


def test_draws_of_balance_lie_around_its_value() -> None:
    rng, clusters = np.random.default_rng(3), themes(3)
    found = balance(clusters, biased(clusters, 300, 0.4, rng), 500, rng)
    assert ((found.draws >= 0) & (found.draws <= 1)).all()
    assert np.quantile(found.draws, 0.05) < found.value < np.quantile(found.draws, 0.95)


@given(
    counts=st.lists(st.integers(0, 50), min_size=2, max_size=20),
    weights=st.lists(st.integers(1, 50), min_size=20, max_size=20),
)
def test_divergence_is_the_square_of_scipys_distance(counts: list[int], weights: list[int]) -> None:
    seen, shares = np.array(counts, dtype=float), np.array(weights[: len(counts)], dtype=float)
    shares /= shares.sum()
    wanted = jensenshannon(seen + SMOOTHING, shares, base=2) ** 2
    assert divergence(seen, shares) == pytest.approx(wanted, abs=1e-12)


def test_weighting_a_skewed_sample_costs_some_of_it() -> None:
    rng, clusters = np.random.default_rng(4), themes(4)
    shares = [effective_share(clusters, biased(clusters, 300, bias, rng)) for bias in (0.0, 0.2, 0.6)]
    assert 1.0 >= shares[0] > shares[1] > shares[2] > 0.0


def test_clusters_are_numbered_and_coarsened_without_splitting_any() -> None:
    features = unit(np.random.default_rng(0).standard_normal((900, 10)))
    fine, centres = finest_clusters(features)
    coarse = coarsen(fine, centres, 20)
    assert len({*coarse.tolist()}) == 20
    assert all(len({*coarse[fine == k].tolist()}) == 1 for k in np.unique(fine))
    np.testing.assert_array_equal(fine, nearest(features, centres))
    assert coarsen(fine, centres, len(centres)) is fine


# Coverage


def test_missing_mass_counts_open_reviews_with_a_label_that_nobody_else_has() -> None:
    targets = np.zeros((6, 4))
    targets[[0, 1, 2], 0] = 1.0  # seen thrice
    targets[1, 1] = 1.0  # seen once, in an open review
    targets[4, 2] = 1.0  # seen once, but looked for
    targets[5, 3] = np.nan
    found = missing_mass(targets, np.array([True, True, True, True, False, False]))
    assert found is not None
    assert (found.seen_once, found.trials) == (1, 4)
    assert found.items == pytest.approx(1.5 / 5)
    assert found.incidences == pytest.approx(1.5 / 5)  # of four incidences in open reviews, one is alone
    assert found.upper == pytest.approx(beta_quantile(1, 4, 0.9))
    assert found.items < found.upper < 1.0


def test_a_label_found_elsewhere_is_no_longer_missing() -> None:
    targets, open_to_all = np.zeros((5, 1)), np.array([True] * 4 + [False])
    targets[0] = 1.0
    before = missing_mass(targets, open_to_all)
    targets[4] = 1.0
    after = missing_mass(targets, open_to_all)
    assert before is not None
    assert after is not None
    assert (before.seen_once, after.seen_once) == (1, 0)


def test_without_open_reviews_the_missing_mass_is_unknown() -> None:
    assert missing_mass(np.ones((3, 1)), np.zeros(3, dtype=bool)) is None


def test_missing_mass_is_unbiased_over_many_projects() -> None:
    rng = np.random.default_rng(0)
    chance = np.array([0.3, 0.1, 0.05, *([0.004] * 40)])
    errors = []
    for _ in range(300):
        targets = (rng.random((150, len(chance))) < chance).astype(float)
        open_to_all = np.arange(150) < 100  # the others enlarge the dictionary only
        found = missing_mass(targets, open_to_all)
        assert found is not None
        undiscovered = targets.sum(axis=0) == 0
        errors.append(found.items - (1.0 - np.prod(1.0 - chance[undiscovered])))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) > 0.005  # the single estimates do vary


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
    assert correctly_predicted(p, limits, np.ones(2)) == pytest.approx((0.9 + 0.6) / 3)
    assert correctly_predicted(p, limits, np.array([0.0, 1.0])) == pytest.approx(0.6 / 3)
    assert any_label(p) == pytest.approx(((1 - 0.1 * 0.8) + (1 - 0.9 * 0.4)) / 3)
    assert any_label(p, np.array([1.0, 0.0])) == pytest.approx(1.0 / 3)


@given(share=st.floats(0.001, 0.2))
def test_enough_shuffles_without_a_find_certify_a_small_missing_mass(share: float) -> None:
    needed = shuffles_to_certify(share)
    assert (1 - share) ** needed <= 0.1 + 1e-9
    assert (1 - share) ** (needed - 2) > 0.08


# The rating


positive = st.floats(0.01, 1.0)


@settings(deadline=None)
@given(values=st.tuples(positive, positive, positive, positive), weights=st.tuples(*[st.floats(0.05, 1.0)] * 4))
def test_the_rating_is_the_weighted_geometric_mean_of_its_factors(values: tuple[float, ...], weights: tuple[float, ...]) -> None:
    config, factors = RatingConfig(weights=dict(zip(KEYS, weights, strict=True))), dict(zip(KEYS, values, strict=True))
    value, draws = composite(factors, {key: np.array([factor]) for key, factor in factors.items()}, config)
    wanted = 100 * np.prod(np.power(values, np.array(weights) / sum(weights)))
    assert value == pytest.approx(wanted)
    assert draws == pytest.approx([wanted])


@given(values=st.tuples(positive, positive, positive, positive), place=st.integers(0, 3), step=st.floats(0.01, 0.5))
def test_a_better_factor_never_lowers_the_rating(values: tuple[float, ...], place: int, step: float) -> None:
    factors = dict(zip(KEYS, values, strict=True))
    better = {**factors, KEYS[place]: min(factors[KEYS[place]] + step, 1.0)}
    assert composite(better, {}, RatingConfig())[0] >= composite(factors, {}, RatingConfig())[0]


@pytest.mark.parametrize("weak", KEYS)
def test_a_weak_factor_cannot_be_bought_back(weak: FactorKey) -> None:
    perfect = dict.fromkeys(KEYS, 1.0)
    assert composite(perfect, {}, RatingConfig())[0] == pytest.approx(100.0)
    even = composite(dict.fromkeys(KEYS, 0.75), {}, RatingConfig())[0]
    assert composite({**perfect, weak: 0.01}, {}, RatingConfig())[0] < even


def test_a_factor_of_nothing_still_gives_a_finite_rating() -> None:
    value, draws = composite(dict.fromkeys(KEYS, 0.0), {k: np.zeros(3) for k in KEYS}, RatingConfig())
    assert 0.0 <= value < 1.0
    assert np.isfinite(draws).all()


@given(value=st.floats(0, 1), seed=st.integers(0, 50))
def test_an_interval_always_holds_its_value(value: float, seed: int) -> None:
    found = interval(value, np.random.default_rng(seed).random(30))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= value <= found.high


def test_scaling_an_estimate_keeps_what_is_unknown_unknown() -> None:
    assert Estimate(0.5, 0.25, None, "why").scaled(100) == Estimate(50.0, 25.0, None, "why")


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "poor"), (49.99, "poor"), (50, "average"), (69.99, "average"), (70, "good"), (90, "excellent"), (100, "excellent")],
)
def test_bands_begin_at_their_lower_edge(score: float, band: str) -> None:
    assert band_of(score) == band
    assert band_of(None) == "none"


@pytest.mark.parametrize(("labels", "worst"), [(1, 1), (4, 1), (14, 1), (20, 2), (100, 10)])
def test_the_worst_tenth_is_at_least_one_label(labels: int, worst: int) -> None:
    assert worst_count(labels) == worst


def test_the_worst_labels_lie_below_the_mean_of_all() -> None:
    rating = rated(world(labels=12, seed=2).evidence).rating
    worst, average = rating.factor("underperforming").score.value, rating.factor("all_labels").score.value
    assert worst is not None
    assert average is not None
    assert worst < average
    assert sum(label.worst or 0.0 for label in rating.labels) == pytest.approx(1.0)


def test_shares_of_how_items_were_found_are_told() -> None:
    evidence = world(reviewed=100, sources=["shuffle"] * 50 + ["search"] * 30 + ["rebalance"] * 20).evidence
    shown = {c.key: c.estimate.value for c in rated(evidence).rating.factor("balance").contributors}
    assert (shown["shuffle_ratio"], shown["text_search_ratio"], shown["rebalance_ratio"]) == (0.5, 0.3, 0.2)


def test_a_label_found_mostly_by_search_is_warned_of() -> None:
    evidence = world().evidence
    searched = replace(evidence, sources=np.where(evidence.targets[:, 1] == 1, "search", "shuffle"))
    by_name = {label.name: " ".join(label.warnings) for label in rated(searched).rating.labels}
    assert "found by search" in by_name["label 1"]
    assert "found by search" not in " ".join(" ".join(label.warnings) for label in rated(evidence).rating.labels)
