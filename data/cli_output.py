"""What the command line prints: results on standard output, progress on standard error."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from typing import Any

from data.formats.tools import TOOLS
from data.imports import ImportReport, Preview, Rejection
from data.imports.records import ROLES

_EVERY_SECONDS = 0.5
_SHOWN = 20


def show(arguments: argparse.Namespace, document: Any, lines: Iterable[str]) -> None:
    """Print a result for people or, with ``--json``, for programs."""
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False, default=str))  # noqa: T201
        return
    for line in lines:
        print(line)  # noqa: T201


def lines_of_preview(seen: Preview) -> list[str]:
    """A preview in words: the file, what its columns mean, the first rows, and what to mind."""
    facts = [seen.tool and TOOLS[seen.tool].title, seen.format, seen.encoding, seen.separator and f"separator {seen.separator!r}"]
    head = f"{seen.name}: {', '.join(str(fact) for fact in (*facts, _rows(seen.total)) if fact)}"
    meanings = _asked(seen) if seen.tool else _meanings(seen)
    rows = [_row(row) for row in seen.parsed[:5]]
    return [head, *meanings, *rows, *(f"Note: {warning}" for warning in seen.warnings)]


def _asked(seen: Preview) -> list[str]:
    return [f"  questions = {', '.join(seen.questions)}"] if seen.questions else []


def _meanings(seen: Preview) -> list[str]:
    meant = {"text": list(seen.map.text), "one_hot": list(seen.map.one_hot)}
    meant |= {role: [column] for role in ROLES if (column := getattr(seen.map, role))}
    kept = [column for column in seen.columns if column not in seen.map.used]
    lines = [f"  {role} = {' + '.join(columns)}" for role, columns in meant.items() if columns]
    return lines + ([f"  metadata = {', '.join(kept)}"] if kept else [])


def _rows(total: int | None) -> str | None:
    return None if total is None else f"{total:,} rows"


def _row(row: Any) -> str:
    if isinstance(row, Rejection):
        return f"  rejected: {row}"
    said = "unreviewed" if row.labels is None else f"{row.state} {list(row.labels)}"
    return f"  {row.uid}: {row.text[:60]!r} {said}"


def lines_of_import(project: str, report: ImportReport) -> list[str]:
    """An import in words: counts, then every rejected row, then what to mind."""
    counts = report.counts
    hidden = report.rejected - _SHOWN
    return [
        f"{project}: {report.rows:,} rows in, {report.accepted:,} accepted, {report.rejected:,} rejected.",
        f"Items: {counts.items_added:,} added, {counts.items_updated:,} updated, {counts.items_unchanged:,} unchanged. "
        f"Reviews: {counts.reviews_added:,} added, {counts.reviews_unchanged:,} unchanged. "
        f"Labels: {counts.labels_added:,} added. Predictions: {counts.predictions:,}.",
        *(f"  {rejection}" for rejection in report.rejections[:_SHOWN]),
        *([f"  and {hidden:,} more; --json lists the first {len(report.rejections):,}"] if hidden > 0 else []),
        *(f"Note: {warning}" for warning in report.warnings),
    ]


class Progress:
    """Says on standard error how far long work is, a few times a second at most."""

    def __init__(self) -> None:
        self._last, self._said = time.monotonic(), False

    def import_step(self, what: str, done: int, total: int | None) -> None:
        """How many rows are read or written."""
        self._say(f"{what} {done:,}" + (f" of {total:,}" if total else "") + " rows")

    def export_step(self, done: int) -> None:
        """How many rows are written."""
        self._say(f"writing {done:,} rows")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._said:  # leave the line that was written over
            print(file=sys.stderr)  # noqa: T201

    def _say(self, text: str) -> None:
        if time.monotonic() - self._last >= _EVERY_SECONDS:
            self._last, self._said = time.monotonic(), True
            print(f"\r{text:<40}", end="", file=sys.stderr, flush=True)  # noqa: T201
