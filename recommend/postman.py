"""Telling web hooks in the background: a thread that lives only while anything is to be told, so that nobody waits for it."""

from __future__ import annotations

import sys
import threading
import traceback
from datetime import UTC, datetime
from functools import cache

from data.errors import PlateauError
from data.store import Store
from recommend.hooks import note
from recommend.posting import post_due

#: Seconds until the next look after a database could not be read.
LATER = 60.0


class Postman:
    """Notes and delivers messages, one database a thread. Safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asked, self._busy = set[str](), set[str]()

    def wake(self, store: Store) -> None:
        """See whether the hooks of this database are to be told anything; returns at once."""
        place = str(store.path.absolute())
        with self._changed:
            self._asked.add(place)
            if place not in self._busy:
                self._busy.add(place)
                threading.Thread(target=self._work, args=(store, place), name="postman", daemon=True).start()
            self._changed.notify_all()

    def idle(self, seconds: float, store: Store | None = None) -> bool:
        """Wait so many seconds at most until nothing is to be told any more, of this database if one is named; whether so."""
        place = None if store is None else str(store.path.absolute())
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy if place is None else place not in self._busy, seconds)

    def _work(self, store: Store, place: str) -> None:
        while True:
            with self._changed:
                self._asked.discard(place)
            rest = _safe_round(store)
            with self._changed:
                if rest is None and place not in self._asked:
                    self._busy.discard(place)
                    self._changed.notify_all()
                    return
                self._changed.wait_for(lambda: place in self._asked, rest)


def _safe_round(store: Store) -> float | None:
    """A round; what goes wrong is told on standard error, and the next look comes later: the thread lives on."""
    try:
        return _round(store)
    except PlateauError as error:
        sys.stderr.write(f"Web hooks wait: {error}\n")
    except Exception:
        sys.stderr.write(f"Web hooks wait. This is a defect of Plateau, please report it:\n{traceback.format_exc()}")
    return LATER


def _round(store: Store) -> float | None:
    """Note and deliver what is due; seconds until more is due, None when nothing waits."""
    if not store.path.exists():
        return None
    for project_id in store.hooked_projects():
        note(store, project_id)
    post_due(store)
    due = store.next_message_at()
    return None if due is None else max((datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds(), 0.0)


@cache
def postman() -> Postman:
    """The postman of this server."""
    return Postman()
