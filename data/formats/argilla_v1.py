"""Argilla 1: the export of a text classification dataset, read only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from data.formats.argilla_record import REST
from data.formats.base import Keeps, ToolFormat, each
from data.formats.fields import kept, names_of, text_key
from data.imports.cells import BadCell, label_scores, moment, plain_text, plain_value
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_OWN = {
    "id", "text", "inputs", "prediction", "prediction_agent", "annotation", "annotation_agent", "multi_label", "status",
    "event_timestamp", "metadata", "vectors", "explanation", "metrics", "search_keywords",
}  # fmt: skip
_STATES = {"Validated", "Discarded", "Default", "Edited"}
_NOTES = {
    "draft": "{n} annotations were edited and never validated: their items count as unreviewed, and the labels are kept.",
    "vectors": "{n} records hold vectors, which are not imported with the rows. To use them, save them as a .npy file and run: "
    "python -m rating vectors FILE.npy --ids IDS --name NAME --project PROJECT.",
    "status": "{n} records have no status: those with an annotation count as reviewed, the others as unreviewed.",
}


def recognises(shape: Shape) -> bool:
    """Whether the columns are those of such an export."""
    columns = set(shape.columns)
    agents = columns & {"annotation_agent", "prediction_agent", "event_timestamp", "multi_label"}
    return {"annotation", "prediction"} <= columns and len(agents) > 1


class Records:
    """Reads the records once."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.options, self.noted = options, Counter[str]()
        inputs = (cells.get("inputs") for _, cells in shape.sample)
        self.field = text_key(each for each in inputs if isinstance(each, Mapping)) or "text"

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for each record."""
        return each(records, self._rows)

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        return [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]

    def _rows(self, cells: Mapping[str, Any]) -> Iterator[ImportRow]:
        inputs = _object(cells, "inputs")
        labels, rest = self._labels(cells)
        fields = {key: cell for key, cell in inputs.items() if key != self.field}
        rest |= {"fields": kept(fields)} if kept(fields) else {}
        further = {key: cell for key, cell in cells.items() if key not in _OWN}
        metadata = kept({**further, **_object(cells, "metadata")}) | ({REST: rest} if rest else {})
        self.noted["vectors"] += bool(cells.get("vectors"))
        scores = _scores(cells.get("prediction"))
        model = plain_text(cells.get("prediction_agent"), "prediction_agent") if scores else ""
        yield ImportRow(
            plain_text(cells.get("id"), "id"), plain_text(cells.get("text") or inputs.get(self.field), "text"), None, metadata,
            moment(cells.get("event_timestamp")), labels,
            state="skipped" if cells.get("status") == "Discarded" else "reviewed",
            annotator=plain_text(cells.get("annotation_agent"), "annotation_agent") if labels is not None else "",
            scores=scores, model_version=model or None,
        )  # fmt: skip

    def _labels(self, cells: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
        """The labels, None where nobody has reviewed; and an annotation that does not count."""
        status, named = cells.get("status"), names_of(cells.get("annotation"), "annotation")
        if status is None:
            self.noted["status"] += 1
            return (named or None), {}
        if status not in _STATES:
            raise BadCell("status", status, "the status is not known", f"Use {', '.join(sorted(_STATES))}.")
        if status in ("Validated", "Discarded"):
            return named, {}
        self.noted["draft"] += bool(named)
        return None, {"drafts": [[cells.get("annotation_agent") or "", plain_value(list(named), "annotation")]]} if named else {}


def _object(cells: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, or the JSON text of one; empty when there is none."""
    found = cells.get(name)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = {name: found}
    return found if isinstance(found, Mapping) else {}


def _scores(prediction: Any) -> dict[str, float] | None:
    """Confidences from objects with ``label`` and ``score``, or pairs of them."""
    pairs = prediction if isinstance(prediction, list) else []
    objects = [{"label": part[0], "score": part[1]} if isinstance(part, list) and len(part) == 2 else part for part in pairs]
    return label_scores(objects, "prediction")


FORMAT = ToolFormat(
    "argilla-v1", "Argilla 1", frozenset({"jsonl", "json", "parquet", "arrow"}), ".jsonl", Keeps(), recognises, Records
)
