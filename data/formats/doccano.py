"""doccano: reading its JSON Lines, JSON and CSV, alone or in an archive with a file for each member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from data.errors import InvalidInput
from data.formats.base import LABELS_ONLY, ToolFormat, each
from data.formats.doccano_writer import COMMENTS, LABELS, META, MINE, NOBODY, write_lines, write_members
from data.imports.cells import BadCell, plain_text, plain_value, structure
from data.imports.records import FILE, ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_NOTES = {
    "empty": "{n} records have no label. doccano does not say whether they were looked at: they count as unreviewed. If you "
    "exported confirmed ones only, choose 'empty means reviewed'.",
    "numbers": "{n} records name their labels by number, as old exports do: rename them once they are imported.",
    "#": "Labels are divided at #, as doccano joins them. If a label itself holds #, read the file as a table and choose.",
    "whole #": "{n} cells hold # and are taken as one label each. If doccano joined several there, divide them at #.",
}


class DoccanoReader:
    """Turns records into rows: one for an item, or one for each person where a record says who gave which label."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.shape, self.options, self.noted = shape, options, Counter[str]()
        fields = label_fields(shape)
        self.field = options.question or next(iter(fields), "label")
        if options.question and options.question not in shape.columns:
            raise InvalidInput(f"There is no field {options.question!r}. Choose one of {', '.join(fields) or 'none'}.")
        self.others = tuple(name for name in fields if name != self.field) if options.question is None else ()
        self.joined = shape.format == "csv" and joined_by_hash(shape.sample, self.field)
        self.unjudged: set[int] = set()  # hashes of the ids of items that a member has not judged

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """The rows of every record, in order; an item that several members left without a label comes once."""
        return each(records, self._each)

    def warnings(self) -> list[str]:
        """What a person should know about the records read so far."""
        said = [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]
        other = f"The labels are those of {self.field!r}; {', '.join(map(repr, self.others))} could be chosen instead."
        return [*said, *([other] if self.others else []), *([_NOTES["#"]] if self.joined else [])]

    def _each(self, cells: Mapping[str, Any]) -> Iterator[ImportRow]:
        for who, labels in self._said(cells):
            row = self._row(cells, who, labels)
            if row.labels is None and row.uid:
                if hash(row.uid) in self.unjudged:
                    continue
                self.unjudged.add(hash(row.uid))
            yield row

    def _said(self, cells: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
        """Who gave which labels."""
        given = cells.get("annotations")
        if not isinstance(given, list) or self.field in cells:
            member = PurePosixPath(str(cells.get(FILE, "")) if self.shape.members else self.shape.file).stem
            return [("" if member.lower() in NOBODY else unquote(member), self._labels(cells.get(self.field)))]
        people: dict[str, list[Any]] = {}
        for one in given:
            if not isinstance(one, Mapping) or "label" not in one:
                raise BadCell("annotations", one, "an annotation has no label", 'Write it as {"label": 5, "user": 1}.')
            self.noted["numbers"] += isinstance(one["label"], int) and not people
            people.setdefault(plain_text(one.get("user"), "user"), []).append(one["label"])
        return list(people.items()) or [("", [])]

    def _labels(self, cell: Any) -> list[Any]:
        if isinstance(cell, str) and cell.strip():
            if self.shape.format != "csv":
                return [cell]
            self.noted["whole #"] += "#" in cell and not self.joined
            return [part for part in cell.split("#") if part] if self.joined else [cell]
        return list(cell) if isinstance(cell, list) else [] if cell in (None, "") else [cell]

    def _row(self, cells: Mapping[str, Any], who: str, labels: list[Any]) -> ImportRow:
        names = tuple(dict.fromkeys(_name(part, self.field) for part in labels))
        judged = bool(names) or self.options.empty_is_reviewed
        self.noted["empty"] += not judged
        return ImportRow(
            plain_text(cells.get("id"), "id").strip(), plain_text(cells.get("text"), "text"),
            plain_text(cells.get("filename"), "filename").strip() or None, self._metadata(cells),
            labels=names if judged else None, annotator=who or "import",
        )  # fmt: skip

    def _metadata(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        meta = cells.get("meta")
        if isinstance(meta, str) and meta.startswith("{"):
            meta = structure(meta, "meta")
        old = meta if isinstance(meta, Mapping) else {} if meta in (None, "") else {"meta": meta}
        used = {"id", "text", "filename", self.field, COMMENTS, "meta", *([FILE] if self.shape.members else [])}
        used |= set() if self.field in cells else {"annotations"}
        blank = ("",) if self.shape.format == "csv" else ()
        rest = {key: value for key, value in cells.items() if key not in used and value not in blank}
        kept = {str(key).removeprefix(META): plain_value(value, str(key)) for key, value in {**old, **rest}.items()}
        if comments := cells.get(COMMENTS):
            kept[MINE] = {COMMENTS: plain_value(comments, COMMENTS)}
        return kept


def _name(part: Any, column: str) -> str:
    if isinstance(part, list | tuple) and len(part) == 3:
        rule = "the label marks a part of the text"
        raise BadCell(column, part, rule, "Plateau rates labels of whole texts: export a text classification project.")
    if isinstance(part, list | dict):
        raise BadCell(column, part, "a label must be a name", 'Write the labels as ["first", "second"].')
    return plain_text(part, column).strip()


def joined_by_hash(sample: Sequence[Record], field: str) -> bool:
    """Whether cells join labels with #: all parts of one that holds # are whole cells elsewhere, or in other such cells too."""
    cells = Counter(str(cells.get(field) or "") for _, cells in sample)
    joined = [cell for cell in cells if "#" in cell]
    found = Counter(part for cell in cells for part in set(cell.split("#")))
    return bool(joined) and all(all(cell.split("#")) for cell in joined) and any(
        all(found[part] > 1 for part in cell.split("#")) for cell in joined
    )  # fmt: skip


def label_fields(shape: Shape) -> tuple[str, ...]:
    """The fields that may hold the labels."""
    return tuple(name for name in LABELS if name in shape.columns)


def _questions(shape: Shape) -> tuple[str, ...]:
    fields = label_fields(shape)
    return fields if len(fields) > 1 else ()


def _known(shape: Shape) -> bool:
    """Records with doccano's list of comments, or with its old numbered annotations; CSV by the comments beside a label."""
    if shape.format == "csv":
        return COMMENTS in shape.columns and "label" in shape.columns and bool({"text", "filename"} & set(shape.columns))
    names = [PurePosixPath(path).stem.lower() for path in shape.members or (shape.file,)]
    people = bool(shape.members or shape.file) and not NOBODY & set(names)
    return any(_ours(cells, people) for _, cells in shape.sample)


def _ours(cells: Mapping[str, Any], people: bool) -> bool:
    """Whether a record is doccano's. Older ones had no comments: their numbers show them, in files named after ``people``."""
    if not ({"text", "filename"} & set(cells)):
        return False
    old = cells.get("annotations")
    numbered = isinstance(old, list) and bool(old) and all(isinstance(a, Mapping) and {"label", "user"} <= set(a) for a in old)
    listed = any(isinstance(cells.get(name), list) for name in ("label", "cats"))
    return numbered or (listed and (isinstance(cells.get(COMMENTS), list) or (people and isinstance(cells.get("id"), int))))


LINES = ToolFormat(
    "doccano", "doccano JSONL", frozenset({"jsonl", "json", "csv"}), ".jsonl", LABELS_ONLY, _known, DoccanoReader, write_lines,
    _questions,
)  # fmt: skip
MEMBERS = ToolFormat(
    "doccano-members", "doccano JSONL, a file for each person", frozenset({"jsonl"}), ".zip",
    replace(LABELS_ONLY, annotator="as the name of the person's file", several=True), lambda shape: False, writer=write_members,
)  # fmt: skip
