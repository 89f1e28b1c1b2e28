"""Prodigy: both forms of its lines are understood, and what is written comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.imports import ImportOptions, Rejection, read_rows
from data.imports.reading import open_reading
from data.records import ImportRow
from tests.rounds import project_of, rounds, rows

OPTIONS = [{"id": "grain", "text": "grain", "meta": "0.91"}, {"id": "ship", "text": "ship", "meta": "0.22"}]
CHOICE = {
    "text": "Wheat by sea", "meta": {"doc_id": "14832"}, "options": OPTIONS, "accept": ["grain"], "answer": "accept",
    "config": {"choice_style": "multiple"}, "_input_hash": -1530009927, "_task_hash": -340967702, "_view_id": "choice",
    "_timestamp": 1707211049, "_annotator_id": "ds-anna", "_session_id": "ds-anna",
}  # fmt: skip
BINARY = {
    "text": "Text B", "meta": {"score": 0.06}, "_input_hash": 1, "_task_hash": 2, "label": "grain", "score": 0.06,
    "priority": 0.06, "spans": [], "answer": "accept", "_annotator_id": "anna", "_timestamp": 1707211049,
}  # fmt: skip


def lines(*records: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def found(*records: dict[str, Any], **options: Any) -> list[ImportRow | Rejection]:
    return list(read_rows(lines(*records), options=ImportOptions(**options)))


def taken(*records: dict[str, Any], **options: Any) -> list[ImportRow]:
    rows = found(*records, **options)
    assert not [row for row in rows if isinstance(row, Rejection)]
    return [row for row in rows if isinstance(row, ImportRow)]


def said(*records: dict[str, Any]) -> str:
    reading = open_reading(lines(*records))
    list(reading)
    return " ".join(reading.warnings())


@pytest.mark.parametrize(
    "record",
    [CHOICE, BINARY, {"text": "a", "answer": "accept", "accept": []}, {"text": "a", "options": [{"id": 1, "text": "one"}]}],
)
def test_prodigy_is_known_by_what_is_in_it(record: dict[str, Any]) -> None:
    assert open_reading(lines(record)).shape.tool == "prodigy"


@pytest.mark.parametrize("record", [{"text": "a", "label": "b"}, {"text": "a", "answer": "yes", "accept": 1}, {"options": []}])
def test_other_lines_are_not_taken_for_prodigy(record: dict[str, Any]) -> None:
    assert open_reading(lines(record | {"text": "a"})).shape.tool is None


def test_a_choice_judges_its_options() -> None:
    (row,) = taken(CHOICE)
    assert row == ImportRow(
        "14832", "Wheat by sea", metadata={"doc_id": "14832", "prodigy": {"_input_hash": -1530009927}}, labels=("grain",),
        dismissed=("ship",), partial=True, annotator="ds-anna", reviewed_at="2024-02-06T09:17:29.000000+00:00",
        scores={"grain": 0.91, "ship": 0.22},
    )  # fmt: skip


def test_answers_are_states() -> None:
    none, ignored, wrong, odd = taken(
        {**CHOICE, "meta": {}, "text": "1", "accept": []},
        {**CHOICE, "meta": {}, "text": "2", "answer": "ignore"},
        {**CHOICE, "meta": {}, "text": "3", "accept": [], "answer": "reject"},
        {**CHOICE, "meta": {}, "text": "4", "answer": "reject"},
    )
    assert (none.labels, none.dismissed, none.state) == ((), ("grain", "ship"), "reviewed")
    assert (ignored.labels, ignored.dismissed, ignored.state, ignored.partial) == ((), (), "skipped", False)
    assert (wrong.labels, wrong.dismissed, wrong.state) == ((), ("grain", "ship"), "reviewed")
    assert (odd.labels, odd.dismissed, odd.partial) == ((), ("ship",), True)
    assert "1 lines were rejected although options were chosen" in said({**CHOICE, "answer": "reject"})


def test_lines_without_options_say_what_they_can() -> None:
    bare = {"text": "a", "accept": ["grain"], "answer": "accept"}
    (row,) = taken(bare)
    assert (row.labels, row.dismissed, row.partial) == (("grain",), (), False)
    (task,) = taken({"text": "a", "options": OPTIONS, "accept": ["grain"]})
    assert (task.labels, task.scores, task.reviewed_at) == (None, {"grain": 0.91, "ship": 0.22}, None)
    (spans,) = taken({"text": "a", "spans": [], "answer": "accept", "_timestamp": 1707211049})
    assert (spans.labels, spans.reviewed_at) == (None, None)
    assert "name no label and no options" in said({"text": "a", "spans": [], "answer": "accept"})


def test_binary_lines_of_one_text_and_person_are_one_partial_review() -> None:
    one, other = taken(
        BINARY,
        {**BINARY, "label": "ship", "answer": "reject", "_timestamp": 1707211060, "score": 0.4},
        {**BINARY, "label": "corn", "answer": "ignore"},
        {**BINARY, "label": "ship", "_annotator_id": "ben"},
    )
    assert (one.labels, one.dismissed, one.partial, one.annotator) == (("grain",), ("ship",), True, "anna")
    assert one.scores == {"grain": 0.06, "ship": 0.4, "corn": 0.06}
    assert one.reviewed_at == "2024-02-06T09:17:40.000000+00:00"
    assert (other.uid, other.labels, other.annotator) == (one.uid, ("ship",), "ben")
    (ignored,) = taken({**BINARY, "answer": "ignore"})
    assert (ignored.state, ignored.labels, ignored.partial) == ("skipped", (), False)


def test_the_later_of_two_opposite_answers_of_one_person_stands() -> None:
    (row,) = taken(BINARY, {**BINARY, "answer": "reject"})
    assert (row.labels, row.dismissed) == ((), ("grain",))
    assert "1 lines judge a label again" in said(BINARY, {**BINARY, "answer": "reject"})


def test_a_choice_and_binary_answers_of_one_person_do_not_mix() -> None:
    row, other = found({**CHOICE, "text": "Text B", "meta": {}, "_annotator_id": "anna"}, BINARY)
    assert isinstance(row, ImportRow)
    assert isinstance(other, Rejection)
    assert other.row == 2
    assert "by a choice of options as well" in other.rule


def test_a_row_put_together_is_rejected_by_its_first_line() -> None:
    both = ({**BINARY, "label": "a"}, {**BINARY, "label": "b"})
    _, fine, other = found({**BINARY, "text": "fine"}, *both, CHOICE, single_label=True)
    assert isinstance(fine, ImportRow)
    assert isinstance(other, Rejection)
    assert other.row == 2


def test_sessions_without_a_name_are_one_person() -> None:
    (row,) = taken({**CHOICE, "_annotator_id": "ds-2024-02-06_09-17-29"})
    assert row.annotator == "import"
    assert "1 lines come from sessions without a name" in said({**CHOICE, "_annotator_id": "2024-02-06_09-17-29"})


def test_an_id_that_several_texts_share_is_none() -> None:
    first, second = taken(CHOICE, {**CHOICE, "text": "another"})
    assert first.uid != second.uid
    assert first.uid.startswith("h")


def test_images_and_unknown_fields_are_kept() -> None:
    (row,) = taken({"image": "https://x.org/a.png", "options": OPTIONS, "accept": [], "answer": "accept", "width": 10})
    assert (row.text, row.media, row.metadata) == ("", "https://x.org/a.png", {"prodigy": {"width": 10}})


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"answer": "maybe"}, "answer"),
        ({"accept": [["grain"]]}, "accept"),
        ({"options": "grain"}, "options"),
        ({"text": " "}, "text"),
        ({"meta": "x"}, "meta"),
    ],
)
def test_lines_that_break_a_rule_are_named(change: dict[str, Any], column: str) -> None:
    _, bad = found(CHOICE, {**CHOICE, **change})
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.column) == (2, column)


def test_numbers_as_ids_are_labels_and_texts_that_differ_are_told() -> None:
    numbered = {"text": "a", "options": [{"id": 0, "text": "bad"}, {"id": 1, "text": "good"}], "accept": [1], "answer": "accept"}
    (row,) = taken(numbered)
    assert (row.labels, row.dismissed) == (("1",), ("0",))
    assert "labels are called by the id" in said(numbered)


# Writing


def expected(found: list[ImportRow]) -> list[ImportRow]:
    """What Prodigy can carry of these rows."""
    known = {name for row in found for name in (*(row.labels or ()), *row.dismissed)}
    scores = {row.uid: row.scores for row in found if row.scores}
    return sorted(
        (
            replace(
                row, partial=row.state == "reviewed", seconds=None, confirmed=(), scores=scores.get(row.uid),
                model_version="v1" if row.uid in scores else None, labels=tuple(sorted(row.labels)),
                dismissed=() if row.state == "skipped"
                else tuple(sorted(set(row.dismissed) | (set() if row.partial else known - set(row.labels)))),
            )
            for row in found if row.labels is not None
        ),
        key=lambda row: (row.uid, row.annotator),
    )  # fmt: skip


@rounds
@given(rows())
def test_what_goes_out_comes_back(project: list[ImportRow]) -> None:
    with project_of(project) as (store, stored):
        content, _ = tool_bytes(Handover(store, stored), "prodigy")
    back = [row for row in read_rows(content) if isinstance(row, ImportRow)] if content else []
    ordered = [replace(r, labels=tuple(sorted(r.labels or ())), dismissed=tuple(sorted(r.dismissed))) for r in back]
    assert sorted(ordered, key=lambda row: (row.uid, row.annotator)) == expected(project)


def test_unreviewed_items_are_left_out_and_named() -> None:
    with project_of([ImportRow("1", "one", labels=("a",)), ImportRow("2", "two")]) as (store, project):
        content, report = tool_bytes(Handover(store, project), "prodigy")
    assert len(content.splitlines()) == report.rows == 1
    assert "1 unreviewed items were left out" in report.notes[0]


def test_a_task_list_shows_every_label_with_its_score_and_comes_back_unreviewed() -> None:
    own = {"a": 0.81, "b": 0.4}
    with project_of([ImportRow("1", "one", labels=("a", "b")), ImportRow("2", "two", media="x.png")]) as (store, project):
        wanted = tuple(item.id for item in store.iter_items(project.id) if item.uid == "2")
        handover = Handover(store, project, wanted, predicted=lambda item: own, model_version="m7")
        content, report = tool_bytes(handover, "prodigy-tasks")
    task = json.loads(content)
    assert report.rows == 1
    assert "answer" not in task
    assert task["options"] == [{"id": "a", "text": "a", "meta": "0.81"}, {"id": "b", "text": "b", "meta": "0.4"}]
    assert (task["accept"], task["_view_id"], task["image"]) == (["a"], "choice", "x.png")
    assert list(read_rows(content)) == [ImportRow("2", "two", "x.png", scores=own, model_version="m7")]


def test_an_option_without_an_id_names_no_label() -> None:
    line = {"text": "one", "options": [{"text": "a", "meta": 0.9}, {"id": "b", "text": "b", "meta": 0.4}], "_task_hash": 1}
    (row,) = read_rows(json.dumps(line).encode())
    assert isinstance(row, ImportRow)
    assert row.scores == {"b": 0.4}


def test_a_task_of_a_single_label_project_has_at_most_one_selected() -> None:
    with project_of([ImportRow("1", "one", labels=("a",)), ImportRow("2", "two", labels=("b",))]) as (store, project):
        single = replace(project, single_label=True)
        content, _ = tool_bytes(Handover(store, single, predicted=lambda item: {"a": 0.6, "b": 0.7}), "prodigy-tasks")
    assert [json.loads(line)["accept"] for line in content.splitlines()] == [["b"], ["b"]]
    assert json.loads(content.splitlines()[0])["config"] == {"choice_style": "single"}


def test_a_label_that_came_later_is_no_option_of_an_earlier_review() -> None:
    early = ImportRow("1", "one", labels=("a",), reviewed_at="2024-01-01T00:00:00.000000+00:00", unknown=("b",))
    late = ImportRow("2", "two", labels=("b",), reviewed_at="2024-01-02T00:00:00.000000+00:00")
    with project_of([early, late]) as (store, project):
        content, _ = tool_bytes(Handover(store, project), "prodigy")
    options = [[option["id"] for option in json.loads(line)["options"]] for line in content.splitlines()]
    assert options == [["a"], ["a", "b"]]
