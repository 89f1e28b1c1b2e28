"""All rows of a tool's file, held to the rules that every import has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from data.formats.tools import TOOLS
from data.imports.cells import DAY, MAX_TEXT, BadCell, plain_text
from data.imports.names import LabelNames
from data.imports.records import FILE, ImportOptions, Record, Rejection, Shape
from data.imports.rows import hashed_uid
from data.layout import ACTION, SOURCE, action_number, is_own_model
from data.records import SOURCES, ImportRow

_NOTES = {
    "seconds": "{n} lead times are negative, or a day or longer: they are taken as unknown.",
    "pool": "{n} rows carry labels that were left out, as asked: they count as unreviewed.",
    "skip": "{n} skips carry labels: a skip says nothing of any label, so these are left out.",
    "own": "{n} records carry what Plateau's own model had given: it is no other model's, and is left out.",
    "no id": "{n} records have no id: each is made from the text, so that importing again changes nothing.",
}


class ToolRows:
    """Goes through a file in a tool's format. ``seen`` counts its records; ``warnings`` says what a person should know."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        tool = TOOLS[shape.tool or ""]
        assert tool.reader is not None
        self.options, self.reader = options, tool.reader(shape, options)
        self.names, self.noted = LabelNames(), Counter[str]()
        self.seen = self.place = 0
        self.several, self.file = bool(shape.members), ""
        self.texts: dict[int, tuple[int, int]] = {}  # hash of id -> hash of text, where
        self.given: dict[int, int] = {}  # hash of what a row is about -> where
        self.same: Counter[int] = Counter()

    def rows(self, records: Iterable[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """Every row that keeps the rules, and a rejection for every one that does not."""
        for row in self.reader.rows(self._counted(records)):
            if isinstance(row, Rejection):
                yield replace(row, file=row.file or self.file)
                continue
            if isinstance(row, tuple):
                self.place, row = row
            try:
                yield self._once(self._sound(row))
            except BadCell as bad:
                yield Rejection(self.place, bad.column, bad.value, bad.rule, bad.remedy, self.file)

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        said = [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]
        return [*self.reader.warnings(), *said, *self.names.warnings()]

    def _counted(self, records: Iterable[Record | Rejection]) -> Iterator[Record | Rejection]:
        for record in records:
            self.seen, self.place = self.seen + 1, record.row if isinstance(record, Rejection) else record[0]
            if self.several and not isinstance(record, Rejection):
                self.file = str(record[1].get(FILE) or record[1].get("path") or "")
            yield record

    def _sound(self, row: ImportRow) -> ImportRow:
        text = plain_text(row.text, "text")
        if not text.strip() and not row.media:
            raise BadCell("text", text, "the text is empty", "Fill it in or delete the record.")
        if len(text) > MAX_TEXT:
            rule = f"the text has {len(text):,} characters; at most {MAX_TEXT:,} are taken"
            raise BadCell("text", text[:60], rule, "Shorten it, or divide it into several messages.")
        judged = self._pooled(row) if self.options.pool else self._judged(row)
        who = " ".join(row.annotator.split())
        return replace(
            row, **judged, text=text, uid=row.uid.strip() or self._made(row), seconds=self._seconds(row.seconds),
            annotator=self.options.annotator if who in ("", "import") else who,
            **self._sent(row), **self._scored(row),
        )  # fmt: skip

    def _sent(self, row: ImportRow) -> dict[str, Any]:
        """Which action the item was sent out for, and why it was shown."""
        source = row.metadata.get(SOURCE, row.source)
        said: dict[str, Any] = {"source": source if source in SOURCES else "import"}
        if row.metadata.keys().isdisjoint((ACTION, SOURCE)):
            return said
        number = plain_text(row.metadata.get(ACTION), ACTION)
        said["metadata"] = {key: value for key, value in row.metadata.items() if key not in (ACTION, SOURCE)}
        return said | {"action": action_number(number)}

    def _scored(self, row: ImportRow) -> dict[str, Any]:
        """A model's confidences; none where they are Plateau's own that went out and came back."""
        if row.scores is None or is_own_model(row.model_version):
            self.noted["own"] += row.scores is not None
            return {"scores": None, "model_version": None, "predicted_at": None}
        return {"scores": {self.names.unify([name], None)[0]: score for name, score in row.scores.items()}}

    def _pooled(self, row: ImportRow) -> dict[str, Any]:
        self.noted["pool"] += row.labels is not None
        return {"labels": None, "dismissed": (), "confirmed": (), "unknown": (), "partial": False, "state": "reviewed"}

    def _judged(self, row: ImportRow) -> dict[str, Any]:
        if row.state == "skipped":
            self.noted["skip"] += bool(row.labels or row.dismissed)
            row = replace(row, labels=(), dismissed=(), confirmed=())
        labels = None if row.labels is None else self.names.unify(row.labels, "labels")
        dismissed = self.names.unify(row.dismissed, "labels")
        if both := set(labels or ()) & set(dismissed):
            raise BadCell("labels", min(both), "a label is assigned and dismissed at once", "Keep one of the two.")
        if self.options.single_label and len(labels or ()) > 1:
            rule = f"the project gives an item one label, the record has {len(labels or ())}"
            remedy = "Keep one label, or import into a project with several labels an item."
            raise BadCell("labels", ", ".join(labels or ()), rule, remedy)
        confirmed = tuple(name for name in self.names.unify(row.confirmed, "labels") if name in (labels or ()))
        unknown = self.names.unify(row.unknown, "labels")
        return {"labels": labels, "dismissed": dismissed, "confirmed": confirmed, "unknown": unknown}

    def _seconds(self, seconds: float | None) -> float | None:
        if seconds is None or 0 <= seconds < DAY:
            return seconds
        self.noted["seconds"] += 1
        return None

    def _made(self, row: ImportRow) -> str:
        self.noted["no id"] += 1
        key = hash((row.text, row.media, row.annotator))
        self.same[key] += 1
        return hashed_uid(row, self.same[key])

    def _once(self, row: ImportRow) -> ImportRow:
        """The row, unless its id has had another text before, or it says again what was said already."""
        here = self.seen if self.several else self.place  # the files of a folder number their records each from the start
        whole = " of all files together" if self.several else ""
        text, where = self.texts.setdefault(hash(row.uid), (hash(row.text), here))
        if text != hash(row.text):
            rule, remedy = f"the id has another text in record {where}{whole}", "Give each message its own id."
            raise BadCell("id", row.uid, rule, remedy)
        about = (row.uid, row.annotator, row.reviewed_at) if row.labels is not None else (row.uid, None)
        before = self.given.setdefault(hash((about, row.model_version)), here)
        if before != here:
            rule = f"the id and annotator are those of record {before}{whole} already"
            raise BadCell("id", row.uid, rule, "Give each message its own id, and each judgement its annotator.")
        return row
