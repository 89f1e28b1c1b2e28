"""Argilla 2, nested: the records of ``records.to_json`` and ``Dataset.to_disk``.

An answer has no status there, and no time: the record's own status says whether its answers were submitted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO

from data.exports.handover import Handover, Whole
from data.exports.table import ExportReport
from data.formats.argilla import FlatReader, questions
from data.formats.argilla_flat import PART, SCORES, suggested
from data.formats.argilla_record import DRAFT, REST, SUBMITTED, Entry, Out, out_of, user_id, vectors_note
from data.formats.base import Keeps, ToolFormat, each
from data.formats.fields import date_cell, escaped, item_date, kept, unescaped_in
from data.imports.cells import BadCell, label_scores
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

#: Metadata of Plateau's own: who gave the answers, in their order, where these are names and not ids of Argilla.
_PEOPLE = "annotators"
_MODEL = "model_version"  # of confidences none of which is high enough to be a suggestion
_OWN = frozenset({SCORES, _PEOPLE, _MODEL})
_NOTES = {
    "skipped": "{n} skips are left out: the nested form does not say that an answer was discarded.",
    "partial": "{n} reviews judged some labels only: they are left out, since Argilla would take them for whole ones.",
    "models": "{n} items have the confidences of several models: those of the first are written.",
}


def recognises(shape: Shape) -> bool:
    """Whether the records have fields, and answers or suggestions, as objects."""
    return any(
        isinstance(cells.get("fields"), dict) and any(isinstance(cells.get(part), dict) for part in ("responses", "suggestions"))
        for _, cells in shape.sample
    )


def nested_questions(shape: Shape) -> tuple[str, ...]:
    """The questions whose answers can be labels."""
    return questions(_flat_shape(shape))


def _flat_shape(shape: Shape) -> Shape:
    sample = []
    for number, cells in shape.sample:
        with suppress(BadCell):  # it is named when the record's turn comes
            sample.append((number, _flat(cells)))
    return replace(shape, sample=tuple(sample), columns=tuple(dict.fromkeys(key for _, cells in sample for key in cells)))


def _flat(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record beside its answers and suggestions, under the names that these have in a flat export."""
    found: dict[str, Any] = dict(_object(cells, "fields"))
    for question, answers in _object(cells, "responses").items():
        given = [answer for answer in answers or () if isinstance(answer, Mapping)]
        found[f"{question}.responses"] = [answer.get("value") for answer in given]
        found[f"{question}.responses.users"] = [str(answer.get("user_id") or "") for answer in given]
    for question, made in _object(cells, "suggestions").items():
        if isinstance(made, Mapping):
            found[f"{question}.suggestion"] = made.get("value")
            found |= {f"{question}.suggestion.{part}": made.get(part) for part in ("score", "agent")}
    return found | {name: cells.get(name) for name in ("id", "status", "_server_id")}


def _object(cells: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = cells.get(part)
    if found is not None and not isinstance(found, Mapping):
        raise BadCell(part, found, "this part of a record must be an object", "Export the records from Argilla again.")
    return found or {}


class NestedReader:
    """Reads the records once."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.flat, self.vectors = FlatReader(_flat_shape(shape), options), Counter[str]()

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for each judgement."""
        return each(records, lambda cells: self.flat.entries.rows(self._entry(cells)))

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        return [*self.flat.warnings(), *(vectors_note(name, size) for name, size in self.vectors.items())]

    def _entry(self, cells: Mapping[str, Any]) -> Entry:
        entry = self.flat.entry(_flat(cells))
        self.vectors |= {name: len(vector) for name, vector in _object(cells, "vectors").items() if isinstance(vector, list)}
        metadata = kept(_object(cells, "metadata"))
        at, said = item_date(metadata)
        metadata.pop(said or "", None)
        if (scores := label_scores(metadata.get(SCORES), SCORES)) is not None:
            entry = replace(entry, scores=scores, agent=entry.agent or metadata.get(_MODEL))
            metadata = {key: cell for key, cell in metadata.items() if key not in (SCORES, _MODEL)}
        people = metadata.get(_PEOPLE)
        if isinstance(people, list) and [user_id(str(who)) for who in people] == [answer.user for answer in entry.answers]:
            named = tuple(replace(answer, user=str(who)) for answer, who in zip(entry.answers, people, strict=True))
            entry, metadata = replace(entry, answers=named), {key: cell for key, cell in metadata.items() if key != _PEOPLE}
        rest = entry.rest | ({"fields": entry.metadata} if entry.metadata else {})
        metadata = {unescaped_in(key, _OWN.__contains__): cell for key, cell in metadata.items()}
        return replace(entry, metadata=metadata, at=at, rest=rest)


def write_nested(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write a JSON array of records."""
    count, noted = 0, Counter[str]()
    for whole in handover.wholes():
        record = _record(whole, out_of(whole), handover)
        out.write((b",\n" if count else b"[\n") + json.dumps(record, ensure_ascii=False).encode())
        count += 1
        noted["skipped"] += sum(judged.state == "skipped" for judged in whole.judgements)
        noted["partial"] += sum(judged.partial for judged in whole.judgements)
        noted["models"] += len(whole.predictions) > 1
    out.write(b"\n]\n" if count else b"[]\n")
    return ExportReport(count, tuple(_NOTES[what].format(n=f"{n:,}") for what, n in noted.items() if n))


def _record(whole: Whole, out: Out, handover: Handover) -> dict[str, Any]:
    item, given = whole.item, _given(out)
    question, single = handover.question, handover.project.single_label
    answers = [{"value": out.value(value, single), "user_id": user_id(user)} for _, user, value, _ in given]
    suggestion = suggested(out, question, single)
    named = {part.removeprefix(f"{question}.suggestion").lstrip(".") or "value": cell for part, cell in suggestion.items()}
    scores = named.pop(SCORES, None)
    people = [user for _, user, _, _ in given] if any(user_id(user) != user for _, user, _, _ in given) else None
    model = out.agent if scores is not None and named.get("value") is None else None
    own = {"date": date_cell(item.at, item.metadata), SCORES: scores, _PEOPLE: people, _MODEL: model}
    metadata = {escaped(key, _OWN.__contains__): value for key, value in item.metadata.items() if key != REST}
    media = {"image": item.media} if item.media else {}
    others = _others(out.rest, question)
    return {
        "id": item.uid, "fields": {str(out.rest.get("text", "text")): item.text, **media, **out.rest.get("fields", {})},
        "metadata": {key: value for key, value in own.items() if value is not None} | metadata,
        "suggestions": others["suggestions"] | ({question: {"score": None, **named}} if named.get("value") is not None else {}),
        "responses": others["responses"] | ({question: answers} if answers else {}), "vectors": {},
        "status": out.status, "_server_id": out.rest.get("_server_id"),
    }  # fmt: skip


def _given(out: Out) -> list[tuple[Any, str, Any, str]]:
    """The answers that can be told for what they are: submitted ones or, where there are none, drafts that came so."""
    submitted = [answer for answer in out.answers if answer[3] == SUBMITTED]
    return submitted or [answer for answer in out.answers if answer[3] == DRAFT and answer[0] is None]


def _others(rest: Mapping[str, Any], question: str) -> dict[str, dict[str, Any]]:
    """The answers and suggestions of other questions, as the nested form has them."""
    found: dict[str, dict[str, Any]] = {"responses": {}, "suggestions": {}}
    for column, cell in rest.items():
        match = PART.fullmatch(column)
        if match is None or match[1] == question or cell is None:
            continue
        name, part = match[1], match[2]
        if part == "responses":
            users = rest.get(f"{column}.users") or [""] * len(cell)
            found["responses"][name] = [{"value": v, "user_id": user} for v, user in zip(cell, users, strict=False)]
        elif part == "suggestion":
            found["suggestions"][name] = {"value": cell} | {key: rest.get(f"{column}.{key}") for key in ("score", "agent")}
    return found


FORMAT = ToolFormat(
    "argilla-nested", "Argilla 2, nested", frozenset({"json", "jsonl"}), ".json",
    Keeps(
        skipped=False, dismissed=False, partial=False, time=False, seconds=False, source=False, note=False, confirmed=False,
        scores="labels of at least 0.5 are suggested with their scores, all stand in the metadata; one model an item",
    ),
    recognises, NestedReader, write_nested, nested_questions,
)  # fmt: skip
