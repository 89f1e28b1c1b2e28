"""How numbers, bands and moments are said: one wording for every page. Pure text, no streamlit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from data.records import StoredAction
from rating.records import Band, Contributor, Estimate, Rating, band_of
from recommend.records import TITLES, Answer

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
ANSWERS: dict[Answer, tuple[str, str, str]] = {
    "ready": ("Ready", "green", ":material/flag:"),
    "plateau": ("Plateau reached", "green", ":material/landscape:"),
    "keep_going": ("Keep going", "blue", ":material/trending_up:"),
    "cannot_tell": ("Cannot tell yet", "gray", ":material/help:"),
    "false_start": ("False start", "yellow", ":material/restart_alt:"),
    "spent": ("Budget spent", "yellow", ":material/hourglass_bottom:"),
    "stalled": ("Stalled", "red", ":material/report:"),
}
KIND_ICONS: dict[str, str] = {
    "discover": ":material/explore:",
    "low_confidence": ":material/help_center:",
    "shuffle": ":material/shuffle:",
    "rebalance": ":material/balance:",
    "teach": ":material/school:",
    "confirm": ":material/done_all:",
    "check": ":material/fact_check:",
    "missed": ":material/manage_search:",
    "search": ":material/search:",
    "merge": ":material/call_merge:",
    "resolve": ":material/handshake:",
    "sample": ":material/filter_list:",
    "second": ":material/groups:",
}
FACTORS = {
    "all_labels": "All labels",
    "underperforming": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
}
_MEANINGS: dict[Band, str] = {
    "none": "There is not enough to judge the model by.",
    "poor": "The model guesses more than it knows: label first, rely on it later.",
    "average": "The model has the main themes; do not act on single predictions yet.",
    "good": "Good enough for analytics: shares and trends can be trusted, single predictions mostly.",
    "excellent": "Good enough for automation: single predictions can be acted on.",
}


def badge(band: Band) -> str:
    """A band as a Markdown badge: colour, shape and word.

    >>> badge("good")
    ':blue-badge[● Good]'
    """
    look = LOOKS[band]
    return f":{look.colour}-badge[{look.shape} {look.word}]"


def band_word(band: Band) -> str:
    """A band as shape and word, for tables.

    >>> band_word("poor")
    '▼ Poor'
    """
    return f"{LOOKS[band].shape} {LOOKS[band].word}"


def meaning(rating: Rating) -> str:
    """What the rating means for its user, in one sentence."""
    return _MEANINGS[rating.band]


def title_of(kind: str) -> str:
    """The name of a kind of action."""
    return next((title for key, title in TITLES.items() if key == kind), kind.replace("_", " ").capitalize())


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


def contributor_line(contributor: Contributor) -> str:
    """A contributor's value with its interval, as Markdown."""
    value = figure(contributor.estimate.value, contributor.unit)
    span = reach(contributor.estimate, contributor.unit)
    return f"**{value}**" + (f" :gray[({span})]" if span else "")


def gain(points: float | None) -> str:
    """Rating points with their sign.

    >>> gain(1.84), gain(-0.2), gain(0.03), gain(None)
    ('+1.8 points', '−0.2 points', '+0.03 points', 'gain not known yet')
    """
    if points is None:
        return "gain not known yet"
    digits = 1 if abs(points) >= 0.1 or points == 0 else 2
    return f"{'−' if points < 0 else '+'}{abs(points):.{digits}f} points"


def promised_range(action: StoredAction) -> str:
    """The 90 % range of an action's predicted gain, in points; empty where none was given."""
    promise = action.promise or {}
    return f"{promise['low']:.2f} to {promise['high']:.2f}" if promise else ""


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


def ago(moment: str, *, now: datetime | None = None) -> str:
    """How long ago something was.

    >>> ago("2026-01-01T00:00:00+00:00", now=datetime(2026, 1, 1, 0, 5, tzinfo=UTC))
    '5 minutes ago'
    """
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"


def plural(count: int, word: str) -> str:
    """A count with its word.

    >>> plural(1, "review"), plural(1200, "item")
    ('1 review', '1,200 items')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def plain(text: str) -> str:
    """Text from a file or a person, so that Markdown shows it as it stands.

    >>> plain("A_b [c] $5")
    'A\\\\_b \\\\[c\\\\] \\\\$5'
    """
    return re.sub(r"([\\`*_\[\]$:~#<>|])", r"\\\1", text)


def file_stem(name: str) -> str:
    """A project's name as the beginning of a file's.

    >>> file_stem("My mail / 2026")
    'my-mail---2026'
    """
    return "".join(c if c.isalnum() else "-" for c in name).strip("-").lower()
