"""What every format of another tool has in common: the rules its rows are held to, and what is said before one is written."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from data.cli import main
from data.errors import ImportFailed, InvalidInput, StoreError
from data.exports import ExportReport, Handover
from data.formats import tools
from data.formats.base import Keeps, ToolFormat, each
from data.formats.exporting import collector_paused, export_tool, tool_bytes
from data.formats.losses import losses
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.imports.cells import BadCell
from data.imports.records import TABLE, Record, Shape
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store


class Notes:
    """A made-up format: {"note": text, "tags": [...], "by": name}."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.question = options.question

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        return each(records, self._one)

    def _one(self, cells: Any) -> Iterator[ImportRow]:
        if "note" not in cells:
            raise BadCell("note", "", "there is no note", "Write one.")
        fields = {key: cells[key] for key in ("seconds", "source", "dismissed") if key in cells}
        tags = cells.get(self.question or "tags")
        yield ImportRow(cells.get("nr", ""), cells["note"], labels=tags, annotator=cells.get("by", ""), **fields)

    def warnings(self) -> list[str]:
        return ["A note is a note."]


def write_notes(handover: Handover, out: BinaryIO) -> ExportReport:
    count = 0
    for whole in handover.wholes():
        labels = [judgement.labels for judgement in whole.judgements]
        out.write(json.dumps([whole.item.uid, labels, [version for version, _ in whole.predictions]]).encode() + b"\n")
        count += 1
    return ExportReport(count)


NOTES = ToolFormat(
    "notes", "Notes", frozenset({"jsonl"}), ".jsonl", Keeps(skipped=False, annotator="the first one's name"),
    lambda shape: any("note" in cells for _, cells in shape.sample), Notes, write_notes, lambda shape: ("tags", "more"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools.TOOLS, "notes", NOTES)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def lines(*records: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def refused(*records: dict[str, Any], options: ImportOptions | None = None) -> list[Rejection]:
    return [row for row in read_rows(lines(*records), options=options) if isinstance(row, Rejection)]


def test_a_tools_file_is_known_by_what_is_in_it_and_read_by_its_own_reader() -> None:
    seen = inspect(lines({"nr": "1", "note": "hello", "tags": ["a"], "by": " ann  b "}))
    assert (seen.tool, seen.questions, seen.warnings) == ("notes", ("tags", "more"), ("A note is a note.",))
    (row,) = seen.parsed
    assert isinstance(row, ImportRow)
    assert (row.uid, row.text, row.labels, row.annotator) == ("1", "hello", ("a",), "ann b")


def test_a_file_can_be_read_as_a_plain_table_all_the_same() -> None:
    seen = inspect(lines({"note": "hello", "text": "bye"}), options=ImportOptions(tool=TABLE))
    assert seen.tool is None
    assert [row.text for row in seen.parsed if isinstance(row, ImportRow)] == ["bye"]


def test_another_question_can_be_read() -> None:
    (row,) = read_rows(lines({"note": "x", "tags": ["a"], "more": ["b"]}), options=ImportOptions(question="more"))
    assert isinstance(row, ImportRow)
    assert row.labels == ("b",)


def test_a_format_that_does_not_exist_or_does_not_fit_is_refused() -> None:
    with pytest.raises(ImportFailed, match="no format 'nots'"):
        inspect(lines({"note": "x"}), options=ImportOptions(tool="nots"))
    with pytest.raises(ImportFailed, match="is CSV; Notes comes as JSONL"):
        inspect(b"note,tags\nx,y\n", options=ImportOptions(tool="notes"))


@pytest.mark.parametrize(
    ("records", "rule"),
    [
        ([{"tags": ["a"]}, {"note": "there"}], "there is no note"),
        ([{"note": " "}], "the text is empty"),
        ([{"note": "x\x00y"}], "NUL"),
        ([{"note": "x", "tags": ["a"], "dismissed": ["a"]}], "assigned and dismissed"),
        ([{"note": "x", "tags": ["a >"]}], "no valid name"),
        ([{"nr": "1", "note": "x"}, {"nr": "1", "note": "y"}], "another text in record 1"),
        ([{"nr": "1", "note": "x", "tags": []}, {"nr": "1", "note": "x", "tags": ["a"]}], "those of record 1 already"),
    ],
)
def test_rows_of_a_tool_are_held_to_the_rules_of_every_import(records: list[dict[str, Any]], rule: str) -> None:
    (found,) = refused(*records)
    assert rule in str(found)


def test_two_people_may_judge_one_item() -> None:
    two = ({"nr": "1", "note": "x", "tags": ["a"], "by": who} for who in ("ann", "ben"))
    assert refused(*two) == []


def test_two_labels_are_refused_where_an_item_has_one() -> None:
    (found,) = refused({"note": "x", "tags": ["a", "b"]}, options=ImportOptions(single_label=True))
    assert "one label" in found.rule


def test_absurd_seconds_and_unknown_sources_are_taken_as_unknown() -> None:
    records = [{"nr": str(n), "note": "x", "seconds": s, "source": "luck"} for n, s in enumerate((-1, 5.5, 90_000, None))]
    content = lines(*records)
    rows = [row for row in read_rows(content) if isinstance(row, ImportRow)]
    assert [row.seconds for row in rows] == [None, 5.5, None, None]
    assert {row.source for row in rows} == {"import"}
    assert any("2 lead times" in warning for warning in inspect(content).warnings)


def test_messages_alone_are_taken_when_asked() -> None:
    (row,) = read_rows(lines({"note": "x", "tags": ["a"]}), options=ImportOptions(pool=True))
    assert isinstance(row, ImportRow)
    assert row.labels is None


def test_an_id_is_made_where_there_is_none_and_stays_the_same() -> None:
    content = lines({"note": "x"}, {"note": "x"}, {"note": "y"})
    ids = [row.uid for row in read_rows(content) if isinstance(row, ImportRow)]
    assert len(set(ids)) == 3
    assert ids == [row.uid for row in read_rows(content) if isinstance(row, ImportRow)]
    assert any("3 records have no id" in warning for warning in inspect(content).warnings)


def test_good_records_are_counted_beside_bad_ones(store: Store, project: Project) -> None:
    report = import_file(store, project.id, lines({"note": "x"}, {"tags": []}, {"note": "y"}))
    assert (report.rows, report.accepted, report.rejected, report.rejections[0].row) == (3, 2, 1, 2)


def reviewed(store: Store, project: Project) -> None:
    label = store.add_label(project.id, "a")
    rows = [ImportRow("1", "x", scores={"a": 0.5}, model_version="v"), ImportRow("2", "y"), ImportRow("3", "z")]
    store.import_rows(project.id, rows)
    first, second, _ = (item.id for item in store.iter_items(project.id))
    store.record_review(project.id, ReviewDraft(first, (label.id,), "ann"))
    store.record_review(project.id, ReviewDraft(second, (), "ann", state="skipped"))


def test_all_or_some_items_are_handed_over_with_their_judgements_and_predictions(store: Store, project: Project) -> None:
    reviewed(store, project)
    handover = Handover(store, project, predicted=lambda item_id: {"a": 0.1} if item_id == 1 else None, model_version="own")
    content, report = tool_bytes(handover, "notes")
    assert report.rows == 3
    assert [json.loads(line) for line in content.splitlines()] == [["1", [["a"]], ["own", "v"]], ["2", [[]], []], ["3", [], []]]
    some, _ = tool_bytes(replace(handover, item_ids=(3, 1)), "notes")
    assert [json.loads(line)[0] for line in some.splitlines()] == ["3", "1"]
    assert json.loads(some.splitlines()[1])[2] == ["own", "v"]


def test_what_a_format_cannot_carry_is_counted_beforehand(store: Store, project: Project) -> None:
    assert losses(store, project.id, "notes") == []
    reviewed(store, project)
    assert losses(store, project.id, "notes") == [
        "Notes cannot carry skipped items (1).",
        "Notes carries who gave a review (2) in part: the first one's name.",
    ]


def test_a_file_that_cannot_be_written_leaves_nothing(store: Store, project: Project, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        export_tool(Handover(store, project), "notes", tmp_path / "no" / "file.jsonl")

    def broken(handover: Handover, out: BinaryIO) -> ExportReport:
        out.write(b"half")
        raise InvalidInput("broken")

    tools.TOOLS["notes"] = replace(NOTES, writer=broken)
    with pytest.raises(InvalidInput, match="broken"):
        export_tool(Handover(store, project), "notes", tmp_path / "file.jsonl")
    assert list(tmp_path.glob("*file.jsonl*")) == []
    with pytest.raises(InvalidInput, match="no format 'nots'"):
        tool_bytes(Handover(store, project), "nots")


def test_the_command_line_reads_and_writes_a_tools_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, file, out = ["--db", str(tmp_path / "p.db")], tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_bytes(lines({"nr": "1", "note": "x", "tags": ["a"]}))
    assert main(["import", str(file), "--project", "mail", "--as", "notes", *place]) == 0
    assert main(["export", "--project", "mail", "--format", "notes", "--out", str(out), *place]) == 0
    assert json.loads(out.read_text()) == ["1", [["a"]], []]
    assert "in part: the first one's name" in capsys.readouterr().out
    assert main(["preview", str(file), "--as", "notes", *place]) == 0
    assert "Notes, jsonl" in capsys.readouterr().out
    assert main(["preview", str(file), "--as", TABLE, *place]) == 0
    wrong = ["export", "--project", "mail", "--what", "times", "--format", "notes", "--out", str(out), *place]
    assert main(wrong) == 2


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_rests_while_anybody_writes(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        first, second = ExitStack(), ExitStack()
        first.enter_context(collector_paused())
        second.enter_context(collector_paused())
        first.close()
        assert not gc.isenabled()
        second.close()
        assert gc.isenabled() == enabled
        with pytest.raises(ZeroDivisionError), collector_paused():
            raise ZeroDivisionError
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
