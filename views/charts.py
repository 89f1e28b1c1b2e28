"""Charts: tables in, Altair charts out. No streamlit, so that each can be tested as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import altair as alt
import pandas as pd

from data.records import StoredAction
from rating.records import Band, LabelHealth
from recommend.serving import Uneven
from views.wording import LOOKS, band_word, promised_range, title_of

#: Beyond this many labels a chart shows the weakest; the table has them all.
MOST_LABELS = 24
_BANDS: tuple[Band, ...] = ("poor", "average", "good", "excellent")


def layered(*charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """These charts on one pair of axes, the first one below; none of them has facets."""
    return cast(alt.LayerChart, alt.layer(*charts))


def label_table(labels: Sequence[LabelHealth]) -> pd.DataFrame:
    """Every label's health, the weakest first and those that cannot be told last; shares are percentages."""
    rows = [
        {
            "Label": h.name, "Band": band_word(h.band), "band": LOOKS[h.band].word, "Average precision": _percent(h.ap.value),
            "low": _percent(h.ap.low), "high": _percent(h.ap.high), "Examples": h.positives, "Judged": h.judged,
            "Precision": _percent(h.precision), "Recall": _percent(h.recall), "F1": _percent(h.f1),
            "Share of items": _percent(h.prevalence), "Among the worst": _percent(h.worst), "Important": h.important,
            "Wrong": _percent(h.wrong.value), "Missed": _percent(h.missed.value),
            "Warnings": " ".join(h.why or h.warnings) or h.ap.reason,
        }
        for h in labels
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values(["Average precision", "Label"], na_position="last") if rows else pd.DataFrame()


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def label_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Average precision of the weakest labels with 90 % intervals; the band is told by colour and by shape."""
    shown = table.dropna(subset=["Average precision"]).head(MOST_LABELS)
    words = [LOOKS[band].word for band in _BANDS]
    y = alt.Y(
        "Label:N",
        sort=list(shown["Label"]),
        title=None,
        axis=alt.Axis(labelLimit=230, labelOverlap=False, ticks=False, domain=False),
    )
    title, scale = "Average precision (%), 90 % interval", alt.Scale(domain=[0, 100])
    colour = alt.Color(
        "band:N", title=None, scale=alt.Scale(domain=words, range=[_middle(band) for band in _BANDS]),
        legend=alt.Legend(orient="top", columns=2, symbolSize=110, symbolOpacity=1),  # four in a row are cut on a narrow screen
    )  # fmt: skip
    shape = alt.Shape("band:N", scale=alt.Scale(domain=words, range=[LOOKS[band].mark for band in _BANDS]))
    tips: list[alt.Tooltip | str] = [
        "Label:N", "Band:N", alt.Tooltip("Average precision:Q", format=".0f"), alt.Tooltip("low:Q", title="5 %", format=".0f"),
        alt.Tooltip("high:Q", title="95 %", format=".0f"), "Examples:Q", alt.Tooltip("Warnings:N"),
    ]  # fmt: skip
    base = alt.Chart(shown)
    rule = base.mark_rule(strokeWidth=3, opacity=0.35).encode(
        x=alt.X("low:Q", title=title, scale=scale), x2="high:Q", y=y, color=colour
    )
    point = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=alt.X("Average precision:Q", title=title, scale=scale), y=y, color=colour, shape=shape, tooltip=tips
    )
    return layered(rule, point).properties(height=26 * max(len(shown), 3) + 60)


def _middle(band: str) -> str:
    """A tone of the band's colour that stands out on paper and on slate."""
    return {"poor": "#cf6237", "average": "#b0881a", "good": "#4d86bf", "excellent": "#2f977f"}[band]


def theme_table(themes: Sequence[Uneven]) -> pd.DataFrame:
    """Themes whose share of the reviewed items differs from their share of all; shares are percentages."""
    rows = [
        {
            "Theme": t.name, "": "too little" if t.missing > 0 else "too much",
            "Of reviewed": 100 * t.reviewed_share, "Of all": 100 * t.population_share, "Items to even out": t.missing,
        }
        for t in themes
    ]  # fmt: skip
    return pd.DataFrame(rows)


def gain_table(actions: Sequence[StoredAction]) -> pd.DataFrame:
    """Actions done, newest first, with what was predicted, its 90 % range, and what came; all in rating points."""
    rows = [
        {
            "Action": title_of(a.kind), "About": a.theme, "Predicted": a.predicted_gain,
            "Range": promised_range(a), "Realised": a.realised_gain,
            "Items": len(a.item_ids), "Predicted minutes": a.predicted_seconds / 60,
            "Minutes": None if a.seconds is None else a.seconds / 60, "Done": (a.done_at or "")[:16].replace("T", " "),
        }
        for a in reversed(actions)
    ]  # fmt: skip
    return pd.DataFrame(rows)
