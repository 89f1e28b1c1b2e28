"""Studies: heavy analyses of a project, each in a process of its own, kept with the revision that they belong to.

A study is a function named in :data:`KINDS`; pages start it and show what was kept, ``python -m recommend study`` does the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import Interrupted, InvalidInput, StoreError
from data.kept import Study
from data.records import Job
from data.store import Store
from recommend import background

_PERCENT = 100
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Found:
    """What a study brings: ``result`` as JSON knows it, and larger parts as ``arrays`` by name."""

    result: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


Inquiry = Callable[[Store, int, Mapping[str, Any], Report], Found]
#: Where the function of each kind of study stands: module and name. It is loaded when it runs.
KINDS: dict[str, str] = {
    "merge-preview": "recommend.mergepreview:study",
    "split": "recommend.splitting:study",
    "encoder": "recommend.trial:study",
    "fit": "recommend.fit:study",
    "influence": "recommend.influence:study",
    "compare": "recommend.comparing:compare",
    "steadiness": "recommend.comparing:steadiness",
    "doubts": "recommend.doubting:study",
    "map": "recommend.mapping:study",
    "novelty": "recommend.mapping:novelty_study",
}


def key_of(params: Mapping[str, Any] | None) -> str:
    """What tells studies of one kind apart: what was asked for, as JSON with sorted names.

    >>> key_of({"b": 1, "a": [2]}), key_of(None)
    ('{"a": [2], "b": 1}', '')
    """
    return json.dumps(params, sort_keys=True, ensure_ascii=False) if params else ""


def job_kind(kind: str, params: Mapping[str, Any] | None = None) -> str:
    """The kind of the jobs that do this study: each has its own, so that one does not wait for the other."""
    key = key_of(params)
    return f"study:{kind}" + (f":{hashlib.sha256(key.encode()).hexdigest()[:8]}" if key else "")


def last_study_job(store: Store, project_id: int, kind: str, params: Mapping[str, Any] | None = None) -> Job | None:
    """The newest job that did this study; None before the first."""
    return store.last_job(project_id, job_kind(kind, params))


def arrays_of(study: Study) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a kept study, by name."""
    if study.arrays is None:
        return {}
    with np.load(io.BytesIO(study.arrays), allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}


def run_study(
    store: Store, project_id: int, kind: str, params: Mapping[str, Any] | None = None, *, job: int | None = None
) -> Study:
    """Do a study and keep what it finds, as a job; the study kept.

    It belongs to the project's revision, and the newest model's version, when it began. InvalidInput for a kind that there is
    not; Interrupted when somebody ends the job: then nothing is kept.
    """
    inquiry = _inquiry(kind)
    job = store.renew_job(project_id, job_kind(kind, params), _PERCENT, "Reading the project.") if job is None else job
    last = [0]

    def report(share: float, words: str) -> None:
        last[0] = int(_PERCENT * min(max(share, 0.0), 1.0))
        if not store.update_job(job, done=last[0], message=words):
            raise Interrupted("The study was stopped. Nothing of it is kept.")

    try:
        report(0.0, "Reading the project.")
        revision, version = store.revision(project_id), store.last_model_config(project_id)
        found = inquiry(store, project_id, params or {}, report)
        store.save_study(
            project_id, kind, key_of(params), revision=revision, model_version=version[0] if version else 0,
            result=found.result, arrays=_packed(found.arrays),
        )  # fmt: skip
    except BaseException as error:
        with contextlib.suppress(StoreError):
            store.update_job(job, done=last[0], state="failed", message=str(error) or type(error).__name__)
        raise
    store.update_job(job, done=_PERCENT, state="done", message="Done.")
    kept = store.study(project_id, kind, key_of(params))
    assert kept is not None
    return kept


def _inquiry(kind: str) -> Inquiry:
    if kind not in KINDS:
        raise InvalidInput(f"There is no study {kind!r}. Choose one of {', '.join(sorted(KINDS))}.")
    module, name = KINDS[kind].split(":")
    inquiry: Inquiry = getattr(import_module(module), name)
    return inquiry


def _packed(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes | None:
    if not arrays:
        return None
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **dict(arrays))
    return content.getvalue()


def start_study(db_path: str | Path, project_id: int, kind: str, params: Mapping[str, Any] | None = None) -> bool:
    """Do a study in another process of low priority, which outlives this one; False when it runs already."""
    _inquiry(kind)
    store = Store(db_path)
    job = store.claim_job(project_id, job_kind(kind, params), _PERCENT, "Starting.")
    if job is None:
        return False
    background.start(store, project_id, job, ["study", kind], {"--params": key_of(params)}, title="The study")
    return True


def stop_study(store: Store, project_id: int, kind: str, params: Mapping[str, Any] | None = None) -> None:
    """End the study under way at its next step."""
    background.stop(store, project_id, job_kind(kind, params))
