"""Where to cut a model's scores: expected precision and recall at every threshold, and three thresholds to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rating.evidence import Floats

Aim = Literal["precision", "balanced", "recall"]
AIMS: tuple[Aim, ...] = ("precision", "balanced", "recall")
#: How many times as much as precision recall counts: a false alarm costs most, both cost the same, an item missed costs most.
WEIGHT: dict[Aim, float] = {"precision": 1.0 / 3.0, "balanced": 1.0, "recall": 3.0}


@dataclass(frozen=True, slots=True)
class Cut:
    """A threshold on a model's own scores: items at or above it are predicted, a ``share`` (0-1) of all.

    ``precision`` and ``recall`` (0-1) are what is to be expected there.
    """

    threshold: float
    precision: float
    recall: float
    share: float


@dataclass(frozen=True)
class CutCurve:
    """Expected precision and recall (k,) at every distinct score of a label, the highest first; ``share`` of items predicted."""

    threshold: Floats
    precision: Floats
    recall: Floats
    share: Floats

    def at(self, threshold: float) -> Cut | None:
        """What is to be expected where items from this score on are predicted; None where none is."""
        reached = int(np.searchsorted(-self.threshold, -threshold, side="right"))
        return None if reached == 0 else self._cut(reached - 1, threshold)

    def best(self, aim: Aim) -> Cut:
        """The threshold with the highest expected F measure in which recall counts as much as the aim says."""
        weight = WEIGHT[aim] ** 2
        f = (1.0 + weight) * self.precision * self.recall / np.maximum(weight * self.precision + self.recall, 1e-9)
        return self._cut(int(f.argmax()))

    def _cut(self, k: int, threshold: float | None = None) -> Cut:
        limit = float(self.threshold[k]) if threshold is None else threshold
        return Cut(limit, float(self.precision[k]), float(self.recall[k]), float(self.share[k]))


def cut_curve(scores: Floats, soft: Floats) -> CutCurve:
    """Expected precision and recall by one label's ``scores`` (N,), where ``soft`` (N,) is how likely each item carries it.

    >>> curve = cut_curve(np.array([0.9, 0.5, 0.5]), np.array([1.0, 1.0, 0.0]))
    >>> curve.threshold.tolist(), curve.precision.round(2).tolist(), curve.recall.tolist()
    ([0.9, 0.5], [1.0, 0.67], [0.5, 1.0])
    """
    order = np.argsort(-scores)
    ordered, hits = scores[order], np.cumsum(soft[order])
    last = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    total = max(float(hits[-1]), 1e-9)
    return CutCurve(ordered[last], hits[last] / (last + 1), hits[last] / total, (last + 1) / len(scores))
