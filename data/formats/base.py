"""What a tool's format consists of, and what reading any of them has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, Protocol

from data.exports.handover import Handover
from data.exports.table import ExportReport
from data.imports.cells import BadCell
from data.imports.records import Format, ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

#: Whether a format carries something: True, False, or words where it is in between.
Kept = bool | str
#: What a reader draws from a file; a row that comes later than its record goes with the record's number.
Drawn = ImportRow | Rejection | tuple[int, ImportRow]


class Reader(Protocol):
    """Goes through the records of one file once; made anew for each pass."""

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[Drawn]:
        """The rows that the records make, and what was not taken. Labels are as the file writes them."""

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """What a format carries when it is written; words where it carries a part. What is False is lost, and is said beforehand.

    ``no_label``: reviewed without a label differs from unreviewed. ``skipped``: skipped differs from unreviewed.
    ``dismissed``: explicit negatives. ``partial``: that a review judged some labels only. ``scores``: a confidence a label.
    ``annotator``: who judged. ``several``: judgements of one item by several people. ``time``: when it was judged.
    ``seconds``: how long it took. ``pool``: unreviewed items. ``source``: why the item was shown. ``note``: notes and doubts.
    ``metadata``: further fields. ``media``: images. ``confirmed``: which labels had been suggested.
    ``unknown``: which labels came into being after a review, so that it says nothing of them.
    """

    no_label: Kept = True
    skipped: Kept = True
    dismissed: Kept = True
    partial: Kept = True
    scores: Kept = True
    annotator: Kept = True
    several: Kept = True
    time: Kept = True
    seconds: Kept = True
    pool: Kept = True
    source: Kept = True
    note: Kept = True
    metadata: Kept = True
    media: Kept = True
    confirmed: Kept = True
    unknown: Kept = False


#: What a format carries that says of an item which labels it has, and nothing of how that came about.
LABELS_ONLY = Keeps(
    no_label=False, skipped=False, dismissed=False, partial=False, scores=False, annotator=False,
    several="the newest review of all labels", time=False, seconds=False, source=False, note=False, confirmed=False,
)  # fmt: skip


def _no_questions(shape: Shape) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class ToolFormat:
    """A tool's format. ``recognises`` goes by columns and first records, never by a file's name.

    ``reader`` None means that it is only written, ``writer`` None that it is only read. ``questions`` are the controls, questions
    or fields of a file that may hold the labels: none when there is no choice.
    """

    key: str
    title: str
    containers: frozenset[Format]
    suffix: str
    keeps: Keeps
    recognises: Callable[[Shape], bool]
    reader: Callable[[Shape, ImportOptions], Reader] | None = None
    writer: Callable[[Handover, BinaryIO], ExportReport] | None = None
    questions: Callable[[Shape], tuple[str, ...]] = _no_questions
    what: Literal["items", "tasks"] = "items"


def each(
    records: Iterable[Record | Rejection], make: Callable[[Mapping[str, Any]], Iterable[ImportRow]]
) -> Iterator[ImportRow | Rejection]:
    """The rows that ``make`` draws from every record; a record of which a cell is bad is turned down whole."""
    for record in records:
        if isinstance(record, Rejection):
            yield record
            continue
        number, cells = record
        try:
            yield from list(make(cells))
        except BadCell as bad:
            yield Rejection(number, bad.column, bad.value, bad.rule, bad.remedy)
