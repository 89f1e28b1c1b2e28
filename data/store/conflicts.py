"""A judgement is never put over another's that its annotator has not seen, nor, late, over a newer answer of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from data.errors import Conflict, Superseded
from data.records import DOUBTING, ReviewDraft, hides_others
from data.store.leases import ago, readings_in
from data.store.schema import STANDING

#: So many items are named when a whole list is refused.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Newer:
    """What somebody else has said of an item meanwhile: the review's number, who, when, and labels by their numbers.

    The labels are None where they are hidden, so that another answer is given without them.
    """

    item_id: int
    review_id: int
    annotator: str
    at: str
    assigned: tuple[int, ...] | None


def newer_by_others(db: Database, project_id: int, draft: ReviewDraft) -> Newer | None:
    """The newest standing judgement by somebody else since the draft's item was shown; None when that is not known.

    None also while fewer others than the project asks for have judged the item: they are not to know of each other. Work that
    doubts judgements asks for none, so any newer one counts.
    """
    if draft.seen is None:
        return None
    rows = db.conn.execute(
        "SELECT id, annotator, at, assigned FROM reviews WHERE item_id = ? AND annotator <> ? AND reviews.state = 'reviewed' "
        f"AND {STANDING} ORDER BY id",
        [draft.item_id, draft.annotator],
    ).fetchall()
    if not rows or rows[-1][0] <= draft.seen:
        return None
    readings = readings_in(db, project_id)
    if draft.source not in DOUBTING and len({row[1] for row in rows}) < readings:
        return None
    number, annotator, at, assigned = rows[-1]
    hidden = hides_others(draft.source, readings)
    return Newer(draft.item_id, number, annotator, at, None if hidden else tuple(json.loads(assigned)))


def check_own(db: Database, draft: ReviewDraft) -> None:
    """Superseded when the annotator has dealt with the draft's item since it was shown, be it by taking something back."""
    if draft.own is None:
        return
    rows = db.conn.execute("SELECT max(id) FROM reviews WHERE item_id = ? AND annotator = ?", [draft.item_id, draft.annotator])
    if (rows.fetchone()[0] or 0) > draft.own:
        raise Superseded("You have dealt with this item since. Nothing was written; look at the item and confirm again.")


def conflict(db: Database, found: Sequence[Newer]) -> Conflict:
    """What to say of judgements that others have given meanwhile, one at least."""
    said = [
        f"{newer.annotator} {_said(db, newer.assigned)} {_uid(db, newer.item_id)!r} {ago(newer.at)}" for newer in found[:NAMED]
    ]
    more = len(found) - NAMED
    rest = f", and others of {more} more item{'s' if more > 1 else ''}" if more > 0 else ""
    return Conflict(
        f"Somebody else has judged {'this item' if len(found) == 1 else 'these items'} while you had it open: "
        f"{'; '.join(said)}{rest}. Nothing was written. Skip it to leave it at that, or confirm again to keep your own "
        "answer beside theirs.",
        {newer.item_id: newer.review_id for newer in found},
    )


def _uid(db: Database, item_id: int) -> str:
    return str(db.conn.execute("SELECT uid FROM items WHERE id = ?", [item_id]).fetchone()[0])


def _said(db: Database, assigned: Sequence[int] | None) -> str:
    return "judged" if assigned is None else f"said “{_names(db, assigned)}” of"


def _names(db: Database, label_ids: Sequence[int]) -> str:
    """The labels by the names that they count under now."""
    rows = db.conn.execute(
        "SELECT DISTINCT coalesce(target.name, labels.name) FROM labels "
        "LEFT JOIN labels AS target ON target.id = labels.merged_into "
        f"WHERE labels.id IN ({','.join('?' * len(label_ids))}) ORDER BY 1",
        list(label_ids),
    )
    return ", ".join(name for (name,) in rows) or "no label"
