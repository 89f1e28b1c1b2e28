"""Curves of quality against what it cost: where each reaches a target, and the mean and spread of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats


@dataclass(frozen=True)
class Curve:
    """One run: ``quality`` (k,), 0-1, at growing ``cost`` (k,), in reviews or hours.

    ``stepped`` where there is a model only at the checkpoints, since whole batches are handed over; else the quality between two
    checkpoints lies on the line between them.
    """

    cost: Floats
    quality: Floats
    stepped: bool = False

    def reaches(self, target: float) -> float:
        """The cost at which the quality first is at the target or above; nan if it never is.

        >>> line = Curve(np.array([100.0, 200.0]), np.array([0.5, 0.9]))
        >>> line.reaches(0.7), Curve(line.cost, line.quality, stepped=True).reaches(0.7), line.reaches(0.95)
        (150.0, 200.0, nan)
        """
        there = np.flatnonzero(self.quality >= target)
        if not len(there):
            return float("nan")
        k = int(there[0])
        if k == 0 or self.stepped:
            return float(self.cost[k])
        share = (target - self.quality[k - 1]) / (self.quality[k] - self.quality[k - 1])
        return float(self.cost[k - 1] + share * (self.cost[k] - self.cost[k - 1]))

    def at(self, cost: Floats) -> Floats:
        """The quality at each of these costs; nan outside the curve."""
        if self.stepped:
            found = self.quality[np.maximum(np.searchsorted(self.cost, cost, side="right") - 1, 0)]
        else:
            found = np.interp(cost, self.cost, self.quality)
        return np.where((cost >= self.cost[0]) & (cost <= self.cost[-1]), found, np.nan)


@dataclass(frozen=True)
class Band:
    """Several runs at the same ``cost`` (m,): ``mean`` quality and its standard ``deviation`` over the runs, (m,)."""

    cost: Floats
    mean: Floats
    deviation: Floats


def band(curves: Sequence[Curve], points: int = 80) -> Band:
    """Mean and standard deviation (dividing by the number of runs) where every run has a value.

    The points lie evenly in log cost, from where the last run begins to where the first one ends.
    """
    low, high = max(curve.cost[0] for curve in curves), min(curve.cost[-1] for curve in curves)
    cost = np.geomspace(low, high, points) if high > low else np.array([low])
    cost[0], cost[-1] = low, high
    values = np.array([curve.at(cost) for curve in curves])
    return Band(cost, values.mean(axis=0), values.std(axis=0))


def mean_reached(curves: Sequence[Curve], target: float) -> tuple[float, float]:
    """Mean and standard deviation over the runs of the cost to reach a target; nan while a run has not reached it."""
    costs = np.array([curve.reaches(target) for curve in curves])
    return float(costs.mean()), float(costs.std())
