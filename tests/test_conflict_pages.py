"""Somebody else judges the item on screen: the person is told what they said, and decides knowingly."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from recommend.start import start_shuffle
from tests.browsing import at_action, confirm, on_desk, place, send


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(5)])
    for name in ("Late", "Refund"):
        store.add_label(project.id, name)
    return project


def test_an_answer_given_meanwhile_is_shown_and_ones_own_kept_beside_it(store: Store, project: Project) -> None:
    late, refund = (label.id for label in store.labels(project.id))
    at = at_action(start_shuffle(store, project.id, "me").id)
    item = on_desk(at)["item"]["id"]
    theirs = store.record_review(project.id, ReviewDraft(item, (refund,), "ben", source="shuffle"))
    confirm(at, [late])
    assert "ben said “Refund”" in on_desk(at)["failed"]["words"]
    assert on_desk(at)["item"]["id"] == item
    assert [review.id for review in store.reviews(project.id)] == [theirs]
    confirm(at, [late])
    kept = store.standing_reviews([item])[item]
    assert [(review.annotator, review.assigned) for review in kept] == [("ben", (refund,)), ("me", (late,))]
    assert place(at)[0] == 2


def test_drawing_an_item_again_is_no_look_at_what_others_have_said(store: Store, project: Project) -> None:
    late, _ = (label.id for label in store.labels(project.id))
    at = at_action(start_shuffle(store, project.id, "me").id)
    item = on_desk(at)["item"]["id"]
    store.record_review(project.id, ReviewDraft(item, (), "ben", source="shuffle"))
    send(at, kind="create", name="New")
    confirm(at, [late])
    assert "ben said “no label”" in on_desk(at)["failed"]["words"]
    confirm(at, kind="skip")
    kept = store.standing_reviews([item])[item]
    assert [(review.annotator, review.state) for review in kept] == [("ben", "reviewed"), ("me", "skipped")]
    assert on_desk(at)["item"]["id"] != item
