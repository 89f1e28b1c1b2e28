"""The store that requests read and write: opened once, when it is first needed."""

from __future__ import annotations

import threading
from pathlib import Path

from data.errors import StoreError
from data.store import Store

#: So many seconds a request waits for another writer to end before it says so.
PATIENCE = 5.0
#: Connections that stay open: as many as requests are carried out at once.
CONNECTIONS = 32


class Opened:
    """A store at a path, opened by the first who asks for it. Safe to share between threads."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._store: Store | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Store:
        """The store; StoreError when it cannot be opened, and the next one tries again."""
        with self._lock:
            if self._store is None:
                self._store = self._opened()
            return self._store

    def _opened(self) -> Store:
        try:
            self.path.absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder of {self.path} cannot be made: {error.strerror}. Set PLATEAU_DB to another path."
            ) from error
        store = Store(self.path, PATIENCE)
        store.hold()
        store.keep(CONNECTIONS)
        return store
