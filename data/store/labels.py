"""Labels: nested names that are created, renamed, described, merged and retired, but never lost."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import Label, LabelEvent, now
from data.store.connection import Connection, raise_revision
from data.store.projects import clean_name

SEPARATOR = ">"
_COLUMNS = "id, name, description, created_at, important, retired_at, merged_into"


def clean_label(name: str) -> str:
    """A label's name with its levels trimmed: ``' Billing>Refund '`` becomes ``'Billing > Refund'``.

    >>> clean_label(" Billing>Refund ")
    'Billing > Refund'
    """
    levels = [" ".join(level.split()) for level in clean_name(name, "label").split(SEPARATOR)]
    if not all(levels):
        raise InvalidInput(f"Every level of a label's name needs a word; {name!r} has an empty one. Write 'A > B'.")
    return f" {SEPARATOR} ".join(levels)


def _label(row: tuple[Any, ...]) -> Label:
    return Label(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6])


def ensure_label(db: Database, project_id: int, name: str, created_at: str) -> tuple[int, bool]:
    """The id of the label with this name, ignoring case, and whether it had to be created."""
    name = clean_label(name)
    row = db.conn.execute(
        "SELECT id, merged_into FROM labels WHERE project_id = ? AND casefold(name) = ? ORDER BY name = ? DESC, id",
        [project_id, name.casefold(), name],
    ).fetchone()
    if row is not None:
        return int(row[1] or row[0]), False
    cursor = db.conn.execute(
        "INSERT INTO labels (project_id, name, description, created_at, important) VALUES (?, ?, '', ?, 0)",
        [project_id, name, created_at],
    )
    label_id = int(cursor.lastrowid or 0)
    log_label(db, project_id, label_id, "created", None, name)
    return label_id, True


def use_label(db: Database, project_id: int, name: str, description: str = "", created_at: str | None = None) -> int:
    """The id of the label with this name, created when there is none and revived when it was retired."""
    label_id, created = ensure_label(db, project_id, name, created_at or now())
    if created and description:
        db.conn.execute("UPDATE labels SET description = ? WHERE id = ?", [description, label_id])
    revived = db.conn.execute("UPDATE labels SET retired_at = NULL WHERE id = ? AND retired_at IS NOT NULL", [label_id]).rowcount
    if created or revived:
        raise_revision(db, project_id)
    if revived:
        log_label(db, project_id, label_id, "revived", None, None)
    return label_id


def merged_and_retired(db: Database, project_id: int) -> tuple[dict[int, int], set[int]]:
    """What each merged label counts as now, and the labels that are out of use."""
    rows = db.conn.execute("SELECT id, merged_into, retired_at FROM labels WHERE project_id = ?", [project_id]).fetchall()
    return {row[0]: row[1] for row in rows if row[1]}, {row[0] for row in rows if row[2]}


def times_out_of_use(db: Database, project_id: int) -> dict[int, list[tuple[str, str | None]]]:
    """When each label was out of use; see :meth:`Labels.retired_periods`."""
    events = db.conn.execute(
        "SELECT label_id, kind, at FROM label_events WHERE project_id = ? AND kind IN ('retired', 'revived') ORDER BY id",
        [project_id],
    )
    found: dict[int, list[tuple[str, str | None]]] = {}
    for label_id, kind, at in events:
        periods = found.setdefault(label_id, [])
        periods[-1:] = [(periods[-1][0], at)] if kind == "revived" else [*periods[-1:], (at, None)]
    return found


def log_label(db: Database, project_id: int, label_id: int, kind: str, before: str | None, after: str | None) -> None:
    """Append one event to a label's history."""
    db.conn.execute(
        "INSERT INTO label_events (project_id, label_id, at, kind, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        [project_id, label_id, now(), kind, before, after],
    )


def former_names(db: Database, project_id: int) -> dict[str, int]:
    """The names that labels had before they were renamed, each with the number of the label that had it last."""
    query = "SELECT before, label_id FROM label_events WHERE project_id = ? AND kind = 'renamed' ORDER BY id"
    return dict(db.conn.execute(query, [project_id]).fetchall())


class Labels(Connection):
    """The part of the store that keeps the taxonomy."""

    def former_names(self, project_id: int) -> dict[str, int]:
        """The names that labels had before they were renamed, each with the number of the label that had it last."""
        with self.read() as db:
            return former_names(db, project_id)

    def labels(self, project_id: int, *, retired: bool = False) -> list[Label]:
        """The project's labels by name; merged and retired ones only when asked for."""
        clause = "" if retired else "AND retired_at IS NULL AND merged_into IS NULL"
        with self.read() as db:
            rows = db.conn.execute(f"SELECT {_COLUMNS} FROM labels WHERE project_id = ? {clause} ORDER BY name, id", [project_id])
            return [_label(row) for row in rows]

    def label(self, project_id: int, label_id: int) -> Label:
        """One label by its number, in use or not."""
        with self.read() as db:
            return self._label(db, project_id, label_id)

    def add_label(self, project_id: int, name: str, description: str = "", created_at: str | None = None) -> Label:
        """Create a label; one that exists already, whatever its case, is returned and revived if it was retired.

        ``created_at`` (ISO-8601, UTC) is since when it is judged, None for now: whole reviews from then on that do not assign it
        say that it does not apply. That of a label that exists already stays.
        """
        with self.write() as db:
            return self._label(db, project_id, use_label(db, project_id, name, description, created_at))

    def rename_label(self, project_id: int, label_id: int, name: str) -> Label:
        """Give a label another name; its reviews stay with it."""
        name = clean_label(name)
        with self.write() as db:
            old = self._label(db, project_id, label_id)
            clash = db.conn.execute(
                "SELECT id FROM labels WHERE project_id = ? AND casefold(name) = ? AND id <> ?",
                [project_id, name.casefold(), label_id],
            ).fetchone()
            if clash:
                raise InvalidInput(f"Another label is called {name!r} already. Merge the two, or choose another name.")
            if old.name != name:
                db.conn.execute("UPDATE labels SET name = ? WHERE id = ?", [name, label_id])
                log_label(db, project_id, label_id, "renamed", old.name, name)
                raise_revision(db, project_id)
            return self._label(db, project_id, label_id)

    def describe_label(self, project_id: int, label_id: int, description: str, important: bool | None = None) -> Label:
        """Set a label's description and, if given, whether it is important."""
        with self.write() as db:
            old = self._label(db, project_id, label_id)
            flag = old.important if important is None else important
            if (old.description, old.important) != (description, flag):
                db.conn.execute("UPDATE labels SET description = ?, important = ? WHERE id = ?", [description, flag, label_id])
                log_label(db, project_id, label_id, "described", old.description, description)
                raise_revision(db, project_id)
            return self._label(db, project_id, label_id)

    def retire_label(self, project_id: int, label_id: int) -> Label:
        """Take a label out of use; its reviews are kept and come back if it is added again."""
        with self.write() as db:
            old = self._label(db, project_id, label_id)
            if old.retired_at is None:
                db.conn.execute("UPDATE labels SET retired_at = ? WHERE id = ?", [now(), label_id])
                log_label(db, project_id, label_id, "retired", None, None)
                raise_revision(db, project_id)
            return self._label(db, project_id, label_id)

    def retired_periods(self, project_id: int) -> dict[int, list[tuple[str, str | None]]]:
        """When each label was out of use, oldest first: from its retirement until it was added again (None: still out).

        A review given from the first moment on and before the second one says nothing of the label unless it names it.
        Labels that were never retired are left out.
        """
        with self.read() as db:
            return times_out_of_use(db, project_id)

    def label_events(self, project_id: int) -> list[LabelEvent]:
        """Every change of the taxonomy, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT e.at, e.kind, l.name, e.before, e.after FROM label_events AS e JOIN labels AS l ON l.id = e.label_id "
                "WHERE e.project_id = ? ORDER BY e.id",
                [project_id],
            )
            return [LabelEvent(*row) for row in rows]

    def merge_labels(self, project_id: int, source_id: int, target_id: int) -> Label:
        """Let every review of the source count for the target; the source's own history is kept."""
        if source_id == target_id:
            raise InvalidInput("A label cannot be merged into itself. Choose two different labels.")
        with self.write() as db:
            source, target = self._label(db, project_id, source_id), self._label(db, project_id, target_id)
            if target.merged_into is not None or target.retired_at is not None:
                raise InvalidInput(f"{target.name!r} is retired or merged itself. Merge into a label in use.")
            if source.merged_into != target_id:
                db.conn.execute(
                    "UPDATE labels SET merged_into = ? WHERE project_id = ? AND (id = ? OR merged_into = ?)",
                    [target_id, project_id, source_id, source_id],
                )
                log_label(db, project_id, source_id, "merged", source.name, target.name)
                raise_revision(db, project_id)
            return target

    def _label(self, db: Database, project_id: int, label_id: int) -> Label:
        row = db.conn.execute(f"SELECT {_COLUMNS} FROM labels WHERE project_id = ? AND id = ?", [project_id, label_id]).fetchone()
        if row is None:
            raise NotFound(f"The project has no label with the number {label_id}. Reload the page and try again.")
        return _label(row)
