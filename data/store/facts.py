"""How much there is of what a file may not be able to carry."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from data.store.connection import Connection
from data.store.labels import times_out_of_use
from data.store.schema import STANDING

#: Whether an item is one of those asked about; none named means every one.
_CHOSEN = "(:items IS NULL OR {id} IN (SELECT value FROM json_each(:items)))"
#: The labels that these cells of a review still name, each as the one that it counts as: not those reset since.
_NAMED = (
    "(SELECT coalesce(l.merged_into, l.id) FROM ({cells}) AS given JOIN labels l ON l.id = given.value "
    "WHERE l.reset_at IS NULL OR l.reset_at <= reviews.at)"
)
_CELL = "SELECT value FROM json_each({})"
_ASSIGNED, _DISMISSED, _CONFIRMED = (
    f"({cell} <> '[]' AND EXISTS {_NAMED.format(cells=_CELL.format(cell))})" for cell in ("assigned", "dismissed", "confirmed")
)
#: ``away`` are the times in which silence says nothing of a label in use: [label, since, until], until its creation included.
_REVIEWS = f"""
WITH away AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS label, json_extract(value, '$[1]') AS since, json_extract(value, '$[2]') AS until
    FROM json_each(:away))
SELECT coalesce(sum(state = 'reviewed' AND NOT partial AND NOT {_ASSIGNED}), 0), coalesce(sum(state = 'skipped'), 0),
    coalesce(sum({_DISMISSED}), 0), coalesce(sum(partial), 0), count(*), coalesce(sum(seconds IS NOT NULL), 0),
    coalesce(sum(source <> 'import'), 0), coalesce(sum(note <> '' OR uncertain), 0), coalesce(sum({_CONFIRMED}), 0),
    count(DISTINCT item_id), coalesce(sum(state = 'reviewed' AND NOT partial AND EXISTS (
        SELECT 1 FROM away WHERE since <= reviews.at AND reviews.at < until AND label NOT IN
            {_NAMED.format(cells=f"{_CELL.format('assigned')} UNION ALL {_CELL.format('dismissed')}")})), 0)
FROM reviews WHERE project_id = :project AND {STANDING} AND {_CHOSEN.format(id="item_id")}
"""
_ITEMS = f"""
SELECT count(*), coalesce(sum(metadata <> '{{}}'), 0), coalesce(sum(media IS NOT NULL), 0)
FROM items WHERE project_id = :project AND {_CHOSEN.format(id="id")}
"""
_SEVERAL = f"""
SELECT count(*) FROM (SELECT 1 FROM reviews WHERE project_id = :project AND {STANDING} AND {_CHOSEN.format(id="item_id")}
    GROUP BY item_id HAVING count(DISTINCT annotator) > 1)
"""
_SCORED = f"""
SELECT count(*) FROM predictions p JOIN items i ON i.id = p.item_id
WHERE i.project_id = :project AND {_CHOSEN.format(id="i.id")}
"""
_POOL = f"""
SELECT EXISTS (SELECT 1 FROM items WHERE project_id = ?
    AND NOT EXISTS (SELECT 1 FROM reviews WHERE item_id = items.id AND {STANDING}))
"""


class Facts(Connection):
    """The part of the store that counts what there is to export."""

    def has_pool(self, project_id: int) -> bool:
        """Whether there is an item that nobody has judged or skipped."""
        with self.read() as db:
            return bool(db.conn.execute(_POOL, [project_id]).fetchone()[0])

    def facts(self, project_id: int, item_ids: Sequence[int] | None = None) -> dict[str, int]:
        """Counts under the names of :class:`data.formats.base.Keeps`, of standing judgements and of items.

        Of these items alone, where some are named.
        """
        asked = {"project": project_id, "items": None if item_ids is None else json.dumps(list(item_ids))}
        with self.read() as db:
            row = db.conn.execute(_REVIEWS, {**asked, "away": json.dumps(_silent(db, project_id))}).fetchone()
            items, metadata, media = db.conn.execute(_ITEMS, asked).fetchone()
            (several,) = db.conn.execute(_SEVERAL, asked).fetchone()
            (scored,) = db.conn.execute(_SCORED, asked).fetchone()
        no_label, skipped, dismissed, partial, reviews, seconds, source, note, confirmed, judged, unknown = row
        return {
            "no_label": no_label, "skipped": skipped, "dismissed": dismissed, "partial": partial, "scores": scored,
            "annotator": reviews, "several": several, "time": reviews, "seconds": seconds, "pool": items - judged,
            "source": source, "note": note, "metadata": metadata, "media": media, "confirmed": confirmed, "unknown": unknown,
        }  # fmt: skip


def _silent(db: Database, project_id: int) -> list[tuple[int, str, str]]:
    """When silence says nothing of each label in use: from when until when, until it was created included."""
    rows = db.conn.execute(
        "SELECT id, created_at FROM labels WHERE project_id = ? AND retired_at IS NULL AND merged_into IS NULL", [project_id]
    ).fetchall()
    away = times_out_of_use(db, project_id)
    out = [(label, since, until or "9999") for label, _ in rows for since, until in away.get(label, ())]
    return [*((label, "", created) for label, created in rows), *out]
