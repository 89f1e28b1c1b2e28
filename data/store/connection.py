"""Opening, reading and writing the database: a connection per operation, every write all or nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from data.errors import NotFound, StoreError
from data.store.schema import KNOWN, MIGRATIONS

#: So long long work waits for its turn to write, an import say.
BUSY_SECONDS = 60.0
#: A database that is held open has what was written brought into its file every so many seconds.
SETTLES = 2.0
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def dumps(value: Any) -> str:
    """Compact JSON with sorted keys, so that equal values are equal texts. What is no number (NaN, Infinity) becomes null."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_with_null(value))


def _with_null(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _with_null(part) for key, part in value.items()}
    return [_with_null(part) for part in value] if isinstance(value, list | tuple) else value


def explain(path: Path, error: sqlite3.Error, waited: float = BUSY_SECONDS) -> StoreError:
    """Say in words what SQLite reports in its own; who waited for their turn to write waited so many seconds."""
    known = {
        "readonly": "The disk or file is read-only: choose a writable folder, or give write permission. Nothing was written.",
        "disk is full": "The disk is full: free some space and try again. Nothing was half-written.",
        "disk I/O error": "The disk cannot be read or written: see whether it is full or was removed, and try again. "
        "Nothing was half-written.",
        "not a database": "The file is not a Plateau database: choose another path.",
        "unable to open": "The folder does not exist or is not writable: create it, or choose another path.",
        "locked": f"Somebody else, an import perhaps, has been writing for over {waited:.0f} seconds. This was not written, and "
        "nothing that was written before is lost: wait a moment and try again.",
        "malformed": "The file is damaged: restore a copy. `python -m data check` says what is wrong with it.",
    }
    text = str(error)
    remedy = next((words for mark, words in known.items() if mark in text), "Check the disk and try again.")
    return StoreError(f"{path}: {text}. {remedy}")


class Connection:
    """A database file. Safe to share between threads: each operation opens its own connection.

    A write waits at most ``patience`` seconds for another one to end: a minute, or what fits who is waiting.
    """

    def __init__(self, path: str | Path, patience: float = BUSY_SECONDS) -> None:
        self.path, self.patience = Path(path), patience
        self._idle, self._kept = list[tuple[tuple[int, int], Database]](), 0
        with self._explained(), self._open() as db:
            self._refuse_others(db)
            if not self._ready(db):
                self._prepare(db)

    def hold(self) -> None:
        """Keep the database open as long as this object lives, for a server: opening it anew then takes half the time.

        Else the last connection to be closed would bring the log into the database's file and delete it, at every operation.
        Now a thread does so every two seconds, so that a copy of the file alone lacks no more than that.
        """
        threading.Thread(target=_settle, args=(weakref.ref(self), self.path), daemon=True, name="plateau-hold").start()

    def keep(self, count: int) -> None:
        """Let at most so many connections stay open between operations, for a server that is asked very often.

        One that is kept knows the tables already, which is most of what a small operation costs.
        """
        self._kept = count

    @contextmanager
    def read(self) -> Iterator[Database]:
        """Yield a connection that sees one consistent state of the database."""
        with self._explained(), self._open() as db:
            db.conn.execute("BEGIN")
            yield db

    @contextmanager
    def write(self, patience: float | None = None) -> Iterator[Database]:
        """Yield a connection that commits everything or nothing; ``patience`` stands in for the store's own."""
        waits = self.patience if patience is None else patience
        with self._explained(waits), self._open() as db:
            db.conn.execute(f"PRAGMA busy_timeout = {1000 * waits:.0f}")
            db.conn.execute("BEGIN IMMEDIATE")  # wait for the writer's turn now: lock upgrades never wait
            try:
                yield db
            except BaseException:  # Streamlit interrupts reruns with a BaseException
                db.conn.rollback()
                raise
            db.conn.commit()

    @contextmanager
    def _open(self) -> Iterator[Database]:
        file, db = self._waiting() or (self._file(), self._connected())
        try:
            yield db
            if len(self._idle) < self._kept:
                db.conn.rollback()  # what only reads begins a transaction as well
                self._idle.append((file, db))
                return
        except BaseException:
            db.conn.close()
            raise
        db.conn.close()

    def _connected(self) -> Database:
        conn = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=not self._kept)
        try:
            conn.create_function("casefold", 1, lambda text: text.casefold(), deterministic=True)
            conn.execute("PRAGMA foreign_keys=ON")
            conn.execute("PRAGMA synchronous=FULL")  # a confirmed decision survives a power cut
        except BaseException:
            conn.close()
            raise
        return Database(conn)

    def _waiting(self) -> tuple[tuple[int, int], Database] | None:
        """A connection that was kept, to the file that is there now; one to a file that was replaced is closed."""
        while self._idle:
            try:
                file, db = self._idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if file == self._file():
                return file, db
            db.conn.close()
        return None

    def _file(self) -> tuple[int, int]:
        """Which file stands at the path; (0, 0) for none."""
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0
        return found.st_dev, found.st_ino

    @contextmanager
    def _explained(self, waited: float = BUSY_SECONDS) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(self.path, error, waited) from error

    def _ready(self, db: Database) -> bool:
        return db.conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal" and not MIGRATIONS.pending(db)

    def _prepare(self, db: Database) -> None:
        """Make the tables, one process at a time: SQLite does not wait for its turn to change the journal's mode."""
        try:
            with FileLock(f"{self.path}.lock", timeout=BUSY_SECONDS):
                db.conn.execute("PRAGMA journal_mode=WAL")
                MIGRATIONS.apply(db)
        except Timeout as error:
            raise StoreError(f"{self.path}: another program has been preparing it for over a minute. Try again.") from error
        except OSError as error:
            raise StoreError(
                f"{self.path}: no file can be made beside it ({error.strerror or error}). The folder does not exist or is not "
                "writable: create it, give write permission, or choose another path."
            ) from error

    def _refuse_others(self, db: Database) -> None:
        """Refuse files of other programs and of newer Plateaus before anything is written to them."""
        if db.table_names() and not db["_sqlite_migrations"].exists():
            raise StoreError(f"{self.path} is a database of another program. Choose another path; nothing was changed.")
        applied = {migration.name for migration in MIGRATIONS.applied(db)}
        if unknown := applied - KNOWN:
            raise StoreError(
                f"{self.path} was written by a newer Plateau (it has {', '.join(sorted(unknown))}). "
                "Upgrade Plateau to open it; nothing was changed."
            )

    def integrity(self) -> str:
        """SQLite's own verdict on the file: 'ok', or what is wrong."""
        with self.read() as db:
            return str(db.conn.execute("PRAGMA integrity_check").fetchone()[0])


def _settle(owner: weakref.ref[Connection], path: Path) -> None:
    """Hold a database open while its owner lives. What goes wrong here is told to whoever reads or writes next."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=SETTLES)) as conn:
        while owner() is not None:
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            time.sleep(SETTLES)


def next_revision(db: Database, project_id: int) -> int:
    """The revision that the project's next write will have; NotFound when there is no such project."""
    row = db.conn.execute("SELECT revision + 1 FROM projects WHERE id = ?", [project_id]).fetchone()
    if row is None:
        raise NotFound(f"No project has the number {project_id}. List the projects, and choose one of them.")
    return int(row[0])


def raise_revision(db: Database, project_id: int) -> int:
    """Count one more write to the project, and return the new revision."""
    revision = next_revision(db, project_id)
    db.conn.execute("UPDATE projects SET revision = ? WHERE id = ?", [revision, project_id])
    return revision
