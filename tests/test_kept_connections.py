"""Connections that stay open for a server that is asked often: they see what is new, serve any thread, and follow the file."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from data.errors import InvalidInput, StoreError
from data.records import ImportRow
from data.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    kept = Store(tmp_path / "plateau.db")
    kept.keep(2)
    return kept


def test_a_connection_is_used_again_and_sees_what_others_wrote(store: Store) -> None:
    project = store.create_project("mail")
    with store.read() as db:
        first = db.conn
    Store(store.path).import_rows(project.id, [ImportRow("a", "text")])
    with store.read() as db:
        assert db.conn is first
    assert store.count_items(project.id) == 1


def test_no_more_stay_open_than_are_to(store: Store) -> None:
    store.create_project("mail")
    with store.read() as a, store.read() as b, store.read() as c:
        assert len({id(db.conn) for db in (a, b, c)}) == 3
    assert len(store._idle) == 2


def test_what_failed_leaves_no_transaction_and_no_connection_behind(store: Store) -> None:
    project = store.create_project("mail")
    with pytest.raises(InvalidInput):
        store.add_label(project.id, " > ")
    assert store._idle == []
    assert store.add_label(project.id, "Fine").name == "Fine"
    assert [label.name for label in Store(store.path).labels(project.id)] == ["Fine"]


def test_every_thread_may_use_them_at_once_and_no_write_is_lost(store: Store) -> None:
    project = store.create_project("mail")

    def write(name: int) -> None:
        for number in range(10):
            store.add_label(project.id, f"label {name} {number}")
            store.labels(project.id)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.labels(project.id)) == 50
    assert store.revision(project.id) == 50


def test_a_database_that_is_put_in_the_place_of_another_is_read(store: Store, tmp_path: Path) -> None:
    store.create_project("old")
    other = Store(tmp_path / "other.db")
    other.create_project("new")
    with store.read() as db:
        db.conn.execute("SELECT 1")
    for ending in ("-wal", "-shm"):
        Path(f"{store.path}{ending}").unlink(missing_ok=True)
    other.path.replace(store.path)
    assert [project.name for project in store.projects()] == ["new"]
    store.path.unlink()
    store.path.mkdir()
    with pytest.raises(StoreError):
        store.projects()
