"""Reading Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow.parquet as pq

from data.errors import ImportFailed, PlateauError
from data.imports.hf_features import decoded, decoders, features_of
from data.imports.records import Record, Rejection, Shape
from data.imports.source import Source
from data.layout import is_ours

BATCH = 1000


@contextmanager
def _open(source: Source) -> Iterator[Any]:
    with source.open() as stream:
        try:
            yield pq.ParquetFile(stream)
        except PlateauError:
            raise
        except Exception as error:  # a damaged file makes the parser fail in any way
            raise ImportFailed(f"{source.name} is a damaged Parquet file ({error}). Write it again.") from error


def shape_parquet(source: Source) -> Shape:
    """The columns and the number of rows."""
    with _open(source) as file:
        columns = tuple(file.schema_arrow.names)
        return Shape("parquet", columns, ours=is_ours(columns), rows=file.metadata.num_rows)


def records_parquet(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """Every row, numbered from 1; columns that are null in a row are left out, classes go by their names."""
    number = 0
    with _open(source) as file:
        decode = decoders(features_of(file.schema_arrow.metadata))
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, decoded(row, decode)
