"""The history of a project's judgements: who said what of which item, when and on which page; and giving one again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import Event, Review, ReviewDraft
from data.store.connection import Connection, next_revision, raise_revision
from data.store.labels import as_counted, merged_and_retired, resets_of, times_out_of_use
from data.store.reviews import COLUMNS, check_draft, insert_review, review_of, same_judgement, standing_of

#: So many characters of an item's text stand in its history.
EXCERPT = 200
#: Whether a label is among those that a judgement, or the one that it took back, has assigned or dismissed.
_NAMED = (
    "instr(replace(replace(iif(r.undoes IS NULL, r.assigned || r.dismissed, "
    "(SELECT assigned || dismissed FROM reviews WHERE id = r.undoes)), '[', ','), ']', ','), ',' || ? || ',')"
)


class History(Connection):
    """The part of the store that tells what happened."""

    def events(
        self, project_id: int, *, annotator: str | None = None, item_id: int | None = None, label_id: int | None = None,
        action_id: int | None = None, before: int | None = None, limit: int = 50,
    ) -> list[Event]:  # fmt: skip
        """Judgements and undos, newest first, at most ``limit``; those of a smaller number than ``before``, for the next page.

        With a ``label_id`` those that assigned or dismissed it, or a label that counts as it now, and their undos; with an
        ``action_id`` those given in it, and their undos.
        """
        wanted = {"r.annotator = ?": annotator, "r.item_id = ?": item_id, "r.id < ?": before,
                  "r.action_id = ?": action_id}  # fmt: skip
        asked = {clause: value for clause, value in wanted.items() if value is not None}
        mine = "r.project_id = ?" if item_id is None else "+r.project_id = ?"  # the plus keeps to the index of the items
        with self.read() as db:
            label_ids = [] if label_id is None else _merged_into(db, project_id, label_id)
            clauses = [*asked, *([f"({' OR '.join([_NAMED] * len(label_ids))})"] if label_ids else [])]
            rows = db.conn.execute(
                f"SELECT {_prefixed('r')}, items.uid, substr(items.text, 1, {EXCERPT}), r.undoes, "
                "EXISTS (SELECT 1 FROM reviews AS u WHERE u.undoes = r.id) FROM reviews AS r JOIN items ON items.id = r.item_id "
                f"WHERE {' AND '.join([mine, *clauses])} "
                "ORDER BY r.id DESC LIMIT ?",
                [project_id, *asked.values(), *label_ids, limit],
            ).fetchall()
            undone = _by_number(db, [row[-2] for row in rows if row[-2] is not None])
        return [Event(review_of(row[:-4]), row[-4], row[-3], undone.get(row[-2]), bool(row[-1])) for row in rows]

    def annotators(self, project_id: int) -> list[str]:
        """Everybody who has ever decided anything in a project, in alphabetical order."""
        with self.read() as db:
            rows = db.conn.execute("SELECT DISTINCT annotator FROM reviews WHERE project_id = ?", [project_id]).fetchall()
        return sorted((name for (name,) in rows), key=str.casefold)

    def restore_review(self, project_id: int, review_id: int, annotator: str) -> int:
        """Let an annotator say what a judgement of the history says, taken back or not. Returns the number of the new one.

        Merged labels count as their target, retired ones are left out. Of labels that came into use since, or were reset, the
        copy says nothing, as the judgement itself. When the annotator's standing judgement says just that, its number is
        returned and nothing written. NotFound when there is no such judgement; InvalidInput for an undo.
        """
        with self.write() as db:
            review = _by_number(db, [review_id], project_id).get(review_id)
            if review is None:
                raise NotFound(f"The project has no judgement with the number {review_id}. Reload the history and choose one.")
            if review.state == "undone":
                raise InvalidInput(f"Number {review_id} took a judgement back and says nothing itself. Restore that judgement.")
            resets = resets_of(db, project_id)
            draft = _again(db, project_id, as_counted(review, resets), annotator)
            standing = standing_of(db, review.item_id, annotator)
            if standing is not None and same_judgement(as_counted(standing, resets), draft):
                return standing.id
            check_draft(db, project_id, draft)
            number = insert_review(db, project_id, draft, next_revision(db, project_id))
            raise_revision(db, project_id)
            return number


def _prefixed(table: str) -> str:
    return ", ".join(f"{table}.{column}" for column in COLUMNS.split(", "))


def _merged_into(db: Database, project_id: int, label_id: int) -> list[int]:
    """The label and those that count as it now."""
    rows = db.conn.execute("SELECT id FROM labels WHERE project_id = ? AND merged_into = ?", [project_id, label_id])
    return [label_id, *(number for (number,) in rows)]


def _by_number(db: Database, numbers: Sequence[int], project_id: int | None = None) -> dict[int, Review]:
    """These reviews of any project, or of one."""
    rows = db.conn.execute(
        f"SELECT {COLUMNS} FROM reviews WHERE id IN ({','.join('?' * len(numbers))}) AND project_id = coalesce(?, project_id)",
        [*numbers, project_id],
    )
    return {review.id: review for review in map(review_of, rows)}


def _again(db: Database, project_id: int, review: Review, annotator: str) -> ReviewDraft:
    """The judgement as it counts now, found the same way, to be given again."""
    merged, retired = merged_and_retired(db, project_id)
    assigned, dismissed = (
        [now for label_id in ids if (now := merged.get(label_id, label_id)) not in retired]
        for ids in (review.assigned, review.dismissed)
    )
    judged, unknown = _judged(db, project_id, review.at)
    unknown = unknown if review.state == "reviewed" else []  # a skip says nothing of any label
    if unknown and not review.partial:
        dismissed = [*dismissed, *judged]
    return ReviewDraft(
        item_id=review.item_id, assigned=tuple(dict.fromkeys(assigned)), annotator=annotator,
        dismissed=tuple(label_id for label_id in dict.fromkeys(dismissed) if label_id not in assigned), state=review.state,
        partial=review.partial or bool(unknown), source=review.source, action_id=review.action_id, list_rank=review.list_rank,
        list_size=review.list_size, candidates=review.candidates, model_version=review.model_version, chance=review.chance,
        note=review.note, uncertain=review.uncertain, view="history",
    )  # fmt: skip


def _judged(db: Database, project_id: int, at: str) -> tuple[list[int], list[int]]:
    """The labels in use now, by number: those that were in use at this moment as well, and those that were not."""
    away = times_out_of_use(db, project_id)
    rows = db.conn.execute(
        "SELECT id, created_at FROM labels WHERE project_id = ? AND retired_at IS NULL AND merged_into IS NULL ORDER BY id",
        [project_id],
    ).fetchall()
    there = {
        label_id: created <= at and not any(since <= at < (until or "9999") for since, until in away.get(label_id, ()))
        for label_id, created in rows
    }
    return [label_id for label_id, was in there.items() if was], [label_id for label_id, was in there.items() if not was]
