"""Would another encoder help: the same reviewed items and learner with other features, held against the model as it is.

Every way gets the mix and penalty that suit it best by leave-one-out, from the same choice, and is compared on the same items
and labels. The best of several is a little lucky, so that it counts only where it is clearly better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rating.capacity import LABELS, REVIEWS, Spot, clearly_better, difference, mixes_of, path
from rating.evidence import Features, Floats, Ints
from rating.records import Estimate
from rating.select import PENALTIES

Answer = Literal["yes", "no", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A way to see items and how well labels are known by it: its best ``spot``, and what it ``gains`` over the model as it is.

    ``seconds`` is what encoding one item takes here, 0 for what the app computes at once, None where it was not measured.
    """

    name: str
    spot: Spot
    gains: Estimate
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """Ways to see items, the best first, and the answer in words."""

    tried: tuple[Tried, ...]
    answer: Answer
    words: str


def best_spot(blocks: Mapping[str, Features], targets: Floats, twins: tuple[Ints, ...] = ()) -> Spot:
    """The mix and penalty of one or two blocks of the reviewed items' features with the best held-out average precision.

    With two blocks only mixes that use both.
    """
    mixes = [mix for mix in mixes_of(blocks) if all(mix.values())]
    spots = [spot for mix in mixes for spot in path(blocks, targets, mix, PENALTIES, twins)]
    return max(spots, key=lambda spot: spot.held_precision)


def trial(
    now: Spot, ways: Mapping[str, Spot], seconds: Mapping[str, float | None], items: int, population: int
) -> Trial:  # fmt: skip
    """Hold ``ways`` to see ``items`` reviewed items against the model as it is ``now``; all on the same items and labels."""
    tried = [Tried(name, spot, difference(spot, now), seconds.get(name)) for name, spot in ways.items()]
    tried.sort(key=lambda one: -one.spot.held_precision)
    labels = int((~np.isnan(now.precision)).sum())
    if items < REVIEWS or labels < LABELS:
        words = f"Cannot tell: {items:,} reviewed items and {labels} labels with two examples; it takes {REVIEWS} and {LABELS}."
        return Trial(tuple(tried), "cannot tell", words)
    if not tried:
        return Trial((), "cannot tell", "Nothing else could be tried here.")
    best = tried[0]
    better = clearly_better(best.spot, now)
    return Trial(tuple(tried), "yes" if better else "no", _words(best, now, better, population))


def _words(best: Tried, now: Spot, better: bool, population: int) -> str:
    span = "" if best.gains.low is None else f" ({best.gains.low:+.3f} to {best.gains.high:+.3f})"
    told = f"{now.held_precision:.3f} to {best.spot.held_precision:.3f}, {best.gains.value or 0.0:+.3f}{span}"
    if not better:
        return (
            f"No: the best way tried, {best.name}, takes average precision on held-out items from {told}: no more than chance. "
            "What helps is reviews."
        )
    effort = (
        "" if not best.seconds else f" Encoding takes {best.seconds:.3f} s an item, about {_time(best.seconds * population)} "
    )
    effort += "for all items, once." if effort else ""
    return f"Yes: {best.name} takes average precision on held-out items from {told}.{effort}"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
