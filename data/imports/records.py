"""What goes into an import and what comes out of it, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from data.errors import ImportFailed
from data.records import ImportCounts, ImportRow

#: How a file is laid out; ``lines`` is text of which every line is a record, ``folder`` a folder or an archive of one,
#: ``sqlite`` a table or query of a database.
Format = Literal["csv", "json", "jsonl", "xlsx", "parquet", "arrow", "lines", "folder", "sqlite"]
#: Asks for a file to be read as a plain table, whatever tool it seems to come from.
TABLE = "table"
#: Where a record of one file among several says which one that is.
FILE = "source_file"

#: A row as its file holds it: its number as the person sees it, and its cells by column.
Record = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: where it is, what was found there, the rule it breaks, and the remedy.

    ``row`` counts as a spreadsheet does (the header is row 1); in JSON Lines it is the line, in JSON and Parquet the record,
    in a folder of texts the text, in a database the place in what was asked for. ``file`` is the file within a folder or archive
    of several, else empty.
    """

    row: int
    column: str | None
    value: str
    rule: str
    remedy: str
    file: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row}" if self.file else f"Row {self.row}"
        where = place + (f", column {self.column!r}" if self.column else "")
        return f"{where}: {self.rule}" + (f" (found {self.value})" if self.value else "") + f". {self.remedy}"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of the file means what. Columns that are not named here become metadata.

    Several ``text`` columns are joined by ". ". With ``value`` each row judges one label (1 assigned, 0 dismissed) and
    the rows of an id and annotator belong together; ``long`` says so of a file without values. ``one_hot`` columns are labels
    themselves. ``label_separator`` divides the labels of a cell: None means as the file suggests, "" that a cell is one label.
    """

    text: tuple[str, ...] = ()
    id: str | None = None
    labels: str | None = None
    dismissed: str | None = None
    suggested: str | None = None
    unknown: str | None = None
    label_scores: str | None = None
    state: str | None = None
    judged: str | None = None
    annotator: str | None = None
    date: str | None = None
    reviewed_at: str | None = None
    lead_time: str | None = None
    source: str | None = None
    model_version: str | None = None
    media: str | None = None
    uncertain: str | None = None
    note: str | None = None
    value: str | None = None
    one_hot: tuple[str, ...] = ()
    long: bool = False
    label_separator: str | None = None

    @property
    def grouped(self) -> bool:
        """Whether several rows together are one judgement."""
        return self.long or self.value is not None

    @property
    def used(self) -> frozenset[str]:
        """Every column that has a meaning."""
        single = (getattr(self, role) for role in ROLES)
        return frozenset(column for column in (*self.text, *self.one_hot, *single) if column)

    def check(self, columns: tuple[str, ...], *, closed: bool = True) -> None:
        """Refuse a map without text, or one that names columns which the file does not have (if ``closed``)."""
        there = ", ".join(map(repr, columns[:20])) or "none"
        if not self.text and not self.media:
            raise ImportFailed(f"No column holds the text. The columns are {there}. Say which one it is: map text to a column.")
        if closed and (missing := sorted(self.used - set(columns))):
            raise ImportFailed(f"The file has no column {missing[0]!r}. Its columns are {there}. Map to one of them.")


#: The roles of a column map that name one column each.
ROLES = tuple(f.name for f in fields(ColumnMap) if f.name not in ("text", "one_hot", "long", "label_separator"))


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a file; None means detect it.

    ``empty_is_reviewed``: a row without labels and state is reviewed with no label, rather than unreviewed. ``pool``: the rows
    are messages only, whatever the labels say. ``single_label``: a row with two labels is rejected. ``annotator`` judged the rows
    that name nobody. ``tool`` is the key of a tool's format, ``"table"`` for a plain table; ``question`` is the control, question
    or field of it that holds the labels. ``keep_going``: a file that breaks off is taken as far as it can be read.
    """

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    empty_is_reviewed: bool = False
    pool: bool = False
    single_label: bool = False
    annotator: str = "import"
    tool: str | None = None
    question: str | None = None
    keep_going: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is built. ``sample`` are its first records; ``ours`` means that it is an items file that Plateau wrote,
    ``escaped`` that Plateau wrote its cells; ``keep_going`` as asked for.

    ``tool`` is the key of the tool's format that it is in, None for a plain table.
    ``members`` are the files of a folder or archive of several; of tables the rest says how each of them is built, and their
    records say in ``FILE`` which one they are from. ``file`` is the path of a single file within a folder or archive.
    """

    format: Format
    columns: tuple[str, ...]
    sample: tuple[Record, ...] = ()
    encoding: str | None = None
    separator: str | None = None
    errors: str = "strict"
    sheet: str | None = None
    ours: bool = False
    escaped: bool = False
    rows: int | None = None
    warnings: tuple[str, ...] = ()
    tool: str | None = None
    members: tuple[str, ...] = ()
    keep_going: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file seems to be, before anything is imported.

    ``rows`` are its first records cell by cell, ``parsed`` the same as they would be imported under ``map``; ``total`` is the
    number of records, None when counting them would take long. ``tool`` is the key of the tool's format, None for a plain table;
    ``questions`` are those of its controls that may hold the labels.
    """

    name: str
    format: Format
    encoding: str | None
    separator: str | None
    columns: tuple[str, ...]
    map: ColumnMap
    rows: tuple[Mapping[str, Any], ...]
    parsed: tuple[ImportRow | Rejection, ...]
    warnings: tuple[str, ...]
    total: int | None
    tool: str | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``rejections`` holds the first of them; ``rejected`` counts all."""

    rows: int
    accepted: int
    rejected: int
    counts: ImportCounts
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    map: ColumnMap = field(default_factory=ColumnMap)

    @property
    def updated(self) -> int:
        """How many items that were there already have changed."""
        return self.counts.items_updated
