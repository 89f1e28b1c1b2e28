"""Agreement: the published examples, another implementation, what must not change it, and what its intervals promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score

from rating.agreement import MISSING, NO_OVERLAP, ONE_ANSWER, Agreement, agreement, overall
from rating.evidence import Bools, Floats, Ints
from rating.records import Estimate

#: Krippendorff's example of four observers and twelve units, 0 for a missing value: alpha for nominal data is .743.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
#: Ten subjects rated into five categories by fourteen people: Fleiss' kappa is .210.
RATERS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def table(people: st.SearchStrategy[int], *, least: int = 0) -> st.SearchStrategy[Ints]:
    """Codes (n, A) of up to four categories, some of them missing where ``least`` allows it."""
    shapes = st.tuples(st.integers(2, 25), people)
    return shapes.flatmap(lambda shape: arrays.arrays(np.int64, shape, elements=st.integers(least, 3)))


def values(found: Agreement) -> list[Estimate]:
    return [found.observed, found.cohen, found.fleiss, found.alpha]


def same(one: Agreement, other: Agreement) -> bool:
    """Whether all values are equal, unknown ones included."""
    pairs = zip(values(one), values(other), strict=True)
    return all((a.value is None) == (b.value is None) and (a.value or 0) == pytest.approx(b.value or 0) for a, b in pairs)


def two_readings(count: int, seed: int, errors: float = 0.15, prevalence: float = 0.3) -> Ints:
    """Two people who each get a label wrong so often."""
    rng = np.random.default_rng(seed)
    truth = rng.random((count, 1)) < prevalence
    return (truth ^ (rng.random((count, 2)) < errors)).astype(np.int64)


def test_the_published_examples_come_out() -> None:
    by_units = agreement(np.array(OBSERVERS).T - 1)
    assert by_units.alpha.value == pytest.approx(0.743, abs=5e-4)
    assert (by_units.items, by_units.people) == (11, 4)
    assert "equally many" in by_units.fleiss.reason
    by_raters = agreement(np.array([np.repeat(np.arange(5), row) for row in RATERS]))
    assert by_raters.fleiss.value == pytest.approx(0.210, abs=5e-4)
    assert by_raters.observed.value == pytest.approx(0.378, abs=5e-4)
    assert "14 have judged" in by_raters.cohen.reason


def test_by_hand() -> None:
    # Both yes on 20 of 50, both no on 15; the first says yes 25 times, the second 30 times: (.7 - .5) / (1 - .5).
    codes = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [20, 5, 10, 15], axis=0)
    found = agreement(codes)
    assert found.observed.value == pytest.approx(0.7)
    assert found.cohen.value == pytest.approx(0.4)
    # 55 yes and 45 no of 100 judgements: 1 - .3 / (2 * 55 * 45 / (100 * 99)).
    assert found.alpha.value == pytest.approx(1 - 0.3 / (2 * 55 * 45 / (100 * 99)))
    assert found.fleiss.value == pytest.approx(1 - 0.3 / (1 - 0.55**2 - 0.45**2))


@settings(deadline=None, max_examples=60)
@given(table(st.just(2)))
def test_cohen_is_that_of_scikit_learn(codes: Ints) -> None:
    found = agreement(codes).cohen
    if len(np.unique(codes)) == 1:
        assert found == Estimate(None, reason=ONE_ANSWER)
    else:
        assert found.value == pytest.approx(cohen_kappa_score(codes[:, 0], codes[:, 1]))


@settings(deadline=None, max_examples=60)
@given(table(st.integers(2, 4), least=MISSING))
def test_neither_order_nor_names_nor_lone_judgements_matter(codes: Ints) -> None:
    before = agreement(codes)
    assert same(before, agreement(codes[::-1]))
    assert same(before, agreement(codes[:, ::-1]))
    renamed = np.where(codes == MISSING, MISSING, (codes + 1) % 4)
    assert same(before, agreement(renamed))
    alone = np.full((3, codes.shape[1]), MISSING)
    alone[:, 0] = [0, 1, 3]
    assert same(before, agreement(np.vstack([codes, alone])))


@settings(deadline=None, max_examples=40)
@given(arrays.arrays(np.int64, st.integers(2, 30), elements=st.integers(0, 3)), st.integers(2, 4))
def test_perfect_agreement_is_one(answers: Ints, people: int) -> None:
    found = agreement(np.repeat(answers[:, None], people, axis=1))
    assert found.observed.value == 1.0
    if len(np.unique(answers)) == 1:
        assert {e.reason for e in (found.fleiss, found.alpha)} == {ONE_ANSWER}
    else:
        assert found.alpha.value == found.fleiss.value == 1.0
        assert (found.alpha.low or 0.0) < 1.0


@settings(deadline=None, max_examples=40)
@given(table(st.integers(2, 3), least=MISSING))
def test_intervals_hold_their_value_and_repeat(codes: Ints) -> None:
    found = agreement(codes, seed=3)
    assert found == agreement(codes, seed=3)
    for estimate in values(found):
        if estimate.value is None:
            assert estimate.reason
        else:
            assert -np.inf < (estimate.low or 0.0) <= estimate.value <= (estimate.high or 0.0) + 1e-9 <= 1.0 + 2e-9


def test_with_many_items_alpha_is_fleiss_kappa_and_chance_is_zero() -> None:
    rng = np.random.default_rng(0)
    found = agreement((rng.random((20_000, 3)) < 0.3).astype(np.int64))
    assert found.alpha.value == pytest.approx(found.fleiss.value or 9.0, abs=1e-4)
    assert found.alpha.value == pytest.approx(0.0, abs=0.02)


def test_what_nobody_shares_is_unknown() -> None:
    apart = np.array([[1, MISSING], [MISSING, 0], [0, MISSING]])
    assert {e.reason for e in values(agreement(apart))} == {NO_OVERLAP}
    assert agreement(np.empty((0, 3), dtype=np.int64)).alpha.value is None


def test_few_items_leave_more_open_than_many() -> None:
    few, many = (agreement(two_readings(count, 1)).alpha for count in (30, 3000))
    assert (few.high or 0) - (few.low or 0) > 5 * ((many.high or 0) - (many.low or 0))
    perfect = agreement(np.repeat([[0, 0], [1, 1]], 5, axis=0)).alpha
    assert perfect.value == 1.0
    assert 0.4 < (perfect.low or 0.0) < 0.95


def test_nine_of_ten_intervals_hold_the_truth() -> None:
    truth = agreement(two_readings(400_000, 99)).alpha.value or 0.0
    found = [agreement(two_readings(60, seed)).alpha for seed in range(300)]
    held = np.mean([(e.low or 0.0) <= truth <= (e.high or 0.0) for e in found])
    assert 0.85 <= held <= 0.95


def several(seed: int, *, missing: float = 0.3) -> Floats:
    """What three people say of four labels on thirty items, some of it missing."""
    rng = np.random.default_rng(seed)
    truth = rng.random((30, 1, 4)) < [0.5, 0.3, 0.2, 0.1]
    said: Bools = truth ^ (rng.random((30, 3, 4)) < 0.1)
    return np.where(rng.random((30, 3, 4)) < missing, np.nan, said)


@pytest.mark.parametrize("seed", range(5))
def test_overall_of_one_label_is_its_alpha(seed: int) -> None:
    judged = several(seed)[:, :, :1]
    codes = np.where(np.isnan(judged), MISSING, judged)[:, :, 0].astype(np.int64)
    assert overall(judged).value == pytest.approx(agreement(codes).alpha.value or 9.0)


def test_overall_lies_among_the_labels_and_ignores_their_order() -> None:
    judged = several(0)
    each = [overall(judged[:, :, [k]]).value or 0.0 for k in range(4)]
    found = overall(judged)
    assert min(each) < (found.value or 0.0) < max(each)
    assert overall(judged[:, ::-1, ::-1]).value == pytest.approx(found.value or 9.0)
    unjudged = overall(np.concatenate([judged, np.full((30, 3, 1), np.nan)], axis=2))
    assert unjudged.value == pytest.approx(found.value or 9.0)


def test_overall_is_unknown_where_nobody_shares_or_all_say_no() -> None:
    assert overall(np.full((4, 2, 3), np.nan)).reason == NO_OVERLAP
    assert overall(np.zeros((4, 2, 3))).reason == ONE_ANSWER
    perfect = overall(np.repeat((np.arange(12).reshape(6, 1, 2) % 3 == 0).astype(float), 2, axis=1))
    assert perfect.value == 1.0
    assert (perfect.low or 0.0) < 1.0
