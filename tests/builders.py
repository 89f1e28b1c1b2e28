"""Small worlds to test with: items around known directions, with the truth beside what was reviewed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from data.exports import ExportReport, Handover
from data.formats.base import ToolFormat
from data.formats.tools import TOOLS
from data.records import ImportRow, Project
from data.store import Store
from rating.evidence import Bools, Evidence, Features, Floats, Ints, RatingConfig
from rating.rate import Result, rate

#: What messages about each label of a stored project say.
SPEECH = {
    "Refund": ["refund", "money", "back", "account", "credit", "paid", "twice", "reimburse", "sum"],
    "Delivery > Late": ["parcel", "late", "waiting", "courier", "tracking", "week", "delayed", "arrive"],
    "Broken": ["broken", "cracked", "scratch", "glass", "leg", "snapped", "damaged", "split"],
    "Praise": ["thank", "wonderful", "lovely", "helpful", "great", "recommend", "happy", "kind"],
}
FILLER = ["please", "order", "shop", "today", "email", "number", "name", "house", "room", "bought", "table", "lamp"]


@dataclass(frozen=True)
class World:
    """What a project sees, the truth of all its items (N, L), and items of the same kind that it never sees."""

    evidence: Evidence
    truth: Floats
    unseen: Mapping[str, Features]
    unseen_truth: Floats


def unit(table: Floats) -> Features:
    """Rows of length 1; zero rows stay zero."""
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def evidence_of(
    blocks: Mapping[str, Features],
    rows: Ints,
    targets: Floats,
    *,
    sources: str | list[str] | np.ndarray = "shuffle",
    settled: Bools | None = None,
    important: tuple[bool, ...] | None = None,
) -> Evidence:
    """Evidence from arrays, with item numbers 100, 101, ... and labels named after their column."""
    items, labels = len(next(iter(blocks.values()))), targets.shape[1]
    return Evidence(
        item_ids=np.arange(100, 100 + items),
        blocks=dict(blocks),
        rows=np.asarray(rows, dtype=np.int64),
        targets=np.asarray(targets, dtype=float),
        sources=np.array([sources] * len(rows) if isinstance(sources, str) else sources, dtype=np.str_),
        settled=np.zeros(len(rows), dtype=bool) if settled is None else settled,
        label_ids=tuple(10 + k for k in range(labels)),
        label_names=tuple(f"label {k}" for k in range(labels)),
        important=important or (False,) * labels,
    )


def world(
    *, items: int = 500, reviewed: int = 200, labels: int = 5, dims: int = 24, strength: float = 1.6, seed: int = 0,
    unseen: int = 0, sources: str | list[str] = "shuffle", prevalence: tuple[float, float] = (0.3, 0.08),
) -> World:  # fmt: skip
    """Labels that occur independently; each pushes its items along a direction of its own. Reviewed at random."""
    rng = np.random.default_rng(seed)
    directions = unit(rng.standard_normal((labels, dims)))
    truth = (rng.random((items + unseen, labels)) < np.geomspace(*prevalence, labels)).astype(float)
    features = unit(strength * truth @ directions + rng.standard_normal((items + unseen, dims)) / np.sqrt(dims))
    rows = np.sort(rng.choice(items, reviewed, replace=False))
    evidence = evidence_of({"dense": features[:items]}, rows, truth[rows], sources=sources)
    return World(evidence, truth[:items], {"dense": features[items:]}, truth[items:])


def noise(*, items: int = 300, reviewed: int = 120, labels: int = 3, dims: int = 24, seed: int = 0) -> Evidence:
    """Labels that have nothing to do with the features."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(items, reviewed, replace=False))
    targets = (rng.random((reviewed, labels)) < 0.3).astype(float)
    return evidence_of({"dense": unit(rng.standard_normal((items, dims)))}, rows, targets)


def rated(evidence: Evidence, **settings: Any) -> Result:
    """The rating of this evidence by the default configuration, or one with these settings."""
    return rate(evidence, RatingConfig(**settings))


def with_targets(evidence: Evidence, targets: Floats) -> Evidence:
    """The same evidence with other judgements."""
    return replace(evidence, targets=targets)


def messages(count: int, seed: int = 0) -> list[tuple[str, tuple[str, ...]]]:
    """Texts with their true labels: none, one or two of four, each in words of its own."""
    rng = np.random.default_rng(seed)
    names, written = list(SPEECH), []
    for number in range(count):
        about = tuple(str(name) for name in rng.choice(names, rng.integers(0, 3), replace=False, p=[0.4, 0.3, 0.2, 0.1]))
        words = [word for name in about for word in rng.choice(SPEECH[name], 4, replace=False)]
        words += [*rng.choice(FILLER, 4, replace=False), f"n{number}"]
        written.append((" ".join(rng.permutation(words)), tuple(sorted(about))))
    return written


def stored(path: Path, *, items: int = 300, reviewed: int = 100, seed: int = 0, source: str = "shuffle") -> tuple[Store, Project]:
    """A project in a database, served by LSA alone; the first messages are reviewed, one a minute."""
    (path / "plateau.db").write_bytes(_template(items, reviewed, seed, source))
    store = Store(path / "plateau.db")
    (project,) = store.projects()
    return store, project


@cache
def _template(items: int, reviewed: int, seed: int, source: str) -> bytes:
    """The database of such a project, made once a process."""
    rows = [
        ImportRow(f"m{number}", text)
        if number >= reviewed
        else ImportRow(f"m{number}", text, labels=labels, reviewed_at=minute(number), source=source)
        for number, (text, labels) in enumerate(messages(items, seed))
    ]
    with tempfile.TemporaryDirectory(prefix="plateau-stored-") as folder:
        store = Store(Path(folder) / "plateau.db")
        project = store.create_project("mail")
        store.import_rows(project.id, rows)
        store.update_settings(project.id, {"encoder": "lsa"})
        return store.path.read_bytes()


def minute(number: int) -> str:
    """A moment so many minutes into the first day of 2025."""
    return f"2025-01-01T{number // 60:02d}:{number % 60:02d}:00.000000+00:00"


def broken(key: str, error: Exception) -> ToolFormat:
    """A tool's format whose writer raises this once it has written a little."""

    def writer(handover: Handover, out: BinaryIO) -> ExportReport:
        out.write(b"[")
        raise error

    return replace(TOOLS[key], writer=writer)
