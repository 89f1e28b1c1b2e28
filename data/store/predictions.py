"""Predictions of other models: kept by item and model version, and how far a version's reviews are out of its sample."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.layout import own_name
from data.records import EVIDENCE, IN_CHARGE, ExternalModel, PredictionCounts, PredictionRow, now
from data.store.connection import BUSY_SECONDS, Connection, dumps, next_revision, raise_revision
from data.store.items import chunks
from data.store.labels import former_names
from data.store.marks import mark_predictions
from data.store.projects import clean_name

#: Unknown items that a report names; the others are counted.
NAMED = 20
_Key = tuple[int, str]


def clean_version(version: str) -> str:
    """The name of a model version, trimmed and checked as names are."""
    return clean_name(version, "model version")


class _Taking:
    """Takes batches of predictions into an open transaction and counts what they change."""

    def __init__(self, db: Database, project_id: int, version: str | None, at: str | None) -> None:
        self.db, self.project_id, self.version, self.stamp = db, project_id, version, now()
        self.at = None if at is None else _moment(at)
        self.counts, self.labels, self.strangers = Counter[str](), Counter[str](), list[str]()
        self.versions: dict[str, None] = {}

    def take(self, rows: Sequence[PredictionRow]) -> None:
        """Write one batch; of several predictions for one item by one version the last counts."""
        ids = self._ids([row.uid for row in rows])
        fresh: dict[_Key, tuple[str, str | None]] = {}
        for row in rows:
            if row.uid not in ids:
                self.counts["unknown"] += 1
                self.strangers += [row.uid] if len(self.strangers) < NAMED else []
                continue
            fresh[ids[row.uid], self._version(row)] = (dumps(_checked(row)), self._at(row))
            self.labels.update(row.scores.keys())
        self.counts["rows"] += len(rows)
        self._write(fresh)

    def finish(self) -> PredictionCounts:
        """What was taken, and which labels the project does not have."""
        names = self.db.conn.execute("SELECT casefold(name) FROM labels WHERE project_id = ?", [self.project_id])
        there = {name for (name,) in names} | {name.casefold() for name in former_names(self.db, self.project_id)}
        strange = {name: count for name, count in sorted(self.labels.items()) if name.casefold() not in there}
        return PredictionCounts(
            self.counts["rows"], self.counts["added"], self.counts["changed"], self.counts["unchanged"], self.counts["unknown"],
            tuple(self.strangers), strange, tuple(self.versions),
        )  # fmt: skip

    def _ids(self, uids: Sequence[str]) -> dict[str, int]:
        marks = ",".join("?" * len(uids))
        query = f"SELECT uid, id FROM items WHERE project_id = ? AND uid IN ({marks})"
        return dict(self.db.conn.execute(query, [self.project_id, *uids]).fetchall())

    def _version(self, row: PredictionRow) -> str:
        if (named := self.version or row.version) is None:
            raise InvalidInput(f"The prediction for item {row.uid!r} names no model version. Give one for all of them.")
        version = clean_version(named)
        self.versions.setdefault(version)
        return version

    def _at(self, row: PredictionRow) -> str | None:
        return self.at if row.at is None else _moment(row.at)

    def _write(self, fresh: Mapping[_Key, tuple[str, str | None]]) -> None:
        known = self._known(sorted({item_id for item_id, _ in fresh}))
        changed = []
        for key, (scores, at) in fresh.items():
            before = known.get(key)
            same = before is not None and before[0] == scores and at in (None, before[1])
            self.counts["unchanged" if same else "added" if before is None else "changed"] += 1
            changed += [] if same else [(*key, min(at or self.stamp, self.stamp), scores)]
        self.db.conn.executemany(
            "INSERT INTO predictions (item_id, model_version, at, scores) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (item_id, model_version) DO UPDATE SET at = excluded.at, scores = excluded.scores",
            changed,
        )

    def _known(self, item_ids: Sequence[int]) -> dict[_Key, tuple[str, str]]:
        marks = ",".join("?" * len(item_ids))
        query = f"SELECT item_id, model_version, scores, at FROM predictions WHERE item_id IN ({marks})"
        return {(row[0], row[1]): (row[2], row[3]) for row in self.db.conn.execute(query, item_ids)}


def _moment(at: str) -> str:
    """A time in ISO-8601 as the store keeps times; one without a zone is taken as UTC."""
    try:
        when = datetime.fromisoformat(at)
        zoned = when.replace(tzinfo=UTC) if when.tzinfo is None else when
        return zoned.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"The time of a prediction is ISO-8601; {at!r} is not. Write it as 2024-12-31T23:59:59Z.") from error


def _checked(row: PredictionRow) -> dict[str, float]:
    """The scores, each a finite number under a name."""
    for name, score in row.scores.items():
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            raise InvalidInput(
                f"Scores are finite numbers; item {row.uid!r} has {score!r} for {name!r}. Leave it out or correct it."
            )
        if not name.strip() or "\x00" in name:
            raise InvalidInput(
                f"A score belongs to a label with a name; item {row.uid!r} has one under {name!r}. Name the label."
            )
    return {name: float(score) for name, score in row.scores.items()}


class Predictions(Connection):
    """The part of the store that keeps what other models predict."""

    def add_predictions(
        self, project_id: int, version: str | None, rows: Iterable[PredictionRow], at: str | None = None
    ) -> PredictionCounts:
        """Keep a model version's scores for items that exist: everything or, when a row breaks a rule, nothing.

        ``version`` None: each row names its own. ``at`` is when the predictions were made, ISO-8601, unless a row says so itself;
        None: now, or the time they were first given if they are unchanged. No time lies in the future. Items that the project
        does not have are left out and reported; scores of labels that it does not have are kept and reported.
        InvalidInput names the item, the score and the rule.
        """
        with self.write(BUSY_SECONDS) as db:
            next_revision(db, project_id)  # says that there is no such project
            taking = _Taking(db, project_id, version, at)
            for batch in chunks(rows):
                taking.take(batch)
            counts = taking.finish()
            if counts.added or counts.changed:
                mark_predictions(db, project_id, taking.versions, raise_revision(db, project_id))
            return counts

    def predictions(self, project_id: int, model_version: str | None = None) -> Iterator[tuple[int, str, dict[str, float]]]:
        """Predictions of other models: item number, model version, score by label name."""
        return ((item_id, version, scores) for item_id, version, _, scores in self.dated_predictions(project_id, model_version))

    def dated_predictions(
        self, project_id: int, model_version: str | None = None
    ) -> Iterator[tuple[int, str, str, dict[str, float]]]:
        """The same with the time when each was made, after the version; in the order of the items."""
        clause, extra = ("AND p.model_version = ?", [model_version]) if model_version else ("", [])
        last = (0, "")
        while True:
            with self.read() as db:
                rows = db.conn.execute(
                    "SELECT p.item_id, p.model_version, p.at, p.scores FROM predictions p JOIN items i ON i.id = p.item_id "
                    f"WHERE i.project_id = ? AND i.id >= ? AND (i.id, p.model_version) > (?, ?) {clause} "
                    "ORDER BY i.id, p.model_version LIMIT 5000",
                    [project_id, last[0], *last, *extra],
                ).fetchall()
            if not rows:
                return
            yield from ((row[0], row[1], row[2], json.loads(row[3])) for row in rows)
            last = rows[-1][:2]

    def predictions_of(self, item_ids: Sequence[int]) -> dict[int, list[tuple[str, dict[str, float]]]]:
        """What other models predict for these items (at most 5,000): model version and score by label name, by item."""
        marks, found = ",".join("?" * len(item_ids)), dict[int, list[tuple[str, dict[str, float]]]]()
        query = (
            f"SELECT item_id, model_version, scores FROM predictions WHERE item_id IN ({marks}) ORDER BY item_id, model_version"
        )
        with self.read() as db:
            for item_id, version, scores in db.conn.execute(query, list(item_ids)):
                found.setdefault(item_id, []).append((version, json.loads(scores)))
        return found

    def predictions_mark(self, project_id: int, version: str) -> str | None:
        """What is another one after each change of the version's predictions; None where it never had any."""
        query = "SELECT mark FROM prediction_marks WHERE project_id = ? AND model_version = ?"
        with self.read() as db:
            row = db.conn.execute(query, [project_id, version]).fetchone()
        return None if row is None else str(row[0])

    def external_models(self, project_id: int) -> list[ExternalModel]:
        """Every model version with predictions in the project, by name, with what is declared of its evidence."""
        declared = self._declared(project_id)
        with self.read() as db:
            rows = db.conn.execute(
                "SELECT p.model_version, count(*), min(p.at), max(p.at) FROM predictions p JOIN items i ON i.id = p.item_id "
                "WHERE i.project_id = ? GROUP BY p.model_version ORDER BY p.model_version",
                [project_id],
            ).fetchall()
        return [ExternalModel(row[0], row[1], row[2], row[3], declared.get(row[0], EVIDENCE[0])) for row in rows]

    def external_model(self, project_id: int, version: str) -> ExternalModel:
        """One model version; NotFound names those that there are."""
        models = self.external_models(project_id)
        for model in models:
            if model.version == version:
                return model
        there = ", ".join(repr(model.version) for model in models) or "none: import predictions first"
        raise NotFound(f"The project has no predictions by a model version {version!r}. There are: {there}.")

    def declare_model(self, project_id: int, version: str, evidence: str) -> int:
        """Say which reviews are out of a version's sample, one of :data:`EVIDENCE`. Returns the revision."""
        if evidence not in EVIDENCE:
            raise InvalidInput(
                f"What a model has not seen is one of {', '.join(EVIDENCE)}; not {evidence!r}. Choose one of them."
            )
        model = self.external_model(project_id, version)
        with self.write() as db:
            (text,) = db.conn.execute("SELECT settings FROM projects WHERE id = ?", [project_id]).fetchone()
            settings = json.loads(text)
            kept = {**(settings.get("external_models") or {}), model.version: evidence}
            db.conn.execute(
                "UPDATE projects SET settings = ? WHERE id = ?", [dumps({**settings, "external_models": kept}), project_id]
            )
            return raise_revision(db, project_id)

    def put_in_charge(self, project_id: int, version: str | None) -> int:
        """Let a model version plan and suggest, or Plateau's own model (None). Returns the revision."""
        return self._in_charge(project_id, None if version is None else self.external_model(project_id, version).version)

    def pin_version(self, project_id: int, version: int | None) -> int:
        """Let an earlier version of Plateau's own model plan and suggest, or the newest (None). Returns the revision.

        Another model is no longer in charge then. NotFound when there is no such version.
        """
        if version is not None:
            with self.read() as db:
                known = db.conn.execute(
                    "SELECT 1 FROM model_versions WHERE project_id = ? AND version = ?", [project_id, version]
                ).fetchone()
            if known is None:
                raise NotFound(f"The project has no model version {version}. Reload the page and choose one of the list.")
        return self._in_charge(project_id, None if version is None else own_name(version))

    def _in_charge(self, project_id: int, name: str | None) -> int:
        with self.write() as db:
            (text,) = db.conn.execute("SELECT settings FROM projects WHERE id = ?", [project_id]).fetchone()
            kept = {key: value for key, value in {**json.loads(text), IN_CHARGE: name}.items() if value is not None}
            db.conn.execute("UPDATE projects SET settings = ? WHERE id = ?", [dumps(kept), project_id])
            return raise_revision(db, project_id)

    def _declared(self, project_id: int) -> dict[str, str]:
        with self.read() as db:
            row = db.conn.execute("SELECT settings FROM projects WHERE id = ?", [project_id]).fetchone()
        return {} if row is None else dict(json.loads(row[0]).get("external_models") or {})
