"""Seeds for a project without a model: one typical item of each theme that nobody has looked at, neighbouring themes together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Features, Floats, Ints

#: Share of a theme's items, nearest to its middle, that count as typical of it; and at least so many.
TYPICAL, LEAST = 0.1, 3


@dataclass(frozen=True)
class Tour:
    """Positions of k items, from one theme to the next, with the theme of each and its chance to be drawn from it, (k,)."""

    rows: Ints
    themes: Ints
    chances: Floats


def tour(
    features: Features, clusters: Ints, centres: Features, free: Bools, seen: Ints, count: int, rng: np.random.Generator
) -> Tour:
    """At most ``count`` typical items, each of another theme, of themes that lie next to each other.

    ``features`` (N, d), ``clusters`` (N,) and ``centres`` (t, d) describe the population; ``free`` (N,) are the items that may
    be asked for, and ``seen`` (t,) how many of each theme were reviewed. Themes seen least come first: the largest of them
    leads, and its nearest neighbours follow. Fewer items when fewer are free.
    """
    open_ = np.bincount(clusters[free], minlength=len(centres))
    rows: list[int] = []
    themes: list[int] = []
    chances: list[float] = []
    for theme in _order(open_, seen, centres, count):
        near = _typical(features, np.flatnonzero(free & (clusters == theme)), centres[theme])
        rows.append(int(rng.choice(near)))
        themes.append(theme)
        chances.append(1.0 / len(near))
    return Tour(np.array(rows, dtype=np.int64), np.array(themes, dtype=np.int64), np.array(chances))


def _order(open_: Ints, seen: Ints, centres: Features, count: int) -> list[int]:
    """Themes to visit: those seen least, the largest of them first and the others by their distance to it."""
    left = np.flatnonzero(open_)
    if not len(left):
        return []
    fewest = left[seen[left] == seen[left].min()]
    leader = fewest[np.argmax(open_[fewest])]
    far = np.square(centres - centres[leader]).sum(axis=1)
    return [int(theme) for theme in sorted(left, key=lambda theme: (seen[theme], far[theme]))[:count]]


def _typical(features: Features, members: Ints, centre: Features) -> Ints:
    """The members nearest to the middle: a tenth of them, but at least three."""
    likeness = features[members] @ centre
    most = max(LEAST, int(TYPICAL * len(members)))
    return np.asarray(members[np.argsort(-likeness, kind="stable")[:most]])
