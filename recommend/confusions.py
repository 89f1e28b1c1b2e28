"""Confused pairs: how often the model gives one label where another is right, and how far two labels share their items."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from rating.doubt import share_of
from rating.evidence import Bools, Floats
from rating.records import Estimate

#: A pair is shown from this rate and this many confusing items on; so many pairs at most.
RATE, ITEMS, MOST = 0.1, 3, 30


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two labels by their position, the one that is mistaken more often first.

    ``given`` is how often (0-1) the model that has not seen an item gives the second where only the first is right, and
    ``taken`` the same the other way round, both on items as frequent as in the population, with 90 % intervals. ``items`` counts
    the reviewed items that confuse it, ``both`` those that carry both labels and ``either`` those that carry one at least.
    """

    first: int
    second: int
    given: Estimate
    taken: Estimate
    items: int
    both: int
    either: int


def confusions(targets: Floats, gives: Bools, weights: Floats, names: Collection[str], most: int = MOST) -> list[Confusion]:
    """The pairs of labels of which one is given where the other is right, most confusing items first.

    ``targets`` (n, L) are 1 assigned, 0 judged otherwise, nan not judged; ``gives`` (n, L) says what the model gives without
    having seen the item; ``weights`` (n,) make the reviewed items resemble the population. A label and one nested below it, by
    their ``names`` (L,), are no pair.
    """
    carries, lacks = (targets == 1).astype(float), (targets == 0).astype(float)
    falsely = lacks * gives
    counts = carries.T @ falsely
    rate = (carries * weights[:, None]).T @ falsely / np.maximum((carries * weights[:, None]).T @ lacks, 1e-12)
    wanted = (counts >= ITEMS) & (rate >= RATE) & ~_nested(list(names))
    pairs = {(min(a, b), max(a, b)) for a, b in zip(*(axis.tolist() for axis in np.nonzero(wanted)), strict=True)}
    ranked = sorted(pairs, key=lambda pair: (-counts[pair] - counts[pair[::-1]], pair))[:most]
    return [_confusion(a, b, targets, gives, weights) for a, b in (p if rate[p] >= rate[p[::-1]] else p[::-1] for p in ranked)]


def _nested(names: list[str]) -> Bools:
    """Which pairs of labels (L, L) are the same or nest in each other."""
    found = np.eye(len(names), dtype=bool)
    for a, name in enumerate(names):
        for b, other in enumerate(names):
            found[a, b] |= name.startswith(f"{other} >") or other.startswith(f"{name} >")
    return found


def _confusion(a: int, b: int, targets: Floats, gives: Bools, weights: Floats) -> Confusion:
    only_a, only_b = ((targets[:, k] == 1) & (targets[:, other] == 0) for k, other in ((a, b), (b, a)))
    mistaken = (only_a & gives[:, b]) | (only_b & gives[:, a])
    both, either = ((targets[:, [a, b]] == 1).all(axis=1), (targets[:, [a, b]] == 1).any(axis=1))
    return Confusion(
        a, b, _rate(gives[only_a, b], weights[only_a]), _rate(gives[only_b, a], weights[only_b]), int(mistaken.sum()),
        int(both.sum()), int(either.sum()),
    )  # fmt: skip


def _rate(happened: Bools, weights: Floats) -> Estimate:
    """How often something happened, weighted; its interval is that of as many items of equal weight as these are worth (Kish)."""
    if not len(happened) or weights.sum() <= 0:
        return Estimate(None, reason="No reviewed item carries this label alone.")
    worth = float(weights.sum() ** 2 / np.square(weights).sum())
    return share_of(worth * float(weights @ happened / weights.sum()), worth)
