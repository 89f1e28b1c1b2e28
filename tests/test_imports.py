"""Importing files: every encoding, separator and label form is understood, every bad row named, nothing half-written."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from data.errors import ImportFailed, StoreError
from data.imports import ColumnMap, ImportOptions, Rejection, import_file, inspect, read_rows, stage
from data.imports.cells import moment
from data.imports.reader import recognise
from data.imports.source import Source
from data.records import ImportRow
from data.store import Store
from data.store.connection import Connection
from data.store.intake import Intake

FAR = "a text long enough to be told apart"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


def rows_of(content: str | bytes, columns: ColumnMap | None = None, **options: Any) -> list[ImportRow | Rejection]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_rows(data, columns, ImportOptions(**options)))


def accepted(content: str | bytes, columns: ColumnMap | None = None, **options: Any) -> list[ImportRow]:
    rows = rows_of(content, columns, **options)
    assert not [row for row in rows if isinstance(row, Rejection)]
    return [row for row in rows if isinstance(row, ImportRow)]


def rejected(content: str | bytes, columns: ColumnMap | None = None, **options: Any) -> list[Rejection]:
    return [row for row in rows_of(content, columns, **options) if isinstance(row, Rejection)]


def workbook(*rows: list[Any]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def parquet(records: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


# Encodings, separators, formats


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_detected(encoding: str, separator: str) -> None:
    lines = [separator.join(["id", "text", "labels"]), separator.join(["007", '"Grüße aus Köln, café; naïve"', "größe"])]
    (row,) = accepted("\n".join(lines).encode(encoding))
    assert (row.uid, row.text, row.labels) == ("007", "Grüße aus Köln, café; naïve", ("größe",))


@pytest.mark.parametrize("text", ["שלום עולם", "مرحبا بالعالم", "👩‍👩‍👧 done 🎉", "𝔘𝔫𝔦", "e\u0301", "line\u2028sep"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_texts_of_every_script_survive(text: str, encoding: str) -> None:
    assert accepted(f"id,text\n1,{text}\n".encode(encoding))[0].text == text
    assert accepted(json.dumps({"text": text}) + "\n")[0].text == text


def test_newlines_and_separators_within_quotes_belong_to_the_text() -> None:
    first, second = accepted('id,text\r\n1,"one, two\r\nthree ""four"""\r\n2,five\r\n')
    assert first.text == 'one, two\r\nthree "four"'
    assert second.text == "five"


def test_a_file_of_one_column_is_read_line_by_line() -> None:
    assert [row.text for row in accepted("text\nHello, world\nfoo; bar\n")] == ["Hello, world", "foo; bar"]


RECORDS = [{"id": "01", "text": "one", "labels": ["a", "b"]}, {"id": "02", "text": "two", "labels": ["b"]}]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS).encode(),
        json.dumps(RECORDS, indent=2).encode("utf-16"),
        "\n".join(map(json.dumps, RECORDS)).encode(),
        "\n\n".join(json.dumps(r, indent=1) for r in RECORDS).encode(),
        b"id,text,labels\n01,one,a|b\n02,two,b\n",
        gzip.compress(b"id\ttext\tlabels\n01\tone\ta;b\n02\ttwo\tb\n"),
        gzip.compress("\n".join(map(json.dumps, RECORDS)).encode()),
        workbook(["id", "text", "labels"], ["01", "one", "a|b"], ["02", "two", "b"]),
        parquet(RECORDS),
    ],
    ids=["json", "indented", "jsonl", "concatenated", "csv", "tsv.gz", "jsonl.gz", "xlsx", "parquet"],
)
def test_the_format_is_told_from_the_content(content: bytes) -> None:
    assert [(row.uid, row.text, row.labels) for row in accepted(content)] == [("01", "one", ("a", "b")), ("02", "two", ("b",))]


def test_a_long_json_array_is_read_in_pieces() -> None:
    records = [{"id": str(n), "text": "word " * 300} for n in range(800)]
    assert len(accepted(json.dumps(records))) == 800


def test_numbers_of_a_workbook_are_ids_and_dates_as_people_see_them() -> None:
    content = workbook(["id", "text", "date", "size"], [7, "one", datetime(2024, 3, 1), 2.5], [123456789012, "two", None, None])
    first, second = accepted(content)
    assert (first.uid, second.uid) == ("7", "123456789012")
    assert first.at == "2024-03-01T00:00:00.000000+00:00"
    assert (first.metadata, second.metadata) == ({"size": 2.5}, {})


# Labels


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ('"[""a"", ""b""]"', ("a", "b")),
        ("\"['a', 'b']\"", ("a", "b")),
        ("a|b", ("a", "b")),
        ("a;b", ("a", "b")),
        ('"a, b"', ("a", "b")),
        ('"{""choices"": [""a"", ""b""]}"', ("a", "b")),
        (" a ", ("a",)),
        ("Billing>Refund", ("Billing > Refund",)),
        ("a|a| A", ("a",)),
    ],
)
def test_labels_are_read_in_every_form(cell: str, labels: tuple[str, ...]) -> None:
    assert accepted(f"id,text,labels\n1,{FAR},{cell}\n")[0].labels == labels


def test_a_separator_can_be_chosen_or_ruled_out() -> None:
    content = f"id,text,labels\n1,{FAR},grain#ship\n"
    mapped = {"text": ("text",), "id": "id", "labels": "labels"}
    assert accepted(content, ColumnMap(**mapped, label_separator="#"))[0].labels == ("grain", "ship")
    assert accepted(f'id,text,labels\n1,{FAR},"a, b"\n', ColumnMap(**mapped, label_separator=""))[0].labels == ("a, b",)


def test_one_hot_columns_judge_only_what_they_fill() -> None:
    content = f"id,text,grain,ship,wheat\n1,{FAR},1,0,\n2,{FAR} 2,,,\n"
    first, second = accepted(content)
    assert (first.labels, first.dismissed, first.partial) == (("grain",), ("ship",), True)
    assert second.labels is None


def test_long_form_rows_of_an_id_and_annotator_belong_together() -> None:
    content = (
        "id,text,label,value,annotator,time\n"
        f"1,{FAR},a,1,ann,2024-01-01\n2,other,a,0,ann,2024-01-01\n1,{FAR},b,0,ann,2024-01-02\n1,{FAR},c,1,ben,2024-01-01\n"
    )
    first, second, third = accepted(content)
    assert (first.uid, first.labels, first.dismissed, first.partial, first.annotator) == ("1", ("a",), ("b",), True, "ann")
    assert first.reviewed_at == "2024-01-02T00:00:00.000000+00:00"
    assert (second.uid, second.labels, second.dismissed) == ("2", (), ("a",))
    assert (third.uid, third.labels, third.annotator) == ("1", ("c",), "ben")


def test_label_sleuth_files_are_understood() -> None:
    content = f"text,category_name,label,document_id\n{FAR},refund,true,9\n{FAR},delay,false,9\n"
    (row,) = accepted(content)
    assert (row.uid, row.labels, row.dismissed) == ("9", ("refund",), ("delay",))


def test_a_long_form_row_that_contradicts_an_earlier_one_is_rejected() -> None:
    content = f"id,text,label,value\n1,{FAR},a,1\n1,{FAR},a,0\n"
    (bad,) = rejected(content)
    assert (bad.row, bad.value) == (3, "a")


def test_labels_that_differ_in_case_or_blanks_are_one_and_a_warning_says_so(store: Store) -> None:
    project = store.create_project("mail")
    report = import_file(store, project.id, b"id,text,labels\n1,one,Refund\n2,two,refund\n3,three,Late  Parcel\n")
    assert [label.name for label in store.labels(project.id)] == ["Late Parcel", "Refund"]
    assert any("'Refund'" in warning and "'refund'" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("record", "labels", "state"),
    [
        ({"labels": []}, None, "reviewed"),
        ({"labels": [], "state": "reviewed"}, (), "reviewed"),
        ({"labels": ["a"]}, ("a",), "reviewed"),
        ({"labels": None}, None, "reviewed"),
        ({"labels": ["a"], "state": "draft"}, None, "reviewed"),
        ({"labels": ["a"], "state": "unreviewed"}, None, "reviewed"),
        ({"state": "skipped"}, (), "skipped"),
        ({"labels": [], "state": "completed"}, (), "reviewed"),
        ({"labels": {"a": 1, "b": 0}}, ("a",), "reviewed"),
    ],
)
def test_reviewed_with_no_label_is_not_unreviewed(record: dict[str, Any], labels: tuple[str, ...] | None, state: str) -> None:
    filler = {"text": "filler", "labels": ["x"], "state": None}
    row = accepted(json.dumps([{"text": "t", **record}, filler]))[0]
    assert (row.labels, row.state) == (labels, state)


def test_the_person_may_say_that_empty_means_reviewed() -> None:
    assert accepted('[{"text": "t", "labels": []}, {"text": "u", "labels": null}]', empty_is_reviewed=True)[0].labels == ()
    assert accepted('[{"text": "t", "labels": []}, {"text": "u", "labels": null}]', empty_is_reviewed=True)[1].labels is None
    assert accepted("id,text,labels\n1,t,\n", empty_is_reviewed=True)[0].labels == ()
    assert accepted("id,text\n1,t\n", empty_is_reviewed=True)[0].labels is None


def test_draft_labels_are_kept_but_do_not_count() -> None:
    assert accepted("id,text,labels,state\n1,t,a|b,draft\n")[0].metadata == {"draft_labels": ["a", "b"]}


def test_a_pool_file_brings_messages_only() -> None:
    assert accepted("id,text,labels\n1,t,a\n", pool=True)[0].labels is None


# Everything else in a row


def test_provenance_is_kept() -> None:
    content = (
        "id,text,labels,annotator,reviewed_at,lead_time_s,selection_source,label_scores,model_version,team\n"
        '1,t,a,ann,2024-05-01 12:00:00+02:00,4.5,teach,"{""a"": 0.9}",v12,north\n'
    )
    (row,) = accepted(content)
    assert (row.annotator, row.reviewed_at, row.seconds) == ("ann", "2024-05-01T10:00:00.000000+00:00", 4.5)
    assert (row.source, row.scores, row.model_version, row.metadata) == ("teach", {"a": 0.9}, "v12", {"team": "north"})


def test_an_unknown_selection_source_counts_as_import_and_is_kept() -> None:
    (row,) = accepted("id,text,labels,selection_source\n1,t,a,gut feeling\n")
    assert (row.source, row.metadata) == ("import", {"selection_source": "gut feeling"})


def test_a_lead_time_of_days_is_unknown() -> None:
    assert accepted("id,text,labels,lead_time\n1,t,a,100000\n")[0].seconds is None


def test_a_date_that_is_not_understood_is_unknown_and_kept() -> None:
    (row,) = accepted("id,text,date\n1,t,next week\n")
    assert (row.at, row.metadata) == (None, {"date": "next week"})


def test_title_and_text_are_joined() -> None:
    rows = accepted('[{"title": "WHEAT", "text": "It rained."}, {"title": "CORN", "text": ""}]')
    assert [row.text for row in rows] == ["WHEAT. It rained.", "CORN"]


def test_nested_metadata_is_kept_as_it_is() -> None:
    (row,) = accepted('{"text": "t", "meta": {"n": [1, null, true]}, "score": 0.5}\n')
    assert row.metadata == {"meta": {"n": [1, None, True]}, "score": 0.5}


def test_rows_without_ids_get_the_same_ones_every_time(store: Store) -> None:
    project, content = store.create_project("mail"), b"text,labels\nhello,a\nhello,b\nworld,\n"
    assert import_file(store, project.id, content).counts.items_added == 3
    again = import_file(store, project.id, content)
    assert (again.counts.items_unchanged, again.counts.reviews_added) == (3, 0)
    assert any("ids" in warning for warning in again.warnings)


# Bad input


BAD_FILES = {
    "empty": b"",
    "blank": b" \n\n ",
    "header only": b"id,text\n",
    "no text column": b"id,colour\n1,red\n",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "unknown binary": bytes(range(256)) * 40,
    "zip": b"PK\x03\x04" + b"\x00" * 60,
    "old excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 60,
    "damaged workbook": b"PK\x03\x04[Content_Types].xml" + b"\x00" * 60,
    "damaged parquet": b"PAR1" + b"\x00" * 60,
    "damaged gzip": gzip.compress(b"id,text\n" + b"1,hello\n" * 1000)[:40],
    "open quote": b'id,text\n1,"hello\n2,world\n',
    "broken json": b'[{"text": "a"}, {"text": ]',
    "json cut off": b'[{"text": "a"}, {"text": "b"}',
    "json cut off after a record": b'[{"text": "a"},',
    "twice the same column": b"id,text,text\n1,a,b\n",
    "workbook without header": workbook([1, "some message"], [2, "another"]),
    "empty workbook": workbook(),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_leaves_no_trace(store: Store, name: str) -> None:
    project = store.create_project("mail")
    with pytest.raises(ImportFailed, match=r"\w+ .*\."):
        import_file(store, project.id, BAD_FILES[name], name="messages.csv")
    assert (store.count_items(project.id), store.revision(project.id)) == (0, 0)


def test_the_wrong_encoding_is_refused_with_the_place() -> None:
    with pytest.raises(ImportFailed, match="byte 12"):
        rows_of("id,text\n1,Grüße\n".encode("cp1252"), encoding="utf-8")
    with pytest.raises(ImportFailed, match="no encoding"):
        rows_of("id,text\n1,a\n", encoding="klingon")


def test_a_missing_file_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="cannot be read"):
        inspect(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("content", "row", "column", "rule"),
    [
        ("id,text\n1,a\n2,b,c,d\n", 3, None, "4 cells"),
        ("id,text,team\n1,a,x\n2,b\n", 3, None, "2 cells"),
        ("id,text\n1,a\n1,a\n", 3, "id", "annotator are those of row 2"),
        ("id,text,annotator,labels\n1,a,ann,x\n1,b,ben,x\n", 3, "id", "another text in row 2"),
        ("id,text\n1,a\n,b\n", 3, "id", "id is empty"),
        ("id,text\n1,a\n2,  \n", 3, "text", "text is empty"),
        ("id,text\n1,a\n2,b\x00c\n", 3, "text", "NUL"),
        (f"id,text\n1,a\n2,{'x' * 1_000_001}\n", 3, "text", "1,000,001 characters"),
        ("id,text,state\n1,a,reviewed\n2,b,perhaps\n", 3, "state", "state"),
        ("id,text,labels\n1,a,x\n2,b,[broken\n", 3, "labels", "list"),
        ("id,text,labels\n1,a,x\n2,b,x >\n", 3, "labels", "name"),
        ("id,text,labels,dismissed\n1,a,x,\n2,b,x,X\n", 3, "labels", "at once"),
        ("id,text,labels,lead_time\n1,a,x,3\n2,b,x,-3\n", 3, "lead_time", "0 or more"),
        ("id,text,labels,lead_time\n1,a,x,3\n2,b,x,soon\n", 3, "lead_time", "number"),
        ("id,text,labels,reviewed_at\n1,a,x,2024-01-01\n2,b,x,soon\n", 3, "reviewed_at", "not understood"),
        ('id,text,label_scores\n1,a,\n2,b,"{""x"": 7}"\n', 3, "label_scores", "between 0 and 1"),
        ('id,text\n1,a\n2,"b"c"\n', 3, None, "quotation marks"),
        ('{"text": "a"}\n{"text": \n{"text": "c"}\n', 2, None, "not JSON"),
        ('{"text": "a"}\n[1, 2]\n', 2, None, "JSON object"),
        ('{"text": "a"}\n{"text": "\\ud83d"}\n', 2, "text", "halves of characters"),
        ('{"text": "a"}\n{"text": "b", "note": "\\ud83d"}\n', 2, "note", "halves of characters"),
    ],
)
def test_a_bad_row_is_named_with_its_row_column_rule_and_remedy(content: str, row: int, column: str | None, rule: str) -> None:
    rows = rows_of(content)
    (bad,) = [found for found in rows if isinstance(found, Rejection)]
    assert (bad.row, bad.column) == (row, column)
    assert rule in bad.rule
    assert bad.remedy
    assert str(bad).startswith(f"Row {row}")
    assert any(isinstance(found, ImportRow) for found in rows)


def test_a_text_of_one_million_characters_is_taken() -> None:
    assert len(accepted(f"id,text\n1,{'x' * 1_000_000}\n")[0].text) == 1_000_000


def test_rows_of_damaged_utf8_are_rejected_and_the_others_taken() -> None:
    content = "id,text\n1,Grüße aus Köln\n2,schöne Grüße\n".encode() + b"3,bad \xff byte\n"
    rows = rows_of(content)
    assert [row.text for row in rows if isinstance(row, ImportRow)] == ["Grüße aus Köln", "schöne Grüße"]
    assert [row.row for row in rows if isinstance(row, Rejection)] == [4]


def test_the_same_id_by_two_annotators_is_two_judgements() -> None:
    rows = accepted("id,text,labels,annotator\n1,t,a,ann\n1,t,b,ben\n")
    assert [(row.uid, row.annotator) for row in rows] == [("1", "ann"), ("1", "ben")]


def test_two_labels_in_a_project_with_one_reject_the_row(store: Store) -> None:
    project = store.create_project("single", single_label=True)
    report = import_file(store, project.id, b"id,text,labels\n1,one,a|b\n2,two,a\n")
    assert (report.accepted, report.rejected, report.rejections[0].row) == (1, 1, 2)
    assert store.count_items(project.id) == 1


def test_the_report_counts_every_rejection_and_keeps_the_first_thousand(store: Store) -> None:
    project = store.create_project("mail")
    content = "id,text\n" + "".join(f"{n},\n" for n in range(1500)) + "good,text\n"
    report = import_file(store, project.id, content.encode())
    assert (report.rows, report.accepted, report.rejected, len(report.rejections)) == (1501, 1, 1500, 1000)


def test_importing_a_file_again_updates_and_never_doubles(store: Store) -> None:
    project = store.create_project("mail")
    import_file(store, project.id, b"id,text,labels\n1,one,a\n2,two,b\n")
    report = import_file(store, project.id, b"id,text,labels\n1,one more,a\n2,two,b\n")
    assert (report.updated, report.counts.items_unchanged, report.counts.reviews_added) == (1, 1, 0)
    assert store.count_items(project.id) == 2


def test_a_file_without_unreviewed_items_is_warned_about(store: Store) -> None:
    project = store.create_project("mail")
    assert any("unreviewed" in warning for warning in import_file(store, project.id, b"id,text,labels\n1,one,a\n").warnings)
    report = import_file(store, project.id, b"id,text\n2,two\n")
    assert not any("Every item is reviewed" in warning for warning in report.warnings)


def test_a_full_disk_while_importing_leaves_no_trace(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    project, opening = store.create_project("mail"), Connection._open

    @contextmanager
    def full(self: Connection) -> Iterator[Database]:
        with opening(self) as db:
            db.conn.execute(f"PRAGMA max_page_count = {db.conn.execute('PRAGMA page_count').fetchone()[0]}")
            yield db

    content = "id,text\n" + "".join(f"{n},{'x' * 2000}\n" for n in range(600))
    with monkeypatch.context() as patch:
        patch.setattr(Connection, "_open", full)
        with pytest.raises(StoreError, match="disk is full"):
            import_file(store, project.id, content.encode())
    assert store.count_items(project.id) == 0
    with sqlite3.connect(store.path) as conn:
        assert conn.execute("SELECT count(*) FROM labels").fetchone() == (0,)


def test_progress_is_told_while_reading_and_writing(store: Store) -> None:
    project, told = store.create_project("mail"), []
    content = "id,text\n" + "".join(f"{n},text {n}\n" for n in range(2500))
    import_file(store, project.id, content.encode(), on_progress=lambda what, done, total: told.append((what, done, total)))
    assert ("reading", 2000, None) in told
    assert ("writing", 2000, 2500) in told


@pytest.mark.parametrize("content", [workbook(["id", "text"], *([n, f"text {n}"] for n in range(50))), parquet(RECORDS * 50)])
def test_damage_anywhere_in_a_binary_file_is_an_import_error(content: bytes) -> None:
    for place in range(0, len(content), len(content) // 60):
        damaged = bytearray(content)
        damaged[place] ^= 0xA5
        with contextlib.suppress(ImportFailed):
            rows_of(bytes(damaged))
        with contextlib.suppress(ImportFailed):
            rows_of(content[:place])


# Preview


def test_a_preview_shows_what_would_be_imported_and_writes_nothing() -> None:
    seen = inspect(b"doc_id;body;tags;team\n01;hello;a, b;x\n", "mail.csv")
    assert (seen.format, seen.encoding, seen.separator, seen.total) == ("csv", "utf-8", ";", 1)
    assert (seen.map.id, seen.map.text, seen.map.labels) == ("doc_id", ("body",), "tags")
    assert seen.rows == ({"doc_id": "01", "body": "hello", "tags": "a, b", "team": "x"},)
    assert isinstance(seen.parsed[0], ImportRow)
    assert seen.parsed[0].labels == ("a", "b")
    assert any("comma" in warning for warning in seen.warnings)


@pytest.mark.parametrize("column", ["status", "state", "time", "lead_time"])
def test_a_column_is_not_what_its_name_says_when_its_cells_are_not(column: str) -> None:
    (row,) = accepted(f"id,text,{column}\n1,hello,Texas\n")
    assert row.metadata == {column: "Texas"}


def test_label_studio_tables_are_understood() -> None:
    content = (
        "annotation_id,annotator,choice,created_at,id,lead_time,text,updated_at\n"
        '5,10,"{""choices"": [""grain"", ""ship""]}",2026-03-09T21:52:49Z,1,4.288,hello,2026-03-09T21:52:53Z\n,,,,2,,other,\n'
    )
    first, second = accepted(content)
    assert (first.uid, first.labels, first.annotator, first.seconds) == ("1", ("grain", "ship"), "10", 4.288)
    assert (first.reviewed_at, first.at) == ("2026-03-09T21:52:53.000000+00:00", None)
    assert second.labels is None


def test_the_sample_of_a_file_of_huge_texts_stays_small() -> None:
    content = "id,text\n" + "".join(f"{n},{'x' * 900_000}\n" for n in range(12))
    assert inspect(content.encode()).total == 12
    assert len(recognise(Source.of(content.encode()), ImportOptions()).sample) < 12


def test_a_preview_without_a_text_column_says_what_to_do() -> None:
    seen = inspect(b"id,colour\n1,red\n")
    assert (seen.map.text, seen.parsed) == ((), ())
    assert "No column holds the text" in seen.warnings[-1]
    assert inspect(b"id,colour\n1,red\n", columns=ColumnMap(text=("colour",), id="id")).parsed[0].text == "red"  # type: ignore[union-attr]


def test_a_map_to_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ImportFailed, match="no column 'words'"):
        rows_of("id,text\n1,a\n", ColumnMap(text=("words",)))


@settings(deadline=None, max_examples=150)
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: ("id,text\n" + text).encode("utf-8", "replace"))
    )
)
def test_whatever_the_bytes_the_answer_is_rows_or_an_import_error(content: bytes) -> None:
    with contextlib.suppress(ImportFailed):
        assert all(isinstance(row, ImportRow | Rejection) for row in rows_of(content))


def test_labels_that_first_appear_far_down_are_still_divided(store: Store) -> None:
    rows = [f"{n},message number {n}," for n in range(1200)] + ["x,a late one,Billing|Refund", "y,another,Late;Damaged"]
    content = "\n".join(["id,text,labels", *rows]).encode()
    project = store.create_project("Late labels")
    import_file(store, project.id, content, name="late.csv")
    assert [label.name for label in store.labels(project.id)] == ["Billing", "Damaged", "Late", "Refund"]


def test_fields_that_first_appear_far_down_are_reported(store: Store) -> None:
    lines = [json.dumps({"id": n, "text": f"message {n}"}) for n in range(1100)] + ['{"id": "x", "text": "late", "label": ["a"]}']
    project = store.create_project("Late fields")
    report = import_file(store, project.id, "\n".join(lines).encode(), name="late.jsonl")
    assert any("fields that the first rows lack" in warning for warning in report.warnings)


def test_review_times_in_the_future_are_reported(store: Store) -> None:
    project = store.create_project("mail")
    content = b"id,text,labels,reviewed_at\n1,one,a,2999-01-01\n2,two,a,2020-01-01\n"
    report = import_file(
        store, project.id, content, ColumnMap(text=("text",), id="id", labels="labels", reviewed_at="reviewed_at")
    )
    assert [warning for warning in report.warnings if warning.startswith("1 of the review times lay in the future")]
    assert report.counts.future_times == 1


def test_an_import_that_fails_leaves_no_new_project(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Intake) -> None:
        raise StoreError("the disk is full")

    with stage(b"id,text\n1,one\n") as staged, monkeypatch.context() as patch:
        patch.setattr(Intake, "finish", broken)
        with pytest.raises(StoreError):
            staged.write(store, "mail")
    assert store.projects() == []


def test_a_project_named_is_created_with_its_rows_or_found(store: Store) -> None:
    for added in (1, 0):
        with stage(b"id,text,labels\n1,one,a\n", options=ImportOptions(single_label=True)) as staged:
            report = staged.write(store, " mail ")
        assert report.counts.items_added == added
        assert any("Every item is reviewed" in warning for warning in report.warnings)
    assert [(project.name, project.single_label) for project in store.projects()] == [("mail", True)]


def test_a_file_of_rejected_rows_alone_is_not_imported(store: Store) -> None:
    with stage(b"id,text\n1,\n2,\n") as staged, pytest.raises(ImportFailed, match=r"All 2 rows were rejected.*Row 2"):
        staged.write(store, "mail")
    assert store.projects() == []


@pytest.mark.parametrize("cell", [2024, 45000, 45000.5, 20241399, 99_999_999, 0, True, -5, 202403, "45000", "20241399"])
def test_a_number_that_is_no_time_is_unknown_and_kept_as_metadata(cell: Any) -> None:
    assert moment(cell) is None
    (row,) = accepted(json.dumps([{"id": "1", "text": FAR, "date": cell}]), ColumnMap(text=("text",), id="id", date="date"))
    assert (row.at, row.metadata) == (None, {"date": cell})


@pytest.mark.parametrize("cell", [20240301, 20240301.0, "20240301", 1709251200, 1709251200.0, 1709251200000, "1709251200"])
def test_a_number_that_is_a_day_or_a_time_is_understood(cell: Any) -> None:
    assert moment(cell) == "2024-03-01T00:00:00.000000+00:00"
