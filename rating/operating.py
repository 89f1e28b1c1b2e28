"""Where a label may be cut: three thresholds by what matters most, what each brings, and how many examples are lacking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats
from rating.forecast import MOST_REVIEWS, Labels
from rating.records import Estimate
from rating.thresholds import Cut, CutCurve

#: What the outer two thresholds promise: of the items found so many are right; of the label's items so many are found.
PRECISE, COMPLETE = 0.9, 0.9
#: With fewer examples than this nobody is told to change a label: its average precision may be an accident.
FEW = 10
_STEPS, _REMEDY = 400, "sharpen or split the label."


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Three thresholds of a label, the highest first; None where no threshold keeps the promise.

    ``precise`` finds few wrong ones, ``balanced`` has the highest expected F1, ``complete`` misses few.
    """

    precise: Cut | None
    balanced: Cut | None
    complete: Cut | None


def operating_points(curve: CutCurve, precision: float = PRECISE, recall: float = COMPLETE) -> OperatingPoints:
    """The three thresholds of a curve, by expected ``precision`` and ``recall`` (0-1) of at least so much.

    ``precise`` is the smallest threshold with that precision which is not below ``balanced``, ``complete`` the largest with
    that recall which is not above it: a higher threshold never promises less precision than a lower one of the three.
    All are None where no item is expected to carry the label.
    """
    if curve.recall[-1] <= 0:
        return OperatingPoints(None, None, None)
    balanced = curve.best("balanced")
    at = int(np.searchsorted(-curve.threshold, -balanced.threshold))
    pure = np.flatnonzero(curve.precision[: at + 1] >= precision)
    full = at + int((curve.recall[at:] >= min(recall, curve.recall[-1])).argmax())
    return OperatingPoints(_cut(curve, int(pure[-1])) if len(pure) else None, balanced, _cut(curve, full))


def _cut(curve: CutCurve, k: int) -> Cut | None:
    return curve.at(float(curve.threshold[k]))


def average_precision(curve: CutCurve) -> float:
    """The area under precision over recall, in steps: the sum over thresholds of what recall gains times the precision there.

    nan where no item carries the label. Equals scikit-learn's ``average_precision_score`` where the curve's labels are 0 or 1.
    """
    if curve.recall[-1] <= 0:
        return float("nan")
    return float((np.diff(curve.recall, prepend=0.0) * curve.precision).sum())


@dataclass(frozen=True, slots=True)
class Counts:
    """What a threshold brings in items: ``found`` at or above it, of which ``wrong`` should not be; ``missed`` lie below it.

    ``expected`` is how many items of the population should carry the label.
    """

    found: int
    wrong: float
    missed: float
    expected: float


def counts(cut: Cut | None, curve: CutCurve, items: int) -> Counts:
    """What to expect of a cut among so many items; nothing is found where it is None."""
    expected = float(curve.precision[-1]) * items if curve.recall[-1] > 0 else 0.0
    if cut is None:
        return Counts(0, 0.0, expected, expected)
    found = round(cut.share * items)
    return Counts(found, (1.0 - cut.precision) * found, (1.0 - cut.recall) * expected, expected)


@dataclass(frozen=True, slots=True)
class Lacking:
    """How many more examples a label should need, at best ``low`` and at worst ``high``; None with a ``reason`` if unforeseen."""

    count: int | None
    low: int | None = None
    high: int | None = None
    reason: str = ""


def examples_lacking(ap: Estimate, positives: int, target: float) -> Lacking:
    """How many examples more bring average precision to ``target`` (0-1), by the label curve; 0 where it is there.

    ``low`` and ``high`` follow from the ends of the interval of ``ap``; ``high`` is None where the pessimistic end does not get
    there with thirty times the examples.
    """
    if ap.value is None or positives == 0:
        return Lacking(None, reason="No example yet: the first ones tell.")
    if positives == 1:
        return Lacking(None, reason="One example tells nothing yet: find a second one.")
    count = _more(ap.value, positives, target)
    if count is None:
        many = f"Not even {MOST_REVIEWS:.0f} times its examples should be enough"
        return Lacking(
            None, reason=f"{many}, as far as {positives} tell: find some more." if positives < FEW else f"{many}: {_REMEDY}"
        )
    low = None if ap.high is None else _more(ap.high, positives, target)
    high = None if ap.low is None else _more(ap.low, positives, target)
    return Lacking(count, low, high)


def _more(ap: float, positives: int, target: float) -> int | None:
    """Examples from this average precision to the target, None beyond thirty times those that are there."""
    if ap >= target:
        return 0
    ratios = np.geomspace(1.0, MOST_REVIEWS, _STEPS)
    raised = Labels(np.full(_STEPS, ap), np.full(_STEPS, positives), np.zeros(_STEPS)).raised(ratios)
    there = np.flatnonzero(raised >= target)
    return int(np.ceil(positives * (ratios[there[0]] - 1.0))) if len(there) else None


def reviewed_curve(scores: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted precision and recall (k,) of reviewed items at every distinct threshold (k,), the highest first.

    ``scores`` (n,) are held out, ``targets`` (n,) 1, 0 or nan where not judged, ``weights`` (n,) make the reviewed resemble the
    population. Empty where no judged item carries the label.
    """
    judged = np.isfinite(targets)
    s, y, w = scores[judged], targets[judged], weights[judged]
    order = np.argsort(-s, kind="stable")
    s, hits, all_ = s[order], np.cumsum((w * y)[order]), np.cumsum(w[order])
    if not len(s) or hits[-1] <= 0:
        return np.empty(0), np.empty(0), np.empty(0)
    last = np.flatnonzero(np.append(np.diff(s) != 0, True))
    return s[last], hits[last] / all_[last], hits[last] / hits[-1]
