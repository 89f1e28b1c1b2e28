"""refinery: its own files are read, and come back; what goes out comes back in all that they can carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from data.errors import ImportFailed
from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.losses import losses
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.records import ImportRow, Project
from data.store import Store
from tests import rounds


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def record(number: int = 1, **more: Any) -> dict[str, Any]:
    """A record as refinery exports it."""
    return {
        "running_id": str(number), "headline": f"headline {number}", "date": "Jun-30-22 06:00PM",
        "headline__topic__MANUAL": "grain", "headline__topic__WEAK_SUPERVISION": "ship",
        "headline__topic__WEAK_SUPERVISION__confidence": "0.6220", **more,
    }  # fmt: skip


def rows_of(*records: dict[str, Any], **options: Any) -> list[ImportRow]:
    found = list(read_rows(json.dumps(records).encode(), options=ImportOptions(**options)))
    assert not [row for row in found if isinstance(row, Rejection)], found
    return [row for row in found if isinstance(row, ImportRow)]


def picture(store: Store, project: Project) -> list[tuple[Any, ...]]:
    """All that refinery's records can carry: one person's labels, and the most confident one of a model."""
    found = []
    for whole in Handover(store, project).wholes():
        judged = [j for j in whole.judgements if j.state == "reviewed" and not j.partial]
        labels = set(max(judged, key=lambda j: j.at).labels) if judged else set()
        scores = whole.predictions[0][1] if whole.predictions else {}
        found.append((whole.item.uid, whole.item.text, whole.item.metadata, labels, max(scores.values(), default=None)))
    return found


@rounds.rounds
@given(found=rounds.rows())
def test_what_goes_out_comes_back(found: list[ImportRow]) -> None:
    with rounds.project_of(found) as (store, project):
        copy = store.create_project("copy")
        assert import_file(store, copy.id, tool_bytes(Handover(store, project), "refinery")[0]).rejections == ()
        assert picture(store, copy) == picture(store, project)


def test_manual_labels_are_reviews_and_weak_ones_confidences() -> None:
    first, second = rows_of(record(), record(2, headline__topic__MANUAL=None))
    assert (first.uid, first.text, first.labels, first.state) == ("1", "headline 1", ("grain",), "reviewed")
    assert (first.scores, first.model_version) == ({"ship": 0.622}, "weak supervision")
    assert (second.labels, second.annotator, second.reviewed_at) == (None, "import", None)
    assert inspect(json.dumps([record()]).encode()).tool == "refinery"


def test_nothing_by_hand_is_a_review_only_if_the_person_says_so() -> None:
    (row,) = rows_of(record(headline__topic__MANUAL=None), empty_is_reviewed=True)
    assert row.labels == ()


def test_a_task_on_the_whole_record_finds_the_text() -> None:
    (row,) = rows_of({"body": "a message", "__topic__MANUAL": "grain", "__topic__WEAK_SUPERVISION": None, "lang": "en"})
    assert (row.text, row.labels, row.metadata) == (
        "a message",
        ("grain",),
        {"lang": "en", "refinery": {"text": "body", "task": "__topic"}},
    )


def test_the_task_is_the_one_asked_for_and_tasks_on_words_are_none() -> None:
    more = {
        "headline__tone__MANUAL": "good",
        "headline__names__MANUAL": ["O", "B-ORG"],
        "headline__names__WEAK_SUPERVISION": None,
    }
    preview = inspect(json.dumps([record(**more)]).encode())
    assert preview.questions == ("headline__topic", "headline__tone")
    assert any("others too: 'headline__tone'" in warning for warning in preview.warnings)
    (row,) = rows_of(record(**more), question="headline__tone")
    assert row.labels == ("good",)
    with pytest.raises(ImportFailed, match="no task 'headline__names'"):
        rows_of(record(**more), question="headline__names")


def test_records_come_back_as_they_were(store: Store, project: Project) -> None:
    more = {"headline__tone__MANUAL": "good", "headline__names__MANUAL": ["O", "B-ORG"], "priority": 3}
    before = [
        record(**more),
        record(
            2,
            headline__topic__MANUAL=None,
            headline__topic__WEAK_SUPERVISION=None,
            headline__topic__WEAK_SUPERVISION__confidence=None,
        ),
    ]
    import_file(store, project.id, json.dumps(before).encode())
    after = json.loads(tool_bytes(Handover(store, project), "refinery")[0])
    before[0]["headline__topic__WEAK_SUPERVISION__confidence"] = 0.622
    assert after == before


def test_a_weak_label_without_confidence_is_kept_but_is_none(store: Store, project: Project) -> None:
    bare = record(headline__topic__WEAK_SUPERVISION__confidence=None)
    report = import_file(store, project.id, json.dumps([bare]).encode())
    assert any("1 weakly supervised labels have no confidence" in warning for warning in report.warnings)
    assert report.counts.predictions == 0
    assert json.loads(tool_bytes(Handover(store, project), "refinery")[0]) == [bare]


@pytest.mark.parametrize("found", ["much", "1.5", -0.5])
def test_a_confidence_that_is_none_is_named(found: Any) -> None:
    _, wrong = read_rows(json.dumps([record(), record(2, headline__topic__WEAK_SUPERVISION__confidence=found)]).encode())
    assert isinstance(wrong, Rejection)
    assert (wrong.row, wrong.value) == (2, str(found))


def test_what_it_cannot_carry_is_said(store: Store, project: Project) -> None:
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=("a", "b"), annotator="ann", scores={"a": 0.5, "b": 0.25}, model_version="m"),
        ImportRow("1", "one", labels=(), annotator="ben"), ImportRow("2", "two", labels=(), state="skipped", annotator="ann"),
    ])  # fmt: skip
    content, report = tool_bytes(Handover(store, project, question="topic"), "refinery")
    one, two = json.loads(content)
    assert (one["text__topic__WEAK_SUPERVISION"], one["text__topic__WEAK_SUPERVISION__confidence"]) == ("a", 0.5)
    assert two["text__topic__MANUAL"] is None
    assert {note.split(" ", 3)[3].split()[0] for note in report.notes} >= {"judged"}
    said = " ".join(losses(store, project.id, "refinery"))
    assert all(word in said for word in ("skipped items (1)", "who gave a review", "the newest review of all labels"))
