"""A label's row in the table, as HTML text: figures that wrap where the page is narrow, in words as well as in colour."""

from __future__ import annotations

import html
from collections.abc import Sequence

from data.store.trends import LabelPoint
from rating.health import Concern
from rating.operating import Lacking, OperatingPoints
from rating.records import Estimate, band_of
from rating.rollup import Node
from rating.thresholds import Cut
from views.wording import LOOKS, figure, reach

#: How each concern shows itself: a shape, the theme's colour, and a word or two; so each is told without colour.
CONCERNS: dict[Concern, tuple[str, str, str]] = {
    "none": ("○", "gray", "no example"),
    "few": ("◔", "yellow", "few examples"),
    "precision": ("▼", "red", "low precision"),
    "biased": ("◐", "blue", "found by search"),
    "coverage": ("◌", "red", "poor coverage"),
}
#: The three thresholds with the words above their figures.
AIMS = (("precise", "few wrong"), ("balanced", "balanced"), ("complete", "few missed"))
_SMALL = "font-size:.76rem;opacity:.72;line-height:1.25"
_NUMBERS = "font-variant-numeric:tabular-nums;white-space:nowrap"
WIDE, HIGH = 84, 26


def figures(node: Node, points: OperatingPoints | None, lacking: Lacking | None, trend: Sequence[LabelPoint]) -> str:
    """What is measured of a label: its average precision with the interval drawn, three thresholds, examples, trend."""
    line = sparkline(trend)
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center">'
        f"{_cell(_quality(node.ap) + _examples(node, lacking), '1 1 170px')}{_cell(_points(points), '1.3 1 210px')}"
        f"{_cell(line, '0 1 84px') if line else ''}</div>"
    )


def _cell(content: str, flex: str) -> str:
    return f'<div style="flex:{flex};min-width:0">{content}</div>'


def _quality(ap: Estimate) -> str:
    """Average precision as a number, a band and a line with its 90 % interval."""
    if ap.value is None:
        return f'<div style="{_SMALL}">{LOOKS["none"].shape} {html.escape(ap.reason or "Not known yet.")}</div>'
    look = LOOKS[band_of(100.0 * ap.value)]
    colour = f"light-dark({look.light},{look.dark})"
    return (
        f'<div style="{_NUMBERS}"><span style="font-weight:600;font-size:1.05rem">{figure(ap.value, "share")}</span> '
        f'<span style="color:{colour};font-weight:600;font-size:.85rem">{look.shape} {look.word}</span> '
        f'<span style="font-size:.76rem;opacity:.72">{reach(ap, "share")}</span></div>{interval_bar(ap, colour)}'
    )


def interval_bar(ap: Estimate, colour: str) -> str:
    """A scale from 0 to 1 with the value as a dot on its 90 % interval."""
    low, high, value = (100.0 * (v if v is not None else ap.value or 0.0) for v in (ap.low, ap.high, ap.value))
    words = f"Average precision {figure(ap.value, 'share')}, 90 percent interval {reach(ap, 'share')}"
    return (
        f'<div role="img" aria-label="{html.escape(words)}" style="position:relative;height:12px;margin-top:3px">'
        '<div style="position:absolute;top:5px;left:0;right:0;height:2px;opacity:.18;background:currentColor"></div>'
        f'<div style="position:absolute;top:3px;height:6px;border-radius:3px;left:{low:.1f}%;width:{max(high - low, 1):.1f}%;'
        f'opacity:.5;background:{colour}"></div>'
        f'<div style="position:absolute;top:0;left:calc({value:.1f}% - 6px);width:12px;height:12px;border-radius:50%;'
        f'background:{colour}"></div></div>'
    )


def _points(points: OperatingPoints | None) -> str:
    """Precision and recall at the three thresholds."""
    if points is None:
        return ""
    cells = "".join(_point(words, getattr(points, name)) for name, words in AIMS)
    return f'<div style="display:flex;gap:.9rem">{cells}</div>'


def _point(words: str, cut: Cut | None) -> str:
    told = f'<div style="{_SMALL}">no threshold keeps nine of ten right</div>'
    if cut is not None:
        lines = (f"{100 * cut.precision:.0f} % right", f"{100 * cut.recall:.0f} % found")
        told = "".join(f'<div style="{_NUMBERS}">{line}</div>' for line in lines)
    return f'<div style="flex:1 1 0"><div style="{_SMALL}">{words}</div>{told}</div>'


def _examples(node: Node, lacking: Lacking | None) -> str:
    count = "–" if node.positives is None else f"{node.positives:,}"
    unit = "example" if node.positives == 1 else "examples"
    more = html.escape(needs(lacking))
    return f'<div style="{_SMALL};margin-top:.25rem">{count} {unit}{": " if more else ""}{more}</div>'


def needs(lacking: Lacking | None) -> str:
    """How many more examples are needed, in words; empty where the question does not arise.

    >>> needs(Lacking(12, 0, 60)), needs(Lacking(12, 4, None)), needs(Lacking(12, 0, None)), needs(Lacking(0, 0, 9))
    ('about 12 more (0 to 60)', 'about 12 more (4 or more)', 'about 12 more, unsure', 'at the target')
    """
    if lacking is None:
        return ""
    if lacking.count is None:
        return lacking.reason
    if lacking.count == 0:
        return "at the target"
    if lacking.high is None and not lacking.low:
        return f"about {lacking.count:,} more, unsure"
    span = f"{lacking.low or 0:,} or more" if lacking.high is None else f"{lacking.low or 0:,} to {lacking.high:,}"
    return f"about {lacking.count:,} more ({span})"


def sparkline(trend: Sequence[LabelPoint]) -> str:
    """Average precision over the ratings so far, from 0 to 1; empty before the second one."""
    if len(trend) < 2:
        return ""
    first, last = trend[0].reviewed, max(trend[-1].reviewed, trend[0].reviewed + 1)
    at = [(3 + (WIDE - 6) * (p.reviewed - first) / (last - first), 3 + (HIGH - 6) * (1 - p.ap)) for p in trend]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    words = f"{figure(trend[0].ap, 'share')} at {first:,} reviews, {figure(trend[-1].ap, 'share')} at {trend[-1].reviewed:,}"
    return (
        f'<svg role="img" aria-label="{words}" width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}"><title>{words}</title>'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.6" opacity=".75"/>'
        f'<circle cx="{at[-1][0]:.1f}" cy="{at[-1][1]:.1f}" r="2.6" fill="currentColor"/></svg>'
    )


def warning_badges(raised: dict[Concern, str]) -> str:
    """What is wrong with a label as badges: colour, shape and words.

    >>> warning_badges({"few": "Few examples: 9; 16 more make its figures firm."})
    ':yellow-badge[◔ few examples]'
    """
    return " ".join(f":{CONCERNS[c][1]}-badge[{CONCERNS[c][0]} {CONCERNS[c][2]}]" for c in raised)
