"""A file to import: on disk or in memory, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from data.errors import ImportFailed

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that can be read from the beginning as often as needed."""

    name: str
    content: Path | bytes

    @classmethod
    def of(cls, source: str | Path | bytes | Source, name: str = "") -> Source:
        """A source from a path or bytes; ``name`` is what messages call it."""
        if isinstance(source, Source):
            return source
        if isinstance(source, bytes):
            return cls(name or "the file", source)
        return cls(name or Path(source).name, Path(source))

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yield the content, unpacked if it is gzipped; what goes wrong while reading becomes an ImportFailed."""
        try:
            with self._raw() as raw:
                packed = raw.read(2) == _GZIP
                raw.seek(0)
                if not packed:
                    yield raw
                    return
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield unpacked  # type: ignore[misc]  # a GzipFile reads like any binary file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportFailed(f"{self.name} is a damaged gzip file ({error}). Pack or download it again.") from error
        except OSError as error:
            raise ImportFailed(
                f"{self.name} cannot be read: {error.strerror or error}. Check the path and permissions."
            ) from error

    def head(self, size: int) -> bytes:
        """The first bytes of the content."""
        with self.open() as stream:
            return stream.read(size)

    def _raw(self) -> BinaryIO:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
