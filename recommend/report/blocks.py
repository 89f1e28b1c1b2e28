"""What a page of a report consists of, before it is HTML or PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rating.records import Band
from recommend.report.drawing import Drawing, Ink
from recommend.report.records import Level

Mark = Level | Literal["met", "open", ""]

#: How wide charts are drawn, in points.
WIDE, NARROW = 720.0, 350.0
#: What a mark looks like, and what it says: never by colour alone.
MARKS: dict[Mark, tuple[str, str]] = {
    "act": ("▼", "Act"), "watch": ("◆", "Watch"), "fine": ("●", "Fine"), "unknown": ("○", "Unknown"),
    "met": ("✓", "Met"), "open": ("○", "Open"),
}  # fmt: skip
#: The ink that a mark has besides.
TINTS: dict[Mark, Ink] = {
    "act": "poor", "watch": "average", "fine": "good", "unknown": "soft", "met": "excellent", "open": "soft",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a ``small`` one is an aside."""

    words: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Headline:
    """The rating as a large number with its band, its interval and what it means."""

    number: str
    band: Band
    span: str
    words: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its title and a line of explanation."""

    title: str
    value: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list, with a mark and a title in front of it where it has them."""

    words: str
    mark: Mark = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """A list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose cells are said already; the columns in ``numbers`` are set to the right, those in ``wide`` get more room."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    wide: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart for wide and one for narrow pages, with its title and the sentence that says what it shows."""

    title: str
    message: str
    wide: Drawing
    narrow: Drawing


Block = Text | Headline | Facts | Lines | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with its title; ``key`` is its address in the page."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def drawn(title: str, message: str, draw: Callable[[float], Drawing]) -> Figure:
    """A chart for both widths."""
    return Figure(title, message, draw(WIDE), draw(NARROW))
