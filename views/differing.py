"""Two texts side by side: the words that only one of them has stand out, the rest is shortened. Pure, no streamlit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

#: Of a run of equal words so many are shown on either side of a difference; of a text so many words are compared.
AROUND, MOST = 12, 1500
#: Of two texts that are the same so many words are shown.
SAME = 60
_STYLE = (
    "<style>.words{line-height:1.65;overflow-wrap:anywhere}.words mark{color:inherit;font-weight:650;border-radius:3px;"
    "padding:0 2px;text-decoration:underline 2px}.words .gone mark{background:rgba(207,98,55,.22);text-decoration-style:dashed}"
    ".words .come mark{background:rgba(77,134,191,.26);text-decoration-style:double}</style>"
)
#: What the marks mean, in words.
LEGEND = "Words that only one of the two has are underlined: dashed on the left, double on the right."

#: Words in a row, and whether the other text lacks them.
Run = tuple[str, bool]


def differing(left: str, right: str) -> tuple[list[Run], list[Run]]:
    """Both texts as runs of words, each with whether it is this text's alone.

    >>> differing("the red parcel is late", "the parcel is very late")
    ([('the', False), ('red', True), ('parcel is late', False)], [('the parcel is', False), ('very', True), ('late', False)])
    """
    sides = [re.findall(r"\S+", text)[:MOST] for text in (left, right)]
    one, other = ([word.casefold() for word in side] for side in sides)
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return (
        _runs([(sides[0][a:b], tag != "equal") for tag, a, b, _, _ in steps]),
        _runs([(sides[1][c:d], tag != "equal") for tag, _, _, c, d in steps]),
    )


def _runs(parts: Sequence[tuple[list[str], bool]]) -> list[Run]:
    """Runs of words, neighbours of one kind joined and empty ones left out."""
    found: list[Run] = []
    for words, alone in parts:
        if not words:
            continue
        if found and found[-1][1] == alone:
            found[-1] = (f"{found[-1][0]} {' '.join(words)}", alone)
        else:
            found.append((" ".join(words), alone))
    return found


def as_html(runs: Sequence[Run], side: str) -> str:
    """Runs as HTML, the words of one text alone marked by colour, weight and underline; ``side`` is 'gone' or 'come'."""
    last = len(runs) - 1
    if len(runs) == 1 and not runs[0][1]:
        words = runs[0][0].split()
        return _framed(escape(" ".join([*words[:SAME], "…"] if len(words) > SAME else words)), side)
    parts = [
        f"<mark>{escape(text)}</mark>" if alone else escape(shortened(text, first=k == 0, last=k == last))
        for k, (text, alone) in enumerate(runs)
    ]
    return _framed(" ".join(parts) or "(no text)", side)


def _framed(content: str, side: str) -> str:
    return f'{_STYLE}<div class="words"><span class="{side}">{content}</span></div>'


def shortened(text: str, *, first: bool, last: bool) -> str:
    """A run of equal words, without its middle where it is long; at either end of a text without what is far from the rest.

    >>> shortened("a b c", first=True, last=True), len(shortened("w " * 99, first=False, last=False).split())
    ('a b c', 25)
    """
    words = text.split()
    if len(words) <= 2 * AROUND + 1:
        return text
    head, tail = (words[:AROUND] if not first or last else []), (words[-AROUND:] if not last else [])
    return " ".join([*head, "…", *tail])
