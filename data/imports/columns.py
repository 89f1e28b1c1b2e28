"""Guessing which column means what, from its name and its first cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from data.imports.cells import BadCell, moment, seconds_of, state_of
from data.imports.records import ColumnMap, Record, Shape
from data.layout import LONG_COLUMNS, ONE_HOT_COLUMNS, TYPED, has_notes, is_escaped

_ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "doc_id", "document_id", "uid", "item_id", "index"),
    "media": ("media", "image", "filename", "image_url"),
    "labels": (
        "labels",
        "label",
        "categories",
        "category",
        "tags",
        "annotation",
        "topics",
        "topic",
        "choices",
        "choice",
        "intent",
    ),
    "dismissed": ("dismissed", "rejected_labels", "negative_labels"),
    "suggested": ("suggested_labels", "suggested", "suggestions"),
    "label_scores": ("label_scores",),
    "state": ("state", "status", "review_state"),
    "annotator": ("annotator", "user", "completed_by", "username", "reviewer"),
    "reviewed_at": ("reviewed_at", "annotated_at", "time", "updated_at"),
    "date": ("date", "created_at", "timestamp", "sent_at"),
    "lead_time": ("lead_time_s", "lead_time"),
    "source": ("selection_source",),
    "model_version": ("model_version",),
    "value": ("value",),
}
TEXTS = ("text", "body", "content", "message", "data", "sentence", "comment", "utterance", "question", "query")
_TITLES = ("title", "subject", "headline")
_BITS = {"", "0", "1", "true", "false", "0.0", "1.0"}
_SEPARATORS = ("|", ";", ",")
_FITS: dict[str, Callable[[Any, str], Any]] = {
    "state": state_of,
    "reviewed_at": lambda cell, column: moment(cell),
    "lead_time": seconds_of,
}
#: How Plateau's own items files are read.
OURS = ColumnMap(
    text=("text",), id="id", labels="labels", dismissed="dismissed", suggested="suggested_labels", unknown="unknown_labels",
    label_scores="label_scores", state="state", judged="judged", annotator="annotator", date="date", reviewed_at="reviewed_at",
    lead_time="lead_time_s", source="selection_source", model_version="model_version", media="media", label_separator="|",
    uncertain="uncertain", note="note",
)  # fmt: skip

_ONE_HOT = ColumnMap(text=("text",), id="id", media="media", annotator="annotator", reviewed_at="time")
_LONG = replace(_ONE_HOT, labels="label", value="value", label_separator="")


def guess(shape: Shape) -> ColumnMap:
    """The likeliest map; its ``text`` is empty when no column looks like one."""
    if shape.ours:
        return OURS if has_notes(shape.columns) else replace(OURS, uncertain=None, note=None)
    if is_escaped(shape.columns):
        return _LONG if shape.columns == LONG_COLUMNS else replace(_ONE_HOT, one_hot=shape.columns[len(ONE_HOT_COLUMNS) :])
    names = {column.casefold().strip(): column for column in reversed(shape.columns)}
    if {"category_name", "label"} <= set(names):  # one row per text and category, label true or false
        return _long(names, labels="category_name", value="label")
    found = {role: _first(names, aliases) for role, aliases in _ALIASES.items()}
    found |= {role: None for role, fits in _FITS.items() if (column := found[role]) and not _mostly(fits, shape.sample, column)}
    if found["value"] and not (found["labels"] and _bits(shape.sample, found["value"])):
        found["value"] = None
    if "annotation_id" in names:  # Label Studio's tables: created_at is when the annotation was made
        found["date"] = None
    roles: dict[str, Any] = {**found, "text": _texts(names)}
    if not found["labels"]:
        roles["one_hot"] = _one_hot(shape, {*found.values(), *roles["text"]})
    if found["value"]:  # each row judges one label
        roles["label_separator"] = ""
    return ColumnMap(**roles)


def label_separator(sample: Sequence[Record], column: str | None) -> str | None:
    """What divides the labels of this column's cells: the first of ``| ; ,`` that any of them holds; None if none does.

    None leaves it to each cell, since the first rows of a file may hold no labels at all.
    """
    cells = [str(cells.get(column, "")) for _, cells in sample if column and isinstance(cells.get(column), str)]
    plain = [cell for cell in cells if not cell.lstrip().startswith(("[", "{"))]
    return next((mark for mark in _SEPARATORS if any(mark in cell for cell in plain)), None)


def _mostly(fits: Callable[[Any, str], Any], sample: Sequence[Record], column: str) -> bool:
    """Whether at least half of the filled cells are what the column's name promises; a ticket's status is no review state."""
    filled = [cell for _, cells in sample if (cell := cells.get(column)) not in (None, "")]
    return 2 * sum(_understood(fits, cell, column) for cell in filled) >= len(filled)


def _understood(fits: Callable[[Any, str], Any], cell: Any, column: str) -> bool:
    try:
        return fits(cell, column) is not None
    except BadCell:
        return False


def _long(names: dict[str, str], *, labels: str, value: str) -> ColumnMap:
    others: dict[str, Any] = {role: _first(names, aliases) for role, aliases in _ALIASES.items()}
    return ColumnMap(**{**others, "labels": names[labels], "value": names[value], "text": _texts(names), "label_separator": ""})


def _first(names: dict[str, str], aliases: Sequence[str]) -> str | None:
    return next((names[alias] for alias in aliases if alias in names), None)


def _texts(names: dict[str, str]) -> tuple[str, ...]:
    columns = (_first(names, _TITLES), _first(names, TEXTS))
    return tuple(column for column in columns if column)


def _bits(sample: Sequence[Record], column: str) -> bool:
    return all(_bit(cells.get(column)) in _BITS for _, cells in sample)


def _bit(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().casefold()


def _one_hot(shape: Shape, taken: set[str | None]) -> tuple[str, ...]:
    """Two columns or more that hold only 0, 1 and blanks are labels; a single one may be anything."""
    free = [column for column in shape.columns if column not in taken and column != TYPED]
    columns = [c for c in free if _bits(shape.sample, c) and any(_bit(cells.get(c)) for _, cells in shape.sample)]
    return tuple(columns) if len(columns) > 1 else ()
