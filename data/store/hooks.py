"""Web hooks and what is to be told to them: kept until it is delivered, each message once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import NotFound
from data.hooks import Hook, Message
from data.records import now
from data.store.connection import Connection, dumps, next_revision

_HOOK = "id, project_id, url, secret, events, marks, created_at"
_MESSAGE = "id, hook_id, project_id, uid, event, payload, state, attempts, created_at, next_at, tried_at, status, error"


def _hook(row: tuple[Any, ...]) -> Hook:
    return Hook(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), json.loads(row[5]), row[6])


class Hooks(Connection):
    """The part of the store that keeps web hooks and their messages. Nothing here raises a project's revision."""

    def add_hook(self, project_id: int, url: str, secret: str, events: Sequence[str], marks: Mapping[str, Any]) -> int:
        """Keep a hook and return its number; ``marks`` is what it need not be told any more."""
        with self.write() as db:
            next_revision(db, project_id)  # NotFound when there is no such project
            cursor = db.conn.execute(
                "INSERT INTO hooks (project_id, url, secret, events, marks, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                [project_id, url, secret, dumps(list(events)), dumps(dict(marks)), now()],
            )
            return int(cursor.lastrowid or 0)

    def hooks(self, project_id: int) -> list[Hook]:
        """The project's hooks, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(f"SELECT {_HOOK} FROM hooks WHERE project_id = ? ORDER BY id", [project_id])
            return [_hook(row) for row in rows]

    def hook(self, project_id: int, hook_id: int) -> Hook:
        """One hook; NotFound names those that there are."""
        found = self.hooks(project_id)
        for hook in found:
            if hook.id == hook_id:
                return hook
        there = ", ".join(str(hook.id) for hook in found) or "none yet"
        raise NotFound(f"The project has no web hook {hook_id}. Its hooks: {there}.")

    def hooked_projects(self) -> list[int]:
        """The projects that have a hook, by number."""
        with self.read() as db:
            return [row[0] for row in db.conn.execute("SELECT DISTINCT project_id FROM hooks ORDER BY project_id")]

    def remove_hook(self, project_id: int, hook_id: int) -> None:
        """Let go of a hook with all its messages, those that wait included."""
        self.hook(project_id, hook_id)
        with self.write() as db:
            db.conn.execute("DELETE FROM messages WHERE hook_id = ?", [hook_id])
            db.conn.execute("DELETE FROM hooks WHERE id = ?", [hook_id])

    def announce(self, hook: Hook, marks: Mapping[str, Any], messages: Sequence[tuple[str, str, str]]) -> bool:
        """Keep messages, each as (uid, event, payload), and the new marks; False, and nothing is kept, when somebody else has
        announced to this hook since it was read.
        """
        with self.write() as db:
            changed = db.conn.execute(
                "UPDATE hooks SET marks = ? WHERE id = ? AND marks = ?", [dumps(dict(marks)), hook.id, dumps(dict(hook.marks))]
            ).rowcount
            if not changed:
                return False
            moment = now()
            db.conn.executemany(
                "INSERT INTO messages (hook_id, project_id, uid, event, payload, state, attempts, created_at, next_at) "
                "VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?, ?)",
                [[hook.id, hook.project_id, uid, event, payload, moment, moment] for uid, event, payload in messages],
            )
        return True

    def claim_message(self, due: str, until: str, project_id: int | None = None) -> tuple[Message, Hook] | None:
        """The oldest message that was due at a moment, of one project or of any, and its hook; nobody else gets it ``until``.

        Counts as an attempt. None when there is none.
        """
        mine, extra = ("", []) if project_id is None else ("AND project_id = ?", [project_id])
        with self.write() as db:
            found = db.conn.execute(
                f"SELECT id, hook_id FROM messages WHERE state = 'waiting' AND next_at <= ? {mine} ORDER BY next_at, id LIMIT 1",
                [due, *extra],
            ).fetchone()
            if found is None:
                return None
            db.conn.execute(
                "UPDATE messages SET attempts = attempts + 1, tried_at = ?, next_at = ? WHERE id = ?", [now(), until, found[0]]
            )
            message = db.conn.execute(f"SELECT {_MESSAGE} FROM messages WHERE id = ?", found[:1]).fetchone()
            return Message(*message), _hook(db.conn.execute(f"SELECT {_HOOK} FROM hooks WHERE id = ?", found[1:]).fetchone())

    def settle_message(self, message_id: int, state: str, *, next_at: str, status: int | None, error: str) -> None:
        """Keep how an attempt went: ``state`` is sent, failed for good, or waiting for another one at ``next_at``."""
        with self.write() as db:
            db.conn.execute(
                "UPDATE messages SET state = ?, next_at = ?, status = ?, error = ? WHERE id = ?",
                [state, next_at, status, error, message_id],
            )

    def next_message_at(self) -> str | None:
        """When the next message of any project is due; None when none waits."""
        with self.read() as db:
            row = db.conn.execute("SELECT min(next_at) FROM messages WHERE state = 'waiting'").fetchone()
        return None if row is None else row[0]

    def messages(self, project_id: int, hook_id: int | None = None, limit: int = 50) -> list[Message]:
        """What a project's hooks, or one of them, were told or are to be told, newest first."""
        mine, extra = ("", []) if hook_id is None else ("AND hook_id = ?", [hook_id])
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {_MESSAGE} FROM messages WHERE project_id = ? {mine} ORDER BY id DESC LIMIT ?",
                [project_id, *extra, limit],
            ).fetchall()
        return [Message(*row) for row in rows]
