"""Tables as others want them: long, one-hot and Label Sleuth's come back through the reading of any table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from data.errors import InvalidInput
from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.imports import read_rows
from data.layout import neutralise
from data.records import ImportRow
from tests.rounds import overtaken, project_of, rounds, rows


def written(key: str, *project: ImportRow) -> list[list[str]]:
    with project_of(list(project)) as (store, stored):
        content, _ = tool_bytes(Handover(store, stored), key)
    return [line.split(",") for line in content.decode("utf-8-sig").splitlines()]


def expected(project: list[ImportRow]) -> list[tuple[Any, ...]]:
    """Every judgement that names a label, yes or no; and the items that have none."""
    known = {name for row in project for name in (*(row.labels or ()), *row.dismissed)}
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for row in project:
        no = set(row.dismissed) | (set() if row.partial else known - set(row.labels or ()))
        if row.labels is not None and row.state == "reviewed" and (row.labels or no):
            found[row.uid, row.annotator] = (row.uid, row.text, row.annotator, row.reviewed_at, set(row.labels), no)
    judged = {uid for uid, _ in found}
    others = {(row.uid, ""): (row.uid, row.text, "", None, None, set()) for row in project if row.uid not in judged}
    return sorted({**found, **others}.values(), key=lambda row: row[:3])


def back(content: bytes) -> list[tuple[Any, ...]]:
    rows = [row for row in read_rows(content) if isinstance(row, ImportRow)]
    said = [
        (r.uid, r.text, "", None, None, set()) if r.labels is None
        else (r.uid, r.text, r.annotator, r.reviewed_at, set(r.labels), set(r.dismissed)) for r in rows
    ]  # fmt: skip
    return sorted(said, key=lambda row: row[:3])


@pytest.mark.parametrize("key", ["long", "one-hot"])
@rounds
@given(project=rows())
def test_what_goes_out_comes_back(key: str, project: list[ImportRow]) -> None:
    with project_of(project) as (store, stored):
        content, _ = tool_bytes(Handover(store, stored), key)
    assert back(content) == expected(project)


@rounds
@given(rows(("ann",)))
def test_label_sleuth_has_a_row_for_each_label_judged(project: list[ImportRow]) -> None:
    with project_of(project) as (store, stored):
        content, _ = tool_bytes(Handover(store, stored), "label-sleuth")
    judged = [row for row in expected(project) if row[4] is not None]
    assert content.startswith(b"\xef\xbb\xbftext,category_name,label,document_id\r\n")
    assert content.count(b"\n") > 1 or not judged
    if judged:
        assert [(uid, labels, no) for uid, _, _, _, labels, no in back(content)] == [
            (row[0], {neutralise(name) for name in row[4]}, {neutralise(name) for name in row[5]}) for row in judged
        ]


ONE = ImportRow("1", "one", labels=("a",), dismissed=("b",), partial=True, reviewed_at="2024-01-02T00:00:00.000000+00:00")
TWO = ImportRow("2", "two", labels=("c",), annotator="ann", reviewed_at="2024-01-01T00:00:00.000000+00:00")


def test_the_long_form_has_a_row_for_each_verdict() -> None:
    assert written("long", ONE, ImportRow("3", "three"))[1:] == [
        ["1", "one", "", "b", "0", "import", "2024-01-02T00:00:00.000000+00:00"],
        ["1", "one", "", "a", "1", "import", "2024-01-02T00:00:00.000000+00:00"],
        ["3", "three", "", "", "", "", ""],
    ]


def test_one_hot_leaves_blank_what_nobody_judged() -> None:
    found = written("one-hot", ONE, TWO)
    assert found[0] == ["id", "text", "media", "annotator", "time", "a", "b", "c"]
    assert [row[5:] for row in found[1:]] == [["1", "0", ""], ["0", "0", "1"]]


def test_labels_may_be_called_like_what_a_guess_would_take_for_something_else() -> None:
    row = replace(ONE, labels=("status", "topic"), dismissed=("date",))
    with project_of([row]) as (store, stored):
        (found,) = read_rows(tool_bytes(Handover(store, stored), "one-hot")[0])
    assert isinstance(found, ImportRow)
    assert (found.labels, found.dismissed) == (("status", "topic"), ("date",))


def test_a_label_called_like_a_column_of_the_table_is_refused() -> None:
    with pytest.raises(InvalidInput, match="The label 'time' is called like a column"):
        written("one-hot", replace(ONE, labels=("time",)))


def test_neither_a_skip_nor_a_partial_review_hides_an_older_one() -> None:
    expected = ["wheat,ship,false,1", "wheat,grain,true,1", "wheat,ship,false,2", "wheat,grain,true,2", "wheat,ship,false,3"]
    assert sorted(overtaken("label-sleuth").decode("utf-8-sig").splitlines()[1:]) == sorted(expected)


def test_label_sleuth_gets_the_newest_judgement_and_is_told() -> None:
    other = replace(TWO, uid="1", text="one")
    with project_of([ONE, other]) as (store, stored):
        content, report = tool_bytes(Handover(store, stored), "label-sleuth")
    assert content.decode("utf-8-sig").splitlines()[1:] == ["one,a,false,1", "one,b,false,1", "one,c,true,1"]
    assert "1 items were judged by several people" in report.notes[0]
