"""The learner: ridge as scikit-learn fits it, and leave-one-out as refitting would give it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from rating import assess
from rating.evidence import Features, Floats, Ints
from rating.learner import changes_without, combine, fit, held_out_scores, judged_groups, smoother, within
from rating.twins import members, twin_groups
from tests.builders import unit


def problem(seed: int, items: int, dims: int, labels: int = 2) -> tuple[Features, Floats]:
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal((items, dims))), (rng.random((items, labels)) < 0.4).astype(float)


def refit(features: Features, targets: Floats, penalty: float) -> Ridge:
    return Ridge(alpha=penalty).fit(np.asarray(features, dtype=float), targets)


@pytest.mark.parametrize(("items", "dims"), [(60, 12), (12, 60), (20, 20), (1, 3), (2, 1)])
@pytest.mark.parametrize("penalty", [0.1, 1.0, 4.0])
def test_the_fit_is_that_of_ridge_regression_with_an_intercept(items: int, dims: int, penalty: float) -> None:
    features, targets = problem(items * dims, items, dims)
    model, reference = fit(features, targets, penalty), refit(features, targets, penalty)
    np.testing.assert_allclose(model.coef, reference.coef_.T, atol=1e-5)
    np.testing.assert_allclose(model.intercept, reference.intercept_, atol=1e-5)
    others = problem(1, 30, dims)[0]
    np.testing.assert_allclose(model.score(others), reference.predict(others.astype(float)), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), items=st.integers(3, 25), dims=st.integers(1, 25), penalty=st.sampled_from([0.1, 1.0, 4.0]))
def test_leave_one_out_scores_are_those_of_refits(seed: int, items: int, dims: int, penalty: float) -> None:
    features, targets = problem(seed, items, dims)
    held_out = fit(features, targets, penalty).held_out
    for left in range(items):
        rest = np.arange(items) != left
        wanted = refit(features[rest], targets[rest], penalty).predict(features[[left]].astype(float))[0]
        np.testing.assert_allclose(held_out[left], wanted, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), items=st.integers(6, 20), dims=st.integers(1, 20), data=st.data())
def test_items_that_leave_together_are_scored_by_a_refit_without_all_of_them(
    seed: int, items: int, dims: int, data: st.DataObject
) -> None:
    features, targets = problem(seed, items, dims)
    group_of = np.array(data.draw(st.lists(st.integers(0, 4), min_size=items, max_size=items)))
    groups = tuple(group for group in members(group_of) if len(group) < items)
    held_out = fit(features, targets, 0.5, groups).held_out
    for group in groups:
        rest = np.setdiff1d(np.arange(items), group)
        wanted = refit(features[rest], targets[rest], 0.5).predict(features[group].astype(float))
        np.testing.assert_allclose(held_out[group], wanted, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), items=st.integers(6, 20), dims=st.integers(1, 20), twins=st.booleans())
def test_the_change_of_a_model_without_an_item_is_that_of_a_refit(seed: int, items: int, dims: int, twins: bool) -> None:
    features, targets = problem(seed, items, dims)
    targets[:2] = 1.0
    group_of: Ints = np.arange(items) // 2 if twins else np.arange(items)
    model = fit(features, targets, 0.7, members(group_of))
    leaving = np.flatnonzero(targets[:, 1] == 1)
    coef, intercept = changes_without(model, 1, leaving, targets, group_of)
    others = problem(seed + 1, 15, dims)[0].astype(float)
    for place, item in enumerate(leaving):
        rest = group_of != group_of[item]
        wanted = refit(features[rest], targets[rest, 1], 0.7).predict(others)
        got = model.score(others)[:, 1] - others @ coef[:, place] - intercept[place]
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_the_change_without_an_item_counts_only_items_judged_for_the_label() -> None:
    features, targets = problem(3, 30, 8)
    targets[10:, 0] = np.nan
    targets[0, 0] = 1.0
    model = fit(features, targets, 0.5)
    coef, intercept = changes_without(model, 0, np.array([0]), targets, np.arange(30))
    wanted = refit(features[1:10], targets[1:10, 0], 0.5)
    np.testing.assert_allclose(model.coef[:, 0] - coef[:, 0], wanted.coef_, atol=1e-5)
    np.testing.assert_allclose(model.intercept[0] - intercept[0], wanted.intercept_, atol=1e-5)


def test_more_items_than_features_and_fewer_give_the_same_answer() -> None:
    features, targets = problem(5, 30, 20)
    wide = np.hstack([features, np.zeros((30, 40), dtype=np.float32)])  # the same geometry in more dimensions than items
    narrow, broad = fit(features, targets, 1.0), fit(wide, targets, 1.0)
    np.testing.assert_allclose(narrow.held_out, broad.held_out, atol=1e-8)
    np.testing.assert_allclose(narrow.coef, broad.coef[:20], atol=1e-8)


def test_an_item_that_was_not_judged_for_a_label_does_not_influence_it() -> None:
    features, targets = problem(7, 40, 10)
    unjudged = targets.copy()
    unjudged[25:, 0] = np.nan
    model, alone = fit(features, unjudged, 0.5), fit(features[:25], targets[:25, :1], 0.5)
    np.testing.assert_allclose(model.coef[:, 0], alone.coef[:, 0], atol=1e-10)
    np.testing.assert_allclose(model.held_out[:25, 0], alone.held_out[:, 0], atol=1e-10)
    assert np.isnan(model.held_out[25:, 0]).all()
    np.testing.assert_allclose(model.coef[:, 1], fit(features, targets, 0.5).coef[:, 1], atol=1e-10)


def test_unknown_is_not_negative() -> None:
    features, targets = problem(7, 40, 10)
    targets[:25, 0] = 1.0
    negative, unknown = targets.copy(), targets.copy()
    negative[25:, 0], unknown[25:, 0] = 0.0, np.nan
    assert np.abs(fit(features, negative, 0.5).coef[:, 0]).max() > 0.01
    assert np.abs(fit(features, unknown, 0.5).coef[:, 0]).max() < 1e-10


def test_a_label_that_nobody_judged_is_scored_nowhere_and_disturbs_nobody() -> None:
    features, targets = problem(9, 30, 6, labels=3)
    hidden = targets.copy()
    hidden[:, 1] = np.nan
    model = fit(features, hidden, 0.5)
    assert np.isnan(model.held_out[:, 1]).all()
    assert not model.coef[:, 1].any()
    np.testing.assert_allclose(model.coef[:, [0, 2]], fit(features, targets, 0.5).coef[:, [0, 2]], atol=1e-10)


def test_labels_judged_on_the_same_items_share_a_factorisation() -> None:
    targets = np.zeros((6, 4))
    targets[3:, [1, 3]] = np.nan
    assert [columns.tolist() for columns, _ in judged_groups(targets)] in ([[0, 2], [1, 3]], [[1, 3], [0, 2]])


def test_groups_are_renumbered_among_the_items_that_are_kept() -> None:
    mask = np.array([True, False, True, True, False, True])
    kept = within((np.array([0, 1, 2]), np.array([3, 4]), np.array([2, 5])), mask)
    assert [group.tolist() for group in kept] == [[0, 1], [1, 3]]


def test_leverages_lie_between_one_over_n_and_one() -> None:
    for items, dims in ((40, 5), (5, 40)):
        leverage = smoother(problem(2, items, dims)[0], 0.3).leverage()
        assert (leverage >= 1.0 / items - 1e-12).all()
        assert (leverage < 1.0).all()


def test_the_smallest_problem_has_finite_scores() -> None:
    features, targets = problem(1, 1, 4)
    assert np.isfinite(held_out_scores(smoother(features, 1.0), targets)).all()


def test_blocks_are_put_side_by_side_in_rows_of_unit_length() -> None:
    rng = np.random.default_rng(0)
    blocks = {"a": unit(rng.standard_normal((9, 4))), "b": unit(rng.standard_normal((9, 3)))}
    both = combine(blocks, {"a": 1.0, "b": 0.5})
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1.0, atol=1e-6)
    likeness = (blocks["a"] @ blocks["a"].T + 0.25 * blocks["b"] @ blocks["b"].T) / 1.25
    np.testing.assert_allclose(both @ both.T, likeness, atol=1e-6)
    np.testing.assert_array_equal(combine(blocks, {"a": 1.0, "b": 0.0}), blocks["a"])


def test_twins_are_found_by_likeness_and_through_others() -> None:
    angles = np.radians([0, 20, 40, 120, 200])
    features = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    groups = twin_groups(features, 0.9)
    assert len({*groups[:3]}) == 1
    assert len({*groups}) == 3


def test_a_chain_of_likenesses_does_not_make_everything_one_twin() -> None:
    angles = np.radians(np.arange(0, 160, 2.0))
    features = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    features = np.vstack([features, features[:1]])
    groups = twin_groups(features, 0.9)
    assert groups[0] == groups[-1]
    assert len({*groups}) == len(angles)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_what_stays_above_a_limit_is_counted_as_if_every_score_were_computed(
    monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    monkeypatch.setattr(assess, "TOGETHER", 7)
    monkeypatch.setattr(assess, "ROWS", 50)
    rng = np.random.default_rng(11)
    features = rng.standard_normal((400, 6)).astype(np.float32)
    pool, limits = rng.standard_normal(400), np.append(rng.standard_normal(23) * 1.5, [9.0, -9.0])
    coef = scale * rng.standard_normal((6, 25)) * rng.random(25) ** 3
    longest = float(np.linalg.norm(features, axis=1).max())
    found = assess.still_above(features, pool, coef, limits, longest)
    over = pool[:, None] - features.astype(float) @ coef - limits
    assert ((over > 1e-4).sum(axis=0) <= found).all()  # single precision may err on what is nearer
    assert (found <= (over > -1e-4).sum(axis=0)).all()
