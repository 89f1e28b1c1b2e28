"""Long work that requests ask for, done in the background with a job that says how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from data.errors import ImportFailed, Interrupted, PlateauError
from data.imports import ImportOptions, ImportReport, Progress, stage
from data.imports.intake import Checked
from data.records import Job, Project
from data.store import Store
from rating.external_cli import document
from rating.external_service import compare_models, rate_external
from recommend.trainer import Trainer

RATE, RATE_MODEL, IMPORT = "api-rate", "api-rate-model", "api-import"
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


def rate_model_as_job(store: Store, project_id: int, version: str) -> Job:
    """Rate another model; the result is what ``python -m rating external --json`` tells, with the own model's All labels.

    A job of the same version that waits or runs is joined.
    """
    job_id, new = store.join_job(project_id, RATE_MODEL, 1, f"Rating {version}")

    def rate() -> None:
        found = rate_external(store, project_id, version)
        own = found.own.result.rating.factors
        mine = next((asdict(factor.score) for factor in own if factor.key == "all_labels"), None)
        store.keep_result(job_id, {**document(found, compare_models(found)), "own_all_labels": mine})
        store.update_job(job_id, done=1, state="done", message="Rated")

    if new:
        one_by_one().submit(guarded, store, job_id, rate)
    return store.job(project_id, job_id)


def import_as_job(
    store: Store, project: Project, trainer: Trainer, file: Path, name: str, options: ImportOptions, *, whole: bool
) -> Job:  # fmt: skip
    """Import a file, which is deleted when that is done; ``whole`` refuses it all for one row that breaks a rule."""
    job_id = store.start_job(project.id, IMPORT, 0, "Waiting")
    options = replace(options, single_label=project.single_label)

    def read() -> None:
        try:
            with stage(file, options=options, name=name, on_progress=_progress(store, job_id)) as staged:
                if whole and staged.checked.rejected:
                    _keep(store, job_id, staged.checked)
                    raise ImportFailed(f"Nothing was imported, as was asked for: {staged.checked.rejections[0]}")
                report = staged.write(store, project.id)
        finally:
            file.unlink(missing_ok=True)
        _keep(store, job_id, report, counts=asdict(report.counts))
        store.update_job(job_id, done=report.rows, state="done", message=f"{report.accepted:,} of {report.rows:,} rows taken")
        trainer.nudge(store, project.id, changes=True)

    one_by_one().submit(guarded, store, job_id, read)
    return store.job(project.id, job_id)


def _keep(store: Store, job_id: int, found: Checked | ImportReport, **more: Any) -> None:
    rejections = [asdict(rejection) for rejection in found.rejections]
    same = {name: getattr(found, name) for name in ("rows", "accepted", "rejected")}
    store.keep_result(job_id, {**same, "warnings": list(found.warnings), "rejections": rejections, **more})


def _progress(store: Store, job_id: int) -> Progress:
    """Keep how far an import is, at most once a second; Interrupted when somebody has ended the job."""
    last = time.monotonic()

    def tell(what: str, done: int, total: int | None) -> None:
        nonlocal last
        if what == "writing" or time.monotonic() - last < 1:
            return  # the one who writes holds the database
        last = time.monotonic()
        if not store.update_job(job_id, done=done, message="Reading"):
            raise Interrupted("The import was stopped; nothing was written.")

    return tell


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
