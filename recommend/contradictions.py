"""Contradictions: near-identical reviewed items that are judged differently, with the two that show it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rating.evidence import Bools, Features, Floats, Ints
from rating.twins import members

#: So many groups are shown.
MOST = 200


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Near-identical items, by their position among the reviewed, of which some carry a label that others lack.

    ``labels`` are the positions of the labels they differ on; ``pair`` is the item with the first of them and the item without
    it that are most alike, by their cosine ``alike``; ``exact`` says that these two have the same text.
    """

    rows: tuple[int, ...]
    labels: tuple[int, ...]
    pair: tuple[int, int]
    alike: float
    exact: bool


def groups_of(twins: Sequence[Ints], texts: Sequence[bytes]) -> tuple[Ints, ...]:
    """Groups of two or more reviewed items that are twins or have the same text, given as hashes (n,)."""
    same = members(np.unique(np.array(texts), return_inverse=True)[1]) if len(texts) else ()
    links = [(int(group[0]), int(other)) for group in (*twins, *same) for other in group[1:]]
    left, right = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(texts), len(texts)))
    return members(np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64))


def contradictions(
    targets: Floats, settled: Bools, groups: Sequence[Ints], unit: Features, texts: Sequence[bytes], most: int = MOST
) -> list[Contradiction]:
    """The groups judged differently, those of the same text first, then the largest.

    ``targets`` (n, L) as in the evidence; two items that were both ``settled`` (n,) by a second look may differ. ``unit`` (n, d)
    are features of length 1.
    """
    found = [c for group in groups if (c := _contradiction(targets, settled, group, unit, texts)) is not None]
    return sorted(found, key=lambda c: (not c.exact, -len(c.rows), c.rows))[:most]


def _contradiction(
    targets: Floats, settled: Bools, group: Ints, unit: Features, texts: Sequence[bytes]
) -> Contradiction | None:  # fmt: skip
    mine, sure = targets[group], settled[group]
    carries, lacks = mine == 1, mine == 0
    open_ = ~sure[:, None]
    differ = np.flatnonzero((carries & open_).any(axis=0) & lacks.any(axis=0) | (lacks & open_).any(axis=0) & carries.any(axis=0))
    if not len(differ):
        return None
    ones, zeros = group[carries[:, differ[0]]], group[lacks[:, differ[0]]]
    cosine = unit[ones] @ unit[zeros].T
    best = np.unravel_index(int(cosine.argmax()), cosine.shape)
    one, other = int(ones[best[0]]), int(zeros[best[1]])
    return Contradiction(
        tuple(group.tolist()), tuple(differ.tolist()), (one, other), float(cosine[best]), texts[one] == texts[other]
    )  # fmt: skip
