"""``python -m recommend.worker``: the process that trains for a server, one task at a time, until the server is gone.

Tasks come in and answers go out over its pipes; whatever else is printed goes to the standard error.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from typing import BinaryIO

from data.errors import PlateauError, StoreError
from data.store import Store
from recommend.service import plan_project
from recommend.serving import Served
from recommend.turns import KIND, turn
from recommend.wire import Answer, Task, receive, send

_NICE = 10


def main() -> None:
    """Answer tasks until the standard input ends, which it does when the server dies, however it dies."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    tasks: queue.Queue[Task] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        send(answers, answer(tasks.get()))


def _listen(stream: BinaryIO, tasks: queue.Queue[Task]) -> None:
    """Take tasks in; end the process, whatever it is at, when there can be no more of them."""
    while (task := receive(stream)) is not None:
        tasks.put(task)
    os._exit(0)


def answer(task: Task) -> Answer:
    """What is served once the task is done, or what went wrong."""
    began = time.monotonic()
    try:
        return Answer(train(task), seconds=time.monotonic() - began)
    except PlateauError as error:
        return Answer(None, type(error).__name__, str(error))
    except Exception as error:
        return Answer(None, type(error).__name__, str(error), traceback.format_exc())


def train(task: Task) -> Served:
    """Rate and plan, with a job that says so. StoreError when another server has trained the project for minutes."""
    store = Store(task.db)
    with turn(store, task.project_id):
        job = store.renew_job(task.project_id, KIND, 1, task.words)
        try:
            served = plan_project(store, task.project_id, focus=task.focus).served
        except BaseException as error:
            with contextlib.suppress(StoreError):
                store.update_job(job, done=0, state="failed", message=str(error) or type(error).__name__)
            raise
        store.update_job(job, done=1, state="done")
    return served


if __name__ == "__main__":
    main()
