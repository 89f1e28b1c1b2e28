"""Work to do and work that runs: offered actions with their promised and realised gain, and background jobs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound, Taken
from data.records import ActionState, Job, JobState, StoredAction, now
from data.store.connection import Connection, dumps, raise_revision
from data.store.leases import claim, decided, give_back, readings_in, refuse_others
from data.store.schema import STANDING

_ACTION = (
    "id, kind, theme, reason, factor, label_ids, item_ids, chances, candidates, predicted_gain, predicted_seconds, "
    "model_version, revision, state, created_at, done_at, rating_before, realised_gain, seconds, promise, terms, "
    "annotator, shown"
)
_JOB = "id, kind, state, done, total, message, created_at, updated_at"


def _action(row: tuple[Any, ...]) -> StoredAction:
    label_ids, item_ids = (tuple(json.loads(cell)) for cell in row[5:7])
    chances = (None,) * len(item_ids) if row[7] is None else tuple(json.loads(row[7]))
    promise, shown = (None if cell is None else json.loads(cell) for cell in (row[19], row[22]))
    values: list[Any] = [
        *row[:5], label_ids, item_ids, chances, *row[8:19], promise, tuple(json.loads(row[20])), row[21], shown,
    ]  # fmt: skip
    return StoredAction(*values)


def _job(row: tuple[Any, ...]) -> Job:
    values: list[Any] = [*row[:2], _state(row[2], row[8]), *row[3:8]]
    return Job(*values)


def _insert(db: Database, project_id: int, action: StoredAction, state: ActionState) -> int:
    if len(action.chances) != len(action.item_ids):
        raise InvalidInput(
            f"An action has one chance an item; found {len(action.chances)} for {len(action.item_ids)}. Give None where unknown."
        )
    cursor = db.conn.execute(
        "INSERT INTO actions (project_id, kind, theme, reason, factor, label_ids, item_ids, chances, candidates, "
        "predicted_gain, predicted_seconds, model_version, revision, state, created_at, rating_before, promise, terms, "
        "annotator, shown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            project_id, action.kind, action.theme, action.reason, action.factor, dumps(action.label_ids),
            dumps(action.item_ids), dumps(action.chances), action.candidates, action.predicted_gain, action.predicted_seconds,
            action.model_version, action.revision, state, now(), action.rating_before,
            None if action.promise is None else dumps(action.promise), dumps(action.terms), action.annotator,
            None if action.shown is None else dumps(action.shown),
        ],
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def insert_started(
    db: Database, project_id: int, action: StoredAction, annotator: str, readings: int | None = None
) -> StoredAction:
    """Keep an action that is started at once, in an open transaction; see :meth:`Work.add_action`."""
    number = _insert(db, project_id, replace(action, annotator=annotator), "started")
    added = find_action(db, project_id, number)
    left = claim(db, project_id, added, annotator, readings or readings_in(db, project_id))
    if action.item_ids and not left:
        raise _all_taken(len(action.item_ids))
    _begin(db, added, annotator, left)
    return find_action(db, project_id, number)


def find_action(db: Database, project_id: int, action_id: int) -> StoredAction:
    """One action by its number; NotFound when there is none."""
    row = db.conn.execute(f"SELECT {_ACTION} FROM actions WHERE project_id = ? AND id = ?", [project_id, action_id]).fetchone()
    if row is None:
        raise NotFound(f"There is no action {action_id} any more: the plan has been renewed. Choose one of the new ones.")
    return _action(row)


def _begin(db: Database, action: StoredAction, annotator: str, item_ids: Sequence[int]) -> None:
    """Let an action be under way, with these of its items."""
    chances = [chance for item_id, chance in zip(action.item_ids, action.chances, strict=True) if item_id in set(item_ids)]
    if (action.state, action.annotator, action.item_ids) != ("started", annotator, tuple(item_ids)):
        db.conn.execute(
            "UPDATE actions SET state = 'started', annotator = ?, item_ids = ?, chances = ? WHERE id = ?",
            [annotator, dumps(list(item_ids)), dumps(chances), action.id],
        )


def close_action(db: Database, project_id: int, action_id: int, state: ActionState, seconds: float | None) -> None:
    """Let an action be done or dropped, and give back its leases; one that is closed already stays as it is."""
    closed = db.conn.execute(
        "UPDATE actions SET state = ?, done_at = ?, seconds = ? WHERE project_id = ? AND id = ? AND state IN ('open', 'started')",
        [state, now(), seconds, project_id, action_id],
    ).rowcount
    if closed:
        give_back(db, project_id, action_id)
        raise_revision(db, project_id)


def _all_taken(items: int) -> Taken:
    return Taken(
        f"Others are working on {'the one item' if items == 1 else f'all {items} items'} of this action, or have judged "
        f"{'it' if items == 1 else 'them'} meanwhile. Choose another one: what they leave undone comes back on offer."
    )


def _begin_or_close(db: Database, project_id: int, action: StoredAction, annotator: str, left: Sequence[int]) -> None:
    """Let an action be under way with what is left of it; close one that was, when nothing is left to decide."""
    mine = decided(db, action.id, annotator, action.item_ids)
    if left and set(left) <= mine:
        _begin(db, action, annotator, left)
        close_action(db, project_id, action.id, "done", _seconds(db, action.id, annotator))
    elif left or not action.item_ids:
        _begin(db, action, annotator, left)
    elif action.state == "started":
        close_action(db, project_id, action.id, "dropped", None)


def _seconds(db: Database, action_id: int, annotator: str) -> float:
    """Active seconds of what a person has decided in an action; what has no known time adds nothing."""
    row = db.conn.execute(
        f"SELECT total(seconds) FROM reviews WHERE action_id = ? AND annotator = ? AND {STANDING}", [action_id, annotator]
    ).fetchone()
    return float(row[0])


def reclaim(db: Database, project_id: int, annotator: str, action_id: int) -> None:
    """Lease again what is undecided and free of an action that a person works on, as after a long pause; its items stay.

    One that was put back on offer or dropped because it was left is under way again, as where its person goes on in another
    window; nothing happens to one that is closed, gone or somebody else's.
    """
    try:
        action = find_action(db, project_id, action_id)
    except NotFound:
        return
    left = action.state == "dropped" and action.annotator is None and action.done_at is None
    if left or (action.state in ("open", "started") and action.annotator in (None, annotator)):
        claim(db, project_id, action, annotator, readings_in(db, project_id))
        _begin(db, action, annotator, action.item_ids)


def reopen_action(db: Database, project_id: int, action_id: int) -> None:
    """Let an action that is done be under way again: what it took and brought is unknown once more."""
    db.conn.execute(
        "UPDATE actions SET state = 'started', done_at = NULL, seconds = NULL, realised_gain = NULL "
        "WHERE project_id = ? AND id = ? AND state = 'done'",
        [project_id, action_id],
    )


def _insert_job(db: Database, project_id: int, kind: str, total: int, message: str) -> int:
    cursor = db.conn.execute(
        "INSERT INTO jobs (project_id, kind, state, done, total, message, pid, created_at, updated_at) "
        "VALUES (?, ?, 'running', 0, ?, ?, ?, ?, ?)",
        [project_id, kind, total, message, os.getpid(), now(), now()],
    )
    return int(cursor.lastrowid or 0)


def _jobs(db: Database, project_id: int, kind: str | None) -> list[Job]:
    clause, extra = ("AND kind = ?", [kind]) if kind else ("", [])
    rows = db.conn.execute(
        f"SELECT {_JOB}, pid FROM jobs WHERE project_id = ? {clause} ORDER BY id DESC", [project_id, *extra]
    ).fetchall()
    return [_job(row) for row in rows]


class Work(Connection):
    """The part of the store that keeps actions and jobs."""

    def offer_actions(self, project_id: int, actions: Sequence[StoredAction]) -> list[int]:
        """Replace the actions on offer by these (their ``id`` is ignored); started and done ones stay."""
        with self.write() as db:
            db.conn.execute("DELETE FROM actions WHERE project_id = ? AND state = 'open'", [project_id])
            return [_insert(db, project_id, action, "open") for action in actions]

    def add_action(self, project_id: int, action: StoredAction, annotator: str, readings: int | None = None) -> StoredAction:
        """Keep an action that a person asked for (its ``id`` is ignored), started at once; those on offer stay.

        See :meth:`start_action` for what happens to items that others have.
        """
        with self.write() as db:
            return insert_started(db, project_id, action, annotator, readings)

    def actions(self, project_id: int, *states: ActionState) -> list[StoredAction]:
        """The project's actions in the order offered; all states unless some are named."""
        clause = f"AND state IN ({','.join('?' * len(states))})" if states else ""
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {_ACTION} FROM actions WHERE project_id = ? {clause} ORDER BY id", [project_id, *states]
            )
            return [_action(row) for row in rows]

    def action(self, project_id: int, action_id: int) -> StoredAction:
        """One action by its number."""
        with self.read() as db:
            return find_action(db, project_id, action_id)

    def start_action(self, project_id: int, action_id: int, annotator: str, readings: int | None = None) -> StoredAction:
        """Take an action on offer, or go on with one's own: its undecided items are leased to this person for a while.

        Items that as many others as there are ``readings`` (the project's setting unless given) hold or have judged are taken
        out of it. Taken when nothing is left, or somebody else has started it. One's own in which nothing is left undecided is
        closed: as done, or as dropped where nothing was decided. One that is closed already stays as it is.
        """
        with self.write() as db:
            action = find_action(db, project_id, action_id)
            if action.state not in ("open", "started"):
                return action
            refuse_others(db, action, annotator)
            left = claim(db, project_id, action, annotator, readings or readings_in(db, project_id))
            _begin_or_close(db, project_id, action, annotator, left)
            started = find_action(db, project_id, action_id)
        if action.item_ids and not left:
            raise _all_taken(len(action.item_ids))
        return started

    def end_action(
        self, project_id: int, action_id: int, state: ActionState, seconds: float | None = None
    ) -> StoredAction | None:  # fmt: skip
        """Close an action as done or dropped, and give back its leases; one that is closed already stays as it is.

        None when there is no such action any more: what was decided in it is kept all the same.
        """
        with self.write() as db:
            close_action(db, project_id, action_id, state, seconds)
        with suppress(NotFound):
            return self.action(project_id, action_id)
        return None

    def record_gain(self, project_id: int, action_id: int, realised_gain: float) -> None:
        """Keep what an action brought, in rating points; the first value stands."""
        with self.write() as db:
            db.conn.execute(
                "UPDATE actions SET realised_gain = ? WHERE project_id = ? AND id = ? AND realised_gain IS NULL",
                [realised_gain, project_id, action_id],
            )

    def start_job(self, project_id: int, kind: str, total: int, message: str = "") -> int:
        """Announce a background job of this process and return its number."""
        with self.write() as db:
            return _insert_job(db, project_id, kind, total, message)

    def renew_job(self, project_id: int, kind: str, total: int, message: str = "") -> int:
        """Announce a background job in the place of earlier ones of its kind; for who holds the right to do it alone."""
        with self.write() as db:
            number = _insert_job(db, project_id, kind, total, message)
            db.conn.execute("DELETE FROM jobs WHERE project_id = ? AND kind = ? AND id < ?", [project_id, kind, number])
            return number

    def last_job(self, project_id: int, kind: str) -> Job | None:
        """The newest job of a kind; None before the first. One whose process is gone is shown as stopped."""
        return next(iter(self.jobs(project_id, kind)), None)

    def claim_job(self, project_id: int, kind: str, total: int, message: str = "") -> int | None:
        """Announce a background job as the only one of its kind; None when one of the project is running already."""
        with self.write() as db:
            if any(job.state == "running" for job in _jobs(db, project_id, kind)):
                return None
            return _insert_job(db, project_id, kind, total, message)

    def join_job(self, project_id: int, kind: str, total: int, message: str) -> tuple[int, bool]:
        """The running job of this kind that still says this message, or a new one; and whether it is new."""
        with self.write() as db:
            there = (job.id for job in _jobs(db, project_id, kind) if (job.state, job.message) == ("running", message))
            number = next(there, None)
            return (_insert_job(db, project_id, kind, total, message), True) if number is None else (number, False)

    def update_job(self, job_id: int, *, done: int, state: JobState = "running", message: str | None = None) -> bool:
        """Say how far a job is, and how it ended; it is this process's from now on.

        False when somebody has ended it already: it stays as it is, and who works on it has to stop.
        """
        with self.write() as db:
            cursor = db.conn.execute(
                "UPDATE jobs SET done = ?, state = ?, message = coalesce(?, message), updated_at = ?, pid = ? "
                "WHERE id = ? AND state = 'running'",
                [done, state, message, now(), os.getpid(), job_id],
            )
            return bool(cursor.rowcount)

    def fail_jobs(self, project_id: int, kind: str, pids: Sequence[int], message: str) -> None:
        """Say of the jobs that these processes left behind running how they ended; those of others stay as they are."""
        with self.write() as db:
            db.conn.executemany(
                "UPDATE jobs SET state = 'failed', message = ?, updated_at = ? "
                "WHERE project_id = ? AND kind = ? AND state = 'running' AND pid = ?",
                [(message, now(), project_id, kind, pid) for pid in pids],
            )

    def job(self, project_id: int, job_id: int) -> Job:
        """One job by its number; one whose process is gone is shown as stopped."""
        found = next((job for job in self.jobs(project_id) if job.id == job_id), None)
        if found is None:
            raise NotFound(f"The project has no job with the number {job_id}. List its jobs, and choose one of them.")
        return found

    def keep_result(self, job_id: int, result: Mapping[str, Any]) -> None:
        """Keep what a job brought, as JSON knows it, as long as the job itself."""
        with self.write() as db:
            db.conn.execute("INSERT OR REPLACE INTO job_results (job_id, result) VALUES (?, ?)", [job_id, dumps(dict(result))])

    def result(self, job_id: int) -> dict[str, Any] | None:
        """What a job brought; None while it has not ended well."""
        with self.read() as db:
            row = db.conn.execute("SELECT result FROM job_results WHERE job_id = ?", [job_id]).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def jobs(self, project_id: int, kind: str | None = None) -> list[Job]:
        """The project's jobs, newest first; one whose process is gone is shown as stopped."""
        with self.read() as db:
            return _jobs(db, project_id, kind)


def _state(state: JobState, pid: int) -> JobState:
    return "stopped" if state == "running" and not alive(pid) else state


def alive(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
