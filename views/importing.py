"""Files that are checked and imported beside the page: threads read and write, the page only looks how far they are."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from data.errors import CutShort, PlateauError
from data.imports import ColumnMap, ImportOptions, ImportReport, Rejection, Staged, stage
from data.imports.intake import CHEAP, Checked
from data.layout import facts, neutralise
from data.records import ImportRow
from data.store import Store

#: How the names of files that can be imported end.
TYPES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx", "parquet", "arrow", "gz", "zip"]


class _Dropped(Exception):
    """Nobody waits for this check any more."""


@dataclass(eq=False)
class _Job:
    """Work on a file of ``size`` bytes under way. The worker writes, the page reads; ``finished`` is set last."""

    name: str
    size: int
    phase: str = "Waiting"
    done: int = 0
    total: int | None = None
    error: str | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def pace(self) -> float:
        """Seconds between two looks: each one holds the work up a little."""
        return 0.4 if self.size <= CHEAP else 2.0

    def step(self, phase: str, done: int, total: int | None) -> None:
        """Take note of how far the work is."""
        self.phase, self.done, self.total = phase.capitalize(), done, total


@dataclass(eq=False)
class Check(_Job):
    """A file that is read and checked whole, so that it is known before the import what is taken. ``key`` says which and how.

    Its rows wait in a temporary file, which goes with the check. ``before_break`` are the records that can be taken from a file
    that cannot be read to its end, None for any other.
    """

    key: Any = None
    staged: Staged | None = None
    dropped: bool = False
    before_break: int | None = None

    def step(self, phase: str, done: int, total: int | None) -> None:
        """Take note of how far the work is, and end it when nobody waits for it."""
        if self.dropped:
            raise _Dropped
        super().step(phase, done, total)

    @property
    def checked(self) -> Checked | None:
        """What reading has shown; None while it goes on, or when it failed."""
        return self.staged.checked if self.staged is not None and self.finished.is_set() else None


@dataclass(eq=False)
class Run(_Job):
    """One import under way, into a project by name. ``noted`` says that the page has seen it end."""

    project: str = ""
    report: ImportReport | None = None
    noted: bool = False

    @property
    def share(self) -> float:
        """Progress from 0 to 1: reading is the first half, writing the second; .25 while the total is unknown."""
        part = 0.5 if not self.total else min(self.done / self.total, 1.0)
        return (0.5 if self.phase == "Writing" else 0.0) + part / 2

    @property
    def words(self) -> str:
        """What is going on."""
        return f"{self.phase} {self.done:,}{f' of {self.total:,}' if self.total else ''} rows of {self.name}…"


@st.cache_resource(show_spinner=False)
def _worker(what: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=what)


def check(key: Any, name: str, content: bytes, columns: ColumnMap | None, options: ImportOptions) -> Check:
    """Begin to read a file whole; nothing is written to the store."""
    begun = Check(name, len(content), key=key)
    _worker("check").submit(_check, begun, content, columns, options)
    return begun


def _check(job: Check, content: bytes, columns: ColumnMap | None, options: ImportOptions) -> None:
    try:
        job.step("reading", 0, None)
        job.staged = stage(content, columns, options, name=job.name, on_progress=job.step)
        weakref.finalize(job, job.staged.close)
    except PlateauError as error:
        job.error, job.before_break = str(error), error.before if isinstance(error, CutShort) else None
    except _Dropped:
        pass
    except BaseException as error:
        job.error = f"Reading broke off ({type(error).__name__}: {error})."
        raise
    finally:
        job.finished.set()


def start(
    store: Store, run: Run, before: Check | None, content: bytes, columns: ColumnMap | None, options: ImportOptions
) -> None:  # fmt: skip
    """Begin an import into the run's project, which is created when the file holds anything to import.

    What the check ``before`` has read is written, or waited for; without one the file is read first.
    """
    _worker("import").submit(_import, store, run, before, content, columns, options)


def _import(
    store: Store, run: Run, before: Check | None, content: bytes, columns: ColumnMap | None, options: ImportOptions
) -> None:  # fmt: skip
    try:
        staged = None if before is None else _awaited(run, before)
        with staged or stage(content, columns, options, name=run.name, on_progress=run.step) as ready:
            run.report = ready.write(store, run.project, run.step)
    except PlateauError as error:
        run.error = str(error)
    except BaseException as error:
        run.error = f"The import broke off ({type(error).__name__}: {error}); nothing was written."
        raise
    finally:
        run.finished.set()


def _awaited(run: Run, before: Check) -> Staged | None:
    """The rows of a check once it is over."""
    while not before.finished.wait(0.2):
        run.step(before.phase, before.done, before.total)
    return before.staged


def begin(
    store: Store, run: Run, check: Check | None, content: bytes, columns: ColumnMap | None, options: ImportOptions
) -> None:  # fmt: skip
    """Start an import and show how far it is."""
    st.session_state["import_run"] = run
    st.session_state.pop("import_check", None)
    start(store, run, check, content, columns, options)
    st.rerun()


def preview_table(rows: Sequence[ImportRow | Rejection]) -> pd.DataFrame:
    """Rows as they would be imported; a rejected one says why. Columns that no row fills are left out."""
    table = pd.DataFrame([_preview_row(row) for row in rows])
    return table[[name for name in table if name in ("", "id", "text", "labels") or table[name].astype(bool).any()]]


def _preview_row(row: ImportRow | Rejection) -> dict[str, str]:
    if isinstance(row, Rejection):
        row_of = dict.fromkeys(("labels", "annotator", "reviewed", "seconds", "scores", "written", "metadata"), "")
        return {"": "✕ rejected", "id": "", "text": str(row), **row_of}
    judged = row.labels is not None
    labels = [*(row.labels or ()), *(f"not {name}" for name in row.dismissed[:3])]
    return {
        "": row.state if judged else "unreviewed", "id": row.uid[:40], "text": row.text[:300],
        "labels": " | ".join(labels) or ("no label" if judged and row.state == "reviewed" else ""),
        "annotator": row.annotator if judged else "", "reviewed": (row.reviewed_at or "")[:16].replace("T", " "),
        "seconds": "" if row.seconds is None else f"{row.seconds:.1f}",
        "scores": ", ".join(f"{name} {score:.2f}" for name, score in list((row.scores or {}).items())[:3]),
        "written": (row.at or "")[:10], "metadata": ", ".join(facts(row.metadata))[:120],
    }  # fmt: skip


def rejection_table(rejections: Sequence[Rejection]) -> pd.DataFrame:
    """Rejected rows: where each is, what was found, the rule and the remedy."""
    rows = [
        {"File": r.file, "Row": r.row, "Column": r.column or "", "Value": r.value, "Rule": r.rule, "Remedy": r.remedy}
        for r in rejections
    ]
    table = pd.DataFrame(rows, columns=["File", "Row", "Column", "Value", "Rule", "Remedy"])
    return table if table["File"].any() else table.drop(columns="File")


def rejection_file(rejections: Sequence[Rejection]) -> bytes:
    """The rejected rows as CSV; what a spreadsheet would run as a formula is written as text."""
    table = rejection_table(rejections)
    return table.map(lambda cell: neutralise(cell) if isinstance(cell, str) else cell).to_csv(index=False).encode("utf-8-sig")
