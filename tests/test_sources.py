"""Folders and zip archives as sources: what is in them is read, what would do harm is refused."""

from __future__ import annotations

import gzip
import io
import json
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from data.errors import ImportFailed
from data.imports import Rejection, archive, inspect, read_rows
from data.imports.folder import decoded, tables_of
from data.imports.source import Source
from data.records import ImportRow

LINES = b'{"id": "1", "text": "one"}\n{"id": "2", "text": "two"}\n'


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as box:
        for path, content in files.items():
            box.writestr(path, content)
    return out.getvalue()


def unpacked(top: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(content)
    return top


def texts(source: Path | bytes) -> list[str]:
    return [row.text if isinstance(row, ImportRow) else str(row) for row in read_rows(source)]


@pytest.mark.parametrize("content", [LINES, b"id,text\n1,one\n2,two\n", b'[{"text": "one"}, {"text": "two"}]'])
def test_a_folder_or_archive_of_one_file_is_that_file(tmp_path: Path, content: bytes) -> None:
    files = {"deep/all.data": content, "__MACOSX/deep/._all.data": b"\x00", ".DS_Store": b"\x00"}
    assert texts(packed(files)) == texts(unpacked(tmp_path, files)) == ["one", "two"]


def test_a_workbook_is_no_archive_of_files_and_may_be_in_one() -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["id", "text"], ["1", "one"], ["2", "two"]):
        book.active.append(row)
    book.save(out)
    assert texts(out.getvalue()) == texts(packed({"book.xlsx": out.getvalue()})) == ["one", "two"]


def test_several_tables_are_read_one_after_the_other_and_say_where_a_row_is_from(tmp_path: Path) -> None:
    files = {"b.jsonl": LINES, "a.jsonl": b'{"id": "3", "text": "three"}\n{"id": "4", "text": ""}\n', "notes.txt": b"Read me"}
    rows = list(read_rows(packed(files)))
    assert rows == list(read_rows(unpacked(tmp_path, files)))
    three, four, one, _ = rows
    assert isinstance(three, ImportRow)
    assert isinstance(one, ImportRow)
    assert isinstance(four, Rejection)
    assert three.text == "three"
    assert three.metadata == {"source_file": "a.jsonl"}
    assert one.metadata == {"source_file": "b.jsonl"}
    assert str(four).startswith("a.jsonl, row 2, column 'text': the text is empty")
    seen = inspect(packed(files))
    assert seen.total == 4
    assert "2 files, read one after the other: a.jsonl, b.jsonl" in seen.warnings[0]
    assert "1 other files were left out" in seen.warnings[1]


def test_tables_of_a_folder_may_differ_in_encoding_separator_and_columns() -> None:
    western = "id;text\n1;Grüße aus Köln, schöne Bücher\n".encode("cp1252")
    files = {"a.csv": western, "b.csv": "id,text,team\n2,zwölf,x\n".encode("utf-16")}
    first, second = (row for row in read_rows(packed(files)) if isinstance(row, ImportRow))
    assert (first.text, second.text, second.metadata["team"]) == ("Grüße aus Köln, schöne Bücher", "zwölf", "x")


def test_tables_of_different_formats_are_refused() -> None:
    with pytest.raises(ImportFailed, match=r"different formats: 'a\.csv' and 'b\.jsonl'"):
        inspect(packed({"a.csv": b"id,text\n1,one\n", "b.jsonl": LINES}))


def test_a_folder_without_tables_is_one_text_a_file(tmp_path: Path) -> None:
    files = {"pos/1": "grün".encode("cp1252"), "pos/2": "grün".encode("utf-16"), "neg/3": "grün".encode(), "README": b"about"}
    assert texts(packed(files)) == texts(unpacked(tmp_path, files)) == ["grün"] * 3


def test_a_list_of_categories_makes_a_folder_one_of_texts() -> None:
    assert tables_of(["a.csv", "b.txt"]) == ("a.csv",)
    assert tables_of(["a.csv", "cats.txt"]) == ()


def test_a_text_in_another_encoding_than_the_one_named_is_rejected_by_its_file() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(b"\xe9", "utf-8")
    assert decoded(b"\x81", None) == "\x81"
    shape = Source.of(packed({"a": b"one", "b": b"\xff\xfeX"}))
    found = list(read_rows(shape))
    assert isinstance(found[1], Rejection)
    assert found[1].file == "b"
    assert "utf-16" in found[1].rule


# What would do harm


@pytest.mark.parametrize("path", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:/a.csv", "..\\a.csv"])
def test_paths_that_climb_out_of_an_archive_are_refused(path: str) -> None:
    with pytest.raises(ImportFailed, match="leads out of the archive"):
        inspect(packed({path: LINES, "b.csv": LINES}))


def test_an_entry_for_the_folder_itself_does_no_harm() -> None:
    assert Source.of(packed({"./": b"", "./a.csv": LINES})).member == "./a.csv"


def test_links_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_bytes(b"id,text\n1,secret\n")
    inside = unpacked(tmp_path / "project", {"a.csv": b"id,text\n1,one\n"})
    (inside / "b.csv").symlink_to(outside)
    with pytest.raises(ImportFailed, match=r"'b\.csv' is a link that leads out of the folder"):
        inspect(inside)
    link = zipfile.ZipInfo("b.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr(link, str(outside))
    with pytest.raises(ImportFailed, match="is a link"):
        inspect(out.getvalue())


def test_an_archive_that_unpacks_to_far_more_than_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "CHEAP_BYTES", 1 << 20)
    bomb = packed({"a.csv": b"id,text\n" + b"0" * (4 << 20)})
    with pytest.raises(ImportFailed, match="looks made to fill up a computer"):
        inspect(bomb)
    assert Source.of(packed({"a.csv": b"id,text\n" + b"0" * (1 << 19)})).member == "a.csv"
    monkeypatch.setattr(archive, "CHEAP_BYTES", 1 << 30)
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    with pytest.raises(ImportFailed, match="looks made to fill up a computer"):
        inspect(bomb)


def test_a_gzipped_file_that_unpacks_to_far_more_than_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "CHEAP_BYTES", 1 << 20)
    bomb = gzip.compress(b"id,text\n" + b"1," + b"0" * (4 << 20))
    for content in (bomb, packed({"a.csv.gz": bomb})):
        with pytest.raises(ImportFailed, match="looks made to fill up a computer"):
            list(read_rows(content))
    assert len(list(read_rows(gzip.compress(b"id,text\n" + b"1,one\n" * 9_000)))) == 9_000


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    with pytest.raises(ImportFailed, match="holds 3 files; at most 2"):
        inspect(packed({"a": b"x", "b": b"x", "c": b"x"}))


def test_archives_that_are_locked_damaged_empty_or_nested_say_so(tmp_path: Path) -> None:
    good = packed({"a.csv": b"id,text\n1,one\n"}, zipfile.ZIP_STORED)
    locked = bytearray(packed({"a.csv": LINES}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    damaged = good.replace(b"1,one", b"2,two")
    for content, words in {
        bytes(locked): "protected by a password",
        good[:60]: "damaged zip archive",
        damaged: "damaged gzip or zip file",
        packed({}): "holds no files",
        packed({"a.zip": good}): "a zip archive within another",
    }.items():
        with pytest.raises(ImportFailed, match=words):
            list(read_rows(content))
    with pytest.raises(ImportFailed, match="holds no files"):
        inspect(tmp_path)


def test_the_command_line_takes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from data.cli import main

    folder = unpacked(tmp_path / "mail", {"a.jsonl": LINES, "b.jsonl": b'{"id": "3", "text": "three"}\n'})
    database = str(tmp_path / "plateau.db")
    assert main(["import", str(folder), "--db", database, "--project", "mail", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["items_added"] == 3
