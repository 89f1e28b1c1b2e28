"""SQLite databases of other programs: the rows of a table or query, read without ever writing there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import Busy, ImportFailed, InvalidInput

_MAGIC = b"SQLite format 3\x00"
#: So many seconds somebody who writes is waited for.
_PATIENCE = 5.0


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one moment, as often as they are asked for, under the names that their columns have there."""

    names: tuple[str, ...]
    _db: sqlite3.Connection
    _sql: str

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._db.execute(self._sql))


@contextmanager
def opened(path: Path, table: str | None, query: str | None) -> Iterator[Rows]:
    """The rows of a table or view, or of a query, within one read transaction.

    InvalidInput when the file is no SQLite database, or it is not said which rows; ImportFailed when they cannot be read; Busy
    when somebody writes all the while.
    """
    if not is_database(path):
        raise InvalidInput(f"{path} is no SQLite database; --table and --query are for these alone. Leave them out.")
    with _explained(path):
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE, isolation_level=None)
        try:
            db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # ATTACH would create the file that it names
            db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")  # what is no text fails in its own row
            db.execute("BEGIN")
            yield _rows(db, _statement(db, path, table, query))
        finally:
            db.close()


def _rows(db: sqlite3.Connection, sql: str) -> Rows:
    asked = db.execute(sql)
    if asked.description is None:
        raise InvalidInput("--query gives no rows. Give one SELECT.")
    return Rows(tuple(str(column[0]) for column in asked.description), db, sql)


def _statement(db: sqlite3.Connection, path: Path, table: str | None, query: str | None) -> str:
    """The query, or one for all of a table; InvalidInput unless exactly one of them is given and there."""
    if query is not None and table is None:
        return query
    there = [str(name) for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")]
    if table in there and query is None:
        return 'SELECT * FROM "{}"'.format(table.replace('"', '""'))
    known = ", ".join(there[:20]) or "no table"
    rule = "give --table or --query, not both" if query else f"there is no table {table!r}" if table else "say --table or --query"
    raise InvalidInput(f"{path} is a database: {rule}. It has {known}.")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say what SQLite says in words that name the file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(f"{path} is locked by who writes to it. Try again in a moment.") from error
        raise ImportFailed(f"{path} cannot be read: {error}. Correct the table or query, or see what holds the file.") from error
    except sqlite3.Error as error:
        raise ImportFailed(f"{path} cannot be read: {error}. Correct the query, or restore the file.") from error


def _code(error: Any) -> int:
    """The primary result code of an error."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
