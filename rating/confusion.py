"""Which label is given instead of which: a confusion matrix that several labels an item have as well as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Floats, Ints

#: So many labels stand in a matrix by themselves; the others are one.
MOST = 20


@dataclass(frozen=True)
class Folded:
    """A matrix (..., K, K) of some labels: ``names`` (K) of its rows and columns, the last of them "none"."""

    names: tuple[str, ...]
    matrix: Floats


def confusion(said: Bools, targets: Floats, weights: Floats) -> Floats:
    """How often which label was right (rows) and which was given instead (columns), (L + 1, L + 1); the last is "none".

    ``said`` (n, L) are a model's decisions on reviewed items, ``targets`` (n, L) what reviews say, nan where nothing: left
    out. ``weights`` (n,) say how much each item counts. A right label that is given counts in the diagonal. One that is missing
    counts towards the labels that are given wrongly, in equal parts, or towards none; a wrong one beside no missing one counts
    as given for none. With one label an item this is the usual matrix.

    >>> confusion(np.array([[False, True]]), np.array([[1.0, 0.0]]), np.array([2.0])).tolist()
    [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    right = targets == 1
    missing, wrong = (right & ~said).astype(float), ((targets == 0) & said).astype(float)
    lacking, extra = missing.sum(axis=1), wrong.sum(axis=1)
    size = said.shape[1]
    found = np.zeros((size + 1, size + 1))
    shared = np.divide(weights, extra, out=np.zeros(len(weights)), where=extra > 0)
    found[:size, :size] = (missing * shared[:, None]).T @ wrong
    found[:size, :size] += np.diag(weights @ (right & said))
    found[:size, -1] = (weights * (extra == 0)) @ missing
    found[-1, :size] = (weights * (lacking == 0)) @ wrong
    nothing = ~right.any(axis=1) & (extra == 0) & ~(said & np.isnan(targets)).any(axis=1)
    found[-1, -1] = float(weights @ nothing)
    return found


def shares(matrix: Floats) -> Floats:
    """Each row of a matrix (..., K, K) as shares (0-1) of its sum; nan in rows where the label was never right."""
    total = matrix.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(matrix, total, out=np.full(matrix.shape, np.nan), where=total > 1e-9))


def folded(matrices: Floats, names: tuple[str, ...], most: int = MOST) -> Folded:
    """Matrices (m, L + 1, L + 1) with the labels that are mistaken most in any of them, in their order, and the others as one."""
    wrong = matrices * (1.0 - np.eye(matrices.shape[-1]))
    mistaken = (wrong.sum(axis=1) + wrong.sum(axis=2)).max(axis=0)[:-1]
    if len(names) <= most + 1:  # one label alone is no group
        return Folded((*names, "none"), matrices)
    kept = np.sort(np.argsort(-mistaken, kind="stable")[:most])
    group = np.full(len(names) + 1, len(kept), dtype=np.int64)
    group[kept] = np.arange(len(kept))
    group[-1] = len(kept) + 1
    into: Ints = (group[:, None] == np.arange(len(kept) + 2)).astype(np.int64)
    others = f"{len(names) - len(kept)} other labels"
    return Folded((*(names[k] for k in kept), others, "none"), into.T @ matrices @ into)
