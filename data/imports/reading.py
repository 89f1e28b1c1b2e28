"""All rows of a file, one at a time: repeated ids are refused, the rows of one long-form judgement are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from data.imports.cells import BadCell
from data.imports.columns import guess
from data.imports.reader import recognise, records
from data.imports.records import FILE, ColumnMap, ImportOptions, Record, Rejection, Shape
from data.imports.rows import RowParser, hashed_uid
from data.imports.source import Source
from data.records import ImportRow

if TYPE_CHECKING:
    from data.formats.reading import ToolRows


class Reading:
    """Goes through a file once each time it is iterated; ``rows`` then says how many records there were."""

    def __init__(self, source: Source, shape: Shape, columns: ColumnMap, options: ImportOptions) -> None:
        if shape.tool is None:
            columns.check(shape.columns, closed=shape.format not in ("json", "jsonl"))
        self.source, self.shape, self.map, self.options = source, shape, columns, options
        self.parser, self._rows = RowParser(shape, columns, options), 0
        self.tool = _tool_rows(shape, options) if shape.tool else None

    @property
    def rows(self) -> int:
        """How many records were read so far."""
        return self.tool.seen if self.tool else self._rows

    def __iter__(self) -> Iterator[ImportRow | Rejection]:
        if self.shape.tool:
            self.tool = _tool_rows(self.shape, self.options)
            return self.tool.rows(self.records())
        self.parser, self._rows = RowParser(self.shape, self.map, self.options), 0
        return self._grouped() if self.map.grouped else self._single()

    def records(self) -> Iterator[Record | Rejection]:
        """The records of the file, from the first."""
        return records(self.source, self.shape)

    def warnings(self) -> list[str]:
        """What a person should know about the file and the rows read so far."""
        if self.tool:
            return [*self.shape.warnings, *self.tool.warnings()]
        made = (
            [] if self.map.id else ["No column holds ids: each is made from the text, so that importing again changes nothing."]
        )
        comma = self.parser.separator == "," and self.map.label_separator is None
        said = ["Labels are divided at commas. If a label itself holds a comma, choose another separator."] if comma else []
        return [*self.shape.warnings, *made, *said, *self.parser.warnings()]

    def _parsed(self) -> Iterator[tuple[int, ImportRow | Rejection]]:
        """Every record as a row that has a uid, or as a rejection."""
        seen: Counter[int] = Counter()
        self._rows = 0
        for record in self.records():
            self._rows += 1
            if isinstance(record, Rejection):
                yield record.row, record
                continue
            number, cells = record
            try:
                row = self.parser.parse(cells)
            except BadCell as bad:
                file = str(cells.get(FILE, "")) if self.shape.members else ""
                yield number, Rejection(number, bad.column, bad.value, bad.rule, bad.remedy, file)
                continue
            yield number, row if self.map.id else self._named(row, seen)

    def _named(self, row: ImportRow, seen: Counter[int]) -> ImportRow:
        if self.map.grouped:
            return replace(row, uid=hashed_uid(row, 1))
        key = hash((row.text, row.media, row.annotator))
        seen[key] += 1
        return replace(row, uid=hashed_uid(row, seen[key]))

    def _single(self) -> Iterator[ImportRow | Rejection]:
        first: dict[int, int] = {}  # what the row is about -> its number
        texts: dict[int, tuple[int, int]] = {}  # hash of id -> hash of text, row
        for number, row in self._parsed():
            if isinstance(row, Rejection):
                yield row
                continue
            here = self._rows if self.shape.members else number  # the files of a folder number their rows each from the start
            before = first.setdefault(_key(row), here)
            text, where = texts.setdefault(hash(row.uid), (hash(row.text), here))
            if text != hash(row.text):
                yield self._repeated(number, row, f"the id has another text in {self._place(where)}")
            elif before != here:
                yield self._repeated(number, row, f"the id and annotator are those of {self._place(before)} already")
            else:
                yield row

    def _place(self, where: int) -> str:
        return f"record {where} of all files together" if self.shape.members else f"row {where}"

    def _repeated(self, number: int, row: ImportRow, rule: str) -> Rejection:
        remedy = "Give each message its own id, and each judgement its annotator."
        file = str(row.metadata.get(FILE, "")) if self.shape.members else ""
        return Rejection(number, self.map.id, row.uid[:80], rule, remedy, file)

    def _grouped(self) -> Iterator[ImportRow | Rejection]:
        """Two passes: gather every judgement's labels, then give each out where its first row stands."""
        groups = self._gather()
        given: set[int] = set()
        for number, row in self._parsed():
            if isinstance(row, Rejection):
                yield row
                continue
            key = hash((row.uid, row.annotator))
            group = groups[key]
            if clash := group.contradicts(row):
                remedy = "Keep one of the two rows, or name their annotators."
                yield Rejection(
                    number, self.map.labels, clash, "an earlier row of this id says the opposite of this label", remedy
                )
            elif self._too_many(group):
                rule = f"the project gives an item one label, the rows of this id name {len(group.assigned())}"
                yield Rejection(number, self.map.labels, ", ".join(group.assigned())[:80], rule, "Keep one label.")
            elif key not in given:
                given.add(key)
                yield group.complete(row)

    def _too_many(self, group: Group) -> bool:
        return self.options.single_label and len(group.assigned()) > 1

    def _gather(self) -> dict[int, Group]:
        groups: dict[int, Group] = {}
        for _, row in self._parsed():
            if isinstance(row, ImportRow):
                groups.setdefault(hash((row.uid, row.annotator)), Group()).add(row)
        self.parser = RowParser(self.shape, self.map, self.options)
        return groups


def _tool_rows(shape: Shape, options: ImportOptions) -> ToolRows:
    from data.formats.reading import ToolRows  # the formats of tools stand on this package

    return ToolRows(shape, options)


class Group:
    """The labels that the rows of one id and annotator name; of two opposite ones the first stands."""

    __slots__ = ("at", "judged", "verdicts")

    def __init__(self) -> None:
        self.verdicts: dict[str, bool] = {}
        self.judged, self.at = False, None  # type: tuple[bool, str | None]

    def add(self, row: ImportRow) -> None:
        """Take a row in."""
        if row.labels is None:
            return
        self.judged = True
        self.at = max(filter(None, (self.at, row.reviewed_at)), default=None)
        for name, verdict in _verdicts(row):
            self.verdicts.setdefault(name, verdict)

    def contradicts(self, row: ImportRow) -> str | None:
        """A label of which an earlier row said the opposite."""
        return next((name for name, verdict in _verdicts(row) if self.verdicts[name] != verdict), None)

    def assigned(self) -> tuple[str, ...]:
        """The labels assigned, in the order of the file."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict)

    def complete(self, row: ImportRow) -> ImportRow:
        """The first row of the group with everything that the others say."""
        if not self.judged:
            return row
        dismissed = tuple(name for name, verdict in self.verdicts.items() if not verdict)
        partial = row.partial or bool(dismissed)
        return replace(row, labels=self.assigned(), dismissed=dismissed, partial=partial, reviewed_at=self.at)


def _key(row: ImportRow) -> int:
    """What a row is about: one annotator's judgement of an item, or the item with one model's prediction."""
    return hash((row.uid, row.annotator) if row.labels is not None else (row.uid, None, row.model_version))


def _verdicts(row: ImportRow) -> Iterator[tuple[str, bool]]:
    for name in row.labels or ():
        yield name, True
    for name in row.dismissed:
        yield name, False


def read_rows(
    source: Any, columns: ColumnMap | None = None, options: ImportOptions | None = None
) -> Iterator[ImportRow | Rejection]:
    """The rows of a file (a path or bytes) as the store takes them, and those that it does not, in the file's order."""
    return iter(open_reading(source, columns, options))


def open_reading(source: Any, columns: ColumnMap | None = None, options: ImportOptions | None = None, name: str = "") -> Reading:
    """Recognise a file and make it ready to be read, under the guessed map unless one is given."""
    options = options or ImportOptions()
    found = Source.of(source, name)
    shape = recognise(found, options)
    return Reading(found, shape, columns or guess(shape), options)


def first_rows(reading: Reading, count: int) -> tuple[ImportRow | Rejection, ...]:
    """The first rows, as an import would take them."""
    return tuple(islice(reading, count))
