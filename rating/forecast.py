"""What more reviews will bring: the error falls as a power of their number, 1 - A ~ n^-g, with a strong prior on g."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats

#: The exponent's prior, measured on two data sets (0.35 and 0.55).
PRIOR_MEAN, PRIOR_DEVIATION = 0.47, 0.10


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
    points = [(n, a, se) for n, a, se in history if n > 0 and a < 1.0]
    if len(points) < 2:
        return Curve(PRIOR_MEAN, PRIOR_DEVIATION)
    n, a, se = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    weight = 1.0 / np.square(se / (1.0 - a) + 0.02)
    x, y = -np.log(n), np.log(1.0 - a)
    x, y = x - np.average(x, weights=weight), y - np.average(y, weights=weight)
    precision = 1.0 / PRIOR_DEVIATION**2 + float((weight * x * x).sum())
    mean = (PRIOR_MEAN / PRIOR_DEVIATION**2 + float((weight * x * y).sum())) / precision
    return Curve(mean, precision**-0.5)


def after(quality: Floats, reviews: int, more: Floats | float, exponent: Floats | float) -> Floats:
    """Quality (0-1) after ``more`` reviews on top of ``reviews``: 1 - (1 - A) (n / (n + m))^g."""
    return np.asarray(1.0 - (1.0 - quality) * (reviews / (reviews + np.asarray(more))) ** exponent)


def reviews_until(quality: Floats, target: float, reviews: int, exponent: Floats) -> Floats:
    """How many more reviews until the quality reaches the target; 0 if it has, infinite if the target is 1 or more."""
    if target >= 1.0:
        return np.full(np.shape(quality), np.inf)
    ratio = np.maximum((1.0 - quality) / (1.0 - target), 1.0)
    with np.errstate(over="ignore"):
        return np.asarray(reviews * (ratio ** (1.0 / exponent) - 1.0))
