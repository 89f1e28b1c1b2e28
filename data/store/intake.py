"""One import inside one transaction: items by uid, labels by name, reviews by annotator, predictions by model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from data.errors import InvalidInput
from data.records import UNDATED, ImportCounts, ImportRow, Review, ReviewDraft, now, text_hash
from data.store.connection import dumps, next_revision
from data.store.labels import ensure_label, merged_and_retired, resets_of
from data.store.marks import mark_predictions
from data.store.reviews import current_of_annotator, given_anew, insert_review
from data.store.sent import SentOut

Standing = dict[tuple[int, str], Review | ReviewDraft]


_Values = tuple[str, str | None, str, str | None]


def _completed(values: _Values, before: tuple[int, str, str | None, str, str | None]) -> _Values:
    """An item's text, media, metadata and date, with what the file does not speak of as it was."""
    metadata = dumps({**json.loads(before[3]), **json.loads(values[2])})
    return values[0], values[1] or before[2], metadata, values[3] or before[4]


def _says_more(before: Review | ReviewDraft, draft: ReviewDraft) -> bool:
    """Whether a judgement comes with a doubt or a note that the one before has not; a file without them takes none away."""
    return (draft.uncertain and not before.uncertain) or draft.note not in ("", before.note)


class Intake:
    """Takes batches of rows into an open transaction and counts what they change."""

    def __init__(self, db: Database, project_id: int) -> None:
        self.db, self.project_id, self.stamp = db, project_id, now()
        self.revision = next_revision(db, project_id)
        (single,) = db.conn.execute("SELECT single_label FROM projects WHERE id = ?", [project_id]).fetchone()
        self.single_label = bool(single)
        self.merged, self.retired = merged_and_retired(db, project_id)
        self.resets = resets_of(db, project_id)
        self.label_ids: dict[str, int] = {}
        self.new_labels: list[int] = []
        self.unknown_until: dict[int, str] = {}
        self.worked: set[tuple[int, str]] = set()  # item and annotator of what was judged or skipped in Plateau itself
        self.judged: set[int] = set()
        self.earliest = self.stamp
        self.sent = SentOut(db, project_id)
        self.predicted: set[str] = set()  # model versions whose predictions have changed
        self.counts: Counter[str] = Counter()

    def take(self, rows: Sequence[ImportRow]) -> None:
        """Write one batch."""
        ids = self._items(rows)
        standing = current_of_annotator(self.db, list(set(ids.values())))
        current: Standing = {**standing}
        self.worked = {key for key, review in standing.items() if self._given_here(review)}
        self.judged = {item_id for item_id, who in self.worked if standing[item_id, who].state == "reviewed"}
        for row in rows:
            if row.labels is not None:
                self._review(row, ids[row.uid], current)
            if row.scores:
                self._prediction(row, ids[row.uid])
        self.counts["rows"] += len(rows)

    def finish(self) -> ImportCounts:
        """Date the new labels: the taxonomy of a file existed when its first review was made, unless the file says otherwise."""
        dates = ((self._created_at(label_id), label_id) for label_id in self.new_labels)
        self.db.conn.executemany("UPDATE labels SET created_at = ? WHERE id = ?", dates)
        mark_predictions(self.db, self.project_id, sorted(self.predicted), self.revision)
        self.sent.close()
        return ImportCounts(labels_added=len(self.new_labels), **self.counts)

    def _created_at(self, label_id: int) -> str:
        """Just after the last review that did not know the label, if there is one."""
        if (last := self.unknown_until.get(label_id)) is None:
            return self.earliest
        return max(self.earliest, (datetime.fromisoformat(last) + timedelta(microseconds=1)).isoformat(timespec="microseconds"))

    def _items(self, rows: Sequence[ImportRow]) -> dict[str, int]:
        last = {row.uid: row for row in rows}
        known = self._known(list(last))
        fresh, changed = [], []
        for uid, row in last.items():
            values = (row.text, row.media, dumps(dict(row.metadata)), row.at)
            if uid in known:
                values = _completed(values, known[uid])
            if uid not in known:
                fresh.append((self.project_id, uid, text_hash(row.text), *values))
            elif known[uid][1:] != values:
                changed.append((text_hash(row.text), *values, known[uid][0]))
        self.db.conn.executemany(
            "INSERT INTO items (project_id, uid, hash, text, media, metadata, at) VALUES (?, ?, ?, ?, ?, ?, ?)", fresh
        )
        self.db.conn.executemany("UPDATE items SET hash = ?, text = ?, media = ?, metadata = ?, at = ? WHERE id = ?", changed)
        self.counts["items_added"] += len(fresh)
        self.counts["items_updated"] += len(changed)
        self.counts["items_unchanged"] += len(last) - len(fresh) - len(changed)
        return {uid: row[0] for uid, row in self._known(list(last)).items()}

    def _known(self, uids: list[str]) -> dict[str, tuple[int, str, str | None, str, str | None]]:
        marks = ",".join("?" * len(uids))
        rows = self.db.conn.execute(
            f"SELECT uid, id, text, media, metadata, at FROM items WHERE project_id = ? AND uid IN ({marks})",
            [self.project_id, *uids],
        )
        return {row[0]: row[1:] for row in rows}

    def _label(self, name: str) -> int:
        if name not in self.label_ids:
            label_id, created = ensure_label(self.db, self.project_id, name, self.stamp)
            self.label_ids[name] = label_id
            if created:
                self.new_labels.append(label_id)
        return self.label_ids[name]

    def _ids(self, names: Iterable[str]) -> set[int]:
        return {self._label(name) for name in names}

    def _given_here(self, review: Review) -> bool:
        return review.source != "import" and review.revision < self.revision  # a file, too, can name another source

    def _adds_nothing(self, before: Review | ReviewDraft, draft: ReviewDraft) -> bool:
        """Whether two judgements agree once merged labels are one, and labels out of use are not missed; and none was reset."""
        if given_anew(before, draft, self.resets):
            return False
        pairs = [(before.assigned, draft.assigned), (before.dismissed, draft.dismissed)]
        old = [{self.merged.get(label_id, label_id) for label_id in ids} for ids, _ in pairs]
        rest = [had - set(has) for had, (_, has) in zip(old, pairs, strict=True)]
        added = any(set(has) - had for had, (_, has) in zip(old, pairs, strict=True))
        same = (before.state, before.partial) == (draft.state, draft.partial)
        return same and not added and set().union(*rest) <= self.retired and not _says_more(before, draft)

    def _review(self, row: ImportRow, item_id: int, current: Standing) -> None:
        self._check(row)
        dated = row.reviewed_at is not None and row.reviewed_at <= self.stamp
        at = row.reviewed_at if row.reviewed_at is not None and dated else self.stamp
        self.counts["future_times"] += row.reviewed_at is not None and not dated
        draft = self._draft(row, item_id, at, "" if dated else UNDATED)
        self.earliest = min(self.earliest, at)
        known = set(draft.assigned)
        self.unknown_until.update({i: max(at, self.unknown_until.get(i, at)) for i in self._ids(row.unknown) - known})
        before = current.get((item_id, row.annotator))
        outdated = before is not None and (before.at or "") > at if dated else self._judged_here(row, item_id)
        if outdated or (before is not None and self._adds_nothing(before, draft)):
            self.counts["reviews_unchanged"] += 1
            return
        insert_review(self.db, self.project_id, draft, self.revision)
        current[item_id, row.annotator] = draft
        self.counts["reviews_added"] += 1

    def _judged_here(self, row: ImportRow, item_id: int) -> bool:
        """Whether a judgement that says not when it was given would come in the way of one given in Plateau itself."""
        return item_id in self.judged or (item_id, row.annotator) in self.worked

    def _check(self, row: ImportRow) -> None:
        if self.single_label and len(set(row.labels or ())) > 1:
            raise InvalidInput(
                f"Item {row.uid!r} has {len(set(row.labels or ()))} labels in a project with one label an item. "
                "Correct the file, or import it into a multi-label project."
            )

    def _draft(self, row: ImportRow, item_id: int, at: str, view: str) -> ReviewDraft:
        assigned = self._ids(row.labels or ())
        sent = self.sent.of(row.action, item_id)
        return ReviewDraft(
            item_id=item_id,
            assigned=tuple(sorted(assigned)),
            dismissed=tuple(sorted(self._ids(row.dismissed) - assigned)),  # a merged label may be both
            confirmed=tuple(sorted(self._ids(row.confirmed) & assigned)),
            annotator=row.annotator, state=row.state, partial=row.partial, at=at, seconds=row.seconds, view=view,
            note=row.note, uncertain=row.uncertain,
            **({"source": row.source} | sent),
        )  # fmt: skip

    def _prediction(self, row: ImportRow, item_id: int) -> None:
        version = row.model_version or "imported"
        changed = self.db.conn.execute(
            "INSERT INTO predictions (item_id, model_version, at, scores) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (item_id, model_version) DO UPDATE SET at = excluded.at, scores = excluded.scores "
            "WHERE scores <> excluded.scores",
            [
                item_id,
                version,
                min(row.predicted_at or self.stamp, self.stamp),
                dumps(dict(row.scores or {})),
            ],
        ).rowcount
        self.predicted.update([version] if changed > 0 else [])
        self.counts["predictions"] += max(changed, 0)
