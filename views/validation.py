"""The parts of the Validation page: estimates held against the truth, from figures that the benchmark has written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from views.charts import layered
from views.wording import figure, plural

MEASURED = Path(__file__).resolve().parent.parent / "benchmarks" / "measured" / "validation.json"

#: Every estimate: its title, and how many of its points make 1.
ESTIMATES: dict[str, str] = {
    "rating": "Model Rating",
    "map": "All labels",
    "worst": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
    "message_coverage": "Message coverage",
    "missing_mass": "Undiscovered concepts",
}
POLICIES: dict[str, tuple[str, str]] = {
    "plateau": ("Plateau's plan", "what the Overview proposes"),
    "random": ("At random", "Shuffle alone"),
    "heavy": ("Hardly at random", "doubtful and likely items, 4 % by Shuffle"),
    "search-biased": ("Half by search", "items like one example, the rest at random"),
    "cluster-only": ("Theme by theme", "all items of one theme after the other"),
    "mean": ("Mean", "every way weighs the same"),
}
#: The rating is told from 0 to 100 already, all else from 0 to 1.
_HUNDRED = frozenset({"rating"})
_LINES = {"Truth": "#cf6237", "Estimate": "#2f977f"}


@dataclass(frozen=True)
class Typical:
    """How far an estimate typically is from the truth at so many ``reviews``, in points, and the share of intervals that held."""

    reviews: int
    error: float
    covered: float
    curves: int


def load(path: Path = MEASURED) -> list[dict[str, Any]]:
    """The settings that were measured; none where nothing was."""
    return list(json.loads(path.read_text("utf-8"))["settings"]) if path.exists() else []


def words_of(setting: Mapping[str, Any]) -> str:
    """A data set as a person names it.

    >>> words_of({"data": "reuters", "labels": 20, "noise": None})
    'Reuters, 20 labels'
    """
    noise = f", an annotator who errs ({setting['noise']})" if setting.get("noise") else ""
    return f"{str(setting['data']).capitalize()}, {setting['labels']} labels{noise}"


def policy_title(policy: str) -> str:
    """A way of choosing items as a person names it."""
    return POLICIES.get(policy, (policy, ""))[0]


def scale(estimate: str) -> float:
    """How many points 1 of an estimate makes."""
    return 1.0 if estimate in _HUNDRED else 100.0


def typical(settings: Sequence[Mapping[str, Any]], estimate: str, reviews: int) -> Typical | None:
    """How far an estimate is from the truth at about so many reviews; each way of choosing items on each set weighs the same."""
    near = [at for setting in settings if not setting.get("noise") for at in _nearest(setting["curves"], estimate, reviews)]
    if not near:
        return None
    count, errors, covered = zip(*near, strict=True)
    middle = sorted(count)[len(count) // 2]
    return Typical(middle, scale(estimate) * sum(errors) / len(near), sum(covered) / len(near), len(near))


def _nearest(curves: Sequence[Mapping[str, Any]], estimate: str, reviews: int) -> list[tuple[int, float, float]]:
    """Each curve's checkpoint nearest to so many reviews: reviews, mean absolute error, share of intervals that held."""
    found = []
    for curve in (c for c in curves if c["estimate"] == estimate):
        k = min(range(len(curve["reviews"])), key=lambda k: abs(log(curve["reviews"][k] / max(reviews, 1))))
        found.append((int(curve["reviews"][k]), float(curve["error"][k]), float(curve["covered"][k])))
    return found


def own_project(settings: Sequence[Mapping[str, Any]], reviewed: int | None) -> None:
    """What the figures mean for the project at hand."""
    reviews = reviewed or 500
    found = {name: t for name in ESTIMATES if (t := typical(settings, name, reviews)) is not None}
    if not found:
        return
    whose = "Your project has" if reviewed else "Take a project with"
    first = next(iter(found.values()))
    st.markdown(
        f"{whose} **{plural(reviews, 'review')}**. Where the truth is known, at about {first.reviews:,} reviews each figure was "
        "on average this far from it:"
    )
    with st.grid(min(len(found), 4), min_column_width=150):
        for name, told in found.items():
            st.metric(ESTIMATES[name], f"± {told.error:.1f}", border=True, help=interval_words(told))
    held = sum(t.covered for t in found.values()) / len(found)
    st.caption(
        f"In points of 100. Of the intervals, which should hold the truth 90 times in 100, {figure(held, 'share')} did. "
        "Your data may be harder or easier than these; the intervals on the Overview are made for it."
    )


def interval_words(told: Typical) -> str:
    """How often the intervals held, in words."""
    return f"{figure(told.covered, 'share')} of the intervals held the truth, over {plural(told.curves, 'way')} of reviewing."


def policies_of(setting: Mapping[str, Any]) -> list[str]:
    """The ways of choosing items that were measured, in a fixed order."""
    known = dict.fromkeys(curve["policy"] for curve in setting["curves"])
    return [*(policy for policy in POLICIES if policy in known), *(policy for policy in known if policy not in POLICIES)]


def curves(setting: Mapping[str, Any], estimate: str, policies: Sequence[str]) -> None:
    """Estimate and truth over the whole trajectory, one chart for each way of choosing items."""
    curves_of = {c["policy"]: c for c in setting["curves"] if c["estimate"] == estimate}
    chosen = [curves_of[policy] for policy in policies if policy in curves_of]
    domain = span(chosen, estimate)
    st.html(legend())
    with st.grid(3, min_column_width=290):
        for curve in chosen:
            with st.container(border=True, gap="xsmall"):
                title, about = POLICIES.get(curve["policy"], (curve["policy"], ""))
                st.markdown(f"**{title}**  \n:small[:gray[{about}]]")
                told = curve_words(curve, estimate)
                st.altair_chart(chart(curve_table(curve, estimate), domain), alt=told, key=f"curve_{curve['policy']}", height=210)
                st.caption(told)


def span(chosen: Sequence[Mapping[str, Any]], estimate: str) -> tuple[float, float]:
    """The points that the charts of some curves have in common, a little more than these need."""
    ends = [scale(estimate) * v for c in chosen for key in ("low", "high", "truth") for v in c[key]] or [0.0, 100.0]
    step = 10.0 if max(ends) - min(ends) > 20 else 1.0
    return max(step * (min(ends) // step), 0.0), min(step * (max(ends) // step + 1), 100.0)


def legend() -> str:
    """What the lines of the charts are, once for all of them."""
    lines = "".join(
        f'<span style="display:inline-block;width:26px;border-top:3px {style} {_LINES[name]};margin:0 .5rem .25rem 0"></span>'
        f'<span style="margin-right:1.5rem">{name}</span>'
        for name, style in (("Truth", "solid"), ("Estimate", "dashed"))
    )
    return f'<div style="font-size:.9rem">{lines}<span style="opacity:.75">The band is the mean 90 % interval.</span></div>'


def curve_table(curve: Mapping[str, Any], estimate: str) -> pd.DataFrame:
    """A curve as rows of reviews, truth, estimate and interval, in points."""
    points = scale(estimate)
    columns = {name: [points * v for v in curve[key]] for name, key in _COLUMNS.items()}
    return pd.DataFrame({"Reviews": curve["reviews"], **columns})


_COLUMNS = {"Truth": "truth", "Estimate": "value", "low": "low", "high": "high"}


def curve_words(curve: Mapping[str, Any], estimate: str) -> str:
    """A curve in words: the last estimate beside the truth, and how often the intervals held."""
    points, held = scale(estimate), sum(curve["covered"]) / len(curve["covered"])
    return (
        f"At {curve['reviews'][-1]:,} reviews {points * curve['value'][-1]:.1f}, in truth {points * curve['truth'][-1]:.1f}; "
        f"{figure(held, 'share')} of the intervals held."
    )


def chart(table: pd.DataFrame, domain: tuple[float, float]) -> alt.LayerChart:
    """Truth and estimate, in points, over the number of reviews, with the band of the mean 90 % interval."""
    ticks = [n for n in (100, 200, 500, 1000, 2000, 5000, 10_000) if table["Reviews"].min() <= n <= table["Reviews"].max()]
    x = alt.X(
        "Reviews:Q", title="Reviews", scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format=",d", values=ticks, labelOverlap=False),
    )  # fmt: skip
    within = alt.Scale(domain=list(domain), clamp=True, nice=False)
    low, points = (alt.Y(f"{name}:Q", title=None, scale=within, axis=alt.Axis(tickCount=4)) for name in ("low", "points"))
    band = alt.Chart(table).mark_area(color=_LINES["Estimate"], opacity=0.18).encode(x=x, y=low, y2="high:Q")
    long = table.melt(["Reviews", "low", "high"], ["Truth", "Estimate"], "what", "points")
    colour = alt.Color("what:N", scale=alt.Scale(domain=list(_LINES), range=list(_LINES.values())), legend=None)
    dash = alt.StrokeDash("what:N", scale=alt.Scale(domain=list(_LINES), range=[[1, 0], [5, 3]]), legend=None)
    tips: list[alt.Tooltip | str] = [
        alt.Tooltip("what:N", title="Shown"), alt.Tooltip("points:Q", title="Points", format=".1f"),
        alt.Tooltip("Reviews:Q", format=",d"), alt.Tooltip("low:Q", title="5 %", format=".1f"),
        alt.Tooltip("high:Q", title="95 %", format=".1f"),
    ]  # fmt: skip
    marks = alt.Chart(long).mark_line(strokeWidth=2.3, point=alt.OverlayMarkDef(size=26))
    return layered(band, marks.encode(x=x, y=points, color=colour, strokeDash=dash, tooltip=tips)).properties(height=200)


def starts(setting: Mapping[str, Any]) -> list[int]:
    """From which numbers of reviews on errors are told."""
    where = setting["errors"]["columns"].index("n >=")
    return sorted({int(row[where]) for row in setting["errors"]["rows"]})


def error_table(table: Mapping[str, Any], estimate: str, since: int) -> pd.DataFrame:
    """Errors of one estimate from so many reviews on, in points, by way of choosing items."""
    points, rows = scale(estimate), [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    return pd.DataFrame(
        [
            {
                "Items chosen": policy_title(r["policy"]), "Error": points * r["MAE"], "Bias": points * r["bias"],
                "Intervals that hold": 100 * r["coverage"], "Half width": points * r["half width"],
            }
            for r in rows if r["estimate"] == estimate and r["n >="] == since
        ]
    )  # fmt: skip


def errors(setting: Mapping[str, Any], estimate: str, since: int) -> None:
    """Errors of the estimate, and of its forecast."""
    parts = {"The estimate against the truth": "errors", "The forecast of as many reviews again": "forecast"}
    number = {name: st.column_config.NumberColumn(format="%.1f") for name in ("Error", "Half width")}
    number["Bias"] = st.column_config.NumberColumn(format="%+.1f", help="Above 0 the estimate is too high on average")
    number["Intervals that hold"] = st.column_config.NumberColumn(format="%.0f %%", help="Should be 90 %")
    for (title, key), column in zip(parts.items(), st.columns(2, gap="large"), strict=True):
        with column:
            st.markdown(f"**{title}**")
            table = error_table(setting[key], estimate, since)
            if table.empty:
                st.caption("Not measured.")
            else:
                st.dataframe(table, hide_index=True, column_config=number)


def command(settings: Sequence[Mapping[str, Any]]) -> str:
    """The commands that make the figures on the page."""
    first = settings[0]
    policies = dict.fromkeys(c["policy"] for s in settings for c in s["curves"])
    labels = dict.fromkeys(str(s["labels"]) for s in settings if s["data"] == first["data"])
    last = max(n for s in settings for c in s["curves"] for n in c["reviews"])
    return (
        "python -m benchmarks trajectory --items ITEMS.jsonl.gz --vectors VECTORS.npy --split iid \\\n"
        f"    --policy {' '.join(policies)} \\\n"
        f"    --top-labels {' '.join(labels)} --runs {first['runs']} --seed {first['seed']} --until {last} --json RECORDS.json\n"
        "python -m benchmarks report RECORDS.json --validation benchmarks/measured/validation.json"
    )
