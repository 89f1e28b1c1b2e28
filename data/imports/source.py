"""A file to import: on disk or in memory, plain or gzipped, or inside a folder or a zip archive."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from data.errors import ImportFailed
from data.imports.archive import Limited, Member, folder_members, is_zip, open_members, open_zip, zip_members

_GZIP = b"\x1f\x8b"
_WORKBOOK = "[Content_Types].xml"


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that can be read from the beginning as often as needed, or several files: a folder or a zip archive.

    ``member`` is the path of one file inside the folder or archive that ``content`` is.
    """

    name: str
    content: Path | bytes
    member: str | None = None

    @classmethod
    def of(cls, source: str | Path | bytes | Source, name: str = "") -> Source:
        """A source from a path or bytes; ``name`` is what messages call it. A folder or archive of one file is that file."""
        if isinstance(source, Source):
            return source
        found = cls(name or "the file", source) if isinstance(source, bytes) else cls(name or Path(source).name, Path(source))
        if found.several:
            members = found.members()
            if len(members) == 1:
                return found.at(members[0].path)
        return found

    @property
    def several(self) -> bool:
        """Whether this is a folder or a zip archive rather than one file; a workbook is a file."""
        if self.member is not None:
            return False
        if isinstance(self.content, Path) and self.content.is_dir():
            return True
        with self._reading(), self._raw() as raw:
            packed = is_zip(raw.read(4))
        if not packed:
            return False
        with open_zip(self.name, self.content) as archive:
            return _WORKBOOK not in archive.NameToInfo

    @property
    def size(self) -> int:
        """Bytes, as they lie there: of a folder all its files together."""
        if isinstance(self.content, bytes):
            return len(self.content)
        return sum(member.size for member in self.members()) if self.content.is_dir() else self.content.stat().st_size

    def members(self) -> tuple[Member, ...]:
        """The files of a folder or archive, by path; ImportFailed if there are none or one of them would do harm."""
        if isinstance(self.content, Path) and self.content.is_dir():
            with self._reading():
                return folder_members(self.name, self.content)
        with open_zip(self.name, self.content) as archive:
            return zip_members(self.name, archive, self.size)

    def at(self, path: str) -> Source:
        """One file of the folder or archive."""
        return replace(self, name=f"{self.name}: {path}", member=path)

    def each(self, paths: Sequence[str]) -> Iterator[tuple[str, BinaryIO]]:
        """Several files of the folder or archive, opened one after the other."""
        with self._reading():
            yield from open_members(self.name, self.content, list(paths))

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yield the content, unpacked if it is gzipped; what goes wrong while reading becomes an ImportFailed."""
        with self._reading(), self._stream() as raw:
            packed = raw.read(2) == _GZIP
            size = raw.seek(0, io.SEEK_END) if packed else 0
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                limited = Limited(self.name, unpacked, size)  # type: ignore[arg-type]  # it reads like any binary file
                yield io.BufferedReader(limited, 1 << 16)

    def head(self, size: int) -> bytes:
        """The first bytes of the content."""
        with self.open() as stream:
            return stream.read(size)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise ImportFailed(f"{self.name} is a damaged gzip or zip file ({error}). Pack or download it again.") from error
        except OSError as error:
            raise ImportFailed(
                f"{self.name} cannot be read: {error.strerror or error}. Check the path and permissions."
            ) from error

    @contextmanager
    def _stream(self) -> Iterator[BinaryIO]:
        if self.member is None:
            with self._raw() as raw:
                yield raw
            return
        with closing(open_members(self.name, self.content, [self.member])) as opened:
            yield next(opened)[1]

    def _raw(self) -> BinaryIO:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
