"""The evidence a rating rests on, as arrays, and the configuration it is computed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WEIGHTS: Mapping[str, float] = {"all_labels": 0.35, "underperforming": 0.20, "coverage": 0.25, "balance": 0.20}


@dataclass(frozen=True)
class Evidence:
    """A population of N items of which n are reviewed, with L labels.

    ``blocks`` are feature blocks (N, d_b) with rows of unit length; ``rows`` (n,) are the positions of the reviewed
    items; ``targets`` (n, L) holds 1 for assigned, 0 for judged and not assigned, nan for not judged;
    ``sources`` (n,) says where each was first shown from; ``settled`` (n,) marks those that were looked at again because
    they were doubted, ``corrected`` of which were changed. ``label_ids`` and ``label_names`` have length L.
    ``dates`` (N,) say when items were written, NaT where unknown; None when no item has one. ``chances`` (n,), above 0 to 1,
    are how likely each reviewed item was to be in the list that it was first shown in, and ``drawn_from`` (n,) how many items
    that list was drawn from; nan where unknown, as for all items unless given.
    """

    item_ids: Ints
    blocks: Mapping[str, Features]
    rows: Ints
    targets: Floats
    sources: npt.NDArray[np.str_]
    settled: Bools
    label_ids: tuple[int, ...]
    label_names: tuple[str, ...]
    important: tuple[bool, ...]
    corrected: int = 0
    dates: npt.NDArray[np.datetime64] | None = None
    chances: Floats = field(default_factory=lambda: np.empty(0))
    drawn_from: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        for name in ("chances", "drawn_from"):
            if np.isnan(getattr(self, name)).all():
                object.__setattr__(self, name, np.full(len(self.rows), np.nan))

    @property
    def population(self) -> int:
        """N, the number of items."""
        return len(self.item_ids)

    @property
    def positives(self) -> Ints:
        """How many reviewed items carry each label, (L,)."""
        return np.asarray(np.nansum(self.targets, axis=0), dtype=np.int64)

    @property
    def reviewed_mask(self) -> Bools:
        """Which items of the population are reviewed, (N,)."""
        mask = np.zeros(self.population, dtype=bool)
        mask[self.rows] = True
        return mask


@dataclass(frozen=True)
class RatingConfig:
    """Everything a rating depends on besides the evidence. A snapshot keeps it, so that the number can be recomputed."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    seed: int = 0
    draws: int = 400
    min_reviewed: int = 50
    twin_cosine: float = 0.9
    min_label_reviews: int = 25
    block_weights: Mapping[str, float] | None = None
    penalty: float | None = None
