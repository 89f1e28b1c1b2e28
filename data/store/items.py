"""Items: adding, reading, and importing rows with their reviews in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from data.errors import NotFound
from data.records import ImportCounts, ImportRow, Item
from data.store.connection import BUSY_SECONDS, Connection, raise_revision
from data.store.intake import Intake
from data.store.projects import ensure_project

CHUNK = 500  # below SQLite's limit on variables in a statement
_COLUMNS = "id, uid, text, media, metadata, at"


def item_of(row: tuple[Any, ...]) -> Item:
    """An item from a row of its columns."""
    return Item(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5])


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The values in lists of at most ``size``.

    >>> list(chunks([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Items(Connection):
    """The part of the store that keeps items."""

    def import_rows(self, project: int | str, rows: Iterable[ImportRow], *, single_label: bool = False) -> ImportCounts:
        """Add or update items by their uid, with labels, reviews and predictions: everything or nothing.

        A project given by its name is created if there is none; when the import fails, it is not.
        Importing the same rows again changes nothing. A review older than the one its annotator has given here
        since is left out, so that an old file never overwrites newer work; so is one without a time of an item that was
        reviewed here. A time in the future is taken as now, and as unknown in that comparison. It waits a minute for its turn.
        """
        with self.write(BUSY_SECONDS) as db:
            project_id = project if isinstance(project, int) else ensure_project(db, project, single_label).id
            intake = Intake(db, project_id)
            for batch in chunks(rows):
                intake.take(batch)
            counts = intake.finish()
            if counts.items_added or counts.items_updated or counts.reviews_added or counts.labels_added or counts.predictions:
                raise_revision(db, project_id)
            return counts

    def count_items(self, project_id: int) -> int:
        """How many items the project has."""
        with self.read() as db:
            return int(db.conn.execute("SELECT count(*) FROM items WHERE project_id = ?", [project_id]).fetchone()[0])

    def has_items(self, project_id: int, uids: Sequence[str]) -> bool:
        """Whether the project has any of these items."""
        with self.read() as db:
            return any(
                db.conn.execute(
                    f"SELECT 1 FROM items WHERE project_id = ? AND uid IN ({','.join('?' * len(batch))}) LIMIT 1",
                    [project_id, *batch],
                ).fetchone()
                for batch in chunks(uids)
            )

    def item(self, project_id: int, item_id: int) -> Item:
        """One item by its number."""
        found = self.items(project_id, [item_id])
        if not found:
            raise NotFound(f"The project has no item with the number {item_id}. Reload the page and try again.")
        return found[0]

    def item_named(self, project_id: int, uid: str) -> Item | None:
        """The item that its owner knows by this id; None when there is none."""
        with self.read() as db:
            row = db.conn.execute(f"SELECT {_COLUMNS} FROM items WHERE project_id = ? AND uid = ?", [project_id, uid]).fetchone()
        return None if row is None else item_of(row)

    def items(self, project_id: int, item_ids: Sequence[int]) -> list[Item]:
        """These items, in the order asked for; numbers that do not exist are left out."""
        found: dict[int, Item] = {}
        with self.read() as db:
            for batch in chunks(item_ids):
                marks = ",".join("?" * len(batch))
                rows = db.conn.execute(
                    f"SELECT {_COLUMNS} FROM items WHERE project_id = ? AND id IN ({marks})", [project_id, *batch]
                )
                found.update((row[0], item_of(row)) for row in rows)
        return [found[item_id] for item_id in item_ids if item_id in found]

    def items_with(self, project_id: int, terms: Sequence[str], most: int = 20_000) -> list[int]:
        """The numbers of the items whose text holds any of these terms, whatever their case; at most ``most``, the first ones."""
        wanted = [term.casefold() for term in terms if term]
        if not wanted:
            return []
        clause = " OR ".join(["instr(folded, ?) > 0"] * len(wanted))
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT id FROM (SELECT id, casefold(text) AS folded FROM items WHERE project_id = ?) WHERE {clause} "
                "ORDER BY id LIMIT ?",
                [project_id, *wanted, most],
            ).fetchall()
        return [int(row[0]) for row in rows]

    def iter_items(self, project_id: int) -> Iterator[Item]:
        """Every item in order of its number, read in pages so that memory stays small."""
        last = 0
        while True:
            with self.read() as db:
                rows = db.conn.execute(
                    f"SELECT {_COLUMNS} FROM items WHERE project_id = ? AND id > ? ORDER BY id LIMIT 5000",
                    [project_id, last],
                ).fetchall()
            if not rows:
                return
            yield from map(item_of, rows)
            last = rows[-1][0]

    def kept(self, project_id: int, key: str, part: str) -> list[tuple[str | None, int]]:
        """What the items' metadata has under ``part`` of the object ``key``, as JSON (None: nothing), and how many have each."""
        path = f'$."{key}"."{part}"'
        found = "CASE WHEN json_valid(metadata) THEN json_extract(metadata, ?) END"  # NaN was kept as such once
        query = f"SELECT {found} AS found, count(*) FROM items WHERE project_id = ? GROUP BY found"
        with self.read() as db:
            return [(row[0], row[1]) for row in db.conn.execute(query, [path, project_id])]

    def item_hashes(self, project_id: int) -> tuple[list[int], list[bytes]]:
        """The numbers of all items in order, and the hash of each one's text."""
        with self.read() as db:
            rows = db.conn.execute("SELECT id, hash FROM items WHERE project_id = ? ORDER BY id", [project_id]).fetchall()
        return [row[0] for row in rows], [bytes(row[1]) for row in rows]

    def item_dates(self, project_id: int) -> dict[int, str]:
        """When each item was written, in ISO-8601 and UTC, by its number; only of items whose date is known."""
        with self.read() as db:
            rows = db.conn.execute("SELECT id, at FROM items WHERE project_id = ? AND at IS NOT NULL", [project_id]).fetchall()
        return {row[0]: row[1] for row in rows}
