"""The sample as a project in a database, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from data.records import ImportRow, Project
from data.store import Store
from data.vectors import VectorCache, cache_directory
from samples.generate import SEED, SIZE, Message, messages
from samples.reviews import SampleReview, reviews
from samples.taxonomy import COMPANY, KNOWN
from samples.vectors import sample_vectors

NAME = f"Sample: {COMPANY}"


def create_sample(store: Store, *, vectors: bool = True) -> Project:
    """Create the sample project with its reviews, label descriptions and vectors; a second call changes nothing."""
    project = store.create_project(NAME)
    if not store.count_items(project.id):
        store.import_rows(project.id, import_rows())
    described = {concept.name: concept for concept in KNOWN}
    for label in store.labels(project.id):
        concept = described.get(label.name)
        if concept is not None and not label.description:
            store.describe_label(project.id, label.id, concept.description, concept.important)
    if vectors:
        VectorCache(cache_directory(store.path)).append(*sample_vectors())
    return store.project(project.id)


def import_rows(size: int = SIZE, seed: int = SEED) -> Iterator[ImportRow]:
    """Every message as the store takes it, once without and then once for each of its reviews."""
    written = messages(size, seed)
    given = reviews(written)
    reviewed = {review.message.id for review in given}
    for message in written:
        if message.id not in reviewed:
            yield ImportRow(message.id, message.text, metadata=metadata(message), at=stamp(message.at))
    for place, review in enumerate(given):
        yield reviewed_row(review, dismiss_others=place == 0)


def reviewed_row(review: SampleReview, *, dismiss_others: bool) -> ImportRow:
    """A message with one review. The first one dismisses all other labels by name: thus all exist from the start."""
    message = review.message
    others = tuple(concept.name for concept in KNOWN if concept.name not in review.labels)
    return ImportRow(
        message.id, message.text, metadata=metadata(message), at=stamp(message.at), labels=review.labels,
        dismissed=others if dismiss_others else (), state=review.state, annotator=review.annotator,
        reviewed_at=stamp(review.at), seconds=review.seconds, source=review.source,
    )  # fmt: skip


def metadata(message: Message) -> dict[str, str]:
    """What is known of a message besides its text."""
    return {"channel": message.channel, "customer tier": message.tier}


def stamp(moment: datetime) -> str:
    """A moment as the store writes it."""
    return moment.isoformat(timespec="microseconds")


def write_messages(path: Path, size: int, seed: int) -> None:
    """Write a file to import: JSON Lines in order of time, a line for each message and for each further review of it."""
    rows = sorted(import_rows(size, seed), key=lambda row: (row.uid, row.reviewed_at or ""))
    write_lines(path, map(message_line, rows))


def message_line(row: ImportRow) -> dict[str, Any]:
    """A row under the names that the import knows; everything about a review is null where there is none."""
    reviewed = row.labels is not None
    review = {
        "labels": row.labels, "dismissed": row.dismissed, "state": row.state, "annotator": row.annotator,
        "reviewed_at": row.reviewed_at, "lead_time_s": row.seconds, "selection_source": row.source,
    }  # fmt: skip
    shown = {name: value if reviewed else None for name, value in review.items()}
    return {"id": row.uid, "text": row.text, "date": row.at, **row.metadata, **shown}


def write_truth(path: Path, size: int, seed: int) -> None:
    """Write what every message is truly about, for simulations: JSON Lines of id, text, labels, unknown and date."""
    write_lines(path, (truth_line(message) for message in messages(size, seed)))


def truth_line(message: Message) -> dict[str, Any]:
    """``labels`` are those of the taxonomy; ``unknown`` are the themes that the taxonomy has no label for."""
    return {
        "id": message.id, "text": message.text, "labels": list(message.labels), "unknown": list(message.unknown),
        "date": stamp(message.at),
    }  # fmt: skip


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON Lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
