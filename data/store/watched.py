"""What became of files and rows that were found by watching: each content is taken once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from data.records import now
from data.store.connection import Connection


class Watched(Connection):
    """The part of the store that remembers what was imported by watching."""

    def watched(self, project_id: int, digest: str) -> tuple[str, str] | None:
        """What became of a content, ``imported`` or ``failed``, and how it was read; None when it was never taken."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT state, manner FROM watched WHERE project_id = ? AND digest = ?", [project_id, digest]
            ).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def taken_since(self, project_id: int, digest: str, path: str) -> bool:
        """Whether another content was imported from this path after this one was."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT 1 FROM watched WHERE project_id = ? AND path = ? AND digest <> ? AND state = 'imported' AND at > "
                "(SELECT at FROM watched WHERE project_id = ? AND digest = ?) LIMIT 1",
                [project_id, path, digest, project_id, digest],
            ).fetchone()
        return row is not None

    def save_watched(self, project_id: int, digest: str, path: str, state: str, manner: str) -> None:
        """Remember what became of a content; a later word takes the place of an earlier one."""
        with self.write() as db:
            db.conn.execute(
                "INSERT INTO watched (project_id, digest, path, state, manner, at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (project_id, digest) DO UPDATE SET path = excluded.path, state = excluded.state, "
                "manner = excluded.manner, at = excluded.at",
                [project_id, digest, path, state, manner, now()],
            )

    def watched_at(self, project_id: int, place: str) -> dict[str, tuple[str, str]]:
        """What became of everything that a place held when it was last looked at: state and manner by digest."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT digest, state, manner FROM watched WHERE project_id = ? AND path = ?", [project_id, place]
            ).fetchall()
        return {str(digest): (str(state), str(manner)) for digest, state, manner in rows}

    def replace_watched(
        self, project_id: int, place: str, gone: Iterable[str], found: Mapping[str, tuple[str, str]]
    ) -> None:  # fmt: skip
        """Forget what a place holds no longer, and remember state and manner of what it holds besides, in one step."""
        with self.write() as db:
            db.conn.executemany(
                "DELETE FROM watched WHERE project_id = ? AND digest = ?", [(project_id, digest) for digest in gone]
            )
            db.conn.executemany(
                "INSERT OR REPLACE INTO watched (project_id, digest, path, state, manner, at) VALUES (?, ?, ?, ?, ?, ?)",
                [(project_id, digest, place, state, manner, now()) for digest, (state, manner) in found.items()],
            )
