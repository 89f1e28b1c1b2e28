"""Judgements that are given in another tool and come one by one: each is recorded once, however often it is told of."""

from __future__ import annotations

from sqlite_utils import Database

from data.records import Review, ReviewDraft
from data.store.connection import Connection, next_revision, raise_revision
from data.store.labels import resets_of
from data.store.reviews import (
    COLUMNS,
    check_draft,
    insert_review,
    review_of,
    said_already,
    standing_of,
    take_back,
)
from data.store.schema import STANDING

#: Later than every stamp: what is gone stays gone, whatever is told of it afterwards.
_GONE = "gone"


class Outside(Connection):
    """The part of the store that knows which judgement came from which one of another tool.

    ``origin`` says whose they are, ``key`` is the judgement's own id there, and ``stamp`` (ISO-8601) when it last changed.
    """

    def record_outside(self, project_id: int, origin: str, key: str, stamp: str, draft: ReviewDraft) -> int | None:
        """Append a judgement unless it, or a later form of it, was told of before; its number, None when nothing was recorded.

        Nothing is recorded either when its annotator has judged the item later; a judgement that stands already keeps its number,
        unless a label was reset since: then it is given anew.
        What the same one has said of another item is taken back: it speaks of this one now.
        """
        with self.write() as db:
            if (last := _last(db, project_id, origin, key)) is not None and (last == _GONE or last >= stamp):
                return None
            check_draft(db, project_id, draft)
            for moved in _standing(db, project_id, origin, key):
                if moved.item_id != draft.item_id:
                    take_back(db, project_id, [moved], draft.view)
            before = standing_of(db, draft.item_id, draft.annotator)
            number = None
            if before is not None and said_already(before, draft, resets_of(db, project_id)):
                number = before.id
            elif before is None or draft.at is None or before.at <= draft.at:
                number = insert_review(db, project_id, draft, next_revision(db, project_id))
                raise_revision(db, project_id)
            _remember(db, project_id, origin, key, stamp, number)
            return number

    def take_back_outside(self, project_id: int, origin: str, key: str, *, view: str = "") -> list[Review]:
        """Take back what stands of a judgement that is gone there; it comes no more. Those taken back, none if none stood."""
        with self.write() as db:
            if undone := _standing(db, project_id, origin, key):
                take_back(db, project_id, undone, view)
            if _last(db, project_id, origin, key) != _GONE:
                _remember(db, project_id, origin, key, _GONE, None)
            return undone


def _standing(db: Database, project_id: int, origin: str, key: str) -> list[Review]:
    """What stands of a judgement in all its forms, in the order recorded."""
    rows = db.conn.execute(
        f"SELECT {COLUMNS} FROM reviews WHERE id IN (SELECT review_id FROM outside_reviews WHERE project_id = ? AND "
        f"origin = ? AND key = ?) AND {STANDING} ORDER BY id",
        [project_id, origin, key],
    ).fetchall()
    return [review_of(row) for row in rows]


def _last(db: Database, project_id: int, origin: str, key: str) -> str | None:
    row = db.conn.execute(
        "SELECT max(stamp) FROM outside_reviews WHERE project_id = ? AND origin = ? AND key = ?", [project_id, origin, key]
    ).fetchone()
    return None if row is None else row[0]


def _remember(db: Database, project_id: int, origin: str, key: str, stamp: str, review_id: int | None) -> None:
    db.conn.execute(
        "INSERT INTO outside_reviews (project_id, origin, key, stamp, review_id) VALUES (?, ?, ?, ?, ?)",
        [project_id, origin, key, stamp, review_id],
    )
