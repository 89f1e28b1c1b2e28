"""The newest plan of each project, shared by all sessions. It is made in another process: nothing here computes anything."""

from __future__ import annotations

from data.store import Store
from recommend import turns
from recommend.loop import LoopSize
from recommend.records import Focus
from recommend.serving import Served
from recommend.trainer import Ticket, Training, loop_of, trainer


def latest(store: Store, project_id: int) -> Served | None:
    """The newest plan in memory, whatever its revision; None when this server has made none yet."""
    kept = trainer().kept(store, project_id)
    return None if kept is None else kept.served


def renew(store: Store, project_id: int, focus: Focus | None = None) -> Served:
    """Rate and plan anew and wait for it, a second or more: say so while it runs. Without a ``focus`` it stays as it is."""
    return trainer().renew(store, project_id, focus)


def request(store: Store, project_id: int) -> Ticket:
    """Rate and plan anew in the background; returns at once."""
    return trainer().request(store, project_id)


def nudge(store: Store, project_id: int, *, changes: bool = False) -> None:
    """After each decision: rate and plan anew in the background once enough is new. Takes a millisecond or less.

    With ``changes``, as where somebody looks at the rating, also once anything but reviews has changed.
    """
    trainer().nudge(store, project_id, changes=changes)


def training(store: Store, project_id: int) -> Training:
    """Whether the project is trained now, here or by another server of the same database, or why that failed."""
    own = trainer().status(store, project_id)
    if own.busy:
        return own
    job = turns.running(store, project_id)
    return own if job is None else Training("running", job.created_at, job.message)


def loop(store: Store, project_id: int) -> LoopSize | None:
    """After how many reviews the project is trained again by itself, and why; None before the first plan."""
    kept = trainer().kept(store, project_id)
    return None if kept is None else loop_of(kept)


def seconds(store: Store, project_id: int) -> float | None:
    """How long the last plan took; None before the first."""
    kept = trainer().kept(store, project_id)
    return None if kept is None else kept.seconds
