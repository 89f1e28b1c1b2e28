"""Leases: who works on which item, so that nobody is given what somebody else is doing. A lease ends by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound, Taken
from data.records import DOUBTING, Lease, StoredAction, now
from data.store.connection import Connection
from data.store.schema import STANDING

#: A lease lasts so long after the last decision: a call or a coffee costs nobody their place, and who has gone home keeps
#: items from the others for a quarter of an hour at most.
LEASE_MINUTES = 15
#: A lease renewed within so many minutes is not written again, so that looking at an action writes nothing.
FRESH_MINUTES = 1
MOST_READINGS = 5


def readings_of(settings: Mapping[str, Any]) -> int:
    """How many people judge each item, 1 to 5, by a project's settings; one unless they say otherwise.

    >>> readings_of({}), readings_of({"readings": 2})
    (1, 2)
    """
    readings = settings.get("readings", 1)
    if isinstance(readings, bool) or not isinstance(readings, int) or not 1 <= readings <= MOST_READINGS:
        raise InvalidInput(f"Between 1 and {MOST_READINGS} people judge each item; not {readings!r}. Correct the settings.")
    return readings


def readings_in(db: Database, project_id: int) -> int:
    """How many people judge each item of a project; NotFound when there is no such project."""
    row = db.conn.execute("SELECT settings FROM projects WHERE id = ?", [project_id]).fetchone()
    if row is None:
        raise NotFound(f"No project has the number {project_id}. List the projects, and choose one of them.")
    return readings_of(json.loads(row[0]))


def ago(moment: str) -> str:
    """How long ago something was, in words that hold in every time zone.

    >>> ago(later(-3)), ago(later(-150)), ago(later(0))
    ('3 minutes ago', '2 hours ago', 'a moment ago')
    """
    minutes = int((datetime.fromisoformat(now()) - datetime.fromisoformat(moment)).total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{minutes // size} {unit}{'s' if minutes >= 2 * size else ''} ago"
    return "a moment ago"


def later(minutes: float) -> str:
    """The moment so many minutes from now, written as :func:`data.records.now` does."""
    return (datetime.fromisoformat(now()) + timedelta(minutes=minutes)).isoformat(timespec="microseconds")


def refuse_others(db: Database, action: StoredAction, annotator: str) -> None:
    """Raise Taken when somebody else has started this action."""
    if action.state != "started" or action.annotator in (None, annotator):
        return
    (until,) = db.conn.execute("SELECT max(until) FROM leases WHERE action_id = ?", [action.id]).fetchone()
    if until is not None and until > now():
        last = (datetime.fromisoformat(until) - timedelta(minutes=LEASE_MINUTES)).isoformat(timespec="microseconds")
        raise Taken(
            f"{action.annotator} is working on this action and was last seen at it {ago(last)}. Choose another one; what is "
            f"undecided in it comes back on offer when {action.annotator} leaves it, or decides nothing for "
            f"{LEASE_MINUTES} minutes."
        )
    raise Taken(f"{action.annotator} has begun this action and may go on with it. Its open items are free: choose another one.")


def claim(db: Database, project_id: int, action: StoredAction, annotator: str, readings: int) -> list[int]:
    """Lease to a person the undecided items of an action that are free, and return its items in order without those lost.

    Lost are those that as many others as there are ``readings`` hold or have judged; of work that doubts judgements, hold.
    What the person has decided in the action or holds for it is never lost: nothing vanishes while they look at it.
    """
    db.conn.execute("DELETE FROM leases WHERE project_id = ? AND until <= ?", [project_id, now()])
    mine = decided(db, action.id, annotator, action.item_ids)
    held = db.conn.execute("SELECT item_id FROM leases WHERE action_id = ? AND annotator = ?", [action.id, annotator])
    lost = _crowded(db, action, annotator, readings) - mine - {item_id for (item_id,) in held}
    left = [item_id for item_id in action.item_ids if item_id not in lost]
    db.conn.executemany(
        "INSERT INTO leases (project_id, item_id, annotator, action_id, until) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (item_id, annotator) DO UPDATE SET action_id = excluded.action_id, until = excluded.until "
        "WHERE action_id <> excluded.action_id OR until < ?",
        [
            (project_id, item_id, annotator, action.id, later(LEASE_MINUTES), later(LEASE_MINUTES - FRESH_MINUTES))
            for item_id in left
            if item_id not in mine
        ],
    )
    return left


def decided(db: Database, action_id: int, annotator: str, item_ids: Sequence[int]) -> set[int]:
    """Which of these items the person has decided in the action."""
    rows = db.conn.execute(
        f"SELECT item_id FROM reviews WHERE item_id IN ({_marks(item_ids)}) AND annotator = ? AND action_id = ? AND {STANDING}",
        [*item_ids, annotator, action_id],
    )
    return {item_id for (item_id,) in rows}


def renew(db: Database, project_id: int, annotator: str, action_id: int) -> bool:
    """Let what a person holds of an action last on from now; False when nothing of it is held any more."""
    return bool(
        db.conn.execute(
            "UPDATE leases SET until = ? WHERE project_id = ? AND annotator = ? AND action_id = ?",
            [later(LEASE_MINUTES), project_id, annotator, action_id],
        ).rowcount
    )


def give_back(db: Database, project_id: int, action_id: int) -> None:
    """Let go of all that is held for an action."""
    db.conn.execute("DELETE FROM leases WHERE project_id = ? AND action_id = ?", [project_id, action_id])


def _crowded(db: Database, action: StoredAction, annotator: str, readings: int) -> set[int]:
    """The action's items that at least so many others hold or have judged."""
    marks = _marks(action.item_ids)
    judged = (
        f"UNION SELECT item_id, annotator FROM (SELECT item_id, annotator, state, row_number() OVER (PARTITION BY item_id, "
        f"annotator ORDER BY id DESC) AS place FROM reviews WHERE item_id IN ({marks}) AND annotator <> ? AND {STANDING}) "
        "WHERE place = 1 AND state = 'reviewed'"
    )
    doubts = action.kind in DOUBTING
    rows = db.conn.execute(
        f"SELECT item_id FROM (SELECT item_id, annotator FROM leases WHERE item_id IN ({marks}) AND annotator <> ? AND until > ? "
        f"{'' if doubts else judged}) GROUP BY item_id HAVING count(*) >= ?",
        [*action.item_ids, annotator, now(), *([] if doubts else [*action.item_ids, annotator]), readings],
    )
    return {item_id for (item_id,) in rows}


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


class Leases(Connection):
    """The part of the store that keeps who works on what."""

    def leased(self, project_id: int, but_not: str | None = None) -> set[int]:
        """The items that somebody works on now; those of one person are left out if ``but_not`` names them."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT item_id FROM leases WHERE project_id = ? AND until > ? AND annotator IS NOT ?",
                [project_id, now(), but_not],
            ).fetchall()
        return {item_id for (item_id,) in rows}

    def leases(self, project_id: int) -> list[Lease]:
        """What people work on now, by person and item."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT leases.annotator, action_id, item_id, uid, until FROM leases JOIN items ON items.id = item_id "
                "WHERE leases.project_id = ? AND until > ? ORDER BY leases.annotator, item_id",
                [project_id, now()],
            ).fetchall()
        return [Lease(*row) for row in rows]

    def hold_for(self, project_id: int, annotator: str, action_id: int, days: float) -> None:
        """Let a person hold the items of an action for so many days from now, as while they are away in another tool."""
        with self.write() as db:
            db.conn.execute(
                "UPDATE leases SET until = ? WHERE project_id = ? AND annotator = ? AND action_id = ?",
                [later(days * 24 * 60), project_id, annotator, action_id],
            )

    def release(self, project_id: int, annotator: str, action_id: int | None = None) -> None:
        """Give back what a person holds, of one action if it is given; what was decided stays.

        An action left without a decision is on offer again if it is of the newest plan, else dropped; with one it stays started,
        to be gone on with.
        """
        clause, extra = ("AND action_id = ?", [action_id]) if action_id is not None else ("", [])
        with self.write() as db:
            db.conn.execute(
                f"DELETE FROM leases WHERE project_id = ? AND annotator = ? {clause}", [project_id, annotator, *extra]
            )
            _unstart(db, project_id, _untouched(db, project_id, annotator, action_id))


def _untouched(db: Database, project_id: int, annotator: str, action_id: int | None) -> list[int]:
    """The person's actions under way (or this one of them) in which nothing is decided."""
    rows = db.conn.execute(
        "SELECT id FROM actions WHERE project_id = ? AND state = 'started' AND annotator = ? AND id = coalesce(?, id) "
        "AND NOT EXISTS (SELECT 1 FROM reviews WHERE action_id = actions.id AND annotator = actions.annotator AND item_id IN "
        f"(SELECT value FROM json_each(actions.item_ids)) AND {STANDING})",
        [project_id, annotator, action_id],
    )
    return [number for (number,) in rows]


def _unstart(db: Database, project_id: int, action_ids: Iterable[int]) -> None:
    """Put actions that nobody has worked on back on offer, or drop those that an older plan offered."""
    db.conn.executemany(
        "UPDATE actions SET annotator = NULL, state = CASE WHEN revision >= (SELECT max(revision) FROM snapshots "
        "WHERE project_id = ?) THEN 'open' ELSE 'dropped' END WHERE id = ?",
        [(project_id, action_id) for action_id in action_ids],
    )
