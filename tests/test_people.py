"""People: what each has done, whom they agree with, second readings, and settling what they differ on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import NotEnoughEvidence
from data.records import Project, Review, ReviewDraft
from data.store import Store
from rating.annotators import share, ticked_beforehand, with_others, work_of
from rating.service import gather, rate_project
from recommend.people import Team, cube, is_independent, shared, team_of
from recommend.readings import disputed_items, lacking_readings, start_resolve, start_second_reading
from recommend.service import plan_project
from tests.builders import minute, stored
from tests.test_resolve import said


def reviewed(item_id: int, annotator: str, assigned: tuple[int, ...] = (), **changes: object) -> Review:
    return replace(said(annotator, assigned), item_id=item_id, **changes)  # type: ignore[arg-type]


def label_named(store: Store, project: Project, name: str) -> int:
    return next(label.id for label in store.labels(project.id) if label.name == name)


def read_again(store: Store, project: Project, person: str, count: int, *, without: int | None = None) -> list[int]:
    """Somebody judges so many reviewed items independently, as before, only that a label is left out."""
    items = store.current_reviews(project.id)[:count]
    for review in items:
        labels = tuple(label for label in review.assigned if label != without)
        store.record_review(project.id, ReviewDraft(review.item_id, labels, person, source="second", seconds=4.0))
    return [review.item_id for review in items]


def test_work_is_counted_by_person_and_item() -> None:
    given = [
        reviewed(1, "ann", (1, 2), seconds=10.0, at=minute(1)),
        reviewed(1, "ann", (1,), seconds=20.0, at=minute(2)),
        reviewed(2, "ann", (), seconds=None, at=minute(9), uncertain=True),
        reviewed(3, "ann", (), state="skipped", seconds=5.0, at=minute(3)),
        reviewed(1, "ben", (2,), at=minute(4)),
    ]
    ann, ben = work_of(given, {})
    assert (ann.person, ann.items, ann.labels, ann.timed, ann.seconds, ann.median) == ("ann", 2, 1, 2, 30.0, 15.0)
    assert ann.per_hour == pytest.approx(240.0)
    assert (ann.uncertain, ann.skipped, ann.last) == (pytest.approx(1 / 3), pytest.approx(1 / 3), minute(9))
    assert (ben.items, ben.seconds, ben.median, ben.per_hour) == (1, None, None, None)
    assert work_of([], {}) == ()


def test_suggestions_let_stand_are_those_ticked_beforehand(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    action = start_shuffled(store, project)
    shown = {"items": {"7": [[1, 0.9, True], [2, 0.2, False]], "8": [[1, 0.8, True]]}}
    ticked = ticked_beforehand([replace(action, id=5, shown=shown), replace(action, id=6, shown=None)])
    assert ticked == {(5, 7): frozenset({1}), (5, 8): frozenset({1})}
    given = [reviewed(7, "ann", (1, 2), action_id=5), reviewed(8, "ann", (2,), action_id=5), reviewed(9, "ann", (1,))]
    kept = work_of(given, ticked)[0].kept
    assert kept.value == 0.5
    assert work_of(given[2:], ticked)[0].kept.value is None
    for unticked in ({"source": "check"}, {"view": "bulk"}, {"view": "history"}):
        assert work_of([replace(given[1], **unticked)], ticked)[0].kept.value is None


def start_shuffled(store: Store, project: Project):  # type: ignore[no-untyped-def]
    from recommend.start import start_shuffle

    return start_shuffle(store, project.id, "ann")


def test_agreement_with_others_is_about_what_somebody_assigned() -> None:
    judged = np.full((3, 3, 2), np.nan)
    judged[:, :2] = 0.0
    judged[0, :2, 0], judged[1, 0, 1] = 1.0, 1.0
    first, second, third = with_others(judged)
    assert first.value == second.value == 0.5
    assert third.value is None
    assert "somebody else" in third.reason


def test_a_share_lies_in_its_interval() -> None:
    for count, total in ((0, 3), (3, 3), (5, 9)):
        found = share(count, total, "")
        assert (found.low or 0.0) <= count / total <= (found.high or 0.0)
        assert (found.high or 0.0) - (found.low or 0.0) > 0.1
    assert share(0, 0, "nothing").reason == "nothing"


def test_only_answers_given_without_another_in_view_are_compared() -> None:
    assert is_independent(reviewed(1, "ann", source="second"))
    assert not is_independent(reviewed(1, "ann", source="resolve"))
    assert not is_independent(reviewed(1, "ann", view="history"))
    assert not is_independent(reviewed(1, "ann", state="skipped"))


def test_shared_items_are_laid_out_by_person() -> None:
    given = [reviewed(1, "ann", (1,)), reviewed(2, "ann"), reviewed(1, "ben"), reviewed(1, "ann", (2,))]
    twice = shared(given)
    assert [(r.item_id, r.annotator, r.assigned) for r in twice] == [(1, "ann", (2,)), (1, "ben", ())]
    laid, names = cube(twice, np.array([[0.0, 1.0], [0.0, np.nan]]))
    assert names == ["ann", "ben"]
    np.testing.assert_array_equal(laid, [[[0.0, 1.0], [0.0, np.nan]]])


def team(store: Store, project: Project) -> Team:
    return team_of(store, project.id, plan_project(store, project.id).served)


def test_one_person_agrees_with_nobody(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    found = team(store, project)
    assert [person.person for person in found.people] == ["import"]
    assert (found.shared, found.alpha.value, found.habits) == (0, None, ())
    assert all("Let a second person" in row.agreement.alpha.reason for row in found.labels)


def test_the_label_on_which_people_differ_comes_first(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    refund = label_named(store, project, "Refund")
    items = read_again(store, project, "ann", 60, without=refund)
    found = team(store, project)
    assert found.shared == len(items)
    assert found.labels[0].name == "Refund"
    assert found.labels[0].disputed == sum(refund in r.assigned for r in store.reviews(project.id) if r.item_id in items)
    assert {row.agreement.alpha.value for row in found.labels[1:]} == {1.0}
    assert 0.0 < (found.alpha.value or 0.0) < 1.0
    assert 0.0 < (found.with_others["ann"].value or 0.0) < 1.0


def test_without_a_model_habits_are_unknown(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    assert team_of(store, project.id, None).habits is None


def test_who_starts_to_overlook_a_label_is_told_so(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=700, reviewed=300)
    refund = label_named(store, project, "Refund")
    read_again(store, project, "ann", 150, without=refund)
    found = team(store, project).habits or ()
    assert [(h.label, h.given < h.low) for h in found if h.person == "ann"] == [(refund, True)]


def test_what_waits_for_another_reading() -> None:
    given = [
        reviewed(1, "ann"), reviewed(2, "ann"), reviewed(2, "ben"), reviewed(3, "me"), reviewed(4, "ann"),
        reviewed(4, "me", state="skipped"), reviewed(5, "ann", state="skipped"), reviewed(6, "ann"),
    ]  # fmt: skip
    assert lacking_readings(given, "me", 2) == [1, 6]
    assert lacking_readings(given, "me", 3) == [1, 2, 6]
    assert lacking_readings(given, "ann", 2) == [3]
    assert lacking_readings(given, "me", 1) == []


def test_a_second_reading_takes_what_others_have_judged_once(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    with pytest.raises(NotEnoughEvidence, match="One person judges each item"):
        start_second_reading(store, project.id, "ann")
    store.update_settings(project.id, {"readings": 2})
    action = start_second_reading(store, project.id, "ann")
    seen = {review.item_id for review in store.current_reviews(project.id)}
    assert (action.kind, len(action.item_ids), action.candidates, action.annotator) == ("second", 10, 100, "ann")
    assert set(action.item_ids) <= seen
    assert set(action.chances) == {0.1}
    other = start_second_reading(store, project.id, "ben")
    assert not set(other.item_ids) & set(action.item_ids)
    for item_id in action.item_ids:
        store.record_review(project.id, ReviewDraft(item_id, (), "ann", source="second", action_id=action.id))
    assert not set(start_second_reading(store, project.id, "cy").item_ids) & set(action.item_ids)


def test_when_everything_is_read_twice_that_is_said(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=30, reviewed=3)
    store.update_settings(project.id, {"readings": 2})
    read_again(store, project, "ann", 3)
    with pytest.raises(NotEnoughEvidence, match="Nothing waits for another reading by ben"):
        start_second_reading(store, project.id, "ben")


def test_a_second_reading_is_neither_a_second_item_nor_a_random_sample(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=400, reviewed=150)
    before, rated = gather(store, project.id).evidence, rate_project(store, project.id).result.rating
    read_again(store, project, "ann", 60)
    after = gather(store, project.id).evidence
    for name in ("rows", "targets", "sources", "settled", "chances", "drawn_from"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    assert after.corrected == before.corrected
    again = rate_project(store, project.id).result.rating
    assert (again.score, again.reviewed, again.missing_mass) == (rated.score, rated.reviewed, rated.missing_mass)
    assert [factor.score for factor in again.factors] == [factor.score for factor in rated.factors]


def test_what_people_differ_on_can_be_settled_without_a_plan(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    refund = label_named(store, project, "Refund")
    read_again(store, project, "ann", 40, without=refund)
    disputed = disputed_items(store, project.id)
    assert list(disputed) == [refund]
    action = start_resolve(store, project.id, refund, "cy")
    assert (action.kind, action.label_ids, action.theme) == ("resolve", (refund,), "Refund")
    assert set(action.item_ids) <= set(disputed[refund])
    for item_id in disputed[refund]:
        store.record_review(project.id, ReviewDraft(item_id, (refund,), "cy", source="resolve", action_id=action.id))
    assert disputed_items(store, project.id) == {}
    with pytest.raises(NotEnoughEvidence, match="Nobody differs"):
        start_resolve(store, project.id, refund, "cy")
