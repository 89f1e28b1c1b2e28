"""Reading a stored project's course: its kept ratings, what its reviews took and gave, and when it went astray."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from data.records import StopCheck
from data.store import Store
from rating.learning import Point, chosen_points, point_of

#: Answers that say that something is wrong, and not merely unfinished.
ASTRAY = ("false_start", "stalled")


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which the stop answer was a false start or stalled: from the check that began it to the last one.

    ``over`` is the first check after it; None while it lasts.
    """

    answer: str
    began: StopCheck
    last: StopCheck
    over: StopCheck | None


def course(store: Store, project_id: int) -> tuple[Point, ...]:
    """The ratings that tell how the project came to where it is, oldest first; each is read once and then remembered."""
    ratings = store.rated_at(project_id)
    numbers, made = chosen_points([(number, reviewed) for number, reviewed, _ in ratings]), {r[0]: r[2] for r in ratings}
    points = [_read(_Place(store, project_id, number, made[number])) for number in numbers]
    spent = store.seconds_by_revision(project_id)
    revisions = [revision for revision, _ in spent]
    return tuple(replace(point, minutes=_minutes(spent, bisect_right(revisions, point.revision))) for point in points)


def _minutes(spent: Sequence[tuple[int, float]], upto: int) -> float | None:
    """Active minutes of the first so many entries; None where no time is known."""
    return spent[upto - 1][1] / 60.0 if upto and spent[-1][1] > 0 else None


class _Place:
    """A rating told by its database, number and moment, so that what is read of it can be remembered."""

    def __init__(self, store: Store, project_id: int, number: int, made: str) -> None:
        self.store, self.project_id, self.number = store, project_id, number
        self.key = (str(store.path.absolute()), project_id, number, made)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and other.key == self.key


@lru_cache(maxsize=1000)
def _read(place: _Place) -> Point:
    kept = place.store.snapshot(place.project_id, place.number)
    return point_of(kept.id, kept.revision, kept.model_version, kept.created_at, kept.reviewed, kept.rating)


def episodes(checks: Sequence[StopCheck]) -> list[Episode]:
    """When the project went astray, oldest first, from all its stop answers, oldest first."""
    found: list[Episode] = []
    for check in checks:
        going = found[-1] if found and found[-1].over is None else None
        if going is not None and check.answer == going.answer:
            found[-1] = replace(going, last=check)
            continue
        if going is not None:
            found[-1] = replace(going, over=check)
        if check.answer in ASTRAY:
            found.append(Episode(check.answer, check, check, None))
    return found
