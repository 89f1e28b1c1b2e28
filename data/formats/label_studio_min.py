"""Label Studio's tables: JSON_MIN, CSV and TSV, with one row an annotation and the keys of ``data`` as columns."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from data.errors import ImportFailed, InvalidInput
from data.exports.handover import Handover, Judgement
from data.exports.table import ExportReport
from data.formats.base import Keeps, ToolFormat, each
from data.formats.label_studio import Tasks
from data.formats.label_studio_task import KINDS, Control, Task, text_key
from data.formats.label_studio_write import Plan, data_of, in_part, kept_of, number_of, person, plan_of, review_number, zulu
from data.imports.columns import guess
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.layout import ACTION, SOURCE, neutralise, restore
from data.records import ImportRow

_TIMES = ("created_at", "updated_at", "lead_time")
_COLUMNS = frozenset({"id", "annotator", "annotation_id", *_TIMES})
_ANNOTATED = {"annotator": None, "annotation_id": None, **dict.fromkeys(_TIMES)}
_SAYS = frozenset({"agreement", "history"})
_RENAMED = "_data_"  # before a key of data that is called like a control
_LEFT = "{n:,} reviews judged some labels only: they are left out, since Label Studio would take them for whole ones."


class Rows(Tasks):
    """Reads rows as tasks of one annotation each, or of none."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.columns, self.ours = frozenset(shape.columns), shape.format == "csv" and "plateau_id" in shape.columns
        self.question = ""
        cells = [cells for _, cells in shape.sample]
        found = _controls(shape)
        self.question = _asked(found, options.question, shape)
        kind = next((said[0] for one in cells if (said := _said(one.get(self.question))) is not None), "choices")
        others = [name for name in found if name != self.question] if options.question is None else []
        tasks = {str(one.get("id")): {"data": self._data(one)} for one in cells}
        taken = _COLUMNS | {self.question}
        super().__init__(list(tasks.values()), Control(self.question or "labels", "text", kind), others, options, taken)

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for every annotation, and one for a task without any."""
        return each(records, lambda cells: self.task(self._task(cells)))

    def rest(self, task: Task, text: str) -> dict[str, Any]:
        """The task's number, and how it was read; what a row says of an annotation is all understood."""
        return {name: value for name, value in super().rest(task, text).items() if name != "annotations"}

    def _task(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        made = {name: cells.get(name) for name in _TIMES}
        one = {**made, "completed_by": cells.get("annotator"), "result": self._result(cells.get(self.question))}
        annotated = cells.get("annotation_id") not in (None, "")
        return {"id": cells.get("id"), "data": self._data(cells), "annotations": [one] if annotated else []}

    def _data(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        data = {
            _plain(self._restored(column), self.columns): self._restored(cell)
            for column, cell in cells.items()
            if column not in _COLUMNS and column != self.question and cell != ""
        }
        scores = data.get("label_scores")
        return data | {"label_scores": json.loads(scores)} if isinstance(scores, str) and _parsed(scores) else data

    def _restored(self, cell: Any) -> Any:
        return restore(cell) if self.ours and isinstance(cell, str) else cell

    def _result(self, cell: Any) -> list[dict[str, Any]]:
        if cell is None or cell == "":
            return []
        kind, names = _said(cell) or (self.control.kind, [self._restored(cell)])
        return [{"from_name": self.control.name, "to_name": "text", "type": kind, "value": {kind: names}}]


def _plain(column: str, columns: frozenset[str]) -> str:
    name = column.removeprefix(_RENAMED)
    return name if column.startswith(_RENAMED) and name in columns else column


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip().startswith(("{", "[")) else None
    except ValueError:
        return None


def _said(cell: Any) -> tuple[str, list[Any]] | None:
    """The kind of a control and what it chooses, of a cell that says it in full; None of any other cell.

    >>> _said('{"choices": ["grain", "ship"]}'), _said([{"taxonomy": [["Billing", "Refund"]]}]), _said("grain")
    (('choices', ['grain', 'ship']), ('taxonomy', [['Billing', 'Refund']]), None)
    """
    found = _parsed(cell) if isinstance(cell, str) else cell
    parts = found if isinstance(found, list) else [found]
    for kind in KINDS:
        if parts and all(isinstance(part, dict) and isinstance(part.get(kind), list) for part in parts):
            return kind, [name for part in parts for name in part[kind]]
    return None


def _controls(shape: Shape) -> list[str]:
    """The columns that hold choices: those that say so in some cell or, in JSON, by where they stand; else by their name."""
    cells = [cells for _, cells in shape.sample]
    free = [column for column in shape.columns if column not in _COLUMNS | _SAYS]
    sure = [column for column in free if any(_said(one.get(column)) is not None for one in cells)]
    between = [column for column in free if shape.format != "csv" and any(_between(one, column) for one in cells)]
    usual = guess(shape).labels
    return sure or between or ([usual] if usual in free else [])


def _between(cells: Mapping[str, Any], column: str) -> bool:
    """Whether a key stands where Label Studio puts controls: after the task's number and before the annotator."""
    keys = list(cells)
    there = isinstance(cells.get(column), str) and "id" in cells and "annotator" in cells
    return there and keys.index("id") < keys.index(column) < keys.index("annotator")


def _asked(found: Sequence[str], question: str | None, shape: Shape) -> str:
    """The column asked for, or the first that holds choices; "" when there is none because nobody chose anything."""
    choices = [column for column in shape.columns if column not in _COLUMNS]
    if question is not None and question not in choices:
        raise ImportFailed(
            f"The file has no column {question!r}. Its columns are {', '.join(map(repr, choices))}: name one of them."
        )
    annotated = any(cells.get("annotation_id") not in (None, "") for _, cells in shape.sample)
    if question is None and not found and annotated and _open(shape):
        names = ", ".join(map(repr, _open(shape)))
        raise ImportFailed(f"No column is sure to hold the labels. Say which one it is: {names}.")
    return question or next(iter(found), "")


def _open(shape: Shape) -> list[str]:
    """Columns besides the text that might hold labels, of which nothing shows that they do."""
    data = [{"data": {key: cell for key, cell in cells.items() if key not in _COLUMNS | _SAYS}} for _, cells in shape.sample]
    used = {text_key(data), "plateau_id", "plateau_date", "plateau_model", "label_scores", ACTION, SOURCE}
    return [column for column in shape.columns if column not in _COLUMNS | _SAYS | used]


def _recognises(shape: Shape) -> bool:
    return {"annotation_id", "annotator", "lead_time", "id"} <= set(shape.columns)


def _questions(shape: Shape) -> tuple[str, ...]:
    names = tuple(_controls(shape) or _open(shape))
    return names if len(names) > 1 else ()


def rows_of(handover: Handover, noted: Counter[str]) -> Iterator[dict[str, Any]]:
    """One row for every review, and one for an item without any; skips are left out, as Label Studio leaves them out.

    So are reviews of some labels only, which ``noted`` counts. Raises InvalidInput.
    """
    plan = plan_of(handover)
    plan = replace(plan, taken=_COLUMNS | {plan.control.name})
    for whole in handover.wholes():
        data = data_of(whole, kept_of(whole.item), plan) | {"id": number_of(whole.item)}
        _check(plan.control.name, data)
        noted["partial"] += sum(map(in_part, whole.judgements))
        reviewed = [judgement for judgement in whole.judgements if judgement.state == "reviewed" and not in_part(judgement)]
        for annotated in [_annotated(judgement, plan) for judgement in reviewed] or [_ANNOTATED]:
            yield data | {plan.control.name: None} | annotated  # the column is there even if nobody chose anything


def _check(name: str, data: Mapping[str, Any]) -> None:
    if name in _COLUMNS or name in data:
        raise InvalidInput(f"The labels would be called {name!r}, like another column of this table. Call them something else.")


def _annotated(judgement: Judgement, plan: Plan) -> dict[str, Any]:
    """The columns of an annotation, in Label Studio's order."""
    chosen = plan.control.value(judgement.labels)
    one = plan.control.kind == "choices" and len(judgement.labels) == 1
    labels = {plan.control.name: judgement.labels[0] if one else chosen if plan.control.kind == "choices" else [chosen]}
    who, at = judgement.annotator, zulu(judgement.at)
    return {
        **(labels if judgement.labels else {}), "annotator": person(who),
        "annotation_id": review_number(judgement), "created_at": at, "updated_at": at, "lead_time": judgement.seconds,
    }  # fmt: skip


def write_json(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write JSON_MIN: an array of one object a row."""
    count, noted = 0, Counter[str]()
    out.write(b"[")
    for row in rows_of(handover, noted):
        out.write((b",\n" if count else b"\n") + json.dumps(row, ensure_ascii=False).encode())
        count += 1
    out.write(b"\n]\n")
    return _report(count, noted)


def _report(count: int, noted: Counter[str]) -> ExportReport:
    return ExportReport(count, (_LEFT.format(n=noted["partial"]),) if noted["partial"] else ())


def write_csv(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write a table with commas; its columns are in alphabetical order, what is no number is in quotes."""
    return _table(handover, out, ",")


def write_tsv(handover: Handover, out: BinaryIO) -> ExportReport:
    """The same with tabs."""
    return _table(handover, out, "\t")


def _table(handover: Handover, out: BinaryIO, separator: str) -> ExportReport:
    columns: dict[str, None] = {}
    noted = Counter[str]()
    for row in rows_of(handover, Counter()):
        columns.update(dict.fromkeys(row))
    text, count = io.TextIOWrapper(out, encoding="utf-8", newline=""), 0
    try:
        writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([neutralise(column) for column in sorted(columns)])
        for row in rows_of(handover, noted):
            writer.writerow([_cell(row.get(column)) for column in sorted(columns)])
            count += 1
    finally:
        text.detach()
    return _report(count, noted)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return neutralise(value) if isinstance(value, str) else value


_KEEPS = Keeps(
    skipped=False, dismissed=False, partial=False, scores="they stand in the column label_scores; predictions are left out",
    source=False, note=False, confirmed=False,
)  # fmt: skip
JSON_MIN = ToolFormat(
    "label-studio-min", "Label Studio JSON_MIN", frozenset({"json", "jsonl"}), ".json", _KEEPS, _recognises, Rows, write_json,
    _questions,
)  # fmt: skip
CSV = ToolFormat(
    "label-studio-csv", "Label Studio CSV", frozenset({"csv"}), ".csv", replace(_KEEPS, metadata="numbers and lists become text"),
    _recognises, Rows, write_csv, _questions,
)  # fmt: skip
TSV = replace(CSV, key="label-studio-tsv", title="Label Studio TSV", suffix=".tsv", reader=None, writer=write_tsv)
