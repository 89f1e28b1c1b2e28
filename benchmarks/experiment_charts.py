"""The experiment's charts: curves with bands, as SVG on white, so that they can be read by day and by night."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import altair as alt
import pandas as pd

from benchmarks.experiment import AXES, SCENARIOS, TARGETS
from data.errors import InvalidInput
from recommend.curves import Band

_STYLES = (("#1f7a70", [1, 0]), ("#6fb5ab", [6, 3]), ("#c2562c", [1, 0]), ("#e0a184", [6, 3]), ("#54657a", [2, 2]))
_LOOKS = {scenario.name: style for scenario, style in zip(SCENARIOS, _STYLES, strict=True)}
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 4000)
_ABOUT = {
    "reviews": "Macro MAP on the hold-out against reviewed items",
    "sme": "Macro MAP on the hold-out against an expert's hours",
    "wall": "Macro MAP on the hold-out against hours on the clock",
}


def points(found: Mapping[str, Band]) -> pd.DataFrame:
    """The bands as rows of scenario, cost, MAP, and one standard deviation to either side."""
    return pd.DataFrame(
        [
            {"scenario": name, "cost": cost, "MAP": mean, "low": mean - spread, "high": min(mean + spread, 1.0)}
            for name, line in found.items()
            for cost, mean, spread in zip(line.cost, line.mean, line.deviation, strict=True)
        ]
    )


def chart(found: Mapping[str, Band], axis: str) -> alt.LayerChart:
    """One chart of all scenarios: cost in logarithms, the targets dotted, a legend below."""
    table, names = points(found), list(found)
    low, high = float(table["cost"].min()), float(table["cost"].max())
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    scale = alt.Scale(type="log", nice=False, domain=[low, high])
    x = alt.X("cost:Q", title=f"{AXES[axis]} (logarithmic)", scale=scale, axis=alt.Axis(values=ticks, format="~g"))
    bottom = 0.1 * (table["low"].min() // 0.1)
    height = alt.Scale(domain=[bottom, 1.0], clamp=True, zero=False)
    low_y, y, goal = (alt.Y(f"{name}:Q", title="Macro MAP", scale=height) for name in ("low", "MAP", "target"))
    look = alt.Legend(
        orient="bottom",
        columns=2,
        title=None,
        symbolType="stroke",
        symbolSize=500,
        symbolStrokeWidth=2.5,
        symbolOpacity=1.0,
        labelLimit=260,
    )
    colour = alt.Color("scenario:N", scale=alt.Scale(domain=names, range=[_LOOKS[name][0] for name in names]), legend=look)
    dash = alt.StrokeDash("scenario:N", scale=alt.Scale(domain=names, range=[_LOOKS[name][1] for name in names]), legend=look)
    base = alt.Chart(table)
    spread = base.mark_area(opacity=0.18).encode(x=x, y=low_y, y2="high:Q", color=colour)
    line = base.mark_line(strokeWidth=2.4).encode(x=x, y=y, color=colour, strokeDash=dash)
    goals = alt.Chart(pd.DataFrame({"target": TARGETS})).mark_rule(strokeDash=[2, 3], color="#777777").encode(y=goal)
    drawn = alt.layer(goals, spread, line).properties(width=640, height=340, title=_ABOUT[axis])
    return drawn.configure(background="white", padding=14, font="Helvetica, Arial, sans-serif")


def save(found: Mapping[str, Mapping[str, Band]], folder: Path) -> list[Path]:
    """Write one SVG an axis into the folder. InvalidInput when what draws them is not installed."""
    try:
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise InvalidInput(
            "Charts need the package vl-convert-python. Install it with: pip install -r requirements-bench.txt"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for axis, lines in found.items():
        written.append(folder / f"experiment-{axis}.svg")
        chart(lines, axis).save(str(written[-1]), format="svg")
    return written
