"""Exporting files: what goes out comes back unchanged, nothing is run by a spreadsheet, nothing is half-written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InvalidInput, StoreError
from data.exports import (
    FORMATS,
    ExportFormat,
    Prediction,
    Table,
    export_bytes,
    export_file,
    items_table,
    predictions_table,
    reviews_table,
    stored_predictions,
    times_table,
)
from data.exports import xlsx_file as xlsx
from data.exports.names import Names
from data.exports.table import Column, Row
from data.imports import ColumnMap, import_file
from data.layout import ITEM_COLUMNS, OLDER_COLUMNS, is_ours, metadata_column, metadata_key, neutralise, restore
from data.records import SOURCES, ImportRow, Label, Project, Review, ReviewDraft
from data.store import Store
from data.store.labels import there

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''=1", "'tis", "=cmd|' /C calc'!A0", "＝1"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


def project_with(store: Store, *rows: ImportRow, name: str = "mail") -> Project:
    project = store.create_project(name)
    store.import_rows(project.id, rows)
    return project


def picture(store: Store, project_id: int) -> dict[str, Any]:
    """All that an items file must carry, by names instead of numbers."""
    labels = {label.id: label for label in store.labels(project_id)}
    items = {item.id: item for item in store.iter_items(project_id)}
    standing = store.standing_reviews(list(items))
    reviews = [
        (
            items[i].uid, r.annotator, r.state, r.partial, r.at, r.seconds, r.source,
            *({labels[x].name for x in ids} for ids in (r.assigned, r.dismissed, r.confirmed)),
            {x.name for x in labels.values() if x.created_at <= r.at},
        )
        for i, found in standing.items() for r in found
    ]  # fmt: skip
    current = [(items[r.item_id].uid, r.annotator) for r in store.current_reviews(project_id)]
    return {
        "items": [(item.uid, item.text, item.media, dict(item.metadata), item.at) for item in items.values()],
        "labels": {label.name for label in labels.values()},
        "reviews": sorted(reviews, key=lambda row: row[:2]),
        "current": sorted(current),
        "predictions": [(items[i].uid, version, scores) for i, version, scores in store.predictions(project_id)],
    }


# Any text but NUL, halves of characters, and nothing but blanks: those are refused on import.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
TEXTS = st.one_of(st.sampled_from(RISKY), WORDS).filter(lambda text: bool(text.strip()))
TRIMMED = st.one_of(st.sampled_from(["=1", "-7", "'=x", "007", "1.0"]), WORDS).map(str.strip).filter(bool)
NAMES = st.sampled_from(["a", "B > c", "=grain", "x, y", "p|q", "r;s", "[z]", "{w}", "ß", "'-t"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.just(""),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
KEYS = st.one_of(
    st.sampled_from(["id", "text", "labels", "meta.text", "meta.", "", "=k", "metadata_json", " pad ", "title", "a;b"]), WORDS
)
TIMES = st.integers(1, 9).map(lambda day: f"2024-01-0{day}T10:00:00.000007+00:00")


@st.composite
def import_rows(draw: st.DrawFn) -> ImportRow:
    judged = draw(st.booleans())
    labels = draw(st.lists(NAMES, unique=True, max_size=3))
    dismissed = draw(st.lists(NAMES.filter(lambda name: name not in labels), unique=True, max_size=2))
    unknown = draw(st.lists(NAMES.filter(lambda name: name not in (*labels, *dismissed)), unique=True, max_size=1))
    judgement: dict[str, Any] = {
        "labels": tuple(labels), "dismissed": tuple(dismissed), "partial": draw(st.booleans()), "unknown": tuple(unknown),
        "state": draw(st.sampled_from(["reviewed", "skipped"])),
        "confirmed": tuple(draw(st.lists(st.sampled_from(labels), unique=True))) if labels else (),
        "annotator": draw(st.sampled_from(["ann", "=ben", "נועה"])), "reviewed_at": draw(TIMES),
        "seconds": draw(st.none() | st.integers(0, 86_399_999).map(lambda ms: ms / 1000)),
        "source": draw(st.sampled_from(SOURCES)),
    }  # fmt: skip
    if judgement["state"] == "skipped":  # a skip says nothing of any label
        judgement |= {"labels": (), "dismissed": (), "confirmed": ()}
    scores = draw(st.none() | st.dictionaries(NAMES, st.floats(0, 1), min_size=1, max_size=2))
    return ImportRow(
        uid=draw(TRIMMED), text=draw(TEXTS), media=draw(st.none() | TRIMMED), at=draw(st.none() | TIMES),
        metadata=draw(st.dictionaries(KEYS, VALUES, max_size=3)), scores=scores,
        model_version=draw(st.sampled_from(["v1", "=v2"])) if scores else None, **(judgement if judged else {}),
    )  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None, max_examples=30)
@given(rows=st.lists(import_rows(), min_size=1, max_size=5, unique_by=lambda row: row.uid))
def test_an_exported_project_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, format: ExportFormat, rows: list[ImportRow]
) -> None:
    store = Store(tmp_path_factory.mktemp("trip") / "plateau.db")
    project, copy = project_with(store, *rows), store.create_project("copy")
    content, _ = export_bytes(items_table(store, project.id), format)
    report = import_file(store, copy.id, content)
    assert report.rejections == ()
    assert picture(store, copy.id) == picture(store, project.id)
    again = import_file(store, project.id, content)
    assert (again.counts.items_updated, again.counts.items_added, again.counts.reviews_added) == (0, 0, 0)


@pytest.mark.parametrize("format", FORMATS)
def test_labels_newer_than_a_review_stay_unknown_after_the_trip(store: Store, format: ExportFormat) -> None:
    project = project_with(store, ImportRow("1", "one"), ImportRow("2", "two"))
    first, second = (item.id for item in store.iter_items(project.id))
    old = store.add_label(project.id, "old")
    store.record_review(project.id, ReviewDraft(first, (old.id,), "ann"))
    new = store.add_label(project.id, "new")
    store.record_review(project.id, ReviewDraft(second, (new.id,), "ann"))
    copy = store.create_project("copy")
    import_file(store, copy.id, export_bytes(items_table(store, project.id), format)[0])
    assert picture(store, copy.id)["reviews"] == picture(store, project.id)["reviews"]
    assert [len(row[-1]) for row in picture(store, copy.id)["reviews"]] == [1, 2]


@pytest.mark.parametrize("format", FORMATS)
def test_several_annotators_and_models_of_an_item_come_back(store: Store, format: ExportFormat) -> None:
    rows = [
        ImportRow("1", "one", labels=("a",), annotator=who, scores={"a": 0.5}, model_version=f"m{who}") for who in ("ann", "ben")
    ]
    extra = [ImportRow("1", "one", scores={"a": 0.25}, model_version=f"v{n}") for n in range(3)]
    project, copy = project_with(store, *rows, *extra), store.create_project("copy")
    assert import_file(store, copy.id, export_bytes(items_table(store, project.id), format)[0]).rejected == 0
    assert picture(store, copy.id)["predictions"] == picture(store, project.id)["predictions"]
    assert picture(store, copy.id) == picture(store, project.id)


_MOMENTS = st.integers(0, 6).map(str)
_AWAY = st.lists(st.tuples(_MOMENTS, st.none() | _MOMENTS), max_size=2)


@settings(max_examples=50)
@given(st.lists(st.tuples(_MOMENTS, _AWAY), min_size=1, max_size=4), st.sets(st.integers(1, 4)))
def test_a_review_speaks_of_no_label_that_was_not_there_at_its_moment(labels: list[tuple[str, Any]], named: set[int]) -> None:
    known = [Label(number, f"l{number}", "", at, False, None, None) for number, (at, _) in enumerate(labels, 1)]
    away = {number: periods for number, (_, periods) in enumerate(labels, 1)}
    names = Names(SimpleNamespace(labels=lambda _, retired: known, retired_periods=lambda _: away), 1)  # type: ignore[arg-type]
    assigned = tuple(sorted(named & {label.id for label in known}))
    for at in "3051624":
        review = Review(1, 1, "ann", "reviewed", assigned, (), (), False, at, None, "import", *[None] * 6, 1)
        silent = [label.name for label in known if label.id not in assigned and not there(label, at, away)]
        assert names.unknown(review) == silent


def test_merged_labels_go_out_by_their_new_name(store: Store) -> None:
    project = project_with(store, ImportRow("1", "one", labels=("refunds", "refund"), annotator="ann"))
    labels = {label.name: label.id for label in store.labels(project.id)}
    store.merge_labels(project.id, labels["refunds"], labels["refund"])
    content, _ = export_bytes(items_table(store, project.id), "jsonl")
    assert json.loads(content)["labels"] == ["refund"]
    assert import_file(store, project.id, content).counts.reviews_added == 0


@given(text=st.one_of(st.sampled_from(RISKY), st.text(max_size=20)))
def test_a_neutralised_cell_is_never_a_formula_and_comes_back(text: str) -> None:
    assert not neutralise(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert restore(neutralise(text)) == text


@given(key=KEYS)
def test_a_metadata_key_never_takes_a_column_of_ours(key: str) -> None:
    assert metadata_column(key) not in ITEM_COLUMNS
    assert metadata_key(metadata_column(key)) == key


def test_no_cell_of_a_spreadsheet_is_a_formula(store: Store) -> None:
    rows = [ImportRow(f"{text}{n}", text, metadata={text: text}, labels=(), annotator="=ann") for n, text in enumerate(RISKY)]
    project = project_with(store, *rows)
    content, _ = export_bytes(items_table(store, project.id), "csv")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    book = openpyxl.load_workbook(io.BytesIO(export_bytes(items_table(store, project.id), "xlsx")[0]))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_a_strangers_apostrophes_are_left_alone(store: Store) -> None:
    project = store.create_project("mail")
    import_file(store, project.id, b"id,text\n1,'-tis the season\n")
    assert next(store.iter_items(project.id)).text == "'-tis the season"


def test_csv_opens_in_spreadsheets_as_utf8(store: Store) -> None:
    content, report = export_bytes(items_table(store, project_with(store, ImportRow("1", "é")).id), "csv")
    assert content.startswith("\ufeffid,text".encode())
    assert report.rows == 1


def test_a_cell_too_long_for_xlsx_is_cut_visibly_and_not_taken_back(store: Store) -> None:
    project = project_with(store, ImportRow("long", "word " * 10_000), ImportRow("emoji", "🎈" * 20_000), ImportRow("ok", "fits"))
    content, report = export_bytes(items_table(store, project.id), "xlsx")
    assert "2 cells" in report.notes[0]
    book = openpyxl.load_workbook(io.BytesIO(content))
    cut = book["items"]["B2"].value
    assert "[cut: 50,000 characters" in cut
    assert all(len(str(book["items"][f"B{row}"].value).encode("utf-16-le")) <= 2 * xlsx.MAX_CELL for row in (2, 3, 4))
    assert [row[0].value for row in book["notes"].iter_rows(min_row=2)] == [2, 3]
    again = import_file(store, project.id, content)
    assert [(bad.row, bad.column) for bad in again.rejections] == [(2, "text"), (3, "text")]
    assert next(store.iter_items(project.id)).text == "word " * 10_000


def test_more_rows_than_xlsx_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    table = Table("items", (Column("id"),), lambda: iter([Row((str(n),)) for n in range(3)]))
    with pytest.raises(InvalidInput, match="Parquet"):
        export_bytes(table, "xlsx")


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, format: ExportFormat) -> None:
    def broken() -> Iterator[Row]:
        yield Row(("1",))
        raise KeyboardInterrupt

    target = tmp_path / "items"
    target.write_text("the old one")
    with pytest.raises(KeyboardInterrupt):
        export_file(Table("items", (Column("id"),), broken), target, format)
    assert [path.name for path in tmp_path.iterdir()] == ["items"]
    assert target.read_text() == "the old one"


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    table = Table("items", (Column("id"),), lambda: iter(()))
    with pytest.raises(StoreError, match="choose another folder"):
        export_file(table, tmp_path / "missing" / "items.csv", "csv")
    with pytest.raises(InvalidInput, match="docx"):
        export_bytes(table, "docx")  # type: ignore[arg-type]


def test_every_event_is_exported_those_taken_back_too(store: Store, tmp_path: Path) -> None:
    project = project_with(store, ImportRow("1", "one"))
    item, label = next(store.iter_items(project.id)).id, store.add_label(project.id, "a").id
    store.record_review(project.id, ReviewDraft(item, (label,), "ann", seconds=2.5, source="teach", list_rank=3, chance=0.125))
    store.undo_review(project.id, "ann")
    report = export_file(reviews_table(store, project.id), tmp_path / "reviews.parquet", "parquet")
    rows = pq.read_table(tmp_path / "reviews.parquet").to_pylist()
    assert report.rows == 2
    assert [(row["id"], row["state"], row["labels"], row["list_rank"], row["chance"]) for row in rows] == [
        ("1", "reviewed", ["a"], 3, 0.125),
        ("1", "undone", [], None, None),
    ]


def test_predictions_go_out_wide_or_long_and_wide_ones_come_back(store: Store) -> None:
    given_ones = [Prediction("1", {"a": 0.75, "b": 0.5}, "one", "v1"), Prediction("2", {"a": 0.25}, "two", "v1")]
    long, _ = export_bytes(predictions_table(lambda: given_ones, long=True), "csv")
    rows = list(csv.DictReader(io.StringIO(long.decode("utf-8-sig"))))
    assert [(row["id"], row["label"], row["score"]) for row in rows] == [
        ("1", "a", "0.75"),
        ("1", "b", "0.5"),
        ("2", "a", "0.25"),
    ]
    project = store.create_project("mail")
    wide, _ = export_bytes(predictions_table(lambda: given_ones), "jsonl")
    assert import_file(store, project.id, wide).counts.predictions == 2
    assert list(stored_predictions(store, project.id)) == given_ones


def test_an_items_file_is_recognised_by_its_columns(store: Store) -> None:
    assert is_ours((*ITEM_COLUMNS, "team"))
    older = (*OLDER_COLUMNS, "note")  # of a Plateau that wrote no notes: the messages' own
    assert is_ours(older)
    cells = {"id": "1", "text": "grain", "labels": "a", "state": "reviewed", "annotator": "ann", "note": "of the message"}
    file = ",".join(older) + "\n" + ",".join(cells.get(column, "") for column in older) + "\n"
    project = store.create_project("mail")
    import_file(store, project.id, file.encode())
    assert [item.metadata for item in store.iter_items(project.id)] == [{"note": "of the message"}]
    assert [review.note for review in store.reviews(project.id)] == [""]
    assert not is_ours(("id", "text", "labels"))


def test_the_times_table_holds_every_known_time(store: Store, tmp_path: Path) -> None:
    project = project_with(store, ImportRow("m1", "one"), ImportRow("m2", "two", labels=("a",), annotator="bob", seconds=3.5))
    label = store.labels(project.id)[0].id
    item = store.item_named(project.id, "m1")
    assert item is not None
    store.record_review(
        project.id, ReviewDraft(item.id, (label,), "ann", confirmed=(label,), seconds=2.0, source="teach", view="desk")
    )
    store.record_review(project.id, ReviewDraft(item.id, (), "cy", source="teach"))
    store.undo_review(project.id, "ann")
    export_file(times_table(store, project.id), tmp_path / "times.csv", "csv")
    rows = list(csv.DictReader((tmp_path / "times.csv").open(encoding="utf-8-sig")))
    told = ("id", "annotator", "kind", "confirmed", "assigned", "view")
    assert [float(row["seconds"]) for row in rows] == [3.5, 2.0]
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("m2", "bob", "import", "0", "1", "undated"), ("m1", "ann", "teach", "1", "0", "desk"),
    ]  # fmt: skip


def test_reviews_go_out_with_note_doubt_and_view(store: Store, tmp_path: Path) -> None:
    project = project_with(store, ImportRow("m1", "one"))
    item = store.item_named(project.id, "m1")
    assert item is not None
    assert store.item_named(project.id, "m2") is None
    store.record_review(project.id, ReviewDraft(item.id, (), "ann", note="=why?", uncertain=True, view="bulk"))
    export_file(reviews_table(store, project.id), tmp_path / "reviews.jsonl", "jsonl")
    (row,) = map(json.loads, (tmp_path / "reviews.jsonl").read_text("utf-8").splitlines())
    assert (row["note"], row["uncertain"], row["view"]) == ("=why?", 1, "bulk")


def test_a_note_comes_in_once_and_a_file_without_it_takes_none_away(store: Store) -> None:
    project = store.create_project("notes")
    plain = ImportRow("1", "grain", labels=("a",), annotator="ann", reviewed_at="2024-05-06T00:00:00.000000+00:00")
    for row in (plain, noted := replace(plain, note="why?", uncertain=True), noted, plain):
        store.import_rows(project.id, [row])
    assert [(review.note, review.uncertain) for review in store.reviews(project.id)] == [("", False), ("why?", True)]


def test_a_table_of_another_kind_brings_the_notes_that_its_map_names(store: Store) -> None:
    project = store.create_project("theirs")
    file = b"text,topic,remark,unsure\ngrain,a, why? ,1\nships,b,,\n"
    import_file(store, project.id, file, ColumnMap(text=("text",), labels="topic", note="remark", uncertain="unsure"))
    assert [(review.note, review.uncertain) for review in store.reviews(project.id)] == [("why?", True), ("", False)]
    assert [item.metadata for item in store.iter_items(project.id)] == [{}, {}]
