"""Reading some rows that were set aside, by the same checks as a whole file."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType

from data.errors import StoreError
from data.imports.reading import Reading
from data.imports.records import ColumnMap, ImportOptions, Record, Rejection, Shape
from data.imports.source import Source


class Selected(Reading):
    """Rows kept in a temporary file under the numbers that they have where they are from; gone when the block ends.

    StoreError when there is no room for them.
    """

    def __init__(self, name: str, shape: Shape, columns: ColumnMap, options: ImportOptions, rows: Iterable[Record]) -> None:
        super().__init__(Source(name, b""), shape, columns, options)
        self._kept, self._count = tempfile.TemporaryFile(prefix="plateau-rows-"), 0  # noqa: SIM115  closed by __exit__
        try:
            for self._count, row in enumerate(rows, 1):
                pickle.dump(row, self._kept, pickle.HIGHEST_PROTOCOL)
            self._kept.flush()
        except OSError as error:
            self._kept.close()
            raise StoreError(
                f"The temporary folder cannot take the rows ({error.strerror}). Free some space and try again."
            ) from error

    def records(self) -> Iterator[Record | Rejection]:
        """The rows, from the first."""
        self._kept.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._kept)

    def __enter__(self) -> Selected:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._kept.close()
