"""Work in processes of their own: each has a job that says how far it is and how it ended, and outlives who started it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from data.errors import PlateauError
from data.store import Store

_NICE = 10


def start(
    store: Store, project_id: int, job: int, words: Sequence[str], options: Mapping[str, object], *, title: str
) -> subprocess.Popen[bytes]:
    """Run ``python -m recommend`` with these words and options for a job, at low priority; returns at once.

    The command has to take ``--db``, ``--project``, ``--job`` and ``--nice``. ``title`` names work that ends without a word.
    """
    common = {"--db": store.path.resolve(), "--project": store.project(project_id).name, "--job": job, "--nice": _NICE}
    named = [f"{name}={value}" for name, value in {**common, **options}.items()]  # a name may begin with a dash
    first, *others = words
    process = subprocess.Popen(
        [sys.executable, "-m", "recommend", first, *named, *others],
        cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    threading.Thread(target=_follow, args=(store, process, job, title), daemon=True).start()
    return process


def _follow(store: Store, process: subprocess.Popen[bytes], job: int, title: str) -> None:
    """Wait for the process; if it ends without a word, its job has failed."""
    code = process.wait()
    with contextlib.suppress(PlateauError):
        store.update_job(job, done=0, state="failed", message=f"{title} ended unexpectedly (exit code {code}). Try again.")


def stop(store: Store, project_id: int, kind: str) -> None:
    """End the jobs of a kind at their next step."""
    for job in store.jobs(project_id, kind):
        store.update_job(job.id, done=job.done, state="stopped", message="Stopped.")
