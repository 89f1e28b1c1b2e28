"""The map of a project's items and how new each is to the reviews: two studies, each kept until items or encoder change.

A review moves no point. New items are put among those they resemble; the others stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.errors import NotEnoughEvidence
from data.kept import Study
from data.store import Store
from rating.evidence import Features, Floats, Ints
from rating.projection import Points, lay_out, leading, place
from rating.service import current_vectors, gather, rating_config
from recommend.studies import Found, Report, arrays_of
from recommend.value import closeness

MAP, NOVELTY = "map", "novelty"
#: A map is drawn anew when more than this share of its items were only put among the others.
REDRAW_SHARE = 0.2
_BLOCK = 2_000


@dataclass(frozen=True)
class Kept:
    """A map: the numbers of its items (N,) in order, a mark of each one's text (N,), and their points (N, 2)."""

    item_ids: Ints
    marks: Ints
    points: Points


def kept(study: Study) -> Kept:
    """The map that a study has drawn."""
    arrays = arrays_of(study)
    return Kept(arrays["item_ids"], arrays["marks"], arrays["points"])


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """Draw the map of all items, or put those that are new into the one that is kept. NotEnoughEvidence without an item.

    It rests on the vectors that the themes rest on, so that a theme is a place.
    """
    report(0.0, "Reading the vectors…")
    blocks, _ = current_vectors(store, project_id)
    if not len(blocks.item_ids):
        raise NotEnoughEvidence("There are no items to draw a map of. Import a file of messages on the Data page.")
    marks = _marks(store, project_id, blocks.item_ids)
    before = store.study(project_id, MAP)
    if before is not None and before.result["encoder"] == blocks.names[0]:
        known = kept(before)
        old = _positions(known, blocks.item_ids, marks)
        placed = int(before.result["placed"]) + int((old < 0).sum())
        if placed <= REDRAW_SHARE * len(old):
            report(0.5, "Putting new items among the others…")
            return _found(blocks.item_ids, marks, extended(blocks.arrays[0], known.points, old), blocks.names[0], placed)
    report(0.1, f"Drawing a map of {len(marks):,} items…")
    seed = rating_config(store.project(project_id).settings).seed
    points = lay_out(blocks.arrays[0], seed, lambda share: report(0.1 + 0.85 * share, f"Drawing a map of {len(marks):,} items…"))
    return _found(blocks.item_ids, marks, points, blocks.names[0], 0)


def _found(item_ids: Ints, marks: Ints, points: Points, encoder: str, placed: int) -> Found:
    result = {"encoder": encoder, "items": len(item_ids), "placed": placed}
    return Found(result, {"item_ids": item_ids, "marks": marks, "points": points})


def _marks(store: Store, project_id: int, item_ids: Ints) -> Ints:
    """The beginning of each text's hash (N,), by which a changed text is noticed."""
    ids, hashes = store.item_hashes(project_id)
    marks = np.array([int.from_bytes(found[:8], "big", signed=True) for found in hashes], dtype=np.int64)
    return marks[np.searchsorted(np.array(ids, dtype=np.int64), item_ids)]


def _positions(known: Kept, item_ids: Ints, marks: Ints) -> Ints:
    """Where each of these items (N,) stands on the kept map; -1 for one that is new or has another text by now."""
    at = np.minimum(np.searchsorted(known.item_ids, item_ids), len(known.item_ids) - 1)
    return np.where((known.item_ids[at] == item_ids) & (known.marks[at] == marks), at, -1)


def extended(features: Features, points: Points, old: Ints) -> Points:
    """The points (N, 2) of items with these features (N, d): those of ``old`` (N,) positions stay, -1 are put among them."""
    found = np.empty((len(old), 2), dtype=np.uint16)
    there = old >= 0
    found[there] = points[old[there]]
    if not there.all():
        deep = leading(features)
        found[~there] = place(deep[~there], deep[there], found[there].astype(np.float32)).round().astype(np.uint16)
    return found


def novelty_study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """How little each item resembles the reviewed ones. NotEnoughEvidence before the first review."""
    report(0.0, "Reading the vectors…")
    evidence = gather(store, project_id).evidence
    if not len(evidence.rows):
        raise NotEnoughEvidence("Nothing is reviewed yet, so every item is new. Review some, best by Shuffle and Discover.")
    features = next(iter(evidence.blocks.values()))
    values = novelty(features, evidence.rows, lambda share: report(share, "Comparing items with the reviewed ones…"))
    return Found({"reviewed": len(evidence.rows)}, {"item_ids": evidence.item_ids, "novelty": values.astype(np.float32)})


def novelty(features: Features, reviewed: Ints, progress: Any = lambda share: None) -> Floats:
    """One minus the cosine (N,), 0 to 1, of each item to the ``reviewed`` one nearest to it; features (N, d) have length 1."""
    found = np.empty(len(features))
    for start in range(0, len(features), _BLOCK):
        found[start : start + _BLOCK] = 1.0 - closeness(features[start : start + _BLOCK], features[reviewed])
        progress(min(1.0, (start + _BLOCK) / len(features)))
    return np.clip(found, 0.0, 1.0)
