"""Writing a table to a file, all or nothing, or to bytes for a download."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from data.errors import InvalidInput, StoreError
from data.exports.csv_file import write_csv
from data.exports.jsonl_file import write_jsonl
from data.exports.parquet_file import write_parquet
from data.exports.table import ExportReport, Row, Table
from data.exports.xlsx_file import write_xlsx

ExportFormat = Literal["csv", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
_WRITERS: dict[str, Callable[[Table, BinaryIO], ExportReport]] = {
    "csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet, "xlsx": write_xlsx,
}  # fmt: skip
_EVERY = 1000


def export_file(
    table: Table, path: str | Path, format: ExportFormat, on_progress: Callable[[int], None] | None = None
) -> ExportReport:
    """Write a table to a file that appears only when it is whole; an existing one is replaced. Raises StoreError."""
    with whole_file(path) as out:
        return write(table, out, format, on_progress)


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its name when the block ends well and leaves no trace otherwise. Raises StoreError."""
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written: {error.strerror or error}. Free some space or choose another folder."
        ) from error


def export_bytes(table: Table, format: ExportFormat) -> tuple[bytes, ExportReport]:
    """The same as bytes, for a download."""
    out = io.BytesIO()
    report = write(table, out, format)
    return out.getvalue(), report


def write(table: Table, out: BinaryIO, format: ExportFormat, on_progress: Callable[[int], None] | None = None) -> ExportReport:
    """Write a table to an open binary file; ``on_progress`` is told how many rows were gone through."""
    if format not in _WRITERS:
        raise InvalidInput(f"There is no export format {format!r}. Choose one of {', '.join(FORMATS)}.")
    told = table if on_progress is None else replace(table, rows=lambda: _counting(table.rows(), on_progress))
    return _WRITERS[format](told, out)


def _counting(rows: Iterator[Row], on_progress: Callable[[int], None]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % _EVERY == 0:
            on_progress(number)
        yield row


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
