"""How many labels reviews give, over time, and whether the model rises where they give many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from rating.evidence import Floats, Ints
from rating.factors import Z90

#: A moving mean is over this share of the reviews, but no fewer and no more than so many.
SHARE, FEWEST, MOST = 0.15, 20, 200
#: A relation needs so many stretches between ratings, each of so many reviews or more.
STRETCHES, STRETCH = 6, 10


@dataclass(frozen=True, slots=True)
class Moving:
    """A moving mean: after ``reviews`` (k,) reviews the ``mean`` (k,) of the last ones, with its 90 % interval."""

    reviews: Ints
    mean: Floats
    low: Floats
    high: Floats
    window: int


@dataclass(frozen=True, slots=True)
class Relation:
    """How what reviews hold goes with what they bring, over ``stretches`` between ratings.

    ``correlation`` is Spearman's, -1 to 1, and ``chance`` how likely one as strong is without any relation (0-1); both None
    with too few stretches.
    """

    stretches: int
    correlation: float | None
    chance: float | None


def moving(values: Sequence[float] | Floats, points: int = 120) -> Moving | None:
    """The moving mean of values (n,) in their order, 0 or more each; None with fewer than twenty."""
    x = np.asarray(values, dtype=np.float64)
    window = int(np.clip(SHARE * len(x), FEWEST, MOST))
    if len(x) < window:
        return None
    ends = np.unique(np.linspace(window, len(x), min(points, len(x) - window + 1)).astype(np.int64))
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (x, x**2))
    mean = (sums[ends] - sums[ends - window]) / window
    spread = np.maximum((squares[ends] - squares[ends - window]) / window - mean**2, 0.0)
    reach = Z90 * np.sqrt(spread / (window - 1))
    return Moving(ends, mean, np.maximum(mean - reach, 0.0), mean + reach, window)


def relation(reviewed: Sequence[int], quality: Sequence[float], values: Sequence[float] | Floats) -> Relation:
    """Whether quality rises more in stretches between ratings whose reviews hold more.

    ``reviewed`` (k,) and ``quality`` (k,) are those of ratings, in ascending order; ``values`` (n,) what each review holds, in
    order. The rise is per review.
    """
    sums, pairs, start = np.concatenate([[0.0], np.cumsum(values)]), [], 0
    for k in range(1, len(reviewed)):
        before, after = reviewed[start], min(reviewed[k], len(sums) - 1)
        if after - before >= STRETCH:
            pairs.append(((sums[after] - sums[before]) / (after - before), (quality[k] - quality[start]) / (after - before)))
            start = k
    if len(pairs) < STRETCHES or any(len({pair[side] for pair in pairs}) == 1 for side in (0, 1)):
        return Relation(len(pairs), None, None)
    found = spearmanr([held for held, _ in pairs], [rise for _, rise in pairs])
    return Relation(len(pairs), float(found.statistic), float(found.pvalue))
