"""What a project has learned and when: its kept ratings as a course, when each label was learned, and when it should be.

A label is learned when it is at its target and has stayed there since: likely so by its average precision, surely so by the lower
end of its 90 % interval. What is not learned yet is foreseen along the label curve, at the pace of the project (see forecast).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit, ndtri

from rating.evidence import Floats
from rating.factors import Z90
from rating.forecast import DRAWS, MOST_REVIEWS, Forecast, Labels
from rating.precision import logit_deviation
from rating.records import Estimate, LabelHealth

#: So many ratings tell a course; of more, those are left out that lie closest to the one before.
MOST_POINTS = 120
#: Average precision is kept so far away from 0 and 1.
EDGE = 1e-3
_STEPS = 40

State = Literal["learned", "fell back", "not yet", "unknown"]


@dataclass(frozen=True, slots=True)
class LabelPoint:
    """A label at one rating: its name then, average precision (0-1) and examples."""

    name: str
    ap: Estimate
    positives: int


@dataclass(frozen=True, slots=True)
class Point:
    """A kept rating: at so many ``reviewed`` items and, where times are known, active ``minutes``; scores are 0 to 100.

    ``factors`` by key, ``labels`` by number.
    """

    snapshot: int
    revision: int
    version: int
    created_at: str
    reviewed: int
    score: Estimate
    factors: Mapping[str, Estimate]
    labels: Mapping[int, LabelPoint]
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """When a label was learned. ``sure`` and ``likely`` are the ratings from which on the lower end of its interval, and its
    average precision, stayed at the target; None where they are below it now. ``fell`` is the rating at which a label that was
    surely learned before was so no more, None where that is not its state. ``met`` is the first rating with an example.
    """

    label_id: int
    name: str
    state: State
    now: Estimate
    positives: int
    met: Point | None
    likely: Point | None
    sure: Point | None
    fell: Point | None


def point_of(snapshot: int, revision: int, version: int, created_at: str, reviewed: int, rating: Mapping[str, Any]) -> Point:
    """What a kept rating says, from its document."""
    return Point(
        snapshot, revision, version, created_at, reviewed, Estimate(**rating["score"]),
        {factor["key"]: Estimate(**factor["score"]) for factor in rating["factors"]},
        {one["label_id"]: LabelPoint(one["name"], Estimate(**one["ap"]), int(one["positives"])) for one in rating["labels"]},
    )  # fmt: skip


def chosen_points(ratings: Sequence[tuple[int, int]], most: int = MOST_POINTS) -> list[int]:
    """Which of the ratings (number, reviewed items), oldest first, tell the course: the last at each number of reviews.

    Of more than ``most`` those are chosen whose reviews differ most in proportion; the first and the last always.

    >>> chosen_points([(1, 50), (2, 50), (3, 80)]), chosen_points([(k, 100 + k) for k in range(9)], 3)
    ([2, 3], [0, 4, 8])
    """
    last = dict(zip([reviewed for _, reviewed in ratings], [number for number, _ in ratings], strict=True))
    counts = sorted(last)
    if len(counts) > most:
        wanted = np.geomspace(max(counts[0], 1), counts[-1], most)
        places = np.searchsorted(counts, wanted - 1e-6)
        counts = [counts[k] for k in sorted({*np.minimum(places, len(counts) - 1).tolist(), 0, len(counts) - 1})]
    return sorted(last[count] for count in counts)


def since(values: Sequence[float | None], target: float) -> int | None:
    """The position from which on all values are at or above the target; None where the last one is not. Unknown is below.

    >>> since([0.8, 0.6, 0.7, 0.9], 0.7), since([0.9, 0.6], 0.7), since([None, 0.7], 0.7), since([], 0.7)
    (2, None, 1, None)
    """
    below = [k for k, value in enumerate(values) if value is None or value < target]
    first = below[-1] + 1 if below else 0
    return first if first < len(values) else None


def fallen(values: Sequence[float | None], target: float) -> int | None:
    """The position at which values that had reached the target came to lie below it for good; None where they never did.

    >>> fallen([0.6, 0.8, 0.6, 0.5], 0.7), fallen([0.6, 0.8], 0.7), fallen([0.5], 0.7)
    (2, None, None)
    """
    there = [k for k, value in enumerate(values) if value is not None and value >= target]
    return there[-1] + 1 if there and there[-1] + 1 < len(values) else None


def learned(course: Sequence[Point], target: float) -> list[Learned]:
    """When each label of the last rating was learned, in its order; ``target`` is an average precision, 0 to 1."""
    return [_learned(course, label_id, target) for label_id in course[-1].labels] if course else []


def _learned(course: Sequence[Point], label_id: int, target: float) -> Learned:
    seen = [(point, point.labels[label_id]) for point in course if label_id in point.labels]
    known = [(point, label) for point, label in seen if label.ap.value is not None]
    now = seen[-1][1]
    if not known or now.ap.value is None:
        return Learned(label_id, now.name, "unknown", now.ap, now.positives, None, None, None, None)
    points = [point for point, _ in known]
    low, value = [label.ap.low for _, label in known], [label.ap.value for _, label in known]
    sure, likely, fell = since(low, target), since(value, target), fallen(low, target)
    state: State = "learned" if sure is not None else "fell back" if fell is not None else "not yet"
    at = [None if place is None else points[place] for place in (likely, sure, fell)]
    return Learned(label_id, now.name, state, now.ap, now.positives, points[0], *at)


def ahead(view: Forecast, label: LabelHealth, more: float) -> Estimate:
    """A label's average precision (0-1) after ``more`` reviews, with the 90 % range of where it then truly lies.

    Its examples grow as the reviews do. Unknown where it is not known today.
    """
    if label.ap.value is None:
        return Estimate(None, reason=label.ap.reason)
    z = np.random.default_rng(label.label_id).permutation(ndtri((np.arange(DRAWS) + 0.5) / DRAWS))
    today = expit(logit(np.clip(label.ap.value, EDGE, 1 - EDGE)) + logit_deviation(np.array([label.positives])) * z)
    then = _raised(today, label.positives, view, more, view.pace)
    expected = _raised(np.array([label.ap.value]), label.positives, view, more, np.array([view.pace.mean()]))
    low, high = (float(q) for q in np.quantile(then, [0.05, 0.95]))
    value = float(expected[0])
    return Estimate(value, min(low, value), max(high, value))


def reviews_until(view: Forecast, label: LabelHealth, target: float) -> tuple[float, float | None] | None:
    """How many more reviews until the lower end of the label's interval is at the target: from, to (None: out of sight).

    The 10 % and 90 % quantiles by how fast the project may learn; None where even the sooner is out of sight, or where
    nothing is known of the label.
    """
    if label.ap.value is None or label.positives < 1:
        return None
    reviewed, left = view.rating.reviewed, view.rating.population - view.rating.reviewed
    grid = np.concatenate([[0.0], np.geomspace(1.0, max(min(MOST_REVIEWS * reviewed, left), 1.0), _STEPS)])
    found = [_first(grid, _lower_ends(view, label, grid, pace), target) for pace in np.quantile(view.pace, [0.9, 0.1])]
    return None if found[0] is None else (found[0], found[1])


def _lower_ends(view: Forecast, label: LabelHealth, grid: Floats, pace: float) -> Floats:
    value, n = np.array([label.ap.value or 0.0]), label.positives
    then = np.array([_raised(value, n, view, float(more), np.array([pace]))[0] for more in grid])
    positives = np.asarray(n * (1.0 + grid / max(view.rating.reviewed, 1)), dtype=np.int64)
    return np.asarray(expit(logit(np.clip(then, EDGE, 1 - EDGE)) - Z90 * logit_deviation(positives)))


def _first(grid: Floats, values: Floats, target: float) -> float | None:
    there = np.flatnonzero(values >= target)
    return float(grid[there[0]]) if len(there) else None


def _raised(ap: Floats, positives: int, view: Forecast, more: float, pace: Floats) -> Floats:
    """Average precisions (k,) after ``more`` reviews at this pace (k,)."""
    count = np.full(len(ap), positives, dtype=np.int64)
    rise = Labels(ap, count, np.zeros(len(ap))).raised(1.0 + more / max(view.rating.reviewed, 1)) - ap
    return np.asarray(np.clip(ap + pace * rise, 0.0, 1.0))
