"""The Data page with other tools' files: what it says of them, what it asks, and what an import leaves in the database."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.errors import StoreError
from data.exports import ExportReport, Handover
from data.formats.exporting import tool_bytes
from data.formats.label_config import read_config
from data.formats.losses import losses
from data.formats.tools import TOOLS
from data.imports import ImportOptions, ImportReport, Rejection
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from tests.browsing import DATA, LABEL, opened
from tests.builders import broken
from tests.test_api_work import TEACH
from views import checking, importing, intake, outgoing, planning
from views import handing as handing_views
from views.wording import plain


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[Store, Project]:
    """Another database: six messages, of which two people have judged four, one of them without a label, and one is skipped."""
    found = Store(tmp_path / "elsewhere.db")
    project = found.create_project("mail")
    found.import_rows(project.id, [ImportRow(f"m{k}", f"Letter {k} about a parcel.") for k in range(6)])
    late, broken = found.add_label(project.id, "Late").id, found.add_label(project.id, "Broken").id
    items = [item.id for item in found.iter_items(project.id)]
    for item, who, given in ((0, "ann", (late,)), (0, "ben", (broken,)), (1, "ann", (late, broken)), (2, "ben", ())):
        found.record_review(project.id, ReviewDraft(items[item], given, who, seconds=3.5))
    found.record_review(project.id, ReviewDraft(items[3], (), "ann", state="skipped"))
    return found, found.project(project.id)


def uploaded(name: str, content: bytes) -> AppTest:
    at = opened(DATA)
    at.file_uploader(key="import_file_0").upload(name, content).run()
    assert not at.exception
    return at


def done(at: AppTest) -> ImportReport:
    """Press Import and wait for the report."""
    at.button(key="import_now").click().run()
    assert not at.exception
    run = at.session_state["import_run"]
    assert run.finished.wait(30)
    at.run()
    assert not at.exception
    assert run.error is None
    assert run.report is not None
    found: ImportReport = run.report
    return found


def said(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.warning, at.info, at.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def field(at: AppTest, key: str) -> Any:
    """The one choice whose key begins like this."""
    (found,) = (box for box in at.selectbox if str(box.key).startswith(key))
    return found


def argilla(elsewhere: tuple[Store, Project], **settings: Any) -> bytes:
    return tool_bytes(Handover(*elsewhere, **settings), "argilla")[0]


def test_a_tools_export_is_recognised_and_no_column_is_asked_for(store: Store, elsewhere: tuple[Store, Project]) -> None:
    at = uploaded("records.jsonl", argilla(elsewhere))
    told = f"**This is {TOOLS['argilla'].title}**: 6 messages, 2 people (ann, ben), 2 labels (Late, Broken), from “labels”."
    assert told in said(at)
    assert not [box.key for box in at.selectbox if str(box.key).startswith("map_")]
    shown = figures(at)
    assert [shown[name] for name in ("Messages", "Reviews", "of these no label", "Skipped", "Unreviewed", "Labels")] == [
        "6", "4", "1", "1", "2", "2",
    ]  # fmt: skip
    first = at.dataframe[0].value.iloc[0].to_dict()
    assert (first[""], first["id"], first["labels"], first["annotator"], first["seconds"]) == (
        "reviewed",
        "m0",
        "Late",
        "ann",
        "3.5",
    )
    assert done(at).accepted == 6
    (project,) = store.projects()
    names = {label.id: label.name for label in store.labels(project.id)}
    given = [(r.annotator, r.state, {names[k] for k in r.assigned}) for r in store.reviews(project.id)]
    assert given == [
        ("ann", "reviewed", {"Late"}), ("ben", "reviewed", {"Broken"}), ("ann", "reviewed", {"Late", "Broken"}),
        ("ben", "reviewed", set()), ("ann", "skipped", set()),
    ]  # fmt: skip


def test_a_file_is_read_as_a_plain_table_where_the_person_says_so(store: Store, elsewhere: tuple[Store, Project]) -> None:
    at = uploaded("records.jsonl", argilla(elsewhere))
    field(at, "import_tool_").set_value("table").run()
    assert not at.exception
    assert "**This is a plain table**" in said(at)
    assert [box.key for box in at.selectbox if str(box.key).startswith("map_") and str(box.key).endswith("_labels")]
    done(at)
    item = next(store.iter_items(store.projects()[0].id))
    assert item.metadata["labels.responses"] == [["Late"], ["Broken"]]


def test_of_several_questions_one_is_chosen(store: Store) -> None:
    record = {
        "id": "a", "text": "The parcel is late.", "status": "completed", "_server_id": None,
        "topic.responses": [["Late"]], "topic.responses.users": ["ann"], "topic.responses.status": ["submitted"],
        "mood.responses": [["Angry"]], "mood.responses.users": ["ann"], "mood.responses.status": ["submitted"],
    }  # fmt: skip
    at = uploaded("records.jsonl", json.dumps(record).encode())
    assert "1 label (Late), from “topic”" in said(at)
    assert field(at, "import_question_").options == ["topic", "mood"]
    field(at, "import_question_").set_value("mood").run()
    assert "1 label (Angry), from “mood”" in said(at)
    done(at)
    assert [label.name for label in store.labels(store.projects()[0].id)] == ["Angry"]


def test_a_zip_is_taken_for_what_it_holds(store: Store, elsewhere: tuple[Store, Project]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("export/records.jsonl", argilla(elsewhere))
    at = uploaded("export.zip", out.getvalue())
    assert f"This is {TOOLS['argilla'].title}" in said(at)
    assert done(at).counts.reviews_added == 5


def test_rows_that_would_not_be_taken_are_listed_before_the_import(store: Store) -> None:
    rows = "".join(f"a{k},Letter {k}.,Late,ann\n" for k in range(40))
    at = uploaded("letters.csv", f"id,text,labels,annotator\n{rows}a3,Another text.,Late,ann\nb,,Late,ann\n".encode())
    assert "**2 rows would not be taken**" in said(at)
    listed = at.dataframe[1].value
    assert listed["Row"].tolist() == [42, 43]
    assert figures(at)["Not taken"] == "2"
    assert store.projects() == []
    assert done(at).rejected == 2
    assert "**2 rows not taken**" in said(at)
    assert "would not be taken" not in said(at)  # the file has gone, and another one can come
    assert at.selectbox(key="project").value == "Letters"


def test_a_file_of_which_nothing_can_be_taken_cannot_be_imported(store: Store) -> None:
    at = uploaded("letters.csv", b"id,text,labels\na,,Late\nb,,Late\n")
    assert "2 rows would not be taken" in said(at)
    assert at.button(key="import_now").disabled


def test_a_large_file_is_checked_when_asked_for_and_imported_without(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "CHEAP", 10)
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\nb,Late again and again.,Late\n")
    assert "import_check" not in at.session_state
    assert "Messages" not in figures(at)
    at.button(key="import_check_now").click().run()
    assert figures(at)["Messages"] == "2"
    assert "import_check_now" not in {button.key for button in at.button}
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\nb,Late again and again.,Late\n")
    assert done(at).accepted == 2


def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Files are read only once the returned function is called."""
    gate, stage = threading.Event(), importing.stage

    def waiting(*given: Any, **more: Any) -> Any:
        assert gate.wait(30)
        return stage(*given, **more)

    monkeypatch.setattr(importing, "stage", waiting)
    monkeypatch.setattr(intake, "AT_ONCE", 0.05)
    return gate.set


def test_an_import_waits_for_a_check_under_way_and_reads_nothing_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = slow(monkeypatch)
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\n")
    assert "Messages" not in figures(at)
    check = at.session_state["import_check"]
    at.button(key="import_now").click().run()
    run = at.session_state["import_run"]
    assert not run.finished.wait(0.3)
    goes_on()
    assert run.finished.wait(30)
    assert run.report is not None
    assert run.report.accepted == 1
    assert check.staged is not None


def test_a_check_that_nobody_waits_for_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = slow(monkeypatch)
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\n" + b"".join(b"b%d,x,\n" % k for k in range(3000)))
    first = at.session_state["import_check"]
    at.checkbox(key="import_empty").check().run()
    goes_on()
    assert first.finished.wait(30)
    assert first.checked is None
    second = at.session_state["import_check"]
    assert second.finished.wait(30)
    at.run()
    assert figures(at)["Reviews"] == "3,001"


def test_rows_of_several_files_say_which_one() -> None:
    inside = Rejection(2, "text", "", "the text is empty", "Fill it in.", "ann.jsonl")
    assert importing.rejection_table([inside]).columns.tolist()[0] == "File"
    assert "File" not in importing.rejection_table([replace(inside, file="")]).columns


def test_of_a_file_that_names_nobody_no_people_are_told(store: Store) -> None:
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\n")
    assert "**This is a plain table**: 1 message, 1 label (Late)." in said(at)
    assert ImportOptions().annotator not in checking.what_it_is(
        intake.inspect(b"id,text\na,b\n", "a.csv"), None, at.session_state["import_check"].checked.contents
    )


def test_a_file_that_breaks_off_is_taken_as_far_as_the_person_says(store: Store) -> None:
    at = uploaded("letters.json", b'[{"id": "a", "text": "Late again."}, {"id": "b", "text": "Broken again."}, {"id": "c", "te')
    assert "Nothing was imported" in said(at)
    at.button(key="import_go_on").click().run()
    assert not at.exception
    assert figures(at)["Messages"] == "2"
    assert at.checkbox(key="import_keep_going").value
    assert done(at).rejected == 1
    assert [item.uid for item in store.iter_items(store.projects()[0].id)] == ["a", "b"]


def test_a_break_beyond_the_first_records_is_found_by_the_check(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.imports.intake.CHEAP", 10)  # looking at it reads no further than it must
    rows = ", ".join(f'{{"id": "a{k}", "text": "Letter {k}."}}' for k in range(1500))
    at = uploaded("letters.json", f"[{rows}, ".encode())
    assert at.button(key="import_go_on").label == "Take the 1,500 records before the break"
    assert at.button(key="import_now").disabled
    at.button(key="import_go_on").click().run()
    assert done(at).accepted == 1500


def test_judgements_that_come_late_in_a_file_are_shown_first(store: Store) -> None:
    rows = "".join(f"a{k},Letter {k}.,\n" for k in range(50))
    at = uploaded("letters.csv", f"id,text,labels\n{rows}b,The parcel is late.,Late\n".encode())
    assert at.dataframe[0].value["id"].tolist()[:2] == ["b", "a0"]


# Messages that nobody has reviewed


def test_a_file_of_reviewed_messages_alone_asks_for_the_others_and_takes_them(store: Store) -> None:
    at = uploaded("letters.csv", b"id,text,labels,state\na,Late again.,Late,reviewed\nb,Broken again.,Broken,\ns,?,,skipped\n")
    assert "Somebody has judged every message of this file" in said(at)
    done(at)
    (project,) = store.projects()
    assert "Add the messages that nobody has reviewed" in said(at)
    everything = b"id,text,labels\na,Late again.,Praise\nb,Broken again.,Broken\nc,On time.,Praise\nd,Thank you.,\n"
    at.file_uploader(key="pool_file_1").upload("all.csv", everything).run()
    assert not at.exception
    assert at.dataframe[0].value[""].tolist() == ["unreviewed"] * 4
    at.button(key="pool_add").click().run()
    run = at.session_state["import_run"]
    assert run.finished.wait(30)
    at.run()
    assert not at.exception
    assert (store.count_items(project.id), store.count_reviewed(project.id)) == (5, 2)
    assert [label.name for label in store.labels(project.id)] == ["Broken", "Late"]
    assert "Add the messages that nobody has reviewed" not in said(at)
    assert figures(at)["Items added"] == "2"


def test_a_file_with_unreviewed_messages_asks_for_none(store: Store, elsewhere: tuple[Store, Project]) -> None:
    at = uploaded("records.jsonl", argilla(elsewhere))
    assert "Somebody has judged every message of this file" not in said(at)
    done(at)
    assert "Add the messages that nobody has reviewed" not in said(at)


def test_a_project_with_unreviewed_messages_takes_reviewed_ones_without_a_warning(store: Store) -> None:
    project = store.create_project("Letters")
    store.import_rows(project.id, [ImportRow("a", "Late again."), ImportRow("z", "On time.")])
    at = uploaded("letters.csv", b"id,text,labels\na,Late again.,Late\n")
    assert "Somebody has judged every message of this file" not in said(at)


# Handing over to another tool


@pytest.fixture
def here(elsewhere: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    """The six messages as the project that the app opens."""
    monkeypatch.setenv("PLATEAU_DB", str(elsewhere[0].path))
    st.cache_resource.clear()
    return elsewhere


def handing() -> AppTest:
    at = opened(DATA)
    at.get_by_key("section").set_value("Export").run()
    at.get_by_key("export_as").set_value(outgoing.TOOL).run()
    assert not at.exception
    return at


def prepared(at: AppTest) -> tuple[bytes, ExportReport]:
    at.button(key="tool_prepare").click().run()
    assert not at.exception
    *_, content, report = at.session_state["tool_export"]
    return content, report


def test_what_a_format_cannot_carry_is_said_before_it_is_written(here: tuple[Store, Project]) -> None:
    store, project = here
    at = handing()
    for key, tool in TOOLS.items():
        if tool.writer is None:
            continue
        at.selectbox(key="tool_format").set_value(key).run()
        assert not at.exception
        found = losses(store, project.id, key)
        assert all(plain(sentence) in said(at) for sentence in found)
        assert ("carries everything" in said(at)) == (not found)
    at.selectbox(key="tool_format").set_value("prodigy").run()
    assert "unreviewed items (2)" in said(at)
    at.get_by_key("tool_which").set_value(handing_views.REVIEWED).run()
    assert "unreviewed items" not in said(at)
    assert "tool_export" not in at.session_state


@pytest.mark.parametrize("key", [key for key, tool in TOOLS.items() if tool.writer is not None])
def test_every_format_is_written_as_the_command_line_writes_it(here: tuple[Store, Project], key: str) -> None:
    at = handing()
    at.selectbox(key="tool_format").set_value(key).run()
    content, report = prepared(at)
    expected, counted = tool_bytes(Handover(*here), key)
    assert report == counted
    if not expected.startswith(b"PK"):  # an archive holds the time
        assert content == expected
    assert at.get_by_key("tool_download").label.endswith(TOOLS[key].suffix)


def test_only_what_is_reviewed_or_not_is_written(here: tuple[Store, Project]) -> None:
    at = handing()
    at.selectbox(key="tool_format").set_value("label-studio").run()
    for which, uids in ((handing_views.REVIEWED, ["m0", "m1", "m2"]), (handing_views.UNREVIEWED, ["m3", "m4", "m5"])):
        at.get_by_key("tool_which").set_value(which).run()
        content, report = prepared(at)
        assert report.rows == len(uids)
        assert all((uid in content.decode()) == (uid in uids) for uid in ("m0", "m1", "m2", "m3", "m4", "m5"))


def test_an_action_goes_to_another_tool_with_what_the_model_thinks(place: tuple[Store, Project]) -> None:
    store, project = place
    planning.renew(store, project.id)
    at = opened(LABEL)
    at.button(key="do_elsewhere").click().run()
    assert not at.exception
    assert at.get_by_key("tool_which").value == handing_views.ACTION
    at.switch_page(DATA).run()
    at.selectbox(key="tool_format").set_value("label-studio").run()
    action = store.action(project.id, int(at.selectbox(key="tool_action").value))
    at.text_input(key="tool_question").set_value("about").run()
    assert at.checkbox(key="tool_predictions").value
    tasks = json.loads(prepared(at)[0])
    assert len(tasks) == len(action.item_ids)
    assert {task["data"]["plateau_action"] for task in tasks} == {action.id}
    assert store.action(project.id, action.id).state == "started"
    assert all(task["predictions"][0]["model_version"].startswith("plateau-") for task in tasks)
    assert all(set(task["data"]["label_scores"]) >= {"Refund", "Praise"} for task in tasks)
    (config,) = (block.value for block in at.code)
    assert read_config(config)[0].name == "about"
    assert set(read_config(config)[0].labels) == {label.name for label in store.labels(project.id)}


def test_an_action_that_could_not_be_written_is_given_back(here: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = here
    monkeypatch.setitem(TOOLS, "label-studio", broken("label-studio", StoreError("No room. Free some space.")))
    at = handing()
    (number,) = store.offer_actions(project.id, [replace(TEACH, item_ids=(4, 5, 6), shown={})])
    at.selectbox(key="tool_format").set_value("label-studio")
    at.get_by_key("tool_which").set_value(handing_views.ACTION).run()
    at.checkbox(key="tool_predictions").uncheck()
    at.button(key="tool_prepare").click().run()
    assert "No room" in at.error[0].value
    assert (store.action(project.id, number).annotator, store.leases(project.id)) == (None, [])


def test_a_file_prepared_earlier_is_not_offered_for_another_choice(here: tuple[Store, Project]) -> None:
    at = handing()
    at.selectbox(key="tool_format").set_value("argilla").run()
    prepared(at)
    assert at.get("download_button")
    at.selectbox(key="tool_format").set_value("label-studio").run()
    assert not at.get("download_button")


def test_without_actions_or_reviews_the_page_says_so(store: Store) -> None:
    project = store.create_project("Letters")
    store.import_rows(project.id, [ImportRow("a", "Late again.")])
    at = handing()
    for which, words in ((handing_views.ACTION, "There is no action"), (handing_views.REVIEWED, "Nothing is reviewed yet")):
        at.get_by_key("tool_which").set_value(which).run()
        assert words in said(at)
        assert "tool_prepare" not in {button.key for button in at.button}


def test_a_large_file_is_looked_at_less_often_while_it_is_read() -> None:
    small, large = (importing.Run("letters.csv", size) for size in (1000, 50_000_000))
    assert (small.pace, large.pace) == (0.4, 2.0)
