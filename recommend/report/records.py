"""What a report says, as one frozen record: everything that each of its forms is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rating.records import Estimate, FactorKey, Rating
from recommend.records import Stop
from recommend.serving import Uneven

Level = Literal["act", "watch", "fine", "unknown"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One rating of the project's history: its score and factors (0-100), and what had ``changed`` since the one before."""

    revision: int
    model_version: int
    at: str
    reviewed: int
    population: int
    score: Estimate
    factors: Mapping[str, Estimate]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ahead:
    """The rating (0-100) that is foreseen after ``more`` reviews, which take ``seconds`` of one person."""

    more: int
    reviewed: int
    seconds: float
    score: Estimate


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that may make the rating, or what is done with the model, worse than it looks."""

    key: str
    level: Level
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class WorkDone:
    """What people have done, by the standing judgements.

    ``items`` were reviewed and ``labels`` assigned to them, once for each judgement; ``imported`` counts judgements that came by
    file. ``seconds`` is the active time of the ``timed`` judgements, None while no time is known. ``alpha`` is agreement on the
    ``shared`` items that several people have judged, at most 1.
    """

    judgements: int
    items: int
    labels: int
    skipped: int
    imported: int
    people: int
    seconds: float | None
    timed: int
    shared: int
    alpha: Estimate

    @property
    def per_hour(self) -> float | None:
        """Items judged in an hour of active time; None while no time is known."""
        return None if not self.seconds else 3600.0 * self.timed / self.seconds


@dataclass(frozen=True, slots=True)
class NextAction:
    """An action on offer: what it should bring in rating points, and what it takes. ``texts`` only where they are asked for."""

    kind: str
    title: str
    theme: str
    reason: str
    factor: FactorKey
    items: int
    gain: Estimate
    seconds: float
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A project as it was rated at ``at``. ``target`` is the rating that its profile asks for, 0 to 100.

    ``newer`` counts judgements that the rating does not know of yet. ``to_target`` is how many more reviews the target takes, its
    10 % and 90 % quantiles (None: out of sight); None where that cannot be foreseen or the target is reached. ``history`` is
    oldest first, one moment for each number of reviewed items.
    """

    project: str
    single_label: bool
    profile: str
    target: float
    version: str
    at: str
    newer: int
    rating: Rating
    stop: Stop
    history: tuple[Moment, ...]
    ahead: tuple[Ahead, ...]
    to_target: tuple[float, float | None] | None
    risks: tuple[Risk, ...]
    uneven: tuple[Uneven, ...]
    work: WorkDone
    actions: tuple[NextAction, ...]
    encoder: str
