"""Writing Parquet, a batch of rows at a time."""

from __future__ import annotations

from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from data.exports.table import ExportReport, Flat, Table, flatten

BATCH = 10_000
_TYPES = {"text": pa.string(), "list": pa.list_(pa.string()), "number": pa.float64(), "integer": pa.int64()}


def write_parquet(table: Table, out: BinaryIO) -> ExportReport:
    """Write the table; blank cells are null, metadata other than text is JSON."""
    flat = flatten(table)
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in flat.columns])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        return ExportReport(_write_batches(flat, schema, writer))


def _write_batches(flat: Flat, schema: pa.Schema, writer: pq.ParquetWriter) -> int:
    rows, count = flat.rows(), 0
    while batch := list(islice(rows, BATCH)):
        columns = [pa.array(values, type=kind) for values, kind in zip(zip(*batch, strict=True), schema.types, strict=True)]
        writer.write_batch(pa.record_batch(columns, schema=schema))
        count += len(batch)
    return count
