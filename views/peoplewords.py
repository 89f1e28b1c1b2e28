"""How agreement and habits are said. Pure text, no streamlit."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rating.agreement import Agreement
from rating.habits import Habit
from rating.records import Estimate
from recommend.people import RELIABLE, TENTATIVE
from views.wording import plain

#: An interval wider than this says next to nothing.
WIDE = 0.5


def strength(alpha: Estimate) -> str:
    """What an agreement beyond chance is worth, told by its value; a dash where there is none.

    >>> strength(Estimate(0.85)), strength(Estimate(0.7)), strength(Estimate(0.2)), strength(Estimate(None))
    ('● reliable', '◆ usable with care', '▼ people differ', '–')
    >>> strength(Estimate(0.5, 0.0, 0.9))
    '○ too few to tell'
    """
    if alpha.value is None:
        return "–"
    if alpha.low is not None and alpha.high is not None and alpha.high - alpha.low > WIDE:
        return "○ too few to tell"
    return "● reliable" if alpha.value >= RELIABLE else "◆ usable with care" if alpha.value >= TENTATIVE else "▼ people differ"


def beyond_chance(alpha: Estimate) -> str:
    """Agreement beyond chance as a number with its 90 % interval; a dash where there is none.

    >>> beyond_chance(Estimate(0.824, 0.7, 0.9)), beyond_chance(Estimate(-0.1, -0.3, 0.2)), beyond_chance(Estimate(None))
    ('0.82 (0.70 to 0.90)', '−0.10 (−0.30 to 0.20)', '–')
    """
    if alpha.value is None or alpha.low is None or alpha.high is None:
        return "–"
    value, low, high = (f"{number:.2f}".replace("-", "−") for number in (alpha.value, alpha.low, alpha.high))
    return f"{value} ({low} to {high})"


def kappa(found: Agreement) -> str:
    """Cohen's kappa where exactly two people have judged, else Fleiss'; a dash where neither can be told."""
    return beyond_chance(found.fleiss if found.cohen.value is None else found.cohen)


def habit_line(habit: Habit, label: str) -> str:
    """What is beyond chance in how a person assigns a label, as Markdown.

    >>> habit_line(Habit("Ben", 3, "before", 14, 6.4, 3.0, 10.0, "2026-11-10T08:00:00+00:00", 0.01), "Refund")
    '**Ben** assigns **Refund** more often than before: 14 times since 10 November 2026, where like items let expect 6 (3 to 10).'
    >>> habit_line(Habit("Ben", 3, "others", 2, 9.0, 5.0, 13.0, "2026-11-10T08:00:00+00:00", 0.01), "Refund")
    '**Ben** assigns **Refund** less often than the others: 2 times, where like items let expect 9 (5 to 13).'
    """
    often = "more" if habit.given > habit.expected else "less"
    times = "once" if habit.given == 1 else f"{habit.given} times"
    since = f" since {day(habit.since)}" if habit.against == "before" else ""
    than = "before" if habit.against == "before" else "the others"
    return (
        f"**{plain(habit.person)}** assigns **{plain(label)}** {often} often than {than}: {times}{since}, where like items let "
        f"expect {habit.expected:.0f} ({habit.low:.0f} to {habit.high:.0f})."
    )


def day(moment: str) -> str:
    """The day of a moment.

    >>> day("2026-11-10T08:00:00+00:00")
    '10 November 2026'
    """
    return datetime.fromisoformat(moment).strftime("%-d %B %Y")


def clock(moment: str, zone: str | None = None) -> str:
    """The day and minute of a moment in a time zone, in UTC where none is known.

    >>> clock("2026-11-10T08:05:00+00:00"), clock("2026-11-10T08:05:00+00:00", "Europe/Berlin")
    ('10 November 2026, 08:05 UTC', '10 November 2026, 09:05')
    """
    written = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone or "UTC")).strftime("%-d %B %Y, %H:%M")
    return written if zone else f"{written} UTC"
