"""Writing JSON Lines: one object a row, metadata beside the columns."""

from __future__ import annotations

import json
from typing import BinaryIO

from data.exports.table import ExportReport, Table
from data.layout import metadata_column


def write_jsonl(table: Table, out: BinaryIO) -> ExportReport:
    """Write the table; blank cells are null."""
    names = [column.name for column in table.columns]
    count = 0
    for row in table.rows():
        record = dict(zip(names, row.cells, strict=True)) | {metadata_column(key): value for key, value in row.metadata.items()}
        out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        count += 1
    return ExportReport(count)
