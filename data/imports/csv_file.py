"""Reading CSV and TSV, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import ImportFailed
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.imports.sniff import ONE_COLUMN, SAMPLE, separator_of
from data.imports.source import Source
from data.imports.table import header
from data.layout import is_escaped, is_ours, restore

MAX_CELL = 4_000_000


@contextmanager
def _lines(source: Source, encoding: str, errors: str) -> Iterator[io.TextIOWrapper]:
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
        try:
            yield text
        finally:
            text.detach()


def shape_csv(source: Source, options: ImportOptions, encoding: str, errors: str, warnings: list[str]) -> Shape:
    """The separator and columns of a CSV file."""
    with _lines(source, encoding, errors) as lines:
        separator = options.separator or separator_of(lines.read(SAMPLE))
    shape = Shape("csv", (), encoding=encoding, errors=errors, separator=separator)
    first = next((row for _, row in _rows(source, shape) if isinstance(row, list) and any(row)), None)
    if first is None:
        raise ImportFailed(f"{source.name} has no header. The first row must name the columns.")
    if separator == ONE_COLUMN:
        warnings.append("The header holds no separator: the file is read as one column.")
    columns = header(first, source.name, warnings)
    ours, escaped = is_ours(columns), is_escaped(columns)
    if escaped:
        columns = tuple(map(restore, columns))
    return Shape("csv", columns, (), encoding, separator, errors, ours=ours, escaped=escaped, warnings=tuple(warnings))


def records_csv(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """The rows below the header; one with too few or too many cells is a rejection."""
    rows = _rows(source, shape)
    for _, row in rows:
        if isinstance(row, list) and any(row):
            break
    width = len(shape.columns)
    for number, row in rows:
        if isinstance(row, Rejection):
            yield row
        elif len(row) > width and not any(row[width:]):
            yield number, dict(zip(shape.columns, row, strict=False))
        elif len(row) != width and row:
            yield _ragged(number, row, width)
        elif any(row):
            cells = map(restore, row) if shape.escaped else row
            yield number, dict(zip(shape.columns, cells, strict=True))


def _ragged(number: int, row: list[str], width: int) -> Rejection:
    return Rejection(
        number, None, repr(" | ".join(row)[:80]), f"the row has {len(row)} cells, the header has {width}",
        "Put a cell that holds the separator or a newline in double quotes.",
    )  # fmt: skip


def _rows(source: Source, shape: Shape) -> Iterator[tuple[int, list[str] | Rejection]]:
    csv.field_size_limit(MAX_CELL)
    with _lines(source, shape.encoding or "utf-8", shape.errors) as lines:
        reader = csv.reader(lines, delimiter=shape.separator or ",", strict=True)
        number = 0
        while True:
            number += 1
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, _broken(source, number, reader.line_num, error)


def _broken(source: Source, number: int, line: int, error: csv.Error) -> Rejection:
    """A row with stray quotes is a rejection; a quote that is never closed spoils the rest of the file."""
    if "unexpected end" in str(error) or "field limit" in str(error):
        raise ImportFailed(
            f"{source.name}: in row {number} a quotation mark is opened and not closed before line {line}. "
            "Close it, or double the quotation marks within the cell."
        )
    remedy = "Put the whole cell in double quotes, and double those within it."
    return Rejection(number, None, "", f"the quotation marks on line {line} do not match ({error})", remedy)
