"""Argilla 1, feedback datasets, read only: a column of answers for each question. Many datasets on the hub are ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.formats.argilla import FlatReader, questions
from data.formats.argilla_record import Entry
from data.formats.base import Keeps, ToolFormat, each
from data.formats.fields import item_date, kept
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_ANSWER = {"user_id", "value", "status"}
_HINT, _ABOUT = "-suggestion", "-suggestion-metadata"


def recognises(shape: Shape) -> bool:
    """Whether a column holds answers: who, what, and whether it was submitted."""
    return any(_answers(cell) is not None for _, cells in shape.sample for cell in cells.values())


def feedback_questions(shape: Shape) -> tuple[str, ...]:
    """The questions whose answers can be labels."""
    return questions(_flat_shape(shape))


def _answers(cell: Any) -> list[Mapping[str, Any]] | None:
    """The answers in a cell, be it a list of them or an object of lists; None where it holds none."""
    if isinstance(cell, Mapping) and set(cell) == _ANSWER and all(isinstance(part, list) for part in cell.values()):
        return [dict(zip(cell, parts, strict=True)) for parts in zip(*cell.values(), strict=False)]
    found = cell if isinstance(cell, list) else []
    return found if found and all(isinstance(one, Mapping) and set(one) == _ANSWER for one in found) else None


def _flat(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The record as a flat export of Argilla 2 has it."""
    found: dict[str, Any] = {"id": cells.get("external_id")}
    for column, cell in cells.items():
        if (answers := _answers(cell)) is not None:
            found[f"{column}.responses"] = [answer["value"] for answer in answers]
            found[f"{column}.responses.users"] = [answer["user_id"] or "" for answer in answers]
            found[f"{column}.responses.status"] = [answer["status"] for answer in answers]
        elif column.endswith(_HINT):
            found[f"{column.removesuffix(_HINT)}.suggestion"] = cell
        elif column.endswith(_ABOUT):
            about = cell if isinstance(cell, Mapping) else {}
            found |= {f"{column.removesuffix(_ABOUT)}.suggestion.{part}": about.get(part) for part in ("score", "agent")}
        elif column not in ("external_id", "metadata") and cell != []:
            found[column] = cell
    return found


def _flat_shape(shape: Shape) -> Shape:
    sample = tuple((number, _flat(cells)) for number, cells in shape.sample)
    return replace(shape, sample=sample, columns=tuple(dict.fromkeys(key for _, cells in sample for key in cells)))


class FeedbackReader:
    """Reads the records once."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.flat = FlatReader(_flat_shape(shape), options)

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for each judgement."""
        return each(records, lambda cells: self.flat.entries.rows(self._entry(cells)))

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        return self.flat.warnings()

    def _entry(self, cells: Mapping[str, Any]) -> Entry:
        entry = self.flat.entry(_flat(cells))
        said = cells.get("metadata")
        try:
            further = json.loads(said) if isinstance(said, str) else said
        except ValueError:
            further = {"metadata": said}
        metadata = entry.metadata | kept(further if isinstance(further, Mapping) else {})
        return replace(entry, metadata=metadata, at=entry.at or item_date(metadata)[0])


FORMAT = ToolFormat(
    "argilla-feedback", "Argilla 1, feedback", frozenset({"parquet", "arrow", "json", "jsonl"}), ".jsonl", Keeps(),
    recognises, FeedbackReader, questions=feedback_questions,
)  # fmt: skip
