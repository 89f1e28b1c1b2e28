"""Argilla's nested records and the exports of Argilla 1: what they say is read, and nested records come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.losses import losses
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.records import ImportRow, Project
from data.store import Store
from tests import rounds

ANN, BEN = "6d17eac8-1111-4000-8000-000000000001", "6d17eac8-1111-4000-8000-000000000002"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def record(uid: str = "1", **more: Any) -> dict[str, Any]:
    """A record as ``records.to_json`` writes it."""
    return {
        "id": uid, "fields": {"text": f"text {uid}"}, "metadata": {"source": "reuters"},
        "suggestions": {"topic": {"value": ["grain", "wheat"], "score": [0.91, 0.64], "agent": "rating-v12"}},
        "responses": {"topic": [{"value": ["grain", "ship"], "user_id": ANN}]}, "vectors": {}, "status": "completed",
        "_server_id": f"s{uid}", **more,
    }  # fmt: skip


def rows_of(*records: dict[str, Any], **options: Any) -> list[ImportRow]:
    found = list(read_rows(json.dumps(records).encode(), options=ImportOptions(**options)))
    assert not [row for row in found if isinstance(row, Rejection)], found
    return [row for row in found if isinstance(row, ImportRow)]


def written(store: Store, project: Project, question: str = "topic") -> list[dict[str, Any]]:
    found = json.loads(tool_bytes(Handover(store, project, question=question), "argilla-nested")[0])
    assert isinstance(found, list)
    return found


def picture(store: Store, project: Project) -> list[tuple[Any, ...]]:
    """All that nested records can carry of a project."""
    return [
        (
            w.item.uid, w.item.text, w.item.media, w.item.metadata, w.item.at, w.predictions,
            sorted((j.annotator, sorted(j.labels)) for j in w.judgements if j.state == "reviewed" and not j.partial),
        )
        for w in Handover(store, project).wholes()
    ]  # fmt: skip


@rounds.rounds
@given(found=rounds.rows())
def test_what_goes_out_nested_comes_back(found: list[ImportRow]) -> None:
    with rounds.project_of(found) as (store, project):
        copy = store.create_project("copy")
        assert import_file(store, copy.id, tool_bytes(Handover(store, project), "argilla-nested")[0]).rejections == ()
        assert picture(store, copy) == picture(store, project)


def test_a_completed_record_was_reviewed_by_everybody_who_answered() -> None:
    answers = {"topic": [{"value": ["grain"], "user_id": ANN}, {"value": [], "user_id": BEN}]}
    rows = rows_of(record(responses=answers))
    assert [(row.annotator, row.labels, row.reviewed_at) for row in rows] == [(ANN, ("grain",), None), (BEN, (), None)]
    assert (rows[0].scores, rows[0].model_version) == ({"grain": 0.91, "wheat": 0.64}, "rating-v12")
    assert (rows[0].text, rows[0].metadata) == ("text 1", {"source": "reuters", "argilla": {"_server_id": "s1"}})
    assert inspect(json.dumps([record()]).encode()).tool == "argilla-nested"


def test_a_pending_record_counts_only_if_the_person_says_so(store: Store, project: Project) -> None:
    pending = record(status="pending")
    (row,) = rows_of(pending)
    assert (row.labels, row.metadata["argilla"]["drafts"]) == (None, [[ANN, ["grain", "ship"]]])
    (row,) = rows_of(pending, empty_is_reviewed=True)
    assert row.labels == ("grain", "ship")
    (row,) = rows_of(record(status="pending", responses={}), empty_is_reviewed=True)
    assert row.labels is None
    report = import_file(store, project.id, json.dumps([pending]).encode())
    assert any("1 answers stand in records that are not completed" in warning for warning in report.warnings)
    (back,) = written(store, project)
    assert (back["responses"], back["status"]) == (pending["responses"], "pending")


def test_records_come_back_as_they_were(store: Store, project: Project) -> None:
    fields = {"prompt": "why", "text": "text 2"}
    tone = {"tone": [{"value": "good", "user_id": ANN}]}
    before = [
        record(),
        record("2", fields=fields, responses={**tone, **record()["responses"]}, suggestions={}),
        record(
            "3", responses={}, status="pending", suggestions={"rank": {"value": [{"value": "x"}], "score": None, "agent": "m"}}
        ),
    ]
    import_file(store, project.id, json.dumps(before).encode(), options=ImportOptions(question="topic"))
    for was, now in zip(before, written(store, project), strict=True):
        assert now.pop("metadata").items() >= was.pop("metadata").items()
        assert now == was


def test_a_flat_export_can_go_out_nested_with_its_other_questions(store: Store, project: Project) -> None:
    flat = {
        "id": "1", "status": "completed", "text": "one", "topic.responses": [["a"]], "topic.responses.users": [ANN],
        "topic.responses.status": ["submitted"], "tone.responses": ["good"], "tone.responses.users": [ANN],
        "tone.responses.status": ["submitted"], "tone.suggestion": "bad", "tone.suggestion.score": 0.5,
    }  # fmt: skip
    import_file(store, project.id, json.dumps([flat]).encode())
    (back,) = written(store, project)
    assert back["responses"] == {key: [{"value": v, "user_id": ANN}] for key, v in (("tone", "good"), ("topic", ["a"]))}
    assert back["suggestions"] == {"tone": {"value": "bad", "score": 0.5, "agent": None}}


def test_what_nested_records_lose_is_said(store: Store, project: Project) -> None:
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=(), state="skipped", annotator="ann"),
        ImportRow("2", "two", labels=("a",), partial=True, dismissed=("b",), annotator="ann"),
    ])  # fmt: skip
    content, report = tool_bytes(Handover(store, project), "argilla-nested")
    assert [one["responses"] for one in json.loads(content)] == [{}, {}]
    assert [note[:2] for note in report.notes] == ["1 ", "1 "]
    said = " ".join(losses(store, project.id, "argilla-nested"))
    assert all(word in said for word in ("skipped items (1)", "explicit noes", "when a review was given"))


def test_vectors_are_reported_and_left_out() -> None:
    content = json.dumps([record(vectors={"minilm": [0.5, 0.25]})]).encode()
    assert any("'minilm' holds vectors (2 numbers an item)" in warning for warning in inspect(content).warnings)


def test_a_part_of_the_wrong_kind_is_named() -> None:
    fine, wrong = read_rows(json.dumps([record(), record("2", responses=["grain"])]).encode())
    assert isinstance(fine, ImportRow)
    assert isinstance(wrong, Rejection)
    assert (wrong.row, wrong.column) == (2, "responses")


def old(uid: str = "1", **more: Any) -> dict[str, Any]:
    """A record as Argilla 1 exports it."""
    return {
        "text": f"text {uid}", "inputs": {"text": f"text {uid}"}, "prediction": [{"label": "grain", "score": 0.75}],
        "prediction_agent": "m1", "annotation": ["grain", "ship"], "annotation_agent": "ann", "vectors": None,
        "multi_label": True, "explanation": None, "id": uid, "metadata": {"source": "reuters"}, "status": "Validated",
        "event_timestamp": "2023-03-01T10:00:00", "metrics": {"text_length": 6}, **more,
    }  # fmt: skip


def test_argilla_1_is_read_with_its_states() -> None:
    rows = rows_of(
        old(), old("2", annotation=None), old("3", status="Discarded"), old("4", status="Default", annotation=None),
        old("5", status="Edited"), old("6", annotation="grain", multi_label=False),
    )  # fmt: skip
    assert [(row.uid, row.labels, row.state) for row in rows] == [
        ("1", ("grain", "ship"), "reviewed"), ("2", (), "reviewed"), ("3", (), "skipped"), ("4", None, "reviewed"),
        ("5", None, "reviewed"), ("6", ("grain",), "reviewed"),
    ]  # fmt: skip
    assert (rows[0].annotator, rows[0].scores, rows[0].model_version) == ("ann", {"grain": 0.75}, "m1")
    assert (rows[0].at, rows[0].reviewed_at) == ("2023-03-01T10:00:00.000000+00:00", None)
    assert (rows[0].metadata, rows[4].metadata["argilla"]["drafts"]) == ({"source": "reuters"}, [["ann", ["grain", "ship"]]])
    assert inspect(json.dumps([old()]).encode()).tool == "argilla-v1"


def test_argilla_1_with_inputs_only_and_metadata_as_text() -> None:
    (row,) = rows_of(old(text=None, inputs={"title": "A", "body": "a longer text"}, metadata='{"k": 1}'))
    assert (row.text, row.metadata) == ("a longer text", {"k": 1, "argilla": {"fields": {"title": "A"}}})


def test_an_unknown_status_of_argilla_1_is_named() -> None:
    _, wrong = read_rows(json.dumps([old(), old("2", status="Seen")]).encode())
    assert isinstance(wrong, Rejection)
    assert (wrong.column, wrong.value) == ("status", "Seen")


@pytest.mark.parametrize("lists", [False, True])
def test_feedback_datasets_are_read_with_everybodys_answers(lists: bool) -> None:
    answers = [{"user_id": ANN, "value": ["grain"], "status": "submitted"}, {"user_id": BEN, "value": [], "status": "discarded"}]
    tone = [{"user_id": ANN, "value": "good", "status": "submitted"}]
    cells: list[Any] = [answers, tone]
    if lists:
        cells = [{key: [one[key] for one in found] for key in ("user_id", "value", "status")} for found in cells]
    content = {
        "text": "one", "topic": cells[0], "topic-suggestion": ["grain"], "tone": cells[1], "external_id": "e1",
        "topic-suggestion-metadata": {"type": "model", "score": 0.75, "agent": "m1"}, "metadata": '{"source": "reuters"}',
    }  # fmt: skip
    silent = {**content, "external_id": "e2", "text": "two", "topic": [], "tone": [], "topic-suggestion": None}
    preview = inspect(json.dumps([content, silent]).encode())
    assert (preview.tool, preview.questions) == ("argilla-feedback", ("topic", "tone"))
    first, second, third = rows_of(content, silent)
    assert [(row.uid, row.annotator, row.labels, row.state) for row in (first, second)] == [
        ("e1", ANN, ("grain",), "reviewed"), ("e1", BEN, (), "skipped"),
    ]  # fmt: skip
    assert (first.scores, first.model_version, first.metadata["source"]) == ({"grain": 0.75}, "m1", "reuters")
    assert (third.uid, third.labels, third.text) == ("e2", None, "two")


def test_who_answered_other_questions_only_is_counted(store: Store, project: Project) -> None:
    answers = {"topic": [{"value": ["grain"], "user_id": ANN}], "tone": [{"value": "good", "user_id": BEN}]}
    report = import_file(store, project.id, json.dumps([record(responses=answers)]).encode())
    assert any(warning.startswith("1 people answered other questions") for warning in report.warnings)
    assert {(j.annotator, j.labels) for w in Handover(store, project).wholes() for j in w.judgements} == {
        (ANN, ("grain",)),
        (BEN, ()),
    }
