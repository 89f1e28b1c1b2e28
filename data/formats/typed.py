"""Columns for the further fields of items, in files whose columns have one type each: which there are, and of what type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from data.formats.fields import escaped, kept, unescaped
from data.imports.cells import structure
from data.layout import TYPED

BATCH = 10_000
_PLAIN = {pa.string(), pa.bool_(), pa.int64(), pa.float64(), pa.list_(pa.string())}


class Columns:
    """The columns that further fields take. Show it all of them first (:meth:`see`); then :meth:`cells` gives a record's.

    Fields of one plain type keep it. Anything else becomes JSON text, and the column ``metadata_json`` names it.
    """

    def __init__(self, taken: Callable[[str], bool]) -> None:
        self._taken = taken
        self._types: dict[str, pa.DataType | None] = {}  # None: JSON

    def see(self, metadata: Mapping[str, Any]) -> None:
        """Learn which fields an item has."""
        for key, value in metadata.items():
            if value is not None:
                kind = _plain_type(value)
                self._types[key] = kind if self._types.setdefault(key, kind) == kind else None

    @property
    def names(self) -> list[str]:
        """The columns, in the order seen."""
        return [self._column(key) for key in self._types] + ([TYPED] if None in self._types.values() else [])

    @property
    def fields(self) -> list[pa.Field]:
        """The columns with their types."""
        typed = [pa.field(TYPED, pa.string())] if None in self._types.values() else []
        return [pa.field(self._column(key), kind or pa.string()) for key, kind in self._types.items()] + typed

    def cells(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """The cell of every column; None where the item has nothing."""
        found = dict.fromkeys(self.names)
        packed = []
        for key, value in metadata.items():
            if value is not None:
                found[self._column(key)] = value
                if self._types[key] is None:
                    found[self._column(key)] = json.dumps(value, ensure_ascii=False)
                    packed.append(self._column(key))
        return found | ({TYPED: json.dumps(packed, ensure_ascii=False)} if packed else {})

    def _column(self, key: str) -> str:
        return escaped(key, lambda name: name == TYPED or self._taken(name))


def metadata_of(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that :meth:`Columns.cells` wrote."""
    packed = set(structure(cells.get(TYPED) or "[]", TYPED))
    read = {key: structure(cell, key) if key in packed else cell for key, cell in cells.items() if key != TYPED}
    return {unescaped(key): value for key, value in kept(read).items()}


def _plain_type(value: Any) -> pa.DataType | None:
    if value == []:
        return pa.list_(pa.string())
    try:
        kind = pa.infer_type([value])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None
    return kind if kind in _PLAIN else None


class Structures:
    """Columns of any structure that came from another tool and go back to it. Show it all of them first (:meth:`see`)."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType | None] = {}  # None: they have no type in common, and become JSON text

    def see(self, cells: Mapping[str, Any]) -> None:
        """Learn which columns a record has."""
        for name, cell in cells.items():
            if cell is not None:
                self._types[name] = _common(self._types.get(name, pa.null()), cell)

    @property
    def fields(self) -> list[pa.Field]:
        """The columns with their types."""
        return [pa.field(name, kind or pa.string()) for name, kind in self._types.items()]

    def cells(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The cells as their columns hold them."""
        packed = {name for name, cell in cells.items() if cell is not None and self._types[name] is None}
        return {name: json.dumps(cell, ensure_ascii=False) if name in packed else cell for name, cell in cells.items()}


def _common(known: pa.DataType | None, value: Any) -> pa.DataType | None:
    """The type that a value shares with those before it, nested or not; None when there is none."""
    if known is None:
        return None
    try:
        schemas = [pa.schema([("cell", kind)]) for kind in (known, pa.infer_type([value]))]
        return pa.unify_schemas(schemas, promote_options="permissive").field("cell").type
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None


def write_parquet(records: Iterable[Mapping[str, Any]], fields: Sequence[pa.Field], out: BinaryIO) -> int:
    """Write records as Parquet, a batch at a time; how many there were."""
    schema, rows, count = pa.schema(fields), iter(records), 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while batch := list(islice(rows, BATCH)):
            columns = [pa.array([row[field.name] for row in batch], type=field.type) for field in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            count += len(batch)
    return count


def write_lines(records: Iterable[Mapping[str, Any]], out: BinaryIO) -> int:
    """Write records as JSON Lines; how many there were."""
    count = 0
    for record in records:
        out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count
