"""doccano: every form of its exports is understood, people are kept apart, and what is written comes back."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidInput
from data.exports import Handover
from data.formats.doccano import joined_by_hash
from data.formats.exporting import tool_bytes
from data.imports import ImportOptions, Rejection, read_rows
from data.imports.reading import open_reading
from data.records import ImportRow
from tests.rounds import WORDS, overtaken, project_of, rounds, rows
from tests.test_sources import packed

RECORD = {"id": 7, "text": "Wheat by sea", "team": "east", "label": ["grain", "ship"], "Comments": []}


def lines(*records: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def taken(content: bytes, **options: Any) -> list[ImportRow]:
    rows = list(read_rows(content, options=ImportOptions(**options)))
    assert not [row for row in rows if isinstance(row, Rejection)]
    return [row for row in rows if isinstance(row, ImportRow)]


def said(content: bytes, **options: Any) -> str:
    reading = open_reading(content, options=ImportOptions(**options))
    list(reading)
    return " ".join(reading.warnings())


def test_an_export_is_known_and_its_extra_keys_are_metadata() -> None:
    assert open_reading(lines(RECORD)).shape.tool == "doccano"
    (row,) = taken(lines({**RECORD, "Comments": ["odd"]}))
    assert row == ImportRow(
        "7", "Wheat by sea", metadata={"team": "east", "doccano": {"Comments": ["odd"]}}, labels=("grain", "ship")
    )
    assert taken(b"[" + lines(RECORD) + b"]") == taken(lines(RECORD))


@pytest.mark.parametrize("record", [{"text": "a", "label": ["b"]}, {"text": "a", "label": "b", "Comments": "none"}])
def test_plain_lines_are_read_as_a_table(record: dict[str, Any]) -> None:
    assert open_reading(lines(record)).shape.tool is None
    assert taken(lines(record))[0].labels == ("b",)


def test_no_label_is_unreviewed_unless_it_was_confirmed() -> None:
    content = lines({**RECORD, "label": []})
    assert taken(content)[0].labels is None
    assert taken(content, empty_is_reviewed=True)[0].labels == ()
    assert "1 records have no label" in said(content)


@pytest.mark.parametrize("field", ["label", "labels", "cats"])
def test_labels_lie_in_any_of_its_fields(field: str) -> None:
    record = {"id": 1, "text": "a", field: ["x"], "Comments": []}
    assert taken(lines(record), tool="doccano")[0].labels == ("x",)


def test_a_field_can_be_chosen_and_the_others_are_named() -> None:
    content = lines({**RECORD, "cats": ["fish"]})
    assert taken(content)[0].labels == ("grain", "ship")
    assert "'cats' could be chosen instead" in said(content)
    assert taken(content, question="cats")[0].labels == ("fish",)
    with pytest.raises(InvalidInput, match="There is no field 'topic'"):
        taken(content, question="topic")


def test_old_annotations_name_labels_by_number_and_people() -> None:
    old = {"id": 1, "text": "a", "annotations": [{"label": 5, "user": 1}, {"label": 6, "user": 1}, {"label": 5, "user": 2}]}
    first, second = taken(lines({**old, "meta": {"team": "x"}}))
    assert (first.labels, first.annotator, first.metadata) == (("5", "6"), "1", {"team": "x"})
    assert (second.labels, second.annotator) == (("5",), "2")
    assert "1 records name their labels by number" in said(lines(old))
    assert taken(lines(old, {"id": 2, "text": "b", "annotations": []}))[2].labels is None


def test_images_have_a_file_name_and_single_labels_may_be_texts() -> None:
    (row,) = taken(lines({"id": 1, "filename": "cat.png", "label": "cat", "Comments": []}), tool="doccano")
    assert (row.text, row.media, row.labels) == ("", "cat.png", ("cat",))


def test_spans_are_rejected_with_the_reason() -> None:
    _, bad = read_rows(lines(RECORD, {**RECORD, "id": 8, "label": [[0, 5, "PER"]]}))
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.rule) == (2, "the label marks a part of the text")


# Archives


def test_the_person_is_in_the_name_of_the_file() -> None:
    box = packed({
        "anna.jsonl": lines(RECORD), "ben@example.org.jsonl": lines({**RECORD, "label": ["ship"]}),
        "cleo.jsonl": lines({**RECORD, "label": []}),
        "dan.jsonl": lines({**RECORD, "id": 8, "label": []}, {**RECORD, "label": []}),
    })  # fmt: skip
    found = [(row.uid, row.annotator if row.labels else None, row.labels) for row in taken(box)]
    assert found == [
        ("7", "anna", ("grain", "ship")), ("7", "ben@example.org", ("ship",)), ("7", None, None), ("8", None, None),
    ]  # fmt: skip
    assert "source_file" not in taken(box)[0].metadata


@pytest.mark.parametrize(("name", "who"), [("anna.jsonl", "anna"), ("all.jsonl", "import"), ("export/all.jsonl", "import")])
def test_an_archive_of_one_file_names_its_person_too(name: str, who: str) -> None:
    assert taken(packed({name: lines(RECORD)}))[0].annotator == who
    assert taken(lines(RECORD))[0].annotator == "import"


def test_lines_in_an_archive_are_not_doccanos_for_want_of_a_better_idea() -> None:
    plain = {key: value for key, value in RECORD.items() if key != "Comments"}
    split = packed({"train.jsonl": lines(plain), "test.jsonl": lines({**plain, "id": 8})})
    assert open_reading(split).shape.tool is None
    assert {row.annotator for row in taken(split)} == {"import"}
    named = packed({"a.jsonl": lines({**plain, "id": "x7"}), "b.jsonl": lines({**plain, "id": "x8"})})
    assert open_reading(named).shape.tool is None
    assert open_reading(packed({"ann.jsonl": lines(plain), "ben.jsonl": lines(plain)})).shape.tool == "doccano"
    commented = packed({"train.jsonl": lines(RECORD), "test.jsonl": lines({**RECORD, "id": 8})})
    assert {row.annotator for row in taken(commented)} == {"import"}


def test_a_person_may_be_called_like_a_part_of_a_dataset() -> None:
    rows = [ImportRow("1", "one", labels=("a",), annotator=who) for who in ("Test", "all")]
    with project_of(rows) as (store, project):
        content = tool_bytes(Handover(store, project), "doccano-members")[0]
    assert {row.annotator for row in taken(content)} == {"Test", "all"}


def test_a_record_of_one_of_several_files_is_rejected_by_its_file() -> None:
    box = packed({"anna.jsonl": lines(RECORD), "ben.jsonl": lines({**RECORD, "label": [["x"]]})})
    (bad,) = (row for row in read_rows(box) if isinstance(row, Rejection))
    assert (bad.file, bad.row) == ("ben.jsonl", 1)


# CSV


def table(*cells: str) -> bytes:
    return "\n".join(["id,text,label,Comments", *(f"{n},text {n},{cell}," for n, cell in enumerate(cells))]).encode()


def test_labels_joined_by_a_hash_are_divided_when_the_file_shows_it() -> None:
    content = table("grain", "grain#ship", "ship", "")
    assert open_reading(content).shape.tool == "doccano"
    assert [row.labels for row in taken(content)] == [("grain",), ("grain", "ship"), ("ship",), None]
    assert "Labels are divided at #" in said(content)


def test_a_hash_of_which_the_file_shows_nothing_stays_in_the_label() -> None:
    content = table("C#", "Java")
    assert [row.labels for row in taken(content)] == [("C#",), ("Java",)]
    assert "1 cells hold # and are taken as one label each" in said(content)


@pytest.mark.parametrize(
    ("cells", "joined"),
    [
        (["a", "a#b", "b"], True), (["a#b", "b#c", "c#a"], True), (["a#b", "a"], False), (["C#", "C"], False),
        (["a", "b"], False), (["a#b", "a", "b", "C#"], False),
    ],
)  # fmt: skip
def test_what_shows_that_cells_are_joined(cells: list[str], joined: bool) -> None:
    assert joined_by_hash([(n, {"label": cell}) for n, cell in enumerate(cells)], "label") is joined


# Writing


def plain(found: list[ImportRow]) -> list[ImportRow]:
    """What a file for each person can carry of these rows: who gave an item which labels."""
    given = [row for row in found if row.labels]
    others = {row.uid: replace(row, annotator="import") for row in found if row.uid not in {row.uid for row in given}}
    bare = {"dismissed": (), "partial": False, "reviewed_at": None, "seconds": None, "scores": None, "model_version": None}
    kept = [
        replace(row, **bare, confirmed=(), state="reviewed", labels=tuple(sorted(row.labels or ())) or None)
        for row in (*given, *others.values())
    ]
    return sorted(kept, key=lambda row: (row.uid, row.annotator))


TRICKY = st.dictionaries(
    st.sampled_from(("id", "label", "meta.text", "cats", "Comments", "source_file", "doccano", "meta", "x")), WORDS, max_size=3
)


@rounds
@given(rows(("ann", "ben@example.org", "all", ".dot/../x", "Zoë")), st.lists(TRICKY, min_size=5, max_size=5))
def test_what_goes_out_comes_back(project: list[ImportRow], metadata: list[dict[str, str]]) -> None:
    project = [replace(row, metadata={**row.metadata, **metadata[int(row.uid[1:])]}) for row in project]
    with project_of(project) as (store, stored):
        content, _ = tool_bytes(Handover(store, stored), "doccano-members")
    back: dict[tuple[str, str], ImportRow] = {}
    labelled = {row.uid for row in taken(content, tool="doccano") if row.labels}
    for row in taken(content, tool="doccano"):
        if row.labels or row.uid not in labelled:
            who = row.annotator if row.labels else "import"
            back[row.uid, who] = replace(row, annotator=who, labels=None if row.labels is None else tuple(sorted(row.labels)))
    assert [back[key] for key in sorted(back)] == plain(project)


def test_neither_a_skip_nor_a_partial_review_hides_an_older_one() -> None:
    assert [json.loads(line)["label"] for line in overtaken("doccano").splitlines()] == [["grain"], ["grain"], []]


def test_one_file_has_the_newest_judgement_of_each_item_and_says_so() -> None:
    early = ImportRow("1", "one", labels=("a",), annotator="ann", reviewed_at="2024-01-01T00:00:00.000000+00:00")
    late = replace(early, labels=("b", "a"), annotator="ben", reviewed_at="2024-01-02T00:00:00.000000+00:00")
    with project_of([early, late, ImportRow("2", "two", metadata={"id": "x"})]) as (store, project):
        content, report = tool_bytes(Handover(store, project), "doccano")
        with zipfile.ZipFile(io.BytesIO(tool_bytes(Handover(store, project), "doccano-members")[0])) as box:
            assert sorted(box.namelist()) == ["all.jsonl", "ann.jsonl", "ben.jsonl"]
    first, second = map(json.loads, content.splitlines())
    assert first == {"id": "1", "text": "one", "label": ["a", "b"], "Comments": []}
    assert second == {"id": "2", "text": "two", "meta.id": "x", "label": [], "Comments": []}
    assert report.rows == 2
    assert "1 items were judged by several people" in report.notes[0]
