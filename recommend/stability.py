"""Stabilising predictions: how far a model decides as the one before did, on the same items, whatever the truth is.

Cohen's kappa of two models' decisions: agreement beyond what their rates of saying yes would give by chance. 1 is the same
decisions, 0 no more than chance.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Floats, Ints
from rating.rate import Result

#: Decisions are compared on at most so many items.
SAMPLE = 2000


@dataclass(frozen=True)
class Decisions:
    """What a model says of some items (m,), by number in rising order, for labels (L,): ``said`` (m, L) applies or not."""

    item_ids: Ints
    label_ids: tuple[int, ...]
    said: Bools


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa of two models' decisions, -1 to 1, higher is more alike: over all labels' decisions together, and the labels' mean.

    None where no decision says yes, or all do.
    """

    overall: float | None
    labels: float | None


def decisions(result: Result, seed: int = 0) -> Decisions | None:
    """What the model decides, by its thresholds, on a fixed random part of the population; None while there is no model."""
    if result.assessment is None:
        return None
    rows = fixed_sample(result.evidence.item_ids, SAMPLE, seed)
    limits = np.array([np.inf if label.threshold is None else label.threshold for label in result.rating.labels])
    said = np.asarray(result.assessment.probability[rows] >= limits, dtype=bool)
    return Decisions(result.evidence.item_ids[rows], result.evidence.label_ids, said)


def fixed_sample(item_ids: Ints, most: int, seed: int) -> Ints:
    """Positions of at most ``most`` items, chosen as if at random by their numbers, so that new items displace few of them."""
    if len(item_ids) <= most:
        return np.arange(len(item_ids))
    mixed = item_ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15 * (seed + 1) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.sort(np.argpartition(mixed, most)[:most])


def agreement(before: Decisions, now: Decisions) -> Agreement:
    """How far two models agree on the items and labels that both decided on."""
    _, rows_before, rows_now = np.intersect1d(before.item_ids, now.item_ids, assume_unique=True, return_indices=True)
    both = [k for k in now.label_ids if k in before.label_ids]
    first = before.said[rows_before][:, [before.label_ids.index(k) for k in both]]
    second = now.said[rows_now][:, [now.label_ids.index(k) for k in both]]
    known = kappa(first, second)
    known = known[np.isfinite(known)]
    overall = float(kappa(first.reshape(-1, 1), second.reshape(-1, 1))[0])
    return Agreement(overall if np.isfinite(overall) else None, float(known.mean()) if len(known) else None)


def kappa(first: Bools, second: Bools) -> Floats:
    """Cohen's kappa (L,) of two sets of decisions (m, L); nan where both say the same of everything, or there is nothing.

    >>> kappa(np.array([[1], [1], [0], [0]], bool), np.array([[1], [0], [0], [0]], bool)).tolist()
    [0.5]
    """
    if len(first) == 0:
        return np.full(first.shape[1], np.nan)
    same, p, q = (first == second).mean(axis=0), first.mean(axis=0), second.mean(axis=0)
    chance = p * q + (1.0 - p) * (1.0 - q)
    return np.where(chance < 1.0, (same - chance) / np.where(chance < 1.0, 1.0 - chance, 1.0), np.nan)


def packed(found: Decisions) -> bytes:
    """Decisions in few bytes; :func:`unpacked` reads them."""
    head = json.dumps({"items": len(found.item_ids), "labels": list(found.label_ids)}).encode()
    body = np.diff(found.item_ids, prepend=0).astype("<i8").tobytes() + np.packbits(found.said).tobytes()
    return len(head).to_bytes(4, "little") + zlib.compress(head + body)


def unpacked(data: bytes) -> Decisions:
    """The decisions that :func:`packed` wrote."""
    size, content = int.from_bytes(data[:4], "little"), zlib.decompress(data[4:])
    head, body = json.loads(content[:size]), content[size:]
    items, labels = head["items"], tuple(head["labels"])
    said = np.unpackbits(np.frombuffer(body[8 * items :], np.uint8), count=items * len(labels)).astype(bool)
    numbers = np.cumsum(np.frombuffer(body[: 8 * items], "<i8")).astype(np.int64)
    return Decisions(numbers, labels, said.reshape(items, len(labels)))
