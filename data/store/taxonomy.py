"""Work on the taxonomy as a whole: nesting, learning a label anew, and the steps by which it came to be what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlite_utils import Database

from data.errors import InvalidInput
from data.records import Label, StoredAction, now
from data.store.connection import Connection
from data.store.labels import SEPARATOR, check_in_use, clean_label, create_label, label_of, move_label
from data.store.steps import (
    MEMBERS,
    TaxonomyStep,
    check_seen,
    left_by_undone,
    never_used,
    refuse_name,
    step,
    steps_of,
    take_back_step,
)
from data.store.work import insert_started


def leaf(name: str) -> str:
    """A label's own part of its name.

    >>> leaf("Billing > Refund")
    'Refund'
    """
    return name.rsplit(f" {SEPARATOR} ", 1)[-1]


def nested_below(parent: str, name: str) -> str:
    """A label's name below a parent, or at the top for an empty one.

    >>> nested_below("Money", "Billing > Refund"), nested_below(" ", "Billing > Refund")
    ('Money > Refund', 'Refund')
    """
    return f"{parent} {SEPARATOR} {leaf(name)}" if parent.strip() else leaf(name)


def _part(db: Database, project_id: int, name: str, description: str) -> int:
    """The label that a split makes, in an open step: a new one, or the one that a change left retired when it was taken back."""
    left = left_by_undone(db, project_id, name)
    if left is None:
        refuse_name(db, project_id, name, [])
        return create_label(db, project_id, name, description, now())
    db.conn.execute("UPDATE labels SET name = ?, description = ?, retired_at = NULL WHERE id = ?", [name, description, left])
    return left


class Taxonomy(Connection):
    """The part of the store that works on the taxonomy as a whole."""

    def taxonomy_steps(self, project_id: int) -> list[TaxonomyStep]:
        """Every step by which somebody has changed the taxonomy, oldest first. What came with files is no step."""
        with self.read() as db:
            return steps_of(db, project_id)

    def never_used(self, project_id: int) -> set[int]:
        """The labels, by number, that are as if they had never been: what made them was taken back, nothing was done with them
        since, and no judgement names them. Used again, they are as new.
        """
        with self.read() as db:
            return never_used(db, project_id)

    def nest_label(
        self, project_id: int, label_id: int, parent: str, *, annotator: str = "", seen: Sequence[Label] = ()
    ) -> Label:
        """Put a label below a parent, the top for an empty one; what is nested below it moves along."""
        with self.write() as db:
            check_seen(db, project_id, seen)
            old = label_of(db, project_id, label_id)
            name = clean_label(nested_below(parent, old.name))
            words = f"Moved {old.name} below {parent}" if parent.strip() else f"Moved {old.name} to the top"
            with step(db, project_id, "nested", label_id, annotator, words):
                move_label(db, project_id, old, name)
            return label_of(db, project_id, label_id)

    def reset_label(self, project_id: int, label_id: int, *, annotator: str = "", seen: Sequence[Label] = ()) -> Label:
        """Learn a label anew: what was judged of it and of what counts as it does not count from now on, but is kept."""
        with self.write() as db:
            check_seen(db, project_id, seen)
            label = label_of(db, project_id, label_id)
            check_in_use(label, "learned anew")
            with step(db, project_id, "reset", label_id, annotator, f"Reset {label.name}") as taken:
                one = [project_id, label_id, label_id]
                members = db.conn.execute("SELECT id FROM labels WHERE project_id = ? AND (id = ? OR merged_into = ?)", one)
                taken.marks += [(number, MEMBERS) for (number,) in members if number != label_id]
                db.conn.execute(
                    "UPDATE labels SET reset_at = ? WHERE project_id = ? AND (id = ? OR merged_into = ?)", [now(), *one]
                )
            return label_of(db, project_id, label_id)

    def split_label(
        self, project_id: int, label_id: int, parts: Sequence[tuple[str, str]], work: Callable[[tuple[int, ...]], StoredAction],
        *, annotator: str = "", seen: Sequence[Label] = (),
    ) -> StoredAction | None:  # fmt: skip
        """Create the labels that a label falls into, by name and description, and start the work of telling them apart.

        ``work`` makes that action from the new labels' numbers; without items there is none. The label and what was judged of it
        stay. A label that was created by a step taken back since is used anew. InvalidInput when a name is taken; all or nothing
        is written.
        """
        names = [clean_label(name) for name, _ in parts]
        if not parts or len({name.casefold() for name in names}) < len(names):
            raise InvalidInput("A split needs one new label or more, each with a name of its own. Name them, then split.")
        with self.write() as db:
            check_seen(db, project_id, seen)
            old, made = label_of(db, project_id, label_id), []
            with step(db, project_id, "split", label_id, annotator, f"Split {', '.join(names)} off {old.name}") as taken:
                taken.marks += [(label_id, f"split {taken.id}")]
                for name, (_, description) in zip(names, parts, strict=True):
                    made.append(_part(db, project_id, name, description))
                action = work(tuple(made))
                started = insert_started(db, project_id, action, annotator) if action.item_ids else None
                taken.action_id = None if started is None else started.id
            return started

    def paste_labels(self, project_id: int, entries: Sequence[tuple[str, str, Label | None]], annotator: str = "") -> None:
        """Create, describe or bring back many labels in one step, each given by its name, its meaning (empty: as it is) and the
        label of that name as it was seen, None for none.

        LabelChanged when one is not as it was seen, InvalidInput when a name is taken by now; then nothing is written.
        """
        with self.write() as db:
            check_seen(db, project_id, [label for _, _, label in entries if label is not None])
            number = next((label.id for _, _, label in entries if label is not None), 0)
            words = f"Pasted {len(entries)} label{'s' if len(entries) > 1 else ''}"
            with step(db, project_id, "pasted", number, annotator, words):
                for name, description, label in entries:
                    if label is None:
                        refuse_name(db, project_id, clean_label(name), [])
                        create_label(db, project_id, clean_label(name), description, now())
                        continue
                    meaning = description or label.description
                    db.conn.execute("UPDATE labels SET retired_at = NULL, description = ? WHERE id = ?", [meaning, label.id])

    def undo_step(self, project_id: int, step_id: int, annotator: str = "") -> TaxonomyStep:
        """Take one step back, and return the step that does so; a label that it created is retired.

        InvalidInput when it was taken back already, when a later step stands on it, which is named, or a name is taken by now.
        """
        with self.write() as db:
            return take_back_step(db, project_id, step_id, annotator)
