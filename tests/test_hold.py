"""A database that a server holds open: nothing is lost, the file alone is complete soon, and nothing is left behind."""

from __future__ import annotations

import gc
import shutil
import threading
from pathlib import Path

import pytest

from data.store import Store, connection
from tests.serving import until


def holders() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "plateau-hold"}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SETTLES", 0.05)


def test_the_file_alone_has_soon_what_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    store.hold()
    log = tmp_path / "plateau.db-wal"
    until(log.exists, 5)
    store.create_project("mail")

    def copied() -> bool:
        (tmp_path / "copy.db").unlink(missing_ok=True)
        shutil.copy(store.path, tmp_path / "copy.db")
        return [project.name for project in Store(tmp_path / "copy.db").projects()] == ["mail"]

    until(copied, 5)
    assert log.exists(), "it is still held open"
    assert store.integrity() == "ok"


def test_who_no_longer_needs_a_database_holds_it_no_longer(tmp_path: Path) -> None:
    before = holders()
    store = Store(tmp_path / "plateau.db")
    store.hold()
    (holder,) = holders() - before
    del store
    gc.collect()
    until(lambda: not holder.is_alive(), 5)
    assert not (tmp_path / "plateau.db-wal").exists()


def test_a_database_that_goes_away_is_told_to_who_reads_next(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    store = Store(folder / "plateau.db")
    store.hold()
    folder.rename(tmp_path / "taken out")
    with pytest.raises(connection.StoreError):
        store.create_project("mail")
