"""Watching the rows of an SQLite database: what is new or has changed is imported by the checks of a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from data.cli_watch_said import BEFORE, Outcome
from data.errors import Busy, InvalidInput, PlateauError, StoreError
from data.imports import ImportOptions, Staged
from data.imports.outer_rows import Records
from data.imports.records import ColumnMap, Shape
from data.imports.selected import Selected
from data.records import Project
from data.store import Store
from data.store.elsewhere import is_database, opened
from data.watching_rows import Mark, digests, fresh, key_of, mark_of

#: A database that was written to less than so many seconds ago is read once more: a file's time may be this coarse.
_COARSE = 2.0
Understand = Callable[[Shape], tuple[ColumnMap, ImportOptions]]


class RowWatch:
    """Finds the rows of a table or query that are new or changed. It reads only when the database was written to."""

    waits = False

    def __init__(self, path: Path, table: str | None, query: str | None) -> None:
        self.path, self.table, self.query = path, table, query
        self.part = f"table {table}" if table is not None else "query"
        self._place = f"{path.resolve()}, {self.part} {query or ''}".rstrip()
        self._seen: Mark | None = None
        self._why = ""

    @classmethod
    def of(cls, path: Path, table: str | None, query: str | None, mapped: Callable[[Shape], ColumnMap]) -> RowWatch | None:
        """The watch of a database; None when the path is none and no table or query is asked for.

        Raises InvalidInput or ImportFailed when the rows cannot be read as they are asked for; a busy one can be read later, and
        without rows it cannot be told yet what the columns mean, as ``mapped`` says.
        """
        if table is None and query is None and not is_database(path):
            return None
        if not path.is_file():
            raise InvalidInput(f"There is no database {path}. --table and --query ask for one: correct the path.")
        try:
            with opened(path, table, query) as rows:
                shape = Records.of(rows, path.name).shape()
                if shape.sample:
                    mapped(shape).check(shape.columns)
                return cls(path, table, query)
        except Busy:
            return cls(path, table, query)

    def look(self, store: Store, project: Project, manner: str, understand: Understand) -> Iterator[Outcome]:
        """Import what is new or changed since the last look, and yield what became of it.

        ``understand`` says what the columns mean; ``manner`` is how rows are read: those that could not be taken are tried again
        when it is another one. Why they cannot be read is told once.
        """
        mark = mark_of(self.path)
        if mark == self._seen:
            return
        try:
            yield from self._outcomes(store, project, manner, understand)
        except PlateauError as error:  # the rows cannot be read now, or one of the databases is busy
            if str(error) != self._why:
                yield self._outcome("postponed", f"{error} It is tried again.")
            self._why = str(error)
            return
        self._why = ""
        settled = all(time.time() - written / 1e9 >= _COARSE for *_, written in mark)
        self._seen = mark if settled else None

    def _outcomes(self, store: Store, project: Project, manner: str, understand: Understand) -> Iterator[Outcome]:
        known = store.watched_at(project.id, self._place)
        with opened(self.path, self.table, self.query) as there:
            rows = Records.of(there, self.path.name)
            shape = rows.shape()
            columns, options = understand(shape)
            found = digests(rows, columns, self._place)
            keys = fresh(found, known, manner)
            selected = _selected(rows, shape, columns, options, keys) if keys else None
        outcome = self._taken(store, project, selected) if selected else self._outcome("known")
        state = "imported" if outcome.state == "known" else outcome.state
        store.replace_watched(
            project.id, self._place, known.keys() - set(found.values()), {found[key]: (state, manner) for key in keys}
        )
        failed = any(known.get(found[key], ("",))[0] == "failed" for key in found.keys() - keys)
        if outcome.state != "known" or not failed:
            yield outcome
        if failed:
            yield self._outcome(BEFORE)

    def _taken(self, store: Store, project: Project, selected: Selected) -> Outcome:
        """Import these rows; StoreError when that can be tried again."""
        try:
            with selected, Staged(selected) as staged:
                return Outcome(self.path, "imported", report=staged.write(store, project.id), part=self.part)
        except StoreError:
            raise
        except PlateauError as error:
            return self._outcome("failed", str(error))

    def _outcome(self, state: str, words: str = "") -> Outcome:
        return Outcome(self.path, state, words, part=self.part)


def _selected(rows: Records, shape: Shape, columns: ColumnMap, options: ImportOptions, keys: set[str]) -> Selected:
    return Selected(rows.name, shape, columns, options, (row for row in rows if key_of(row, columns) in keys))
