"""Predictions from a file: scores of another model for items that are there already; no text is needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.errors import ImportFailed
from data.imports.cells import BadCell, moment, plain_text, sound, structure
from data.imports.reader import recognise, records
from data.imports.records import ImportOptions, Rejection, Shape
from data.imports.source import Source
from data.records import PredictionCounts, PredictionRow
from data.store import Store

KEPT = 1000
_ID = ("id", "doc_id", "document_id", "uid", "item_id")
_SCORES = ("label_scores", "scores", "probabilities", "predictions")
_LABEL, _SCORE = ("label",), ("score", "probability")
_VERSION, _AT = ("model_version", "model"), ("predicted_at", "at")
_OTHERS = ("text", "title", "media", "date", "labels", "state")


@dataclass(frozen=True, slots=True)
class PredictionsReport:
    """What a file of predictions brought. ``rejections`` holds the first of the ``rejected`` rows."""

    rows: int
    rejected: int
    counts: PredictionCounts
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column means what. Scores are in one column, or one row names one label, or each label has a column."""

    id: str
    scores: str | None
    label: str | None
    score: str | None
    wide: tuple[str, ...]
    version: str | None
    at: str | None


class PredictionFile:
    """Goes through a file of predictions; what cannot be taken is in ``rejections``, the first thousand of ``rejected``.

    ``version`` is what all are said to be made by, whatever the file's own column of versions (then ``unread``) says.
    """

    def __init__(
        self, source: str | Path | bytes, options: ImportOptions | None = None, name: str = "", version: str | None = None
    ) -> None:  # fmt: skip
        self.source = Source.of(source, name)
        self.shape = recognise(self.source, options or ImportOptions())
        self.columns = _columns(self.shape, self.source.name)
        self.unread = self.columns.version if version is not None else None
        if self.unread:  # then rows of several versions are rows of one item twice
            self.columns = replace(self.columns, version=None, wide=tuple(c for c in self.columns.wide if c != self.unread))
        self.rows = self.rejected = 0
        self.rejections: list[Rejection] = []

    def __iter__(self) -> Iterator[PredictionRow]:
        self.rows, self.rejected, self.rejections = 0, 0, []
        return self._gathered() if self.columns.label else (row for _, row in self._once())

    def _parsed(self) -> Iterator[tuple[int, PredictionRow]]:
        for record in records(self.source, self.shape):
            self.rows += 1
            if isinstance(record, Rejection):
                self._reject(record)
                continue
            number, cells = record
            try:
                yield number, _row(cells, self.columns)
            except BadCell as bad:
                self._reject(Rejection(number, bad.column, bad.value, bad.rule, bad.remedy))

    def _once(self) -> Iterator[tuple[int, PredictionRow]]:
        """Every row whose item and version were not there before."""
        seen: dict[int, int] = {}
        for number, row in self._parsed():
            before = seen.setdefault(hash((row.uid, row.version)), number)
            if before == number:
                yield number, row
            else:
                rule = f"the item is that of row {before} already"
                self._reject(Rejection(number, self.columns.id, row.uid[:80], rule, "Give one row for each item and version."))

    def _gathered(self) -> Iterator[PredictionRow]:
        """One row for each item and version, of all the rows that name one of its labels."""
        found: dict[tuple[str, str | None], PredictionRow] = {}
        for number, row in self._parsed():
            before = found.get((row.uid, row.version))
            (label,) = row.scores
            if before is not None and before.scores.get(label, row.scores[label]) != row.scores[label]:
                rule = f"an earlier row has {before.scores[label]} for this label of the item"
                self._reject(Rejection(number, self.columns.score, str(row.scores[label]), rule, "Keep one of the two rows."))
                continue
            scores = row.scores if before is None else {**before.scores, **row.scores}
            found[row.uid, row.version] = replace(row, scores=scores)
        return iter(found.values())

    def _reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        self.rejections += [rejection] if len(self.rejections) < KEPT else []


def import_predictions(
    store: Store, project_id: int, source: str | Path | bytes, version: str | None = None, *, at: str | None = None,
    options: ImportOptions | None = None, name: str = "",
) -> PredictionsReport:  # fmt: skip
    """Keep the predictions of a file (CSV, JSON, JSON Lines, XLSX or Parquet) for items that the project has.

    Its columns are ``id`` and ``label_scores``, or ``id``, ``label`` and ``score`` with a row for each label, or ``id`` and a
    column of numbers for each label; besides ``model_version``, unless ``version`` says it, and ``predicted_at``. Rows that break
    a rule are left out and reported. ImportFailed when none is left.
    """
    file = PredictionFile(source, options, name, version)
    if version is None and file.columns.version is None:
        raise ImportFailed(f"{file.source.name} has no column 'model_version'. Say which model version made its predictions.")
    counts = store.add_predictions(project_id, version, file, at)
    if file.rejected and not counts.rows:
        raise ImportFailed(f"All {file.rejected:,} rows were rejected; nothing was imported. {file.rejections[0]}")
    return PredictionsReport(file.rows, file.rejected, counts, tuple(file.rejections), _warnings(file, counts))


def _warnings(file: PredictionFile, counts: PredictionCounts) -> tuple[str, ...]:
    """What a person should know of predictions that were taken."""
    found = list(file.shape.warnings)
    if file.unread:
        found.append(
            f"The column {file.unread!r} was not read, since one version is named for all: of several predictions of an item "
            "the first counts. Leave the version out to keep those of the file apart."
        )
    if counts.unknown:
        found.append(
            f"Predictions for items that the project does not have were left out: {_some(counts.strangers, counts.unknown)}. "
            "Import the items first."
        )
    if counts.unknown_labels:
        names = _some(list(counts.unknown_labels), len(counts.unknown_labels))
        found.append(
            f"Labels that the project does not have were scored: {names}. The scores are kept, and count once such a label is "
            "there."
        )
    return tuple(found)


def _some(names: Sequence[str], count: int, most: int = 5) -> str:
    """How many there are, with the first of their names.

    >>> _some(["a"], 1), _some(list("abcdefg"), 1200)
    ('1 (a)', '1,200 (a, b, c, d, e ...)')
    """
    return f"{count:,} ({', '.join(names[:most])}{' ...' if count > min(most, len(names)) else ''})"


def _columns(shape: Shape, name: str) -> _Columns:
    there = {column.casefold().strip(): column for column in reversed(shape.columns)}
    uid, scores, label, score, version, at = (_first(there, n) for n in (_ID, _SCORES, _LABEL, _SCORE, _VERSION, _AT))
    listed = ", ".join(map(repr, shape.columns[:20]))
    if uid is None:
        raise ImportFailed(f"{name} has no column of item ids. Its columns are {listed}. Call one of them 'id'.")
    if scores:
        return _Columns(uid, scores, None, None, (), version, at)
    if label and score:
        return _Columns(uid, None, label, score, (), version, at)
    wide = tuple(c for c in shape.columns if c not in (uid, version, at) and c.casefold() not in _OTHERS and _numeric(shape, c))
    if not wide:
        raise ImportFailed(
            f"{name} holds no scores: its columns are {listed}. Give a column 'label_scores' with {{\"label\": 0.9}}, columns "
            "'label' and 'score', or a column of numbers for each label."
        )
    return _Columns(uid, None, None, None, wide, version, at)


def _first(there: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((there[name] for name in names if name in there), None)


def _numeric(shape: Shape, column: str) -> bool:
    """Whether a column's filled cells are numbers, as far as the first rows show."""
    filled = [cell for _, cells in shape.sample if (cell := cells.get(column)) not in (None, "")]
    return bool(filled) and all(_number(cell) is not None for cell in filled)


def _number(cell: Any) -> float | None:
    """A finite number; None when the cell holds none."""
    if isinstance(cell, bool):
        return None
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _row(cells: Mapping[str, Any], columns: _Columns) -> PredictionRow:
    uid = plain_text(cells.get(columns.id), columns.id).strip()
    if not uid:
        raise BadCell(columns.id, "", "the id is empty", "Give every row the id of an item.")
    version = plain_text(cells.get(columns.version), columns.version).strip() if columns.version else ""
    return PredictionRow(uid, _scores(cells, columns), _time(cells, columns.at), version or None)


def _time(cells: Mapping[str, Any], column: str | None) -> str | None:
    raw = cells.get(column) if column else None
    if raw is None or raw == "":
        return None
    if (when := moment(raw)) is None:
        raise BadCell(column, raw, "the time of the prediction is not understood", "Write it as 2024-12-31T23:59:59Z.")
    return when


def _scores(cells: Mapping[str, Any], columns: _Columns) -> dict[str, float]:
    if columns.label is not None:
        name = plain_text(cells.get(columns.label), columns.label).strip()
        pairs: dict[str, Any] = {name: cells.get(columns.score or "")}
    elif columns.scores is None:
        pairs = {name: cell for name in columns.wide if (cell := cells.get(name)) not in (None, "")}
    else:
        pairs = _pairs(cells.get(columns.scores), columns.scores)
    return {
        _name(name, columns.label or columns.scores or name): _score(value, name, columns.scores or columns.score or name)
        for name, value in pairs.items()
    }


def _pairs(cell: Any, column: str) -> dict[str, Any]:
    """Scores by label from ``{"label": 0.9}`` or ``[{"label": ..., "score": ...}]``."""
    found = structure(cell.strip(), column) if isinstance(cell, str) and cell.strip() else cell
    try:
        pairs = found.items() if isinstance(found, Mapping) else [(part["label"], part["score"]) for part in found]
        return {str(name): value for name, value in pairs if value is not None}
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        rule, remedy = "the cell holds no scores by label", 'Write them as {"first": 0.9, "second": 0.2}.'
        raise BadCell(column, cell, rule, remedy) from error


@lru_cache(maxsize=100_000)
def _name(name: str, column: str) -> str:
    cleaned = " ".join(sound(name, column).split())
    if not cleaned:
        raise BadCell(column, name, "a score has no label", "Name the label of every score.")
    return cleaned


def _score(value: Any, name: str, column: str) -> float:
    if (score := _number(value)) is None:
        raise BadCell(column, value, f"the score of {name!r} is no finite number", "Give a number, or leave the score out.")
    return score
