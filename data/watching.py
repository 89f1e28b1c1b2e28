"""Watching folders and files for what is new in them: each file once it is whole, and again when it has changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from data.errors import ImportFailed

#: Ends of names of files that may be imported; others in a folder are left alone.
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet", ".zip", ".gz")
_PIECE = 1 << 20
Mark = tuple[int, int]


class Watch:
    """Finds the files at some places that are new or changed, and whole: unchanged for so many seconds as ``settles``."""

    def __init__(self, places: Sequence[Path], settles: float, clock: Callable[[], float] = time.time) -> None:
        for place in places:
            if not place.exists():
                raise ImportFailed(f"There is no folder or file {place}. Make it first, or correct the path.")
        self.places, self.settles, self.clock = tuple(places), settles, clock
        self._given: dict[Path, Mark] = {}
        self._since: dict[Path, tuple[Mark, float]] = {}

    @property
    def waits(self) -> bool:
        """Whether a file is still being written."""
        return bool(self._since)

    def look(self) -> list[Path]:
        """The files that are whole and were not given in this state before, the oldest first."""
        found, now = [], self.clock()
        there = dict(_marks(self.places))
        self._since = {path: kept for path, kept in self._since.items() if path in there}
        for path, mark in there.items():
            if self._given.get(path) == mark:
                continue
            if self._whole(path, mark, now):
                self._given[path] = mark
                self._since.pop(path, None)
                found.append((mark[1], path))
        return [path for _, path in sorted(found)]

    def again(self, path: Path) -> None:
        """Give a file once more at the next look: it could not be taken for a reason that passes."""
        self._given.pop(path, None)

    def _whole(self, path: Path, mark: Mark, now: float) -> bool:
        before, since = self._since.get(path, (None, now))
        if before != mark:
            since = now
            self._since[path] = (mark, now)
        return now - since >= self.settles or now - mark[1] / 1e9 >= self.settles


def _marks(places: Sequence[Path]) -> Iterator[tuple[Path, Mark]]:
    """Every file at these places with its size and when it was changed, in nanoseconds."""
    for place in places:
        for path in sorted(place.iterdir()) if place.is_dir() else [place]:
            if place.is_dir() and (path.name.startswith((".", "~")) or not path.name.lower().endswith(SUFFIXES)):
                continue
            try:
                found = path.stat()
            except OSError:  # gone since the folder was listed
                continue
            if path.is_file():
                yield path, (found.st_size, found.st_mtime_ns)


def digest(path: Path) -> str:
    """What tells contents apart, whatever the file is called; ImportFailed when it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except OSError as error:
        raise ImportFailed(
            f"{path} cannot be read: {error.strerror}. Give read permission, or see whether it is there."
        ) from error
    return found.hexdigest()
