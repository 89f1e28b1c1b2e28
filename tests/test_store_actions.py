"""Actions in the store: numbers that are never used again, closing once, and taking back what closed them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import ImportRow, Project, ReviewDraft, StoredAction
from data.store import Store
from data.store.schema import MIGRATIONS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(2)])
    return project


def action(*item_ids: int, chances: tuple[float | None, ...] | None = None) -> StoredAction:
    return StoredAction(
        id=0, kind="shuffle", theme="", reason="", factor="coverage", label_ids=(), item_ids=item_ids,
        chances=(0.5,) * len(item_ids) if chances is None else chances, candidates=2, predicted_gain=1.0, predicted_seconds=60.0,
        model_version=1, revision=1, state="open", created_at="", done_at=None, rating_before=10.0, realised_gain=None,
        seconds=None,
    )  # fmt: skip


def test_the_number_of_an_action_that_is_gone_is_never_given_again(store: Store, project: Project) -> None:
    (old,) = store.offer_actions(project.id, [action()])
    (new,) = store.offer_actions(project.id, [action()])
    assert store.action(project.id, new).state == "open"
    with pytest.raises(NotFound, match=f"There is no action {old} any more"):
        store.action(project.id, old)
    with pytest.raises(NotFound, match=f"There is no action {old} any more"):
        store.start_action(project.id, old, "me")


def test_an_action_keeps_the_chance_of_each_of_its_items(store: Store, project: Project) -> None:
    first, second = (item.id for item in store.iter_items(project.id))
    (number,) = store.offer_actions(project.id, [action(second, first, chances=(0.25, None))])
    kept = store.action(project.id, number)
    assert (kept.item_ids, kept.chances) == ((second, first), (0.25, None))
    with pytest.raises(InvalidInput, match="one chance an item; found 1 for 2"):
        store.offer_actions(project.id, [action(first, second, chances=(0.5,))])
    assert store.action(project.id, number).state == "open"


def test_an_action_keeps_what_it_showed(store: Store, project: Project) -> None:
    (item,) = list(store.iter_items(project.id))[:1]
    shown = {"model_version": 3, "items": {str(item.id): [[1, 0.75, True]]}, "words": {"1": ["refund"]}}
    (number,) = store.offer_actions(project.id, [replace(action(item.id), shown=shown, annotator="Ada")])
    kept = store.action(project.id, number)
    assert (kept.shown, kept.annotator) == (shown, "Ada")
    (number,) = store.offer_actions(project.id, [action(item.id)])
    assert (store.action(project.id, number).shown, store.action(project.id, number).annotator) == (None, None)


def test_closing_an_action_twice_changes_nothing(store: Store, project: Project) -> None:
    number = store.add_action(project.id, action(), "ann").id
    before = store.revision(project.id)
    done = store.end_action(project.id, number, "done", 30.0)
    assert (done.state, done.seconds) == ("done", 30.0)
    assert store.end_action(project.id, number, "done", 99.0) == done
    assert store.end_action(project.id, number, "dropped") == done
    assert store.revision(project.id) == before + 1


def test_closing_an_action_that_is_gone_raises_no_revision(store: Store, project: Project) -> None:
    before = store.revision(project.id)
    assert store.end_action(project.id, 99, "done") is None
    assert store.revision(project.id) == before


def test_an_action_of_another_project_is_not_found(store: Store, project: Project) -> None:
    number = store.add_action(project.id, action(), "ann").id
    with pytest.raises(NotFound):
        store.action(store.create_project("other").id, number)


def test_the_last_snapshot_is_the_newest(store: Store, project: Project) -> None:
    assert store.last_snapshot(project.id) is None
    for revision in (1, 2):
        store.save_snapshot(
            project.id, revision=revision, model_version=1, interval=(50.0, 40.0, 60.0), reviewed=revision, config={}, rating={}
        )
    assert store.last_snapshot(project.id) == store.snapshots(project.id)[-1]


def test_undoing_the_review_that_closed_an_action_opens_it_again(store: Store, project: Project) -> None:
    item = next(store.iter_items(project.id)).id
    started = store.add_action(project.id, action(item), "ann")
    store.record_review(project.id, ReviewDraft(item, (), "ann", source="shuffle", action_id=started.id))
    store.end_action(project.id, started.id, "done", 30.0)
    store.record_gain(project.id, started.id, 2.0)
    store.undo_review(project.id, "ann")
    assert store.action(project.id, started.id) == started
    assert store.end_action(project.id, started.id, "done", 40.0).seconds == 40.0


def test_undo_leaves_the_other_actions_closed(store: Store, project: Project) -> None:
    item = next(store.iter_items(project.id)).id
    done = store.add_action(project.id, action(item), "ann").id
    dropped = store.add_action(project.id, action(item), "ann").id
    store.end_action(project.id, done, "done")
    store.end_action(project.id, dropped, "dropped")
    for number in (None, dropped):
        store.record_review(project.id, ReviewDraft(item, (), "ann", action_id=number))
        store.undo_review(project.id, "ann")
    assert [store.action(project.id, number).state for number in (done, dropped)] == ["done", "dropped"]


def plans_of(store: Store, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the database looks for the reviews that some writing work asks for."""
    asked, real = list[str](), store.write

    @contextmanager
    def traced(patience: float | None = None) -> Iterator[Database]:
        with real(patience) as db:
            db.conn.set_trace_callback(asked.append)
            yield db
            db.conn.set_trace_callback(None)

    with monkeypatch.context() as patched:
        patched.setattr(store, "write", traced)
        work()
    queries = [said for said in asked if re.match(r"SELECT .*FROM reviews", said) and "action_id = " in said]
    with store.read() as db:
        return [str(db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()) for query in queries]


def decide(store: Store, project: Project, number: int, *item_ids: int) -> None:
    store.record_reviews(
        project.id, [ReviewDraft(i, (), "me", seconds=2.0, source="shuffle", action_id=number) for i in item_ids]
    )


def test_what_was_decided_in_an_action_is_found_by_the_action(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many reviews there are: each of these runs while everybody else waits for their turn to write."""
    first, second = (item.id for item in store.iter_items(project.id))
    number = store.add_action(project.id, action(first, second), "me").id
    shown = {number: {"model_version": 2, "items": {}, "words": {}}}
    decide(store, project, number, first, second)
    works: list[Callable[[], object]] = [
        lambda: store.refresh_shown(project.id, shown),
        lambda: store.undo_review(project.id, "me", number),
        lambda: store.undo_batch(project.id, "me", number),
    ]
    for work in works:
        found = plans_of(store, work, monkeypatch)
        assert found
        assert any("reviews_by_action (action_id=?" in plan for plan in found)
        assert not any("reviews_by_project" in plan for plan in found)
    decide(store, project, number, first, second)
    closing = plans_of(store, lambda: store.start_action(project.id, number, "me"), monkeypatch)
    assert (store.action(project.id, number).state, store.action(project.id, number).seconds) == ("done", 4.0)
    assert any("reviews_by_action (action_id=? AND annotator=?" in plan for plan in closing)


def test_a_database_from_before_the_index_by_action_gets_it_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "plateau.db"
    old = Database(path)
    MIGRATIONS.apply(old, stop_before="m008_actions")
    assert not any(index.name == "reviews_by_action" for index in old["reviews"].indexes)
    old.conn.executescript(
        "INSERT INTO projects VALUES (1, 'mail', 0, 'analytics', '{}', 1, '2026-01-01');"
        "INSERT INTO items VALUES (1, 1, 'm0', 'one', x'00', NULL, '{}', NULL);"
        "INSERT INTO reviews (project_id, item_id, annotator, state, assigned, dismissed, confirmed, partial, at, source, "
        "action_id, revision, note) VALUES (1, 1, 'ann', 'reviewed', '[]', '[]', '[]', 0, '2026-01-02', 'shuffle', 7, 1, 'so');"
    )
    old.conn.close()
    store = Store(path)
    with store.read() as db:
        found = [index.columns for index in db["reviews"].indexes if index.name == "reviews_by_action"]
    assert found == [["action_id", "annotator", "id"]]
    assert [(review.action_id, review.note) for review in store.reviews(1)] == [(7, "so")]
    assert store.integrity() == "ok"
    undone = store.undo_review(1, "ann", 7)
    assert undone is not None
    assert store.reviews(1) == []
