"""Actions in the store: numbers that are never used again, closing once, and taking back what closed them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import InvalidInput, NotFound
from data.records import ImportRow, Project, ReviewDraft, StoredAction
from data.store import Store


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
    with pytest.raises(NotFound):
        store.end_action(project.id, 99, "done")
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
