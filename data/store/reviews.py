"""Reviews: append-only judgements with their provenance. An undo is an event; the newest judgement of an item counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import SOURCES, Review, ReviewDraft, now
from data.store.conflicts import check_own, conflict, newer_by_others
from data.store.connection import Connection, dumps, next_revision, raise_revision
from data.store.labels import as_counted, resets_of, use_label
from data.store.leases import renew
from data.store.schema import STANDING
from data.store.work import reclaim, reopen_action

PAGE = 5000
COLUMNS = (
    "id, item_id, annotator, state, assigned, dismissed, confirmed, partial, at, seconds, source, action_id, "
    "list_rank, list_size, candidates, chance, model_version, revision, note, uncertain, view"
)


@lru_cache(maxsize=20_000)
def _numbers(cell: str) -> tuple[int, ...]:
    """Label numbers as they are stored; thousands of reviews hold the same few."""
    return tuple(json.loads(cell))


def review_of(row: tuple[Any, ...]) -> Review:
    """A review from a row of :data:`COLUMNS`."""
    values: list[Any] = [*row[:4], *map(_numbers, row[4:7]), bool(row[7]), *row[8:19], bool(row[19]), row[20]]
    return Review(*values)


def _counted(rows: Iterable[tuple[Any, ...]], resets: Mapping[int, str]) -> list[Review]:
    """Reviews from rows, as they count."""
    found = map(review_of, rows)
    return [as_counted(review, resets) for review in found] if resets else list(found)


def same_judgement(a: ReviewDraft | Review, b: ReviewDraft | Review) -> bool:
    """Whether two reviews say the same of an item, whoever gave them and whenever."""
    sets = [(set(r.assigned), set(r.dismissed), r.state, r.partial, r.note, r.uncertain) for r in (a, b)]
    return sets[0] == sets[1]


def given_anew(before: ReviewDraft | Review, draft: ReviewDraft, resets: Mapping[int, str]) -> bool:
    """Whether a label was reset between two judgements: the later one says of it what is new, even if both say the same."""
    return any((before.at or now()) < since <= (draft.at or now()) for since in resets.values())


def said_already(before: Review, draft: ReviewDraft, resets: Mapping[int, str]) -> bool:
    """Whether a judgement adds nothing to the one that stands, both as they were given."""
    return not given_anew(before, draft, resets) and same_judgement(before, draft) and same_occasion(before, draft)


def same_occasion(a: ReviewDraft | Review, b: ReviewDraft | Review) -> bool:
    """Whether two reviews were given in the same action, found the same way."""
    return (a.action_id, a.source) == (b.action_id, b.source)


def counted(reviews: Iterable[Review]) -> list[Review]:
    """The judgement that counts for each item, of standing reviews in any order; in item order.

    Of each annotator's judgements the last one given stands, be it a skip. Among the annotators the newest judgement by
    its time counts, so that importing somebody's old reviews never hides newer work; a skip only when nobody judged the item.
    """
    standing = {(r.item_id, r.annotator): r for r in sorted(reviews, key=lambda r: r.id)}
    by_weight = sorted(standing.values(), key=lambda r: (r.state == "reviewed", r.at, r.id))
    chosen = {r.item_id: r for r in by_weight}
    return [chosen[item_id] for item_id in sorted(chosen)]


def current_of_annotator(db: Database, item_ids: Sequence[int]) -> dict[tuple[int, str], Review]:
    """What each annotator says of each of these items now, as it was given."""
    marks = ",".join("?" * len(item_ids))
    rows = db.conn.execute(f"SELECT {COLUMNS} FROM reviews WHERE item_id IN ({marks}) AND {STANDING} ORDER BY id", list(item_ids))
    return {(review.item_id, review.annotator): review for review in map(review_of, rows)}


def standing_of(db: Database, item_id: int, annotator: str) -> Review | None:
    """What an annotator says of an item now, as it was given; None when there is nothing, or all was taken back."""
    row = db.conn.execute(
        f"SELECT {COLUMNS} FROM reviews WHERE item_id = ? AND annotator = ? AND {STANDING} ORDER BY id DESC LIMIT 1",
        [item_id, annotator],
    ).fetchone()
    return None if row is None else review_of(row)


def insert_review(db: Database, project_id: int, draft: ReviewDraft, revision: int, undoes: int | None = None) -> int:
    """Append one review to an open transaction."""
    cursor = db.conn.execute(
        "INSERT INTO reviews (project_id, item_id, annotator, state, assigned, dismissed, confirmed, partial, at, "
        "seconds, source, action_id, list_rank, list_size, candidates, chance, model_version, revision, note, uncertain, view, "
        "undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            project_id, draft.item_id, draft.annotator, draft.state, dumps(draft.assigned), dumps(draft.dismissed),
            dumps(draft.confirmed), draft.partial, draft.at or now(), draft.seconds, draft.source, draft.action_id,
            draft.list_rank, draft.list_size, draft.candidates, draft.chance, draft.model_version, revision, draft.note,
            draft.uncertain, draft.view, undoes,
        ],
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def check_draft(db: Database, project_id: int, draft: ReviewDraft) -> None:
    """Refuse a judgement that contradicts itself, the taxonomy or the project."""
    if draft.state not in ("reviewed", "skipped"):
        raise InvalidInput(f"A review is 'reviewed' or 'skipped', not {draft.state!r}.")
    if draft.source not in SOURCES:
        raise InvalidInput(f"A review comes from one of {', '.join(SOURCES)}; not from {draft.source!r}.")
    if draft.seconds is not None and not 0 <= draft.seconds < 86_400:
        raise InvalidInput(f"Active seconds lie between 0 and a day; {draft.seconds} does not.")
    if draft.chance is not None and not 0 < draft.chance <= 1:
        raise InvalidInput(f"An item's chance to be shown lies above 0 and is at most 1; {draft.chance} does not.")
    if clash := set(draft.assigned) & set(draft.dismissed):
        raise InvalidInput(f"A label is assigned or dismissed, not both: {sorted(clash)}. Choose one.")
    row = db.conn.execute(
        "SELECT single_label, (SELECT count(*) FROM items WHERE id = ? AND project_id = p.id) FROM projects p WHERE id = ?",
        [draft.item_id, project_id],
    ).fetchone()
    if row is None or not row[1]:
        raise NotFound(f"The project has no item with the number {draft.item_id}. Reload the page and try again.")
    if row[0] and len(draft.assigned) > 1:
        raise InvalidInput(f"This project gives an item one label; {len(draft.assigned)} were assigned. Keep one.")
    named = set(draft.assigned) | set(draft.dismissed)
    known = {i for (i,) in db.conn.execute("SELECT id FROM labels WHERE project_id = ?", [project_id])}
    if unknown := named - known:
        raise NotFound(f"The project has no label with the number {min(unknown)}. Reload the page and try again.")


def _by_item(reviews: Iterable[Review]) -> dict[int, list[Review]]:
    """Of reviews in the order recorded each annotator's last one, oldest first, by item."""
    newest = {(review.item_id, review.annotator): review for review in reviews}
    found: dict[int, list[Review]] = {}
    for review in sorted(newest.values(), key=lambda r: (r.at, r.id)):
        found.setdefault(review.item_id, []).append(review)
    return found


def take_back(db: Database, project_id: int, undone: Sequence[Review], view: str) -> None:
    """Append the events that take back these judgements, all of one annotator and action; the action is under way again."""
    revision = raise_revision(db, project_id)
    for review in undone:
        draft = ReviewDraft(review.item_id, (), review.annotator, state="undone", source=review.source,
                            action_id=review.action_id, view=view)  # fmt: skip
        insert_review(db, project_id, draft, revision, undoes=review.id)
    last = undone[-1]
    if last.action_id is not None:
        reopen_action(db, project_id, last.action_id)
        reclaim(db, project_id, last.annotator, last.action_id)


def _with(drafts: list[ReviewDraft], labels: tuple[int, ...]) -> list[ReviewDraft]:
    """The same judgements, with these labels assigned as well."""
    return [
        replace(
            draft, assigned=tuple(dict.fromkeys([*draft.assigned, *labels])),
            dismissed=tuple(label for label in draft.dismissed if label not in labels),
        )
        for draft in drafts
    ]  # fmt: skip


class Reviews(Connection):
    """The part of the store that keeps reviews."""

    def record_reviews(self, project_id: int, drafts: Iterable[ReviewDraft], names: Sequence[str] = ()) -> list[int]:
        """Append these judgements in one transaction and return their numbers.

        A judgement that its annotator has given already in the same action appends nothing; its number is that of the
        one that stands. The same judgement in another action is a second look, and is kept. What the annotator holds of
        the action is held on. Conflict, and nothing is written, when somebody else has judged an item since it was ``seen``;
        Superseded when the annotator has dealt with it since their ``own`` newest event.
        Labels of these ``names`` are assigned as well, and created or revived with the judgements or not at all.
        """
        with self.write() as db:
            drafts = list(drafts)
            who = drafts[0].annotator if drafts else ""
            drafts = _with(drafts, tuple(use_label(db, project_id, name, annotator=who) for name in names))
            revision = next_revision(db, project_id)
            numbers, newer, fresh, resets = [], [], False, resets_of(db, project_id)
            for draft in drafts:
                check_draft(db, project_id, draft)
                check_own(db, draft)
                before = standing_of(db, draft.item_id, draft.annotator)
                if before is not None and said_already(before, draft, resets):
                    numbers.append(before.id)
                    continue
                if (found := newer_by_others(db, project_id, draft)) is not None:
                    newer.append(found)
                numbers.append(insert_review(db, project_id, draft, revision))
                fresh = True
            if newer:
                raise conflict(db, newer)
            if fresh:
                raise_revision(db, project_id)
            for annotator, action_id in {(draft.annotator, draft.action_id) for draft in drafts}:
                if action_id is not None and not renew(db, project_id, annotator, action_id):
                    reclaim(db, project_id, annotator, action_id)
            return numbers

    def record_review(self, project_id: int, draft: ReviewDraft) -> int:
        """Append one judgement, on disk when this returns; see :meth:`record_reviews`."""
        return self.record_reviews(project_id, [draft])[0]

    def undo_review(self, project_id: int, annotator: str, action_id: int | None = None, *, view: str = "") -> Review | None:
        """Take back the annotator's newest standing judgement (of this action, if given); None when there is none.

        The action it was given in, if done already, is under way again, and what is undecided in it leased to the annotator.
        ``view`` is the page it is taken back on.
        """
        mine, extra = (
            ("project_id = ?", []) if action_id is None else ("+project_id = ? AND action_id = ?", [action_id])
        )  # by action's index
        with self.write() as db:
            row = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE {mine} AND annotator = ? AND {STANDING} ORDER BY id DESC LIMIT 1",
                [project_id, *extra, annotator],
            ).fetchone()
            if row is None:
                return None
            undone = review_of(row)
            take_back(db, project_id, [undone], view)
            return undone

    def undo_batch(self, project_id: int, annotator: str, action_id: int, *, view: str = "") -> list[Review]:
        """Take back at once what the annotator's newest standing judgement in an action was recorded together with.

        Those taken back, in the order recorded; none when there are none. See :meth:`undo_review` for what becomes of the action.
        """
        mine = f"+project_id = ? AND annotator = ? AND action_id = ? AND {STANDING}"  # by the action's index
        with self.write() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE {mine} AND revision = (SELECT max(revision) FROM reviews WHERE {mine}) "
                "ORDER BY id",
                [project_id, annotator, action_id] * 2,
            ).fetchall()
            undone = [review_of(row) for row in rows]
            if undone:
                take_back(db, project_id, undone, view)
            return undone

    def current_reviews(self, project_id: int) -> list[Review]:
        """The judgement that counts for each reviewed or skipped item, in item order; see :func:`counted`."""
        return counted(self.reviews(project_id))

    def reviews(self, project_id: int, item_id: int | None = None, *, undone: bool = False) -> list[Review]:
        """Judgements in the order given; those taken back, and the events that did so, only with ``undone``.

        Here and below they say nothing of labels that were reset since.
        """
        mine, extra = (
            ("project_id = ?", []) if item_id is None else ("+project_id = ? AND item_id = ?", [item_id])
        )  # by item's index
        active = "" if undone else f"AND {STANDING}"
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE {mine} {active} ORDER BY id", [project_id, *extra]
            ).fetchall()
            resets = resets_of(db, project_id)
        return _counted(rows, resets)

    def iter_reviews(self, project_id: int) -> Iterator[Review]:
        """Every event in the order given, those taken back and those that did so included; read in pages."""
        last = 0
        while True:
            with self.read() as db:
                rows = db.conn.execute(
                    f"SELECT {COLUMNS} FROM reviews WHERE project_id = ? AND id > ? ORDER BY id LIMIT {PAGE}", [project_id, last]
                ).fetchall()
            if not rows:
                return
            yield from map(review_of, rows)
            last = rows[-1][0]

    def standing_reviews(self, item_ids: Sequence[int]) -> dict[int, list[Review]]:
        """Each annotator's standing judgement of these items (at most 5,000), oldest first."""
        marks = ",".join("?" * len(item_ids))
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE item_id IN ({marks}) AND {STANDING} ORDER BY id", list(item_ids)
            ).fetchall()
            resets = resets_of(db)
        return _by_item(_counted(rows, resets))

    def shared_reviews(self, project_id: int) -> dict[int, list[Review]]:
        """Each annotator's standing judgement of every item that several of them have judged, oldest first, by item."""
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE project_id = ? AND {STANDING} AND item_id IN (SELECT item_id FROM reviews "
                f"WHERE project_id = ? AND {STANDING} GROUP BY item_id HAVING count(DISTINCT annotator) > 1) ORDER BY id",
                [project_id, project_id],
            ).fetchall()
            resets = resets_of(db, project_id)
        return _by_item(_counted(rows, resets))

    def count_reviewed(self, project_id: int) -> int:
        """How many items have a standing review by anybody (those only skipped are not counted)."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT count(DISTINCT item_id) FROM (SELECT item_id, state, row_number() OVER "
                f"(PARTITION BY item_id, annotator ORDER BY id DESC) AS place FROM reviews WHERE project_id = ? AND {STANDING}) "
                "WHERE place = 1 AND state = 'reviewed'",
                [project_id],
            ).fetchone()
        return int(row[0])

    def count_reviews_since(self, project_id: int, revision: int) -> int:
        """How many judgements, those that took one back included, are newer than this revision."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT count(*) FROM reviews WHERE project_id = ? AND revision > ?", [project_id, revision]
            ).fetchone()
        return int(row[0])

    def seconds_spent(self, project_id: int) -> float:
        """Active seconds of every judgement, those taken back included; judgements without a known time add nothing."""
        with self.read() as db:
            row = db.conn.execute("SELECT total(seconds) FROM reviews WHERE project_id = ?", [project_id]).fetchone()
        return float(row[0])

    def timed_reviews(self, project_id: int) -> list[tuple[float, int, int, str, int, str]]:
        """Standing judgements given one by one whose active seconds are known, in the order given; none given in a list.

        Each as (seconds, labels confirmed, other labels assigned, source, characters of text, annotator).
        """
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT seconds, json_array_length(confirmed), json_array_length(assigned), source, length(text), annotator "
                "FROM (SELECT * FROM reviews WHERE project_id = ? AND state = 'reviewed' AND seconds > 0 AND view <> 'bulk' "
                f"AND {STANDING}) AS r JOIN items ON items.id = r.item_id ORDER BY r.id",
                [project_id],
            )
            return [(row[0], row[1], max(row[2] - row[1], 0), *row[3:]) for row in rows]
