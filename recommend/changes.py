"""What is worth telling somebody who is not looking: a band crossed, a factor that fell beyond chance, another stop answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from rating.records import Band, band_of
from recommend.wording import ANSWER_WORDS

EventName = Literal["band", "factor", "stop"]
EVENTS: tuple[EventName, ...] = get_args(EventName)
#: A rating that goes back into the band it came from has to be so many points inside it: one at the edge would tell for ever.
MARGIN = 1.0
#: What part of the way to a new value a factor's level goes at each rating, upwards and downwards.
RISES, SINKS = 0.2, 0.1
Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Marks:
    """What somebody was told last: the rating's band, the one before it, the stop answer, and of each factor the level that a
    fall is held against, with its 90 % interval. A level follows the factor's values slowly, so that one high value by chance
    is no mark; ``seen`` are the values that it has followed already.
    """

    band: Band = "none"
    left: Band | None = None
    stop: str = "cannot_tell"
    factors: Mapping[str, Interval] = field(default_factory=dict)
    seen: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to tell. ``before`` and ``after`` are bands, stop answers, or a factor's [value, low, high] (0-100)."""

    event: EventName
    words: str
    before: Any
    after: Any
    factor: str | None = None


def changes(marks: Marks, rating: Mapping[str, Any], stop: str | None, headline: str = "") -> tuple[list[Change], Marks]:
    """What is new since ``marks`` by a kept rating and the last stop answer (None: none yet), and the marks from now on."""
    band, told = _band(marks, rating["score"])
    factors, seen, falls = _factors(marks, rating["factors"])
    answer = stop or "cannot_tell"
    other = [] if answer == marks.stop else [Change("stop", _stop_words(headline, answer), marks.stop, answer)]
    left = marks.band if band != marks.band else marks.left
    return [*told, *falls, *other], Marks(band, left, answer, factors, seen)


def _stop_words(headline: str, answer: str) -> str:
    known = next((words for key, words in ANSWER_WORDS.items() if key == answer), answer)
    return f"Whether to stop: {headline or f'{known}.'}"


def _band(marks: Marks, score: Mapping[str, Any]) -> tuple[Band, list[Change]]:
    value: float | None = score["value"]
    band = band_of(value)
    if band == marks.band or (band == marks.left and value is not None and _at_the_edge(value, marks.band)):
        return marks.band, []
    if value is None:
        return band, [Change("band", f"There is no rating any more. {score['reason']}".strip(), marks.band, band)]
    words = f"The rating is {band.title()} now: {value:.1f} ({score['low']:.1f} to {score['high']:.1f})"
    return band, [
        Change("band", f"{words}; it was {marks.band.title()}." if marks.band != "none" else f"{words}.", marks.band, band)
    ]


def _at_the_edge(value: float, other: Band) -> bool:
    return other in (band_of(max(value - MARGIN, 0.0)), band_of(value + MARGIN))


def _factors(marks: Marks, factors: list[Mapping[str, Any]]) -> tuple[dict[str, Interval], dict[str, float], list[Change]]:
    kept, seen, told = dict(marks.factors), dict(marks.seen), list[Change]()
    for factor in factors:
        score = factor["score"]
        if score["value"] is None or score["value"] == seen.get(factor["key"]):
            continue
        new: Interval = (score["value"], *(score["value"] if score[end] is None else score[end] for end in ("low", "high")))
        old, seen[factor["key"]] = kept.get(factor["key"]), new[0]
        if old is not None and fell(old, new):
            words = f"{factor['title']} fell from {_range(old)}, its level so far, to {_range(new)}: more than chance explains."
            told.append(Change("factor", words, list(old), list(new), factor["key"]))
            old = None
        kept[factor["key"]] = new if old is None else _followed(old, new)
    return kept, seen, told


def _followed(old: Interval, new: Interval) -> Interval:
    """A level that has gone some of the way to a new value."""
    share = RISES if new[0] > old[0] else SINKS
    value, low, high = (before + share * (after - before) for before, after in zip(old, new, strict=True))
    return value, low, high


def fell(old: Interval, new: Interval) -> bool:
    """Whether a value fell so far that the intervals no longer meet: each is (value, low, high) of a 90 % interval.

    A fall is looked for after every rating, so that what is rare once must be rarer still.

    >>> fell((80, 75, 84), (72, 68, 76)), fell((80, 75, 84), (70, 66, 74))
    (False, True)
    """
    return old[1] > new[2]


def _range(interval: Interval) -> str:
    return f"{interval[0]:.1f} ({interval[1]:.1f} to {interval[2]:.1f})"
