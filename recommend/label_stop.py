"""The stop answer label by label: whether each has reached its target, still gains by more examples, or cannot be learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import logit, ndtr

from rating.forecast import Labels
from rating.precision import OWN, label_slope
from rating.rate import Result
from rating.records import LabelHealth
from recommend.records import LabelStop
from recommend.rules import CONFIDENT

#: An interval wider than this tells nothing yet; twice the examples are worth it when they bring this much average precision.
TOO_WIDE, WORTH = 0.45, 0.03
#: A label has been asked for when its examples have grown by this factor since they were this many.
GROWN, SEEN = 2.0, 8
#: With this many examples, odds less than twice those of chance mean that the model does not see the label at all.
MANY, CHANCE = 25, 2.0
_EDGE = 1e-3

History = Sequence[tuple[int, float]]


def label_stops(result: Result, target: float, histories: Mapping[int, History]) -> tuple[LabelStop, ...]:
    """An answer for every label, by average precision against ``target`` (0-1).

    ``histories`` are by label number: (examples, average precision) at earlier ratings, oldest first.
    """
    return tuple(_label_stop(health, target, histories.get(health.label_id, ())) for health in result.rating.labels)


def _label_stop(health: LabelHealth, target: float, history: History) -> LabelStop:
    ap, n = health.ap, health.positives
    if ap.value is None or ap.low is None or ap.high is None or n < 2:
        return LabelStop(health.label_id, health.name, "cannot_tell", None, target, None, _count(n) + " tells nothing yet.")
    gain = gain_of_doubling(ap.value, n)
    named = (health.label_id, health.name)
    if chance_above(ap.value, ap.low, target) >= CONFIDENT:
        return LabelStop(*named, "ready", ap.value, target, gain, f"At least {target:.0%} with {CONFIDENT:.0%} confidence.")
    if health.prevalence is not None and by_chance(ap.value, health.prevalence, n):
        return LabelStop(*named, "stalled", ap.value, target, gain, f"With {_count(n)} the model finds it no better than chance.")
    if since := flat_since(history, n, ap.value):
        return LabelStop(*named, "stalled", ap.value, target, gain, f"From {since} to {_count(n)} it has not risen as labels do.")
    if ap.high - ap.low > TOO_WIDE:
        words = f"{_count(n)} put it anywhere from {ap.low:.0%} to {ap.high:.0%}."
        return LabelStop(*named, "cannot_tell", ap.value, target, gain, words)
    aim = f"{target:.0%} is " + ("not certain yet" if ap.value >= target else "the target")
    words = f"Twice the examples should bring about {gain:+.0%}; {aim}."
    return LabelStop(*named, "keep_going" if gain >= WORTH else "plateau", ap.value, target, gain, words)


def gain_of_doubling(ap: float, positives: int) -> float:
    """Average precision that as many examples again should bring, by the label curve."""
    return float(Labels(np.array([ap]), np.array([positives]), np.zeros(1)).raised(2.0)[0]) - ap


def chance_above(ap: float, low: float, target: float) -> float:
    """The chance that average precision is at least ``target``, from its estimate and the lower end of its 90 % interval.

    On the logit scale, where the interval is that of a normal distribution.

    >>> round(chance_above(0.8, 0.7, 0.7), 2), round(chance_above(0.6, 0.4, 0.6), 2)
    (0.95, 0.5)
    """
    value, bound, aim = logit(np.clip([ap, low, target], _EDGE, 1 - _EDGE))
    return float(ndtr((value - aim) / max((value - bound) / 1.645, 1e-6)))


def by_chance(ap: float, prevalence: float, positives: int) -> bool:
    """Whether a label with many examples is ranked hardly better than at random, which gives its prevalence.

    >>> by_chance(0.12, 0.1, 40), by_chance(0.5, 0.1, 40), by_chance(0.12, 0.1, 5)
    (True, False, False)
    """
    odds, usual = (float(np.exp(logit(np.clip(v, _EDGE, 1 - _EDGE)))) for v in (ap, prevalence))
    return positives >= MANY and odds < CHANCE * usual


def flat_since(history: History, positives: int, ap: float) -> int | None:
    """From how many examples on a label has risen by less than half of what labels do, beyond noise; None if it has not.

    The same examples stand behind both estimates, so that only those that came since are noise.
    """
    start = next(((n, then) for n, then in history if n >= SEEN), None)
    if start is None or positives < GROWN * start[0]:
        return None
    n, then = start
    grid = np.linspace(np.log(n), np.log(positives), 30)
    usual = float(np.trapezoid(label_slope(np.exp(grid)), grid))
    risen = float(np.diff(logit(np.clip([then, ap], _EDGE, 1 - _EDGE)))[0])
    noise = np.sqrt(OWN * (1.0 / n - 1.0 / positives))
    return n if risen + 0.84 * noise < 0.5 * usual else None


def _count(n: int) -> str:
    return f"{n} example{'' if n == 1 else 's'}"
