"""When the predictions of a model version changed last: what was read of them holds while the mark is the same."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from data.records import now


def mark_predictions(db: Database, project_id: int, versions: Iterable[str], revision: int) -> None:
    """Say in an open transaction that predictions of these versions have changed.

    The moment stands beside the revision: a copy of the database that is put back counts the same revisions again.
    """
    db.conn.executemany(
        "INSERT INTO prediction_marks (project_id, model_version, mark) VALUES (?, ?, ?) "
        "ON CONFLICT (project_id, model_version) DO UPDATE SET mark = excluded.mark",
        [(project_id, version, f"{revision} {now()}") for version in versions],
    )
