"""What a rating consists of: estimates, contributors, factors, labels' health, and the rating itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Band = Literal["none", "poor", "average", "good", "excellent"]
FactorKey = Literal["balance", "coverage", "all_labels", "underperforming"]

#: Lower edges of the bands on the scale of 0 to 100.
BAND_EDGES: tuple[tuple[float, Band], ...] = ((90.0, "excellent"), (70.0, "good"), (50.0, "average"), (0.0, "poor"))


def band_of(value: float | None) -> Band:
    """The band of a score from 0 to 100; no score has the band ``none``.

    >>> band_of(70.0), band_of(49.9), band_of(None)
    ('good', 'poor', 'none')
    """
    if value is None:
        return "none"
    return next(band for edge, band in BAND_EDGES if value >= edge)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 90 % interval. ``value`` None means that it cannot be told, and ``reason`` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def scaled(self, factor: float) -> Estimate:
        """The same estimate in another unit."""
        cells = [None if v is None else v * factor for v in (self.value, self.low, self.high)]
        return Estimate(cells[0], cells[1], cells[2], self.reason)


@dataclass(frozen=True, slots=True)
class Contributor:
    """One measured value behind a factor. ``unit`` is 'share' (0-1), 'count' or 'score' (0-100)."""

    key: str
    title: str
    estimate: Estimate
    unit: Literal["share", "count", "score"]
    definition: str
    aim: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """One of the four factors, 0 to 100, higher is better, with what it consists of and its say in the rating."""

    key: FactorKey
    title: str
    score: Estimate
    weight: float
    contributors: tuple[Contributor, ...]
    summary: str

    @property
    def band(self) -> Band:
        """The factor's band."""
        return band_of(self.score.value)


@dataclass(frozen=True, slots=True)
class LabelHealth:
    """How well one label is predicted on the whole population, and what is wrong with it.

    ``ap`` is average precision (0-1, higher is better); ``precision``, ``recall`` and ``f1`` are expected values at
    ``threshold``; ``worst`` is the probability that the label is among the worst tenth, and ``why`` what explains it.
    ``wrong`` is the share of its assignments that are probably wrong, ``missed`` of its positives that were probably
    overlooked. None where it cannot be told.
    """

    label_id: int
    name: str
    important: bool
    positives: int
    judged: int
    ap: Estimate
    threshold: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    prevalence: float | None
    informative: float | None
    worst: float | None
    by_search: float | None
    warnings: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    wrong: Estimate = Estimate(None)
    missed: Estimate = Estimate(None)

    @property
    def band(self) -> Band:
        """The label's band, from its average precision."""
        return band_of(None if self.ap.value is None else 100.0 * self.ap.value)


@dataclass(frozen=True, slots=True)
class Rating:
    """The Model Rating of a project at a revision: R = 100 x A^.35 U^.20 C^.25 B^.20 by default.

    ``score`` is unknown (value None) while ``reasons`` say what is missing and what to do about it. ``second`` is All labels
    (0-100) by randomly shown items alone, and ``notes`` say why an interval was widened.
    """

    score: Estimate
    factors: tuple[Factor, ...]
    labels: tuple[LabelHealth, ...]
    reasons: tuple[str, ...]
    needs_refinement: bool
    reviewed: int
    population: int
    missing_mass: Estimate
    second: Estimate = Estimate(None)
    notes: tuple[str, ...] = ()
    revision: int = 0
    model_version: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def band(self) -> Band:
        """The rating's band."""
        return band_of(self.score.value)

    def factor(self, key: FactorKey) -> Factor:
        """One factor by its key."""
        return next(factor for factor in self.factors if factor.key == key)
