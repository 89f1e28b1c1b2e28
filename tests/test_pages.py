"""The pages, run without a browser: what they show, and what a click leaves in the database."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks.validation import validation as validation_of
from data.errors import StoreError
from data.imports import inspect
from data.records import ImportRow, ReviewDraft, StoredAction
from data.store import Store
from recommend.cost import measured_times
from recommend.records import Stop
from recommend.rules import RULES
from recommend.start import start_shuffle
from samples.project import NAME, create_sample
from tests.browsing import DATA, LABEL, OVERVIEW, at_action, confirm, on_desk, opened, place, send, trained
from views import intake, stopping, validation
from views.wording import ANSWERS

VALIDATION = "validation_page.py"


CHECK = StoredAction(
    id=0, kind="check", theme="Late", reason="They may be wrong.", factor="all_labels", label_ids=(), item_ids=(), chances=(),
    candidates=3, predicted_gain=1.0, predicted_seconds=30.0, model_version=0, revision=0, state="started", created_at="",
    done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    path = tmp_path / "folder" / "plateau.db"
    monkeypatch.setenv("PLATEAU_DB", str(path))
    st.cache_resource.clear()
    path.parent.mkdir()
    return Store(path)


@pytest.fixture
def messages(store: Store) -> int:
    """A project of thirty messages that nobody has reviewed, with two labels."""
    project = store.create_project("Letters")
    store.import_rows(project.id, [_row(k) for k in range(30)])
    store.add_label(project.id, "Late", "It came late.")
    store.add_label(project.id, "Broken")
    return project.id


def _row(k: int) -> ImportRow:
    return ImportRow(f"m{k}", f"Letter {k}: the parcel was {'late' if k % 2 else 'broken'} again.", metadata={"channel": "mail"})


def clicked(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(
        str(element.value) for kind in (at.markdown, at.caption, at.title, at.subheader, at.html) for element in kind
    )


def at_the_desk(store: Store, project_id: int) -> tuple[AppTest, int]:
    action = start_shuffle(store, project_id, "me")
    return at_action(action.id), action.id


def test_an_empty_database_offers_the_sample_and_an_import(store: Store) -> None:
    at = opened()
    assert {button.key for button in at.button} >= {"open_sample", "go_import"}
    for page in (LABEL, DATA):
        assert not at.switch_page(page).run().exception


def test_the_sample_opens_with_its_rating_four_factors_a_stop_answer_and_actions(store: Store) -> None:
    create_sample(store)
    at = opened()
    shown = texts(at)
    for words in (
        "Model Rating",
        "All labels",
        "Underperforming labels",
        "Coverage",
        "Balance",
        "Enough?",
        "of 2,000 items reviewed",
    ):
        assert words in shown
    project = store.projects()[0]
    assert [f"start_{action.id}" in {b.key for b in at.button} for action in store.actions(project.id, "open")].count(True) >= 3
    assert store.snapshots(project.id)[-1].value is not None


def test_a_button_creates_the_sample(store: Store) -> None:
    at = clicked(opened(), "open_sample")
    assert [project.name for project in store.projects()] == [NAME]
    assert not at.error


def test_a_factor_opens_into_its_contributors(store: Store) -> None:
    create_sample(store)
    at = clicked(opened(), "factor_coverage")
    assert "Undiscovered concepts" in texts(at)


def test_too_few_reviews_are_said_with_the_way_out(store: Store, messages: int) -> None:
    at = opened()
    assert "No rating yet" in texts(at)
    assert not at.metric
    clicked(at, "shuffle_ten")
    (action,) = store.actions(messages, "started")
    assert action.kind == "shuffle"
    assert len(action.item_ids) == 10


def test_discover_names_a_theme_without_any_rating(store: Store, messages: int) -> None:
    clicked(opened(), "discover_ten")
    (action,) = store.actions(messages, "started")
    assert action.kind == "discover"
    assert action.theme
    assert len(action.chances) == len(action.item_ids)


def test_confirming_writes_the_decision_before_the_next_item_is_shown(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    late = next(label for label in store.labels(messages) if label.name == "Late")
    confirm(at, [late.id], note="  Said \n twice ", uncertain=True)
    (review,) = store.reviews(messages)
    assert review.assigned == (late.id,)
    assert (review.action_id, review.source, review.list_rank, review.annotator) == (action_id, "shuffle", 1, "me")
    assert (review.chance, review.candidates) == (pytest.approx(10 / 30), 30)
    assert (review.seconds, review.view, review.note, review.uncertain) == (0.01, "desk", "Said twice", True)
    assert place(at) == (2, 10)


def test_undo_takes_back_one_decision_after_the_other(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    late = next(label.id for label in store.labels(messages) if label.name == "Late")
    for _ in range(3):
        confirm(at, [late])
    assert len(store.reviews(messages)) == 3
    for left in (2, 1, 0):
        send(at, kind="undo")
        assert len(store.reviews(messages)) == left
        assert on_desk(at)["ticked"] == [late]  # as it was before it was taken back
    send(at, kind="undo")
    assert "nothing left to undo" in on_desk(at)["told"]["notice"]
    assert place(at) == (1, 10)
    assert action_id == store.actions(messages)[0].id


def test_an_offered_label_left_unticked_is_dismissed(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    offered = {chip["id"] for chip in on_desk(at)["offered"]}
    assert offered == {label.id for label in store.labels(messages)}
    confirm(at, [])
    (review,) = store.reviews(messages)
    assert review.assigned == ()
    assert set(review.dismissed) == offered


def test_a_label_dismissed_without_being_offered_is_shown_as_such_again(store: Store, messages: int) -> None:
    for number in range(9):
        store.add_label(messages, f"Earlier {number}")
    late = store.add_label(messages, "Quite another").id
    at, _ = at_the_desk(store, messages)
    assert late not in {chip["id"] for chip in on_desk(at)["offered"]}
    confirm(at, [], dismissed=[late])
    send(at, kind="move", to=0)
    assert on_desk(at)["dismissed"] == [late]
    assert late in {chip["id"] for chip in on_desk(at)["offered"]}


def test_a_reload_goes_on_where_the_work_was_left(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    confirm(at)
    assert place(at_action(action_id)) == (2, 10)


def test_skipping_leaves_the_item_without_a_judgement(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    confirm(at, kind="skip")
    assert [review.state for review in store.reviews(messages)] == ["skipped"]
    assert store.count_reviewed(messages) == 0


def test_back_and_forward_decide_nothing(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    for to in (1, 2, 1):
        send(at, kind="move", to=to)
    assert place(at) == (2, 10)
    assert store.reviews(messages) == []


def test_the_last_decision_ends_the_action_and_says_what_was_done(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    for _ in range(10):
        confirm(at)
    assert store.action(messages, action_id).state == "done"
    assert on_desk(at)["done"]
    assert at.metric[0].value == "10"
    trained(store, messages)
    assert store.snapshots(messages)[-1].revision == store.revision(messages)
    assert not [button for button in at.run().button if button.key == "rate_again"]


def test_with_one_label_an_item_two_are_refused_and_the_item_stays(store: Store) -> None:
    project = store.create_project("Single", single_label=True)
    store.import_rows(project.id, [_row(k) for k in range(12)])
    ids = [store.add_label(project.id, name).id for name in ("Late", "Broken")]
    at, _ = at_the_desk(store, project.id)
    assert on_desk(at)["single"]
    confirm(at, ids)
    assert "one label" in on_desk(at)["failed"]["words"]
    assert place(at) == (1, 10)
    confirm(at, ids[1:])
    assert on_desk(at)["failed"] is None
    assert store.reviews(project.id)[0].assigned == (ids[1],)


def test_a_label_is_created_in_place(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    send(at, kind="create", name="Quite another")
    new = next(label.id for label in store.labels(messages) if label.name == "Quite another")
    shown = on_desk(at)
    assert shown["told"]["created"] == new
    assert shown["labels"][str(new)] == ["Quite another", ""]
    step = store.taxonomy_steps(messages)[-1]
    assert (step.words, step.annotator) == ("Created Quite another", "me")
    confirm(at, [new])
    assert store.reviews(messages)[0].assigned == (new,)


def test_a_decision_that_comes_twice_is_recorded_once(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    first = on_desk(at)["item"]["id"]
    confirm(at, number="a")
    confirm(at, number="a")  # the same press, meant for the first item
    assert place(at) == (2, 10)
    confirm(at, item=first, assigned=[], number="b")  # another press, when its item has gone
    assert [review.item_id for review in store.reviews(messages)] == [first]


def test_a_decision_that_got_lost_is_saved_when_it_comes_again(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    late = next(label.id for label in store.labels(messages) if label.name == "Late")
    lost = store.action(messages, action_id).item_ids[2]
    confirm(at, [late], item=lost, own=0, seen=0, again=True, seconds=1e9)
    (review,) = store.reviews(messages)
    assert (review.item_id, review.assigned, review.list_rank) == (lost, (late,), 3)
    assert review.seconds == 1800.0
    assert place(at) == (1, 10)
    confirm(at, [late], item=lost, own=0, seen=0, again=True)  # its answer got lost, too
    assert len(store.reviews(messages, undone=True)) == 1
    send(at, kind="undo")
    confirm(at, [late], item=lost, own=0, seen=0, again=True)
    assert store.reviews(messages) == []
    assert "dealt with its item since" in on_desk(at)["told"]["notice"]


def test_a_decision_that_cannot_be_saved_keeps_its_item_and_says_why(
    store: Store, messages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = at_the_desk(store, messages)

    def full(*_: object) -> int:
        raise StoreError("The disk is full: free some space and try again.")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "record_review", full)
        confirm(at, number="a")
        assert on_desk(at)["failed"] == {"number": "a", "words": "The disk is full: free some space and try again."}
        assert place(at) == (1, 10)
    confirm(at, number="a")  # the same once more
    assert on_desk(at)["failed"] is None
    assert place(at) == (2, 10)


@pytest.mark.parametrize(
    "damaged", [{"item": "x"}, {"assigned": 5}, {"seen": "new"}, {"item": 987_654}, {"kind": "dance"}, {"kind": "move"}]
)
def test_a_damaged_event_is_refused_and_nothing_is_saved(store: Store, messages: int, damaged: dict[str, object]) -> None:
    at, _ = at_the_desk(store, messages)
    shown = on_desk(at)["item"]
    send(at, **{"kind": "decide", "item": shown["id"], "assigned": [], "own": 0, "seen": 0, **damaged})
    assert on_desk(at)["failed"]["words"]
    assert store.reviews(messages) == []


def test_seconds_are_never_more_than_have_passed_and_unknown_where_none_came(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    began = time.monotonic()
    for told in (500.0, -3.0, None, "soon"):
        confirm(at, seconds=told)
    first, second, *others = [review.seconds for review in store.reviews(messages)]
    assert first is not None
    assert 0 < first < time.monotonic() - began + 60
    assert (second, others) == (0.0, [None, None])


def test_skipping_what_others_have_judged_is_kept_beside_it(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    item = store.action(messages, action_id).item_ids[0]
    store.record_review(messages, ReviewDraft(item, (), "somebody"))
    confirm(at, kind="skip")
    assert [(review.annotator, review.state) for review in store.reviews(messages)] == [
        ("somebody", "reviewed"), ("me", "skipped"),
    ]  # fmt: skip
    assert store.count_reviewed(messages) == 1
    assert [review.annotator for review in store.current_reviews(messages)] == ["somebody"]


def test_skipping_what_one_has_judged_oneself_leaves_it_as_it_stands(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    item = store.action(messages, action_id).item_ids[0]
    store.record_review(messages, ReviewDraft(item, (), "me"))
    confirm(at, kind="skip")
    assert [review.state for review in store.reviews(messages)] == ["reviewed"]
    assert place(at)[0] == 2


def test_undo_takes_back_a_skip_of_a_reviewed_item_in_its_turn(store: Store, messages: int) -> None:
    items = tuple(store.item_hashes(messages)[0][:3])
    store.record_review(messages, ReviewDraft(items[1], (), "somebody"))
    at = at_action(store.add_action(messages, replace(CHECK, item_ids=items, chances=(None,) * 3), "me").id)
    confirm(at)
    confirm(at, kind="skip")
    assert place(at) == (3, 3)
    send(at, kind="undo")
    assert place(at) == (2, 3)
    assert [review.item_id for review in store.reviews(messages) if review.annotator == "me"] == [items[0]]
    send(at, kind="undo")
    assert place(at) == (1, 3)
    assert [review.annotator for review in store.reviews(messages)] == ["somebody"]


def test_an_item_left_as_it_was_in_one_action_is_asked_about_again_in_the_next(store: Store, messages: int) -> None:
    items = tuple(store.item_hashes(messages)[0][:3])
    store.record_review(messages, ReviewDraft(items[0], (), "somebody"))
    check = replace(CHECK, item_ids=items, chances=(None,) * 3)
    at = at_action(store.add_action(messages, check, "me").id)
    confirm(at, kind="skip")
    assert place(at) == (2, 3)
    again = store.add_action(messages, check, "me")
    at.query_params["action"] = str(again.id)
    at.session_state["action"] = again.id
    at.run()
    assert on_desk(at)["item"]["id"] == items[0]
    at.run()
    confirm(at, kind="skip")
    assert place(at) == (2, 3)


def test_an_item_that_somebody_else_decides_leaves_the_action_and_none_is_passed_over(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    items = store.action(messages, action_id).item_ids
    confirm(at)
    store.release(messages, "me", action_id)  # as a long pause does
    store.record_review(messages, ReviewDraft(items[1], (), "somebody"))
    send(at, kind="move", to=2)
    assert place(at) == (2, 9)
    assert on_desk(at)["item"]["id"] == items[2]


def test_leaving_keeps_what_was_decided(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    confirm(at)
    send(at, kind="leave")
    assert "desk_component" not in [found.key for found in at.get("bidi_component")]
    assert "action" not in at.query_params
    assert place(at_action(action_id)) == (2, 10)


def test_suggestions_and_words_are_those_that_the_action_was_offered_with(store: Store, messages: int) -> None:
    labels = {label.name: label.id for label in store.labels(messages)}
    late, broken = labels["Late"], labels["Broken"]
    items = tuple(store.item_hashes(messages)[0][:2])
    shown = {
        "model_version": 3, "items": {str(items[0]): [[broken, 0.91, True], [late, 0.2, False]]},
        "words": {str(broken): ["parcel", "broken"]},
    }  # fmt: skip
    action = replace(CHECK, kind="discover", item_ids=items, chances=(None,) * 2, shown=shown)
    at = at_action(store.add_action(messages, action, "me").id)
    drawn = on_desk(at)
    assert [(chip["id"], chip["chance"]) for chip in drawn["offered"]] == [(broken, "91%"), (late, "20%")]
    assert drawn["ticked"] == [broken]
    assert drawn["words"] == {str(broken): ["parcel", "broken"]}
    confirm(at)
    assert store.reviews(messages)[0].confirmed == (broken,)
    store.merge_labels(messages, broken, late)
    at = at_action(store.actions(messages)[-1].id)
    send(at, kind="move", to=0)
    assert on_desk(at)["ticked"] == [late]
    assert list(on_desk(at)["words"]) == [str(late)]


def test_reviews_newer_than_the_rating_are_counted_and_taken_in(store: Store) -> None:
    project = create_sample(store)
    at = opened()
    reviewed = {review.item_id for review in store.current_reviews(project.id)}
    fresh = [item_id for item_id in store.item_hashes(project.id)[0] if item_id not in reviewed][:2]
    for item_id in fresh:
        store.record_review(project.id, ReviewDraft(item_id, (), "somebody"))
    at.run()
    assert "2 reviews newer than this rating" in texts(at)
    clicked(at, "recompute")
    assert "newer than this rating" not in texts(at)


def csv_file() -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "text", "labels", "team"])
    writer.writerows([[f"a{k}", f"The parcel {k} is late.", "Late" if k < 3 else "", "north"] for k in range(12)])
    writer.writerow(["a0", "The same id again.", "", ""])
    return out.getvalue().encode()


def imported(at: AppTest) -> AppTest:
    at.file_uploader(key="import_file_0").upload("parcels.csv", csv_file()).run()
    assert not at.exception
    clicked(at, "import_now")
    run = at.session_state["import_run"]
    assert run.finished.wait(30)
    time.sleep(0.05)
    at.run()
    assert not at.exception
    return at


def test_a_file_is_imported_with_every_rejected_row_named(store: Store) -> None:
    at = imported(opened(DATA))
    (project,) = store.projects()
    assert (project.name, store.count_items(project.id), store.count_reviewed(project.id)) == ("Parcels", 12, 3)
    figures = {metric.label: metric.value for metric in at.metric}
    assert (figures["Rows in"], figures["Accepted"], figures["Rejected"]) == ("13", "12", "1")
    assert any("Rule" in table.value.columns and len(table.value) == 1 for table in at.dataframe)


def test_judgements_of_a_file_that_names_nobody_are_not_ascribed_to_who_imports_it(store: Store) -> None:
    project = store.create_project("Letters")
    at = opened(DATA)
    at.text_input(key="who").set_value("Ada").run()
    at = imported(at)
    assert {review.annotator for review in store.reviews(project.id)} == {"import"}


def test_a_file_that_is_no_table_is_refused_in_words(store: Store) -> None:
    at = opened(DATA)
    at.file_uploader(key="import_file_0").upload("letter.csv", b"%PDF-1.7 nothing to see").run()
    assert not at.exception
    assert "PDF" in at.error[0].value


def test_the_meaning_of_columns_can_be_changed(store: Store) -> None:
    at = opened(DATA)
    at.file_uploader(key="import_file_0").upload("parcels.csv", csv_file()).run()
    key = next(box.key for box in at.selectbox if str(box.key).endswith("_labels"))
    at.selectbox(key=key).set_value("team").run()
    clicked(at, "import_now")
    assert at.session_state["import_run"].finished.wait(30)
    assert [label.name for label in store.labels(store.projects()[0].id)] == ["north"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx"])
def test_items_are_exported_in_every_format(store: Store, messages: int, kind: str) -> None:
    at = opened(DATA)
    at.get_by_key("section").set_value("Export").run()
    at.get_by_key("export_format").set_value(kind).run()
    clicked(at, "export_prepare")
    *_, content, report = at.session_state["export"]
    assert report.rows == 30
    assert len(content) > 100


def the_settings(project_id: int) -> tuple[AppTest, str]:
    at = opened(DATA)
    at.get_by_key("section").set_value("Settings").run()
    assert not at.exception
    return at, f"setting_{project_id}_"


def test_settings_are_saved_together_and_usual_ones_keep_nothing(store: Store, messages: int) -> None:
    at, key = the_settings(messages)
    clicked(at, "settings_save")
    assert (store.project(messages).profile, dict(store.project(messages).settings)) == ("analytics", {})
    at.number_input(key=f"{key}readings").set_value(2)
    at.number_input(key=f"{key}confirm_focused").set_value(4.0)
    at.selectbox(key=f"{key}encoder").set_value("lsa").run()
    clicked(at, "settings_save")
    project = store.project(messages)
    assert (project.settings["readings"], project.settings["encoder"]) == (2, "lsa")
    assert measured_times(project.settings["times"]).confirm_focused == 4.0


def test_a_strategy_is_chosen_by_name_and_what_belongs_to_it_kept(store: Store, messages: int) -> None:
    at, key = the_settings(messages)
    assert "The usual choice." in texts(at)
    at.selectbox(key=f"{key}sampling_strategy").set_value("margin").run()
    assert "two likeliest answers" in texts(at)
    at.slider(key=f"{key}sampling_random").set_value(35)
    at.radio(key=f"{key}sampling_batch").set_value("growing").run()
    at.number_input(key=f"{key}sampling_growth").set_value(20)
    clicked(at, "settings_save")
    saved = {"strategy": "margin", "random": 0.35, "size": 10, "growth": 0.2}
    assert store.project(messages).settings["sampling"] == saved
    again, key = the_settings(messages)
    clicked(again, "settings_save")
    assert store.project(messages).settings["sampling"] == saved
    again.selectbox(key=f"{key}sampling_strategy").set_value("random").run()
    assert not [slider for slider in again.slider if slider.key == f"{key}sampling_random"]
    again.selectbox(key=f"{key}sampling_strategy").set_value("plateau").run()
    clicked(again, "settings_save")
    assert "sampling" not in store.project(messages).settings


def test_the_plan_says_after_how_many_reviews_to_train_again(store: Store) -> None:
    create_sample(store)
    assert "trains again by itself after about" in texts(opened())


def test_every_label_has_an_answer_of_its_own(store: Store) -> None:
    create_sample(store)
    at = clicked(opened(OVERVIEW), "stop_labels")
    table = next(shown.value for shown in at.dataframe if "Twice the examples" in shown.value)
    labels = store.labels(store.projects()[0].id)
    assert sorted(table["Label"]) == sorted(label.name for label in labels)
    assert set(table["Enough?"]) <= {word for word, _, _ in ANSWERS.values()}


def test_a_stalled_project_offers_the_action_that_mends_it() -> None:
    offered = [replace(CHECK, id=k, kind=kind, label_ids=labels, item_ids=(1,)) for k, (kind, labels) in enumerate(
        [("teach", (1,)), ("check", (2,)), ("check", (3,)), ("shuffle", ())]
    )]  # fmt: skip
    stuck = Stop("stalled", "Stalled.", (), (), None, None, mend="check", mend_labels=(3,))
    assert stopping.mending(stuck, offered) == offered[2]
    assert stopping.mending(replace(stuck, mend_labels=()), offered) == offered[1]
    assert stopping.mending(replace(stuck, mend="discover"), offered) is None
    assert stopping.mending(replace(stuck, mend=None), offered) is None


def test_the_answers_so_far_are_shown_with_the_rules_that_were_met(store: Store) -> None:
    create_sample(store)
    at = clicked(opened(OVERVIEW), "stop_history")
    table = next(shown.value for shown in at.dataframe if "Rules met" in shown.value)
    kept = store.stop_checks(store.projects()[0].id)
    assert kept
    assert table["Reviewed"].tolist() == [check.reviewed for check in kept][::-1]
    met = [RULES[name] for name, rule in kept[-1].figures["rules"].items() if rule["met"]]
    assert table["Rules met"].iloc[0] == "; ".join(met)
    assert table["Answer"].iloc[0] == ANSWERS[kept[-1].answer][0]


def test_settings_that_make_no_sense_change_nothing(store: Store, messages: int) -> None:
    at, key = the_settings(messages)
    before = store.project(messages)
    at.selectbox(key=f"{key}encoder").set_value("st:").run()
    clicked(at, "settings_save")
    assert "needs its name or folder" in at.error[0].value
    at.text_input(key=f"{key}model").set_value("./no such folder")
    clicked(at, "settings_save")
    assert "there is no folder" in at.error[0].value
    assert store.project(messages) == before


def label_of(store: Store, project_id: int, name: str) -> int:
    return next(label.id for label in store.labels(project_id) if label.name == name)


@pytest.mark.parametrize(
    "media", [f"data:image/png;base64,{'A' * 5000}", "broken.png", "../outside.png", "/etc/hostname", "https://[x", "a\x00b"]
)
def test_a_media_cell_that_is_no_picture_is_noted_and_no_error(store: Store, media: str) -> None:
    project = store.create_project("Pictures")
    (store.path.parent / "broken.png").write_bytes(b"no picture at all")
    Image.new("RGB", (4, 4)).save(store.path.parents[1] / "outside.png")
    store.import_rows(project.id, [ImportRow("p", "A letter.", media=media)])
    at, _ = at_the_desk(store, project.id)
    assert "is no picture below" in on_desk(at)["item"]["media"]["note"]


def test_a_picture_beside_the_database_is_shown_and_an_address_is_a_link(store: Store) -> None:
    project = store.create_project("Pictures")
    (store.path.parent / "media").mkdir()
    Image.new("RGB", (4, 4)).save(store.path.parent / "media" / "a.png")
    store.import_rows(project.id, [ImportRow("p", "A letter.", media="a.png")])
    at, _ = at_the_desk(store, project.id)
    assert on_desk(at)["item"]["media"]["picture"].startswith("data:image/png;base64,")
    store.import_rows(project.id, [ImportRow("p", "A letter.", media='https://example.invalid/a.png?x="><b>')])
    at.run()
    assert on_desk(at)["item"]["media"] == {"link": 'https://example.invalid/a.png?x="><b>'}


def test_a_text_that_is_imported_again_is_shown_as_it_stands(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    uid = store.item(messages, store.action(messages, action_id).item_ids[0]).uid
    store.import_rows(messages, [ImportRow(uid, "Quite another letter.")])
    at.run()
    assert on_desk(at)["item"]["text"] == "Quite another letter."


def test_a_standing_review_shows_merged_labels_as_their_target_and_no_retired_ones(store: Store, messages: int) -> None:
    late, broken = (label.id for label in sorted(store.labels(messages), key=lambda label: label.name != "Late"))
    old, gone = store.add_label(messages, "Delayed").id, store.add_label(messages, "Gone").id
    for item_id in store.item_hashes(messages)[0]:
        store.record_review(messages, ReviewDraft(item_id, (old, gone), "somebody"))
    store.merge_labels(messages, old, late)
    store.retire_label(messages, gone)
    items = tuple(store.item_hashes(messages)[0][:3])
    action = store.add_action(
        messages, replace(CHECK, item_ids=items, chances=(None,) * len(items), label_ids=(old, gone, broken)), "me"
    )
    at = at_action(action.id)
    assert [chip["id"] for chip in on_desk(at)["offered"]] == [late, broken]
    assert on_desk(at)["ticked"] == [late]
    confirm(at)
    review = store.standing_reviews([items[0]])[items[0]][-1]
    assert (review.annotator, review.assigned, review.dismissed) == ("me", (late,), (broken,))


def test_undoing_the_last_decision_of_an_action_lets_it_go_on(store: Store, messages: int) -> None:
    at, action_id = at_the_desk(store, messages)
    for _ in range(10):
        confirm(at)
    clicked(at, "undo")
    assert place(at) == (10, 10)
    assert store.action(messages, action_id).state == "started"
    send(at, kind="leave")
    assert at.button(key=f"start_{action_id}").label == "Go on"
    confirm(at_action(action_id))
    assert store.action(messages, action_id).state == "done"


def test_a_label_of_an_unfinished_decision_that_goes_out_of_use_is_refused(store: Store, messages: int) -> None:
    at, _ = at_the_desk(store, messages)
    late, broken = (label.id for label in sorted(store.labels(messages), key=lambda label: label.name != "Late"))
    store.retire_label(messages, late)
    confirm(at, [late])
    assert "out of use" in on_desk(at)["failed"]["words"]
    assert store.reviews(messages) == []
    other = store.add_label(messages, "Other").id
    store.merge_labels(messages, broken, other)
    confirm(at, [broken])
    assert store.reviews(messages)[0].assigned == (other,)


def test_a_file_of_other_messages_is_not_put_into_the_open_project(store: Store, messages: int) -> None:
    project = store.project(messages)
    known = store.items(messages, store.item_hashes(messages)[0][:1])[0]
    own = inspect(f"id,text\n{known.uid},{known.text}\n".encode(), "own.csv")
    other = inspect(b"id,text\nx1,something else\n", "other.csv")
    assert intake.belongs(store, project, own)
    assert not intake.belongs(store, project, other)
    assert intake.belongs(store, store.create_project("Empty"), other)


# Validation


def measured(path: Path) -> Path:
    """What the benchmark writes for the page, of two ways of choosing items."""
    records = [
        {
            "data": "mail", "top_labels": 4, "split": "iid", "seed": 100, "noise": None, "policy": policy, "run": 0, "reviews": n,
            "truth": {"map": quality, "rating": 100 * quality, "labels": {}, "held_positives": {}},
            "estimate": {"map": [quality + 0.02, quality - 0.1, quality + 0.1], "rating": [100 * quality, 50.0, 100.0]},
            "stop": "keep_going", "actions": [],
        }
        for policy in ("random", "plateau") for n, quality in ((100, 0.5), (200, 0.6), (500, 0.8))
    ]  # fmt: skip
    path.write_text(json.dumps(validation_of(records)))
    return path


def test_the_validation_page_says_what_to_run_when_nothing_is_measured(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation.load, "__defaults__", (Path("nowhere.json"),))
    at = opened(VALIDATION)
    assert not at.exception
    assert "python -m benchmarks trajectory" in at.info[0].value


def test_the_validation_page_holds_estimates_against_the_truth(
    store: Store, messages: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation.load, "__defaults__", (measured(tmp_path / "validation.json"),))
    at = opened(VALIDATION)
    assert not at.exception
    assert {m.label: m.value for m in at.metric} == {"All labels": "± 2.0", "Model Rating": "± 0.0"}
    at.selectbox(key="validation_figure").select("map").run()
    assert not at.exception
    shown = texts(at)
    assert "**At random**" in shown
    assert "At 500 reviews 82.0, in truth 80.0; 100 % of the intervals held." in shown
    table = at.dataframe[0].value
    assert table["Items chosen"].tolist() == ["At random", "Plateau's plan", "Mean"]
    assert table["Error"].round(3).tolist() == [2.0, 2.0, 2.0]
    assert "--policy random plateau" in at.code[0].value
    at.button_group(key="validation_policies").set_value(["random"]).run()
    assert "**Plateau's plan**" not in texts(at)


def test_what_ships_fits_the_page_and_holds_no_text() -> None:
    assert validation.MEASURED.stat().st_size < 200_000
    for setting in validation.load():
        assert validation.policies_of(setting)
        assert validation.starts(setting)
        for curve in setting["curves"]:
            assert len({len(curve[key]) for key in ("reviews", "truth", "value", "low", "high", "error", "covered")}) == 1


def test_the_overview_looks_ahead_and_says_what_moves_the_rating(store: Store) -> None:
    create_sample(store)
    shown = texts(opened())
    for words in ("Trend and forecast", "100 more reviews", "One more point of the rating", "rises from", "on recent items"):
        assert words in shown


def test_balance_opens_with_its_uneven_themes_by_name(store: Store) -> None:
    create_sample(store)
    at = clicked(opened(), "factor_balance")
    themes = next(frame.value for frame in at.dataframe if "Items to even out" in frame.value)
    assert themes["Theme"].str.contains(", ").all()
    assert set(themes[""]) <= {"too much", "too little"}
