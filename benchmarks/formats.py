"""How long a big Label Studio file takes to import and to write again, and how much memory, by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import StoreError

PROJECT = "benchmark"
_WORDS = (
    "market",
    "price",
    "bank",
    "trade",
    "oil",
    "grain",
    "ship",
    "wheat",
    "report",
    "quarter",
    "share",
    "loss",
    "profit",
    "crop",
)
_LABELS = tuple(f"topic {number}" for number in range(40))


def tasks(count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Tasks as Label Studio exports them: some 90 words, a prediction, an annotation each and a second one of every tenth."""
    rng = np.random.default_rng(seed)
    for number in range(1, count + 1):
        text = " ".join(rng.choice(_WORDS, rng.integers(30, 150)))
        people = (1, 2) if number % 10 == 0 else (1,)
        made = [_annotation(2 * number + who, who, number, _chosen(rng)) for who in people]
        predicted = {
            "id": number, "model_version": "v1", "score": round(float(rng.random()), 3), "result": [_result("p", _chosen(rng))],
        }  # fmt: skip
        yield {
            "id": number, "data": {"text": f"{number} {text}", "team": f"team {number % 7}"}, "annotations": made,
            "predictions": [predicted], "drafts": [], "meta": {}, "created_at": "2026-03-01T00:00:00Z", "inner_id": number,
            "total_annotations": len(made), "cancelled_annotations": 0, "total_predictions": 1, "project": 1,
        }  # fmt: skip


def _chosen(rng: np.random.Generator) -> list[str]:
    return [str(label) for label in rng.choice(_LABELS, rng.integers(0, 4), replace=False)]


def _result(key: str, labels: Sequence[str]) -> dict[str, Any]:
    return {"id": key, "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}


def _annotation(key: int, who: int, task: int, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "id": key, "completed_by": who, "result": [_result("a", labels)] if labels else [], "was_cancelled": task % 50 == 0,
        "ground_truth": False, "created_at": "2026-03-09T21:52:49.513742Z", "updated_at": "2026-03-09T21:53:49.513742Z",
        "lead_time": 4.288, "result_count": int(bool(labels)), "unique_id": f"{task:032x}", "task": task, "project": 1,
        "draft_created_at": None, "parent_prediction": None, "last_action": None,
    }  # fmt: skip


def formats(folder: Path, count: int) -> dict[str, Any]:
    """Seconds and peak megabytes of importing a file of so many tasks, and of writing the project as such a file again."""
    path, out, store = folder / "tasks.json", folder / "again.json", folder / "plateau.db"
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        file.writelines((",\n" if number else "") + json.dumps(task) for number, task in enumerate(tasks(count)))
        file.write("]")
    common = ("--db", str(store), "--project", PROJECT)
    taken = _run(("import", str(path), *common))
    given = _run(("export", "--format", "label-studio", "--out", str(out), *common))
    sizes = {"tasks": count, "file, MB": _megabytes(path), "written, MB": _megabytes(out), "database, MB": _megabytes(store)}
    return (
        sizes | {f"import, {unit}": value for unit, value in taken.items()} | {f"export, {unit}": v for unit, v in given.items()}
    )


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 1)


def _run(words: Sequence[str]) -> dict[str, float]:
    """Seconds on the clock and of a processor, and peak memory, of a command on its own; StoreError when it fails."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "data", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise StoreError(f"python -m data {words[0]} ended with {child.returncode}. Run it by hand to see why.")
    return {
        "seconds": round(time.perf_counter() - began, 1), "seconds of a processor": round(used.ru_utime + used.ru_stime, 1),
        "peak MB": round(used.ru_maxrss / 1024),
    }  # fmt: skip
