"""Bad input: every row that cannot be taken is named with its reason, and the rest is imported if the person says so."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data.cli import main
from data.errors import CutShort, ImportFailed
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.imports.reading import open_reading
from data.records import ImportRow
from data.store import Store
from tests.test_imports import workbook
from tests.test_sources import packed

RECORDS = [{"id": str(n), "text": f"text {n}", "labels": ["a"]} for n in range(5)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


def found(content: bytes | Path, **options: Any) -> list[ImportRow | Rejection]:
    return list(read_rows(content, options=ImportOptions(**options)))


def parted(content: bytes | Path, **options: Any) -> tuple[list[ImportRow], list[Rejection]]:
    rows = found(content, **options)
    return [r for r in rows if isinstance(r, ImportRow)], [r for r in rows if isinstance(r, Rejection)]


def said(content: bytes, **options: Any) -> str:
    reading = open_reading(content, options=ImportOptions(**options))
    list(reading)
    return " ".join(reading.warnings())


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


# Files that break off


WHOLE = json.dumps(RECORDS, indent=1).encode()
LABEL_STUDIO = json.dumps(
    [{"id": n, "data": {"text": f"text {n}"}, "annotations": [], "predictions": []} for n in range(5)], indent=1
).encode()


@pytest.mark.parametrize("content", [WHOLE, LABEL_STUDIO])
def test_truncated_json_is_refused_with_the_way_out_and_taken_as_far_as_it_goes_if_asked(content: bytes) -> None:
    cut = content[: content.index(b"text 3") + 3]
    with pytest.raises(CutShort, match="if you keep going, the 3 records before are taken") as refused:
        inspect(cut)
    assert refused.value.before == 3
    rows, (rest,) = parted(cut, keep_going=True)
    assert [f"text {n}" in row.text for n, row in enumerate(rows)] == [True] * 3
    assert (rest.row, rest.rule[:38]) == (4, "from here on the file cannot be read: ")
    assert "is not JSON after record 3" in rest.rule
    assert inspect(cut, options=ImportOptions(keep_going=True)).total == 4


def test_what_was_not_readable_is_reported_and_the_rest_is_in_the_project(tmp_path: Path, store: Store) -> None:
    project = store.create_project("mail")
    with pytest.raises(CutShort):
        import_file(store, project.id, WHOLE[:-30])
    assert store.count_items(project.id) == 0
    report = import_file(store, project.id, WHOLE[:-30], options=ImportOptions(keep_going=True))
    assert (report.rows, report.accepted, report.rejected, store.count_items(project.id)) == (5, 4, 1, 4)
    assert import_file(store, project.id, WHOLE).counts.items_added == 1


def test_nothing_readable_is_refused_even_then() -> None:
    with pytest.raises(ImportFailed, match="is not JSON after record 0"):
        found(b'[{"id": "1", "te', keep_going=True)


def test_a_quotation_mark_that_is_never_closed_spoils_only_what_follows() -> None:
    content = b'id,text\n1,one\n2,two\n3,"three\n4,four\n'
    with pytest.raises(CutShort, match="in row 4 a quotation mark is opened and not closed"):
        found(content)
    rows, (rest,) = parted(content, keep_going=True)
    assert [row.text for row in rows] == ["one", "two"]
    assert rest.row == 4


def test_a_broken_file_among_several_does_not_keep_the_others_out() -> None:
    box = packed({"a.json": WHOLE[:-30], "b.json": WHOLE.replace(b'"id": "', b'"id": "b')})
    with pytest.raises(CutShort):
        found(box)
    rows, (rest,) = parted(box, keep_going=True)
    assert (len(rows), rest.file, rest.row) == (9, "a.json", 5)


def test_a_file_among_several_that_breaks_at_once_does_not_keep_out_those_after_it() -> None:
    broken = b'[{"id": "x", "te'
    box = packed({"1.json": WHOLE, "2.json": broken, "3.json": WHOLE.replace(b'"id": "', b'"id": "b')})
    rows, (rest,) = parted(box, keep_going=True)
    assert (len(rows), rest.file, rest.row) == (10, "2.json", 1)


def test_the_command_line_says_how_to_go_on_and_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cut.json").write_bytes(WHOLE[:-30])
    asked = ["import", str(tmp_path / "cut.json"), "--db", str(tmp_path / "plateau.db"), "--project", "mail"]
    assert main(asked) == 2
    assert "keep going" in capsys.readouterr().err
    assert main([*asked, "--keep-going"]) == 0
    assert "4 accepted, 1 rejected" in capsys.readouterr().out


# Several formats in one file


def test_lines_that_are_no_json_among_json_lines_are_named() -> None:
    rows, bad = parted(b'{"id":"1","text":"one"}\n2,two\nid,text\n{"id":"3","text":"three"}\n')
    assert [row.uid for row in rows] == ["1", "3"]
    assert [(r.row, r.rule[:20]) for r in bad] == [(2, "the line is not JSON"), (3, "the line is not JSON")]


def test_json_lines_among_the_rows_of_a_table_are_named() -> None:
    rows, bad = parted(b'id,text\n1,one\n{"id":"3","text":"three"}\n{"id":"4"}\n')
    assert [row.uid for row in rows] == ["1"]
    assert [r.row for r in bad] == [3, 4]


def test_what_follows_a_json_list_is_not_passed_over() -> None:
    content = json.dumps(RECORDS).encode() + b'\n{"id":"9","text":"nine"}\n'
    with pytest.raises(CutShort, match=r"goes on after the end of its list of 5 records .*nine"):
        found(content)
    rows, (rest,) = parted(content, keep_going=True)
    assert (len(rows), rest.row) == (5, 6)
    assert len(found(json.dumps(RECORDS).encode() + b" \n\n")) == 5


def test_plain_lines_among_those_of_prodigy_do_not_lose_their_labels_in_silence() -> None:
    choice = {"text": "a", "options": [{"id": "x", "text": "x"}], "accept": ["x"], "answer": "accept"}
    rows, (bad,) = parted(lines(choice, {"text": "b", "labels": ["q"]}, {"text": "c"}))
    assert [row.text for row in rows] == ["a", "c"]
    assert (bad.row, bad.column) == (2, "labels")
    assert "it is not Prodigy's" in bad.rule


def test_what_is_no_record_among_the_tasks_of_label_studio_is_named() -> None:
    tasks = [{"id": 1, "data": {"text": "one"}, "annotations": []}, "odd", 5, {"id": 2, "data": {}, "annotations": []}]
    rows, bad = parted(json.dumps(tasks).encode(), tool="label-studio")
    assert [row.text for row in rows] == ["one"]
    assert [r.row for r in bad] == [2, 3, 4]


# Labels


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        (b"id,text,labels\n1,one,1\n", ("1",)),
        (b'id,text,labels\n1,one,"1|2"\n', ("1", "2")),
        (lines({"id": 1, "text": "one", "labels": [1, 2.0, "3"]}), ("1", "2", "3")),
        (lines({"id": 1, "text": "one", "labels": 7}), ("7",)),
        (workbook(["id", "text", "labels"], [1, "one", 1.0]), ("1",)),
        (lines({"text": "one", "options": [{"id": 1, "text": "1"}], "accept": [1], "answer": "accept"}), ("1",)),
        (lines({"id": 1, "text": "one", "label": [1, 2], "Comments": []}), ("1", "2")),
    ],
)
def test_labels_may_be_numbers(content: bytes, labels: tuple[str, ...]) -> None:
    (row,), bad = parted(content)
    assert (row.labels, bad) == (labels, [])


@pytest.mark.parametrize(
    "content",
    [
        lines({"id": 1, "text": "one", "labels": [["a", "b"]]}, {"id": 2, "text": "two", "labels": ["c"]}),
        lines({"text": "one", "accept": [["a"]], "answer": "accept"}, {"text": "two", "accept": ["c"], "answer": "accept"}),
        lines({"id": 1, "text": "one", "label": [["a", "b"]], "Comments": []}, {"id": 2, "text": "two", "label": ["c"]}),
        b'id,text,labels\n1,one,"[[""a""]]"\n2,two,c\n',
    ],
)
def test_nested_choices_are_named_and_the_rest_is_taken(content: bytes) -> None:
    (row,), (bad,) = parted(content)
    assert row.labels == ("c",)
    assert (bad.rule, "a" in bad.value) == ("a label must be a name", True)


def test_thousands_of_labels_are_taken(store: Store) -> None:
    names = [f"label {n}" for n in range(5000)]
    project = store.create_project("mail")
    report = import_file(store, project.id, lines({"id": 1, "text": "all", "labels": names}, {"id": 2, "text": "none"}))
    assert (report.rejected, report.counts.labels_added) == (0, 5000)
    head = ",".join(["id", "text", *names])
    row = ",".join(["1", "one", "1", *["0"] * 4999])
    ((one,), bad) = parted(f"{head}\n{row}\n".encode())
    assert (one.labels, len(one.dismissed), bad) == (("label 0",), 4999, [])


# Encodings


@pytest.mark.parametrize("text", ["über", "“Price” – 5 €", "Café crème à Orléans", "año"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("layout", ["id;text\n1;{}\n", '{{"id": "1", "text": "{}"}}\n', "__label__a {}\n"])
def test_western_encodings_are_read_in_every_layout_however_little_there_is(text: str, encoding: str, layout: str) -> None:
    ((row,), bad) = parted(layout.format(text).encode(encoding))
    assert (row.text, bad) == (text, [])


def test_a_damaged_encoding_is_refused_with_its_place() -> None:
    with pytest.raises(ImportFailed, match="byte 29 does not fit"):
        found("id,text\n1,one\n".encode("utf-16")[:-1])


# Ids


def test_long_numbers_and_dates_as_ids_of_a_workbook_are_told() -> None:
    long = ([1234567890123456789, "one"], [1234567890123456788, "two"])
    content = workbook(["id", "text"], *long, [datetime(2024, 3, 4), "three"], ["007", "four"])
    rows, (bad,) = parted(content)
    assert [row.uid for row in rows][1:] == ["2024-03-04T00:00:00", "007"]
    assert (bad.row, bad.rule) == (3, "the id has another text in row 2")
    assert "2 ids are numbers of more than 15 digits" in said(content)
    assert "1 ids are dates" in said(content)
    assert "ids" not in said(workbook(["id", "text"], [123456789012345, "one"]))


@pytest.mark.parametrize("uid", ["1.23E+15", "1,23E+15"])
def test_ids_that_a_spreadsheet_has_rounded_are_told(uid: str) -> None:
    assert "1 ids are numbers of more than 15 digits, or look like 1.23E+15" in said(f"id;text\n{uid};one\n".encode())
    assert said(b"id;text\nABCE+15;one\n") == ""


def test_long_ids_stay_as_they_are_where_the_file_holds_them() -> None:
    rows, _ = parted(b"id,text\n00012345678901234567890,one\n")
    assert rows[0].uid == "00012345678901234567890"
    rows, _ = parted(lines({"id": 12345678901234567890, "text": "one"}))
    assert rows[0].uid == "12345678901234567890"


def test_duplicate_and_missing_ids_are_named_and_the_rest_is_taken() -> None:
    rows, bad = parted(b"id,text,labels,annotator\n1,one,a,ann\n1,one,c,ann\n,two,a,ann\n2,x,a,\n2,y,a,ben\n3,z,a,\n")
    assert [row.uid for row in rows] == ["1", "2", "3"]
    assert [(r.row, r.rule) for r in bad] == [
        (3, "the id and annotator are those of row 2 already"), (4, "the id is empty"), (6, "the id has another text in row 5"),
    ]  # fmt: skip


def test_a_tools_records_with_the_same_id_and_another_text_are_named() -> None:
    tasks = [{"id": 7, "data": {"text": text}, "annotations": []} for text in ("one", "two")]
    rows, (bad,) = parted(json.dumps(tasks).encode())
    assert [row.text for row in rows] == ["one"]
    assert (bad.row, bad.rule) == (2, "the id has another text in record 1")


def test_duplicate_ids_are_found_across_the_files_of_an_archive_and_all_are_counted(store: Store) -> None:
    head = "id,text,labels\n"
    tables = {"a.csv": f"{head}1,one,x\n2,,x\n".encode(), "b.csv": f"{head}1,one,y\n2,,y\n4,four,y\n5,one more,\n".encode()}
    again = "the id and annotator are those of record 1 of all files together already"
    rows, bad = parted(packed(tables))
    assert [row.uid for row in rows] == ["1", "4", "5"]
    assert [(r.file, r.row, r.rule) for r in bad] == [
        ("a.csv", 3, "the text is empty"), ("b.csv", 2, again), ("b.csv", 3, "the text is empty"),
    ]  # fmt: skip
    report = import_file(store, store.create_project("mail").id, packed(tables))
    assert (report.rows, report.accepted, report.rejected) == (6, 3, 3)
    members = {"a.json": json.dumps([task(1, annotation("a"))]), "b.json": json.dumps([task(1, annotation("b"))])}
    _, (bad_task,) = parted(packed({name: content.encode() for name, content in members.items()}))
    assert (bad_task.file, bad_task.rule) == ("b.json", again)


# Formulas


def test_formulas_are_texts_and_a_formula_without_a_value_says_why_it_is_empty() -> None:
    rows, bad = parted(b'id,text,labels\n1,=1+1,=a\n2,"@x",-b\n')
    assert ([(row.text, row.labels) for row in rows], bad) == ([("=1+1", ("=a",)), ("@x", ("-b",))], [])
    (row,), (empty,) = parted(workbook(["id", "text"], [1, "=A2+1"], [2, "ok"]))
    assert row.text == "ok"
    assert (empty.row, empty.rule) == (2, "the text is empty")
    assert "A formula has a value only once a spreadsheet program has saved the workbook" in empty.remedy


# What people said


def task(number: int, *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"text": f"text {number}"}, "annotations": list(annotations), **more}


def annotation(*choices: str, control: str = "topic", **more: Any) -> dict[str, Any]:
    result = {"from_name": control, "to_name": "text", "type": "choices", "value": {"choices": list(choices)}}
    return {"completed_by": 1, "result": [result] if choices else [], "was_cancelled": False, **more}


def test_cancelled_and_draft_annotations_are_not_reviews() -> None:
    tasks = [
        task(1, annotation("a", was_cancelled=True)), task(2, drafts=[annotation("a")]), task(3, annotation()),
        task(4, annotation("a")),
    ]  # fmt: skip
    rows, bad = parted(json.dumps(tasks).encode())
    states = [None if row.labels is None else (row.state, row.labels) for row in rows]
    assert (states, bad) == ([("skipped", ()), None, ("reviewed", ()), ("reviewed", ("a",))], [])


def test_several_controls_are_not_mixed_and_the_others_are_named() -> None:
    both = annotation("a")
    both["result"] += annotation("urgent", control="priority")["result"]
    content = json.dumps([task(1, both), task(2, annotation("b"))]).encode()
    rows, _ = parted(content)
    assert [row.labels for row in rows] == [("a",), ("b",)]
    assert "'priority'" in said(content)
    assert next(row.labels for row in parted(content, question="priority")[0]) == ("urgent",)


def test_annotators_who_contradict_each_other_are_kept_apart(store: Store) -> None:
    content = b"id,text,label,value,annotator\n1,one,a,1,ann\n1,one,a,0,ben\n1,one,a,0,ann\n2,two,,,\n"
    rows, (bad,) = parted(content)
    assert [(row.annotator, row.labels, row.dismissed) for row in rows[:2]] == [("ann", ("a",), ()), ("ben", (), ("a",))]
    assert (bad.row, bad.rule) == (4, "an earlier row of this id says the opposite of this label")
    project = store.create_project("mail")
    import_file(store, project.id, content)
    (item, _) = store.iter_items(project.id)
    assert len(store.standing_reviews([item.id])[item.id]) == 2


def test_negative_and_absurd_lead_times_are_named_or_unknown() -> None:
    content = b"id,text,labels,lead_time\n1,a,x,-5\n2,b,x,1e9\n3,c,x,soon\n4,d,x,NaN\n5,e,x,12\n6,f,x,inf\n"
    rows, bad = parted(content)
    assert {row.uid: row.seconds for row in rows} == {"2": None, "5": 12.0, "6": None}
    assert {(r.row, r.rule) for r in bad} == {(n, "the lead time must be a number of seconds, 0 or more") for n in (2, 4, 5)}
    assert "2 lead times are a day or longer" in said(content)
    tasks = json.dumps([task(n, annotation("a", lead_time=time)) for n, time in enumerate((-5, 1e9, 12.5))]).encode()
    assert [row.seconds for row in parted(tasks)[0]] == [None, None, 12.5]


# Size

_MEASURED = """
import resource, sys
from data.imports import inspect
from data.imports.intake import stage
path = sys.argv[1]
inspect(path)
with stage(path) as staged:
    print(staged.checked.rows, staged.checked.rejected, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(not os.environ.get("PLATEAU_BIG"), reason="takes a minute a file; PLATEAU_BIG=1 runs it")
@pytest.mark.parametrize("layout", ["csv", "json", "jsonl"])
def test_a_file_of_200_mb_is_read_in_little_memory(tmp_path: Path, layout: str) -> None:
    path, text, count = tmp_path / "big", "x" * 980, 200_000
    with path.open("w", encoding="utf-8", newline="") as out:
        if layout == "csv":
            csv.writer(out).writerows([["id", "text", "labels"], *([n, text, "a"] for n in range(count))])
        else:
            between = ("[", ",", "]") if layout == "json" else ("", "\n", "")
            out.write(between[0])
            for n in range(count):
                out.write((between[1] if n else "") + json.dumps({"id": n, "text": text, "labels": ["a"]}))
            out.write(between[2])
    assert path.stat().st_size > 195_000_000
    ran = subprocess.run([sys.executable, "-c", _MEASURED, str(path)], check=True, capture_output=True, text=True)
    rows, rejected, kilobytes = map(int, ran.stdout.split())
    assert (rows, rejected) == (count, 0)
    assert kilobytes < 400_000
