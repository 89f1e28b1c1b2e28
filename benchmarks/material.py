"""Labelled files to replay: one JSON object a line with id, text, labels, and optionally title, split and date."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InvalidInput, VectorsInvalid
from rating.evidence import Features, Floats, Ints
from rating.lsa import fit_lsa


@dataclass(frozen=True)
class Material:
    """Items with the truth: ``targets`` (N, L) 0/1 for the most frequent labels, vectors (N, d) if given, and the split."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    targets: Floats
    vectors: Features | None
    in_test: np.ndarray


def load(path: Path, vectors: Path | None, top_labels: int) -> Material:
    """Read a labelled file, plain or gzipped, keeping its most frequent labels (counted on the training part)."""
    rows = _lines(path)
    in_test = np.array([row.get("split") == "test" for row in rows])
    counts = Counter(label for row, test in zip(rows, in_test, strict=True) if not test for label in row["labels"])
    names = tuple(name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:top_labels])
    column = {name: k for k, name in enumerate(names)}
    targets = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        targets[number, [column[label] for label in row["labels"] if label in column]] = 1.0
    texts = tuple(f"{row['title']}. {row['text']}" if row.get("title") else row["text"] for row in rows)
    return Material(texts, names, targets, _vectors(vectors, len(rows)), in_test)


def _lines(path: Path) -> list[dict[str, Any]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines() if line.strip()]
    if not rows or not {"text", "labels"} <= set(rows[0]):
        raise InvalidInput(f"{path} needs one JSON object a line with 'text' and 'labels'. Check the file.")
    return rows


def _vectors(path: Path | None, items: int) -> Features | None:
    if path is None:
        return None
    table = np.load(path).astype(np.float32)
    if table.shape[0] != items:
        raise VectorsInvalid(f"{path} has {table.shape[0]} rows for {items} items. Give one vector an item, in order.")
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9))


def split(material: Material, how: str, seed: int) -> tuple[Ints, Ints]:
    """Positions of the pool and of the hold-out: the file's own split, or a random 28 % of everything."""
    if how == "file" and material.in_test.any():
        return np.flatnonzero(~material.in_test), np.flatnonzero(material.in_test)
    order = np.random.default_rng(seed).permutation(len(material.texts))
    held = round(0.28 * len(order))
    return np.sort(order[held:]), np.sort(order[:held])


def blocks(material: Material, pool: Ints, held: Ints) -> tuple[dict[str, Features], dict[str, Features]]:
    """Feature blocks of the pool and of the hold-out; LSA is fitted to the pool alone."""
    model = fit_lsa([material.texts[i] for i in pool])
    parts = [{"lsa": model.encode([material.texts[i] for i in rows])} for rows in (pool, held)]
    if material.vectors is not None:
        parts = [{"dense": material.vectors[rows], **part} for rows, part in zip((pool, held), parts, strict=True)]
    return parts[0], parts[1]
