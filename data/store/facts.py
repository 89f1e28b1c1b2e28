"""How much there is of what a file may not be able to carry."""

from __future__ import annotations

from data.store.connection import Connection
from data.store.schema import STANDING

_REVIEWS = f"""
SELECT coalesce(sum(state = 'reviewed' AND assigned = '[]' AND NOT partial), 0), coalesce(sum(state = 'skipped'), 0),
    coalesce(sum(dismissed <> '[]'), 0), coalesce(sum(partial), 0), count(*), coalesce(sum(seconds IS NOT NULL), 0),
    coalesce(sum(source <> 'import'), 0), coalesce(sum(note <> '' OR uncertain), 0), coalesce(sum(confirmed <> '[]'), 0),
    count(DISTINCT item_id)
FROM reviews WHERE project_id = ? AND {STANDING}
"""
_ITEMS = (
    "SELECT count(*), coalesce(sum(metadata <> '{}'), 0), coalesce(sum(media IS NOT NULL), 0) FROM items WHERE project_id = ?"
)
_SEVERAL = f"""
SELECT count(*) FROM (SELECT 1 FROM reviews WHERE project_id = ? AND {STANDING}
    GROUP BY item_id HAVING count(DISTINCT annotator) > 1)
"""
_SCORED = "SELECT count(*) FROM predictions p JOIN items i ON i.id = p.item_id WHERE i.project_id = ?"


class Facts(Connection):
    """The part of the store that counts what there is to export."""

    def facts(self, project_id: int) -> dict[str, int]:
        """Counts under the names of :class:`data.formats.base.Keeps`, of standing judgements and of items."""
        with self.read() as db:
            row = db.conn.execute(_REVIEWS, [project_id]).fetchone()
            items, metadata, media = db.conn.execute(_ITEMS, [project_id]).fetchone()
            (several,) = db.conn.execute(_SEVERAL, [project_id]).fetchone()
            (scored,) = db.conn.execute(_SCORED, [project_id]).fetchone()
        no_label, skipped, dismissed, partial, reviews, seconds, source, note, confirmed, judged = row
        return {
            "no_label": no_label, "skipped": skipped, "dismissed": dismissed, "partial": partial, "scores": scored,
            "annotator": reviews, "several": several, "time": reviews, "seconds": seconds, "pool": items - judged,
            "source": source, "note": note, "metadata": metadata, "media": media, "confirmed": confirmed,
        }  # fmt: skip
