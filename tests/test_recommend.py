"""Next actions: sound whatever their kind, without overlap, and pointing at what was planted."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.precision import label_curve, label_slope
from rating.rate import Result
from recommend.candidates import candidates
from recommend.efficacy import Done, Efficacy, efficacy
from recommend.offers import offers
from recommend.plan import plan_actions
from recommend.pool import make_pool
from recommend.records import TITLES, Action, Kind
from recommend.second_look import doubts
from recommend.value import closeness, expecting, instruction, likely_precision, pick_diverse, points, worth
from tests.builders import evidence_of, rated, unit, with_targets, world

#: What the arrays of a project are enough for; other kinds need its texts, who said what, or a strategy named.
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind not in ("search", "merge", "resolve", "sample", "second"))
AGAIN = ("check", "missed")
EVERYTHING = 50


def plan(evidence: Evidence, **settings: Any) -> tuple[Action, ...]:
    return plan_actions(rated(evidence), RatingConfig(), names={}, **settings)


def places(action: Action) -> Ints:
    """Positions in the population; the builders number items from 100."""
    return np.array(action.items) - 100


def of_kind(actions: tuple[Action, ...], kind: Kind) -> list[Action]:
    return [action for action in actions if action.kind == kind]


def clear(**settings: Any) -> Evidence:
    """Labels that the features tell apart so well that a wrong judgement stands out."""
    return world(**{"items": 500, "reviewed": 250, "labels": 4, "strength": 3.0, "seed": 3, **settings}).evidence


def flipped(evidence: Evidence, label: int, value: float, count: int = 8) -> tuple[Evidence, Ints]:
    """The evidence with some judgements of a label turned into ``value``, and which of the reviewed they are."""
    targets = evidence.targets.copy()
    turned = np.flatnonzero(targets[:, label] == 1.0 - value)[:count]
    targets[turned, label] = value
    return with_targets(evidence, targets), turned


def careless() -> Evidence:
    """A project with wrong and with missing labels, in which some themes were hardly looked at."""
    return flipped(flipped(clear(), 0, 1.0)[0], 1, 0.0)[0]


def in_one_corner() -> Evidence:
    """Reviews that leave out half of what there is."""
    sample = world(items=600, reviewed=10, labels=4, strength=3.0, seed=5)
    order = np.argsort(sample.evidence.blocks["dense"][:, 0], kind="stable")[:200]
    return evidence_of(sample.evidence.blocks, order, sample.truth[order], sources="teach")


@pytest.fixture(scope="module")
def offered() -> list[tuple[Evidence, Action]]:
    """Everything that is recommended in a few different projects."""
    projects = [careless(), in_one_corner(), world(seed=1).evidence]
    return [(evidence, action) for evidence in projects for action in plan(evidence, top=EVERYTHING)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_keeps_its_contract(offered: list[tuple[Evidence, Action]], kind: Kind) -> None:
    mine = [(evidence, action) for evidence, action in offered if action.kind == kind]
    assert mine, f"{kind} is never recommended"
    for evidence, action in mine:
        reviewed = np.isin(places(action), evidence.rows)
        assert set(action.items) <= set(evidence.item_ids.tolist())
        assert 1 <= len(action.items) == len(set(action.items)) <= 10
        assert reviewed.all() if kind in AGAIN else not reviewed.any()
        assert action.candidates >= len(action.items)
        assert action.theme
        assert action.reason.endswith((".", "?"))
        assert action.title == TITLES[kind]
        assert action.seconds > 0
        assert action.gain is not None
        assert np.isfinite(action.gain)
        assert action.gain >= 0
        assert set(action.label_ids) <= set(evidence.label_ids)
        assert bool(action.label_ids) == (kind in ("teach", "confirm", "check", "missed"))


def test_no_item_is_in_two_actions(offered: list[tuple[Evidence, Action]]) -> None:
    for seed in range(2):
        actions = plan(world(seed=seed).evidence)
        items = [item for action in actions for item in action.items]
        assert len(actions) == 5
        assert len(items) == len(set(items))
    everything = plan(careless(), top=EVERYTHING)
    items = [item for action in everything for item in action.items]
    assert len(items) == len(set(items))


def test_the_first_action_brings_most_per_second() -> None:
    actions = plan(in_one_corner(), top=EVERYTHING)
    rates = [(action.gain or 0.0) / action.seconds for action in actions]
    assert rates[0] == max(rates)


def test_the_plan_is_the_same_each_time() -> None:
    assert plan(careless()) == plan(careless())


def test_without_a_rating_there_is_no_plan() -> None:
    assert plan(world(items=100, reviewed=10).evidence) == ()


@pytest.mark.parametrize("random", [0, 39])
def test_shuffle_is_offered_however_many_of_the_reviews_are_random(random: int) -> None:
    actions = plan(world(sources=["shuffle"] * random + ["teach"] * (200 - random)).evidence)
    assert of_kind(actions, "shuffle")
    assert len(actions) == 5


@pytest.mark.parametrize(("random", "wanted"), [(39, 1), (41, 0)])
def test_a_plan_holds_one_shuffle_while_less_than_a_fifth_is_random_however_little_it_promises(random: int, wanted: int) -> None:
    evidence = world(sources=["shuffle"] * random + ["teach"] * (200 - random)).evidence
    assert len(of_kind(plan(evidence, efficacy=poor("shuffle")), "shuffle")) == wanted


def test_shuffle_draws_every_theme_alike() -> None:
    """Over many draws each unreviewed item comes about equally often."""
    result = rated(world(items=120, reviewed=60).evidence)
    pool = make_pool(result, RatingConfig())
    counts = np.zeros(120)
    for seed in range(150):
        drawn = [c for c in candidates(pool, np.random.default_rng(seed)) if c.kind == "shuffle"]
        counts[drawn[0].rows] += 1
    assert counts[result.evidence.rows].sum() == 0
    assert counts[pool.rows].mean() == pytest.approx(25.0)
    assert counts[pool.rows].min() > 8
    assert counts[pool.rows].max() < 48


# What was planted is found


def test_check_finds_labels_that_were_wrongly_assigned() -> None:
    evidence, wrong = flipped(clear(), 0, 1.0)
    shown = [action for action in of_kind(plan(evidence, top=EVERYTHING), "check") if action.label_ids == (10,)]
    assert shown
    found = np.isin(evidence.rows[wrong], places(shown[0]))
    assert found.mean() >= 0.6


def test_missed_finds_labels_that_were_left_out() -> None:
    evidence, wrong = flipped(clear(), 0, 0.0)
    shown = [action for action in of_kind(plan(evidence, top=EVERYTHING), "missed") if action.label_ids == (10,)]
    assert shown
    found = np.isin(evidence.rows[wrong], places(shown[0]))
    assert found.mean() >= 0.6


@pytest.mark.parametrize(("kind", "value"), [("check", 1.0), ("missed", 0.0)])
def test_what_was_looked_at_again_is_never_asked_again(kind: Kind, value: float) -> None:
    evidence, wrong = flipped(clear(), 0, value)
    settled = np.zeros(len(evidence.rows), dtype=bool)
    settled[wrong] = True
    asked = [place for a in plan(replace(evidence, settled=settled), top=EVERYTHING) if a.kind in AGAIN for place in places(a)]
    assert not np.isin(evidence.rows[wrong], asked).any()
    unsettled = [place for action in of_kind(plan(evidence, top=EVERYTHING), kind) for place in places(action)]
    assert np.isin(evidence.rows[wrong], unsettled).any()


def test_doubts_that_proved_unfounded_lower_what_further_doubts_promise() -> None:
    evidence, _ = flipped(clear(), 0, 1.0)
    settled = np.arange(len(evidence.rows)) >= len(evidence.rows) - 40
    settled &= evidence.targets[:, 0] == 0

    def promise(corrected: int) -> float:
        found = rated(replace(evidence, settled=settled, corrected=corrected))
        drawn = offers(make_pool(found, RatingConfig()), np.random.default_rng(0))
        return float(next(c for c in drawn if c.kind == "check" and c.label == 0).gains.sum())

    assert promise(0) < promise(10) / 5


def test_hardly_anything_is_asked_again_where_no_mistake_was_made() -> None:
    asked = [place for seed in range(4) for a in plan(clear(seed=seed), top=EVERYTHING) if a.kind in AGAIN for place in places(a)]
    assert len(asked) <= 4  # of 4,000 judgements


def test_a_single_wrong_label_is_enough_for_a_list() -> None:
    evidence, wrong = flipped(clear(), 0, 1.0, count=1)
    shown = [action for action in of_kind(plan(evidence, top=EVERYTHING), "check") if action.label_ids == (10,)]
    assert [place for action in shown for place in places(action)] == evidence.rows[wrong].tolist()
    assert shown[0].reason.startswith("1 of its ")


def test_doubt_is_the_ratings_own_where_it_has_one() -> None:
    few, many = rated(clear()), rated(clear(items=900, reviewed=600))
    assert few.doubt is None
    assert doubts(few).usable.all()
    assert doubts(many) is many.doubt


def test_labels_with_too_few_examples_are_not_doubted() -> None:
    evidence = clear()
    targets = evidence.targets.copy()
    targets[np.flatnonzero(targets[:, 0] == 1)[3:], 0] = 0.0
    asked = [a for a in plan(with_targets(evidence, targets), top=EVERYTHING) if a.kind in AGAIN and a.label_ids == (10,)]
    assert asked == []


def test_what_was_not_judged_is_never_doubted() -> None:
    evidence, wrong = flipped(clear(), 0, 0.0)
    targets = evidence.targets.copy()
    targets[wrong, 0] = np.nan
    missed = [a for a in of_kind(plan(with_targets(evidence, targets), top=EVERYTHING), "missed") if a.label_ids == (10,)]
    asked = [place for action in missed for place in places(action)]
    assert not np.isin(evidence.rows[wrong], asked).any()


def test_discover_finds_a_theme_without_a_label() -> None:
    """Forty items point where no labelled one does."""
    sample = world(items=400, reviewed=200, labels=4, strength=3.0, seed=7)
    known = np.hstack([sample.evidence.blocks["dense"], np.zeros((400, 1))])
    hidden = np.hstack([0.1 * np.random.default_rng(7).standard_normal((40, 24)), np.ones((40, 1))])
    evidence = evidence_of({"dense": unit(np.vstack([known, hidden]))}, sample.evidence.rows, sample.evidence.targets)
    shown = np.concatenate([places(action) for action in of_kind(plan(evidence, top=EVERYTHING), "discover")])
    assert (shown >= 400).sum() >= 8


def test_teach_gathers_items_by_the_label_they_teach_most_about() -> None:
    result = rated(world(items=1000, reviewed=150, labels=4, strength=1.0, seed=2).evidence)
    assert result.assessment is not None
    pool, p = make_pool(result, RatingConfig()), result.assessment.probability
    teach = [action for action in plan_actions(result, RatingConfig(), names={}, top=EVERYTHING) if action.kind == "teach"]
    assert len({action.label_ids for action in teach}) == len(teach) >= 2
    for action in teach:
        column = result.evidence.label_ids.index(action.label_ids[0])
        assert (pool.leading[places(action)] == column).all()
        assert pool.value[places(action)].mean() > pool.value[pool.rows[pool.leading[pool.rows] == column]].mean()
        assert instruction(p[places(action), column]).mean() > instruction(p[pool.rows, column]).mean()


def test_confirm_asks_for_what_the_model_is_sure_of() -> None:
    result = rated(clear())
    assert result.assessment is not None
    for action in of_kind(plan_actions(result, RatingConfig(), names={}, top=EVERYTHING), "confirm"):
        column = result.evidence.label_ids.index(action.label_ids[0])
        assert (result.assessment.probability[places(action), column] >= 0.8).all()


def test_themes_are_named_where_their_names_are_known() -> None:
    result = rated(in_one_corner())
    assert result.population is not None
    names = {int(k): f"words {k}" for k in np.unique(result.population.clusters)}
    themes = {a.theme for a in plan_actions(result, RatingConfig(), names=names, top=EVERYTHING) if a.kind == "discover"}
    assert themes
    assert themes <= set(names.values())


def test_when_everything_is_reviewed_only_doubts_remain() -> None:
    done = clear(items=250)
    assert {action.kind for action in plan(done, top=EVERYTHING)} <= set(AGAIN)
    doubtful = plan(flipped(done, 0, 0.0)[0], top=EVERYTHING)
    assert "missed" in {action.kind for action in doubtful}
    assert {action.kind for action in doubtful} <= set(AGAIN)


@pytest.mark.parametrize("left", [1, 12])
def test_the_last_items_can_be_planned(left: int) -> None:
    actions = plan(world(items=100 + left, reviewed=100).evidence, top=EVERYTHING)
    items = [item for action in actions if action.kind not in AGAIN for item in action.items]
    assert len(items) == len(set(items)) <= left
    assert items


def poor(kind: str) -> Efficacy:
    """What is known once ever so many actions of a kind have brought a tenth of their promise, and those of others all of it."""
    kept = [Done(other, 5.0, 1.0, 5.0) for other in KINDS if other != kind]
    return replace(efficacy([*[Done(kind, 5.0, 1.0, 0.5)] * 60, *kept * 60]), certain=True)


def test_a_kind_that_brought_less_than_promised_is_ranked_lower() -> None:
    evidence = world().evidence
    first = plan(evidence, efficacy=Efficacy(certain=True))[0]
    lowered = plan(evidence, efficacy=poor(first.kind), top=EVERYTHING)
    same = next(action for action in lowered if action.kind == first.kind)
    assert (same.gain or 0.0) < 0.5 * (first.gain or 0.0)
    assert lowered[0].kind != first.kind


# What an item is worth


def test_a_rare_label_that_looks_hopeless_is_thought_likely_to_learn() -> None:
    """Labels are pulled towards what labels of their size tend to have, those with few examples most."""
    assessment = rated_world().assessment
    assert assessment is not None
    curve = label_curve(assessment.ap, assessment.positives, assessment.measured)
    poor = replace(assessment, ap=np.where(np.arange(len(curve)) == 0, 0.02, assessment.ap))
    pulled = {n: likely_precision(replace(poor, positives=np.full(len(curve), n)))[0] for n in (2, 20, 200)}
    assert 0.02 < pulled[200] < pulled[20] < pulled[2] < 0.9
    lone = replace(assessment, ap=np.full(len(curve), np.nan))
    assert np.isfinite(likely_precision(lone)).all()


def test_instruction_is_greatest_for_what_is_likely_but_not_sure() -> None:
    p = np.array([0.0, 0.01, np.exp(-1), 0.9, 1.0])
    assert int(instruction(p).argmax()) == 2
    assert (instruction(p) >= 0).all()
    assert instruction(p)[[0, 4]].tolist() == [0.0, 0.0]


def test_one_more_example_is_worth_less_the_more_there_are() -> None:
    slopes = label_slope(np.array([0, 1, 3, 9, 25, 65, 200, 5000]))
    assert (np.diff(slopes) <= 0).all()
    assert slopes.min() > 0


def test_labels_with_few_examples_are_worth_more_unless_they_are_known_well() -> None:
    result = rated(world(labels=12, seed=2).evidence)
    price = worth(result, RatingConfig())
    assert np.ptp(price.share) == 0.0
    assert (price.label >= 0).all()
    assert price.coverage > 0
    assert price.balance > 0
    known = price.label / (price.ap * (1.0 - price.ap))
    assert (np.diff(known[np.argsort(-price.positives, kind="stable")]) >= -1e-12).all()
    assert np.ptp(known) > 0.0


@settings(deadline=None)
@given(more=st.floats(0.0, 200.0), label=st.integers(0, 4))
def test_what_is_expected_already_is_worth_less(more: float, label: int) -> None:
    """Points of k and then m more positives are those of k + m, and each next one brings less."""
    price = worth(rated_world(), RatingConfig())
    found = np.zeros(len(price.ap))
    found[label] = more
    then = expecting(price, found)
    one = np.eye(len(found))[label]
    assert points(price, found) + points(then, one) == pytest.approx(points(price, found + one), rel=0.15, abs=1e-3)
    assert then.label[label] <= price.label[label] + 1e-12 or price.ap[label] < 0.5
    assert np.delete(then.label, label) == pytest.approx(np.delete(price.label, label))


@functools.cache
def rated_world() -> Result:
    return rated(world(seed=2).evidence)


def test_a_plan_does_not_ask_twice_for_what_one_action_will_have_found() -> None:
    """Once an action is chosen, another on its label promises less than it did alone."""
    result = rated(world(items=800, seed=4).evidence)
    pool = make_pool(result, RatingConfig())
    teaching = next(c for c in candidates(pool, np.random.default_rng(0)) if c.kind == "teach")
    rest = teaching.frame[~np.isin(teaching.frame, teaching.rows[:10])]
    expected = expecting(pool.worth, pool.probability[teaching.rows[:10]].sum(axis=0))
    assert (pool.value_at(rest, expected) < pool.value_at(rest, pool.worth)).all()
    left = teaching.without(teaching.rows[:10], pool, expected)
    assert len(np.intersect1d(left.frame, teaching.rows[:10])) == 0
    assert left.worth == pytest.approx(pool.value_at(left.frame, expected))


def numbered(rows: int, dims: int = 6, seed: int = 0) -> Features:
    return unit(np.random.default_rng(seed).standard_normal((rows, dims)))


@given(count=st.integers(0, 40), rows=st.integers(0, 30), seed=st.integers(0, 99))
def test_picking_never_repeats_an_item(count: int, rows: int, seed: int) -> None:
    value: Floats = np.random.default_rng(seed).random(rows)
    order, gains = pick_diverse(value, numbered(rows, seed=seed), np.zeros(rows), count)
    assert len(order) == len(set(order.tolist())) == min(count, rows)
    assert (gains >= 0).all()
    assert (gains <= value[order] + 1e-9).all()


def test_a_copy_of_what_was_picked_is_worth_nothing() -> None:
    features = np.vstack([numbered(1)] * 2 + [numbered(1, seed=4)])
    order, gains = pick_diverse(np.array([1.0, 0.9, 0.1]), features, np.zeros(3), 3)
    assert order.tolist() == [0, 2, 1]
    assert gains[2] == pytest.approx(0.0, abs=1e-6)


def test_what_is_near_to_reviewed_items_is_worth_less() -> None:
    order, gains = pick_diverse(np.ones(2), numbered(2), np.array([0.9, 0.1]), 2)
    assert order[0] == 1
    assert gains[0] == pytest.approx(0.9)


def test_closeness_is_the_highest_cosine_and_nothing_without_others() -> None:
    items, others = numbered(5), numbered(7, seed=1)
    np.testing.assert_allclose(closeness(items, others), (items @ others.T).max(axis=1), atol=1e-6)
    assert closeness(items, others[:0]).tolist() == [0.0] * 5


# What is not asked for


def test_items_that_somebody_works_on_are_not_asked_for_again() -> None:
    result = rated(world(items=600, reviewed=150, labels=4, seed=3).evidence)
    busy = [item for action in plan_actions(result, RatingConfig(), names={}) for item in action.items]
    again = {item for action in plan_actions(result, RatingConfig(), names={}, busy=busy) for item in action.items}
    assert busy
    assert again.isdisjoint(busy)


def test_no_other_action_takes_what_shuffle_has_drawn() -> None:
    result = rated(world(items=120, reviewed=90, labels=4, seed=5).evidence)
    pool = make_pool(result, RatingConfig())
    found = candidates(pool, np.random.default_rng(0))
    drawn = next(c for c in found if c.kind == "shuffle")
    assert len(drawn.rows) == 10
    others = np.concatenate([c.rows for c in found if c.kind != "shuffle"])
    assert np.intersect1d(drawn.rows, others).size == 0
