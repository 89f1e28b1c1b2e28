"""Loop size: how many items to review before the model is trained again, from what waiting costs and what a stale list loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats

#: The smallest and the largest number of items that is recommended, and the step between them.
LEAST, MOST, STEP = 10, 200, 5
#: A plan of so many items already reckons with what its first ones will have taught: its last are hardly worth less. In a young
#: project that holds for this share of the reviews.
FRESH, YOUNG = 50, 0.2


@dataclass(frozen=True, slots=True)
class LoopSize:
    """The recommended number of items before the next training, and why, in words."""

    items: int
    reason: str


def loop_size(reviewed: int, waiting: float, seconds: float) -> LoopSize:
    """The number of items with the least time per item's worth, from ``waiting`` seconds a training and ``seconds`` an item.

    An item costs its own time and its share of the wait, and is worth less the staler the list is. Between 10 and 200; of
    equally good numbers the smallest, since what is fresh can be told sooner.
    """
    sizes = np.arange(LEAST, MOST + 1, STEP)
    best = int(sizes[int(np.argmin(np.round(cost(sizes.astype(float), reviewed, waiting, seconds), 9)))])
    if waiting < 0.5:
        return LoopSize(best, "Training again takes no time worth saving.")
    lost = float(staleness(np.array([float(best)]), reviewed)[0])
    words = f"Training again and planning take {waiting:.0f} s, {waiting / best / seconds:.0%} of the time that {best} items take"
    return LoopSize(best, f"{words}; their list loses {lost:.1%} of its worth until then.")


def cost(sizes: Floats, reviewed: int, waiting: float, seconds: float) -> Floats:
    """Seconds for each item's worth, at these loop sizes."""
    return np.asarray((seconds + waiting / sizes) / (1.0 - staleness(sizes, reviewed)))


def staleness(sizes: Floats, reviewed: int) -> Floats:
    """The share (0-1) of a list's worth that is lost when so many items are reviewed without training again.

    Nothing within a fresh plan; beyond it the last items know the less the more was said meanwhile, so that the loss grows by
    the square of what lies beyond, against the reviews there are.
    """
    fresh = min(FRESH, YOUNG * reviewed)
    beyond = np.maximum(sizes - fresh, 0.0) / max(reviewed, 1)
    return np.asarray(beyond**2 / (1.0 + beyond**2))
