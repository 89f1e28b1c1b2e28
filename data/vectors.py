"""The vector cache: memory-mapped files beside the database, keyed by encoder and text hash.

Each encoder has a folder with ``vectors.f16`` (raw float16 rows), ``keys.bin`` (the 16-byte key of each row) and
``meta.json``. Rows are on disk before their keys, and only rows with a whole key count: a kill at any moment loses
at most the batch in flight, and what it left behind is overwritten. The folder can be deleted at any time; what
was in it is computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import ArrayLike, NDArray

from data.errors import InvalidInput, StoreError, VectorsInvalid

KEY_BYTES = 16
LOCK_SECONDS = 60.0
_GATHER_ROWS = 65_536
_KEY = np.dtype("S16")

Keys = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class _Index:
    """The keys of one folder in sorted order, and the row of each."""

    token: str
    dimension: int
    keys: Keys
    rows: NDArray[np.int64]


_NOTHING = _Index("", 0, np.empty(0, _KEY), np.empty(0, np.int64))


def cache_directory(db_path: str | Path) -> Path:
    """Where the vectors of a database lie: ``<db>.vectors`` beside it."""
    path = Path(db_path)
    return path.with_name(path.name + ".vectors")


def folder_name(encoder: str) -> str:
    """A file name for an encoder: readable, safe on every file system, and different for different encoders.

    >>> folder_name("st:a/b@256")
    'st-a-b-256-2af97c0c86'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", encoder.lower()).strip("-")[:60]
    return f"{slug}-{hashlib.sha256(encoder.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


@contextmanager
def explained(directory: Path) -> Iterator[None]:
    """Turn what the system says of a disk that cannot be written into a StoreError with a remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{directory}: vectors cannot be written ({error.strerror or error}). Free some space or choose a "
            "writable folder, and try again; the vectors kept so far are intact."
        ) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part. StoreError when it cannot be written."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    with explained(path.parent):
        with temporary.open("wb") as file:
            _write(file, content)
        temporary.replace(path)


class VectorCache:
    """The vectors of all encoders in one directory. Safe to share between threads and between processes."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self._indexes: dict[str, _Index] = {}

    def append(self, encoder: str, hashes: Sequence[bytes], vectors: ArrayLike) -> int:
        """Keep these rows, (n, d) in the order of ``hashes``, and return how many were new.

        Keys known already, and repeats within the batch, are left as they are. Everything is on disk on return.
        VectorsInvalid names the first row that is not finite, or the dimension that differs.
        """
        keys, rows = _keys(hashes), _checked(vectors, len(hashes))
        with explained(self.directory), self._locked(encoder):
            index = self._index(encoder)
            if index.token and rows.shape[1] != index.dimension and len(rows):
                raise VectorsInvalid(
                    f"All vectors of the encoder {encoder!r} have {index.dimension} dimensions; these have {rows.shape[1]}. "
                    "Give the other encoder another name, or delete the old vectors first."
                )
            fresh = self._fresh(index, keys)
            if len(fresh):
                folder = self._ensure_folder(encoder, rows.shape[1])
                _append_rows(folder, len(index.keys), keys[fresh], rows[fresh])
        return len(fresh)

    def positions(self, encoder: str, hashes: Sequence[bytes]) -> NDArray[np.int64]:
        """The row at which each hash is kept, counted in the order of appending; -1 when it is not kept."""
        return _locate(self._index(encoder), _keys(hashes))

    def known(self, encoder: str, hashes: Sequence[bytes]) -> NDArray[np.bool_]:
        """Whether each hash has a vector."""
        return self.positions(encoder, hashes) >= 0

    def missing(self, encoder: str, hashes: Sequence[bytes]) -> list[int]:
        """The positions in ``hashes`` that have no vector yet, in order; of identical texts only the first."""
        fresh = self._fresh(self._index(encoder), _keys(hashes))
        return [int(position) for position in fresh]

    def complete(self, encoder: str, hashes: Sequence[bytes]) -> bool:
        """Whether every hash has a vector."""
        return bool(self.known(encoder, hashes).all())

    def gather(self, encoder: str, hashes: Sequence[bytes]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The vectors as (n, d) float32 and which were found, (n,); the rows not found are zero.

        An encoder that has no vectors at all gives d = 0.
        """
        index = self._index(encoder)
        rows = _locate(index, _keys(hashes))
        found = rows >= 0
        gathered = np.zeros((len(rows), index.dimension), np.float32)
        if found.any():
            try:
                kept = self._mapped(encoder, index)
            except FileNotFoundError:  # deleted by another process since the keys were read
                return np.zeros_like(gathered), np.zeros_like(found)
            for start in range(0, len(rows), _GATHER_ROWS):
                part = slice(start, start + _GATHER_ROWS)
                gathered[part][found[part]] = kept[rows[part][found[part]]]
        return gathered, found

    def count(self, encoder: str) -> int:
        """How many vectors the encoder has here."""
        return len(self._index(encoder).keys)

    def encoders(self) -> list[str]:
        """The names of the encoders that have vectors here, sorted."""
        metas = (_meta(path.parent) for path in self.directory.glob("*/meta.json"))
        return sorted(str(meta["encoder"]) for meta in metas if meta)

    def delete(self, encoder: str) -> None:
        """Forget all vectors and artefacts of an encoder; one that has none is no error."""
        folder = self._folder(encoder)
        if not folder.exists():
            return
        with explained(self.directory), self._locked(encoder):
            doomed = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.deleted")
            folder.rename(doomed)  # at once for readers; removing the files takes longer
            shutil.rmtree(doomed, ignore_errors=True)
        self._indexes.pop(encoder, None)

    def artefact_path(self, encoder: str, name: str) -> Path:
        """Where a small file that belongs to an encoder goes, such as a fitted model. The folder exists on return."""
        if Path(name).name != name or name in {"vectors.f16", "keys.bin", "meta.json", "", ".."}:
            raise InvalidInput(f"An artefact needs a plain file name of its own; this is {name!r}. Choose another name.")
        with explained(self.directory):
            self._folder(encoder).mkdir(parents=True, exist_ok=True)
        return self._folder(encoder) / name

    def _folder(self, encoder: str) -> Path:
        return self.directory / folder_name(encoder)

    def _mapped(self, encoder: str, index: _Index) -> NDArray[np.float16]:
        return np.memmap(self._folder(encoder) / "vectors.f16", np.float16, "r", shape=(len(index.keys), index.dimension))

    def _ensure_folder(self, encoder: str, dimension: int) -> Path:
        folder = self._folder(encoder)
        folder.mkdir(parents=True, exist_ok=True)
        if not _meta(folder):  # without it the files mean nothing: begin anew
            (folder / "keys.bin").unlink(missing_ok=True)
            meta = {"encoder": encoder, "dimension": dimension, "token": uuid.uuid4().hex}
            replace_file(folder / "meta.json", json.dumps(meta).encode())
        return folder

    def _index(self, encoder: str) -> _Index:
        """The keys as they are on disk now; only those appended since the last look are read."""
        folder = self._folder(encoder)
        meta = _meta(folder)
        if not meta:
            return _NOTHING
        token, dimension = str(meta["token"]), int(meta["dimension"])
        index = self._indexes.get(encoder, _NOTHING)
        if index.token != token:
            index = _Index(token, dimension, _NOTHING.keys, _NOTHING.rows)
        total = _whole_rows(folder, dimension)
        if total < len(index.keys):
            index = _Index(token, dimension, _NOTHING.keys, _NOTHING.rows)
        if total > len(index.keys):
            index = _grown(index, folder, total)
        self._indexes[encoder] = index
        return index

    @staticmethod
    def _fresh(index: _Index, keys: Keys) -> NDArray[np.int64]:
        unknown = np.flatnonzero(_locate(index, keys) < 0)
        _, first = np.unique(keys[unknown], return_index=True)
        return np.asarray(unknown[np.sort(first)], np.int64)

    @contextmanager
    def _locked(self, encoder: str) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / f"{folder_name(encoder)}.lock", timeout=LOCK_SECONDS)
        try:
            with lock:
                yield
        except Timeout as error:
            raise StoreError(
                f"Another program has been writing vectors of {encoder!r} for over a minute: wait for it, then try again."
            ) from error


def _write(file: BinaryIO, content: bytes | memoryview) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _append_rows(folder: Path, count: int, keys: Keys, rows: NDArray[np.float16]) -> None:
    """Put rows after the ``count`` that stand; the keys go last, since a row counts from its key on."""
    for name, width, content in (
        ("vectors.f16", 2 * rows.shape[1], rows.tobytes()),
        ("keys.bin", KEY_BYTES, keys.tobytes()),
    ):
        path = folder / name
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(count * width)
            file.seek(count * width)
            _write(file, content)


def _meta(folder: Path) -> dict[str, Any] | None:
    """What the folder holds, or None when it holds nothing that can be read."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        return meta if int(meta["dimension"]) > 0 and meta["encoder"] and meta["token"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _whole_rows(folder: Path, dimension: int) -> int:
    keys = _size(folder / "keys.bin") // KEY_BYTES  # read first: rows are never fewer than keys
    return min(keys, _size(folder / "vectors.f16") // (2 * dimension))


def _grown(index: _Index, folder: Path, total: int) -> _Index:
    before = len(index.keys)
    fresh = np.fromfile(folder / "keys.bin", _KEY, total - before, offset=before * KEY_BYTES)
    order = np.argsort(fresh, kind="stable")
    rows = (order + before).astype(np.int64)
    if not before:
        return _Index(index.token, index.dimension, fresh[order], rows)
    places = np.searchsorted(index.keys, fresh[order])
    keys = np.insert(index.keys, places, fresh[order])
    return _Index(index.token, index.dimension, keys, np.insert(index.rows, places, rows))


def _locate(index: _Index, keys: Keys) -> NDArray[np.int64]:
    rows = np.full(len(keys), -1, np.int64)
    if not len(index.keys):
        return rows
    order = np.argsort(keys, kind="stable")  # sorted questions walk the sorted keys in one pass: about half the time
    asked = keys[order]
    places = np.minimum(np.searchsorted(index.keys, asked), len(index.keys) - 1)
    same = index.keys[places] == asked
    rows[order[same]] = index.rows[places[same]]
    return rows


def _keys(hashes: Sequence[bytes]) -> Keys:
    if set(map(len, hashes)) - {KEY_BYTES}:
        position = next(place for place, key in enumerate(hashes) if len(key) != KEY_BYTES)
        raise VectorsInvalid(
            f"A key has {KEY_BYTES} bytes; the one at position {position} has {len(hashes[position])}. Use the hash of the text."
        )
    return np.frombuffer(b"".join(hashes), _KEY)


def _checked(vectors: ArrayLike, expected: int) -> NDArray[np.float16]:
    rows = np.asarray(vectors)
    if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.number) or np.iscomplexobj(rows):
        raise VectorsInvalid(
            f"Vectors are a table of numbers with one row a text; this has the shape {rows.shape} of {rows.dtype}. "
            "Save a two-dimensional array of floats."
        )
    if len(rows) != expected or (expected and not rows.shape[1]):
        raise VectorsInvalid(
            f"There must be one vector for each of the {expected} texts; the array has the shape {rows.shape}. "
            "Make both the same length."
        )
    with np.errstate(over="ignore"):
        small = rows.astype(np.float16)
    if not np.isfinite(small).all():
        row = int(np.flatnonzero(~np.isfinite(small).all(axis=1))[0])
        raise VectorsInvalid(
            f"Vectors hold finite numbers below 65,504 in size; row {row} (counted from 0) does not. "
            "Correct or leave out that row, or scale the vectors to length 1."
        )
    return small
