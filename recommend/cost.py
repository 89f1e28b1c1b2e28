"""What an item costs: seconds of one annotator's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Features, Floats

#: What is likely enough to be shown with an item, and how many labels at most: ticking one is confirming.
LEAST_SHOWN, MOST_SHOWN = 0.05, 6
#: Share of the time of a first label that each further one of the same item is thought to take: the text is read already, and
#: one key confirms all. The published medians are of single labels and do not tell; own times do.
FURTHER = 0.25
#: Actions whose items share a theme that a person keeps in mind.
FOCUSED = frozenset({"discover", "teach", "confirm", "check", "missed", "search", "merge", "resolve"})


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per decision, for items of one theme and for mixed ones; published medians until own ones are known."""

    assign_focused: float = 5.56
    assign_switching: float = 7.10
    confirm_focused: float = 2.66
    confirm_switching: float = 2.95

    def assign(self, kind: str) -> float:
        """Seconds to find and assign a label that was not suggested."""
        return self.assign_focused if kind in FOCUSED else self.assign_switching

    def confirm(self, kind: str) -> float:
        """Seconds to confirm a suggestion, or that nothing applies."""
        return self.confirm_focused if kind in FOCUSED else self.confirm_switching


def shown(probability: Floats | Features) -> Bools:
    """Which labels are shown with an item, (m, L): the six likeliest of those with 5 % or more; of equals the first ones.

    >>> shown(np.array([[0.04, 0.05, 0.9]])).tolist()
    [[False, True, True]]
    """
    order = np.argsort(-probability, axis=1, kind="stable")[:, :MOST_SHOWN]
    found = np.zeros(probability.shape, dtype=bool)
    np.put_along_axis(found, order, np.take_along_axis(probability >= LEAST_SHOWN, order, axis=1), axis=1)
    return found


def expected_seconds(probability: Floats, kind: str, times: Times) -> Floats:
    """Expected seconds (m,) for items with these label probabilities (m, L); at least one confirmation each.

    Labels that are shown with an item are only confirmed; the rest have to be found and assigned. A label beyond the first
    takes ``FURTHER`` of the time of one.
    """
    on_screen = shown(probability)
    confirmed = (probability * on_screen).sum(axis=1)
    assigned = (probability * ~on_screen).sum(axis=1)
    one_each = np.maximum(confirmed, 1.0 - np.minimum(assigned, 1.0)) * times.confirm(kind) + assigned * times.assign(kind)
    decisions = np.maximum(confirmed + assigned, 1.0)
    return np.asarray(one_each / decisions * (1.0 + FURTHER * (decisions - 1.0)))


def spent_seconds(assigned: int, confirmed: int, kind: str, times: Times) -> float:
    """Seconds for an item, some of whose labels were shown and only confirmed; an item without labels is one confirmation."""
    decisions = confirmed * times.confirm(kind) + (assigned - confirmed) * times.assign(kind)
    return decisions if assigned else times.confirm(kind)


def measured_times(settings: Mapping[str, float]) -> Times:
    """The times a project has set for itself, in place of the published medians."""
    known = {key: float(value) for key, value in settings.items() if key in Times.__dataclass_fields__}
    return Times(**known)
