"""A project as it stood: the judgements that counted at a revision, and the labels as they were at a moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from data.kept import VersionRating
from data.records import Label, Review
from data.store.labels import Labels, periods_of
from data.store.reviews import COLUMNS, review_of

Periods = dict[int, list[tuple[str, str | None]]]
#: What happened to a label: its number, kind of event, what was before and after, and when.
Change = tuple[int, str, str | None, str | None, str]


class AsOf(Labels):
    """The part of the store that looks back."""

    def reviews_as_of(self, project_id: int, revision: int) -> list[Review]:
        """The judgements that stood at this revision, in the order given: those taken back only later included.

        They are as they were given: what they say of labels that were reset is theirs still, see
        :func:`data.store.labels.as_counted`.
        """
        with self.read() as db:
            rows = db.conn.execute(
                f"SELECT {COLUMNS} FROM reviews WHERE project_id = :project AND revision <= :revision AND state <> 'undone' "
                "AND id NOT IN (SELECT undoes FROM reviews WHERE undoes IS NOT NULL AND revision <= :revision) ORDER BY id",
                {"project": project_id, "revision": revision},
            ).fetchall()
        return [review_of(row) for row in rows]

    def version_ratings(self, project_id: int) -> list[VersionRating]:
        """What each model version was rated last, oldest first; quick, as nothing else of the ratings is read."""
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT model_version, reviewed, value, low, high FROM snapshots WHERE id IN "
                "(SELECT max(id) FROM snapshots WHERE project_id = ? GROUP BY model_version) ORDER BY model_version",
                [project_id],
            )
            return [VersionRating(*row) for row in rows]

    def rated_with(self, project_id: int, version: int) -> dict[str, Any] | None:
        """The configuration that a model version was rated with last; None where that is not kept."""
        with self.read() as db:
            row = db.conn.execute(
                "SELECT json_extract(config, '$.rating') FROM snapshots WHERE project_id = ? AND model_version = ? "
                "ORDER BY id DESC LIMIT 1",
                [project_id, version],
            ).fetchone()
        return None if row is None or row[0] is None else dict(json.loads(row[0]))

    def taxonomy_as_of(self, project_id: int, moment: str) -> tuple[list[Label], Periods]:
        """All labels as they were at a moment (ISO-8601, UTC), those retired or merged by then included, by name; and the periods
        in which each was out of use, as far as they had begun.

        Names, retirements and merges are told from the taxonomy's history; descriptions and importance are today's.
        """
        with self.read() as db:
            changes: list[Change] = db.conn.execute(
                "SELECT label_id, kind, before, after, at FROM label_events WHERE project_id = ? ORDER BY id", [project_id]
            ).fetchall()
        kept = self.labels(project_id, retired=True)
        if not changes or changes[-1][-1] <= moment:
            return kept, self.retired_periods(project_id)
        return replayed(kept, [change for change in changes if change[-1] <= moment])


def replayed(labels: Sequence[Label], changes: Sequence[Change]) -> tuple[list[Label], Periods]:
    """Labels after these changes and no others, by name, and the periods in which each was out of use."""
    known, was = {label.id: label for label in labels}, dict[int, Label]()
    for number, kind, _, after, at in changes:
        if kind == "created":
            new = replace(known[number], name=after or known[number].name, retired_at=None, merged_into=None, reset_at=None)
            was[number] = new
        elif number in was:
            was.update(_changed(was, number, kind, after, at))
    resets = [(label.merged_into or label.id, label.reset_at) for label in was.values() if label.reset_at is not None]
    periods = periods_of(resets, [(number, kind, at) for number, kind, _, _, at in changes])
    return sorted(was.values(), key=lambda label: (label.name, label.id)), periods


def _changed(was: dict[int, Label], number: int, kind: str, after: str | None, at: str) -> dict[int, Label]:
    """The labels that a change of one of them makes different."""
    label = was[number]
    if kind == "renamed":
        return {number: replace(label, name=after or label.name)}
    if kind in ("retired", "revived"):
        return {number: replace(label, retired_at=at if kind == "retired" else None)}
    if kind in ("reset", "restored"):
        return {number: replace(label, reset_at=after)}
    if kind == "separated":
        return {number: replace(label, merged_into=None)}
    target = next((other.id for other in was.values() if other.name == after), None) if kind == "merged" else None
    if target is None:
        return {}
    return {key: replace(one, merged_into=target) for key, one in was.items() if number in (key, one.merged_into)}
