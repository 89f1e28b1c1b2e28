"""What actions under way suggest: kept with each action, and renewed where nobody has decided yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from data.store.connection import Connection, dumps

_DECIDED = (
    "SELECT DISTINCT item_id FROM reviews WHERE +project_id = ? AND action_id = ? AND state <> 'undone' "
    "AND id NOT IN (SELECT undoes FROM reviews WHERE undoes IS NOT NULL)"
)  # by the action's index


def _renewed(
    db: Database, project_id: int, action_id: int, before: Mapping[str, Any], fresh: Mapping[str, Any]
) -> dict[str, Any]:
    decided = {str(item_id) for (item_id,) in db.conn.execute(_DECIDED, [project_id, action_id])}
    kept = {item_id: given for item_id, given in before.get("items", {}).items() if item_id in decided}
    split = {name: before[name] for name in ("split",) if name in before}  # what a person has proposed outlives every model
    return {**fresh, **split, "items": {**fresh["items"], **kept}, "words": {**before.get("words", {}), **fresh["words"]}}


class Shown(Connection):
    """The part of the store that keeps what actions suggest."""

    def shown_version(self, project_id: int, action_id: int) -> int | None:
        """The version of the model that an action's undecided items show the suggestions of; None where none was at hand."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT json_extract(shown, '$.model_version') FROM actions WHERE project_id = ? AND id = ?",
                [project_id, action_id],
            ).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def refresh_shown(self, project_id: int, shown: Mapping[int, Mapping[str, Any]]) -> None:
        """Let these started actions suggest what a newer model says, by their numbers; see :class:`data.records.StoredAction`.

        Items that somebody has decided in the action keep what they were decided by. Actions not under way stay as they are.
        """
        with self.write() as db:
            for action_id, fresh in shown.items():
                row = db.conn.execute(
                    "SELECT shown FROM actions WHERE project_id = ? AND id = ? AND state = 'started'", [project_id, action_id]
                ).fetchone()
                if row is not None:
                    document = dumps(_renewed(db, project_id, action_id, json.loads(row[0] or "{}"), fresh))
                    db.conn.execute("UPDATE actions SET shown = ? WHERE id = ?", [document, action_id])
