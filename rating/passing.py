"""Whether a rating passes a limit: what a pipeline asks before it lets a model through."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from data.errors import InvalidInput
from rating.records import Rating

At = Literal["value", "low"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The least rating that passes, 0 to 100, held against the rating itself or the lower end of its 90 % interval."""

    fail_under: float
    at: At = "value"

    def __post_init__(self) -> None:
        if not isfinite(self.fail_under) or not 0 <= self.fail_under <= 100:
            raise InvalidInput(f"A limit is a rating from 0 to 100; --fail-under has {self.fail_under:g}. Give another number.")


@dataclass(frozen=True, slots=True)
class Passing:
    """What a limit says of a rating: ``found`` is what was held against it, None where that is unknown; ``words`` say why."""

    fail_under: float
    at: At
    found: float | None
    passed: bool
    words: str


def passing(rating: Rating, limit: Limit) -> Passing:
    """Hold a rating against a limit. A rating that is not known yet does not pass."""
    found = rating.score.value if limit.at == "value" else rating.score.low
    what = "rating" if limit.at == "value" else "lower end of the rating's 90 % interval"
    if found is None:
        words = f"The {what} is not known yet, so it does not pass the limit of {limit.fail_under:g}."
        return Passing(limit.fail_under, limit.at, None, False, words)
    passed = found >= limit.fail_under
    words = f"The {what} is {found:.1f}, {'not ' if passed else ''}below the limit of {limit.fail_under:g}."
    return Passing(limit.fail_under, limit.at, found, passed, words)
