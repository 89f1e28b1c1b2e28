"""The newest plan of each project, shared by all sessions. It is made in another process: nothing here computes anything."""

from __future__ import annotations

from data.store import Store
from recommend import turns
from recommend.records import Focus
from recommend.serving import Served
from recommend.trainer import Ticket, Training, trainer


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


def nudge(store: Store, project_id: int) -> None:
    """After each decision: rate and plan anew in the background once enough is new. Takes a millisecond or less."""
    trainer().nudge(store, project_id)


def training(store: Store, project_id: int) -> Training:
    """Whether the project is trained now, here or by another server of the same database, or why that failed."""
    own = trainer().status(store, project_id)
    if own.busy:
        return own
    job = turns.running(store, project_id)
    return own if job is None else Training("running", job.created_at, job.message)


def seconds(store: Store, project_id: int) -> float | None:
    """How long the last plan took; None before the first."""
    kept = trainer().kept(store, project_id)
    return None if kept is None else kept.seconds


def made(store: Store, project_id: int) -> str:
    """When making the newest plan in memory began; empty before the first."""
    kept = trainer().kept(store, project_id)
    return "" if kept is None else kept.began
