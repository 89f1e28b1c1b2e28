"""What the process that trains for a server does: one task at a time, until the server is gone."""

from __future__ import annotations

import contextlib
import os
import queue
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


def serve(incoming: BinaryIO, answers: BinaryIO) -> None:
    """Answer tasks until there can be no more of them, which is so when the server dies, however it dies."""
    tasks: queue.Queue[Task] = queue.Queue()
    threading.Thread(target=_listen, args=(incoming, tasks), daemon=True).start()
    while True:
        send(answers, answer(tasks.get()))


def _listen(stream: BinaryIO, tasks: queue.Queue[Task]) -> None:
    """Take tasks in; end the process, whatever it is at, when none can be taken in any more."""
    try:
        while (task := receive(stream)) is not None:
            tasks.put(task)
    except Exception:
        traceback.print_exc()
    finally:
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
    """Rate and plan, with a job that says so. Busy while another server trains the project."""
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
