"""Labels: nested names that are created, renamed, described, merged and retired, but never lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import Label, LabelEvent, Review, now
from data.store.connection import Connection
from data.store.projects import clean_name
from data.store.steps import MEMBERS, check_seen, log_label, refuse_name, step

SEPARATOR = ">"
_COLUMNS = "id, name, description, created_at, important, retired_at, merged_into, reset_at"
#: How a label goes out of use and comes back, each with whether it is so from then on.
_ENDS = {"retired": ("retired", True), "revived": ("retired", False), "merged": ("merged", True), "separated": ("merged", False)}


def clean_label(name: str) -> str:
    """A label's name with its levels trimmed: ``' Billing>Refund '`` becomes ``'Billing > Refund'``.

    >>> clean_label(" Billing>Refund ")
    'Billing > Refund'
    """
    levels = [" ".join(level.split()) for level in clean_name(name, "label").split(SEPARATOR)]
    if not all(levels):
        raise InvalidInput(f"Every level of a label's name needs a word; {name!r} has an empty one. Write 'A > B'.")
    return f" {SEPARATOR} ".join(levels)


def _label(row: tuple[Any, ...]) -> Label:
    return Label(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6], row[7])


def find_label(db: Database, project_id: int, name: str) -> int | None:
    """The id of the label with this name, ignoring case, in use or not; a merged one is found as its target."""
    name = clean_label(name)
    row = db.conn.execute(
        "SELECT id, merged_into FROM labels WHERE project_id = ? AND casefold(name) = ? ORDER BY name = ? DESC, id",
        [project_id, name.casefold(), name],
    ).fetchone()
    return None if row is None else int(row[1] or row[0])


def ensure_label(db: Database, project_id: int, name: str, created_at: str) -> tuple[int, bool]:
    """The id of the label with this name, ignoring case, and whether it had to be created."""
    name = clean_label(name)
    if (there := find_label(db, project_id, name)) is not None:
        return there, False
    label_id = create_label(db, project_id, name, "", created_at)
    log_label(db, project_id, label_id, "created", None, name)
    return label_id, True


def create_label(db: Database, project_id: int, name: str, description: str, created_at: str) -> int:
    """Create a label in an open step, and return its number."""
    cursor = db.conn.execute(
        "INSERT INTO labels (project_id, name, description, created_at, important) VALUES (?, ?, ?, ?, 0)",
        [project_id, name, description, created_at],
    )
    return int(cursor.lastrowid or 0)


def use_label(
    db: Database, project_id: int, name: str, description: str = "", created_at: str | None = None, annotator: str = ""
) -> int:
    """The id of the label with this name, created when there is none and revived when it was retired."""
    name, there = clean_label(name), find_label(db, project_id, name)
    kind, words = ("created", f"Created {name}") if there is None else ("revived", f"Brought back {name}")
    with step(db, project_id, kind, there or 0, annotator, words):
        if there is None:
            return create_label(db, project_id, name, description, created_at or now())
        db.conn.execute("UPDATE labels SET retired_at = NULL WHERE id = ?", [there])
        return there


def merged_and_retired(db: Database, project_id: int) -> tuple[dict[int, int], set[int]]:
    """What each merged label counts as now, and the labels that are out of use."""
    rows = db.conn.execute("SELECT id, merged_into, retired_at FROM labels WHERE project_id = ?", [project_id]).fetchall()
    return {row[0]: row[1] for row in rows if row[1]}, {row[0] for row in rows if row[2]}


def times_out_of_use(db: Database, project_id: int) -> dict[int, list[tuple[str, str | None]]]:
    """When silence says nothing of each label; see :meth:`Labels.retired_periods`."""
    resets = db.conn.execute(
        "SELECT coalesce(merged_into, id), reset_at FROM labels WHERE project_id = ? AND reset_at IS NOT NULL", [project_id]
    ).fetchall()
    events = db.conn.execute("SELECT label_id, kind, at FROM label_events WHERE project_id = ? ORDER BY id", [project_id])
    return periods_of(resets, events)


def periods_of(
    resets: Iterable[tuple[int, str]], events: Iterable[tuple[int, str, str]]
) -> dict[int, list[tuple[str, str | None]]]:
    """The periods in which silence says nothing of each label, oldest first; labels without any are left out.

    ``resets`` are labels with the moment of a reset, their own or one of a label that counts as them; ``events`` are label, kind
    and moment of what happened to them, oldest first.

    >>> periods_of([(1, "05")], [(2, "merged", "04"), (2, "retired", "05"), (2, "separated", "06"), (2, "revived", "07")])
    {1: [('', '05')], 2: [('04', '07')]}
    """
    found: dict[int, list[tuple[str, str | None]]] = {}
    for label_id, until in sorted(resets, key=lambda one: one[1]):
        found[label_id] = [("", until)]
    out: dict[int, set[str]] = {}
    for label_id, kind, at in events:
        if kind not in _ENDS:
            continue
        (reason, ends), reasons, periods = _ENDS[kind], out.setdefault(label_id, set()), found.setdefault(label_id, [])
        if ends and not reasons:
            periods.append((at, None))
        was = bool(reasons)
        (reasons.add if ends else reasons.discard)(reason)
        if was and not reasons:
            periods[-1] = (periods[-1][0], at)
    return {label_id: periods for label_id, periods in found.items() if periods}


def resets_of(db: Database, project_id: int | None = None) -> dict[int, str]:
    """Since when each label that was reset is learned anew, of one project or of all."""
    query = "SELECT id, reset_at FROM labels WHERE reset_at IS NOT NULL AND project_id = coalesce(?, project_id)"
    return dict(db.conn.execute(query, [project_id]).fetchall())


def there(label: Label, at: str, away: Mapping[int, Sequence[tuple[str, str | None]]]) -> bool:
    """Whether a label existed and was in use at a moment; ``away`` as of :meth:`Labels.retired_periods`."""
    return label.created_at <= at and not any(since <= at < (until or "9999") for since, until in away.get(label.id, ()))


def as_counted(review: Review, resets: Mapping[int, str]) -> Review:
    """A judgement without what it says of labels that were reset after it: that does not count any more.

    >>> old = Review(1, 1, "ann", "reviewed", (7, 8), (), (7,), False, "2026-01-01", None, "shuffle", *[None] * 6, 1)
    >>> new = as_counted(old, {7: "2026-02-01"})
    >>> new.assigned, new.confirmed, as_counted(old, {7: "2025-02-01"}) is old
    ((8,), (), True)
    """
    forgotten = {label_id for label_id, since in resets.items() if review.at < since}
    if forgotten.isdisjoint(review.assigned) and forgotten.isdisjoint(review.dismissed):
        return review
    assigned, dismissed, confirmed = (
        tuple(label_id for label_id in ids if label_id not in forgotten)
        for ids in (review.assigned, review.dismissed, review.confirmed)
    )
    return replace(review, assigned=assigned, dismissed=dismissed, confirmed=confirmed)


def reset_since(labels: Iterable[Label], read_at: str) -> set[int]:
    """The labels that were reset after a model read the reviews, ISO-8601 and empty for unknown: it knows their old meaning."""
    return {label.id for label in labels if label.reset_at is not None and label.reset_at > read_at}


def former_names(db: Database, project_id: int) -> dict[str, int]:
    """The names that labels had before they were renamed, each with the number of the label that had it last."""
    query = "SELECT before, label_id FROM label_events WHERE project_id = ? AND kind = 'renamed' ORDER BY id"
    return dict(db.conn.execute(query, [project_id]).fetchall())


def label_of(db: Database, project_id: int, label_id: int) -> Label:
    """One label by its number; NotFound when there is none."""
    row = db.conn.execute(f"SELECT {_COLUMNS} FROM labels WHERE project_id = ? AND id = ?", [project_id, label_id]).fetchone()
    if row is None:
        raise NotFound(f"The project has no label with the number {label_id}. Reload the page and try again.")
    return _label(row)


def nested_names(names: Mapping[int, str], old: str, new: str) -> dict[int, str]:
    """The names that a label and what is nested below it get when it is renamed, by number, shortest old name first.

    >>> nested_names({1: "A > x", 2: "a", 3: "AB"}, "A", "C > A")
    {2: 'C > A', 1: 'C > A > x'}
    """
    below, whole = f"{old.casefold()} {SEPARATOR} ", old.casefold()
    moved = {k: name for k, name in names.items() if name.casefold() == whole or name.casefold().startswith(below)}
    return {k: clean_label(new + moved[k][len(old) :]) for k in sorted(moved, key=lambda k: (len(moved[k]), k))}


def check_in_use(label: Label, change: str) -> None:
    """Refuse to change a label that is retired or merged, in words such as "split"."""
    if label.retired_at is not None or label.merged_into is not None:
        raise InvalidInput(f"{label.name!r} is retired or merged: only a label in use can be {change}. Bring it back first.")


def check_merge(source: Label, target: Label) -> None:
    """Refuse to merge a label into itself, or into one that is not in use."""
    if source.id == target.id:
        raise InvalidInput("A label cannot be merged into itself. Choose two different labels.")
    if target.merged_into is not None or target.retired_at is not None:
        raise InvalidInput(f"{target.name!r} is retired or merged itself. Merge into a label in use.")


def _moved(db: Database, project_id: int, old: Label, name: str) -> dict[int, str]:
    """The names that renaming a label gives it and what is nested below it; InvalidInput where it cannot be called so."""
    if name.casefold().startswith(f"{old.name.casefold()} {SEPARATOR} "):
        raise InvalidInput(f"{old.name!r} cannot be nested below itself, as {name!r}. Choose another parent.")
    rows = db.conn.execute("SELECT id, name FROM labels WHERE project_id = ?", [project_id]).fetchall()
    moved = nested_names(dict(rows), old.name, name)
    for becomes in moved.values():
        refuse_name(db, project_id, becomes, list(moved))
    return moved


def move_label(db: Database, project_id: int, old: Label, name: str) -> None:
    """Rename a label, and what is nested below it along with it, in an open step."""
    for label_id, becomes in _moved(db, project_id, old, name).items():
        db.conn.execute("UPDATE labels SET name = ? WHERE id = ?", [becomes, label_id])


class Labels(Connection):
    """The part of the store that keeps the taxonomy."""

    def former_names(self, project_id: int) -> dict[str, int]:
        """The names that labels had before they were renamed, each with the number of the label that had it last."""
        with self.read() as db:
            return former_names(db, project_id)

    def labels(self, project_id: int, *, retired: bool = False) -> list[Label]:
        """The project's labels by name; merged and retired ones only when asked for."""
        clause = "" if retired else "AND retired_at IS NULL AND merged_into IS NULL"
        with self.read() as db:
            rows = db.conn.execute(f"SELECT {_COLUMNS} FROM labels WHERE project_id = ? {clause} ORDER BY name, id", [project_id])
            return [_label(row) for row in rows]

    def label(self, project_id: int, label_id: int) -> Label:
        """One label by its number, in use or not."""
        with self.read() as db:
            return label_of(db, project_id, label_id)

    def add_label(
        self, project_id: int, name: str, description: str = "", created_at: str | None = None, annotator: str = ""
    ) -> Label:
        """Create a label; one that exists already, whatever its case, is returned and revived if it was retired.

        ``created_at`` (ISO-8601, UTC) is since when it is judged, None for now: whole reviews from then on that do not assign it
        say that it does not apply. That of a label that exists already stays. ``annotator`` is who does so, here as below.
        """
        with self.write() as db:
            return label_of(db, project_id, use_label(db, project_id, name, description, created_at, annotator))

    def rename_label(
        self, project_id: int, label_id: int, name: str, *, annotator: str = "", seen: Sequence[Label] = ()
    ) -> Label:
        """Give a label another name; its reviews stay with it, and what is nested below it moves along.

        LabelChanged when one of the labels differs from how it was ``seen``, here as below; InvalidInput when a name is taken.
        """
        name = clean_label(name)
        with self.write() as db:
            check_seen(db, project_id, seen)
            old = label_of(db, project_id, label_id)
            with step(db, project_id, "renamed", label_id, annotator, f"Renamed {old.name} to {name}"):
                move_label(db, project_id, old, name)
            return label_of(db, project_id, label_id)

    def check_rename(self, project_id: int, label_id: int, name: str) -> None:
        """Refuse a name as :meth:`rename_label` would; changes nothing."""
        with self.read() as db:
            _moved(db, project_id, label_of(db, project_id, label_id), clean_label(name))

    def describe_label(
        self, project_id: int, label_id: int, description: str, important: bool | None = None, *, annotator: str = "",
        seen: Sequence[Label] = (),
    ) -> Label:  # fmt: skip
        """Set a label's description and, if given, whether it is important."""
        with self.write() as db:
            check_seen(db, project_id, seen)
            old = label_of(db, project_id, label_id)
            flag = old.important if important is None else important
            with step(db, project_id, "described", label_id, annotator, f"Described {old.name}"):
                db.conn.execute("UPDATE labels SET description = ?, important = ? WHERE id = ?", [description, flag, label_id])
            return label_of(db, project_id, label_id)

    def retire_label(self, project_id: int, label_id: int, *, annotator: str = "", seen: Sequence[Label] = ()) -> Label:
        """Take a label out of use; its reviews are kept and come back if it is added again."""
        with self.write() as db:
            check_seen(db, project_id, seen)
            old = label_of(db, project_id, label_id)
            with step(db, project_id, "retired", label_id, annotator, f"Retired {old.name}"):
                db.conn.execute("UPDATE labels SET retired_at = coalesce(retired_at, ?) WHERE id = ?", [now(), label_id])
            return label_of(db, project_id, label_id)

    def retired_periods(self, project_id: int) -> dict[int, list[tuple[str, str | None]]]:
        """When each label was out of use, oldest first: from its retirement or merge until it came back (None: still out).

        A review given from the first moment on and before the second one says nothing of the label unless it names it. So it is
        with all that was given before the label, or one that counts as it, was reset. Labels without such times are left out.
        """
        with self.read() as db:
            return times_out_of_use(db, project_id)

    def label_events(self, project_id: int) -> list[LabelEvent]:
        """Every change of the taxonomy, oldest first."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT e.at, e.kind, l.name, e.before, e.after, e.annotator "
                "FROM label_events AS e JOIN labels AS l ON l.id = e.label_id WHERE e.project_id = ? ORDER BY e.id",
                [project_id],
            )
            return [LabelEvent(*row) for row in rows]

    def merge_labels(
        self, project_id: int, source_id: int, target_id: int, *, annotator: str = "", seen: Sequence[Label] = ()
    ) -> Label:
        """Let every review of the source count for the target; the source's own history is kept."""
        with self.write() as db:
            check_seen(db, project_id, seen)
            source, target = label_of(db, project_id, source_id), label_of(db, project_id, target_id)
            check_merge(source, target)
            with step(db, project_id, "merged", source_id, annotator, f"Merged {source.name} into {target.name}") as taken:
                taken.marks += [(source_id, MEMBERS), (target_id, f"counts for {source_id}")]
                db.conn.execute(
                    "UPDATE labels SET merged_into = ? WHERE project_id = ? AND (id = ? OR merged_into = ?)",
                    [target_id, project_id, source_id, source_id],
                )
            return target
