"""One import inside one transaction: items by uid, labels by name, reviews by annotator, predictions by model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import ImportCounts, ImportRow, ReviewDraft, now, text_hash
from data.store.connection import dumps
from data.store.labels import ensure_label
from data.store.reviews import current_of_annotator, insert_review, same_judgement


class Intake:
    """Takes batches of rows into an open transaction and counts what they change."""

    def __init__(self, db: Database, project_id: int) -> None:
        self.db, self.project_id, self.stamp = db, project_id, now()
        row = db.conn.execute("SELECT revision, single_label FROM projects WHERE id = ?", [project_id]).fetchone()
        if row is None:
            raise NotFound(f"No project has the number {project_id}. List the projects, and choose one of them.")
        self.revision, self.single_label = row[0] + 1, bool(row[1])
        self.label_ids: dict[str, int] = {}
        self.new_labels: list[int] = []
        self.earliest = self.stamp
        self.counts: Counter[str] = Counter()

    def take(self, rows: Sequence[ImportRow]) -> None:
        """Write one batch."""
        ids = self._items(rows)
        current = current_of_annotator(self.db, list(set(ids.values())))
        for row in rows:
            if row.labels is not None:
                self._review(row, ids[row.uid], current)
            if row.scores:
                self._prediction(row, ids[row.uid])
        self.counts["rows"] += len(rows)

    def finish(self) -> ImportCounts:
        """Date the new labels: the taxonomy of a file existed when its first review was made."""
        self.db.conn.executemany(
            "UPDATE labels SET created_at = ? WHERE id = ?", [(self.earliest, label_id) for label_id in self.new_labels]
        )
        return ImportCounts(labels_added=len(self.new_labels), **self.counts)

    def _items(self, rows: Sequence[ImportRow]) -> dict[str, int]:
        last = {row.uid: row for row in rows}
        known = self._known(list(last))
        fresh, changed = [], []
        for uid, row in last.items():
            values = (row.text, row.media, dumps(dict(row.metadata)), row.at)
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

    def _review(self, row: ImportRow, item_id: int, current: dict[tuple[int, str], ReviewDraft]) -> None:
        if self.single_label and len(set(row.labels or ())) > 1:
            raise InvalidInput(
                f"Item {row.uid!r} has {len(set(row.labels or ()))} labels in a project with one label an item. "
                "Correct the file, or import it into a multi-label project."
            )
        draft = ReviewDraft(
            item_id=item_id,
            assigned=tuple(sorted({self._label(name) for name in row.labels or ()})),
            dismissed=tuple(sorted({self._label(name) for name in row.dismissed})),
            annotator=row.annotator, state=row.state, partial=row.partial, at=row.reviewed_at or self.stamp,
            seconds=row.seconds, source=row.source,
        )  # fmt: skip
        self.earliest = min(self.earliest, draft.at or self.stamp)
        before = current.get((item_id, row.annotator))
        outdated = before is not None and row.reviewed_at is not None and (before.at or "") > row.reviewed_at
        if outdated or (before is not None and same_judgement(before, draft)):
            self.counts["reviews_unchanged"] += 1
            return
        insert_review(self.db, self.project_id, draft, self.revision)
        current[item_id, row.annotator] = draft
        self.counts["reviews_added"] += 1

    def _prediction(self, row: ImportRow, item_id: int) -> None:
        changed = self.db.conn.execute(
            "INSERT INTO predictions (item_id, model_version, at, scores) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (item_id, model_version) DO UPDATE SET at = excluded.at, scores = excluded.scores "
            "WHERE scores <> excluded.scores",
            [item_id, row.model_version or "imported", self.stamp, dumps(dict(row.scores or {}))],
        ).rowcount
        self.counts["predictions"] += max(changed, 0)
