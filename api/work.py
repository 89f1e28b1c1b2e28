"""Long work that requests ask for, done in the background with a job that says how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

from data.errors import PlateauError
from data.records import Job
from data.store import Store
from recommend.trainer import Trainer

RATE = "api-rate"
#: What a job says when something went wrong that nobody foresaw.
_DEFECT = "This failed ({}). It is a defect of Plateau: the server's log says where. Nothing was half-written."


def train_as_job(store: Store, project_id: int, trainer: Trainer) -> Job:
    """Have a project rated and planned anew; the job ends with the training. One that waits already is joined."""
    job_id = store.start_job(project_id, RATE, 1, "Rating")

    def wait() -> None:
        ticket = trainer.request(store, project_id)
        ticket.over.wait()
        if ticket.error is not None:
            raise ticket.error
        store.update_job(job_id, done=1, state="done", message="Rated")

    threading.Thread(target=guarded, args=(store, job_id, wait), daemon=True, name="api-rate").start()
    return store.job(project_id, job_id)


def guarded(store: Store, job_id: int, work: Callable[[], None]) -> None:
    """Do the work of a job; what goes wrong is what the job says."""
    try:
        work()
    except BaseException as error:
        words = str(error) if isinstance(error, PlateauError) else _DEFECT.format(type(error).__name__)
        with suppress(PlateauError):
            store.update_job(job_id, done=0, state="failed", message=words)
        if not isinstance(error, PlateauError):
            raise


@cache
def one_by_one() -> ThreadPoolExecutor:
    """Who does the jobs that would only hinder each other."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="api-job")
