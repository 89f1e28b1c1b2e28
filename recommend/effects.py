"""What has moved between the rating before an action and the first one that knows of all its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from data.records import StoredAction
from rating.records import Estimate, Rating

MOST_LABELS = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """One figure before and after, 0 to 100, higher is better; unknown where its estimate has no value."""

    name: str
    before: Estimate
    after: Estimate

    @property
    def change(self) -> float | None:
        """Points from before to after; None where one of them is unknown."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def clear(self) -> bool | None:
        """Whether the change is larger than chance makes it in nine of ten cases; None where a value or interval is unknown.

        The reach of a difference is the root of the sum of both squared reaches, as of two independent estimates. These share
        most of their reviews, which makes the true reach smaller: a change called clear is.
        """
        change, low, high = self.change, self.before, self.after
        if change is None:
            return None
        if change < 0:
            low, high = high, low
        if low.value is None or low.high is None or high.value is None or high.low is None:
            return None
        return abs(change) > hypot(low.high - low.value, high.value - high.low)


def around(revisions: Sequence[int], first: int, last: int) -> tuple[int | None, int | None]:
    """Of ratings made at these ``revisions``, in ascending order, the last one before the revision ``first`` and the first one
    that knows of ``last``, by position; None where there is none.

    >>> around([3, 8, 20], 9, 15), around([3, 8], 9, 15), around([], 1, 1)
    ((1, 2), (1, None), (None, None))
    """
    before = [k for k, revision in enumerate(revisions) if revision < first]
    after = [k for k, revision in enumerate(revisions) if revision >= last]
    return (before[-1] if before else None), (after[0] if after else None)


def moved(before: Rating, after: Rating, factor: str, own: Iterable[int], met: Iterable[int]) -> tuple[Moved, ...]:
    """The rating, the factor served, and average precisions: of the action's ``own`` labels, then of those ``met`` in it.

    At most three labels; those met by how far they have moved, the unknown last. A label that the rating before did not know
    has an unknown value there.
    """
    found = [Moved("Model Rating", before.score, after.score)]
    was = {one.key: one for one in before.factors}
    found += [Moved(one.title, was[one.key].score, one.score) for one in after.factors if one.key == factor and one.key in was]
    known = {label.label_id: label.ap.scaled(100.0) for label in before.labels}
    labels = {label.label_id: Moved(label.name, known.get(label.label_id, Estimate(None)), label.ap.scaled(100.0))
              for label in after.labels}  # fmt: skip
    first = [label_id for label_id in dict.fromkeys(own) if label_id in labels]
    rest = sorted((k for k in set(met) if k in labels and k not in first), key=lambda k: (-abs(labels[k].change or 0.0), k))
    return (*found, *(labels[label_id] for label_id in [*first, *rest][:MOST_LABELS]))


def onwards(action: StoredAction, offered: Sequence[StoredAction]) -> tuple[StoredAction | None, StoredAction | None]:
    """What to do after an action: the best one on offer of the same label or theme, and the best other one."""
    same = next((one for one in offered if set(one.label_ids) & set(action.label_ids) or one.theme == action.theme), None)
    return same, next((one for one in offered if one is not same), None)
