"""The parts of the Overview page, each drawn from what is known already; nothing here computes a rating."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from data.records import Job, Project, StoredAction, now
from data.store import Store
from rating.records import Estimate, Factor, LabelHealth, Rating
from recommend.serving import Served
from views import charts, outlook, session
from views.gauge import bar, factor_head, headline, lit, terraces
from views.wording import (
    ago,
    badge,
    contributor_line,
    figure,
    meaning,
    plain,
    plural,
    reach,
)

RISKY, STARTING = 5, 60.0


def hero(rating: Rating, made_at: str) -> None:
    """The Model Rating: number, band, interval, and what it means."""
    with st.container(border=True, height="stretch"):
        st.markdown("##### Model Rating")
        st.html(headline(rating.score))
        st.html(terraces(rating.score))
        st.markdown(f"**{meaning(rating)}**")
        st.caption(
            f"{rating.reviewed:,} of {plural(rating.population, 'item')} reviewed · model {rating.model_version} · "
            f"revision {rating.revision} · rated {ago(made_at)}"
        )
        for note in rating.notes:
            st.caption(f":material/info: {plain(note)}")


def factor_cards(factors: Sequence[Factor], served: Served | None) -> None:
    """The four factors side by side; each opens into what it consists of."""
    with st.grid(4, min_column_width=210):
        for factor in factors:
            with st.container(border=True, height="stretch", gap="small"):
                st.html(factor_head(factor.title, factor.score))
                span = f"{reach(factor.score)} · " if reach(factor.score) else ""
                st.caption(f"{span}weighs {factor.weight:.0%}. {factor.summary}")
                if aside := beside(factor):
                    st.caption(aside)
                if factor.contributors and st.button(
                    "What is behind it", key=f"factor_{factor.key}", type="tertiary", icon=":material/unfold_more:"
                ):
                    st.dialog(f"What is behind {factor.title}", width="medium", position="right")(behind)(
                        factor, uneven(served) if factor.key == "balance" else None
                    )


#: Other measurements of the same thing, said on a factor's card: the contributor's key and the words for it.
BESIDE = {"random_map": "by random items alone", "recent_map": "on recent items"}


def beside(factor: Factor) -> str:
    """What other measurements say of the same factor, on its scale; empty where there are none."""
    known = [(BESIDE[c.key], c.estimate.value) for c in factor.contributors if c.key in BESIDE]
    return " · ".join(f"{words} **{figure(100.0 * value)}**" for words, value in known if value is not None).capitalize()


def uneven(served: Served | None) -> pd.DataFrame | None:
    """The themes reviewed too much and too little, named by their words; None while they are not computed."""
    return None if served is None else charts.theme_table(served.uneven)


def behind(factor: Factor, themes: pd.DataFrame | None = None) -> None:
    """Everything that a factor consists of, with values, intervals, aims and definitions; for Balance with uneven themes."""
    st.markdown(f"# {figure(factor.score.value)} &nbsp; {badge(factor.band)}")
    st.html(lit(bar(factor.score), dark=st.context.theme.type == "dark"))
    st.caption(f"{reach(factor.score)} with 90 % confidence · weighs {factor.weight:.0%} in the rating · {factor.summary}")
    if themes is not None and len(themes):
        st.markdown("**Themes reviewed too much or too little, beyond chance**")
        share = st.column_config.NumberColumn(format="%.1f %%")
        st.dataframe(themes, hide_index=True, column_config={"Of reviewed": share, "Of all": share})
    for contributor in factor.contributors:
        with st.container(border=True, gap="xsmall"):
            aim = f" &nbsp; :gray-badge[aim: {contributor.aim}]" if contributor.aim else ""
            st.markdown(f"{contributor.title} &nbsp; {contributor_line(contributor)}{aim}")
            if contributor.unit == "share" and contributor.estimate.value is not None:
                st.html(_plain_bar(contributor.estimate))
            st.caption(contributor.definition + (f" {contributor.estimate.reason}" if contributor.estimate.reason else ""))


def _plain_bar(estimate: Estimate) -> str:
    """A bar without a band's colour: what is good depends on the aim."""
    value = 100 * min(max(estimate.value or 0.0, 0.0), 1.0)
    return (
        '<div aria-hidden="true" style="height:6px;border-radius:3px;background:color-mix(in srgb,currentColor 12%,transparent)">'
        f'<div style="height:6px;border-radius:3px;width:{value:.1f}%;'
        'background:color-mix(in srgb,currentColor 55%,transparent)"></div></div>'
    )


def labels_at_risk(labels: Sequence[LabelHealth]) -> None:
    """Which labels hold the model back: the likely worst in words, all of them as a chart and as a table."""
    st.subheader("Labels", anchor=False)
    table = charts.label_table(labels)
    if table.empty:
        st.caption("No labels yet. Create them while you label: one for each thing a message says.")
        return
    view = st.segmented_control(
        "Show as", ["Chart", "Table"], default="Chart", key="labels_view", label_visibility="collapsed", required=True
    )
    if view == "Table":
        _label_table(table)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        alt = f"Average precision of each label; the weakest is {table.iloc[0]['Label']}"
        st.altair_chart(charts.label_chart(table), alt=alt, key="label_chart")
        if len(table) > charts.MOST_LABELS:
            st.caption(f"The weakest {charts.MOST_LABELS} of {len(table)} labels; the table has all.")
    with right:
        _at_risk(labels)


def _at_risk(labels: Sequence[LabelHealth]) -> None:
    st.markdown("**At risk**")
    for health in sorted((h for h in labels if h.worst), key=lambda h: -(h.worst or 0.0))[:RISKY]:
        st.markdown(
            f"{badge(health.band)} **{plain(health.name)}** :gray[{figure(health.worst, 'share')} likely among the worst]  \n"
            f":small[{plain(' '.join(health.why or health.warnings))}]"
        )


def _label_table(table: pd.DataFrame) -> None:
    percent = {name: st.column_config.NumberColumn(name, format="%.0f %%") for name in ("Precision", "Recall", "F1")}
    percent["Wrong"] = st.column_config.NumberColumn(format="%.1f %%", help="Share of its assignments that are probably wrong")
    percent["Missed"] = st.column_config.NumberColumn(format="%.1f %%", help="Share of its items that were probably overlooked")
    st.dataframe(
        table.drop(columns=["band", "low", "high"]),
        hide_index=True,
        height=460,
        column_config={
            **percent,
            "Average precision": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
            "Share of items": st.column_config.NumberColumn(format="%.1f %%"),
            "Among the worst": st.column_config.NumberColumn(format="%.0f %%", help="Chance to be in the worst tenth"),
            "Warnings": st.column_config.TextColumn(width="large"),
        },
    )


def beside_the_trend(served: Served | None, done: Sequence[StoredAction]) -> None:
    """What moves the rating most, or what actions have promised and brought."""
    views = ["What moves it most", "Actions done"]
    chosen = st.segmented_control(
        "Beside the trend", views, default=views[0], key="beside_trend", label_visibility="collapsed", required=True
    )
    if chosen == views[0]:
        outlook.movers(served)
    else:
        actions_done(done)


def actions_done(actions: Sequence[StoredAction]) -> None:
    """What actions have promised and what they brought."""
    if not actions:
        st.caption("Finished actions are held to their promise here.")
        return
    points = {name: st.column_config.NumberColumn(name, format="%+.2f points") for name in ("Predicted", "Realised")}
    minutes = {name: st.column_config.NumberColumn(format="%.1f") for name in ("Predicted minutes", "Minutes")}
    about = {"About": st.column_config.TextColumn(width="medium")}
    st.dataframe(charts.gain_table(actions), hide_index=True, column_config={**points, **minutes, **about})


def encoder_line(store: Store, project: Project, served: Served | None) -> None:
    """Which encoder serves, with the button that prepares the better one."""
    if served is None or not served.encoder:
        return
    job = _encoding(store, project.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/neurology: :gray[{plain(served.encoder)}]", width="content")
        if _awaited(job) or (job is not None and job.state == "running"):
            encoding_progress(store, project.id)
        elif served.share_done not in (None, 1.0) and (job is None or job.state != "done"):
            if job is not None and job.state == "failed":
                st.caption(plain(job.message))
            st.button("Encode in the background", key="encode", icon=":material/memory:", on_click=_start_encoding,
                      args=(project.id,), help="Minutes for a thousand items; you can go on working.")  # fmt: skip


def _encoding(store: Store, project_id: int) -> Job | None:
    """The newest background job that encodes texts."""
    from rating.embed import last_job

    return last_job(store, project_id)


def _awaited(job: Job | None) -> bool:
    """Whether encoding was asked for less than a minute ago and has not reported yet: its libraries take seconds to load."""
    asked = st.session_state.get("encoding_asked")
    if asked is None or (job is not None and job.created_at > asked):
        return False
    return (datetime.now(UTC) - datetime.fromisoformat(asked)).total_seconds() < STARTING


@st.fragment(run_every="2s")
def encoding_progress(store: Store, project_id: int) -> None:
    """How far the encoding is; draws the whole page anew when it is over."""
    job = _encoding(store, project_id)
    if _awaited(job):
        st.progress(0.0, text="Starting the encoder…")
        return
    if job is None or job.state != "running":
        st.rerun()
    share = job.done / job.total if job.total else 0.0
    st.progress(min(share, 1.0), text=f"Encoding: {job.done:,} of {job.total:,} texts ({share:.0%})")


@session.callback
def _start_encoding(project_id: int) -> None:
    from rating.embed import start_embedding

    st.session_state["encoding_asked"] = now()
    start_embedding(session.store().path, project_id)
    st.toast("Encoding goes on in the background.", icon=":material/memory:")
