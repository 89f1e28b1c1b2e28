"""Two versions side by side: out of sample for both, by the same truth; what they decide otherwise; how steady a model is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score

from rating.assess import Learned, learn
from rating.churn import Decided, by_chance, change, decided, on_blocks
from rating.evidence import Evidence, RatingConfig
from rating.external import part_of
from rating.versions import GRID, Seen, at_precision, at_recall, at_threshold, compare_versions, cuts, only_one, seen_by
from tests.builders import World, world

ALL = np.arange(4)


@pytest.fixture(scope="module")
def grown() -> tuple[World, Evidence, Learned, Evidence, Learned]:
    """A world, and two versions of its model: by the first 80 of its reviews, and by all 240."""
    made = world(items=600, reviewed=240, labels=4, seed=3)
    early = part_of(made.evidence, np.ones(600, dtype=bool), np.arange(240) % 3 == 0)
    config = RatingConfig(block_weights={"dense": 1.0}, penalty=1.0)
    return made, early, learn(early, config), made.evidence, learn(made.evidence, config)


def test_more_reviews_are_better_and_the_interval_holds_the_truth(grown) -> None:
    made, early, first, late, second = grown
    seen = [seen_by(early, first, ALL), seen_by(late, second, ALL)]
    labels = tuple((k, f"label {k}") for k in range(4))
    found = compare_versions(seen[0], seen[1], late.rows, late.targets, labels)
    assert found is not None
    true = [[average_precision_score(made.truth[:, k], -one.ranks[:, k]) for k in range(4)] for one in seen]
    assert found.verdict == "better"
    assert found.rise.low is not None
    assert found.rise.high is not None
    assert found.rise.low <= np.mean(true[1]) - np.mean(true[0]) <= found.rise.high
    np.testing.assert_allclose([one.after for one in found.labels], true[1], atol=0.12)
    back = compare_versions(seen[1], seen[0], late.rows, late.targets, labels)
    assert back is not None
    assert back.rise.value == pytest.approx(-found.rise.value, abs=0.01)
    assert [one.gained for one in back.labels] == [one.lost for one in found.labels]


def test_a_version_is_no_better_than_itself(grown) -> None:
    _, _, _, late, second = grown
    seen = seen_by(late, second, ALL)
    found = compare_versions(seen, seen, late.rows, late.targets, tuple((k, str(k)) for k in range(4)))
    assert found is not None
    assert (found.rise.value, found.rise.low, found.rise.high, found.verdict) == (0, 0, 0, "cannot be told")
    assert all((one.gained, one.lost, one.right) == (0, 0, None) for one in found.labels)


def test_what_a_version_has_learned_from_counts_by_its_held_out_score(grown) -> None:
    _, early, first, _, _ = grown
    seen = seen_by(early, first, ALL)
    held = first.model.held_out - first.scores.mean(axis=0)
    np.testing.assert_allclose(seen.z[early.rows], held / first.scores.std(axis=0))
    without = replace(early, rows=np.delete(early.rows, 7), targets=np.delete(early.targets, 7, axis=0),
                      sources=np.delete(early.sources, 7), settled=np.delete(early.settled, 7),
                      chances=np.delete(early.chances, 7), drawn_from=np.delete(early.drawn_from, 7))  # fmt: skip
    again = learn(without, RatingConfig(block_weights={"dense": 1.0}, penalty=1.0))
    row = int(early.rows[7])
    expected = (again.scores[row] - first.scores.mean(axis=0)) / first.scores.std(axis=0)
    np.testing.assert_allclose(seen.z[row], expected, atol=1e-5)


def test_curves_are_those_of_scikit_learn_where_the_truth_is_known() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random((50, 2)) < 0.4).astype(float)
    p = np.clip(0.3 * truth + 0.7 * rng.random((50, 2)), 0, 1).round(2)
    precision, recall = cuts(p, truth)
    for k in (0.2, 0.5, 0.83):
        at = at_threshold(precision, recall, k)
        for label in range(2):
            given = p[:, label] >= k
            assert at[0][label] == pytest.approx(precision_score(truth[:, label], given))
            assert at[1][label] == pytest.approx(recall_score(truth[:, label], given))
    first = max(t for t in GRID if truth[p[:, 0] >= t, 0].sum() >= 0.6 * truth[:, 0].sum())
    assert at_recall(precision, recall, 0.6)[0] == pytest.approx(precision_score(truth[:, 0], p[:, 0] >= first))
    for found, curve in ((at_recall, recall), (at_precision, precision)):  # a sum that rounding has made a hair smaller is enough
        exact = float(np.nanmax(curve[0]))
        assert found(precision, recall, exact + 1e-12)[0] == found(precision, recall, exact)[0]
    assert np.isnan(at_precision(precision, recall, 1.01)).all()
    good = [t for t in GRID if (p[:, 1] >= t).any() and truth[p[:, 1] >= t, 1].mean() >= 0.6]
    assert at_precision(precision, recall, 0.6)[1] == pytest.approx(recall_score(truth[:, 1], p[:, 1] >= min(good)))


def test_one_label_an_item_is_the_likeliest() -> None:
    p = np.array([[0.2, 0.3], [0.6, 0.1]])
    assert only_one(Seen(p, p, p, np.array([0.9, 0.9]), np.array([3, 3]))).said.tolist() == [[False, True], [True, False]]


def test_coefficients_are_those_of_the_blocks_whatever_their_weights(grown) -> None:
    _, _, _, late, _ = grown
    two = replace(late, blocks={"dense": late.blocks["dense"], "idle": late.blocks["dense"], "lsa": late.blocks["dense"]})
    learned = learn(two, RatingConfig(block_weights={"dense": 1.0, "idle": 0.0, "lsa": 0.5}, penalty=1.0))
    coef = on_blocks(two, learned)
    side_by_side = np.hstack(list(two.blocks.values()))
    np.testing.assert_allclose(side_by_side @ coef + learned.model.intercept, learned.scores, atol=1e-5)
    assert not coef[24:48].any()


def test_changes_from_one_version_to_the_next(grown) -> None:
    _, early, first, late, second = grown
    rows = np.arange(600)
    before, now = decided(early, first, rows), decided(late, second, rows)
    found = change(before, now)
    assert found.share == pytest.approx((before.said != now.said).mean())
    assert found.labels[10] == pytest.approx((before.said[:, 0] != now.said[:, 0]).mean())
    assert found.cosine == pytest.approx(np.dot(before.coef.ravel(), now.coef.ravel())
                                         / np.linalg.norm(before.coef) / np.linalg.norm(now.coef))  # fmt: skip
    same = change(now, now)
    assert (same.share, same.length) == (0.0, 0.0)
    assert change(before, Decided((99,), now.said[:, :1], now.coef[:, :1])).share is None
    config = RatingConfig()
    expected = by_chance(late, second, rows, 160, config, now)
    assert expected is not None
    assert expected.share is not None
    assert 0.3 * found.share < expected.share < 3 * found.share  # the reviews of this world did come at random
    assert by_chance(late, second, rows, 0, config, now) is None
    assert by_chance(late, second, rows, 200, config, now) is None
