"""Charts and table of a what-if simulation. No streamlit, so that each can be tested as what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from recommend.curves import band
from recommend.replay import HANDED_OVER, TITLES
from recommend.verdict import Axis, Line, curves_of, strategies_of
from views.charts import layered

#: What each chart is against: its title, and whether the axis is a logarithm (a week beside a quarter of an hour).
AXES: dict[Axis, tuple[str, bool]] = {
    "reviews": ("Reviews", False),
    "work": ("Hours of an expert's work", False),
    "clock": ("Hours on the clock", True),
}
#: Hues and dashes that stay apart for colour-blind eyes, on paper and on slate.
_LOOKS = (
    ("#2f8a80", [1, 0]), ("#cf6237", [6, 3]), ("#4d86bf", [2, 2]), ("#b0881a", [8, 2, 2, 2]), ("#9a6fb0", [4, 4]),
    ("#7a8784", [1, 3]),
)  # fmt: skip
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def title_of(strategy: str) -> str:
    """A strategy in words; one that is no longer known by its name."""
    return TITLES.get(strategy, strategy)


def curve_table(result: Mapping[str, Any], axis: Axis, waiting: float) -> pd.DataFrame:
    """Mean quality (0-1) of each strategy over what it cost, with one standard deviation to either side."""
    rows = []
    for name in strategies_of(result):
        found = band(curves_of(result, name, axis, waiting), 160)
        for cost, mean, deviation in zip(found.cost, found.mean, found.deviation, strict=True):
            low, high = max(mean - deviation, 0.0), min(mean + deviation, 1.0)
            rows.append({"cost": cost, "MAP": mean, "low": low, "high": high, "strategy": title_of(name)})
    return pd.DataFrame(rows)


def chart(table: pd.DataFrame, axis: Axis, strategies: Sequence[str], target: float) -> alt.LayerChart:
    """Quality against one kind of cost, a line and a band for each strategy; the target dotted."""
    title, logarithmic = AXES[axis]
    names = [title_of(name) for name in strategies]
    looks = [_LOOKS[k % len(_LOOKS)] for k in range(len(names))]
    colour = alt.Color("strategy:N", scale=alt.Scale(domain=names, range=[look for look, _ in looks]), legend=None)
    dash = alt.StrokeDash("strategy:N", scale=alt.Scale(domain=names, range=[dashes for _, dashes in looks]), legend=None)
    x, y = _cost(table, logarithmic), _quality(table)
    base = alt.Chart(table)
    spread = base.mark_area(opacity=0.15).encode(x=x, y=y, y2="high:Q", color=colour)
    tips = [
        alt.Tooltip("strategy:N", title="Chosen by"), alt.Tooltip("MAP:Q", title="MAP", format=".3f"),
        alt.Tooltip("cost:Q", title=title, format=",.0f" if axis == "reviews" else ",.2f"),
    ]  # fmt: skip
    line = base.mark_line(strokeWidth=2.4, clip=True).encode(x=x, y="MAP:Q", color=colour, strokeDash=dash, tooltip=tips)
    rule = alt.Chart(pd.DataFrame({"target": [target]})).mark_rule(strokeDash=[2, 3], color="#7a8784").encode(y="target:Q")
    return layered(spread, rule, line).properties(height=250)


def _cost(table: pd.DataFrame, logarithmic: bool) -> alt.X:
    if not logarithmic or table["cost"].max() < 5 * table["cost"].min():
        return alt.X("cost:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=5))
    ticks = [tick for tick in _TICKS if table["cost"].min() <= tick <= table["cost"].max()]
    axis = alt.Axis(values=ticks, format="~g", labelOverlap=True)
    return alt.X("cost:Q", title=None, scale=alt.Scale(type="log", nice=False), axis=axis)


def _quality(table: pd.DataFrame) -> alt.Y:
    low, high = 0.05 * (table["low"].min() // 0.05), min(0.05 * (table["high"].max() // 0.05 + 1), 1.0)
    return alt.Y("low:Q", title="MAP", scale=alt.Scale(domain=[low, high], nice=False), axis=alt.Axis(tickCount=5, format=".2f"))


def legend(strategies: Sequence[str]) -> str:
    """What the lines of the charts are, once for all of them."""
    marks = []
    for k, name in enumerate(strategies):
        colour, dashes = _LOOKS[k % len(_LOOKS)]
        style = "solid" if dashes == [1, 0] else "dotted" if dashes in ([2, 2], [1, 3]) else "dashed"
        bar = f"display:inline-block;width:26px;border-top:3px {style} {colour};margin:0 .5rem .25rem 0"
        marks.append(f'<span style="margin-right:1.5rem;white-space:nowrap"><span style="{bar}"></span>{title_of(name)}</span>')
    note = '<span style="opacity:.75">Bands: one standard deviation over the runs.</span>'
    return f'<div style="font-size:.9rem;line-height:1.7">{" ".join(marks)}{note}</div>'


def line_table(found: Sequence[Line]) -> pd.DataFrame:
    """What each strategy needs to reach the target, as a table; empty cells where it does not."""
    rows = [
        {
            "Items chosen by": line.title, "Reviews": line.reviews, "± reviews": line.spread, "Hours of work": line.work,
            "Hours on the clock": line.clock, "Mean MAP": line.area,
        }
        for line in found
    ]  # fmt: skip
    return pd.DataFrame(rows)


def needs_waiting(strategies: Sequence[str]) -> bool:
    """Whether one of the strategies hands batches over, so that it waits."""
    return HANDED_OVER in strategies
