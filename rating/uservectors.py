"""A user's own vectors: checked, attached to items, and used as the project's encoder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInput, VectorsInvalid
from data.store import Store
from data.vectors import VectorCache, cache_directory
from rating.tokens import Float32, unit_rows

_CHUNK = 10_000


def import_vectors(
    store: Store, project_id: int, name: str, path: str | Path, *, ids: str | Path | Sequence[str] | None = None
) -> int:
    """Attach a two-dimensional .npy, one row an item, and make ``user:<name>`` the project's encoder; returns the rows.

    Rows are in item order, or in the order of ``ids``: a list of item ids, or a JSON, text or .npy file of them.
    Rows are scaled to length 1. VectorsInvalid names the rule broken, what was found and the remedy; then nothing
    has changed. Vectors imported before under the same name are replaced.
    """
    if not name.strip() or len(name) > 100:
        raise InvalidInput(f"Vectors need a name of 1 to 100 characters; this is {name!r}. Choose another.")
    table = _table(Path(path))
    item_ids, hashes = store.item_hashes(project_id)
    order = _row_order(store, project_id, len(table), ids)
    rows = _unit(table)[order]
    encoder = f"user:{project_id}:{name}@{hashlib.sha256(rows.tobytes()).hexdigest()[:12]}"
    cache = VectorCache(cache_directory(store.path))
    cache.append(encoder, item_keys(item_ids, hashes), rows)
    before = (store.project(project_id).settings.get("user_vectors") or {}).get(name)
    store.update_settings(project_id, {"encoder": f"user:{name}"}, merge={"user_vectors": {name: encoder}})
    if before and before != encoder:
        cache.delete(before)
    return len(rows)


def user_encoder(settings: Mapping[str, Any], name: str) -> str:
    """The name in the vector cache of the vectors imported as ``name``."""
    kept = settings.get("user_vectors") or {}
    if name not in kept:
        there = ", ".join(sorted(kept)) or "none"
        raise InvalidInput(f"No vectors were imported as {name!r}; there are: {there}. Import them, or choose another encoder.")
    return str(kept[name])


def item_keys(item_ids: Sequence[int], hashes: Sequence[bytes]) -> list[bytes]:
    """Keys for vectors that belong to items, not texts: two items with one text differ, and a changed text has none.

    >>> item_keys([1, 2], [bytes(16), bytes(16)])[0][:8]
    b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00'
    """
    keys = np.frombuffer(b"".join(hashes), "<u8").reshape(-1, 2).copy()
    keys[:, 0] ^= np.asarray(item_ids, "<u8")
    return [row.tobytes() for row in keys]


def _table(path: Path) -> npt.NDArray[np.floating[Any]]:
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise VectorsInvalid(f"{path.name} is no readable .npy file ({error}). Save the vectors with numpy.save.") from error
    if not isinstance(table, np.ndarray) or table.ndim != 2 or not table.shape[1]:
        found = f"shape {table.shape}" if isinstance(table, np.ndarray) else "an archive of several arrays"
        raise VectorsInvalid(f"Vectors are one table of two dimensions; {path.name} has {found}. Save one row for each item.")
    if not np.issubdtype(table.dtype, np.floating) and not np.issubdtype(table.dtype, np.integer):
        raise VectorsInvalid(f"Vectors are numbers; {path.name} holds {table.dtype}. Save them as float32.")
    return table


def _row_order(store: Store, project_id: int, rows: int, ids: str | Path | Sequence[str] | None) -> npt.NDArray[np.int64]:
    """For each item in order, its row in the table."""
    uids = [item.uid for item in store.iter_items(project_id)]
    if ids is None:
        if rows != len(uids):
            raise VectorsInvalid(
                f"Without ids there is one row for each item, in item order: the project has {len(uids)} items, the file "
                f"{rows} rows. Save a row for every item, or give the ids of the rows."
            )
        return np.arange(rows)
    named = _read_ids(Path(ids)) if isinstance(ids, str | Path) else [str(value) for value in ids]
    if len(named) != rows:
        raise VectorsInvalid(f"Each row has one id: there are {rows} rows and {len(named)} ids. Make both the same length.")
    return _matched(uids, named)


def _matched(uids: Sequence[str], named: Sequence[str]) -> npt.NDArray[np.int64]:
    places: dict[str, int] = {}
    for row, uid in enumerate(named):
        if uid in places:
            raise VectorsInvalid(f"Ids occur once; {uid!r} is in rows {places[uid]} and {row} (from 0). Leave one out.")
        places[uid] = row
    if without := [uid for uid in uids if uid not in places]:
        raise VectorsInvalid(
            f"Every item needs a vector; {len(without)} of {len(uids)} have none, the first is {without[0]!r}. Add rows for them."
        )
    if len(places) > len(uids):
        known = set(uids)
        stranger = next(uid for uid in named if uid not in known)
        raise VectorsInvalid(
            f"Every id belongs to an item; row {places[stranger]} (from 0) has {stranger!r}, which the project does not know. "
            "Leave such rows out, or import the items first."
        )
    return np.array([places[uid] for uid in uids], np.int64)


def _read_ids(path: Path) -> list[str]:
    try:
        if path.suffix == ".npy":
            return [str(value) for value in np.load(path, allow_pickle=False).ravel().tolist()]
        text = path.read_text("utf-8-sig")
        if path.suffix != ".json":
            return text.splitlines()
        values = json.loads(text)
    except (OSError, ValueError) as error:
        raise VectorsInvalid(
            f"{path.name} holds no readable ids ({error}). Give a JSON list, one id a line, or a .npy."
        ) from error
    if not isinstance(values, list):
        raise VectorsInvalid(f"{path.name} must be a JSON list of ids; it is a {type(values).__name__}. Save a list.")
    return [str(value) for value in values]


def _unit(table: npt.NDArray[np.floating[Any]]) -> Float32:
    rows = np.empty(table.shape, np.float32)
    for start in range(0, len(table), _CHUNK):
        part = np.asarray(table[start : start + _CHUNK], np.float64)
        bad = np.argwhere(~np.isfinite(part))
        if len(bad):
            row, column = start + int(bad[0][0]), int(bad[0][1])
            raise VectorsInvalid(
                f"Vectors are finite; row {row}, column {column} (from 0) is {part[row - start, column]}. "
                "Replace or compute that row again."
            )
        largest = np.abs(part).max(axis=1, keepdims=True)  # first to size 1, so that squares neither overflow nor vanish
        rows[start : start + _CHUNK] = unit_rows(part / np.where(largest > 0, largest, 1))
    return rows
