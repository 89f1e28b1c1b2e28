"""Reading Arrow files, a batch at a time: Hugging Face's ``save_to_disk`` writes them, and Feather is one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from data.errors import ImportFailed, PlateauError
from data.imports.hf_features import Decode, decoded, decoders, features_of
from data.imports.records import Record, Rejection, Shape
from data.imports.source import Source
from data.layout import is_ours

_FILE = b"ARROW1"
_INFO, _STATE = "dataset_info.json", "state.json"
_ABOUT = {_INFO, _STATE, "dataset_dict.json", "README.md"}


@contextmanager
def _open(source: Source) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    with source.open() as stream:
        try:
            if source.head(len(_FILE)) == _FILE:
                file = pa.ipc.open_file(stream)
                yield file.schema, map(file.get_batch, range(file.num_record_batches))
            else:
                batches = pa.ipc.open_stream(stream)
                yield batches.schema, iter(batches)
        except PlateauError:
            raise
        except Exception as error:  # a damaged file makes the parser fail in any way
            raise ImportFailed(f"{source.name} is a damaged Arrow file ({error}). Write it again.") from error


def shape_arrow(source: Source) -> Shape:
    """The columns."""
    with _open(source) as (schema, _):
        return Shape("arrow", tuple(schema.names), ours=is_ours(schema.names))


def records_arrow(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """Every row, numbered from 1; columns that are null in a row are left out, classes go by their names."""
    number = 0
    with _open(source) as (schema, batches):
        decode = _decoders(source, schema)
        for batch in batches:
            for row in batch.to_pylist():
                number += 1
                yield number, decoded(row, decode)


def _decoders(source: Source, schema: pa.Schema) -> dict[str, Decode]:
    """From the file itself or, failing that, from the description that lies beside it."""
    found = features_of(schema.metadata)
    if not found and source.member is not None:
        found = _beside(source, _INFO).get("features") or {}
    return decoders(found)


def arrow_files(source: Source, paths: Sequence[str]) -> tuple[str, ...]:
    """The Arrow files of a saved dataset, or of each split of one; those that a computation left there are none of them."""
    found = [path for path in paths if PurePosixPath(path).suffix == ".arrow"]
    for folder in {str(PurePosixPath(path).parent) for path in found}:
        state = _beside(source.at(f"{folder}/{_STATE}"), _STATE)
        if state.get("_indices_data_files"):
            raise ImportFailed(
                f"{source.name} is a selection of a dataset, saved as its row numbers. Save it with flatten_indices() first."
            )
        if listed := {entry.get("filename") for entry in state.get("_data_files") or ()}:
            found = [p for p in found if str(PurePosixPath(p).parent) != folder or PurePosixPath(p).name in listed]
    return tuple(path for path in found if not PurePosixPath(path).name.startswith("cache-"))


def about_dataset(path: str) -> bool:
    """Whether this file of a saved dataset only describes it."""
    return PurePosixPath(path).name in _ABOUT


def _beside(source: Source, name: str) -> dict[str, Any]:
    """A JSON file in the folder of this one; empty if there is none that can be read."""
    path = str(PurePosixPath(source.member or "").with_name(name))
    try:
        with replace(source, member=path).open() as stream:
            found = json.load(stream)
    except (ImportFailed, KeyError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
