"""Bad input: every row that cannot be taken is named with its reason, and the rest is imported if the person says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.cli import main
from data.errors import CutShort, ImportFailed
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.records import ImportRow
from data.store import Store
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


def test_the_command_line_says_how_to_go_on_and_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cut.json").write_bytes(WHOLE[:-30])
    asked = ["import", str(tmp_path / "cut.json"), "--db", str(tmp_path / "plateau.db"), "--project", "mail"]
    assert main(asked) == 2
    assert "keep going" in capsys.readouterr().err
    assert main([*asked, "--keep-going"]) == 0
    assert "4 accepted, 1 rejected" in capsys.readouterr().out
