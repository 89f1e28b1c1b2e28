"""The order in which an action shows its items: one subject after another, so that a person stays in one context."""

from __future__ import annotations

import numpy as np

from rating.evidence import Features, Ints


def in_context(unit: Features, subject: Ints) -> Ints:
    """An order of m items, rows of length 1, that takes each ``subject`` (m,) in one go, the largest first.

    Within a subject, and from one to the next, the next item is the one most like the last.
    """
    likeness = unit @ unit.T
    left = {int(name): np.flatnonzero(subject == name).tolist() for name in np.unique(subject)}
    order: list[int] = []
    while left:
        here = max(left, key=lambda name: (_liking(likeness, order, left[name]), len(left[name])))
        members = left.pop(here)
        while members:
            best = max(members, key=lambda j: (likeness[order[-1], j] if order else 0.0, -j))
            order.append(best)
            members.remove(best)
    return np.array(order, dtype=np.int64)


def _liking(likeness: Features, order: list[int], members: list[int]) -> float:
    """How much the item of a subject that is most like the last one resembles it; 0 at the beginning."""
    return float(likeness[order[-1], members].max()) if order else 0.0
