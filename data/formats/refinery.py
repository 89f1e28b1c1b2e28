"""refinery JSON: records with three columns for each labelling task: by hand, by weak supervision, and its confidence."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from data.errors import ImportFailed
from data.exports.handover import Handover, Whole, newest
from data.exports.table import ExportReport
from data.formats.base import LABELS_ONLY, ToolFormat, each
from data.formats.fields import date_cell, escaped, item_date, kept, media_key, names_of, text_key, unescaped_in
from data.imports.cells import BadCell, plain_text
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_PART = re.compile(r"(.+?)__(MANUAL|WEAK_SUPERVISION(?:__confidence)?|confidence)")
_IDS = ("id", "running_id", "doc_id", "document_id", "uid")
#: Metadata key under which an item keeps the columns of other tasks, and what its text, id and task are called.
REST = "refinery"
AGENT = "weak supervision"
_NOTES = {
    "empty": "{n} items were judged and have no label to write: skips and reviews without a label look like unreviewed items.",
    "several": "{n} items have several labels: they are written as lists, while a task of refinery gives one.",
    "people": "{n} items were judged by several people: the newest review of all labels is written.",
    "scores": "{n} items have confidences for several labels: the most confident one is written.",
}
_UNSCORED = "{n} weakly supervised labels have no confidence: they are kept and written back, but they are no confidences."


def recognises(shape: Shape) -> bool:
    """Whether a column is that of a task."""
    return any((match := _PART.fullmatch(column)) and "confidence" not in match[2] for column in shape.columns)


def tasks(shape: Shape) -> tuple[str, ...]:
    """The tasks that label whole records; those that label words of it are none of them."""
    found: dict[str, list[Any]] = {}
    for column in shape.columns:
        if (match := _PART.fullmatch(column)) and "confidence" not in match[2]:
            found.setdefault(match[1], []).extend(cells.get(column) for _, cells in shape.sample)
    return tuple(task for task, values in found.items() if not any(isinstance(v, list) and "O" in v for v in values))


class Records:
    """Reads the records once."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        found = tasks(shape)
        if options.question is not None and options.question not in found:
            there = ", ".join(map(repr, found)) or "none"
            raise ImportFailed(f"The file has no task {options.question!r} that labels records. Choose one of them: {there}.")
        self.options, self.unscored = options, 0
        self.task = options.question or next(iter(found), "__labels")
        self.others = found[1:] if options.question is None else ()
        attribute = self.task.rpartition("__")[0]
        sample = [cells for _, cells in shape.sample]
        self.id = next((name for name in _IDS if name in shape.columns), None)
        self.text = attribute if attribute in shape.columns else text_key(sample, self._structural)
        self.media = media_key(shape.columns)

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for each record."""
        return each(records, lambda cells: [self._row(cells)])

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        others = ", ".join(map(repr, self.others))
        said = [f"The labels are those of the task {self.task!r}. The file has others too: {others}; they are kept."]
        return (said if others else []) + ([_UNSCORED.format(n=f"{self.unscored:,}")] if self.unscored else [])

    def _structural(self, column: str) -> bool:
        return column == self.id or _PART.fullmatch(column) is not None

    def _row(self, cells: Mapping[str, Any]) -> ImportRow:
        manual = names_of(cells.get(f"{self.task}__MANUAL"), f"{self.task}__MANUAL")
        reviewed = manual or (f"{self.task}__MANUAL" in cells and self.options.empty_is_reviewed)
        rest = self._rest(cells)
        scores = self._scores(cells, rest)
        taken = taken_by(self.id, self.text, self.media)
        free = {unescaped_in(key, taken): cell for key, cell in cells.items() if not taken(key)}
        at, said = item_date(free)
        free.pop(said or "", None)
        return ImportRow(
            plain_text(cells.get(self.id or ""), self.id), plain_text(cells.get(self.text or ""), self.text),
            plain_text(cells.get(self.media or ""), self.media).strip() or None, kept(free) | ({REST: rest} if rest else {}), at,
            manual if reviewed else None, scores=scores, model_version=AGENT if scores else None,
        )  # fmt: skip

    def _rest(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of other tasks, and the names that are not those Plateau would choose."""
        mine = (match for match in map(_PART.fullmatch, cells) if match and match[1] != self.task)
        names = {"id": self.id, "text": self.text, "task": self.task}
        usual = {"id": "id", "text": "text", "task": "text__labels"}
        return kept({match[0]: cells[match[0]] for match in mine} | {key: n for key, n in names.items() if n != usual[key]})

    def _scores(self, cells: Mapping[str, Any], rest: dict[str, Any]) -> dict[str, float] | None:
        weak = f"{self.task}__WEAK_SUPERVISION"
        named = names_of(cells.get(weak), weak)
        raw = next((cells[c] for c in (f"{weak}__confidence", f"{self.task}__confidence") if cells.get(c) is not None), None)
        if not named or raw is None:
            self.unscored += bool(named)
            rest |= {weak: list(named)} if named else {}
            return None
        try:
            score = float(raw)
        except (TypeError, ValueError):
            score = -1.0
        if not 0 <= score <= 1:
            raise BadCell(
                f"{weak}__confidence", raw, "a confidence must lie between 0 and 1", "Correct the cell or leave it out."
            )
        return dict.fromkeys(named, score)


def taken_by(*columns: str | None) -> Callable[[str], bool]:
    """Whether a column means something in a file whose id, text and picture are called so."""
    return lambda column: column in columns or _PART.fullmatch(column) is not None


def write_records(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write a JSON array of records."""
    names = _names(handover)
    noted, count = Counter[str](), 0
    for whole in handover.wholes():
        record = _record(whole, names, noted)
        out.write((b",\n" if count else b"[\n") + json.dumps(record, ensure_ascii=False).encode())
        count += 1
    out.write(b"\n]\n" if count else b"[]\n")
    return ExportReport(count, tuple(_NOTES[what].format(n=f"{n:,}") for what, n in noted.items() if n))


def _names(handover: Handover) -> dict[str, str]:
    """What the id, the text and the task are called: as they came, if all items came from one file."""
    found = {tuple(_rest(whole).get(key) for key in ("id", "text", "task")) for whole in handover.wholes()}
    uid, text, task = found.pop() if len(found) == 1 else (None, None, None)
    text = str(text or "text")
    return {"id": str(uid or "id"), "text": text, "task": str(task or f"{text}__{handover.question}")}


def _rest(whole: Whole) -> Mapping[str, Any]:
    rest = whole.item.metadata.get(REST)
    return rest if isinstance(rest, Mapping) else {}


def _record(whole: Whole, names: Mapping[str, str], noted: Counter[str]) -> dict[str, Any]:
    item, task, rest = whole.item, names["task"], _rest(whole)
    judged = newest(whole.judgements)
    labels = list(judged.labels) if judged else []
    noted["empty"] += bool(whole.judgements) and not labels
    noted["several"] += len(labels) > 1
    noted["people"] += len(whole.judgements) > 1
    taken = taken_by(names["id"], names["text"], "image")
    at = date_cell(item.at, item.metadata)
    further = {**({"date": at} if at else {}), **{key: cell for key, cell in item.metadata.items() if key != REST}}
    media = {"image": item.media} if item.media else {}
    others = {key: cell for key, cell in rest.items() if (match := _PART.fullmatch(key)) and match[1] != task}
    manual = {f"{task}__MANUAL": _one_or_list(labels)}
    weak = _weak(whole, task, rest, noted)
    return {names["id"]: item.uid, names["text"]: item.text} | media | {
        escaped(key, taken): cell for key, cell in further.items()
    } | manual | weak | others  # fmt: skip


def _one_or_list(labels: list[str]) -> Any:
    return labels if len(labels) > 1 else labels[0] if labels else None


def _weak(whole: Whole, task: str, rest: Mapping[str, Any], noted: Counter[str]) -> dict[str, Any]:
    column = f"{task}__WEAK_SUPERVISION"
    if not whole.predictions or not whole.predictions[0][1]:
        return {column: _one_or_list(list(rest.get(column) or ())), f"{column}__confidence": None}
    scores = whole.predictions[0][1]
    best = max(scores, key=lambda name: scores[name])
    noted["scores"] += len(scores) > 1
    return {column: best, f"{column}__confidence": scores[best]}


FORMAT = ToolFormat(
    "refinery", "refinery JSON", frozenset({"json", "jsonl"}), ".json",
    replace(LABELS_ONLY, scores="the most confident label and its confidence"),
    recognises, Records, write_records, tasks,
)  # fmt: skip
