"""Heavy analyses that were kept, and the versions of the model with what people have said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from data.errors import NotFound
from data.kept import ModelVersion, Study
from data.records import now
from data.store.connection import Connection, dumps

_MARKED = """
SELECT m.version, m.revision, m.created_at, m.config, coalesce(k.starred, 0), coalesce(k.note, '')
FROM model_versions AS m LEFT JOIN version_marks AS k ON k.project_id = m.project_id AND k.version = m.version
WHERE m.project_id = ? ORDER BY m.version
"""


def _study(row: tuple[Any, ...]) -> Study:
    values: list[Any] = [*row[:5], json.loads(row[5]), row[6]]
    return Study(*values)


def _version(row: tuple[Any, ...]) -> ModelVersion:
    values: list[Any] = [*row[:3], json.loads(row[3]), bool(row[4]), row[5]]
    return ModelVersion(*values)


class Studies(Connection):
    """The part of the store that keeps analyses and marks of model versions. Neither raises the project's revision."""

    def save_study(
        self, project_id: int, kind: str, key: str, *, revision: int, model_version: int, result: Mapping[str, Any],
        arrays: bytes | None = None,
    ) -> None:  # fmt: skip
        """Keep what was found, in the place of what was found before of the same kind and key."""
        with self.write() as db:
            db.conn.execute(
                "INSERT OR REPLACE INTO studies (project_id, kind, key, revision, model_version, created_at, result, arrays) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [project_id, kind, key, revision, model_version, now(), dumps(dict(result)), arrays],
            )

    def study(self, project_id: int, kind: str, key: str = "") -> Study | None:
        """What was found last; None when it was never asked for."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT kind, key, revision, model_version, created_at, result, arrays FROM studies "
                "WHERE project_id = ? AND kind = ? AND key = ?",
                [project_id, kind, key],
            ).fetchone()
        return None if row is None else _study(row)

    def model_versions(self, project_id: int) -> list[ModelVersion]:
        """Every version of the project's model, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(_MARKED, [project_id]).fetchall()
        return [_version(row) for row in rows]

    def mark_version(self, project_id: int, version: int, *, starred: bool | None = None, note: str | None = None) -> None:
        """Star a version or take the star away, and note something of it; None leaves that as it is. NotFound without it."""
        with self.write() as db:
            known = db.conn.execute("SELECT 1 FROM model_versions WHERE project_id = ? AND version = ?", [project_id, version])
            if known.fetchone() is None:
                raise NotFound(f"The project has no model version {version}. Reload the page and choose one of the list.")
            db.conn.execute(
                "INSERT INTO version_marks (project_id, version, starred, note) VALUES (:project, :version, "
                "coalesce(:starred, 0), coalesce(:note, '')) ON CONFLICT (project_id, version) DO UPDATE SET "
                "starred = coalesce(:starred, starred), note = coalesce(:note, note)",
                {"project": project_id, "version": version, "starred": starred, "note": note},
            )
