"""Whose turn it is to train a project, among all servers of a database: the system takes it back from a process that dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import Busy
from data.records import Job
from data.store import Store
from data.vectors import cache_directory, explained

#: The kind of the jobs that say who trains, and since when.
KIND = "train"
#: Seconds to wait for another server that trains the same project: meanwhile no other project is trained.
PATIENCE = 1.0


def _lock(store: Store, project_id: int, *, timeout: float) -> FileLock:
    return FileLock(cache_directory(store.path) / f"train-{project_id}.lock", timeout=timeout)


@contextmanager
def turn(store: Store, project_id: int, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the right to train this project. Busy when another server has held it for as many seconds as ``patience``."""
    folder, lock = cache_directory(store.path), _lock(store, project_id, timeout=patience)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise Busy("Another server is training this project. Wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()


def running(store: Store, project_id: int) -> Job | None:
    """The job of whoever trains the project now, in whatever server; None when nobody does.

    A job that says so is believed only while its turn is taken: of a process that died the number may be another's by now.
    """
    job = store.last_job(project_id, KIND)
    if job is None or job.state != "running":
        return None
    lock = _lock(store, project_id, timeout=0)
    if not Path(lock.lock_file).exists():
        return None
    try:
        with lock:
            return None
    except Timeout:
        return job
    except OSError:
        return None  # a folder that cannot be written: nobody trains there
