"""What is new and changed in the rows of a database since it was last looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from data.imports.cells import BadCell, plain_text
from data.imports.records import ColumnMap, Record
from data.imports.rows import media_of, text_of

_SIZE = 16
Mark = tuple[tuple[int, int, int], ...]


def mark_of(path: Path) -> Mark:
    """What changes whenever a database is written to: inode, size and time of its file and of its write-ahead log."""
    found = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            there = file.stat()
        except FileNotFoundError:
            continue
        found.append((there.st_ino, there.st_size, there.st_mtime_ns))
    return tuple(found)


def key_of(record: Record, columns: ColumnMap) -> str:
    """What a row belongs to: its id or, where no column holds ids, what its id is made of, which is its text or else its media;
    itself where that cannot be read.
    """
    cells = record[1]
    try:
        uid = plain_text(cells.get(columns.id), columns.id).strip() if columns.id else _content(cells, columns)
    except BadCell:
        uid = ""
    return _digest(f"id {uid}" if uid else f"row {cells!r}").hex()


def _content(cells: Mapping[str, Any], columns: ColumnMap) -> str:
    return text_of(cells, columns) or media_of(cells, columns) or ""


def digests(rows: Iterable[Record], columns: ColumnMap, place: str) -> dict[str, str]:
    """For every key the digest of all its rows together, in whatever order they come: 32 hexadecimal digits each.

    So the rows of an id are taken together when one of them is new, has changed or is gone: they are one judgement, or contradict
    each other, together.
    """
    parts: dict[str, list[bytes]] = {}
    for record in rows:
        parts.setdefault(key_of(record, columns), []).append(_digest(repr(record[1])))
    return {key: _digest(f"{place}\n{key}\n", *sorted(found)).hex() for key, found in parts.items()}


def fresh(found: Mapping[str, str], known: Mapping[str, tuple[str, str]], manner: str) -> set[str]:
    """The keys to take: their rows are not those of the last look, or could not be taken then and are now read in another way."""
    done = {digest for digest, (state, read) in known.items() if state == "imported" or read == manner}
    return {key for key, digest in found.items() if digest not in done}


def _digest(*parts: str | bytes) -> bytes:
    made = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        made.update(part if isinstance(part, bytes) else part.encode("utf-8", "backslashreplace"))
    return made.digest()
