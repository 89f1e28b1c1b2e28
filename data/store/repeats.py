"""What was answered to requests that may come again: the same key and request get the same answer, for a day."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.errors import Busy, InvalidInput
from data.records import now
from data.store.connection import Connection, dumps
from data.store.work import alive

HOURS = 24
#: A request that has gone unanswered for so many minutes is taken to be lost.
LOST_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Repeats(Connection):
    """The part of the store that knows requests again."""

    def claim_answer(self, token_id: int, key: str, request: bytes) -> Answered | None:
        """Announce a request (its digest) under a key; what was answered to it before, None when it is to be carried out now.

        InvalidInput when the key was used for another request; Busy while the same one is being carried out.
        """
        with self.write() as db:
            db.conn.execute("DELETE FROM api_answers WHERE at < ?", [_before(hours=HOURS)])
            row = db.conn.execute(
                "SELECT request, status, headers, body, pid, at FROM api_answers WHERE token_id = ? AND key = ?", [token_id, key]
            ).fetchone()
            if row is not None and bytes(row[0]) != request:
                raise InvalidInput(f"The key {key!r} was used for another request in the last {HOURS} hours. Take a new key.")
            if row is not None and row[1] is not None:
                return Answered(row[1], json.loads(row[2]), bytes(row[3]))
            if row is not None and alive(row[4]) and row[5] > _before(minutes=LOST_MINUTES):
                raise Busy(f"The request with the key {key!r} is being carried out. Ask again in a few seconds.")
            db.conn.execute(
                "INSERT OR REPLACE INTO api_answers (token_id, key, request, at, pid) VALUES (?, ?, ?, ?, ?)",
                [token_id, key, request, now(), os.getpid()],
            )
        return None

    def keep_answer(self, token_id: int, key: str, answer: Answered) -> None:
        """Keep what was answered to the request of this key."""
        with self.write() as db:
            db.conn.execute(
                "UPDATE api_answers SET status = ?, headers = ?, body = ? WHERE token_id = ? AND key = ?",
                [answer.status, dumps(dict(answer.headers)), answer.body, token_id, key],
            )

    def forget_answer(self, token_id: int, key: str) -> None:
        """Let a request that could not be carried out be tried again under its key."""
        with self.write() as db:
            db.conn.execute("DELETE FROM api_answers WHERE token_id = ? AND key = ? AND status IS NULL", [token_id, key])


def _before(*, hours: int = 0, minutes: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours, minutes=minutes)).isoformat(timespec="microseconds")
