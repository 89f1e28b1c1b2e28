"""Near-duplicates among the reviewed items, which must not predict each other."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rating.evidence import Features, Ints

LARGEST, BLOCK = 50, 2000


def twin_groups(features: Features, cosine: float) -> Ints:
    """The group of each of n items, (n,): linked items have a cosine above the limit.

    Chains of links can join items that are unlike; a group that grows past 50 keeps only exact duplicates together.
    """
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    groups = _components(unit, cosine)
    sizes = np.bincount(groups)
    if sizes.max(initial=0) > LARGEST:
        exact = _components(unit, 1.0 - 1e-4)
        groups = np.where(sizes[groups] > LARGEST, exact + len(groups), groups)
    return np.asarray(np.unique(groups, return_inverse=True)[1], dtype=np.int64)


def members(groups: Ints) -> tuple[Ints, ...]:
    """The positions of each group with two or more members."""
    order = np.argsort(groups, kind="stable")
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    return tuple(part for part in np.split(order, cuts) if len(part) > 1)


def _components(unit: Features, cosine: float) -> Ints:
    pairs = [(np.array([], dtype=np.int64), np.array([], dtype=np.int64))]
    for start in range(0, len(unit), BLOCK):
        left, right = np.nonzero(unit[start : start + BLOCK] @ unit.T > cosine)
        pairs.append((left + start, right))
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(unit), len(unit)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
