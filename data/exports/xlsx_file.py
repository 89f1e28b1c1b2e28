"""Writing XLSX within its limits: long cells are cut with a visible mark and a sheet of notes, characters escaped."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

import openpyxl

from data.errors import InvalidInput
from data.exports.table import ExportReport, Flat, Table, flatten, list_text
from data.layout import CUT_MARK, neutralise

MAX_CELL, MAX_ROWS, MAX_COLUMNS = 32_767, 1_048_576, 16_384
_KEPT_NOTES = 1000
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Write characters that XML cannot hold as ``_xHHHH_``, as workbooks do.

    >>> escape("a\\rb"), escape("_x000D_")
    ('a_x000D_b', '_x005F_x000D_')
    """
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def write_xlsx(table: Table, out: BinaryIO) -> ExportReport:
    """Write the table on a sheet of its name; lists become JSON."""
    flat, notes = flatten(table), _Notes()
    if len(flat.columns) > MAX_COLUMNS:
        raise InvalidInput(f"XLSX holds {MAX_COLUMNS:,} columns, the table has {len(flat.columns):,}. Export JSON Lines instead.")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(table.name)
    try:
        count = _fill(sheet, flat, notes)
    except BaseException:
        sheet.close()  # or its temporary file complains when it is collected
        raise
    notes.write(book)
    book.save(out)
    return ExportReport(count, notes.sentences())


def _fill(sheet: Any, flat: Flat, notes: _Notes) -> int:
    count = 0
    sheet.append([escape(neutralise(column.name)) for column in flat.columns])
    for count, row in enumerate(flat.rows(), start=1):
        if count >= MAX_ROWS:
            raise InvalidInput(f"XLSX holds {MAX_ROWS - 1:,} rows, there are more. Export CSV or Parquet instead.")
        sheet.append([notes.fit(_cell(v), count + 1, c.name) for v, c in zip(row, flat.columns, strict=True)])
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = list_text(value)
    return escape(neutralise(value)) if isinstance(value, str) else value


class _Notes:
    """The cells that were cut."""

    def __init__(self) -> None:
        self.cut, self.count = [], 0  # type: tuple[list[tuple[int, str, int]], int]

    def fit(self, cell: Any, row: int, column: str) -> Any:
        """The cell, cut to what XLSX holds."""
        if not isinstance(cell, str) or len(cell) <= MAX_CELL // 2 or _width(cell) <= MAX_CELL:
            return cell
        self.count += 1
        if len(self.cut) < _KEPT_NOTES:
            self.cut.append((row, column, len(cell)))
        mark = f" … [cut: {len(cell):,} {CUT_MARK}"
        room = cell.encode("utf-16-le")[: 2 * (MAX_CELL - len(mark) - 8)]
        return re.sub("_x?[0-9A-F]{0,4}$", "", room.decode("utf-16-le", "ignore")) + mark  # no half of an escape stays

    def write(self, book: Any) -> None:
        """Say on a sheet of its own what was cut."""
        if self.cut:
            sheet = book.create_sheet("notes")
            sheet.append(["row", "column", "characters", "note"])
            for row, column, size in self.cut:
                sheet.append([row, escape(neutralise(column)), size, f"cut to {MAX_CELL:,} characters, the most that XLSX holds"])

    def sentences(self) -> tuple[str, ...]:
        """The same for a report."""
        said = f"{self.count:,} cells were too long for XLSX and were cut; the sheet 'notes' names them."
        return (said,) if self.count else ()


def _width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
