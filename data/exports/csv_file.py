"""Writing CSV that spreadsheets open correctly: UTF-8 with a mark, and no cell that is run as a formula."""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO

from data.exports.table import ExportReport, Table, flatten, list_text
from data.layout import neutralise


def write_csv(table: Table, out: BinaryIO) -> ExportReport:
    """Write the table; lists become JSON."""
    flat, count = flatten(table), 0
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([neutralise(column.name) for column in flat.columns])
        for row in flat.rows():
            writer.writerow([_cell(value) for value in row])
            count += 1
    finally:
        text.detach()
    return ExportReport(count)


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return list_text(value)
    return neutralise(value) if isinstance(value, str) else value
