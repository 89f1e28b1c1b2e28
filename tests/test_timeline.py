"""The course of a project: its ratings in short, what happened between them, and the chart of it."""

from __future__ import annotations

import doctest
from pathlib import Path

import pandas as pd
import pytest

from data.records import LabelEvent, ReviewDraft
from data.timeline import Pace, RatingMoment
from rating.service import rate_project
from recommend import timeline
from recommend.timeline import Happening, course, judged_again
from tests.builders import stored
from views import outlook, trendcharts
from views.trendcharts import AXES


def rated(number: int, reviewed: int, value: float | None = 50.0, *, population: int = 100, penalty: float = 0.5) -> RatingMoment:
    span = (None, None, None) if value is None else (value, value - 5, value + 5)
    config = {"model": {"encoders": ["a"], "penalty": penalty}, "rating": {"seed": 0}}
    at = f"2026-01-{number:02d}T10:00:00+00:00"
    return RatingMoment(number, 10 * number, number, at, reviewed, population, span, {"coverage": span}, config)


def test_the_examples_are_true() -> None:
    found = doctest.testmod(timeline)
    assert found.attempted >= 2
    assert found.failed == 0


def test_ratings_are_read_in_short_as_they_were_kept_and_only_the_newer_ones(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    rating = rate_project(store, project.id).result.rating
    (found,) = store.rating_moments(project.id)
    assert found.score == (rating.score.value, rating.score.low, rating.score.high)
    assert found.factors == {f.key: (f.score.value, f.score.low, f.score.high) for f in rating.factors}
    assert (found.reviewed, found.population) == (100, 300)
    assert found.config == store.snapshots(project.id)[0].config
    assert store.rating_moments(project.id, found.id) == []
    assert store.starred_versions(project.id) == []
    store.mark_version(project.id, found.model_version, starred=True, note="ours")
    assert store.starred_versions(project.id) == [(found.model_version, "ours")]
    store.mark_version(project.id, found.model_version, starred=False)
    assert store.starred_versions(project.id) == []


def test_work_is_told_by_day_person_and_revision(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=12, reviewed=4, source="import")
    label = store.labels(project.id)[0].id
    items = [item.id for item in store.iter_items(project.id)]
    before = store.revision(project.id)
    first = ReviewDraft(items[0], (label,), "Ann", at="2026-02-01T23:59:00+00:00", seconds=4.0, source="teach")
    store.record_review(project.id, first)
    again = ReviewDraft(
        items[0], (), "Ann", dismissed=(label,), at="2026-02-02T00:01:00+00:00", seconds=6.0, source="check", confirmed=()
    )
    store.record_review(project.id, again)
    store.record_review(project.id, ReviewDraft(items[1], (), "Ann", state="skipped", at="2026-02-02T00:02:00+00:00"))
    came, one, two = store.days_of_work(project.id)
    assert (came.items, came.imported, came.timed) == (4, 4, 0)
    assert (one.day, one.items, one.labels, one.timed, one.seconds) == ("2026-02-01", 0, 0, 1, 4.0)
    assert (two.day, two.items, two.dismissed, two.timed, two.seconds) == ("2026-02-02", 1, 1, 1, 6.0)
    paces = store.paces(project.id)
    assert (paces[0].judgements, paces[0].imported) == (4, 4)
    assert [(pace.revision > before, pace.seconds) for pace in paces[1:]] == [(True, 4.0), (True, 6.0), (True, 0.0)]
    store.undo_review(project.id, "Ann")
    store.undo_review(project.id, "Ann")
    assert [day.labels for day in store.days_of_work(project.id) if day.person == "Ann"] == [1]
    assert sum(pace.seconds for pace in store.paces(project.id)) == 10.0
    decisions = store.judged_again(project.id)
    assert [one.item_id for one in decisions] == [items[0], items[0], items[1], items[1], items[0]]
    assert {one.first for one in decisions} == {paces[0].revision}
    assert judged_again(decisions, before, store.revision(project.id)) == 2
    assert judged_again(decisions, before, before + 2) == 1


def test_who_only_skips_has_no_day_of_work_and_a_reset_puts_labels_aside(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=6, reviewed=0)
    one, two = (store.add_label(project.id, name).id for name in ("One", "Two"))
    items = [item.id for item in store.iter_items(project.id)]
    store.record_review(project.id, ReviewDraft(items[0], (), "Ben", state="skipped", at="2026-02-02T00:02:00+00:00"))
    assert store.days_of_work(project.id) == []
    draft = ReviewDraft(items[0], (one, two), "Ann", confirmed=(one,), source="teach", at="2026-02-03T00:00:00+00:00")
    store.record_review(project.id, draft)
    refused = ReviewDraft(items[1], (), "Ann", dismissed=(one, two), at="2026-02-03T00:01:00+00:00")
    store.record_review(project.id, refused)

    def told() -> list[tuple[str, int, int, int]]:
        return [(day.person, day.labels, day.confirmed, day.dismissed) for day in store.days_of_work(project.id)]

    assert (told(), store.first_assignments(project.id)) == ([("Ann", 2, 1, 2)], [(one, two), ()])
    store.reset_label(project.id, one)
    assert (told(), store.first_assignments(project.id)) == ([("Ann", 1, 0, 1)], [(two,), ()])
    store.record_review(project.id, ReviewDraft(items[2], (one,), "Cem"))
    assert (told()[-1], store.first_assignments(project.id)[-1]) == (("Cem", 1, 0, 0), (one,))


def test_the_course_has_the_last_rating_at_each_number_of_reviews_or_every_one() -> None:
    moments = [rated(1, 10, None), rated(2, 60), rated(3, 90, 55.0), rated(4, 90, 56.0)]
    assert [point.moment.id for point in course(moments, [], [])] == [2, 4]
    assert [point.moment.id for point in course(moments, [], [], each=True)] == [2, 3, 4]


def test_what_happened_stands_with_the_first_rating_that_knows_of_it() -> None:
    moments = [rated(1, 50), rated(2, 60, population=150), rated(3, 60, penalty=1.0), rated(4, 70, penalty=1.0)]
    paces = [Pace(5, 9, 9, 60.0), Pace(15, 3, 2, 1800.0), Pace(30, 1, 1, 1800.0)]
    events = [LabelEvent("2026-01-02T09:00:00+00:00", "created", name, None, name) for name in "ABCDE"]
    first, *rest = course(moments, paces, events, each=True)
    assert first.happenings == ()  # what came before the first rating is its beginning
    assert [point.happenings for point in rest] == [
        (Happening("import", "50 items imported"), Happening("import", "2 judgements imported"),
         Happening("taxonomy", "5 labels created: A, B, C and 2 more")),
        (Happening("import", "1 judgement imported"), Happening("model", "features weighed anew")),
        (),
    ]  # fmt: skip
    assert [round(point.hours, 2) for point in (first, *rest)] == [0.02, 0.52, 1.02, 1.02]


def test_a_starred_version_stands_where_it_was_rated_the_first_one_too() -> None:
    moments = [rated(1, 50), rated(2, 60), rated(3, 60), rated(4, 70)]
    points = course(moments, [], [], [(1, ""), (2, "before the fair"), (5, "not rated yet")])
    assert [point.happenings for point in points] == [
        (Happening("star", "version 1 starred"),), (Happening("star", "version 2 starred: before the fair"),), ()
    ]  # fmt: skip
    assert set(trendcharts.MARKS) == set(timeline.EVENT_WORDS)


def test_the_chart_leaves_out_nothing_that_happened() -> None:
    points = course([rated(k, 50 + k, population=100 + 50 * (k == 7)) for k in range(1, 29)], [], [])
    many = points * 100
    kept = trendcharts.thinned(many)
    assert len(kept) < len(many) / 5
    assert kept[-1] == many[-1]
    assert sum(bool(point.happenings) for point in kept) == sum(bool(point.happenings) for point in many)
    assert trendcharts.thinned(points) == list(points)


@pytest.mark.parametrize("name", AXES)
def test_the_trend_shows_the_interval_and_what_happened_over_each_axis(name: str) -> None:
    points = course([rated(1, 60), rated(2, 90, 56.0, population=150)], [Pace(1, 1, 0, 3600.0)], [])
    table, events = trendcharts.trend_table(points), trendcharts.event_table(points)
    spec = trendcharts.trend(table, AXES[name], events=events).to_dict()
    first, *_, mark = spec["layer"]
    assert first["encoding"]["y2"]["field"] == "high"
    assert first["encoding"]["y"]["title"] == "Model Rating (0–100)"
    assert first["encoding"]["x"]["title"] == AXES[name].title
    assert mark["encoding"]["shape"]["field"] == mark["encoding"]["color"]["field"] == "kind"
    assert events["what"].tolist() == ["50 items imported"]
    assert "It was 50 at" in outlook.trend_words(table, AXES[name])
    assert "The last: 50 items imported, before the rating at 90" in outlook.event_words(events)


def test_a_single_rating_has_its_interval_too() -> None:
    spec = trendcharts.trend(trendcharts.trend_table(course([rated(1, 60)], [], []))).to_dict()
    assert spec["layer"][0]["mark"]["type"] == "rule"


def test_the_forecast_is_dashed_with_its_range_and_the_target_is_named() -> None:
    ahead = pd.DataFrame([
        {"reviewed": n, "more": n - 60, "left": 0.1, "hours": 0.1, "rating": r, "low": r - 5, "high": r + 5}
        for n, r in ((60, 50), (90, 60))
    ])  # fmt: skip
    table = trendcharts.trend_table(course([rated(1, 60)], [], []))
    layers = trendcharts.trend(table, ahead=ahead, target=70.0).to_dict()["layer"]
    assert [layer["mark"].get("strokeDash") for layer in layers[:6] if layer["mark"]["type"] == "line"] == [None, [5, 4]]
    assert layers[5]["encoding"]["tooltip"][-1]["field"] == "left"
    assert layers[6]["layer"][1]["encoding"]["text"]["field"] == "words"
    assert len(trendcharts.trend(table, ahead=ahead.iloc[:1]).to_dict()["layer"]) == 3  # every item is reviewed
