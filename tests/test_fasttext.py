"""fastText: labels are read where they stand, and what is written comes back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from data.errors import ImportFailed
from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.fasttext import label_name, label_word
from data.imports import ImportOptions, read_rows
from data.imports.reading import open_reading
from data.records import ImportRow
from tests.rounds import LABELS, overtaken, project_of, rounds, rows


def taken(content: bytes, **options: Any) -> list[tuple[str, tuple[str, ...] | None]]:
    rows = read_rows(content, options=ImportOptions(**options))
    return [(row.text, row.labels) for row in rows if isinstance(row, ImportRow)]


def test_labels_stand_before_the_text_or_after_it() -> None:
    content = b"__label__grain __label__ship Wheat, by sea\n\n__label__corn  Maize\nRye __label__grain __label__x\nunlabelled\n"
    assert open_reading(content).shape.tool == "fasttext"
    assert taken(content) == [
        ("Wheat, by sea", ("grain", "ship")), ("Maize", ("corn",)), ("Rye", ("grain", "x")), ("unlabelled", None),
    ]  # fmt: skip
    assert taken(content, empty_is_reviewed=True)[3] == ("unlabelled", ())
    reading = open_reading(content)
    list(reading)
    assert "1 lines have no label" in reading.warnings()[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_lines_may_be_in_any_encoding(encoding: str) -> None:
    content = "__label__größe Grüße aus Köln, schöne Bücher\n".encode(encoding)
    assert taken(content) == [("Grüße aus Köln, schöne Bücher", ("größe",))]


def test_lines_that_seldom_name_a_label_are_fasttext_if_one_says_so() -> None:
    content = b"one\ntwo\nthree, and four\n__label__a five\n"
    with pytest.raises(ImportFailed, match="No column holds the text"):
        taken(content)
    assert taken(content, tool="fasttext") == [("one", None), ("two", None), ("three, and four", None), ("five", ("a",))]


@pytest.mark.parametrize("name", [*LABELS, "100%", "a%20b", "%25"])
def test_a_label_is_one_word_and_comes_back(name: str) -> None:
    assert label_name(label_word(name)) == name
    assert len(label_word(name).split()) == 1


@rounds
@given(rows(("ann",)))
def test_what_goes_out_comes_back(project: list[ImportRow]) -> None:
    with project_of(project) as (store, stored):
        content, report = tool_bytes(Handover(store, stored), "fasttext")
    expected = [(re.sub(r"[\r\n]+", " ", row.text).strip(), None if row.partial else row.labels or None) for row in project]
    assert report.rows == len(project)
    back = [(text, None if labels is None else set(labels)) for text, labels in taken(content, tool="fasttext")]
    assert back == [(text, None if labels is None else set(labels)) for text, labels in expected]


def test_neither_a_skip_nor_a_partial_review_hides_an_older_one() -> None:
    assert overtaken("fasttext").splitlines() == [b"__label__grain wheat", b"__label__grain wheat", b"wheat"]


def test_what_it_cannot_hold_is_said() -> None:
    two = [ImportRow("1", "one", labels=(name,), annotator=name, reviewed_at=f"2024-01-0{at}T00:00:00.000000+00:00")
           for name, at in (("a", 1), ("b", 2))]  # fmt: skip
    with project_of([*two, ImportRow("2", "", media="x.png")]) as (store, project):
        content, report = tool_bytes(Handover(store, project), "fasttext")
    assert content == b"__label__b one\n"
    assert [note.split(":")[0] for note in report.notes[:2]] == ["fastText has no ids", "1 items were judged by several people"]
    assert report.notes[2] == "1 items without text were left out."
