"""Reading XLSX workbooks, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl

from data.errors import ImportFailed, PlateauError
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.imports.source import Source
from data.imports.table import header
from data.layout import CUT_MARK, is_escaped, is_ours, restore

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """Characters that XML cannot hold are written ``_xHHHH_`` in a workbook; give them back.

    >>> unescape("a_x000D_b"), unescape("_x005F_x000D_")
    ('a\\rb', '_x000D_')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


@contextmanager
def _sheet(source: Source, wanted: str | None) -> Iterator[Any]:
    with source.open() as stream:
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            if wanted is not None and wanted not in book.sheetnames:
                there = ", ".join(map(repr, book.sheetnames))
                raise ImportFailed(f"{source.name} has no sheet {wanted!r}. Its sheets are {there}.")
            yield book[wanted or book.sheetnames[0]]
            book.close()
        except PlateauError:
            raise
        except Exception as error:  # a damaged workbook makes the parser fail in any way
            raise ImportFailed(f"{source.name} is a damaged workbook ({error}). Save it again as .xlsx.") from error


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    sheet.reset_dimensions()  # writers state them wrongly
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, [unescape(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row]


def shape_xlsx(source: Source, options: ImportOptions) -> Shape:
    """The sheet and the columns that its first filled row names."""
    warnings: list[str] = []
    with _sheet(source, options.sheet) as sheet:
        name, others = sheet.title, [other for other in sheet.parent.sheetnames if other != sheet.title]
        first = next((row for _, row in _rows(sheet) if any(cell != "" for cell in row)), None)
    if others and options.sheet is None:
        warnings.append(f"Only the sheet {name!r} is read; the workbook also has {', '.join(map(repr, others))}.")
    if first is None:
        raise ImportFailed(f"The sheet {name!r} of {source.name} is empty. The first row must name the columns.")
    columns = header([str(cell) for cell in first], source.name, warnings)
    ours, escaped = is_ours(columns), is_escaped(columns)
    restored = tuple(map(restore, columns)) if escaped else columns
    return Shape("xlsx", restored, sheet=name, ours=ours, escaped=escaped, warnings=tuple(warnings))


def records_xlsx(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """The rows below the header; a cell to the right of it, or one that was cut, makes a rejection."""
    width, seen = len(shape.columns), False
    with _sheet(source, shape.sheet) as sheet:
        for number, row in _rows(sheet):
            filled = any(cell != "" for cell in row)
            if not filled or not seen:
                seen = seen or filled
            elif any(cell != "" for cell in row[width:]):
                rule = f"the row has {len(row)} cells, the header has {width}"
                yield Rejection(number, None, "", rule, "Name every column in the header.")
            else:
                yield _record(number, row[:width] + [""] * (width - len(row)), shape)


def _record(number: int, row: list[Any], shape: Shape) -> Record | Rejection:
    cells = dict(zip(shape.columns, row, strict=True))
    cut = next((column for column, cell in cells.items() if isinstance(cell, str) and cell.endswith(CUT_MARK)), None)
    if cut is not None:
        remedy = "Export CSV or Parquet, and import that."
        return Rejection(number, cut, "", "the cell was cut when the workbook was written", remedy)
    return number, {c: restore(v) if isinstance(v, str) else v for c, v in cells.items()} if shape.escaped else cells
