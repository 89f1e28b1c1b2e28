"""Writing a dataset of Hugging Face: a folder, packed as a zip archive, that ``datasets.load_from_disk`` opens once unpacked.

It is read like any table of Arrow files. It has the columns of Plateau's own tables, one row per item and annotator; the
labels are classes, so that a model can be trained with it as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa

from data.exports.handover import Handover, Judgement, Whole
from data.exports.table import Column, ExportReport, Flat, Kind, Row, Table, flatten
from data.formats.base import Keeps, ToolFormat
from data.layout import ITEM_COLUMNS

BATCH = 1000
_LISTS = ("labels", "dismissed", "suggested_labels", "unknown_labels")
_KINDS: dict[str, Kind] = {**dict.fromkeys(_LISTS, "list"), "lead_time_s": "number", "uncertain": "integer"}
_TYPES = {"text": pa.string(), "list": pa.list_(pa.string()), "number": pa.float64(), "integer": pa.int64()}
_NAMES = {"text": "string", "list": "string", "number": "float64", "integer": "int64"}
_SPLIT = re.compile(r"\w+(\.\w+)*")
_CLASSES = pa.list_(pa.int64())


def write_folder(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write the archive. Items whose metadata name a split each go to the dataset of that name."""
    names = list(dict.fromkeys(label.name for label in handover.store.labels(handover.project.id, retired=True)))
    splits = _splits(handover)
    count = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if splits != [None]:
            _text(archive, "dataset_dict.json", {"splits": splits})
        whole = flatten(_table(handover, splits))
        for split in splits:
            part = Flat(_table(handover, [split]), whole.keys, whole.typed)  # every split has the same columns
            count += _write_split(archive, f"{split}/" if split else "", part, names)
    return ExportReport(count)


def _table(handover: Handover, splits: list[str | None]) -> Table:
    columns = tuple(Column(name, _KINDS.get(name, "text")) for name in ITEM_COLUMNS)
    return Table("items", columns, lambda: _rows(handover, splits))


def _splits(handover: Handover) -> list[str | None]:
    """The splits that the items are of, if every one names a split by a plain word."""
    found = dict.fromkeys(whole.item.metadata.get("split") for whole in handover.wholes())
    plain = all(isinstance(split, str) and _SPLIT.fullmatch(split) for split in found)
    return list(found) if found and plain else [None]


def _rows(handover: Handover, splits: list[str | None]) -> Iterator[Row]:
    for whole in handover.wholes():
        if splits == [None]:
            yield from _rows_of(whole)
        elif whole.item.metadata["split"] in splits:
            metadata = {key: value for key, value in whole.item.metadata.items() if key != "split"}
            yield from _rows_of(replace(whole, item=replace(whole.item, metadata=metadata)))


def _rows_of(whole: Whole) -> Iterator[Row]:
    item = whole.item
    for number in range(max(len(whole.judgements), len(whole.predictions), 1)):
        cells: dict[str, Any] = {"id": item.uid, "text": item.text, "media": item.media, "date": item.at}
        if number < len(whole.predictions):
            version, scores = whole.predictions[number]
            cells |= {"model_version": version, "label_scores": json.dumps(dict(scores), ensure_ascii=False)}
        if number < len(whole.judgements):
            cells |= _judged(whole.judgements[number])
        yield Row(tuple(cells.get(name) for name in ITEM_COLUMNS), item.metadata)


def _judged(judged: Judgement) -> dict[str, Any]:
    return {
        "labels": judged.labels, "dismissed": judged.dismissed, "suggested_labels": judged.confirmed,
        "unknown_labels": judged.unknown, "state": judged.state, "judged": "named" if judged.partial else "all",
        "annotator": judged.annotator, "reviewed_at": judged.at, "lead_time_s": judged.seconds, "selection_source": judged.source,
        "uncertain": int(judged.uncertain), "note": judged.note or None,
    }  # fmt: skip


def _write_split(archive: zipfile.ZipFile, folder: str, flat: Flat, names: list[str]) -> int:
    features = {column.name: _feature(column, names) for column in flat.columns}
    info = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
    kinds = [(c.name, _CLASSES if c.name == "labels" and names else _TYPES[c.kind]) for c in flat.columns]
    schema = pa.schema(kinds, {"huggingface": json.dumps({"info": {"features": features}})})
    data = "data-00000-of-00001.arrow"
    with archive.open(_entry(folder + data), "w", force_zip64=True) as sink, pa.ipc.new_stream(sink, schema) as writer:
        count = _write_rows(flat, schema, writer, {name: number for number, name in enumerate(names)})
    _text(archive, f"{folder}dataset_info.json", info)
    print_of = hashlib.sha256(json.dumps([features, count]).encode()).hexdigest()[:16]
    state: dict[str, Any] = {
        "_data_files": [{"filename": data}], "_fingerprint": print_of, "_format_columns": None, "_format_kwargs": {},
        "_format_type": None, "_output_all_columns": False, "_split": folder.removesuffix("/") or None,
    }  # fmt: skip
    _text(archive, f"{folder}state.json", state)
    return count


def _write_rows(flat: Flat, schema: pa.Schema, writer: Any, numbers: Mapping[str, int]) -> int:
    place, rows, count = ITEM_COLUMNS.index("labels"), flat.rows(), 0
    while batch := list(islice(rows, BATCH)):
        columns = [list(column) for column in zip(*batch, strict=True)]
        if numbers:
            columns[place] = [None if named is None else [numbers[name] for name in named] for named in columns[place]]
        arrays = [pa.array(values, type=kind) for values, kind in zip(columns, schema.types, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
        count += len(batch)
    return count


def _feature(column: Column, names: list[str]) -> dict[str, Any]:
    value: dict[str, Any] = {"dtype": _NAMES[column.kind], "_type": "Value"}
    if column.name == "labels" and names:
        value = {"names": names, "_type": "ClassLabel"}
    return {"feature": value, "_type": "List"} if column.kind == "list" else value


def _entry(path: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))  # the same project gives the same bytes
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


def _text(archive: zipfile.ZipFile, path: str, content: Any) -> None:
    archive.writestr(_entry(path), json.dumps(content, indent=2, ensure_ascii=False))


FORMAT = ToolFormat(
    "huggingface", "Hugging Face dataset", frozenset({"arrow"}), ".zip", Keeps(unknown=True),
    recognises=lambda shape: False, writer=write_folder,
)  # fmt: skip
