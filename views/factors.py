"""The four factors on the Overview: each with what moved it, and everything that is behind it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from rating.records import Estimate, Factor, Rating
from recommend.explaining import factor_explained, weakest_labels
from recommend.serving import Served
from views import charts, compared, explaining, labelwork
from views.compared import Compared
from views.gauge import bar, factor_head, lit
from views.wording import badge, contributor_line, figure, plain, reach

#: Other measurements of the same thing, said on a factor's card: the contributor's key and the words for it.
BESIDE = {"random_map": "by random items alone", "recent_map": "on recent items"}
#: So many labels are named as those that hold a factor back.
WEAKEST = 3


def cards(rating: Rating, served: Served | None, found: Compared | None, at: str) -> None:
    """The four factors side by side; each opens into what it consists of. ``at`` is when the rating was computed."""
    with st.grid(4, min_column_width=210):
        for factor in rating.factors:
            with st.container(border=True, height="stretch", gap="small"):
                _card(factor, found)
                if factor.contributors and st.button(
                    "What is behind it", key=f"factor_{factor.key}", type="tertiary", icon=":material/unfold_more:"
                ):
                    opened = partial(behind, factor, rating, found, at, uneven(served) if factor.key == "balance" else None)
                    st.dialog(f"What is behind {factor.title}", width="medium", position="right")(opened)()


def _card(factor: Factor, found: Compared | None) -> None:
    st.html(factor_head(factor.title, factor.score))
    if moved := compared.line(found, factor):
        st.markdown(moved)
    span = f"{reach(factor.score)} · " if reach(factor.score) else ""
    st.caption(f"{span}weighs {100 * factor.weight:.0f} %. {factor.summary}")
    if aside := beside(factor):
        st.caption(aside)


def beside(factor: Factor) -> str:
    """What other measurements say of the same factor, on its scale; empty where there are none."""
    known = [(BESIDE[c.key], c.estimate.value) for c in factor.contributors if c.key in BESIDE]
    return " · ".join(f"{words} **{figure(100.0 * value)}**" for words, value in known if value is not None).capitalize()


def uneven(served: Served | None) -> pd.DataFrame | None:
    """The themes reviewed too much and too little, named by their words; None while they are not computed."""
    return None if served is None else charts.theme_table(served.uneven)


def behind(factor: Factor, rating: Rating, found: Compared | None, at: str, themes: pd.DataFrame | None = None) -> None:
    """Everything that a factor consists of: what it is, what moved it, and its contributors; for Balance with uneven themes."""
    st.markdown(f"# {figure(factor.score.value)} &nbsp; {badge(factor.band)}")
    st.html(lit(bar(factor.score), dark=st.context.theme.type == "dark"))
    st.caption(f"{reach(factor.score)} with 90 % confidence · weighs {100 * factor.weight:.0f} % in the rating")
    explaining.how(factor_explained(factor, rating, at))
    if factor.key in ("all_labels", "underperforming"):
        _weakest(rating)
    compared.behind(found, factor)
    if themes is not None and len(themes):
        st.markdown("**Themes reviewed too much or too little, beyond chance**")
        share = st.column_config.NumberColumn(format="%.1f %%")
        st.dataframe(themes, hide_index=True, column_config={"Of reviewed": share, "Of all": share})
    st.markdown("**What was measured**")
    for contributor in factor.contributors:
        with st.container(border=True, gap="xsmall"):
            aim = f" &nbsp; :gray-badge[aim: {contributor.aim}]" if contributor.aim else ""
            st.markdown(f"{contributor.title} &nbsp; {contributor_line(contributor)}{aim}")
            if contributor.unit == "share" and contributor.estimate.value is not None:
                st.html(_plain_bar(contributor.estimate))
            st.caption(plain(f"{contributor.definition} {contributor.estimate.reason}".strip()))


def _weakest(rating: Rating) -> None:
    """The labels that hold a factor over labels back most, each with the way to its own page."""
    st.markdown("**What holds it back**")
    for health in weakest_labels(rating, WEAKEST):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(badge(health.band), width="content")
            name = f"**{plain(health.name)}**"
            if st.button(name, key=f"weakest_{health.label_id}", type="tertiary", icon=":material/arrow_forward:"):
                labelwork.open_label(health.label_id)
            st.markdown(f":gray[average precision {figure(health.ap.value, 'share')}]", width="content")


def _plain_bar(estimate: Estimate) -> str:
    """A bar without a band's colour: what is good depends on the aim."""
    value = 100 * min(max(estimate.value or 0.0, 0.0), 1.0)
    return (
        '<div aria-hidden="true" style="height:6px;border-radius:3px;background:color-mix(in srgb,currentColor 12%,transparent)">'
        f'<div style="height:6px;border-radius:3px;width:{value:.1f}%;'
        'background:color-mix(in srgb,currentColor 55%,transparent)"></div></div>'
    )
