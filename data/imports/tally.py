"""What a file holds, counted as it is read."""

from __future__ import annotations

from dataclasses import dataclass

from data.records import ImportRow

#: So many rows are kept to show what the judgements of a file look like.
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Contents:
    """What the rows taken from a file say. ``items`` are distinct; the other counts are of judgements.

    ``people`` are the annotators named, ``labels`` the names assigned or dismissed, ``models`` the versions that scores come
    from, each in the order of the file. ``unreviewed`` are items that no row judges, ``empty`` the reviews without any label.
    ``examples`` are the first rows that judge.
    """

    items: int = 0
    unreviewed: int = 0
    reviewed: int = 0
    empty: int = 0
    skipped: int = 0
    people: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    examples: tuple[ImportRow, ...] = ()


class Tally:
    """Takes in one row after the other."""

    def __init__(self) -> None:
        self._items, self._judged = set[int](), set[int]()
        self._people, self._labels, self._models = dict[str, None](), dict[str, None](), dict[str, None]()
        self._reviewed = self._empty = self._skipped = 0
        self._examples: list[ImportRow] = []

    def add(self, row: ImportRow) -> None:
        """Count a row that is to be written."""
        key = hash(row.uid)
        self._items.add(key)
        if row.scores is not None:
            self._models[row.model_version or ""] = None
        if row.labels is None:
            return
        self._judged.add(key)
        if len(self._examples) < EXAMPLES:
            self._examples.append(row)
        self._people[row.annotator] = None
        for name in (*row.labels, *row.dismissed):
            self._labels[name] = None
        self._skipped += row.state == "skipped"
        self._reviewed += row.state != "skipped"
        self._empty += row.state != "skipped" and not row.labels and not row.partial

    def contents(self) -> Contents:
        """What was counted so far."""
        return Contents(
            len(self._items), len(self._items) - len(self._judged), self._reviewed, self._empty, self._skipped,
            tuple(self._people), tuple(self._labels), tuple(self._models), tuple(self._examples),
        )  # fmt: skip
