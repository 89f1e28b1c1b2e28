"""What more reviews will bring: the rating and each factor after so many more, as a range, and when a target is reached.

Every label follows the label curve: average precision rises with the log of its positives, which grow as the reviews do. Labels
not met yet join meanwhile and begin low, as many as Chao's extrapolation from labels met once and twice expects. Coverage gains
as its labels do and as the undiscovered share falls. Balance changes with the share of reviews drawn at random, and stays while
that does. How fast the project's own rating has risen, held against what the same curve would have foreseen, sets the pace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.special import expit, logit, ndtri

from rating.evidence import Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.precision import SLOPE_AT, SLOPES, Noise, draw_noise, label_slope, lowest_mean, true_draws
from rating.records import Estimate, Factor, FactorKey, Rating

DRAWS, STEPS, SAMPLE = 400, 30, 100
#: A project learns so many times as fast as the label curve says: its prior deviation, and what chance adds to one forecast.
PACE, CHANCE = 0.2, 0.5
#: A label that was just met has about this average precision.
ENTRY = 0.4
#: The distance that Balance measures grows with the share of reviews that were not drawn at random, to this power.
CHOSEN = 0.5
#: Ratings of a project are told apart when the reviews behind them differ by this factor.
APART = 1.1
#: A project looks ahead to at most so many times its reviews.
MOST_REVIEWS = 30.0
#: Recall at the thresholds closes its gap more slowly than average precision does, by this factor.
RECALL = 0.6
FLOOR = 1e-3
_EDGE = 1e-3

History = Sequence[tuple[int, float, float]]


@dataclass(frozen=True)
class Labels:
    """What a forecast needs of the labels with an example: average precision (L,), positives (L,) and share of items (L,)."""

    ap: Floats
    positives: Ints
    prevalence: Floats

    def raised(self, ratio: Floats | float) -> Floats:
        """Average precision (L,) when the reviews, and with them the positives, are ``ratio`` times as many: a number or (L,)."""
        positives = np.maximum(self.positives, 1)
        rise = _climb(positives * ratio) - _climb(positives)
        return np.asarray(expit(logit(np.clip(self.ap, _EDGE, 1.0 - _EDGE)) + rise))

    def unmet(self) -> tuple[float, float]:
        """Labels met once, and how many are still unmet: Chao's lower bound from those met once and twice, less its bias."""
        once, twice = int((self.positives == 1).sum()), int((self.positives == 2).sum())
        return float(once), once * (once - 1) / (2.0 * (twice + 1))

    def joining(self, reviewed: int, more: float) -> float:
        """How many labels, not met so far, ``more`` reviews should meet."""
        once, unmet = self.unmet()
        return unmet * (1.0 - (1.0 - once / (reviewed * unmet + once)) ** more) if unmet > 0 else 0.0


@dataclass(frozen=True)
class Forecast:
    """What further reviews should bring to a project: chosen as those before, or a share ``shuffle`` of them at random.

    ``pace`` (draws,) says how many times as fast as the curve it may learn; ``noise`` holds each factor's uncertainty today,
    (draws,), and under ``rating`` that of the rating.
    """

    rating: Rating
    weights: Mapping[FactorKey, float]
    labels: Labels
    pace: Floats
    noise: Mapping[str, Floats]
    shuffle: float | None = None

    def factor(self, key: FactorKey, more: float) -> Estimate:
        """One factor, 0 to 100, after ``more`` reviews: what is expected, with its 90 % range."""
        low, high = (100.0 * float(q) for q in np.quantile(self._drawn(key, more, certain=False), [0.05, 0.95]))
        return Estimate(100.0 * float(self._drawn(key, more).mean()), low, high)

    def score(self, more: float) -> Estimate:
        """The rating, 0 to 100, after ``more`` reviews: what is expected, with its 90 % range."""
        low, high = (float(q) for q in np.quantile(self.scores(more, certain=False), [0.05, 0.95]))
        return Estimate(float(self.scores(more).mean()), low, high)

    def scores(self, more: float, *, certain: bool = True) -> Floats:
        """Plausible ratings (draws,), 0 to 100, after ``more`` reviews; with ``certain`` as if today's were known."""
        log = sum(weight * np.log(np.maximum(self._drawn(key, more), FLOOR)) for key, weight in self.weights.items())
        then = np.asarray(100.0 * np.exp(log))
        now = self.rating.score.value or 0.0
        return then if certain else np.clip(then + self.noise["rating"] * (100.0 - then) / max(100.0 - now, 1.0), 0.0, 100.0)

    def exponents(self, more: float) -> Floats:
        """The powers g (draws,) by which the error of All labels falls over the next ``more`` reviews: 1 - A ~ n^-g."""
        now, then = _share(self.rating.factor("all_labels")), self._drawn("all_labels", more)
        ratio = np.log1p(more / self.rating.reviewed)
        return np.asarray(np.log((1.0 - now + _EDGE) / np.maximum(1.0 - then + _EDGE, _EDGE)) / max(ratio, _EDGE))

    def reviews_to(self, target: float) -> tuple[float, float | None] | None:
        """The 10 % and 90 % quantiles of the reviews until the rating reaches the target.

        The upper one is None where it is out of sight, and so is the whole when even the lower one is.
        """
        reviewed, left = self.rating.reviewed, self.rating.population - self.rating.reviewed
        grid = np.concatenate([[0.0], np.geomspace(1.0, max(min(MOST_REVIEWS * reviewed, left), 1.0), STEPS)])
        reached = np.stack([self.scores(m, certain=False) >= target for m in grid])
        first = np.where(reached.any(axis=0), grid[reached.argmax(axis=0)], np.inf)
        low, high = (float(q) for q in np.quantile(first, [0.1, 0.9], method="nearest"))
        return None if np.isinf(low) else (low, None if np.isinf(high) else high)

    def _drawn(self, key: FactorKey, more: float, *, certain: bool = True) -> Floats:
        """Plausible values (draws,) of a factor, 0 to 1: the closer to 1 it comes, the less today's uncertainty is left."""
        now = _share(self.rating.factor(key))
        then = np.clip(now + self.pace * self._gain(key, now, more), 0.0, 1.0)
        return then if certain else np.clip(then + self.noise[key] * (1.0 - then) / max(1.0 - now, 1e-2), 0.0, 1.0)

    def _gain(self, key: FactorKey, now: float, more: float) -> float:
        """What a factor (0-1) should gain at the usual pace."""
        ratio = 1.0 + more / max(self.rating.reviewed, 1)
        if key == "balance":
            return float((1.0 - now) * (1.0 - self._chosen(ratio) ** CHOSEN))
        if len(self.labels.ap) == 0:
            return 0.0
        if key == "coverage":
            return self._covered(now, ratio, more) - now
        joining = self.labels.joining(self.rating.reviewed, more)
        then = self.labels.raised(ratio)
        if key == "all_labels":
            before, after = self.labels.ap.mean(), (then.sum() + joining * ENTRY) / (len(then) + joining)
        else:
            before, after = _lowest(self.labels.ap, self.labels.positives), self._lowest_then(then, ratio, joining)
        return float(after - before) * _room(now, float(before))

    def _lowest_then(self, ap: Floats, ratio: float, joining: float) -> float:
        """The worst tenth's average precision when known labels have risen to ``ap`` (L,) and others have joined."""
        fewer, positives = int(joining), self.labels.positives * ratio
        with_some, with_one_more = (
            _lowest(np.append(ap, np.full(k, ENTRY)), np.append(positives, np.ones(k))) for k in (fewer, fewer + 1)
        )
        return with_some + (joining - fewer) * (with_one_more - with_some)

    def _chosen(self, ratio: float) -> float:
        """The share of reviews not drawn at random, over what it is now, when there are so many times as many."""
        now = 1.0 - _contributor(self.rating.factor("balance"), "shuffle_ratio")
        return 1.0 if self.shuffle is None or now <= 0 else (now + (ratio - 1.0) * (1.0 - self.shuffle)) / ratio / now

    def _covered(self, now: float, ratio: float, more: float) -> float:
        """Coverage (0-1): known labels close their gap as their average precision does, and fewer concepts are unmet."""
        weight, missing = np.maximum(self.labels.prevalence, 1e-9), self.rating.missing_mass.value or 0.0
        gap = 1.0 - float(np.average(self.labels.ap, weights=weight))
        closed = RECALL * (1.0 - (1.0 - float(np.average(self.labels.raised(ratio), weights=weight))) / max(gap, _EDGE))
        known = min(now / max(1.0 - missing, _EDGE), 1.0)
        once, unmet = self.labels.unmet()
        left = float((1.0 - once / (self.rating.reviewed * unmet + once)) ** more) if unmet > 0 else 1.0
        return (known + closed * (1.0 - known)) * (1.0 - missing * left)


def forecast(rating: Rating, history: History, config: RatingConfig, *, shuffle: float | None = None) -> Forecast:
    """Look ahead from a rating that has a value, at the pace its project's history of (reviews, All labels 0-1, error) shows.

    ``shuffle`` is the share of further reviews to be drawn at random; None as many as so far.
    """
    rng, total = np.random.default_rng(config.seed), sum(config.weights.values())
    known = [label for label in rating.labels if label.ap.value is not None]
    labels = Labels(
        np.array([label.ap.value for label in known], dtype=float),
        np.array([label.positives for label in known], dtype=np.int64),
        np.array([label.prevalence or 0.0 for label in known], dtype=float),
    )
    mean, deviation = pace(labels, rating.reviewed, history)
    z = {name: rng.permutation(ndtri((np.arange(DRAWS) + 0.5) / DRAWS)) for name in ("pace", "rating", *config.weights)}
    noise: dict[str, Floats] = {factor.key: _noise(factor.score.scaled(0.01), z[factor.key]) for factor in rating.factors}
    return Forecast(
        rating, {factor.key: config.weights[factor.key] / total for factor in rating.factors}, labels,
        _positive(mean, float(np.hypot(deviation, CHANCE)), z["pace"]), {**noise, "rating": _noise(rating.score, z["rating"])},
        shuffle,
    )  # fmt: skip


def pace(labels: Labels, reviewed: int, history: History) -> tuple[float, float]:
    """How many times as fast as the label curve foresees a project learns: mean and standard deviation.

    A prior around 1, updated by what All labels has gained since a check at no more than seven tenths of today's reviews.
    """
    points = [point for point in thinned(history) if point[0] > 0]
    earlier = [point for point in points if point[0] <= 0.7 * reviewed]
    if not earlier or len(labels.ap) == 0:
        return 1.0, PACE
    (reviews, then, error), (_, now, error_now) = earlier[-1], points[-1]
    foreseen = float((labels.ap - labels.raised(reviews / reviewed)).mean())
    if foreseen < 1e-3:
        return 1.0, PACE
    doubt = (error**2 + error_now**2) / foreseen**2 + CHANCE**2
    precision = 1.0 / PACE**2 + 1.0 / doubt
    return (1.0 / PACE**2 + (now - then) / foreseen / doubt) / precision, precision**-0.5


def thinned(history: History) -> list[tuple[int, float, float]]:
    """The newest point for each number of reviews, and of those only ones a tenth apart: others rest on the same reviews.

    >>> thinned([(100, 0.5, 0.1), (105, 0.5, 0.1), (120, 0.5, 0.1), (120, 0.6, 0.1)])
    [(105, 0.5, 0.1), (120, 0.6, 0.1)]
    """
    kept: list[tuple[int, float, float]] = []
    for point in reversed(history):
        if not kept or point[0] * APART <= kept[-1][0]:
            kept.append(point)
    return kept[::-1]


def after(quality: Floats, reviews: int, more: Floats | float, exponent: Floats | float) -> Floats:
    """Quality (0-1) after ``more`` reviews on top of ``reviews``: 1 - (1 - A) (n / (n + m))^g."""
    return np.asarray(1.0 - (1.0 - quality) * (reviews / (reviews + np.asarray(more))) ** exponent)


_GRID = np.linspace(np.log(SLOPE_AT[0]), np.log(SLOPE_AT[-1]), 200)
_AREA = cumulative_trapezoid(label_slope(np.exp(_GRID)), _GRID, initial=0)


def _climb(positives: Floats) -> Floats:
    """The integral of the label curve's slope over the log of the positives, from one of them; flat slopes beyond its ends."""
    x = np.log(np.maximum(positives, 1e-3))
    below, above = np.minimum(x - _GRID[0], 0.0) * SLOPES[0], np.maximum(x - _GRID[-1], 0.0) * SLOPES[-1]
    return np.asarray(np.interp(x, _GRID, _AREA) + below + above)


def _positive(mean: float, deviation: float, z: Floats) -> Floats:
    """Log-normal values (draws,) with this mean and standard deviation."""
    mean = max(mean, 0.1)
    width = np.sqrt(np.log1p((deviation / mean) ** 2))
    return np.asarray(mean * np.exp(width * z - width**2 / 2.0))


def _room(now: float, labels: float) -> float:
    """A factor that differs from the mean of its labels gains in proportion to what it lacks."""
    return (1.0 - now) / max(1.0 - labels, _EDGE)


def _lowest(ap: Floats, positives: Floats | Ints) -> float:
    """Expected average precision of the truly worst tenth of labels whose estimates, from so many positives, are these."""
    return float(lowest_mean(true_draws(ap, positives, _noise_of(len(ap))), worst_count(len(ap))).mean())


@lru_cache(maxsize=64)
def _noise_of(labels: int) -> Noise:
    return draw_noise(SAMPLE, labels, np.random.default_rng(0))


def _share(factor: Factor) -> float:
    return (factor.score.value or 0.0) / 100.0


def _contributor(factor: Factor, key: str) -> float:
    return next((c.estimate.value or 0.0 for c in factor.contributors if c.key == key), 0.0)


def _noise(estimate: Estimate, z: Floats) -> Floats:
    """Deviations (draws,) from an estimate that keep its 90 % interval, which may be lopsided."""
    value = estimate.value or 0.0
    below, above = value - (estimate.low or value), (value if estimate.high is None else estimate.high) - value
    return np.asarray(np.where(z < 0, below, above) / 1.645 * z)
