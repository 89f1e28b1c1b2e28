"""How numbers, bands and moments are said: one wording for every page. Pure text, no streamlit."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from data.records import StoredAction
from rating.records import Band, Contributor, Rating
from recommend.records import TITLES, Answer
from recommend.wording import (
    ANSWER_WORDS,
    LOOKS,
    MEANINGS,
    UNKNOWN,
    duration,
    figure,
    gain,
    hours,
    plural,
    reach,
)

__all__ = [
    "ANSWERS", "FACTORS", "KIND_ICONS", "LOOKS", "UNKNOWN", "ago", "badge", "band_word", "contributor_line", "duration", "figure",
    "gain", "hours", "meaning", "plain", "plural", "promised_range", "reach", "title_of",
]  # fmt: skip

ANSWERS: dict[Answer, tuple[str, str, str]] = {
    "ready": (ANSWER_WORDS["ready"], "green", ":material/flag:"),
    "plateau": (ANSWER_WORDS["plateau"], "green", ":material/landscape:"),
    "keep_going": (ANSWER_WORDS["keep_going"], "blue", ":material/trending_up:"),
    "cannot_tell": (ANSWER_WORDS["cannot_tell"], "gray", ":material/help:"),
    "false_start": (ANSWER_WORDS["false_start"], "yellow", ":material/restart_alt:"),
    "spent": (ANSWER_WORDS["spent"], "yellow", ":material/hourglass_bottom:"),
    "stalled": (ANSWER_WORDS["stalled"], "red", ":material/report:"),
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
FACTORS: dict[str, str] = {
    "all_labels": "All labels",
    "underperforming": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
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
    return MEANINGS[rating.band]


def title_of(kind: str) -> str:
    """The name of a kind of action."""
    return next((title for key, title in TITLES.items() if key == kind), kind.replace("_", " ").capitalize())


def contributor_line(contributor: Contributor) -> str:
    """A contributor's value with its interval, as Markdown."""
    value = figure(contributor.estimate.value, contributor.unit)
    span = reach(contributor.estimate, contributor.unit)
    return f"**{value}**" + (f" :gray[({span})]" if span else "")


def promised_range(action: StoredAction) -> str:
    """The 90 % range of an action's predicted gain, in points; empty where none was given."""
    promise = action.promise or {}
    return f"{promise['low']:.2f} to {promise['high']:.2f}" if promise else ""


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
