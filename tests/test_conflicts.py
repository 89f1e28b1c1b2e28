"""Two people who judge the same item: nothing is put over an answer that was not seen, and nothing is half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.errors import Conflict
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(1, 6)])
    for name in ("Refund", "Late", "Delay"):
        store.add_label(project.id, name)
    return project


def draft(item_id: int, who: str, *labels: int, **details: Any) -> ReviewDraft:
    return ReviewDraft(item_id, labels, who, **{"source": "teach", **details})


def test_an_answer_that_was_not_seen_is_not_put_over(store: Store, project: Project) -> None:
    refund, late, delay = (
        label.id for name in ("Refund", "Late", "Delay") for label in store.labels(project.id) if label.name == name
    )
    store.merge_labels(project.id, delay, late)
    theirs = store.record_review(project.id, draft(1, "ben", refund, delay))
    before = store.revision(project.id)
    with pytest.raises(
        Conflict, match=r"ben said “Late, Refund” of 'm1' a moment ago. Nothing was written.*confirm again"
    ) as raised:
        store.record_review(project.id, draft(1, "ann", late, seen=0))
    assert [review.id for review in store.reviews(project.id)] == [theirs]
    assert store.revision(project.id) == before
    assert raised.value.newest == {1: theirs}
    own = store.record_review(project.id, draft(1, "ann", late, seen=raised.value.newest[1]))
    assert [review.id for review in store.reviews(project.id)] == [theirs, own]


def test_who_does_not_say_what_was_seen_is_not_asked(store: Store, project: Project) -> None:
    store.record_review(project.id, draft(1, "ben"))
    store.record_review(project.id, draft(1, "ann"))
    assert len(store.reviews(project.id)) == 2


def test_what_one_has_said_oneself_or_others_have_taken_back_or_skipped_is_in_nobodys_way(store: Store, project: Project) -> None:
    store.record_review(project.id, draft(1, "ann"))
    store.record_review(project.id, draft(1, "ben", 1))
    store.undo_review(project.id, "ben")
    store.record_review(project.id, draft(1, "eve", state="skipped"))
    store.record_review(project.id, draft(1, "ann", 1, seen=0))
    assert store.reviews(project.id)[-1].assigned == (1,)


def test_pressing_twice_is_no_conflict_with_what_came_between(store: Store, project: Project) -> None:
    number = store.record_review(project.id, draft(1, "ann", 1, seen=0))
    store.record_review(project.id, draft(1, "ben", 2, seen=number))
    assert store.record_review(project.id, draft(1, "ann", 1, seen=0)) == number


def test_nothing_of_a_list_is_written_when_one_item_was_judged_meanwhile(store: Store, project: Project) -> None:
    for item_id in (2, 3, 4, 5):
        store.record_review(project.id, draft(item_id, "ben"))
    before = store.reviews(project.id)
    with pytest.raises(Conflict, match=r"these items .*'m2' .*'m4' a moment ago, and others of 1 more item\.") as raised:
        store.record_reviews(project.id, [draft(item_id, "ann", seen=0) for item_id in range(1, 6)])
    assert store.reviews(project.id) == before
    assert set(raised.value.newest) == {2, 3, 4, 5}


def test_readings_that_the_project_asks_for_do_not_know_of_each_other(store: Store, project: Project) -> None:
    store.update_settings(project.id, {"readings": 2})
    store.record_review(project.id, draft(1, "ben", seen=0))
    second = store.record_review(project.id, draft(1, "ann", 1, seen=0))
    with pytest.raises(Conflict, match="ann judged 'm1' a moment ago") as raised:
        store.record_review(project.id, draft(1, "eve", seen=0))
    assert "Refund" not in str(raised.value)
    with pytest.raises(Conflict, match="ann said “Refund” of"):
        store.record_review(project.id, draft(1, "ben", 2, source="check", seen=second - 1))
