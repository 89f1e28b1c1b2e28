"""What has happened since a rating, asked for after every decision: each answer reads a few rows, however many there are."""

from __future__ import annotations

from data.store.connection import Connection


class News(Connection):
    """The part of the store that tells whether enough is new."""

    def enough_since(self, project_id: int, revision: int, count: int, moment: str) -> bool:
        """Whether ``count`` judgements (or undoings) are newer than this revision, or an action was done after this moment."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT coalesce((SELECT revision FROM reviews WHERE project_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?), 0) > ? "
                "OR EXISTS (SELECT 1 FROM actions WHERE project_id = ? AND state = 'done' AND done_at > ?)",
                [project_id, count - 1, revision, project_id, moment],
            ).fetchone()
        return bool(row[0])

    def reviewed_since(self, project_id: int, revision: int) -> bool:
        """Whether a judgement, or one that took one back, is newer than this revision."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT revision FROM reviews WHERE project_id = ? ORDER BY id DESC LIMIT 1", [project_id]
            ).fetchone()
        return row is not None and int(row[0]) > revision

    def undone_since(self, project_id: int, revision: int) -> int:
        """How many judgements were taken back after this revision."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT count(*) FROM reviews WHERE project_id = ? AND revision > ? AND state = 'undone'", [project_id, revision]
            ).fetchone()
        return int(row[0])

    def last_rated(self, project_id: int) -> tuple[int, str]:
        """The revision of the newest rating and the moment it was kept; 0 and an empty text before the first."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT revision, created_at FROM snapshots WHERE project_id = ? ORDER BY id DESC LIMIT 1", [project_id]
            ).fetchone()
        return (0, "") if row is None else (int(row[0]), str(row[1]))
