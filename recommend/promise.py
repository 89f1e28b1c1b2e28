"""What an action promises, and what it has brought: the same sum over what its items may teach, and over what they did teach.

An item that turns out to carry a label teaches novelty x lesson(p) positives of it, and those lift the label along its curve.
Before the answers are known that sum is drawn many times, each label with its probability; afterwards it is taken once, over
the labels found. The rise of the rating, which all actions since the last rating share, corrects it as far as it is no noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rating.evidence import Bools, Features, Floats, Ints
from recommend.candidates import Candidate
from recommend.pool import Pool
from recommend.value import Worth, closeness, lesson, points

ANSWERS = 200
#: What righting a judgement is worth, in positives: a wrong example goes and a true one comes.
RIGHTED = 2.0
#: The share of its error's variance that a rating has in common with the one before it.
IN_COMMON = 0.9
#: What an action of which nothing was promised may have brought, in rating points: a standard deviation.
UNPROMISED = 2.0
#: Promises are kept with so many significant digits.
_DIGITS = 4


@dataclass(frozen=True)
class Promise:
    """What an action was expected to bring and how that follows from its answers.

    ``label_ids`` (L,) are the labels it could teach, with their ``share``, ``ap``, ``slope`` and ``positives`` when it was
    planned (see Worth); ``lessons`` (m, L), in the order of its items, are the positives that a find counts as. ``rest`` are
    rating points that do not depend on answers. ``expected`` (points, 0 or more) is the mean over possible answers, before
    anything learned from other actions, and ``spread`` their standard deviation; ``low`` and ``high`` bound 90 % of what was
    foreseen with what was learned.
    """

    label_ids: tuple[int, ...]
    share: Floats
    ap: Floats
    slope: Floats
    positives: Floats
    lessons: Floats
    rest: float
    expected: float
    spread: float
    low: float
    high: float

    def brought(self, found: Bools | Floats) -> Floats:
        """Rating points of these answers: 1 where an item (m) turned out to carry a label (L), as (..., m, L)."""
        taught = (np.asarray(found, dtype=np.float64) * self.lessons).sum(axis=-2)
        return np.asarray(points(self._price(), taught) + self.rest)

    def in_order(self, order: Ints) -> Promise:
        """The same promise with its items (m,) in another order."""
        return replace(self, lessons=self.lessons[order])

    def _price(self) -> Worth:
        nothing = np.zeros(len(self.label_ids))
        return Worth(nothing, self.share, self.ap, self.slope, self.positives, 0.0, 0.0, 0.0)


def promise(
    price: Worth, label_ids: Sequence[int], probability: Floats, lessons: Floats, rest: float, efficacy: Floats,
    rng: np.random.Generator,
) -> Promise:  # fmt: skip
    """The promise of items that carry labels with ``probability`` (m, L), where a find teaches ``lessons`` (m, L).

    ``efficacy`` (draws,) are plausible ratios of what such actions bring to what they promise: they widen and move the range.
    """
    counted = np.flatnonzero((price.share > 0) & (lessons * probability > 0).any(axis=0)).tolist()
    named, curve = tuple(label_ids[k] for k in counted), price.of(counted)
    made = Promise(named, curve.share, curve.ap, curve.slope, curve.positives, lessons[:, counted], rest, rest, 0.0, rest, rest)
    answers = rng.random((ANSWERS, *made.lessons.shape)) < probability[:, counted]
    brought = made.brought(answers)
    low, high = (float(q) for q in np.quantile(brought * np.resize(efficacy, ANSWERS), [0.05, 0.95]))
    return replace(made, expected=float(brought.mean()), spread=float(brought.std()), low=low, high=high)


def promise_of(
    pool: Pool, price: Worth, candidate: Candidate, used: Ints, efficacy: Floats, rng: np.random.Generator
) -> Promise:  # fmt: skip
    """What the items drawn promise, once actions with the ``used`` items are done and labels are worth this."""
    rows, labels = candidate.rows, pool.result.evidence.label_ids
    if candidate.label >= 0 and not candidate.novel:
        column = [candidate.label]
        chance, lessons = second_look(candidate.gains, float(price.label[candidate.label]))
        return promise(price.of(column), [labels[candidate.label]], chance, lessons, candidate.bonus, efficacy, rng)
    near = np.maximum(pool.near_reviewed(rows), closeness(pool.unit[rows], pool.unit[used]))
    p = pool.believed[rows]
    lessons = lessons_of(p, novelties(pool.unit[rows], near))
    return promise(price, labels, p, lessons, candidate.bonus, efficacy, rng)


def lessons_of(probability: Floats, novelty: Floats) -> Floats:
    """What each item (m) would teach of each label if it carried it, in positives, (m, L)."""
    return np.asarray(lesson(probability) * novelty[:, None])


def novelties(unit: Features, near: Floats) -> Floats:
    """1 - the highest cosine of each of m items, in order, to what is known (``near``) and to those before it; 0 to 1."""
    alike = np.tril(unit @ unit.T, -1).max(axis=1) if len(unit) else np.zeros(0)
    return np.asarray(np.clip(1.0 - np.maximum(near, alike), 0.0, 1.0), dtype=np.float64)


def second_look(gains: Floats, worth_each: float) -> tuple[Floats, Floats]:
    """Chance (m, 1) that a judgement is righted, and what that teaches (m, 1), of looks that are worth ``gains`` (m,) points.

    ``worth_each`` are rating points of one positive of the label in question.
    """
    lessons = np.full((len(gains), 1), RIGHTED)
    return np.clip(gains[:, None] / max(RIGHTED * worth_each, 1e-9), 0.0, 1.0), lessons


def settled(evidence: Sequence[float | None], spread: Sequence[float], rise: float, deviation: float) -> list[float]:
    """What each of the actions between two ratings has brought, in points, from its own answers and the rating's rise.

    ``evidence`` are points by their answers, each off by ``spread``; None where nothing was promised. The rating, whose
    standard deviation is ``deviation``, rose by ``rise``. Its change is noise to some extent, so that their sum is moved towards
    it in proportion to what is uncertain about them (a Kalman update).
    """
    unknown = [value is None for value in evidence]
    mean = np.array([0.0 if value is None else value for value in evidence])
    variance = np.where(unknown, UNPROMISED, np.array(spread)) ** 2
    noise = 2.0 * (1.0 - IN_COMMON) * deviation**2
    weight = variance / max(float(variance.sum()) + noise, 1e-12)
    return [float(value) for value in mean + weight * (rise - mean.sum())]


def as_document(made: Promise) -> dict[str, Any]:
    """The promise as JSON knows it, numbers to four digits."""
    return {key: _rounded(value) for key, value in asdict(made).items()}


def from_document(document: Mapping[str, Any]) -> Promise:
    """The promise that was kept."""
    arrays = {key: np.array(document[key], dtype=np.float64) for key in ("share", "ap", "slope", "positives")}
    lessons = np.array(document["lessons"], dtype=np.float64).reshape(len(document["lessons"]), len(document["label_ids"]))
    return Promise(**{**document, **arrays, "lessons": lessons, "label_ids": tuple(document["label_ids"])})


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_rounded(part) for part in value.tolist()]
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
