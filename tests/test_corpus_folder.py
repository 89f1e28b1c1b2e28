"""Corpora in folders: both of NLTK's layouts are read, and what is written comes back, in NLTK too."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.imports import ImportOptions, Rejection, read_rows
from data.imports.reading import open_reading
from data.records import ImportRow
from tests.rounds import overtaken, project_of, rounds, rows
from tests.test_sources import packed, unpacked

REUTERS = {
    "reuters/cats.txt": b"training/1 grain ship\ntest/2 corn\n", "reuters/README": b"About.", "reuters/stopwords": b"the\n",
    "reuters/training/1": b"Wheat by sea", "reuters/test/2": b"Maize", "reuters/test/3": b"Nobody looked",
}  # fmt: skip


def taken(source: Path | bytes, **options: Any) -> list[ImportRow]:
    rows = list(read_rows(source, options=ImportOptions(**options)))
    assert not [row for row in rows if isinstance(row, Rejection)]
    return [row for row in rows if isinstance(row, ImportRow)]


def test_a_list_of_categories_says_what_texts_are_about(tmp_path: Path) -> None:
    found = taken(packed(REUTERS))
    assert found == taken(unpacked(tmp_path, REUTERS))
    assert {(row.uid, row.text, row.labels, row.metadata["split"]) for row in found} == {
        ("training/1", "Wheat by sea", ("grain", "ship"), "training"), ("test/2", "Maize", ("corn",), "test"),
        ("test/3", "Nobody looked", None, "test"),
    }  # fmt: skip
    assert {row.uid: row.labels for row in taken(packed(REUTERS), empty_is_reviewed=True)}["test/3"] == ()
    reading = open_reading(packed(REUTERS))
    list(reading)
    assert reading.shape.tool == "nltk"
    assert "1 texts have no category" in reading.warnings()[-1]


def test_folders_name_the_category() -> None:
    files = {
        "imdb/train/pos/1.txt": b"good", "imdb/test/neg/2.txt": b"bad", "imdb/train/unsup/3.txt": b"?", "imdb/LICENSE": b"!",
        "imdb/train/news/sport/4.txt": b"goal",
    }  # fmt: skip
    assert {row.uid: row.labels for row in taken(packed(files))} == {
        "train/pos/1.txt": ("pos",), "test/neg/2.txt": ("neg",), "train/unsup/3.txt": None,
        "train/news/sport/4.txt": ("news > sport",),
    }  # fmt: skip
    assert {row.labels for row in taken(packed({"pos/1": b"a", "neg/2": b"b"}))} == {("pos",), ("neg",)}
    assert {row.labels for row in taken(packed({"1.txt": b"a", "2.txt": b"b"}))} == {None}


def test_the_only_folder_of_an_archive_is_no_category() -> None:
    files = {"mails/1.txt": b"one", "mails/2.txt": b"two", "mails/README": b"!"}
    assert [(row.uid, row.labels) for row in taken(packed(files))] == [("1.txt", None), ("2.txt", None)]
    splits = {"x/train/mails/1.txt": b"one", "x/test/mails/1.txt": b"two"}
    assert [(row.uid, row.labels) for row in taken(packed(splits))] == [("test/1.txt", None), ("train/1.txt", None)]
    reading = open_reading(packed(files))
    list(reading)
    assert "All texts lie in the folder 'mails'" in " ".join(reading.warnings())
    assert {row.labels for row in taken(packed(files | {"drafts/3.txt": b"three"}))} == {("mails",), ("drafts",)}


def test_a_text_that_cannot_be_taken_is_named_by_its_file() -> None:
    fine, bad = read_rows(packed({"pos/1": b"good", "pos/2": b"  "}))
    assert isinstance(fine, ImportRow)
    assert isinstance(bad, Rejection)
    assert str(bad).startswith("pos/2, row 2, column 'text': the text is empty")


UIDS = st.lists(
    st.sampled_from(("a", "a/b", "a/b/c", "cats.txt", "README", "x/README.md", ".x", "x/../y", "//", "a b", "50%", "%41", "x.csv",
                     "Ö/1", "__MACOSX", "..")),
    min_size=5, max_size=5, unique=True,
)  # fmt: skip


@rounds
@given(rows(("ann",)), UIDS)
def test_what_goes_out_comes_back(project: list[ImportRow], uids: list[str]) -> None:
    project = [replace(row, uid=uids[int(row.uid[1:])]) for row in project]
    with project_of(project) as (store, stored):
        content, report = tool_bytes(Handover(store, stored), "nltk")
    assert report.rows == len(project)
    found = {row.uid: (row.text, None if row.labels is None else set(row.labels)) for row in taken(content)}
    assert found == {
        row.uid: (row.text.removeprefix("\ufeff"), set(() if row.partial else row.labels or ()) or None) for row in project
    }


def test_what_is_written_opens_in_nltk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nltk = pytest.importorskip("nltk.corpus.reader", reason="nltk is not installed")
    monkeypatch.setattr(pytest.importorskip("nltk.data"), "path", [str(tmp_path)])
    project = [ImportRow("a/1", "one", labels=("x y", "z")), ImportRow("a/2", "two", labels=("z",)), ImportRow("b", "no")]
    with project_of(project) as (store, stored):
        content, report = tool_bytes(Handover(store, stored), "nltk")
    assert "cat_delimiter" in report.notes[0]
    with zipfile.ZipFile(io.BytesIO(content)) as box:
        box.extractall(tmp_path)
    corpus = nltk.CategorizedPlaintextCorpusReader(str(tmp_path), r"(?!cats\.txt).*", cat_file="cats.txt", cat_delimiter="\t")
    assert corpus.categories() == ["x y", "z"]
    assert corpus.fileids("z") == ["a/1", "a/2"]
    assert corpus.raw("a/1") == "one"


def test_neither_a_skip_nor_a_partial_review_hides_an_older_one() -> None:
    assert {row.uid: row.labels for row in taken(overtaken("nltk"))} == {"1": ("grain",), "2": ("grain",), "3": None}


def test_what_it_cannot_hold_is_said() -> None:
    two = [ImportRow("1", "one", labels=(name,), annotator=name, reviewed_at=f"2024-01-0{at}T00:00:00.000000+00:00")
           for name, at in (("a", 1), ("b", 2))]  # fmt: skip
    with project_of([*two, ImportRow("2", "", media="x.png")]) as (store, project):
        content, report = tool_bytes(Handover(store, project), "nltk")
    assert [row.labels for row in taken(content)] == [("b",)]
    assert report.notes == (
        "1 items were judged by several people: the newest review of all labels was written.",
        "1 items without text were left out.",
    )  # fmt: skip
