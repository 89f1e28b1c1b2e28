"""What more reviews will bring: the error falls as a power of their number, 1 - A ~ n^-g, with a strong prior on g."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats

#: The exponent's prior, measured on two data sets (0.35 and 0.55).
PRIOR_MEAN, PRIOR_DEVIATION = 0.47, 0.10
#: Ratings of a project are told apart when the reviews behind them differ by this factor.
APART = 1.1


@dataclass(frozen=True)
class Curve:
    """The exponent g of a project's learning curve: posterior mean and standard deviation."""

    exponent: float
    deviation: float

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        """Plausible exponents, never below .02."""
        return np.maximum(rng.normal(self.exponent, self.deviation, count), 0.02)


def learning_curve(history: Sequence[tuple[int, float, float]]) -> Curve:
    """Update the prior of g by a project's own history of (reviews, quality 0-1, standard error of the quality).

    Bayesian linear regression of log(1 - A) on -log n with a free intercept.
    """
    points = [(n, a, se) for n, a, se in thinned(history) if n > 0 and a < 1.0]
    if len(points) < 2:
        return Curve(PRIOR_MEAN, PRIOR_DEVIATION)
    n, a, se = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    weight = 1.0 / np.square(se / (1.0 - a) + 0.02)
    x, y = -np.log(n), np.log(1.0 - a)
    x, y = x - np.average(x, weights=weight), y - np.average(y, weights=weight)
    precision = 1.0 / PRIOR_DEVIATION**2 + float((weight * x * x).sum())
    mean = (PRIOR_MEAN / PRIOR_DEVIATION**2 + float((weight * x * y).sum())) / precision
    return Curve(mean, precision**-0.5)


def thinned(history: Sequence[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """The newest point for each number of reviews, and of those only ones a tenth apart: others rest on the same reviews.

    >>> thinned([(100, 0.5, 0.1), (105, 0.5, 0.1), (120, 0.5, 0.1), (120, 0.6, 0.1)])
    [(105, 0.5, 0.1), (120, 0.6, 0.1)]
    """
    kept: list[tuple[int, float, float]] = []
    for point in reversed(history):
        if not kept or point[0] * APART <= kept[-1][0]:
            kept.append(point)
    return kept[::-1]


def after(quality: Floats, reviews: int, more: Floats | float, exponent: Floats | float) -> Floats:
    """Quality (0-1) after ``more`` reviews on top of ``reviews``: 1 - (1 - A) (n / (n + m))^g."""
    return np.asarray(1.0 - (1.0 - quality) * (reviews / (reviews + np.asarray(more))) ** exponent)
