"""What-if simulations: what was asked, at which revision, and what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from data.records import Simulation, now
from data.store.connection import Connection, dumps


class Simulations(Connection):
    """The part of the store that keeps simulations."""

    def save_simulation(self, project_id: int, revision: int, settings: Mapping[str, Any], result: Mapping[str, Any]) -> int:
        """Keep what a simulation of the project at this revision has found, and return its number."""
        with self.write() as db:
            cursor = db.conn.execute(
                "INSERT INTO simulations (project_id, revision, created_at, settings, result) VALUES (?, ?, ?, ?, ?)",
                [project_id, revision, now(), dumps(dict(settings)), dumps(dict(result))],
            )
            return int(cursor.lastrowid or 0)

    def last_simulation(self, project_id: int) -> Simulation | None:
        """The newest simulation of the project; None before the first."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT id, revision, created_at, settings, result FROM simulations WHERE project_id = ? "
                "ORDER BY id DESC LIMIT 1",
                [project_id],
            ).fetchone()
        if row is None:
            return None
        number, revision, created_at, settings, result = row
        return Simulation(number, revision, created_at, json.loads(settings), json.loads(result))
