"""Looking at a file and importing it: read and checked whole first, then written in one transaction."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

from data.errors import ImportFailed, StoreError
from data.imports.columns import guess
from data.imports.reader import recognise, records
from data.imports.reading import Reading, first_rows, open_reading
from data.imports.records import ColumnMap, ImportOptions, ImportReport, Preview, Rejection, Shape
from data.imports.source import Source
from data.imports.tally import Contents, Tally
from data.records import ImportRow
from data.store import Store
from data.store.projects import clean_name

#: Called with what is going on, how many rows are through, and of how many (None while that is unknown).
Progress = Callable[[Literal["reading", "writing"], int, int | None], None]

KEPT = 1000
PREVIEWED = 20
CHEAP = 20_000_000
_EVERY = 1000
_cells = attrgetter(*(field.name for field in fields(ImportRow)))  # half the time that a record itself takes to be kept


def inspect(
    source: str | Path | bytes, name: str = "", options: ImportOptions | None = None, columns: ColumnMap | None = None
) -> Preview:
    """What a file seems to be, its first rows, and the guessed map (or the rows under the map given). Writes nothing."""
    options, found = options or ImportOptions(), Source.of(source, name)
    shape = recognise(found, options)
    mapped = columns or guess(shape)
    raw = tuple(cells for _, cells in shape.sample[:PREVIEWED])
    parsed, warnings = _tried(found, shape, mapped, options)
    total = shape.rows if shape.rows is not None else _counted(found, shape)
    questions = _questions(shape)
    return Preview(
        found.name, shape.format, shape.encoding, shape.separator, shape.columns, mapped, raw, parsed, tuple(warnings), total,
        shape.tool, questions,
    )  # fmt: skip


def _questions(shape: Shape) -> tuple[str, ...]:
    from data.formats.tools import TOOLS  # the formats of tools stand on this package

    return TOOLS[shape.tool].questions(shape) if shape.tool else ()


def _tried(
    source: Source, shape: Shape, columns: ColumnMap, options: ImportOptions
) -> tuple[tuple[ImportRow | Rejection, ...], list[str]]:  # fmt: skip
    try:
        reading = Reading(source, shape, columns, options)
    except ImportFailed as error:  # the person has yet to say where the text is
        return (), [*shape.warnings, str(error)]
    return first_rows(reading, PREVIEWED), reading.warnings()


def _counted(source: Source, shape: Shape) -> int | None:
    return sum(1 for _ in records(source, shape)) if source.size <= CHEAP else None


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading a file whole has shown. ``rows`` are its records, ``written`` the rows that they make and that are taken."""

    rows: int
    accepted: int
    rejected: int
    written: int
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    contents: Contents


class Staged:
    """A file that was read and checked, waiting in a temporary file to be written. Use it in a ``with`` block."""

    def __init__(self, reading: Reading, on_progress: Progress | None = None) -> None:
        self.map, self._single_label = reading.map, reading.options.single_label
        self._progress = on_progress or (lambda what, done, total: None)
        self._spool: IO[bytes] = tempfile.TemporaryFile(prefix="plateau-import-")  # noqa: SIM115  closed by __exit__
        try:
            self.checked = self._fill(reading)
        except OSError as error:
            self._spool.close()
            raise StoreError(
                f"The temporary folder cannot take the import ({error.strerror}). Free some space and try again."
            ) from error
        except BaseException:
            self._spool.close()
            raise

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file back."""
        self._spool.close()

    def write(self, store: Store, project: int | str, on_progress: Progress | None = None) -> ImportReport:
        """Write the accepted rows: all of them or, when anything goes wrong, none. ``on_progress`` is told from now on.

        A project given by its name is created with them if there is none. ImportFailed when every row was rejected.
        """
        found, self._progress = self.checked, on_progress or self._progress
        if found.rejected and not found.written:
            raise ImportFailed(f"All {found.rejected:,} rows were rejected; nothing was imported. {found.rejections[0]}")
        counts = store.import_rows(project, self._rows(), single_label=self._single_label)
        warnings = found.warnings
        if found.accepted and not found.contents.unreviewed and not _has_pool(store, project):
            warnings += ("Every item is reviewed: import the unreviewed ones too, or Balance and Coverage cannot be measured.",)
        if counts.future_times:
            warnings += (f"{counts.future_times:,} of the review times lay in the future: they were taken as now.",)
        return ImportReport(found.rows, found.accepted, found.rejected, counts, found.rejections, warnings, self.map)

    def _fill(self, reading: Reading) -> Checked:
        rejections: list[Rejection] = []
        refused: set[tuple[str, int]] = set()
        tally, rejected, written = Tally(), 0, 0
        dump = pickle.Pickler(self._spool, pickle.HIGHEST_PROTOCOL)
        for row in reading:
            if isinstance(row, Rejection):
                rejected += 1
                refused.add((row.file, row.row))
                rejections += [row] if len(rejections) < KEPT else []
            else:
                dump.dump(_cells(row))
                dump.clear_memo()
                tally.add(row)
                written += 1
            if (written + rejected) % _EVERY == 0:
                self._progress("reading", reading.rows, reading.shape.rows)
        self._spool.flush()
        rows, warnings = reading.rows, tuple(reading.warnings())
        return Checked(rows, rows - len(refused), rejected, written, tuple(rejections), warnings, tally.contents())

    def _rows(self) -> Iterator[ImportRow]:
        self._spool.seek(0)
        for done in range(self.checked.written):
            yield ImportRow(*pickle.load(self._spool))
            if done % _EVERY == 0:
                self._progress("writing", done, self.checked.written)


def _has_pool(store: Store, project: int | str) -> bool:
    project_id = project if isinstance(project, int) else store.project(clean_name(project, "project")).id
    return store.has_pool(project_id)


def stage(
    source: str | Path | bytes, columns: ColumnMap | None = None, options: ImportOptions | None = None, *, name: str = "",
    on_progress: Progress | None = None,
) -> Staged:  # fmt: skip
    """Read and check a file whole without writing anything; then call ``write`` on what comes back."""
    return Staged(open_reading(source, columns, options, name), on_progress)


def import_file(
    store: Store, project_id: int, source: str | Path | bytes, columns: ColumnMap | None = None, *,
    options: ImportOptions | None = None, name: str = "", on_progress: Progress | None = None,
) -> ImportReport:  # fmt: skip
    """Import a file (a path or bytes) into a project, under the guessed map unless one is given.

    A file that cannot be read raises ImportFailed, a store that cannot be written StoreError: nothing is half-written. Rows that
    break a rule are left out and reported.
    """
    options = replace(options or ImportOptions(), single_label=store.project(project_id).single_label)
    with stage(source, columns, options, name=name, on_progress=on_progress) as staged:
        return staged.write(store, project_id)
