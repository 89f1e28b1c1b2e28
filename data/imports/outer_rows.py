"""The rows of a database of another program, as the records of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from data.imports.reader import SAMPLE_ROWS
from data.imports.records import Record, Shape
from data.imports.table import header
from data.layout import is_ours
from data.store.elsewhere import Rows


@dataclass(frozen=True, slots=True)
class Records:
    """Rows by their columns: numbered from 1, null cells left out."""

    rows: Rows
    name: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, rows: Rows, name: str) -> Records:
        """The records of these rows; ImportFailed when two columns have one name."""
        return cls(rows, name, header(rows.names, name, []))

    def __iter__(self) -> Iterator[Record]:
        for number, row in enumerate(self.rows, 1):
            yield number, {column: cell for column, cell in zip(self.columns, row, strict=False) if cell is not None}

    def shape(self) -> Shape:
        """How they are built, with the first of them."""
        return Shape("sqlite", self.columns, tuple(islice(self, SAMPLE_ROWS)), ours=is_ours(self.columns))
