"""Labels that rest: work on them has not moved them, and goes on elsewhere until something else does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from rating.precision import label_slope

#: So many actions and positives are a fair trial; a label rests when it rose by less than this share of what its curve foresees.
TRIALS, FAIR, MOVED = 3, 20, 0.25
#: A rise that is foreseen must be at least so large to be missed, and a label that is better than this is no failure.
LEAST, FAR_FROM_GOOD = 0.05, 0.6
#: Kinds of action whose theme is a label that they teach.
TEACHING = frozenset({"teach", "confirm", "search"})


@dataclass(frozen=True, slots=True)
class Trial:
    """An action done to teach a label: its average precision (0-1) and positives when it was planned."""

    label_id: int
    ap: float
    positives: float


def resting(trials: Sequence[Trial], now: Mapping[int, tuple[float, float]]) -> frozenset[int]:
    """The labels that are not asked for: their average precision did not rise although they were taught.

    ``trials`` are oldest first, ``now`` each label's (average precision, positives). A label that rises after all, since its
    reviews were corrected say, is taken up again by the same rule; and so are all when nothing else is left.
    """
    found = set()
    for label_id, (ap, positives) in now.items():
        mine = [trial for trial in trials if trial.label_id == label_id]
        if len(mine) < TRIALS or positives < FAIR or ap >= FAR_FROM_GOOD:
            continue
        foreseen = foreseen_rise(mine[0].ap, mine[0].positives, positives)
        if foreseen >= LEAST and ap - mine[0].ap < MOVED * foreseen:
            found.add(label_id)
    return frozenset(found) if found != set(now) else frozenset()


def foreseen_rise(ap: float, before: float, after: float) -> float:
    """How much average precision should rise from so many positives to so many, along the label curve."""
    steps = np.geomspace(max(before, 1.0), max(after, before, 1.0), 20)
    climbed = float((label_slope(steps[:-1]) * np.diff(np.log(steps))).sum())
    return float(expit(logit(np.clip(ap, 1e-3, 1.0 - 1e-3)) + climbed) - ap)
