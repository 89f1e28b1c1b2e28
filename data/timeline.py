"""The course of a project in few figures: its ratings without what stands behind them, and the work of each revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A value with the ends of its 90 % interval, 0 to 100; None where it is not known.
Span = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class RatingMoment:
    """A kept rating in short: ``score`` and ``factors`` (0-100, by key), what it was given for and with which model.

    ``reviewed`` of ``population`` items had been judged. ``config`` is that of the model and of the rating.
    """

    id: int
    revision: int
    model_version: int
    at: str
    reviewed: int
    population: int
    score: Span
    factors: Mapping[str, Span]
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """What one revision added: ``judgements`` in all, those of them ``imported``, and active ``seconds`` where known."""

    revision: int
    judgements: int
    imported: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Again:
    """A decision at a ``revision`` on an item that was judged before, at revision ``first`` for the first time."""

    item_id: int
    first: int
    revision: int


@dataclass(frozen=True, slots=True)
class DayOfWork:
    """What one person judged on one day (UTC), by each item's last standing judgement of that person.

    ``items`` were reviewed, with ``labels`` assigned; of these ``confirmed`` had been suggested, and ``dismissed`` are labels
    that were expressly refused, all without what a label's reset has put aside. ``timed`` judgements took ``seconds``, those that
    were judged anew later included, so that a day may have no item; of others the time is not known. ``imported`` of the items
    came by file.
    """

    day: str
    person: str
    items: int
    labels: int
    confirmed: int
    dismissed: int
    imported: int
    timed: int
    seconds: float
