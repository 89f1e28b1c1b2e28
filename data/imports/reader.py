"""One way to read every format: recognise a file, then go through its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from data.errors import ImportFailed
from data.imports.csv_file import records_csv, shape_csv
from data.imports.json_file import records_json
from data.imports.parquet_file import records_parquet, shape_parquet
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.imports.sniff import binary_format, text_encoding, text_format
from data.imports.source import Source
from data.imports.xlsx_file import records_xlsx, shape_xlsx
from data.layout import is_ours

SAMPLE_ROWS = 1000
SAMPLE_CHARACTERS = 8_000_000


def recognise(source: Source, options: ImportOptions) -> Shape:
    """The format, encoding, separator and columns of a file, with its first records."""
    kind = binary_format(source)
    shape = shape_parquet(source) if kind == "parquet" else shape_xlsx(source, options) if kind else _shape_text(source, options)
    first, whole = _beginning(source, shape)
    if not first:
        raise ImportFailed(f"{source.name} has a header but no rows. Choose a file with at least one row.")
    sample = tuple(record for record in first if not isinstance(record, Rejection))
    if shape.format in ("json", "jsonl"):
        columns = tuple(dict.fromkeys(key for _, cells in sample for key in cells))
        shape = replace(shape, columns=columns, ours=is_ours(columns))
    shape = replace(shape, sample=sample, rows=len(first) if whole else shape.rows)
    from data.formats.tools import tool_of  # the formats of tools stand on this package

    return replace(shape, tool=tool_of(shape, options, source.name))


def _beginning(source: Source, shape: Shape) -> tuple[list[Record | Rejection], bool]:
    """The first records, as many as fit in little memory, and whether they are all."""
    first: list[Record | Rejection] = []
    room = SAMPLE_CHARACTERS
    for record in records(source, shape):
        if len(first) == SAMPLE_ROWS or room < 0:
            return first, False
        first.append(record)
        room -= len(str(record))
    return first, True


def records(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """The records of a recognised file, one at a time."""
    readers = {
        "csv": records_csv, "json": records_json, "jsonl": records_json, "xlsx": records_xlsx, "parquet": records_parquet,
    }  # fmt: skip
    return readers[shape.format](source, shape)


def _shape_text(source: Source, options: ImportOptions) -> Shape:
    encoding, errors, warnings = text_encoding(source, options.encoding)
    kind = text_format(source, encoding, errors)
    if kind == "csv":
        return shape_csv(source, options, encoding, errors, warnings)
    return Shape(kind, (), encoding=encoding, errors=errors, warnings=tuple(warnings))
