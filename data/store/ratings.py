"""Model versions and rating snapshots: which model gave which number, at which revision, with which configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from data.kept import READ_AT
from data.records import Snapshot, StopCheck, now
from data.store.connection import Connection, dumps

COLUMNS = "id, revision, model_version, created_at, value, low, high, reviewed, config, rating"


def snapshot_of(row: tuple[Any, ...]) -> Snapshot:
    """A rating from a row of :data:`COLUMNS`."""
    values: list[Any] = [*row[:8], json.loads(row[8]), json.loads(row[9])]
    return Snapshot(*values)


def _stop_check(row: tuple[Any, ...]) -> StopCheck:
    values: list[Any] = [*row[:-1], json.loads(row[-1])]
    return StopCheck(*values)


def _fitted(config: Mapping[str, Any]) -> dict[str, Any]:
    """A model's configuration without the moment at which its evidence was read."""
    return {key: value for key, value in config.items() if key != READ_AT}


class Ratings(Connection):
    """The part of the store that keeps models and ratings."""

    def save_model_version(self, project_id: int, revision: int, config: Mapping[str, Any]) -> int:
        """Number the model fitted at this revision; the same revision and configuration keep their number.

        ``config`` may say under 'read_at' when the evidence was read (ISO-8601, UTC); that makes no other configuration of it.
        """
        text = dumps(dict(config))
        with self.write() as db:
            last = db.conn.execute(
                "SELECT version, revision, config FROM model_versions WHERE project_id = ? ORDER BY version DESC LIMIT 1",
                [project_id],
            ).fetchone()
            if last is not None and last[1] == revision and _fitted(json.loads(last[2])) == _fitted(json.loads(text)):
                return int(last[0])
            version = (last[0] if last else 0) + 1
            db.conn.execute(
                "INSERT INTO model_versions (project_id, version, revision, created_at, config) VALUES (?, ?, ?, ?, ?)",
                [project_id, version, revision, now(), text],
            )
            return int(version)

    def last_model_config(self, project_id: int) -> tuple[int, dict[str, Any]] | None:
        """The newest model version and its configuration; None before the first."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT version, config FROM model_versions WHERE project_id = ? ORDER BY version DESC LIMIT 1",
                [project_id],
            ).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def save_snapshot(
        self, project_id: int, *, revision: int, model_version: int, interval: tuple[float | None, float | None, float | None],
        reviewed: int, config: Mapping[str, Any], rating: Mapping[str, Any],
    ) -> int:  # fmt: skip
        """Keep a rating; ``interval`` is (value, low, high), all None when there is no rating yet."""
        with self.write() as db:
            db.conn.execute(
                "INSERT INTO snapshots (project_id, revision, model_version, created_at, value, low, high, reviewed, "
                "config, rating) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, revision, config) DO NOTHING",
                [
                    project_id,
                    revision,
                    model_version,
                    now(),
                    *interval,
                    reviewed,
                    dumps(dict(config)),
                    dumps(dict(rating)),
                ],
            )
            row = db.conn.execute(
                "SELECT id FROM snapshots WHERE project_id = ? AND revision = ? AND config = ?",
                [project_id, revision, dumps(dict(config))],
            ).fetchone()
            return int(row[0])

    def snapshots(self, project_id: int) -> list[Snapshot]:
        """Every rating the project has had, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(f"SELECT {COLUMNS} FROM snapshots WHERE project_id = ? ORDER BY id", [project_id])
            return [snapshot_of(row) for row in rows]

    def last_snapshot(self, project_id: int) -> Snapshot | None:
        """The newest rating; None before the first."""
        with self.read() as db:
            row = db.conn.execute(
                f"SELECT {COLUMNS} FROM snapshots WHERE project_id = ? ORDER BY id DESC LIMIT 1", [project_id]
            ).fetchone()
        return None if row is None else snapshot_of(row)

    def save_stop_check(self, project_id: int, check: StopCheck, decisions: bytes | None, since: int = 0) -> int:
        """Keep the stop answer of a revision, in place of an earlier one at the same. Returns its number.

        ``decisions`` are the model's; those kept with checks of a smaller number than ``since`` are let go.
        """
        values = [check.model_version, now(), check.reviewed, check.answer, check.headline, dumps(dict(check.figures)), decisions]
        with self.write() as db:
            db.conn.execute(
                "INSERT INTO stop_checks (project_id, revision, model_version, created_at, reviewed, answer, headline, figures, "
                "decisions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, revision) DO UPDATE SET "
                "model_version = excluded.model_version, created_at = excluded.created_at, reviewed = excluded.reviewed, "
                "answer = excluded.answer, headline = excluded.headline, figures = excluded.figures, "
                "decisions = excluded.decisions",
                [project_id, check.revision, *values],
            )
            db.conn.execute("UPDATE stop_checks SET decisions = NULL WHERE project_id = ? AND id < ?", [project_id, since])
            row = db.conn.execute(
                "SELECT id FROM stop_checks WHERE project_id = ? AND revision = ?", [project_id, check.revision]
            ).fetchone()
            return int(row[0])

    def stop_checks(self, project_id: int) -> list[StopCheck]:
        """Every stop answer the project has had, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT id, revision, model_version, created_at, reviewed, answer, headline, figures FROM stop_checks "
                "WHERE project_id = ? ORDER BY id",
                [project_id],
            ).fetchall()
        return [_stop_check(row) for row in rows]

    def stop_decisions(self, check_id: int) -> bytes | None:
        """The model's decisions at a check; None when they were not kept or were let go."""
        with self.read() as db:
            row = db.conn.execute("SELECT decisions FROM stop_checks WHERE id = ?", [check_id]).fetchone()
        return None if row is None else row[0]
