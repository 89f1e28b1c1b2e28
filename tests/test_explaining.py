"""What every number on the Overview says of itself, what moved between two ratings, and what people have done."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import streamlit as st
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from data.records import ReviewDraft
from data.store import Store
from data.timeline import DayOfWork, RatingMoment
from rating.records import Contributor, Estimate, Factor, FactorKey, LabelHealth, Rating
from rating.service import rate_project
from recommend import effort, explaining, moving
from recommend.records import Stop
from tests.browsing import opened
from tests.builders import stored
from views import compared, workcharts, workdone

WEIGHTS: dict[FactorKey, float] = {"all_labels": 0.35, "underperforming": 0.2, "coverage": 0.25, "balance": 0.2}
SCORES = some.lists(some.floats(1.0, 100.0), min_size=4, max_size=4)


def health(number: int, ap: float, worst: float = 0.0) -> LabelHealth:
    estimate = Estimate(ap, ap - 0.02, ap + 0.02)
    return LabelHealth(number, f"label {number}", False, 9, 90, estimate, *[None] * 6, worst, None)


def rating_of(*scores: float, labels: tuple[LabelHealth, ...] = (), revision: int = 1, unseen: float = 0.1) -> Rating:
    value = 100.0
    for score, weight in zip(scores, WEIGHTS.values(), strict=True):
        value *= (score / 100.0) ** weight
    part = Contributor("missing_mass", "Undiscovered", Estimate(unseen, 0.0, unseen + 0.01), "share", "What it is.")
    factors = [
        Factor(key, key.title(), Estimate(score, score - 2, score + 2), weight, (part,) if key == "coverage" else (), "Why.")
        for (key, weight), score in zip(WEIGHTS.items(), scores, strict=True)
    ]
    whole = Estimate(value, value - 3, value + 3)
    return Rating(whole, tuple(factors), labels, (), False, 90, 300, Estimate(unseen), revision=revision, model_version=revision)


def moment(number: int, at: str, value: float | None = 50.0) -> RatingMoment:
    return RatingMoment(number, number, number, at, 10 * number, 100, (value, 40.0, 60.0), {}, {})


@pytest.mark.parametrize("module", [moving, explaining, effort, workdone, compared])
def test_the_examples_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES)
def test_the_parts_of_a_change_add_up_to_it(then: list[float], now: list[float]) -> None:
    before, after = rating_of(*then), rating_of(*now)
    assert before.score.value is not None
    assert after.score.value is not None
    parts = moving.parts_of(before, after)
    assert sum(parts.values()) == pytest.approx(after.score.value - before.score.value, abs=1e-6)
    for key, old, new in zip(WEIGHTS, then, now, strict=True):
        assert parts[key] * (new - old) >= 0.0


def test_other_weights_leave_the_parts_unknown() -> None:
    before = rating_of(50, 50, 50, 50)
    other = tuple(replace(factor, weight=0.25) for factor in before.factors)
    assert moving.parts_of(before, replace(before, factors=other)) == {}


def test_what_moved_most_is_named_with_whether_it_is_chance() -> None:
    before = rating_of(60, 40, 70, 80, labels=(health(1, 0.5, 0.9), health(2, 0.7), health(3, 0.8)))
    after = rating_of(66, 41, 75, 80, labels=(health(1, 0.62, 0.6), health(2, 0.66), health(3, 0.8)), unseen=0.04)
    moves = {move.key: move for move in moving.factor_moves(before, after)}
    assert moving.most(moves["all_labels"]) == "label 1 +12.0, label 2 −4.0"
    assert [mover.moved.name for mover in moves["underperforming"].movers] == ["label 1"]
    assert moving.most(moves["coverage"]) == "Undiscovered −6.0"
    assert moving.most(moves["balance"]) == ""
    assert moving.surely(moves["all_labels"].moved) == "beyond chance"
    assert moving.surely(moves["underperforming"].moved) == "within chance"
    assert moving.parts_words(list(moves.values())).startswith("All_Labels +")


def test_a_rating_is_held_against_the_one_asked_for() -> None:
    kept = [
        moment(1, "2026-01-01T10:00:00+00:00", None), moment(2, "2026-01-02T10:00:00+00:00"),
        moment(3, "2026-01-20T08:00:00+00:00"), moment(4, "2026-01-20T09:00:00+00:00"), moment(5, "2026-01-20T10:00:00+00:00"),
    ]  # fmt: skip
    now, rating = datetime(2026, 1, 20, 12, tzinfo=UTC), rating_of(50, 50, 50, 50, revision=5)
    asked = {since: moving.held_against(kept, rating, since, now) for since in moving.SINCE}
    assert {since: found.id if found else None for since, found in asked.items()} == {
        "version": 4, "today": 3, "week": 2, "first": 2,
    }  # fmt: skip
    first = replace(rating, revision=2, model_version=2)
    assert [moving.held_against(kept, first, since, now) for since in moving.SINCE] == [None] * 4
    young = kept[2:]
    found = moving.held_against(young, rating, "week", now)
    assert found is not None
    assert found.id == 3  # younger than a week: its first rating


def test_work_is_counted_with_the_newest_week_apart() -> None:
    days = [
        DayOfWork("2026-01-01", "Ann", 30, 20, 5, 2, 0, 30, 600.0), DayOfWork("2026-01-05", "import", 9, 9, 0, 0, 9, 0, 0.0),
        DayOfWork("2026-01-09", "Ben", 10, 12, 6, 1, 0, 10, 100.0), DayOfWork("2026-01-15", "Ann", 20, 9, 3, 0, 0, 20, 200.0),
    ]  # fmt: skip
    found = effort.effort_of(days)
    assert (found.judgements, found.labels, found.confirmed, found.dismissed, found.imported) == (69, 50, 14, 3, 9)
    assert (found.people, found.timed, found.seconds) == (("Ann", "Ben"), 60, 900.0)
    assert found.recent is not None
    assert found.earlier is not None
    assert (found.recent.first, found.recent.per_hour, found.earlier.per_hour) == ("2026-01-09", 360.0, 180.0)
    told = explaining.work_explained("throughput", found, 69, 100, "revision 3")
    assert (told.value, told.inputs[0].value, told.inputs[1].value) == ("360", "360 an hour", "180 an hour")
    assert ("newest week" in told.definition, "7 days up to the newest judgement" in told.formula) == (True, True)
    assert workdone.speed_words(found) == "in the 7 days to 2026-01-15; 180 before (+100 %)"
    table, unit = workcharts.work_table(days)
    assert (unit, table["items"].tolist()) == ("day", [30, 9, 10, 20])
    many = [replace(days[0], day=f"2026-{1 + k // 28:02d}-{1 + k % 28:02d}") for k in range(70)]
    weekly, unit = workcharts.work_table(many)
    assert (unit, weekly["items"].sum()) == ("week", 70 * 30)
    assert set(weekly["when"].map(lambda day: datetime.fromisoformat(day).weekday())) == {0}


def test_who_judged_nothing_that_still_stands_is_not_among_the_people() -> None:
    days = [DayOfWork("2026-01-01", "Ann", 3, 2, 0, 0, 0, 3, 9.0), DayOfWork("2026-01-02", "Ben", 0, 0, 0, 0, 0, 1, 4.0)]
    assert effort.effort_of(days).people == ("Ann",)


def test_unknown_time_stays_unknown() -> None:
    found = effort.effort_of([DayOfWork("2026-01-05", "import", 9, 9, 0, 0, 9, 0, 0.0)])
    assert (found.seconds, found.recent, found.earlier) == (None, None, None)
    assert explaining.work_value("throughput", found, 9) == "Not known yet"
    given = explaining.work_explained("throughput", found, 9, 20, "revision 3").inputs
    assert [value.value for value in given] == ["not known yet"] * 2


def test_every_number_is_explained_with_what_it_is_of() -> None:
    rating = rating_of(64, 36, 60, 90, labels=(health(1, 0.4, 0.9), health(2, 0.7, 0.2)), revision=7)
    at = "2026-01-20T08:00:00.000000+00:00"
    stop = Stop("keep_going", "Keep going.", (), (), (1.0, 2.5), 4.0)
    assert rating.score.value is not None
    found = [
        explaining.rating_explained(rating, at), explaining.interval_explained(rating, at),
        explaining.hours_explained(rating, stop, 70.0, 4.5, at),
        *(explaining.factor_explained(factor, rating, at) for factor in rating.factors),
    ]  # fmt: skip
    for one in found:
        assert one.belongs == "model 7 · revision 7 · computed 2026-01-20 08:00 UTC"
        assert one.definition
        assert one.formula
        assert one.inputs
    whole, _, left, *_ = found
    assert "weighs 20 %; if it were 100, the rating would be" in whole.inputs[1].note
    better = rating_of(64, 100, 60, 90).score.value or 0.0
    assert f"{better - rating.score.value:.1f} points higher" in whole.inputs[1].note
    assert left.value == "1 to 2.5 hours"
    assert ("Reviews to the target", "800 to 2,000") in [(given.name, given.value) for given in left.inputs]
    assert explaining.hours_explained(rating, replace(stop, hours=None), 70.0, 4.5, at).value == "Cannot be foreseen yet"
    assert explaining.hours_explained(rating, replace(stop, hours=None), 20.0, 4.5, at).value.startswith("None:")
    assert [label.name for label in explaining.weakest_labels(rating, 1)] == ["label 1"]


@pytest.fixture(scope="module")
def twice_rated(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A project with two ratings, ten reviews of known time between them."""
    store, project = stored(tmp_path_factory.mktemp("twice"))
    rate_project(store, project.id)
    label = store.labels(project.id)[0].id
    items = [item.id for item in store.iter_items(project.id)][100:110]
    store.record_reviews(project.id, [ReviewDraft(item, (label,), "Ann", seconds=4.0, source="teach") for item in items])
    return store


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption, at.subheader) for element in kind)


def test_the_overview_opens_what_each_number_is_and_says_what_moved(
    twice_rated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("PLATEAU_DB", str(twice_rated.path))
    st.cache_resource.clear()
    at = opened()
    shown = texts(at)
    for words in ("What it is made of, and what moved it", "Work done", "10 timed judgements", "Labelling left to the target"):
        assert words in shown
    assert " chance" in shown
    assert "In between, 10 more items were reviewed." in shown
    numbers = ("rating", "interval", "hours", *explaining.WORK_TITLES)
    assert {button.key for button in at.button} >= {f"explain_{key}" for key in numbers}
    at.button(key="explain_rating").click().run()
    assert not at.exception
    assert "raised to their weights and multiplied" in texts(at)
    at.button(key="factor_all_labels").click().run()
    assert not at.exception
    assert "What moved it since" in texts(at)
