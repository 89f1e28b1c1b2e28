"""An import that runs beside the page: a thread reads and writes, the page only looks how far it is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from data.errors import PlateauError
from data.imports import ColumnMap, ImportOptions, ImportReport, Preview, Rejection, stage
from data.layout import facts, neutralise
from data.records import ImportRow
from data.store import Store


@dataclass
class Run:
    """One import under way. The worker writes, the page reads; ``finished`` is set last."""

    name: str
    project: str
    phase: str = "Waiting"
    done: int = 0
    total: int | None = None
    report: ImportReport | None = None
    error: str | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def step(self, phase: str, done: int, total: int | None) -> None:
        """Take note of how far the work is."""
        self.phase, self.done, self.total = phase.capitalize(), done, total

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
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")


def start(store: Store, run: Run, content: bytes, columns: ColumnMap, options: ImportOptions) -> None:
    """Begin an import into the run's project, which is created when the file holds anything to import."""
    _worker().submit(_import, store, run, content, columns, options)


def _import(store: Store, run: Run, content: bytes, columns: ColumnMap, options: ImportOptions) -> None:
    try:
        with stage(content, columns, options, name=run.name, on_progress=run.step) as staged:
            run.report = staged.write(store, run.project)
    except PlateauError as error:
        run.error = str(error)
    except BaseException as error:
        run.error = f"The import broke off ({type(error).__name__}: {error}); nothing was written."
        raise
    finally:
        run.finished.set()


def preview_table(preview: Preview) -> pd.DataFrame:
    """The first rows as they would be imported; a rejected one says why."""
    return pd.DataFrame([_preview_row(row) for row in preview.parsed])


def _preview_row(row: ImportRow | Rejection) -> dict[str, str]:
    if isinstance(row, Rejection):
        return {"": "✕ rejected", "id": "", "text": str(row), "labels": "", "annotator": "", "date": "", "metadata": ""}
    state = "unreviewed" if row.labels is None else row.state
    labels = [*(row.labels or ()), *(f"not {name}" for name in row.dismissed[:3])]
    return {
        "": state, "id": row.uid[:40], "text": row.text[:300], "labels": " | ".join(labels),
        "annotator": row.annotator if labels else "", "date": (row.at or "")[:10],
        "metadata": ", ".join(facts(row.metadata))[:120],
    }  # fmt: skip


def rejection_table(report: ImportReport) -> pd.DataFrame:
    """Every rejected row that was kept: where it is, what was found, the rule and the remedy."""
    rows = [
        {"Row": r.row, "Column": r.column or "", "Value": r.value, "Rule": r.rule, "Remedy": r.remedy} for r in report.rejections
    ]
    return pd.DataFrame(rows, columns=["Row", "Column", "Value", "Rule", "Remedy"])


def rejection_file(report: ImportReport) -> bytes:
    """The rejected rows as CSV; what a spreadsheet would run as a formula is written as text."""
    table = rejection_table(report)
    return table.map(lambda cell: neutralise(cell) if isinstance(cell, str) else cell).to_csv(index=False).encode("utf-8-sig")
