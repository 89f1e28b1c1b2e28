"""Actions whose items were sent out to another tool: what comes back counts for them."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from data.errors import NotFound
from data.records import StoredAction
from data.store.schema import STANDING
from data.store.work import close_action, find_action


class SentOut:
    """The actions that the rows of one import name, inside its transaction."""

    def __init__(self, db: Database, project_id: int) -> None:
        self.db, self.project_id = db, project_id
        self.actions: dict[int, StoredAction | None] = {}

    def of(self, number: int | None, item_id: int) -> dict[str, Any]:
        """What a review of this item bears of the action; nothing when there is no such action, or it has not the item."""
        action = None if number is None else self._action(number)
        if action is None or item_id not in action.item_ids:
            return {}
        place = action.item_ids.index(item_id)
        return {
            "source": action.kind, "action_id": action.id, "list_rank": place + 1, "list_size": len(action.item_ids),
            "candidates": action.candidates, "chance": action.chances[place], "model_version": action.model_version or None,
        }  # fmt: skip

    def _action(self, number: int) -> StoredAction | None:
        if number not in self.actions:
            try:
                self.actions[number] = find_action(self.db, self.project_id, number)
            except NotFound:  # the plan was renewed while the items were away
                self.actions[number] = None
        return self.actions[number]

    def close(self) -> None:
        """Let the actions be done of which every item has come back."""
        for action in self.actions.values():
            if action is None:
                continue
            rows = self.db.conn.execute(
                f"SELECT item_id, total(seconds) FROM reviews WHERE action_id = ? AND {STANDING} GROUP BY item_id", [action.id]
            )
            seconds = dict(rows.fetchall())
            if set(action.item_ids) <= set(seconds):
                close_action(self.db, self.project_id, action.id, "done", sum(seconds.values()))
