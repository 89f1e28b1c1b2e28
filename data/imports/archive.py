"""The files of a folder or a zip archive, in order, with whatever would do harm refused. Nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from data.errors import ImportFailed

#: An archive with more files, or more bytes once unpacked, is refused.
MOST_FILES = 200_000
MOST_BYTES = 8 << 30
#: Beyond this size, one that unpacks to more than so many times its own size is refused as well.
CHEAP_BYTES = 256 << 20
MOST_GROWTH = 100
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
#: What operating systems leave in folders.
LEFT_OVER = {"__MACOSX", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside: its path with forward slashes, and its size in bytes once unpacked."""

    path: str
    size: int


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip archive; workbooks are ones too."""
    return head.startswith(_ZIP)


def folder_members(name: str, top: Path) -> tuple[Member, ...]:
    """The files under a folder, by path; hidden ones are left out, links that lead out of it refused."""
    found, home = [], top.resolve()
    for folder, _, files in os.walk(top):
        for file in files:
            path = Path(folder) / file
            inside = path.relative_to(top).as_posix()
            if _left_over(inside):
                continue
            if not path.resolve().is_relative_to(home):
                raise ImportFailed(f"{name}: {inside!r} is a link that leads out of the folder. Put the file itself there.")
            found.append(Member(inside, path.stat().st_size))
    return _checked(name, found)


def zip_members(name: str, archive: zipfile.ZipFile, packed: int) -> tuple[Member, ...]:
    """The files of a zip archive of ``packed`` bytes, by path; refuses paths that climb out, passwords, and bombs."""
    found = []
    for info in archive.infolist():
        _check_entry(name, info)
        if info.is_dir() or _left_over(info.filename):
            continue
        found.append(Member(info.filename, info.file_size))
    whole = sum(member.size for member in found)
    if whole > most_unpacked(packed):
        raise ImportFailed(
            f"{name} holds {whole >> 20:,} MB in an archive of {packed >> 10:,} KB: it looks made to fill up a computer. "
            "Unpack it yourself if you trust it, and import the files in it."
        )
    return _checked(name, found)


def most_unpacked(packed: int) -> int:
    """How many bytes so many packed ones may become."""
    return min(MOST_BYTES, max(CHEAP_BYTES, MOST_GROWTH * packed))


class Limited(io.RawIOBase):
    """A gzipped file's content; ImportFailed once it is larger than ``packed`` bytes may become."""

    def __init__(self, name: str, unpacked: BinaryIO, packed: int) -> None:
        self.source, self.unpacked, self.packed = name, unpacked, packed

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Its places can be gone to."""
        return True

    def readinto(self, room: Any) -> int:
        """Read some bytes; how many."""
        content = self.unpacked.read(len(room))
        room[: len(content)] = content
        self._check(self.unpacked.tell())
        return len(content)

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it; to the end by reading all there is."""
        if whence == io.SEEK_END:
            while self.read(1 << 20):
                pass
            whence = io.SEEK_CUR
        return self.unpacked.seek(place, whence)

    def tell(self) -> int:
        """The place, in bytes from the beginning."""
        return self.unpacked.tell()

    def _check(self, size: int) -> None:
        if size > most_unpacked(self.packed):
            raise ImportFailed(
                f"{self.source} unpacks to more than {size >> 20:,} MB from {self.packed >> 10:,} KB: it looks made to fill up a "
                "computer. Unpack it yourself if you trust it, and import what is in it."
            )


def _check_entry(name: str, info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise ImportFailed(f"{name}: the path {info.filename!r} leads out of the archive. Pack the files anew.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ImportFailed(f"{name}: {info.filename!r} is a link. Pack the file itself.")
    if info.flag_bits & 1:
        raise ImportFailed(f"{name} is protected by a password. Pack the files without one.")


def _left_over(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return any(part in LEFT_OVER or (part.startswith(".") and part != "..") for part in parts)


def _checked(name: str, found: list[Member]) -> tuple[Member, ...]:
    if not found:
        raise ImportFailed(f"{name} holds no files. Choose a folder or archive with at least one.")
    if len(found) > MOST_FILES:
        raise ImportFailed(f"{name} holds {len(found):,} files; at most {MOST_FILES:,} are taken. Divide it.")
    return tuple(sorted(found, key=lambda member: member.path))


@contextmanager
def open_zip(name: str, content: Path | bytes) -> Iterator[zipfile.ZipFile]:
    """An archive to read from; what is wrong with it becomes an ImportFailed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ImportFailed(f"{name} is a damaged zip archive, or one of an unusual kind ({error}). Pack it again.") from error


def open_members(name: str, content: Path | bytes, paths: list[str]) -> Generator[tuple[str, BinaryIO], None, None]:
    """These files of a folder or archive, opened one after the other; each is closed when the next is asked for."""
    if isinstance(content, Path) and content.is_dir():
        for path in paths:
            with (content / path).open("rb") as stream:
                yield path, stream
        return
    with open_zip(name, content) as archive:
        for path in paths:
            with archive.open(path) as packed:
                yield path, packed  # type: ignore[misc]  # it reads like any binary file
