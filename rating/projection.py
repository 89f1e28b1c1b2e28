"""A map of all items: two coordinates for each, so that items alike lie together. Pure: vectors in, points out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from rating.evidence import Features, Ints

Points = npt.NDArray[np.uint16]
#: So many leading directions of the vectors are kept: what is beyond them is mostly noise, and costs time.
DEPTH = 50
#: So many items, drawn evenly, are laid out by t-SNE; all others are put between those that they resemble.
LANDMARKS = 5_000
#: A point lies at the weighted mean of so many neighbours.
NEIGHBOURS = 5
#: Fewer items than this have no neighbourhoods to keep: their leading directions are the map.
FEW = 50
#: Coordinates run from 0 to this.
REACH = 65_535
_STEPS, _PERPLEXITY, _BLOCK, _FLOOR = 500, 30.0, 2_000, 1e-3
#: Vectors whose cosine is within this of 1 are the same but for rounding.
_SAME = 1e-5

Progress = Callable[[float], None]


def leading(features: Features, depth: int = DEPTH) -> Features:
    """The features (N, d) along their at most ``depth`` leading directions, centred; the first has the largest spread.

    Principal components (Pearson, 1901). Each direction's sign is such that its largest entry is positive: the same items give
    the same map.
    """
    centred = features - features.mean(axis=0)
    values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    chosen = vectors[:, np.argsort(-values, kind="stable")[:depth]]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    return np.asarray(centred @ (chosen * np.where(signs == 0, 1.0, signs)).astype(np.float32), dtype=np.float32)


def lay_out(features: Features, seed: int = 0, progress: Progress = lambda share: None) -> Points:
    """A point for each of N items (N, 2), 0 to 65,535: items with like vectors (N, d) lie together.

    An even sample of at most 5,000 is laid out by t-SNE (van der Maaten and Hinton, 2008), which keeps neighbourhoods, from the
    two leading directions on; the others are put among their nearest of these. Distances between far groups mean little.
    The same vectors and seed give the same points. ``progress`` is told the share done, 0 to 1.
    """
    count = len(features)
    if count == 0:
        return np.empty((0, 2), dtype=np.uint16)
    deep = leading(features)
    flat = np.pad(deep[:, :2], ((0, 0), (0, max(0, 2 - deep.shape[1]))))
    if count < FEW:
        return scaled(flat)
    rows = np.sort(np.random.default_rng(seed).choice(count, min(LANDMARKS, count), replace=False))
    progress(0.05)
    found = np.empty((count, 2), dtype=np.float32)
    found[rows] = _neighbourhoods(deep[rows], flat[rows], seed)
    rest = np.setdiff1d(np.arange(count), rows)
    found[rest] = place(deep[rest], deep[rows], found[rows], lambda share: progress(0.7 + 0.3 * share))
    return scaled(found)


def _neighbourhoods(deep: Features, start: Features, seed: int) -> Features:
    """Where t-SNE puts these items, from ``start`` (n, 2) on."""
    narrow = start / max(float(start[:, 0].std()), 1e-9) * 1e-4
    model = TSNE(2, perplexity=min(_PERPLEXITY, len(deep) / 4), max_iter=_STEPS, init=narrow, random_state=seed)
    with threadpool_limits(1):  # on a busy machine threads wait for each other at every step: many times slower than one
        return np.asarray(model.fit_transform(deep), dtype=np.float32)


def place(
    features: Features, known: Features, points: npt.NDArray[np.floating], progress: Progress = lambda share: None
) -> Features:
    """Where items (n, d) go on a map whose ``points`` (m, 2) of ``known`` items (m, d) stay where they are: (n, 2).

    Each lies at the mean of its five nearest, by angle, those that resemble it most weighing most; one whose vector is there
    already lies where that one lies.
    """
    unit, theirs = _unit(features), _unit(known)
    found = np.empty((len(unit), 2), dtype=np.float32)
    for start in range(0, len(unit), _BLOCK):
        likeness = unit[start : start + _BLOCK] @ theirs.T
        near = _nearest(likeness)
        weights = _weights(np.take_along_axis(likeness, near, axis=1))
        found[start : start + _BLOCK] = (points[near] * weights[..., None]).sum(axis=1)
        progress(min(1.0, (start + _BLOCK) / len(unit)))
    return found


def _weights(likeness: Features) -> Features:
    """What each neighbour counts, by its likeness (n, k), summing to 1 in each row: a twin counts alone."""
    gained = likeness - likeness.min(axis=1, keepdims=True) + _FLOOR
    highest = likeness.max(axis=1, keepdims=True)
    alone = np.arange(likeness.shape[1]) == likeness.argmax(axis=1)[:, None]
    weights = np.where(highest > 1.0 - _SAME, alone, gained)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _nearest(likeness: Features) -> Ints:
    """The positions of the highest values of each row."""
    count = min(NEIGHBOURS, likeness.shape[1])
    return np.argpartition(-likeness, count - 1, axis=1)[:, :count]


def _unit(features: Features) -> Features:
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def scaled(points: npt.NDArray[np.floating]) -> Points:
    """Points (N, 2) moved and scaled, both axes alike, to fill 0 to 65,535; all in the middle when they are one point."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = float((high - low).max())
    if size == 0:
        return np.full(points.shape, REACH // 2, dtype=np.uint16)
    return np.asarray(((points - (low + high) / 2) / size * REACH + REACH / 2).round().clip(0, REACH), dtype=np.uint16)
