"""Balance: a random sample is balanced, a biased one is not, and both are told from what was reviewed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import roc_auc_score

from benchmarks.planted import Ground, planted, select, summary, true_balance
from rating.balance import balance, beyond_chance, divergence, uneven_themes
from rating.clusters import finest_clusters, nearest
from rating.domain import NEEDED, Domain, area, auc_deviation, leading_plane, tell_apart
from rating.evidence import Features, Ints
from rating.rate import describe_population
from tests.builders import rated, unit, world


def themes(seed: int, items: int = 6000, groups: int = 25) -> Ints:
    """Clusters of uneven size."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(groups, 2.0))
    return np.sort(rng.choice(groups, items, p=shares)).astype(np.int64)


def theme_of(clusters: Ints) -> Ints:
    """The items of one theme of middling size."""
    return np.flatnonzero(clusters == int(np.argsort(np.bincount(clusters))[-5]))


def cloud(items: int = 1500, dims: int = 12, seed: int = 0) -> Features:
    return unit(np.random.default_rng(seed).standard_normal((items, dims)))


def aimed(features: Features, count: int, bias: float, rng: np.random.Generator) -> Ints:
    """A sample with the share ``bias`` from the items nearest to the first."""
    group = np.argsort(-(features @ features[0]))[: len(features) // 10]
    return select(group, len(features), bias, count, rng)


@pytest.mark.parametrize(
    ("items", "groups", "count"),
    [(200, 20, 100), (1000, 100, 100), (6000, 25, 200), (6000, 100, 500), (100_000, 100, 100), (100_000, 100, 2000)],
)
def test_a_random_sample_is_balanced(items: int, groups: int, count: int) -> None:
    found = []
    for seed in range(40):
        rng, clusters = np.random.default_rng(seed), themes(seed, items, groups)
        found.append(balance(clusters, rng.choice(items, count, replace=False), 50, rng).value)
    assert np.mean(found) >= 0.98
    assert np.quantile(found, 0.1) >= 0.9


@pytest.mark.parametrize("count", [100, 250])
def test_balance_falls_with_every_step_of_planted_bias_and_stays_near_the_truth(count: int) -> None:
    means, truths = [], []
    for bias in (0.0, 0.1, 0.2, 0.4, 0.8):
        worlds = [(np.random.default_rng(seed), themes(seed)) for seed in range(20)]
        picked = [(c, select(theme_of(c), len(c), bias, count, rng), rng) for rng, c in worlds]
        means.append(np.mean([balance(c, rows, 20, rng).value for c, rows, rng in picked]))
        truths.append(np.mean([true_balance(len(theme_of(c)), len(c), bias, count) for c, _, _ in picked]))
    assert all(np.diff(means) < 0), means
    assert means[0] > 0.98
    np.testing.assert_allclose(means[3:], truths[3:], atol=0.05)


def test_true_balance_is_that_of_the_two_shares() -> None:
    assert true_balance(100, 1000, 0.0, 200) == pytest.approx(1.0)
    wanted = 1.0 - jensenshannon([0.4 + 0.6 * (100 - 80) / 920, 0.6 * 900 / 920], [0.1, 0.9], base=2)
    assert true_balance(100, 1000, 0.4, 200) == pytest.approx(wanted)
    assert true_balance(100, 1000, 0.8, 200) == pytest.approx(true_balance(100, 1000, 0.5, 200))  # the group is used up


def test_everything_reviewed_is_perfectly_balanced() -> None:
    clusters = themes(0, items=400)
    found = balance(clusters, np.arange(400), 50, np.random.default_rng(0))
    assert found.value == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(found.reviewed_share, np.bincount(clusters) / 400)


def test_draws_of_balance_lie_around_its_value() -> None:
    rng, clusters = np.random.default_rng(3), themes(3)
    found = balance(clusters, select(theme_of(clusters), len(clusters), 0.4, 300, rng), 500, rng)
    assert ((found.draws >= 0) & (found.draws <= 1)).all()
    assert np.quantile(found.draws, 0.05) < found.value < np.quantile(found.draws, 0.95)


@given(
    counts=st.lists(st.integers(0, 50), min_size=2, max_size=20).filter(any),
    weights=st.lists(st.integers(1, 50), min_size=20, max_size=20),
)
def test_divergence_is_the_square_of_scipys_distance(counts: list[int], weights: list[int]) -> None:
    seen, shares = np.array(counts, dtype=float), np.array(weights[: len(counts)], dtype=float)
    shares /= shares.sum()
    assert divergence(seen, shares) == pytest.approx(jensenshannon(seen, shares, base=2) ** 2, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 300), st.integers(2, 40), st.floats(0.0, 1.0))
def test_balance_lies_between_zero_and_one(seed: int, items: int, groups: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, groups, items)
    rows = rng.choice(items, max(1, round(share * items)), replace=False)
    found = balance(clusters, rows, 20, rng, Domain(0.6, 0.1, 0.1, 0.2 * rng.standard_normal(), 0.1, 0.9))
    assert 0.0 <= found.value <= min(found.by_clusters, found.by_classifier or 1.0) <= 1.0
    assert ((found.draws >= 0.0) & (found.draws <= 1.0)).all()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 0.5))
def test_what_is_beyond_chance_never_falls_as_the_excess_rises(one: float, other: float, deviation: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= beyond_chance(low, deviation) <= beyond_chance(high, deviation) + 1e-12 <= high + 1e-12


# The domain classifier


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_the_area_is_scikit_learns_and_knows_only_ranks(positive: list[int], negative: list[int]) -> None:
    p, n = np.array(positive, dtype=float), np.array(negative, dtype=float)
    wanted = roc_auc_score(np.r_[np.ones(len(p)), np.zeros(len(n))], np.r_[p, n])
    assert area(p, n) == pytest.approx(wanted)
    assert area(np.exp(p) * 3 + 1, np.exp(n) * 3 + 1) == pytest.approx(area(p, n))
    assert area(n, p) == pytest.approx(1.0 - area(p, n))


def test_the_deviation_of_an_area_shrinks_with_the_sample() -> None:
    assert auc_deviation(0.7, 50, 50) > 2.5 * auc_deviation(0.7, 500, 500) > 0
    assert auc_deviation(0.7, 10, 20) == pytest.approx(auc_deviation(0.7, 10, 20))


def judged(features: Features, rows: Ints, seed: int = 0) -> Domain:
    found = tell_apart(features, leading_plane(features), rows, np.random.default_rng(seed))
    assert found is not None
    return found


def test_random_reviews_cannot_be_told_from_the_rest() -> None:
    features, found = cloud(), []
    for seed in range(30):
        rows = np.random.default_rng(seed).choice(len(features), 100, replace=False)
        found.append(judged(features, rows, seed))
    assert 0.46 < np.mean([d.auc for d in found]) < 0.54
    assert np.mean([d.p_value < 0.05 for d in found]) <= 0.15
    assert np.mean([d.effective for d in found]) > 0.95
    assert np.mean([beyond_chance(d.divergence, d.divergence_deviation) for d in found]) < 0.003


def test_the_more_biased_the_reviews_the_better_a_model_tells_them_apart() -> None:
    features = cloud()
    found = [judged(features, aimed(features, 150, bias, np.random.default_rng(1))) for bias in (0.0, 0.3, 0.6, 0.9)]
    assert all(np.diff([d.auc for d in found]) > 0)
    assert all(np.diff([d.divergence for d in found[1:]]) > 0)
    assert all(np.diff([d.effective for d in found]) < 0)
    assert found[-1].p_value < 1e-6 < found[0].p_value


def test_the_divergence_is_proven_not_guessed() -> None:
    features, rng = cloud(3000), np.random.default_rng(2)
    for bias in (0.3, 0.9):
        found = judged(features, aimed(features, 250, bias, rng))
        truth = (1.0 - true_balance(300, 3000, bias, 250)) ** 2
        assert 0.3 * truth < found.divergence < truth + 2 * found.divergence_deviation


def test_too_few_reviews_or_too_few_others_cannot_be_told_apart() -> None:
    features = cloud(300)
    plane = leading_plane(features)
    assert tell_apart(features, plane, np.arange(NEEDED - 1), np.random.default_rng(0)) is None
    assert tell_apart(features, plane, np.arange(300 - NEEDED + 1), np.random.default_rng(0)) is None
    assert tell_apart(features, plane, np.arange(NEEDED), np.random.default_rng(0)) is not None


def test_a_plane_places_the_widest_direction_first_with_deviation_one() -> None:
    features = (np.random.default_rng(0).standard_normal((500, 6)) * [1, 5, 2, 1, 1, 1] + 3).astype(np.float32)
    placed = leading_plane(features).place(features)
    assert placed.std(axis=0)[0] == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(placed.std(axis=0)) <= 1e-6).all()
    np.testing.assert_allclose(placed.mean(axis=0), 0.0, atol=1e-4)


# Themes


def test_themes_reviewed_too_much_and_too_little_are_named_most_extreme_first() -> None:
    clusters = np.repeat(np.arange(20), 100)
    rows = np.concatenate([np.arange(0, 60), np.arange(100, 140), *(np.arange(100 * k, 100 * k + 10) for k in range(3, 20))])
    over, under = uneven_themes(clusters, rows)
    assert [theme.cluster for theme in over] == [0, 1]
    assert [theme.cluster for theme in under] == [2]
    assert under[0].reviewed == 0
    assert under[0].missing == round(0.05 * len(rows) / 0.95)
    assert over[0].missing < 0
    assert over[0].reviewed_share == pytest.approx(60 / len(rows))


def test_a_random_sample_names_hardly_any_theme() -> None:
    named = 0
    for seed in range(40):
        clusters = themes(seed, groups=100)
        rows = np.random.default_rng(seed).choice(len(clusters), 300, replace=False)
        named += sum(map(len, uneven_themes(clusters, rows)))
    assert named <= 8


def test_a_rating_carries_the_classifier_and_the_themes() -> None:
    result = rated(world(items=600, reviewed=150).evidence)
    assert result.balance is not None
    assert result.balance.domain is not None
    factor = result.rating.factor("balance")
    told = next(c for c in factor.contributors if c.key == "domain_auc")
    assert told.estimate.low is not None
    assert told.estimate.low < result.balance.domain.auc < (told.estimate.high or 0.0)


def test_every_source_of_reviews_has_its_share() -> None:
    sources = ["shuffle"] * 60 + ["teach"] * 30 + ["search"] * 60
    shares = {
        c.key: c.estimate.value
        for c in rated(world(sources=sources, reviewed=150).evidence).rating.factor("balance").contributors
    }
    assert shares["shuffle_ratio"] == pytest.approx(0.4)
    assert shares["teach_ratio"] == pytest.approx(0.2)
    assert shares["text_search_ratio"] == pytest.approx(0.4)
    assert shares["rebalance_ratio"] == 0.0
    assert "confirm_ratio" not in shares


def test_clusters_are_numbered_by_the_nearest_centre() -> None:
    features = cloud(900, 10)
    fine, centres = finest_clusters(features)
    np.testing.assert_array_equal(fine, nearest(features, centres))


# The benchmark


def test_planted_selections_are_reported_with_their_truth() -> None:
    made = world(items=1500, labels=6, strength=4.0)
    features = made.evidence.blocks["dense"]
    records = list(planted(Ground(features, made.truth, describe_population(features)), runs=3, seed=0, sizes=(100, 1000)))
    table = summary(records)
    assert len(records) == 3 * 3 * 5  # there is no drawing more than half of the items
    assert set(table["kind"]) == {"cluster", "label", "search"}
    none = table[table["bias"] == 0.0]
    assert (none["true"] > 0.999).all()
    strong = table[table["bias"] == 0.8]
    assert (strong["mean"] < none["mean"].min()).all()
    assert table[table["kind"] == "label"]["fell"].mean() > 0.7
