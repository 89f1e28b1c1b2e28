"""Habits of annotators: who assigns a label more or less often than on like items before, or than the others do.

Items differ, so counts alone say nothing: each judgement is held against the calibrated probability that the model, without it,
gave the label there. Within each source of items and at their given total, how many of the assignments fall to the judgements in
question is a matter of chance, whatever the model is off by: the probabilities' odds fix that distribution (an exact conditional
test of Poisson-binomial counts, in the manner of Fisher and of Mantel and Haenszel). Items of one action resemble each other; by
how much more their counts vary than those of strangers is measured and taken off. A habit is told where chance, over all
comparisons made, would show one in no more than one project of twenty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import norm

from rating.evidence import Bools, Floats, Ints

Against = Literal["before", "others"]

#: How often a project of steady annotators may be told of a habit.
ERROR = 0.05
#: The newest part of a person's judgements that is held against those before.
RECENT = (0.5, 0.25, 0.125)
#: Judgements on each side, and assignments to be expected among those in question, that a comparison needs.
JUDGED, EXPECTED = 20, 1.0
#: Probabilities are told apart on a grid of logits.
EDGE, STEP = 7.0, 0.125
_GRID = np.arange(-EDGE, EDGE + STEP / 2, STEP)
#: From this variance on a count is as good as normal; within so many standard deviations there is nothing to look at.
NORMAL, CLOSER, Z90 = 400.0, 2.0, 1.645
#: A label's own dispersion is drawn to the usual one as if by so much variance of its own.
ALIKE = 20.0


@dataclass(frozen=True)
class Judged:
    """m judgements of L labels in the order given: by whom, when (ISO), how the item was found, and in which action (-1 none).

    ``targets`` (m, L) holds 1 for assigned, 0 for judged otherwise, nan for not judged; ``expected`` (m, L) the probability,
    0 to 1, that the model gave without this judgement, nan where it has none.
    """

    people: npt.NDArray[np.str_]
    at: npt.NDArray[np.str_]
    sources: npt.NDArray[np.str_]
    batches: Ints
    targets: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class Habit:
    """A label (by column) that a person assigns at another rate: ``given`` times where ``expected`` were to be expected.

    ``low`` to ``high`` is what chance alone gives in nine of ten cases. ``against`` says with what it is compared: the person's
    own earlier judgements, those in question beginning at ``since`` (ISO), or everybody else's. ``chance`` (0-1) is how likely
    anything as marked would be found somewhere in the project if everybody were steady; lower is more certain.
    """

    person: str
    label: int
    against: Against
    given: int
    expected: float
    low: float
    high: float
    since: str
    chance: float


@dataclass(frozen=True, slots=True)
class _Split:
    """The judgements in question and those they are held against, by place."""

    person: str
    against: Against
    mine: Ints
    theirs: Ints
    since: str


def habits(judged: Judged, *, error: float = ERROR) -> list[Habit]:
    """What is beyond chance in how people assign labels, surest first; of each person and label the surest comparison."""
    known = ~np.isnan(judged.targets) & ~np.isnan(judged.expected)
    cells = np.digitize(logit(np.clip(np.nan_to_num(judged.expected, nan=0.5), 1e-9, 1 - 1e-9)), _GRID[:-1] + STEP / 2)
    spread = np.sqrt(dispersion(judged, known))
    found = [habit for split in _splits(judged) for habit in _compared(judged, known, cells, split, spread)]
    surest: dict[tuple[str, int], Habit] = {}
    for habit in sorted(found, key=lambda habit: habit.chance):
        surest.setdefault((habit.person, habit.label), habit)
    told = [replace(habit, chance=min(habit.chance * len(found), 1.0)) for habit in surest.values()]
    return [habit for habit in told if habit.chance <= error]


def dispersion(judged: Judged, known: Bools) -> Floats:
    """By how much (L,), at least 1, counts within actions vary more than independent judgements would.

    Measured around each person's own mean, before and after the middle of that person's work; few judgements are drawn to the
    median of the labels, which one label with a habit does not move.
    """
    inside = np.flatnonzero(judged.batches >= 0)
    if not len(inside):
        return np.ones(judged.targets.shape[1])
    left = np.where(known, judged.targets - np.where(known, judged.expected, 0.0), 0.0)[inside]
    left = np.where(known[inside], left - _means(left, known[inside], _halves(judged.people[inside], judged.at[inside])), 0.0)
    _, batch = np.unique(judged.batches[inside], return_inverse=True)
    together, alone = np.square(_sums(left, batch)).sum(axis=0), np.square(left).sum(axis=0)
    usual = float(np.median((together / np.maximum(alone, 1e-9))[alone > 0.0])) if (alone > 0.0).any() else 1.0
    return np.asarray(np.maximum((together + ALIKE * max(usual, 1.0)) / (alone + ALIKE), 1.0))


def _halves(people: npt.NDArray[np.str_], at: npt.NDArray[np.str_]) -> Ints:
    """A number for each person and half of that person's judgements, (m,)."""
    halves = np.zeros(len(people), dtype=np.int64)
    for number, person in enumerate(np.unique(people).tolist()):
        mine = np.flatnonzero(people == person)
        order = mine[np.argsort(at[mine], kind="stable")]
        halves[order] = 2 * number
        halves[order[len(order) // 2 :]] += 1
    return halves


def _sums(values: Floats, groups: Ints) -> Floats:
    sums = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(sums, groups, values)
    return sums


def _means(values: Floats, known: Bools, groups: Ints) -> Floats:
    """The mean of the known values of each one's group, (m, L)."""
    return np.asarray((_sums(values, groups) / np.maximum(_sums(known.astype(float), groups), 1.0))[groups])


def _splits(judged: Judged) -> Iterator[_Split]:
    """Each person's newest judgements against those before, and all of them against everybody else's."""
    order = np.argsort(judged.at, kind="stable")
    for person in np.unique(judged.people).tolist():
        own = order[judged.people[order] == person]
        for part in RECENT:
            first = len(own) - int(part * len(own))
            if min(first, len(own) - first) >= JUDGED:
                yield _Split(person, "before", own[first:], own[:first], str(judged.at[own[first]]))
        others = order[judged.people[order] != person]
        if min(len(own), len(others)) >= JUDGED:
            yield _Split(person, "others", own, others, str(judged.at[own[0]]))


def _compared(judged: Judged, known: Bools, cells: Ints, split: _Split, spread: Floats) -> Iterator[Habit]:
    """The comparison of every label that has judgements enough; ``chance`` is of this one comparison alone."""
    parts = [
        _Part(*_cells(judged, known, cells, mine), *_cells(judged, known, cells, theirs))
        for mine, theirs in _strata(judged, split)
    ]
    if not parts:
        return
    seen = np.array([(part.mine.sum(axis=1), part.theirs.sum(axis=1)) for part in parts])
    moments = np.array([part.moments() for part in parts]).sum(axis=0)
    given = np.array([part.given for part in parts]).sum(axis=0)
    for label in np.flatnonzero((seen.sum(axis=0).min(axis=0) >= JUDGED) & (moments[0] >= EXPECTED)).tolist():
        mean, variance = moments[:, label].tolist()
        beyond, reach = (given[label] - mean) / max(np.sqrt(variance), 1e-9), Z90 * np.sqrt(variance)
        habit = Habit(split.person, label, split.against, int(given[label]), mean, max(mean - reach, 0.0), mean + reach,
                      split.since, 2.0 * float(norm.sf(abs(beyond))))  # fmt: skip
        if abs(beyond) > CLOSER and variance < NORMAL:
            habit = _exactly(habit, [part.of(label) for part in parts])
        yield replace(habit, chance=2.0 * float(norm.sf(norm.isf(max(habit.chance, 1e-300) / 2.0) / spread[label])))


def _strata(judged: Judged, split: _Split) -> Iterator[tuple[Ints, Ints]]:
    """Both sides within each source that both of them have."""
    mine, theirs = judged.sources[split.mine], judged.sources[split.theirs]
    for source in np.intersect1d(mine, theirs).tolist():
        yield split.mine[mine == source], split.theirs[theirs == source]


def _cells(judged: Judged, known: Bools, cells: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """How many of these judgements lie in each cell of the grid (L, G), and how many of each label (L,) were assigned."""
    labels, size = known.shape[1], len(_GRID)
    places = (cells[rows] + size * np.arange(labels))[known[rows]]
    assigned = np.where(known[rows], judged.targets[rows], 0.0).sum(axis=0)
    return np.bincount(places, minlength=labels * size).reshape(labels, size), assigned.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Part:
    """Judgements of one source by label and cell of the grid (L, G) on either side, and how many of them were assigned (L,)."""

    mine: Ints
    given: Ints
    theirs: Ints
    others: Ints

    def of(self, label: int) -> _Part:
        """The same of one label alone."""
        return _Part(*(side[[label]] for side in (self.mine, self.given, self.theirs, self.others)))

    def common(self) -> Floats:
        """The grid's probabilities (L, G), logits shifted so that as many assignments are expected as there are."""
        items, total = self.mine + self.theirs, self.given + self.others
        low, high = np.full((2, len(items), 1), 30.0)
        low = -low
        for _ in range(40):
            middle = (low + high) / 2.0
            short = (items * expit(_GRID + middle)).sum(axis=1, keepdims=True) < total[:, None]
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return np.asarray(expit(_GRID + (low + high) / 2.0))

    def moments(self) -> Floats:
        """Mean and variance (2, L) of how many of the assigned fall to my side by chance."""
        p = self.common()
        mine, theirs = ((side * p * (1.0 - p)).sum(axis=1) for side in (self.mine, self.theirs))
        return np.stack([(self.mine * p).sum(axis=1), mine * theirs / np.maximum(mine + theirs, 1e-12)])

    def chances(self) -> tuple[int, Floats]:
        """How many of one label's assigned fall to my side: the least number, and the chances of it and each one above."""
        total, p = int(self.given[0] + self.others[0]), self.common()[0]
        least, most = max(0, total - int(self.theirs.sum())), min(int(self.mine.sum()), total)
        counts = np.arange(least, most + 1)
        chances = _counted(self.mine[0], p, counts) * _counted(self.theirs[0], p, total - counts)
        if chances.sum() <= 0.0:  # as unlikely as numbers go
            return int(self.given[0]), np.ones(1)
        return least, chances / chances.sum()


def _exactly(rough: Habit, parts: Sequence[_Part]) -> Habit:
    least, chances = 0, np.ones(1)
    for part in parts:
        first, each = part.chances()
        least, chances = least + first, np.convolve(chances, each)
    counts, below = least + np.arange(len(chances)), np.cumsum(chances)
    tails = [float(chances[side].sum()) for side in (counts <= rough.given, counts >= rough.given)]
    low, high = (float(counts[min(int(np.searchsorted(below, q)), len(counts) - 1)]) for q in (0.05, 0.95))
    return replace(rough, expected=float(counts @ chances), low=low, high=high, chance=min(1.0, 2.0 * min(tails)))


def _counted(items: Ints, p: Floats, counts: Ints) -> Floats:
    """The probability of each of these numbers of assignments among independent items (G,) of probabilities (G,).

    From the characteristic function, at numbers within ten standard deviations of the mean.
    """
    mean, deviation = float(items @ p), float(np.sqrt(items @ (p * (1.0 - p))))
    size = 1 << int(np.ceil(np.log2(20.0 * deviation + 20.0)))
    turns, some = np.exp(-2j * np.pi * np.arange(size) / size), items > 0
    spectrum = np.exp(np.log(1.0 - p[some] + np.outer(turns, p[some])) @ items[some])
    chances = np.maximum(np.fft.ifft(spectrum).real, 0.0)
    return np.where(np.abs(counts - mean) < size / 2, chances[counts % size], 0.0)
