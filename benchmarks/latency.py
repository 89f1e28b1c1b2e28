"""How long a decision and its consequences take in a stored project: the click on disk, and the model that follows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.speed import DENSE
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from rating.uservectors import import_vectors
from recommend.trainer import Process, Trainer

#: Words that speak for a label, words that say nothing, and how many of each a text holds.
OWN, FILLER, SAID, PADDING = 12, 3_000, 4, 20


#: Decisions timed while nothing else runs, too few to train again; and seconds between those made while a training runs.
DECISIONS, PACE = 9, 0.1


def latency(folder: Path, items: int, reviews: int, labels: int, repeats: int) -> dict[str, Any]:
    """Milliseconds of a decision and of the look whether enough is new, in rest and while a training runs; seconds of a training,
    the first one with its process to be started and with the project's vectors to be made, and from a click to the new rating.
    """
    store, project = build(folder, items, reviews, labels)
    process = Process()
    try:
        return {"items": items, "reviews": reviews, "labels": labels, **_measured(store, project, Trainer(process), repeats)}
    finally:
        process.end()


def _measured(store: Store, project: Project, trainer: Trainer, repeats: int) -> dict[str, Any]:
    began = time.perf_counter()
    trainer.renew(store, project.id)
    first = time.perf_counter() - began
    drafts = _drafts(store, project)
    rest = [_decide(store, project, trainer, next(drafts)) for _ in range(DECISIONS)]
    clicks, busy = [], []
    for _ in range(repeats):
        began = time.perf_counter()
        store.record_review(project.id, next(drafts))
        ticket = trainer.request(store, project.id)
        while not ticket.over.wait(PACE):
            busy.append(_decide(store, project, trainer, next(drafts)))
        clicks.append(time.perf_counter() - began)
        _quiet(store, project, trainer)
    return {
        "first training, s": round(first, 2), "click to new rating, s": [round(value, 2) for value in clicks],
        "decision in rest, ms": _spread([a for a, _ in rest]), "enough new in rest, ms": _spread([b for _, b in rest]),
        "decision in training, ms": _spread([a for a, _ in busy]), "enough new in training, ms": _spread([b for _, b in busy]),
    }  # fmt: skip


def _decide(store: Store, project: Project, trainer: Trainer, draft: ReviewDraft) -> tuple[float, float]:
    """Seconds that a decision takes to be on disk, and that it takes to see whether enough is new."""
    began = time.perf_counter()
    store.record_review(project.id, draft)
    written = time.perf_counter()
    trainer.nudge(store, project.id)
    return written - began, time.perf_counter() - written


def _quiet(store: Store, project: Project, trainer: Trainer) -> None:
    while trainer.status(store, project.id).busy:
        time.sleep(PACE)


def _drafts(store: Store, project: Project) -> Iterator[ReviewDraft]:
    """Decisions on items that nobody has reviewed."""
    reviewed = {review.item_id for review in store.reviews(project.id)}
    label = store.labels(project.id)[0].id
    for item_id in store.item_hashes(project.id)[0]:
        if item_id not in reviewed:
            yield ReviewDraft(item_id, (label,), "clock", seconds=3.0, source="teach", view="desk")


def _spread(seconds: list[float]) -> dict[str, float]:
    """The median and the longest, in milliseconds."""
    return {"median": round(1e3 * median(seconds), 2), "longest": round(1e3 * max(seconds), 2)} if seconds else {}


def build(folder: Path, items: int, reviews: int, labels: int, seed: int = 0) -> tuple[Store, Project]:
    """A project of messages with vectors of their own; the first ``reviews`` of them are reviewed by their true labels."""
    store = Store(folder / "plateau.db")
    project = store.create_project("Latency")
    truth, vectors = _world(items, labels, seed)
    store.import_rows(project.id, _rows(truth, reviews, seed))
    np.save(folder / "vectors.npy", vectors)
    import_vectors(store, project.id, "own", folder / "vectors.npy")
    return store, store.project(project.id)


def _world(items: int, labels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One or two labels an item, the first ones oftener, (N, L); and unit vectors around one direction a label, (N, 384)."""
    rng = np.random.default_rng(seed)
    frequency = 1.0 / np.arange(1, labels + 1) ** 0.8
    truth = np.zeros((items, labels), dtype=bool)
    for _ in range(2):
        truth[np.arange(items), rng.choice(labels, items, p=frequency / frequency.sum())] = True
    raw = truth @ rng.standard_normal((labels, DENSE)) * 0.6 + rng.standard_normal((items, DENSE))
    return truth, (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def _rows(truth: np.ndarray, reviews: int, seed: int) -> Iterator[ImportRow]:
    rng = np.random.default_rng([seed, 1])
    for number, carried in enumerate(truth):
        about = np.flatnonzero(carried)
        said = [f"{_word(k)}{_word(w)}" for k in about for w in rng.choice(OWN, SAID, replace=False)]
        text = " ".join(rng.permutation([*said, *(f"filler{_word(w)}" for w in rng.integers(0, FILLER, PADDING))]))
        names = tuple(f"Label {_word(k)}" for k in about) if number < reviews else None
        source = "shuffle" if number % 2 else "teach"
        yield ImportRow(f"m{number}", text, labels=names, reviewed_at=f"2025-01-01T00:00:00.{number:06d}+00:00", source=source)


def _word(number: int) -> str:
    """A number in letters.

    >>> _word(0), _word(27)
    ('a', 'bb')
    """
    letters = ""
    while True:
        letters, number = chr(97 + number % 26) + letters, number // 26
        if not number:
            return letters
