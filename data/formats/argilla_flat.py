"""Writing Argilla 2, flat: the columns of its Hugging Face export, as JSON Lines or Parquet."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from data.exports.handover import Handover, Whole
from data.exports.table import ExportReport
from data.formats.argilla_record import REST, SUBMITTED, Out, out_of, user_id
from data.formats.fields import date_cell
from data.formats.typed import Columns, Structures, write_lines, write_parquet

#: A column that says something of a question: which question, and what.
PART = re.compile(r"(.+)\.(responses|responses\.users|responses\.status|suggestion|suggestion\.score|suggestion\.agent)")
HEAD = ("id", "status", "_server_id")
#: Columns of Plateau's own: beside the answers, a value for each; and of the record, of its newest answer.
OWN = ("annotators", "updated_at", "lead_time_s", "selection_source")
NEWEST = ("updated_at", "lead_time_s", "selection_source")
#: The confidences of all labels, as a JSON object.
SCORES = "label_scores"
_NOTES = {
    "partial": "{n} reviews judged some labels only: they are drafts, since Argilla would take them for whole ones.",
    "empty": "{n} submitted answers name no label. The file holds them; sent to Argilla's server, it turns an empty answer down.",
    "models": "{n} items have the confidences of several models: those of the first are written.",
}


class Flat:
    """The columns of an export; goes through the items once to see which further fields they have."""

    def __init__(self, handover: Handover) -> None:
        self.handover, self.question, self.single = handover, handover.question, handover.project.single_label
        self.base = f"{self.question}.responses"
        self.metadata, self.others = Columns(self._taken), Structures()
        self.media, self.text, self._noted = False, "text", Counter[str]()
        texts = set()
        for whole in handover.wholes():
            out = out_of(whole)
            self._note(whole, out)
            self.media = self.media or whole.item.media is not None
            self.metadata.see(_further(whole))
            self.others.see(self._foreign(out))
            texts.add(str(out.rest.get("text", "text")))
        self.text = texts.pop() if len(texts) == 1 else "text"

    @property
    def fields(self) -> list[pa.Field]:
        """The columns with their types."""
        text, texts = pa.string(), pa.list_(pa.string())
        several = text if self.single else texts
        numbers = pa.float64() if self.single else pa.list_(pa.float64())
        kinds = {**dict.fromkeys(HEAD, text), self.text: text, **({"image": text} if self.media else {})}
        kinds |= {self.base: pa.list_(several), f"{self.base}.users": texts, f"{self.base}.status": texts}
        suggestion = f"{self.question}.suggestion"
        kinds |= {suggestion: several, f"{suggestion}.score": numbers, f"{suggestion}.agent": text, SCORES: text}
        kinds |= {f"{self.base}.{name}": pa.list_(pa.float64()) if name == "lead_time_s" else texts for name in OWN}
        kinds |= {name: pa.float64() if name == "lead_time_s" else text for name in NEWEST}
        return [pa.field(*kind) for kind in kinds.items()] + self.others.fields + self.metadata.fields

    def records(self) -> Iterator[dict[str, Any]]:
        """A record for each item, with every column."""
        names = [field.name for field in self.fields]
        for whole in self.handover.wholes():
            record = self._record(whole, out_of(whole))
            yield {name: record.get(name) for name in names}

    def notes(self) -> tuple[str, ...]:
        """What the file does not hold as it was."""
        return tuple(_NOTES[what].format(n=f"{n:,}") for what, n in self._noted.items() if n)

    def _record(self, whole: Whole, out: Out) -> dict[str, Any]:
        item = whole.item
        head = {"id": item.uid, "status": out.status, "_server_id": out.rest.get("_server_id")}
        head |= {self.text: item.text, "image": item.media}
        answers = self._answers(out) if out.answers else {}
        others = self.others.cells(self._foreign(out))
        return head | answers | suggested(out, self.question, self.single) | others | self.metadata.cells(_further(whole))

    def _answers(self, out: Out) -> dict[str, Any]:
        _, users, values, states = zip(*out.answers, strict=True)
        found = {
            "": [out.value(value, self.single) for value in values],
            ".users": list(map(user_id, users)),
            ".status": list(states),
        }
        judged = [(j.annotator, j.at, j.seconds, j.source) if j else (user, None, None, None) for j, user, _, _ in out.answers]
        found |= {f".{name}": list(column) for name, column in zip(OWN, zip(*judged, strict=True), strict=True)}
        newest = max((j for j, *_ in out.answers if j), key=lambda j: j.at, default=None)
        shown = dict(zip(NEWEST, (newest.at, newest.seconds, newest.source), strict=True)) if newest else {}
        return {self.base + part: column for part, column in found.items()} | shown

    def _foreign(self, out: Out) -> dict[str, Any]:
        """What other questions hold of the record."""
        parts = ((column, PART.fullmatch(column), cell) for column, cell in out.rest.items())
        return {column: cell for column, match, cell in parts if match and match[1] != self.question}

    def _taken(self, column: str) -> bool:
        own = {*HEAD, *NEWEST, SCORES, self.text, "image", *(f"{self.base}.{name}" for name in OWN)}
        return column in own or PART.fullmatch(column) is not None

    def _note(self, whole: Whole, out: Out) -> None:
        self._noted["partial"] += sum(judged.partial for judged in whole.judgements)
        self._noted["empty"] += sum(not value and status == SUBMITTED for _, _, value, status in out.answers)
        self._noted["models"] += len(whole.predictions) > 1


def suggested(out: Out, question: str, single: bool) -> dict[str, Any]:
    """The columns of what is suggested: labels of at least one half with their scores, and the scores of all."""
    name = f"{question}.suggestion"
    if out.scores is None:
        return {name: out.value(out.rest.get("suggestion"), single)}
    labels = list(out.suggested[:1] if single else out.suggested)
    shown: dict[str, Any] = {name: labels, f"{name}.score": [out.scores[label] for label in labels]} if labels else {}
    shown = {key: value[0] for key, value in shown.items()} if single else shown
    return shown | {f"{name}.agent": out.agent, SCORES: json.dumps(dict(out.scores), ensure_ascii=False)}


def _further(whole: Whole) -> Mapping[str, Any]:
    """An item's metadata, and its date if they do not say it."""
    item = whole.item
    at = date_cell(item.at, item.metadata)
    return {**({"date": at} if at else {}), **{key: value for key, value in item.metadata.items() if key != REST}}


def write_flat_lines(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write JSON Lines: one record a line, each with every column."""
    flat = Flat(handover)
    return ExportReport(write_lines(flat.records(), out), flat.notes())


def write_flat_parquet(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write Parquet."""
    flat = Flat(handover)
    return ExportReport(write_parquet(flat.records(), flat.fields, out), flat.notes())
