"""The history: every judgement and every undo, found by who, what and where; and giving a judgement again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from rating.service import gather


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n} " * 40) for n in range(1, 6)])
    return project


def give(store: Store, project: Project, item_id: int, who: str, *labels: int, **details: Any) -> int:
    return store.record_review(project.id, ReviewDraft(item_id, labels, who, **{"source": "teach", **details}))


def labels(store: Store, project: Project, *names: str) -> list[int]:
    return [store.add_label(project.id, name).id for name in names]


def test_every_judgement_and_undo_is_told_newest_first(store: Store, project: Project) -> None:
    (refund,) = labels(store, project, "Refund")
    first = give(store, project, 1, "ann", refund, view="desk", note="twice")
    second = give(store, project, 2, "ann", state="skipped", view="bulk")
    store.undo_review(project.id, "ann", view="desk")
    undo, skip, judged = store.events(project.id)
    assert (undo.review.state, undo.review.view, undo.uid, undo.taken_back) == ("undone", "desk", "m2", False)
    assert undo.undid is not None
    assert (undo.undid.id, undo.undid.state) == (second, "skipped")
    assert (skip.review.id, skip.review.view, skip.taken_back, skip.undid) == (second, "bulk", True, None)
    assert (judged.review.id, judged.review.assigned, judged.review.note, judged.taken_back) == (first, (refund,), "twice", False)
    assert judged.text == store.item(project.id, 1).text[:200]


def test_pages_of_the_history_follow_each_other(store: Store, project: Project) -> None:
    numbers = [give(store, project, item_id, who) for item_id in range(1, 6) for who in ("ann", "ben")]
    found: list[int] = []
    while page := store.events(project.id, before=found[-1] if found else None, limit=3):
        found += [event.review.id for event in page]
    assert found == numbers[::-1]


def test_the_history_is_asked_for_by_person_item_label_and_action(store: Store, project: Project) -> None:
    ids = labels(store, project, *(f"label {n}" for n in range(12)))
    one, eleven, merged = ids[0], ids[10], ids[11]
    a = give(store, project, 1, "ann", one, action_id=7)
    b = give(store, project, 2, "ben", eleven, dismissed=(one,))
    c = give(store, project, 3, "ben", merged)
    store.undo_review(project.id, "ann", 7)
    undo = c + 1
    store.merge_labels(project.id, merged, ids[1])
    other = store.create_project("other")
    store.import_rows(other.id, [ImportRow("x", "text", labels=("label 0",))])

    def found(**wanted: Any) -> list[int]:
        return [event.review.id for event in store.events(project.id, **wanted)]

    assert found(annotator="ben") == [c, b]
    assert found(item_id=1) == [undo, a]
    assert found(label_id=one) == [undo, b, a]
    assert found(label_id=eleven) == [b]
    assert found(label_id=ids[1]) == [c]
    assert found(action_id=7) == [undo, a]
    assert found(annotator="ben", label_id=one) == [b]
    assert found(annotator="nobody") == []


def test_restoring_gives_a_judgement_again_in_the_name_of_who_restores_it(store: Store, project: Project) -> None:
    refund, late = labels(store, project, "Refund", "Late")
    old = give(store, project, 1, "ann", refund, dismissed=(late,), note="sure", uncertain=True, chance=0.5, source="shuffle")
    give(store, project, 1, "ann", late)
    number = store.restore_review(project.id, old, "ben")
    assert store.restore_review(project.id, old, "ben") == number
    given = store.reviews(project.id)[-1]
    assert (given.id, given.annotator, given.view) == (number, "ben", "history")
    assert (given.assigned, given.dismissed, given.note, given.uncertain) == ((refund,), (late,), "sure", True)
    assert (given.source, given.chance, given.seconds, given.partial) == ("shuffle", 0.5, None, False)
    assert store.current_reviews(project.id) == [given]
    assert len(store.reviews(project.id)) == 3


def test_what_was_taken_back_can_be_restored_and_undone_again(store: Store, project: Project) -> None:
    (refund,) = labels(store, project, "Refund")
    number = give(store, project, 1, "ann", refund)
    store.undo_review(project.id, "ann")
    again = store.restore_review(project.id, number, "ann")
    assert [review.id for review in store.current_reviews(project.id)] == [again]
    undone = store.undo_review(project.id, "ann")
    assert undone is not None
    assert undone.id == again
    assert store.current_reviews(project.id) == []


def test_restored_labels_are_those_that_they_count_as_now(store: Store, project: Project) -> None:
    old, gone, late, out = labels(store, project, "Old", "Gone", "Late", "Out")
    number = give(store, project, 1, "ann", old, gone, dismissed=(late, out))
    store.merge_labels(project.id, old, late)
    for label_id in (gone, out):
        store.retire_label(project.id, label_id)
    store.restore_review(project.id, number, "ann")
    given = store.reviews(project.id)[-1]
    assert (given.assigned, given.dismissed, given.partial) == ((late,), (), False)


def test_a_restored_judgement_says_no_more_than_it_did(store: Store, project: Project) -> None:
    """Labels that came into use later stay unknown, though the copy is newer than they are."""
    refund, late, away, gone = labels(store, project, "Refund", "Late", "Away", "Gone")
    store.retire_label(project.id, away)
    for item_id in range(1, 6):
        give(store, project, item_id, "ann", refund)
    number = store.reviews(project.id)[0].id
    store.add_label(project.id, "Away")
    store.retire_label(project.id, gone)
    (new,) = labels(store, project, "New")
    before = gather(store, project.id).evidence
    store.restore_review(project.id, number, "ben")
    given = store.reviews(project.id)[-1]
    assert (given.partial, given.assigned, given.dismissed) == (True, (refund,), (late,))
    after = gather(store, project.id).evidence
    assert after.label_ids == before.label_ids
    assert {away, new} < set(after.label_ids)
    assert after.targets.tobytes() == before.targets.tobytes()


def test_what_is_no_judgement_cannot_be_restored(store: Store, project: Project) -> None:
    number = give(store, project, 1, "ann")
    store.undo_review(project.id, "ann")
    with pytest.raises(InvalidInput, match="took a judgement back"):
        store.restore_review(project.id, number + 1, "ann")
    with pytest.raises(NotFound, match="no judgement with the number 99"):
        store.restore_review(project.id, 99, "ann")
    with pytest.raises(NotFound):
        store.restore_review(store.create_project("other").id, number, "ann")
    assert len(store.events(project.id)) == 2


def test_what_is_asked_of_one_item_reads_that_item_alone(store: Store, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    item, asked, real = next(store.iter_items(project.id)).id, [], store.read
    give(store, project, item, "ann")

    @contextmanager
    def traced() -> Iterator[Database]:
        with real() as db:
            db.conn.set_trace_callback(asked.append)
            yield db
            db.conn.set_trace_callback(None)

    monkeypatch.setattr(store, "read", traced)
    assert len(store.reviews(project.id, item)) == len(store.events(project.id, item_id=item)) == 1
    queries = [said for said in asked if "ORDER BY" in said]
    assert len(queries) == 2
    with real() as db:
        plans = [str(db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()) for query in queries]
    assert all("reviews_by_item (item_id=?" in plan for plan in plans)


def test_a_skip_that_is_restored_says_nothing_of_any_label(store: Store, project: Project) -> None:
    labels(store, project, "Refund")
    number = give(store, project, 1, "ann", state="skipped")
    labels(store, project, "Late")
    store.restore_review(project.id, number, "ben")
    again = store.reviews(project.id)[-1]
    assert (again.annotator, again.state, again.assigned, again.dismissed, again.partial) == ("ben", "skipped", (), (), False)
