"""How a project came to where it is: which ratings there are, what the reviews behind them took, and which labels they gave."""

from __future__ import annotations

import json

from data.errors import NotFound
from data.records import Snapshot
from data.store.connection import Connection
from data.store.labels import resets_of
from data.store.ratings import COLUMNS, snapshot_of
from data.store.schema import STANDING


class Course(Connection):
    """The part of the store that tells a project's course."""

    def rated_at(self, project_id: int) -> list[tuple[int, int, str]]:
        """Number, reviewed items and moment of every rating that has a value, oldest first, without what it consists of."""
        with self.read() as db:
            return db.conn.execute(
                "SELECT id, reviewed, created_at FROM snapshots WHERE project_id = ? AND value IS NOT NULL ORDER BY id",
                [project_id],
            ).fetchall()

    def snapshot(self, project_id: int, snapshot_id: int) -> Snapshot:
        """One rating by its number; NotFound when there is none."""
        with self.read() as db:
            row = db.conn.execute(
                f"SELECT {COLUMNS} FROM snapshots WHERE project_id = ? AND id = ?", [project_id, snapshot_id]
            ).fetchone()
        if row is None:
            raise NotFound(f"The project has no rating with the number {snapshot_id}. Reload the page.")
        return snapshot_of(row)

    def seconds_by_revision(self, project_id: int) -> list[tuple[int, float]]:
        """Each revision with reviews and the active seconds of all reviews up to it, those taken back included; ascending."""
        with self.read() as db:
            return db.conn.execute(
                "SELECT revision, sum(total(seconds)) OVER (ORDER BY revision) FROM reviews WHERE project_id = ? "
                "GROUP BY revision ORDER BY revision", [project_id],
            ).fetchall()  # fmt: skip

    def first_assignments(self, project_id: int) -> list[tuple[int, ...]]:
        """The labels that each reviewed item was first given, by number, in the order in which items were first reviewed.

        What was said of a label before its reset is left out.
        """
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT assigned, at FROM (SELECT assigned, at, id, row_number() OVER (PARTITION BY item_id ORDER BY at, id) "
                f"AS place FROM reviews WHERE project_id = ? AND state = 'reviewed' AND {STANDING}) WHERE place = 1 "
                "ORDER BY at, id",
                [project_id],
            ).fetchall()
            resets = resets_of(db, project_id)
        return [tuple(label for label in json.loads(cell) if resets.get(label, "") <= at) for cell, at in rows]
