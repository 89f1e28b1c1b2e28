"""How much there is of what a file may not be able to carry."""

from __future__ import annotations

import json
from collections.abc import Sequence

from data.store.connection import Connection
from data.store.schema import STANDING

#: Whether an item is one of those asked about; none named means every one.
_CHOSEN = "(:items IS NULL OR {id} IN (SELECT value FROM json_each(:items)))"
_REVIEWS = f"""
SELECT coalesce(sum(state = 'reviewed' AND assigned = '[]' AND NOT partial), 0), coalesce(sum(state = 'skipped'), 0),
    coalesce(sum(dismissed <> '[]'), 0), coalesce(sum(partial), 0), count(*), coalesce(sum(seconds IS NOT NULL), 0),
    coalesce(sum(source <> 'import'), 0), coalesce(sum(note <> '' OR uncertain), 0), coalesce(sum(confirmed <> '[]'), 0),
    count(DISTINCT item_id), coalesce(sum(state = 'reviewed' AND NOT partial AND EXISTS (
        SELECT 1 FROM labels l WHERE l.project_id = :project AND (l.created_at > reviews.at OR l.reset_at > reviews.at)
            AND l.retired_at IS NULL AND l.merged_into IS NULL
            AND l.id NOT IN (SELECT value FROM json_each(assigned) UNION ALL SELECT value FROM json_each(dismissed)))), 0)
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
            row = db.conn.execute(_REVIEWS, asked).fetchone()
            items, metadata, media = db.conn.execute(_ITEMS, asked).fetchone()
            (several,) = db.conn.execute(_SEVERAL, asked).fetchone()
            (scored,) = db.conn.execute(_SCORED, asked).fetchone()
        no_label, skipped, dismissed, partial, reviews, seconds, source, note, confirmed, judged, unknown = row
        return {
            "no_label": no_label, "skipped": skipped, "dismissed": dismissed, "partial": partial, "scores": scored,
            "annotator": reviews, "several": several, "time": reviews, "seconds": seconds, "pool": items - judged,
            "source": source, "note": note, "metadata": metadata, "media": media, "confirmed": confirmed, "unknown": unknown,
        }  # fmt: skip
