"""How numbers, bands and answers are said, on every page and in every report. Pure text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rating.records import Band, Estimate, band_of
from recommend.records import Answer

UNKNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Look:
    """How a band shows itself: a word, a shape, the theme's colour, and a colour for day and for night."""

    word: str
    shape: str
    mark: str
    colour: str
    light: str
    dark: str


#: Four hues that stay apart for colour-blind eyes; the shape and the word say the same without colour.
LOOKS: dict[Band, Look] = {
    "poor": Look("Poor", "▼", "triangle-down", "red", "#b4441f", "#e8835c"),
    "average": Look("Average", "◆", "diamond", "yellow", "#a67c00", "#dcb445"),
    "good": Look("Good", "●", "circle", "blue", "#2f6299", "#7aaede"),
    "excellent": Look("Excellent", "▲", "triangle-up", "green", "#14735f", "#5cc0a6"),
    "none": Look("No rating yet", "○", "circle", "gray", "#66706e", "#94a19e"),
}
#: What a stop answer is called.
ANSWER_WORDS: dict[Answer, str] = {
    "ready": "Ready",
    "plateau": "Plateau reached",
    "keep_going": "Keep going",
    "cannot_tell": "Cannot tell yet",
    "false_start": "False start",
    "spent": "Budget spent",
    "stalled": "Stalled",
}
#: What the rating's band means for its user, in one sentence.
MEANINGS: dict[Band, str] = {
    "none": "There is not enough to judge the model by.",
    "poor": "The model guesses more than it knows: label first, rely on it later.",
    "average": "The model has the main themes; do not act on single predictions yet.",
    "good": "Good enough for analytics: shares and trends can be trusted, single predictions mostly.",
    "excellent": "Good enough for automation: single predictions can be acted on.",
}


def figure(value: float | None, unit: str = "score") -> str:
    """A value in its unit; None is said, never shown as 0. A score is not rounded into a band that it has not reached.

    >>> figure(0.673, "share"), figure(12.0, "count"), figure(65.8), figure(69.6), figure(None)
    ('67 %', '12', '66', '69.6', 'not known yet')
    """
    if value is None:
        return UNKNOWN
    if unit == "share":
        percent = 100 * value
        return f"{percent:.1f} %" if 0 < percent < 9.95 else f"{percent:.0f} %"
    if unit == "count":
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{value:.0f}" if band_of(round(value)) == band_of(value) else f"{value:.1f}"


def reach(estimate: Estimate, unit: str = "score") -> str:
    """The 90 % interval in words; empty when there is none.

    >>> reach(Estimate(0.67, 0.62, 0.73), "share"), reach(Estimate(0.01, None, 0.02), "share"), reach(Estimate(3.0))
    ('62 % to 73 %', 'at most 2.0 %', '')
    """
    low, high = estimate.low, estimate.high
    if low is not None and high is not None:
        return f"{figure(low, unit)} to {figure(high, unit)}"
    return "" if high is None else f"at most {figure(high, unit)}"


def gain(points: float | None) -> str:
    """Rating points with their sign.

    >>> gain(1.84), gain(-0.2), gain(0.03), gain(None)
    ('+1.8 points', '−0.2 points', '+0.03 points', 'gain not known yet')
    """
    if points is None:
        return "gain not known yet"
    digits = 1 if abs(points) >= 0.1 or points == 0 else 2
    return f"{'−' if points < 0 else '+'}{abs(points):.{digits}f} points"


def duration(seconds: float | None) -> str:
    """A time of work in words.

    >>> duration(48), duration(95), duration(5400), duration(None)
    ('48 s', '1.6 min', '1.5 h', 'time not known')
    """
    if seconds is None:
        return "time not known"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def hours(span: tuple[float, float] | None) -> str:
    """A range of hours left; minutes while it is short.

    >>> hours((0.5, 2.0)), hours((3.0, float("inf"))), hours((0.0, 0.4)), hours(None)
    ('30 to 120 minutes', 'More than 3 hours', 'Up to 24 minutes', '')
    """
    if span is None:
        return ""
    low, high = span
    if high == float("inf"):
        return f"More than {low:.2g} hours"
    scale, unit = (60.0, "minutes") if high <= 2.0 else (1.0, "hours")
    least, most = (f"{scale * value:.2g}" if unit == "hours" else f"{scale * value:.0f}" for value in (low, high))
    return f"Up to {most} {unit}" if scale * low < 0.5 else f"{least} to {most} {unit}"


def plural(count: int, word: str) -> str:
    """A count with its word.

    >>> plural(1, "review"), plural(1200, "item")
    ('1 review', '1,200 items')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def for_json(value: Any) -> Any:
    """What JSON can hold: neither infinite nor undefined numbers.

    >>> for_json({"hours": (3.0, float("inf"))})
    {'hours': [3.0, None]}
    """
    if isinstance(value, dict):
        return {str(key): for_json(cell) for key, cell in value.items()}
    if isinstance(value, list | tuple):
        return [for_json(cell) for cell in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
