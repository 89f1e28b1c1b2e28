"""How a project came to be what it is, read in few figures: pages show hundreds of ratings and never read one of them whole."""

from __future__ import annotations

import json
from typing import Any

from data.store.connection import Connection
from data.store.schema import STANDING
from data.timeline import Again, DayOfWork, Pace, RatingMoment

_MOMENTS = """
SELECT id, revision, model_version, created_at, reviewed, json_extract(rating, '$.population'), value, low, high, (
    SELECT json_group_object(json_extract(f.value, '$.key'), json_extract(f.value, '$.score'))
    FROM json_each(snapshots.rating, '$.factors') AS f), config
FROM snapshots WHERE project_id = ? AND id > ? ORDER BY id
"""
#: How many labels of a judgement count: what was said of one before its reset does not.
_COUNT = (
    "json_array_length({0}) - (SELECT count(*) FROM resets WHERE resets.reset_at > at "
    "AND resets.id IN (SELECT value FROM json_each({0})))"
)
_DAYS = f"""
WITH resets AS MATERIALIZED (SELECT id, reset_at FROM labels WHERE project_id = :project AND reset_at IS NOT NULL)
SELECT substr(at, 1, 10) AS day, annotator, sum(newest AND state = 'reviewed'),
    sum(iif(newest AND state = 'reviewed', {_COUNT.format("assigned")}, 0)),
    sum(iif(newest AND state = 'reviewed', {_COUNT.format("confirmed")}, 0)),
    sum(iif(newest AND state = 'reviewed', {_COUNT.format("dismissed")}, 0)),
    sum(newest AND state = 'reviewed' AND source = 'import'),
    sum(state = 'reviewed' AND coalesce(seconds, 0) > 0), total(iif(state = 'reviewed', seconds, 0))
FROM (SELECT *, row_number() OVER (PARTITION BY item_id, annotator ORDER BY id DESC) = 1 AS newest
    FROM reviews WHERE project_id = :project AND {STANDING})
GROUP BY day, annotator HAVING sum(state = 'reviewed') > 0 ORDER BY day, annotator
"""


class Timeline(Connection):
    """The part of the store that tells the course of a project."""

    def rating_moments(self, project_id: int, after: int = 0) -> list[RatingMoment]:
        """Every rating the project has had, in short and oldest first; of a larger number than ``after``."""
        with self.read() as db:
            rows = db.conn.execute(_MOMENTS, [project_id, after]).fetchall()
        return [_moment(row) for row in rows]

    def paces(self, project_id: int) -> list[Pace]:
        """What each revision with judgements added, oldest first, those taken back included: their time was spent."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT revision, sum(state <> 'undone'), sum(source = 'import' AND state <> 'undone'), total(seconds) "
                "FROM reviews WHERE project_id = ? GROUP BY revision ORDER BY revision",
                [project_id],
            ).fetchall()
        return [Pace(*row) for row in rows]

    def judged_again(self, project_id: int) -> list[Again]:
        """Every decision on an item that had been judged before, undos and skips included, in the order given."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT reviews.item_id, first.revision, reviews.revision FROM reviews JOIN (SELECT item_id, min(revision) AS "
                "revision FROM reviews WHERE project_id = :project AND state = 'reviewed' GROUP BY item_id) AS first "
                "ON first.item_id = reviews.item_id "
                "WHERE reviews.project_id = :project AND reviews.revision > first.revision ORDER BY reviews.id",
                {"project": project_id},
            ).fetchall()
        return [Again(*row) for row in rows]

    def starred_versions(self, project_id: int) -> list[tuple[int, str]]:
        """The versions of the model that have a star, the oldest first, each with the note that people have left on it."""
        with self.read() as db:
            return db.conn.execute(
                "SELECT version, note FROM version_marks WHERE project_id = ? AND starred ORDER BY version", [project_id]
            ).fetchall()

    def days_of_work(self, project_id: int) -> list[DayOfWork]:
        """What each person judged on each day, oldest first; days (UTC) on which nothing was judged are left out."""
        with self.read() as db:
            return [DayOfWork(*row) for row in db.conn.execute(_DAYS, {"project": project_id})]


def _moment(row: tuple[Any, ...]) -> RatingMoment:
    values: list[Any] = [*row[:5], int(row[5] or 0), row[6:9], _spans(row[9]), json.loads(row[10])]
    return RatingMoment(*values)


def _spans(text: str) -> dict[str, tuple[float | None, float | None, float | None]]:
    return {key: (score["value"], score["low"], score["high"]) for key, score in json.loads(text).items()}
