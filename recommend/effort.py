"""What people have done, from the work of each day: items and labels apart, time, and how many items an hour. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.timeline import DayOfWork

#: The newest days that the pace is told of, against all before.
RECENT = 7
#: Who judgements of a file are kept under that names nobody.
NOBODY = "import"


@dataclass(frozen=True, slots=True)
class Speed:
    """Judgements whose time is known, the active ``seconds`` that they took, and the first and last day of them."""

    timed: int
    seconds: float
    first: str
    last: str

    @property
    def per_hour(self) -> float:
        """Judgements an hour of active time."""
        return 3600.0 * self.timed / self.seconds


@dataclass(frozen=True, slots=True)
class Effort:
    """The work so far. ``labels`` were assigned, of which ``confirmed`` had been suggested; ``dismissed`` were refused.

    Counts are of each person's last standing judgement of an item, ``judgements`` of them, ``imported`` of these by file.
    ``seconds`` is the active time of the ``timed`` ones, None while no time is known. ``recent`` is the week up to the newest
    day of known time, ``earlier`` all before it; None without any.
    """

    judgements: int
    labels: int
    confirmed: int
    dismissed: int
    imported: int
    people: tuple[str, ...]
    timed: int
    seconds: float | None
    recent: Speed | None
    earlier: Speed | None


def effort_of(days: Sequence[DayOfWork]) -> Effort:
    """The work of all days, which are in order."""
    timed = [day for day in days if day.timed]
    since = (date.fromisoformat(timed[-1].day) - timedelta(days=RECENT - 1)).isoformat() if timed else ""
    seconds = sum(day.seconds for day in timed)
    return Effort(
        judgements=sum(day.items for day in days), labels=sum(day.labels for day in days),
        confirmed=sum(day.confirmed for day in days), dismissed=sum(day.dismissed for day in days),
        imported=sum(day.imported for day in days),
        people=tuple(sorted({day.person for day in days if day.items} - {NOBODY}, key=str.casefold)),
        timed=sum(day.timed for day in timed), seconds=seconds or None,
        recent=_speed([day for day in timed if day.day >= since]), earlier=_speed([day for day in timed if day.day < since]),
    )  # fmt: skip


def _speed(days: Sequence[DayOfWork]) -> Speed | None:
    if not days:
        return None
    return Speed(sum(day.timed for day in days), sum(day.seconds for day in days), days[0].day, days[-1].day)
