"""A locked, full, read-only or damaged database, and a process that is killed: it is said, nothing is lost, and work goes on."""

from __future__ import annotations

import multiprocessing
import random
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from data.errors import StoreError
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from data.store.connection import Connection
from recommend.postman import postman
from recommend.start import start_shuffle
from tests.browsing import at_action, confirm, on_desk, opened, place
from tests.killing import label_on
from views import session


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n} " * 20) for n in range(30)])
    return project


def draft(item_id: int, **details: Any) -> ReviewDraft:
    return ReviewDraft(item_id, (), "ann", source="shuffle", **details)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another program writes, as long as this lasts."""
    other = sqlite3.connect(store.path)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


@contextmanager
def opening_with(patch: pytest.MonkeyPatch, statement: str) -> Iterator[None]:
    """Connections of the store begin with this statement, as long as this lasts."""
    usual = Connection._open

    @contextmanager
    def changed(self: Connection) -> Iterator[Database]:
        with usual(self) as db:
            (pages,) = db.conn.execute("PRAGMA page_count").fetchone()
            db.conn.execute(statement.format(pages=pages))
            yield db

    with patch.context() as inner:
        inner.setattr(Connection, "_open", changed)
        yield


FULL, READ_ONLY = "PRAGMA max_page_count = {pages}", "PRAGMA query_only = ON"


def test_a_click_waits_for_another_writer_a_few_seconds_and_then_says_so(store: Store, project: Project) -> None:
    hasty = Store(store.path, patience=0.2)
    with locked(store):
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"writing for over 0 seconds.*nothing that was written before is lost"):
            hasty.record_review(project.id, draft(1))
        assert 0.1 < time.monotonic() - began < 5.0
    assert store.reviews(project.id) == []
    assert hasty.record_review(project.id, draft(1))
    assert 1.0 < session.PATIENCE < session.store().patience + 1.0 < 10.0


def test_an_import_has_more_patience_than_a_click(store: Store, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.store.items.BUSY_SECONDS", 0.3)
    hasty = Store(store.path, patience=0.0)
    with locked(store):
        began = time.monotonic()
        with pytest.raises(StoreError, match="locked"):
            hasty.import_rows(project.id, [ImportRow("new", "text")])
        assert time.monotonic() - began > 0.2


def refused(store: Store, project: Project, number: int) -> str | None:
    """What is said when two decisions are not kept; None when they are."""
    try:
        store.record_reviews(project.id, [draft(item_id, note=f"{number} {'long note ' * 40}") for item_id in (1, 2)])
    except StoreError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("fault", "words"), [(FULL, "disk is full.*Nothing was half-written"), (READ_ONLY, "is read-only")])
def test_a_disk_that_takes_no_more_is_said_and_nothing_is_half_written(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    kept = 0
    with opening_with(monkeypatch, fault):
        while (said := refused(store, project, kept)) is None:
            kept += 1
    assert re.search(words, said)
    assert len(store.reviews(project.id)) == 2 * kept
    assert store.integrity() == "ok"
    assert store.record_review(project.id, draft(3))


def test_the_desk_says_what_happened_and_goes_on_when_the_cause_is_gone(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = start_shuffle(store, project.id, "me", size=3)
    at = at_action(action.id)
    with opening_with(monkeypatch, READ_ONLY):
        confirm(at)
        shown = [error.value for error in at.error] + [str(on_desk(at)["failed"]) if at.get("bidi_component") else ""]
        assert any("read-only" in words for words in shown)
    assert store.reviews(project.id) == []
    at.run()
    assert place(at) == (1, 3)
    confirm(at)
    assert place(at) == (2, 3)
    assert len(store.reviews(project.id)) == 1


def page_of(path: Path, number: int, size: int) -> bytes:
    """One page of a database file; the first is number 1."""
    with path.open("rb") as file:
        file.seek((number - 1) * size)
        return file.read(size)


def overwrite(path: Path, number: int, page: bytes) -> None:
    """Put this page in the place of that number; the file is whole but for it at every moment."""
    with path.open("r+b") as file:
        file.seek((number - 1) * len(page))
        file.write(page)


def test_a_damaged_file_is_said_on_the_page_instead_of_the_page(store: Store, project: Project) -> None:
    start_shuffle(store, project.id, "me")
    with store.read() as db:
        (root,) = db.conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'actions'").fetchone()
        (size,) = db.conn.execute("PRAGMA page_size").fetchone()
    whole = sqlite3.connect(store.path)
    whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole.close()
    sound = page_of(store.path, root, size)
    overwrite(store.path, root, b"\xff" * size)
    with pytest.raises(StoreError, match=r"The file is damaged: restore a copy"):
        store.actions(project.id)
    at = opened()
    assert any("The file is damaged" in error.value for error in at.error)
    assert postman().idle(10, store), "nobody reads the file while it is mended"
    overwrite(store.path, root, sound)
    at.run()
    assert not at.error
    assert store.integrity() == "ok"


def test_a_process_killed_while_it_writes_loses_no_confirmed_decision(store: Store, project: Project) -> None:
    start_shuffle(store, project.id, "ann")
    context, rng, told = multiprocessing.get_context("forkserver"), random.Random(0), list[int]()
    context.set_forkserver_preload(["tests.killing"])
    for _ in range(20):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=label_on, args=(store.path, len(told), theirs))
        worker.start()
        theirs.close()
        told.append(ours.recv())
        time.sleep(rng.uniform(0.0, 0.05))
        worker.kill()
        worker.join()
        told += drained(ours)
        assert store.integrity() == "ok"
    kept = [review.id for review in store.reviews(project.id)]
    assert set(told) <= set(kept)
    assert len(kept) <= len(set(told)) + 20
    assert store.revision(project.id) == 1 + len(kept)


def drained(pipe: Pipe) -> Iterator[int]:
    """What was told before the end; a number that was cut off in the middle was not told."""
    while True:
        try:
            yield pipe.recv()
        except (EOFError, OSError):
            return
