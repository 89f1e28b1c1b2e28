"""Replays of what is reviewed: the same for the same seed, complete, and paid for by the rules of cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InvalidInput
from rating.evidence import RatingConfig
from rating.rate import rate
from recommend.cost import Times, shown
from recommend.replay import (
    MOST_START,
    TITLES,
    Checkpoint,
    by_name,
    hold_out,
    plateau,
    precisions,
    quality_of,
    random,
    replay,
    start_size,
)
from recommend.replayed import Ground, answer_seconds
from tests.builders import evidence_of, world

WAYS_TRIED = ("plateau", "random", "least-confidence")


def ground(items: int = 320, **settings: object) -> Ground:
    """Items with four labels that the features tell apart only in part."""
    sample = world(items=items, reviewed=10, labels=4, strength=1.0, seed=2, **settings)  # type: ignore[arg-type]
    return Ground(sample.evidence.blocks, sample.truth, sample.evidence.label_names)


@pytest.fixture(scope="module")
def runs() -> dict[str, list[Checkpoint]]:
    return {name: list(replay(ground(), by_name(name), seed=4)) for name in WAYS_TRIED}


@pytest.mark.parametrize("name", WAYS_TRIED)
def test_a_replay_ends_where_all_of_the_pool_is_reviewed(runs: dict[str, list[Checkpoint]], name: str) -> None:
    points, pool = runs[name], len(hold_out(ground().targets, 0.3, 4)[0])
    assert points[0].reviews == start_size(pool)
    assert points[-1].reviews >= pool  # reviewed ones that were looked at again count as well
    assert (np.diff([p.reviews for p in points]) > 0).all()
    assert [p.rounds for p in points] == list(range(len(points)))
    assert all(0.0 < p.quality <= 1.0 for p in points)


def test_all_ways_begin_alike_and_end_with_the_same_model(runs: dict[str, list[Checkpoint]]) -> None:
    assert len({(p[0].reviews, p[0].quality, p[0].seconds) for p in runs.values()}) == 1
    assert np.ptp([p[-1].quality for p in runs.values()]) < 0.03


def test_the_same_seed_gives_the_same_replay(runs: dict[str, list[Checkpoint]]) -> None:
    assert list(replay(ground(), plateau, seed=4)) == runs["plateau"]
    assert list(replay(ground(), plateau, seed=5)) != runs["plateau"]


def test_suggestions_spare_time_and_only_that(runs: dict[str, list[Checkpoint]]) -> None:
    for points in runs.values():
        assert points[0].seconds == points[0].unaided  # before the first model nothing is suggested
        assert points[-1].seconds < points[-1].unaided
        assert all(p.seconds <= p.unaided for p in points)


def test_what_is_shown_is_confirmed_and_the_rest_assigned() -> None:
    sample = world(items=200, reviewed=80, labels=4, strength=2.0)
    result = rate(sample.evidence, RatingConfig())
    assert result.assessment is not None
    found, times = np.arange(4), Times()
    for row in range(40):
        applies = sample.truth[row]
        seen = shown(result.assessment.probability)[row]
        known, other = int((applies * seen).sum()), int((applies * ~seen).sum())
        aided, unaided = answer_seconds(applies, found, result, row, "teach", times)
        if applies.any():
            assert aided == pytest.approx(known * times.confirm_focused + other * times.assign_focused)
            assert unaided == pytest.approx((known + other) * times.assign_focused)
        else:
            assert aided == unaided == times.confirm_focused
    unrated = rate(evidence_of(sample.evidence.blocks, np.arange(3), sample.truth[:3]), RatingConfig())
    assert answer_seconds(np.ones(4), found, unrated, 0, "shuffle", times) == (4 * times.assign_switching,) * 2


def test_the_replay_pays_by_the_times_it_is_given() -> None:
    slow = Times(11.12, 14.2, 5.32, 5.9)
    paid = [list(replay(ground(160), random, seed=1, times=times))[-1].seconds for times in (Times(), slow)]
    assert paid[1] == pytest.approx(2 * paid[0])


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(4, 200),
    labels=st.integers(0, 5),
    seed=st.integers(0, 99),
    share=st.floats(0.1, 0.5),
    density=st.floats(0, 1),
)
def test_the_hold_out_has_its_share_and_shares_no_item(count: int, labels: int, seed: int, share: float, density: float) -> None:
    targets = (np.random.default_rng(seed).random((count, labels)) < density).astype(float)
    pool, held = hold_out(targets, share, seed)
    assert sorted([*pool, *held]) == list(range(count))
    assert abs(len(held) - share * count) <= 1.0


def test_every_label_is_held_out_in_its_share() -> None:
    targets = np.zeros((400, 3))
    targets[:300, 0], targets[300:350, 1], targets[350:360, 2] = 1, 1, 1
    for seed in range(10):
        held = hold_out(targets, 0.3, seed)[1]
        assert np.abs(targets[held].sum(axis=0) - [90, 15, 3]).max() <= 1.0


def test_labels_not_judged_stay_unknown() -> None:
    truth = np.array([[1.0, 1.0], [0.0, np.nan], [1.0, 0.0], [0.0, 1.0]])
    scores = np.array([[0.9, 0.9], [0.8, 1.0], [0.7, 0.1], [0.1, 0.8]])
    assert precisions(truth, scores) == pytest.approx([(1 + 2 / 3) / 2, 1.0])
    assert np.isnan(precisions(np.zeros((3, 1)), np.ones((3, 1)))).all()
    known = ground(160)
    targets = known.targets.copy()
    targets[::3, 1] = np.nan
    points = list(replay(replace(known, targets=targets), plateau, seed=0))
    assert 0.0 < points[-1].quality <= 1.0


def test_a_label_that_the_model_has_not_met_ranks_at_random() -> None:
    sample = world(items=300, reviewed=120, labels=3, strength=3.0, unseen=100)
    result = rate(sample.evidence, RatingConfig())
    held = Ground(sample.unseen, sample.unseen_truth, ("a", "b", "c"))
    everything = quality_of(result, held, np.arange(3))
    more = np.column_stack([sample.unseen_truth, np.arange(len(sample.unseen_truth)) < 10])
    wider = quality_of(result, Ground(sample.unseen, more, ("a", "b", "c", "d")), np.arange(3))
    assert wider == pytest.approx((3 * everything + 10 / len(more)) / 4)


def test_every_way_by_name_chooses_unreviewed_items_once() -> None:
    result = rate(world(items=300, reviewed=100).evidence, RatingConfig())
    for name in set(TITLES) - {"plateau"}:  # whose plan also looks again at what is reviewed
        picked = by_name(name)(result, 50, np.random.default_rng(0))
        assert len(set(picked.rows.tolist())) == len(picked.kinds) == len(picked.chances) == 50
        assert not np.isin(picked.rows, result.evidence.rows).any()
    with pytest.raises(InvalidInput, match=r"no strategy 'best'\. Choose among plateau, "):
        by_name("best")


def test_plateau_fills_a_batch_from_all_of_its_actions() -> None:
    result = rate(world(items=500, reviewed=100, labels=6).evidence, RatingConfig())
    full, half = (plateau(result, count, np.random.default_rng(0)) for count in (50, 15))
    assert len(full.rows) > len(half.rows) == 15
    assert set(half.kinds) == set(full.kinds)
    assert not np.isnan(half.chances).any()


def test_small_pools_begin_with_less() -> None:
    assert [start_size(n) for n in (60, 200, 1000)] == [40, 50, MOST_START]
