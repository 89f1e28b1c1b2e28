"""How each label did at the project's ratings: read by the database itself, so that no rating is brought back whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from data.store.connection import Connection

#: The last rating at each number of reviews; of those so many, evenly spaced, the newest among them.
_POINTS = """
WITH kept AS (SELECT max(id) AS id FROM snapshots WHERE project_id = :project AND value IS NOT NULL GROUP BY reviewed),
    spaced AS (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS found FROM kept)
SELECT json_extract(l.value, '$.label_id'), s.reviewed, s.model_version, s.created_at, json_extract(l.value, '$.positives'),
    json_extract(l.value, '$.ap.value'), json_extract(l.value, '$.ap.low'), json_extract(l.value, '$.ap.high')
FROM spaced JOIN snapshots AS s ON s.id = spaced.id, json_each(s.rating, '$.labels') AS l
WHERE spaced.place * :most / spaced.found <> (spaced.place - 1) * :most / spaced.found
    AND json_extract(l.value, '$.label_id') IN (SELECT value FROM json_each(:labels))
    AND json_extract(l.value, '$.ap.value') IS NOT NULL
ORDER BY s.id
"""


@dataclass(frozen=True, slots=True)
class LabelPoint:
    """How a label did at one rating: its examples, and average precision (0-1) with the ends of its 90 % interval."""

    reviewed: int
    model_version: int
    created_at: str
    positives: int
    ap: float
    low: float | None
    high: float | None


class Trends(Connection):
    """The part of the store that tells how labels came to be as good as they are."""

    def label_trends(self, project_id: int, labels: Sequence[int], most: int = 20) -> dict[int, list[LabelPoint]]:
        """The average precision of these labels over the project's ratings, oldest first, by the label's number.

        At most ``most`` ratings, evenly spaced, the newest among them; those that could not tell a label are left out.
        """
        found: dict[int, list[LabelPoint]] = {label: [] for label in labels}
        with self.read() as db:
            asked = {"project": project_id, "most": most, "labels": json.dumps(list(labels))}
            for label, *cells in db.conn.execute(_POINTS, asked):
                found[label].append(LabelPoint(*cells))
        return found
