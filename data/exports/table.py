"""What every export has in common: named columns, rows that can be gone through again, and their flat form for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from data.layout import TYPED, metadata_column

Kind = Literal["text", "list", "number", "integer"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, and what its cells are."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells in the order of the columns (None is blank), and metadata that becomes columns of its own."""

    cells: tuple[Any, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Something to export. ``rows`` starts from the beginning each time it is called."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: rows, and notes on anything that the format could not hold."""

    rows: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flat:
    """A table in which metadata has become columns, one for each key; ``typed`` rows name those that are JSON."""

    table: Table
    keys: tuple[str, ...]
    typed: bool

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's own columns, then one for each metadata key."""
        extra = [Column(metadata_column(key)) for key in self.keys] + ([Column(TYPED)] if self.typed else [])
        return (*self.table.columns, *extra)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows, their cells texts, numbers, lists of texts, or None."""
        for row in self.table.rows():
            special = [metadata_column(key) for key, value in row.metadata.items() if _special(value)]
            extra = tuple(_cell(row.metadata[key]) if key in row.metadata else None for key in self.keys)
            last = (json.dumps(special, ensure_ascii=False) if special else None,) if self.typed else ()
            yield (*row.cells, *extra, *last)


def flatten(table: Table) -> Flat:
    """Go through the rows once to see which metadata they have."""
    keys: dict[str, None] = {}
    typed = False
    for row in table.rows():
        keys.update(dict.fromkeys(row.metadata))
        typed = typed or any(map(_special, row.metadata.values()))
    return Flat(table, tuple(keys), typed)


def list_text(values: Any) -> str:
    """A list as the JSON text of its cell."""
    return json.dumps(list(values), ensure_ascii=False)


def _special(value: Any) -> bool:
    """Whether a cell of plain text would not bring the value back."""
    return not isinstance(value, str) or value == ""


def _cell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if _special(value) else str(value)
