"""From a record of a file to a row for the store, under a column map."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from data.imports.cells import (
    DAY,
    MAX_TEXT,
    BadCell,
    bit,
    label_names,
    label_scores,
    moment,
    plain_text,
    plain_value,
    seconds_of,
    state_of,
    structure,
)
from data.imports.columns import label_separator
from data.imports.names import LabelNames
from data.imports.records import ColumnMap, ImportOptions, Shape
from data.layout import TYPED, is_own_model, metadata_key
from data.records import SOURCES, ImportRow, text_hash

_NOTES = {
    "draft": "{n} rows are drafts or unreviewed but carry labels: they count as unreviewed, and the labels are kept as metadata.",
    "no state": "{n} rows name an annotator but no label and no state: they count as unreviewed. If they were reviewed and got "
    "no label, choose 'empty means reviewed'.",
    "date": "{n} dates were not understood: they are kept as metadata, and the date is unknown. Write them as 2024-12-31.",
    "late": "{n} rows have fields that the first rows lack: they are kept as metadata. If one of them holds labels, dates or "
    "names, map it to its role by hand.",
    "long lead time": "{n} lead times are a day or longer, so they hold idle time: they are taken as unknown.",
    "source": "{n} rows name a selection source that Plateau does not know: it is kept as metadata, and they count as imported.",
    "rounded id": "{n} ids are numbers of more than 15 digits, or look like 1.23E+15: a spreadsheet has rounded them, and "
    "different ids may have become equal. Format the column as text before the ids are put in.",
    "dated id": "{n} ids are dates: a spreadsheet makes 3/4 one. If they were something else, format the column as text first.",
    "skip": "{n} skips carry labels: a skip says nothing of any label, so these are left out.",
    "own": "{n} rows carry what Plateau's own model had given: it is no other model's, and is left out.",
    "pool": "{n} rows carry labels that were left out, as asked: they count as unreviewed.",
}
_ROUNDED = re.compile(r"\d[.,]?\d*E\+\d+")
_EMPTY_TEXT = "Fill it in or delete the row."
_NO_VALUE = "Fill it in or delete the row. A formula has a value only once a spreadsheet program has saved the workbook."


class Judgement(NamedTuple):
    """What a record says of labels; ``labels`` None means that it says nothing."""

    labels: tuple[str, ...] | None
    dismissed: tuple[str, ...] = ()
    state: Literal["reviewed", "skipped"] = "reviewed"
    partial: bool = False


def text_of(cells: Mapping[str, Any], columns: ColumnMap) -> str:
    """The text of a record, of whatever length: the cells of several columns without blanks around them, joined by ". ".

    Raises BadCell.

    >>> text_of({"title": " ", "text": "Late"}, ColumnMap(("title", "text")))
    'Late'
    """
    parts = [plain_text(cells.get(column), column) for column in columns.text]
    return ". ".join(part.strip() for part in parts if part.strip()) if len(parts) > 1 else "".join(parts)


def media_of(cells: Mapping[str, Any], columns: ColumnMap) -> str | None:
    """The address of a record's media, None without one. Raises BadCell."""
    return (plain_text(cells.get(columns.media), columns.media).strip() if columns.media else "") or None


class RowParser:
    """Turns the records of one file into rows; remembers label spellings and what is worth a warning."""

    def __init__(self, shape: Shape, columns: ColumnMap, options: ImportOptions) -> None:
        self.shape, self.map, self.options = shape, columns, options
        self.names, self.noted, self.known = LabelNames(), Counter[str](), frozenset(shape.columns)
        chosen = columns.label_separator
        self.separator = label_separator(shape.sample, columns.labels) if chosen is None else chosen
        self.tabular = shape.format in ("csv", "xlsx")
        self.judges = bool(columns.labels or columns.one_hot or columns.dismissed)

    def parse(self, cells: Mapping[str, Any]) -> ImportRow:
        """The row that a record makes; raises BadCell. Its ``uid`` is empty when the file has no column for it."""
        text, media = self._text(cells), media_of(cells, self.map)
        if not text.strip() and media is None:
            remedy = _NO_VALUE if self.shape.format == "xlsx" else _EMPTY_TEXT
            raise BadCell(self.map.text[-1] if self.map.text else None, text, "the text is empty", remedy)
        self.noted["late"] += not self.known.issuperset(cells)
        metadata = self._metadata(cells)
        judged = self._judgement(cells, metadata)
        scores, version = self._scores(cells)
        return ImportRow(
            uid=self._uid(cells), text=text, media=media, metadata=metadata, at=self._date(cells, metadata),
            labels=judged.labels, dismissed=judged.dismissed, partial=judged.partial, state=judged.state,
            annotator=" ".join(self._annotator(cells).split()) or self.options.annotator,
            reviewed_at=self._reviewed_at(cells), seconds=self._seconds(cells), source=self._source(cells, metadata),
            scores=scores, model_version=version,
            confirmed=self._confirmed(cells, judged, metadata), unknown=self._names(cells, self.map.unknown)[0],
            note=self._plain(cells, self.map.note), uncertain=self._uncertain(cells),
        )  # fmt: skip

    def warnings(self) -> list[str]:
        """What a person should know about the rows parsed so far."""
        return [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n] + self.names.warnings()

    def _plain(self, cells: Mapping[str, Any], column: str | None) -> str:
        return plain_text(cells.get(column), column).strip() if column else ""

    def _text(self, cells: Mapping[str, Any]) -> str:
        text = text_of(cells, self.map)
        if len(text) > MAX_TEXT:
            rule = f"the text has {len(text):,} characters; at most {MAX_TEXT:,} are taken"
            raise BadCell(self.map.text[-1], text[:60], rule, "Shorten it, or divide it into several messages.")
        return text

    def _uid(self, cells: Mapping[str, Any]) -> str:
        if self.map.id is None:
            return ""
        uid = self._plain(cells, self.map.id)
        if not uid:
            raise BadCell(
                self.map.id, "", "the id is empty", "Give every row an id, or map no id column: ids are then made from the text."
            )
        cell = cells[self.map.id]
        self.noted["rounded id"] += bool(_ROUNDED.fullmatch(uid)) or (self.shape.format == "xlsx" and _is_long(cell))
        self.noted["dated id"] += isinstance(cell, date)
        return uid

    def _annotator(self, cells: Mapping[str, Any]) -> str:
        who = cells.get(self.map.annotator) if self.map.annotator else None
        if isinstance(who, Mapping):  # Label Studio's completed_by
            who = who.get("email") or who.get("username") or who.get("id")
        return plain_text(who, self.map.annotator)

    def _names(self, cells: Mapping[str, Any], column: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if column is None or cells.get(column) in (None, ""):
            return (), ()
        assigned, dismissed = label_names(cells[column], column, self.separator)
        return self.names.unify(assigned, column), self.names.unify(dismissed, column)

    def _labels(self, cells: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Labels assigned and dismissed, and whether the row says nothing of all others."""
        named, refused = self._names(cells, self.map.labels)
        if self.map.value is not None:
            return self._one_judged(cells, named)
        bits = [(column, bit(cells.get(column), column)) for column in self.map.one_hot]
        hot = self.names.unify((column for column, value in bits if value), None)
        cold = self.names.unify((column for column, value in bits if value is False), None)
        dismissed = dict.fromkeys((*refused, *self._names(cells, self.map.dismissed)[0], *cold))
        partial = bool(refused or self.map.one_hot) or not self.map.labels or self._judged(cells)
        return tuple(dict.fromkeys((*named, *hot))), tuple(dismissed), partial

    def _one_judged(self, cells: Mapping[str, Any], named: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        value = bit(cells.get(self.map.value or ""), self.map.value)
        return (named if value else (), named if value is False else (), True)

    def _judged(self, cells: Mapping[str, Any]) -> bool:
        word = self._plain(cells, self.map.judged)
        if word not in ("", "all", "named"):
            raise BadCell(
                self.map.judged, word, "the cell says which labels were judged", "Write all, or named for those named only."
            )
        return word == "named"

    def _judgement(self, cells: Mapping[str, Any], metadata: dict[str, Any]) -> Judgement:
        assigned, dismissed, partial = self._labels(cells)
        if self.options.pool:
            self.noted["pool"] += bool(assigned or dismissed)
            return Judgement(None)
        state = state_of(cells.get(self.map.state), self.map.state) if self.map.state else None
        if state == "skipped":
            self.noted["skip"] += bool(assigned or dismissed)
            return Judgement((), (), "skipped", partial)
        self._check(assigned, dismissed)
        if state in ("unreviewed", "draft"):
            self._keep_draft(assigned, metadata)
            return Judgement(None)
        if state is None and not (assigned or dismissed) and not self._empty_counts(cells):
            self.noted["no state"] += self.judges and bool(self._annotator(cells).strip())
            return Judgement(None)
        return Judgement(assigned, dismissed, "reviewed", partial)

    def _empty_counts(self, cells: Mapping[str, Any]) -> bool:
        """Whether a row without label and state was reviewed: only if asked, and in JSON only if it has a list that is empty."""
        present = self.tabular or any(cells.get(column) is not None for column in (self.map.labels, *self.map.one_hot) if column)
        return self.options.empty_is_reviewed and self.judges and present and not self.map.grouped

    def _check(self, assigned: tuple[str, ...], dismissed: tuple[str, ...]) -> None:
        column = self.map.labels
        if both := set(assigned) & set(dismissed):
            raise BadCell(column, min(both), "a label is assigned and dismissed at once", "Keep one of the two.")
        if self.options.single_label and len(assigned) > 1:
            rule = f"the project gives an item one label, the row has {len(assigned)}"
            raise BadCell(
                column, ", ".join(assigned), rule, "Keep one label, or import into a project with several labels an item."
            )

    def _keep_draft(self, assigned: tuple[str, ...], metadata: dict[str, Any]) -> None:
        if assigned:
            metadata["draft_labels"] = list(assigned)
            self.noted["draft"] += 1

    def _confirmed(self, cells: Mapping[str, Any], judged: Judgement, metadata: dict[str, Any]) -> tuple[str, ...]:
        suggested = self._names(cells, self.map.suggested)[0]
        confirmed = tuple(name for name in suggested if name in (judged.labels or ()))
        if len(confirmed) < len(suggested) and self.map.suggested:
            metadata[self.map.suggested] = list(suggested)
        return confirmed

    def _scores(self, cells: Mapping[str, Any]) -> tuple[dict[str, float] | None, str | None]:
        """A model's confidences and its version; none where they are Plateau's own that went out and came back."""
        column, version = self.map.label_scores, self._plain(cells, self.map.model_version) or None
        found = label_scores(cells.get(column), column) if column else None
        if found is None:
            return None, version
        if is_own_model(version):
            self.noted["own"] += 1
            return None, None
        return {self.names.unify([name], column)[0]: score for name, score in found.items()}, version

    def _date(self, cells: Mapping[str, Any], metadata: dict[str, Any]) -> str | None:
        column = self.map.date
        raw = cells.get(column) if column else None
        if column is None or raw is None or raw == "":
            return None
        when = moment(raw)
        if when is None:
            metadata[column] = plain_value(raw, column)
            self.noted["date"] += 1
        return when

    def _reviewed_at(self, cells: Mapping[str, Any]) -> str | None:
        raw = cells.get(self.map.reviewed_at) if self.map.reviewed_at else None
        if raw is None or raw == "":
            return None
        if (when := moment(raw)) is None:
            raise BadCell(
                self.map.reviewed_at, raw, "the time of the review is not understood", "Write it as 2024-12-31T23:59:59Z."
            )
        return when

    def _seconds(self, cells: Mapping[str, Any]) -> float | None:
        value = seconds_of(cells.get(self.map.lead_time), self.map.lead_time) if self.map.lead_time else None
        if value is not None and value >= DAY:
            self.noted["long lead time"] += 1
            return None
        return value

    def _uncertain(self, cells: Mapping[str, Any]) -> bool:
        return bool(bit(cells.get(self.map.uncertain), self.map.uncertain)) if self.map.uncertain else False

    def _source(self, cells: Mapping[str, Any], metadata: dict[str, Any]) -> str:
        found = self._plain(cells, self.map.source)
        if found in SOURCES or not found or self.map.source is None:
            return found or "import"
        metadata[self.map.source] = found
        self.noted["source"] += 1
        return "import"

    def _metadata(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        used, kept = self.map.used, {}
        typed = structure(cells.get(TYPED) or "[]", TYPED) if self.shape.ours else ()
        for column, cell in cells.items():
            if column in used or (column == TYPED and self.shape.ours) or (cell == "" and self.tabular):
                continue
            kept[column] = structure(cell, column) if column in typed else plain_value(cell, column)
        return {metadata_key(column): value for column, value in kept.items()} if self.shape.ours else kept


def _is_long(cell: Any) -> bool:
    """Whether this is a number that a spreadsheet cannot hold exactly: it keeps 15 digits."""
    return isinstance(cell, int | float) and abs(cell) >= 1e15


def hashed_uid(row: ImportRow, occurrence: int) -> str:
    """An id for a row that has none: the same text has the same id in every file, its repetitions a number.

    >>> hashed_uid(ImportRow("", "hello"), 1), hashed_uid(ImportRow("", "hello"), 2)
    ('h2cf24dba5fb0a30e26e83b2a', 'h2cf24dba5fb0a30e26e83b2a-2')
    """
    uid = "h" + text_hash(row.text or row.media or "").hex()[:24]
    return uid if occurrence == 1 else f"{uid}-{occurrence}"
