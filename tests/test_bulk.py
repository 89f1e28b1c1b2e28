"""All items of a theme at once: what is listed, what one confirmation writes, and what undo takes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import ImportRow, Project, Review, ReviewDraft, StoredAction
from data.store import Store
from tests.browsing import APP, LABEL
from views import bulk, planning

ACTION = StoredAction(
    id=0, kind="discover", theme="courier, late", reason="No label explains them.", factor="coverage", label_ids=(), item_ids=(),
    chances=(), candidates=30, predicted_gain=1.0, predicted_seconds=30.0, model_version=0, revision=0, state="started",
    created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


def fresh(store: Store, project: Project, count: int = 4) -> list[int]:
    """Items that nobody has reviewed."""
    return [item.id for item in store.iter_items(project.id)][150 : 150 + count]


def begun(store: Store, project: Project, items: Sequence[int], **changes: object) -> int:
    action = replace(ACTION, item_ids=tuple(items), chances=(0.5,) * len(items), **changes)  # type: ignore[arg-type]
    return store.add_action(project.id, action, "me").id


def at_all(action_id: int) -> AppTest:
    """The Label page at an action, all items at once."""
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["action"] = str(action_id)
    at.run()
    at.switch_page(LABEL)
    at.query_params["action"] = str(action_id)
    at.query_params["way"] = "all"
    at.run()
    assert not at.exception
    return at


def confirmed(at: AppTest, action_id: int) -> AppTest:
    at.button(key=f"bulk_{action_id}_confirm").click().run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.title, at.info, at.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def label_of(store: Store, project: Project, name: str) -> int:
    return next(label.id for label in store.labels(project.id) if label.name == name)


def mine(store: Store, project: Project) -> list[Review]:
    return [review for review in store.reviews(project.id) if review.annotator == "me"]


def test_the_ticked_items_get_the_labels_and_of_the_others_nothing_is_said(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    for item_id in items:
        at.checkbox(key=f"bulk_{number}_{item_id}").set_value(item_id != items[1])
    confirmed(at, number)
    refund = label_of(store, project, "Refund")
    given = mine(store, project)
    assert [review.item_id for review in given] == [items[0], items[2], items[3]]
    assert {(r.assigned, r.dismissed, r.partial, r.view, r.source) for r in given} == {((refund,), (), True, "bulk", "discover")}
    assert [(r.list_rank, r.list_size, r.chance, r.candidates) for r in given][1] == (3, 4, 0.5, 30)
    assert len({review.revision for review in given}) == 1
    seconds = [review.seconds for review in given]
    assert seconds[0] is not None
    assert seconds == [seconds[0]] * 3
    assert store.action(project.id, number).state == "started"
    assert "1 item left to decide one by one" in texts(at)


def test_after_a_confirmation_training_is_thought_of(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = place
    nudged: list[int] = []
    monkeypatch.setattr(planning, "nudge", lambda _, project_id: nudged.append(project_id))
    number = begun(store, project, fresh(store, project))
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    confirmed(at, number)
    assert nudged == [project.id]


def test_who_has_read_them_all_judges_every_label(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project, 2)
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value([])
    for item_id in items:
        at.checkbox(key=f"bulk_{number}_{item_id}").check()
    at.checkbox(key=f"bulk_{number}_all").check()
    confirmed(at, number)
    assert [(review.assigned, review.partial) for review in mine(store, project)] == [((), False)] * 2
    assert store.action(project.id, number).state == "done"
    assert "Done" in texts(at)
    assert at.button(key="undo").label == "Undo what was confirmed last"
    assert "way_change" not in {button.key for button in at.button}


def test_without_labels_nothing_is_written_unless_all_is_read(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value([])
    confirmed(at, number)
    assert "No label is chosen" in texts(at)
    assert mine(store, project) == []


def test_without_a_tick_nothing_is_written(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    at = at_all(number)
    at.button(key="bulk_tick_False").click().run()
    confirmed(at, number)
    assert "No item is ticked" in texts(at)
    assert mine(store, project) == []


def test_a_label_that_is_new_is_created(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Courier"])
    confirmed(at, number)
    assert {review.assigned for review in mine(store, project)} == {(label_of(store, project, "Courier"),)}


def test_undo_takes_the_whole_batch_back_and_lists_it_again(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    for item_id in items:
        at.checkbox(key=f"bulk_{number}_{item_id}").set_value(item_id in items[:2])
    confirmed(at, number)
    at.button(key="bulk_again").click().run()
    at.button(key="bulk_tick_True").click().run()
    confirmed(at, number)
    assert store.action(project.id, number).state == "done"
    at.button(key="undo").click().run()
    assert not at.exception
    assert [review.item_id for review in mine(store, project)] == items[:2]
    assert store.action(project.id, number).state == "started"
    assert {box.key for box in at.checkbox} >= {f"bulk_{number}_{item_id}" for item_id in items[2:]}
    at.button(key="bulk_undo").click().run()
    assert mine(store, project) == []


def test_undo_of_a_finished_list_brings_back_its_ticks_and_the_way_to_one_by_one(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    asked: list[str] = []
    rerun = st.rerun
    monkeypatch.setattr(st, "rerun", lambda: (asked.append("the whole page"), rerun()))
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    for item_id in items:
        at.checkbox(key=f"bulk_{number}_{item_id}").set_value(item_id in items[:2])
    confirmed(at, number)
    at.button(key="bulk_undo").click().run()
    asked.clear()
    assert [at.checkbox(key=f"bulk_{number}_{item_id}").value for item_id in items] == [True, True, False, False]
    at.button(key="bulk_tick_True").click().run()
    confirmed(at, number)
    assert "way_change" not in {button.key for button in at.button}
    assert asked == []
    at.button(key="undo").click().run()
    assert not at.exception
    assert asked == ["the whole page"]
    assert [at.checkbox(key=f"bulk_{number}_{item_id}").value for item_id in items] == [True] * 4
    assert at.button(key="way_change").label == "One by one"


def test_a_batch_is_what_was_recorded_together_in_this_action_by_this_person(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)

    def said(item_id: int, who: str = "me", action_id: int | None = number) -> ReviewDraft:
        return ReviewDraft(item_id, (), who, source="discover", action_id=action_id)

    store.record_review(project.id, said(items[0]))
    store.record_reviews(project.id, [said(items[1]), said(items[2]), said(items[3], "Jo", None)])
    assert [review.item_id for review in store.undo_batch(project.id, "me", number)] == items[1:3]
    assert [review.item_id for review in store.undo_batch(project.id, "me", number)] == items[:1]
    assert store.undo_batch(project.id, "me", number) == []
    assert [review.annotator for review in store.reviews(project.id) if review.item_id in items] == ["Jo"]


def test_somebody_elses_newer_judgement_stops_the_batch_and_keeps_the_ticks(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    for item_id in items:
        at.checkbox(key=f"bulk_{number}_{item_id}").set_value(item_id != items[3])
    praise = label_of(store, project, "Praise")
    store.record_review(project.id, ReviewDraft(items[0], (praise,), "Jo", source="shuffle"))
    confirmed(at, number)
    shown = texts(at)
    assert "Jo said “Praise”" in shown
    assert ":material/person: Jo: Praise" in shown
    assert mine(store, project) == []
    assert [at.checkbox(key=f"bulk_{number}_{item_id}").value for item_id in items] == [True, True, True, False]
    confirmed(at, number)
    assert [review.item_id for review in mine(store, project)] == items[:3]


def test_of_several_readings_the_list_shows_none(place: tuple[Store, Project]) -> None:
    store, project = place
    store.update_settings(project.id, {"readings": 2})
    items = fresh(store, project)
    number = begun(store, project, items)
    store.record_review(project.id, ReviewDraft(items[0], (label_of(store, project, "Praise"),), "Jo", source="shuffle"))
    at = at_all(number)
    assert f"bulk_{number}_{items[0]}" in {box.key for box in at.checkbox}
    assert "Jo" not in texts(at)


def test_what_a_person_has_judged_before_is_not_listed(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)
    store.record_review(project.id, ReviewDraft(items[0], (), "me", source="shuffle"))
    listed = {box.key for box in at_all(number).checkbox}
    assert f"bulk_{number}_{items[0]}" not in listed
    assert f"bulk_{number}_{items[1]}" in listed


def test_items_are_ticked_where_the_labels_own_suggestion_is_likely(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = label_of(store, project, "Refund")
    items = fresh(store, project, 8)
    shown = {"model_version": 1, "words": {}, "items": {
        str(item_id): [[refund, 0.9 if k < 3 else 0.2, k < 3]] for k, item_id in enumerate(items)
    }}  # fmt: skip
    number = begun(store, project, items, kind="teach", label_ids=(refund,), theme="Refund", shown=shown)
    at = at_all(number)
    assert at.multiselect(key=f"bulk_{number}_labels").value == ["Refund"]
    ticks = {item_id: at.checkbox(key=f"bulk_{number}_{item_id}").value for item_id in items}
    assert all(isinstance(tick, bool) for tick in ticks.values())


def test_with_one_label_an_item_the_label_given_is_the_whole_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "plateau.db")
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    project = store.create_project("Single", single_label=True)
    store.import_rows(project.id, [ImportRow(f"m{k}", f"Letter {k}") for k in range(4)])
    late = store.add_label(project.id, "Late").id
    items = [item.id for item in store.iter_items(project.id)]
    number = begun(store, project, items)
    at = at_all(number)
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Late"])
    confirmed(at, number)
    assert {(review.assigned, review.partial) for review in mine(store, project)} == {((late,), False)}


def test_a_key_changes_to_all_at_once_and_back(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    at = at_all(number)
    assert (at.button(key="way_change").label, at.button(key="way_change").proto.shortcut) == ("One by one", "b")
    at.button(key="way_change").click().run()
    assert not at.exception
    assert at.query_params["way"] == "one"
    assert at.button(key="way_change").label == "All at once"
    assert not at.checkbox


@pytest.mark.parametrize("kind", ["shuffle", "check", "missed", "resolve", "merge"])
def test_what_asks_for_each_item_by_itself_has_no_list(place: tuple[Store, Project], kind: str) -> None:
    assert kind not in bulk.KINDS


def test_a_long_list_is_given_in_parts(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = place
    monkeypatch.setattr(bulk, "PAGE", 3)
    items = fresh(store, project, 5)
    number = begun(store, project, items)
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    confirmed(at, number)
    assert [review.item_id for review in mine(store, project)] == items[:3]
    assert {box.key for box in at.checkbox} >= {f"bulk_{number}_{item_id}" for item_id in items[3:]}


def test_active_time_stops_at_a_pause_and_is_never_negative(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(bulk.st, "session_state", state)
    monkeypatch.setattr(bulk.time, "monotonic", lambda: 130.0)
    assert bulk.active_seconds(10) is None
    state["bulk_since"] = ((1, 1), 100.0)
    assert bulk.active_seconds(10) == 30.0
    assert bulk.active_seconds(1) == bulk.MOST_AN_ITEM
    monkeypatch.setattr(bulk.time, "monotonic", lambda: 50.0)
    assert bulk.active_seconds(10) == 0.0


def test_time_starts_anew_after_a_confirmation_an_undo_and_leaving(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    clock = [1000.0]
    monkeypatch.setattr(bulk.time, "monotonic", lambda: clock[0])
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    clock[0] += 8.0
    confirmed(at, number)
    assert [review.seconds for review in mine(store, project)] == [2.0] * 4
    clock[0] += 300.0
    at.button(key="undo").click().run()
    clock[0] += 4.0
    confirmed(at, number)
    assert [review.seconds for review in mine(store, project)] == [1.0] * 4
    at.button(key="undo").click().run()
    at.button(key="bulk_leave").click().run()
    assert "bulk_since" not in at.session_state


def test_times_of_a_list_are_no_times_of_single_items(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    before = len(store.timed_reviews(project.id))
    store.record_review(project.id, ReviewDraft(items[0], (), "me", source="teach", seconds=2.0, view="bulk"))
    store.record_review(project.id, ReviewDraft(items[1], (), "me", source="teach", seconds=7.0, view="desk"))
    assert [row[0] for row in store.timed_reviews(project.id)[before:]] == [7.0]


def test_a_label_retired_meanwhile_is_refused_and_not_chosen_again(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    refund = label_of(store, project, "Refund")
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    store.retire_label(project.id, refund)
    confirmed(at, number)
    assert "gone out of use" in texts(at)
    assert at.multiselect(key=f"bulk_{number}_labels").value == []
    confirmed(at, number)
    assert mine(store, project) == []
    assert refund not in {label.id for label in store.labels(project.id)}


def test_a_label_renamed_meanwhile_is_given_under_its_new_name(place: tuple[Store, Project]) -> None:
    store, project = place
    number = begun(store, project, fresh(store, project))
    refund, count = label_of(store, project, "Refund"), len(store.labels(project.id, retired=True))
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Refund"])
    store.rename_label(project.id, refund, "Money back")
    confirmed(at, number)
    assert {review.assigned for review in mine(store, project)} == {(refund,)}
    at.button(key="undo").click().run()
    assert at.multiselect(key=f"bulk_{number}_labels").value == ["Money back"]
    assert len(store.labels(project.id, retired=True)) == count


def test_a_refused_list_creates_no_label(place: tuple[Store, Project]) -> None:
    store, project = place
    items = fresh(store, project)
    number = begun(store, project, items)
    at = at_all(number)
    at.button(key="bulk_tick_True").click().run()
    at.multiselect(key=f"bulk_{number}_labels").set_value(["Courier"])
    store.record_review(project.id, ReviewDraft(items[0], (), "Jo", source="shuffle"))
    confirmed(at, number)
    assert "Jo said" in texts(at)
    assert "Courier" not in {label.name for label in store.labels(project.id, retired=True)}
    confirmed(at, number)
    assert {review.assigned for review in mine(store, project)} == {(label_of(store, project, "Courier"),)}
