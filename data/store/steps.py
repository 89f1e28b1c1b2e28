"""Steps: each change of the taxonomy is kept with the labels' rows before and after it, so that it can be taken back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, LabelChanged, NotFound
from data.records import Label, now
from data.store.connection import dumps, raise_revision
from data.store.leases import ago
from data.store.work import close_action

#: What of a label a step can change, in the order of its row.
FIELDS = ("name", "description", "important", "retired_at", "merged_into", "reset_at")
#: Kinds of steps that make labels.
MAKING = frozenset({"created", "split", "pasted"})
#: Stands for the whole of a label that a step has created.
WHOLE = "*"
#: Stands for who counts as whom: merges lead to it, and resets of what was merged stand on it.
MEMBERS = "members"

Row = tuple[Any, ...]
Mark = tuple[int, str]


@dataclass(frozen=True, slots=True)
class TaxonomyStep:
    """A change of the taxonomy as one piece of work, which may touch several labels and can be taken back as a whole.

    ``kind`` is 'created', 'renamed', 'described', 'nested', 'merged', 'split', 'retired', 'revived', 'reset', 'pasted' or
    'undone'. ``words`` say what was done, with the names of that time. ``undoes`` is the step that this one took back,
    ``undone_by`` the step that took this one back; None for neither. ``action_id`` is the action that a split has made.
    """

    id: int
    at: str
    annotator: str
    kind: str
    label_id: int
    words: str
    undoes: int | None
    undone_by: int | None
    action_id: int | None


@dataclass
class Step:
    """A step that is being taken. ``marks`` are what it stands on besides the fields that it changes,
    ``action_id`` the action that it makes."""

    id: int
    marks: list[Mark] = field(default_factory=list)
    action_id: int | None = None


def rows_of(db: Database, project_id: int) -> dict[int, Row]:
    """All labels of a project by number, each as its :data:`FIELDS`."""
    found = db.conn.execute(f"SELECT id, {', '.join(FIELDS)} FROM labels WHERE project_id = ? ORDER BY id", [project_id])
    return {row[0]: tuple(row[1:]) for row in found}


def check_seen(db: Database, project_id: int, seen: Sequence[Label]) -> None:
    """Refuse to change labels that somebody else has changed since these records of them were shown."""
    rows = rows_of(db, project_id)
    for label in seen:
        shown = (label.name, label.description, int(label.important), label.retired_at, label.merged_into, label.reset_at)
        if rows.get(label.id) != shown:
            raise LabelChanged(
                f"{label.name!r} has been changed since you opened it{_last_change(db, project_id, label.id)}. Nothing was "
                "written. Look at the label as it is now, then decide again."
            )


def _last_change(db: Database, project_id: int, label_id: int) -> str:
    row = db.conn.execute(
        "SELECT kind, annotator, at FROM label_events WHERE project_id = ? AND label_id = ? ORDER BY id DESC LIMIT 1",
        [project_id, label_id],
    ).fetchone()
    return "" if row is None else f": {row[0]}{f' by {row[1]}' if row[1] else ''} {ago(row[2])}"


@contextmanager
def step(
    db: Database, project_id: int, kind: str, label_id: int, annotator: str, words: str, undoes: int | None = None
) -> Iterator[Step]:
    """Take one step in an open transaction: what changes inside is logged, and raises the revision. Nothing changed, no step.

    ``label_id`` is the label that it is about, 0 for the first one that it creates.
    """
    before = rows_of(db, project_id)
    taken = Step(int(db.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM label_steps").fetchone()[0]))
    yield taken
    after, at = rows_of(db, project_id), now()
    changed = [number for number in after if before.get(number) != after[number]]
    if not changed:
        return
    db.conn.execute(
        "INSERT INTO label_steps (id, project_id, at, annotator, kind, label_id, words, before, after, rests_on, "
        "action_id, undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            taken.id, project_id, at, annotator, kind, label_id or changed[0], words,
            dumps({str(k): before[k] for k in changed if k in before}), dumps({str(k): after[k] for k in changed}),
            dumps(taken.marks), taken.action_id, undoes,
        ],
    )  # fmt: skip
    for number in changed:
        for event, was, becomes in _events(before.get(number), after[number], after):
            log_label(db, project_id, number, event, was, becomes, annotator, at)
    raise_revision(db, project_id)


def _events(before: Row | None, after: Row, rows: Mapping[int, Row]) -> Iterator[tuple[str, str | None, str | None]]:
    """What became of one label, as kinds of events with what changed."""
    if before is None:
        yield "created", None, after[0]
        return
    name, description, important, retired, merged, reset = (pair for pair in zip(before, after, strict=True))
    if name[0] != name[1]:
        yield "renamed", *name
    if description[0] != description[1] or important[0] != important[1]:
        yield "described", *description
    if bool(retired[0]) != bool(retired[1]):
        yield ("retired" if retired[1] else "revived"), None, None
    if merged[1] is not None and merged[0] != merged[1]:
        yield "merged", name[0], rows[merged[1]][0]
    if merged[0] is not None and merged[1] is None:
        yield "separated", rows[merged[0]][0], name[1]
    if reset[0] != reset[1]:
        yield ("reset" if (reset[1] or "") > (reset[0] or "") else "restored"), *reset


def log_label(
    db: Database, project_id: int, label_id: int, kind: str, before: str | None, after: str | None, annotator: str = "",
    at: str | None = None,
) -> None:  # fmt: skip
    """Append one event to a label's history."""
    db.conn.execute(
        "INSERT INTO label_events (project_id, label_id, at, kind, before, after, annotator) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [project_id, label_id, at or now(), kind, before, after, annotator],
    )


_STEP = (
    "s.id, s.at, s.annotator, s.kind, s.label_id, s.words, s.undoes, "
    "(SELECT u.id FROM label_steps AS u WHERE u.undoes = s.id), s.action_id"
)


def steps_of(db: Database, project_id: int) -> list[TaxonomyStep]:
    """Every step, oldest first."""
    rows = db.conn.execute(f"SELECT {_STEP} FROM label_steps AS s WHERE s.project_id = ? ORDER BY s.id", [project_id])
    return [TaxonomyStep(*row) for row in rows]


def take_back_step(db: Database, project_id: int, step_id: int, annotator: str) -> TaxonomyStep:
    """Give the labels of a step back what it changed, as a step of its own, which is returned; a label that it made is retired.

    Its words say which of those labels judgements name. InvalidInput when the step was taken back already, when a later step
    stands on it, or when a name is taken by now.
    """
    found = next((one for one in steps_of(db, project_id) if one.id == step_id), None)
    if found is None:
        raise NotFound(f"The project has no change of its labels with the number {step_id}. Reload the page and choose one.")
    if found.undoes is not None or found.undone_by is not None:
        raise InvalidInput(f"“{found.words}” was taken back already. Do it once more if you want it back.")
    _refuse_later(db, project_id, found)
    before, after, _ = _kept(db, step_id)
    words = f"Took back: {found.words}{_kept_words(db, project_id, found.kind, before, after)}"
    with step(db, project_id, "undone", found.label_id, annotator, words, undoes=step_id):
        moved = [k for k in after if k in before and before[k][0] != after[k][0]]
        for label_id in moved:
            refuse_name(db, project_id, before[label_id][0], moved)
        for label_id in sorted(after, key=lambda k: (len(before.get(k, after[k])[0]), k), reverse=True):  # names moved in turn
            _give_back(db, label_id, before.get(label_id), after[label_id])
    if found.action_id is not None:
        close_action(db, project_id, found.action_id, "dropped", None)
    return steps_of(db, project_id)[-1]


def _kept_words(db: Database, project_id: int, kind: str, before: Mapping[int, Row], after: Mapping[int, Row]) -> str:
    """Which labels that a step made are kept out of use once it is taken back, as judgements name them; empty for none."""
    made = [k for k in after if kind in MAKING and (k not in before or before[k][3] is not None)]
    named = named_by_reviews(db, project_id)
    kept = [after[k][0] for k in made if k in named]
    return f". Kept out of use, as judgements name {'it' if len(kept) == 1 else 'them'}: {', '.join(kept)}" if kept else ""


def _give_back(db: Database, label_id: int, before: Row | None, after: Row) -> None:
    """Give one label back what a step changed of it, and nothing else."""
    if before is None:
        db.conn.execute("UPDATE labels SET retired_at = coalesce(retired_at, ?) WHERE id = ?", [now(), label_id])
        return
    for name, was, became in zip(FIELDS, before, after, strict=True):
        if was != became:
            db.conn.execute(f"UPDATE labels SET {name} = ? WHERE id = ?", [was, label_id])


def refuse_name(db: Database, project_id: int, name: str, label_ids: Sequence[int]) -> None:
    """Refuse a name that another label than these has, whatever its case."""
    row = db.conn.execute(
        "SELECT name, retired_at, merged_into FROM labels WHERE project_id = ? AND casefold(name) = ? "
        "AND id NOT IN (SELECT value FROM json_each(?))",
        [project_id, name.casefold(), json.dumps(list(label_ids))],
    ).fetchone()
    if row is not None:
        state, remedy = ", which is merged", "Choose another name"
        if not row[2]:
            state, remedy = "", "Merge the two, or choose another name"
            if row[1]:
                state, remedy = ", which is retired", "Bring it back under Out of use, or choose another name"
        raise InvalidInput(f"Another label is called {row[0]!r} already{state}. {remedy}.")


_LEFT = (
    "l.project_id = ? AND l.retired_at IS NOT NULL AND l.merged_into IS NULL "
    "AND EXISTS (SELECT 1 FROM label_steps AS s JOIN label_steps AS u ON u.undoes = s.id, "
    "json_each(s.after) AS made WHERE s.project_id = l.project_id AND made.key = CAST(l.id AS TEXT) "
    "AND json_extract(s.before, '$.\"' || l.id || '\"') IS NULL)"
)


def left_by_undone(db: Database, project_id: int, name: str) -> int | None:
    """The retired label of this name, whatever its case, that a step created which was then taken back; None without one."""
    query = f"SELECT l.id FROM labels AS l WHERE {_LEFT} AND casefold(l.name) = ?"
    row = db.conn.execute(query, [project_id, name.casefold()]).fetchone()
    return None if row is None else int(row[0])


def never_used(db: Database, project_id: int) -> set[int]:
    """The labels that are as if they had never been: the step that made them was taken back, nothing was done with them since,
    and no judgement names them.
    """
    rows = db.conn.execute(
        f"SELECT l.id FROM labels AS l WHERE {_LEFT} AND (SELECT s.undoes FROM label_steps AS s, json_each(s.after) AS touched "
        "WHERE s.project_id = l.project_id AND touched.key = CAST(l.id AS TEXT) ORDER BY s.id DESC LIMIT 1) IS NOT NULL",
        [project_id],
    )
    found = {number for (number,) in rows}
    return found - named_by_reviews(db, project_id) if found else found


def named_by_reviews(db: Database, project_id: int) -> set[int]:
    """The labels that any judgement names, those that were taken back included."""
    rows = db.conn.execute(
        "SELECT DISTINCT said.value FROM reviews, json_each(reviews.assigned) AS said WHERE reviews.project_id = ? "
        "UNION SELECT said.value FROM reviews, json_each(reviews.dismissed) AS said WHERE reviews.project_id = ?",
        [project_id, project_id],
    )
    return {number for (number,) in rows}


def _refuse_later(db: Database, project_id: int, found: TaxonomyStep) -> None:
    """Refuse to take back a step that a later one, which still holds, stands on."""
    own = _marks(db, found.id)
    for later in steps_of(db, project_id):
        if later.id > found.id and later.undoes is None and later.undone_by is None and _meet(own, _marks(db, later.id)):
            by = f" by {later.annotator}" if later.annotator else ""
            raise InvalidInput(f"“{later.words}”{by} {ago(later.at)} stands on this change. Take that back first.")


def _kept(db: Database, step_id: int) -> tuple[dict[int, Row], dict[int, Row], list[Mark]]:
    """The rows that a step changed, before (those that there were) and after, and its marks."""
    row = db.conn.execute("SELECT before, after, rests_on FROM label_steps WHERE id = ?", [step_id]).fetchone()
    before, after = ({int(k): tuple(values) for k, values in json.loads(cell).items()} for cell in row[:2])
    return before, after, [(number, name) for number, name in json.loads(row[2])]


def _marks(db: Database, step_id: int) -> set[Mark]:
    before, after, marks = _kept(db, step_id)
    fields = {
        (number, name)
        for number, row in after.items()
        for name, was, became in zip(FIELDS, before.get(number, row), row, strict=True)
        if was != became
    }
    return {*fields, *marks, *((number, WHOLE) for number in after if number not in before)}


def _meet(earlier: set[Mark], later: set[Mark]) -> bool:
    """Whether a later step touches what an earlier one did: the same of a label, or anything of one that it created."""
    created = {number for number, name in earlier if name == WHOLE}
    return bool(earlier & later) or any(number in created for number, _ in later)
