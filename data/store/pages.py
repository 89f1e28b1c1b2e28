"""Items, reviews and predictions a page at a time, for who asks from outside. Each page reads about as many rows as it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from data.records import Item, Review
from data.store.connection import Connection
from data.store.items import item_of
from data.store.reviews import COLUMNS, review_of
from data.store.schema import STANDING

_ITEM = "items.id, items.uid, items.text, items.media, items.metadata, items.at"
#: What somebody says of an item now: of each annotator's judgements the last one.
_SAID = (
    f"reviews.item_id = items.id AND reviews.state = 'reviewed' AND {STANDING} AND NOT EXISTS (SELECT 1 FROM reviews AS later "
    "WHERE later.item_id = reviews.item_id AND later.annotator = reviews.annotator AND later.id > reviews.id "
    "AND later.state <> 'undone' AND later.id NOT IN (SELECT undoes FROM reviews WHERE undoes IS NOT NULL))"
)
_JUDGED = f"EXISTS (SELECT 1 FROM reviews WHERE {_SAID})"
_CARRIES = (
    f"EXISTS (SELECT 1 FROM reviews, json_each(reviews.assigned) AS given WHERE {_SAID} "
    "AND given.value IN (SELECT value FROM json_each(?)) "
    "AND NOT EXISTS (SELECT 1 FROM labels WHERE labels.id = given.value AND labels.reset_at > reviews.at))"
)


class Pages(Connection):
    """The part of the store that is read a page at a time."""

    def items_page(
        self, project_id: int, after: int, limit: int, *, reviewed: bool | None = None, label_ids: Sequence[int] = (),
        search: str = "", uid: str | None = None,
    ) -> list[Item]:  # fmt: skip
        """Items of a larger number than ``after``, at most ``limit``, in order.

        With ``reviewed`` those that somebody has judged, or that nobody has; with ``label_ids`` those that somebody's standing
        judgement gives one of these labels; with ``search`` those whose text holds it, whatever its case.
        """
        asked: list[tuple[str, Iterable[Any]]] = [("items.project_id = ? AND items.id > ?", (project_id, after))]
        if uid is not None:
            asked.append(("items.uid = ?", (uid,)))
        if reviewed is not None:
            asked.append((_JUDGED if reviewed else f"NOT {_JUDGED}", ()))
        if label_ids:
            asked.append((_CARRIES, (json.dumps(list(label_ids)),)))
        if search:
            asked.append(("instr(casefold(items.text), ?) > 0", (search.casefold(),)))
        clauses = " AND ".join(clause for clause, _ in asked)
        values = [value for _, given in asked for value in given]
        with self.read() as db:
            rows = db.conn.execute(f"SELECT {_ITEM} FROM items WHERE {clauses} ORDER BY items.id LIMIT ?", [*values, limit])
            return [item_of(row) for row in rows]

    def uids(self, project_id: int, item_ids: Sequence[int]) -> dict[int, str]:
        """What the owner calls these items, by number."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT id, uid FROM items WHERE project_id = ? AND id IN (SELECT value FROM json_each(?))",
                [project_id, json.dumps(list(item_ids))],
            )
            return dict(rows.fetchall())

    def item_ids(self, project_id: int, uids: Sequence[str]) -> dict[str, int]:
        """The numbers of the items that their owner calls so; those that there are not are left out."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT uid, id FROM items WHERE project_id = ? AND uid IN (SELECT value FROM json_each(?))",
                [project_id, json.dumps(list(uids))],
            )
            return dict(rows.fetchall())

    def reviews_page(
        self, project_id: int, after: int, limit: int, *, annotator: str | None = None, item_id: int | None = None,
        action_id: int | None = None, undone: bool = False,
    ) -> list[Review]:  # fmt: skip
        """Judgements of a larger number than ``after``, at most ``limit``, in the order given.

        Those taken back, and the events that did so, only with ``undone``.
        """
        wanted = {"annotator = ?": annotator, "item_id = ?": item_id, "action_id = ?": action_id}
        asked = {clause: value for clause, value in wanted.items() if value is not None}
        clauses = ["project_id = ?", "id > ?", *asked, *([] if undone else [STANDING])]
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE {' AND '.join(clauses)} ORDER BY id LIMIT ?",
                [project_id, after, *asked.values(), limit],
            ).fetchall()
        return [review_of(row) for row in rows]

    def reviews_numbered(self, project_id: int, numbers: Sequence[int]) -> list[Review]:
        """These judgements, in the order of their numbers; numbers that there are not are left out."""
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE project_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
                [project_id, json.dumps(list(numbers))],
            ).fetchall()
        return [review_of(row) for row in rows]

    def predicted_page(
        self, project_id: int, after: int, limit: int, version: str | None = None
    ) -> dict[int, list[tuple[str, str, dict[str, float]]]]:
        """Predictions for the next items of a larger number than ``after``, at most ``limit`` of them, in order.

        By item: model version, when it was made, and score by label name.
        """
        clause, extra = ("AND p.model_version = ?", [version]) if version is not None else ("", [])
        found: dict[int, list[tuple[str, str, dict[str, float]]]] = {}
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT p.item_id, p.model_version, p.at, p.scores FROM predictions p WHERE p.item_id IN ("
                f"SELECT DISTINCT p.item_id FROM predictions p JOIN items i ON i.id = p.item_id WHERE i.project_id = ? AND "
                f"p.item_id > ? {clause} ORDER BY p.item_id LIMIT ?) {clause} ORDER BY p.item_id, p.model_version",
                [project_id, after, *extra, limit, *extra],
            )
            for item_id, named, at, scores in rows:
                found.setdefault(item_id, []).append((named, at, json.loads(scores)))
        return found
