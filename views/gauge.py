"""The rating as something to look at: terraces that rise to a plateau, the value on them and its interval. HTML as text.

Colours are given for day and night by ``light-dark()``; words, shapes and positions say everything without colour.
"""

from __future__ import annotations

import html

from rating.records import Band, Estimate, band_of
from views.wording import LOOKS, figure, reach

#: The mark of the app: a hill with a flat top.
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 32" height="32">'
    '<path d="M2 27 L11.5 8.5 Q12.3 7 14 7 H24 Q25.7 7 26.5 8.5 L36 27 Z" fill="{hill}"/>'
    '<path d="M12.6 9.2 Q13 8.4 14 8.4 H24 Q25 8.4 25.4 9.2 L27 12.4 H11 Z" fill="{top}"/>{word}</svg>'
)
WORD = (
    '<text x="46" y="23.5" font-family="Source Serif, Georgia, serif" font-size="22" font-weight="600" fill="{ink}">'
    "Plateau</text>"
)

_STEPS: tuple[tuple[Band, float, float, float], ...] = (
    ("poor", 0.0, 50.0, 0.28),
    ("average", 50.0, 70.0, 0.52),
    ("good", 70.0, 90.0, 0.76),
    ("excellent", 90.0, 100.0, 1.0),
)
_HEIGHT = 64.0


def logo(*, dark: bool, word: bool = True) -> str:
    """The mark, with the name beside it unless told otherwise, as SVG."""
    hill, top, ink = ("#2f8078", "#a8ddd2", "#e4eae6") if dark else ("#1f655f", "#9fcdc3", "#22302f")
    return MARK.format(width=144 if word else 38, hill=hill, top=top, word=WORD.format(ink=ink) if word else "")


def terraces(estimate: Estimate) -> str:
    """A wide gauge from 0 to 100 for the Model Rating; empty terraces while there is none."""
    steps = "".join(_step(*step, reached=band_of(estimate.value) == step[0]) for step in _STEPS)
    return (
        f'<div role="img" aria-label="{html.escape(_words(estimate))}" style="position:relative;margin:.4rem 0 2.6rem">'
        f'<div style="display:flex;align-items:flex-end;height:{_HEIGHT:.0f}px;gap:2px">{steps}</div>'
        f"{_interval(estimate, top=_HEIGHT + 5, height=6)}{_value(estimate)}{_ticks()}</div>"
    )


def _step(band: Band, low: float, high: float, height: float, *, reached: bool) -> str:
    look, colour = LOOKS[band], _colour(band)
    share = 80 if reached else 30
    return (
        f'<div title="{look.word}: {low:.0f} to {high:.0f}" style="flex:{high - low:.0f} 1 0;height:{100 * height:.0f}%;'
        f"background:color-mix(in srgb,{colour} {share}%,transparent);border-radius:5px 5px 0 0;"
        f'border-top:3px solid {colour}"></div>'
    )


def _interval(estimate: Estimate, *, top: float, height: int) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return (
        f'<div style="position:absolute;left:{estimate.low:.1f}%;width:{max(estimate.high - estimate.low, 0.5):.1f}%;'
        f"top:{top:.0f}px;height:{height}px;border-radius:{height // 2}px;"
        'background:color-mix(in srgb,currentColor 45%,transparent)"></div>'
    )


def _colour(band: Band) -> str:
    return f"light-dark({LOOKS[band].light},{LOOKS[band].dark})"


def _value(estimate: Estimate) -> str:
    if estimate.value is None:
        return ""
    return (
        f'<div style="position:absolute;left:calc({estimate.value:.1f}% - 1px);top:0;width:2px;height:{_HEIGHT + 11:.0f}px;'
        'background:currentColor"></div>'
        f'<div style="position:absolute;left:calc({estimate.value:.1f}% - 6px);top:{_HEIGHT + 2:.0f}px;width:12px;height:12px;'
        'border-radius:50%;background:currentColor;border:2px solid light-dark(#fbfaf6,#121a1b)"></div>'
    )


def _ticks() -> str:
    marks = "".join(
        f'<span style="position:absolute;left:{at}%;transform:translateX({shift}%)">{at}</span>'
        for at, shift in ((0, 0), (50, -50), (70, -50), (90, -50), (100, -100))
    )
    return f'<div style="position:absolute;top:{_HEIGHT + 18:.0f}px;left:0;right:0;font-size:.78rem;opacity:.75">{marks}</div>'


def bar(estimate: Estimate) -> str:
    """A thin gauge from 0 to 100 for one factor."""
    filled, colour = estimate.value or 0.0, _colour(band_of(estimate.value))
    return (
        f'<div role="img" aria-label="{html.escape(_words(estimate))}" style="position:relative;height:17px">'
        '<div style="height:8px;border-radius:4px;background:color-mix(in srgb,currentColor 12%,transparent)">'
        f'<div style="height:8px;border-radius:4px;width:{filled:.1f}%;background:{colour}"></div></div>'
        f"{_interval(estimate, top=11, height=4)}</div>"
    )


def lit(content: str, *, dark: bool) -> str:
    """Content for a place that does not inherit day or night from the page, as a drawer."""
    return f'<div style="color-scheme:{"dark" if dark else "light"}">{content}</div>'


def factor_head(title: str, estimate: Estimate) -> str:
    """A factor's name, number, band and gauge."""
    look, colour = LOOKS[band_of(estimate.value)], _colour(band_of(estimate.value))
    number = "–" if estimate.value is None else figure(estimate.value)
    return (
        f'<div style="font-weight:600">{html.escape(title)}</div>'
        '<div style="display:flex;align-items:baseline;gap:.6rem;line-height:1.25;margin-bottom:.35rem">'
        f'<span style="font-size:2rem;font-weight:600;font-variant-numeric:tabular-nums">{number}</span>'
        f'<span style="font-weight:600;color:{colour}">{look.shape} {look.word}</span></div>'
        f"{bar(estimate)}"
    )


def headline(estimate: Estimate) -> str:
    """The rating as a large number with its band and interval."""
    look, colour = LOOKS[band_of(estimate.value)], _colour(band_of(estimate.value))
    number = "–" if estimate.value is None else figure(estimate.value)
    span = f"90 % sure: {reach(estimate)}" if estimate.low is not None else ""
    return (
        '<div style="display:flex;align-items:baseline;gap:.9rem;flex-wrap:wrap;line-height:1.1">'
        f'<span style="font-size:3.7rem;font-weight:600;font-variant-numeric:tabular-nums">{number}</span>'
        f'<span style="font-size:1.35rem;font-weight:600;color:{colour}">{look.shape} {look.word}</span>'
        f'<span style="opacity:.75">{span}</span></div>'
    )


def _words(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"{LOOKS['none'].word}. {estimate.reason}"
    return f"{figure(estimate.value)} of 100, {LOOKS[band_of(estimate.value)].word}; 90 percent interval {reach(estimate)}"
