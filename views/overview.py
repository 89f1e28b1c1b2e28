"""The parts of the Overview page, each drawn from what is known already; nothing here computes a rating."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from data.records import Job, Project, StoredAction, now
from data.store import Store
from rating.records import Rating
from recommend.explaining import interval_explained, rating_explained, weakest_labels
from recommend.serving import Served
from views import charts, compared, explaining, outlook, session
from views.actioncards import open_action
from views.actionwords import takes
from views.compared import Compared
from views.gauge import headline, terraces
from views.labelwork import open_label
from views.wording import KIND_ICONS, ago, badge, figure, meaning, plain, plural, title_of

RISKY, STARTING = 5, 60.0


def hero(rating: Rating, made_at: str, found: Compared | None) -> None:
    """The Model Rating: number, band, interval, what it means, and how it has moved."""
    with st.container(border=True, height="stretch"):
        st.markdown("##### Model Rating")
        st.html(headline(rating.score))
        st.html(terraces(rating.score))
        st.markdown(f"**{meaning(rating)}**")
        if found is not None:
            st.markdown(compared.headline(found))
        st.caption(
            f"{rating.reviewed:,} of {plural(rating.population, 'item')} reviewed · model {rating.model_version} · "
            f"revision {rating.revision} · rated {ago(made_at)}"
        )
        for note in rating.notes:
            st.caption(f":material/info: {plain(note)}")
        with st.container(horizontal=True):
            explaining.opener(rating_explained(rating, made_at), "What this number is")
            explaining.opener(interval_explained(rating, made_at), "How sure it is")


def labels_at_risk(rating: Rating, offered: Sequence[StoredAction]) -> None:
    """Which labels hold the model back: the likely worst in words, all of them as a chart and as a table."""
    st.subheader("Labels", anchor=False)
    table = charts.label_table(rating.labels)
    if table.empty:
        st.caption("No labels yet. Create them while you label: one for each thing a message says.")
        return
    view = st.segmented_control(
        "Show as", ["Chart", "Table"], default="Chart", key="show", label_visibility="collapsed", required=True,
        bind="query-params",
    )  # fmt: skip
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
        _at_risk(rating, offered)


def _at_risk(rating: Rating, offered: Sequence[StoredAction]) -> None:
    """The labels likeliest to hold the model back, each with why, and with the action on offer that helps it."""
    st.markdown("**At risk**")
    for health in weakest_labels(rating, RISKY):
        with st.container(gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(badge(health.band), width="content")
                if st.button(f"**{plain(health.name)}**", key=f"at_risk_{health.label_id}", type="tertiary", help="All of it"):
                    open_label(health.label_id)
                st.markdown(f":gray[{figure(health.worst, 'share')} likely among the worst]", width="content")
            st.caption(plain(" ".join(health.why or health.warnings)))
            action = next((action for action in offered if health.label_id in action.label_ids and action.item_ids), None)
            if action is not None and st.button(
                f"{title_of(action.kind)}, {takes(action.predicted_seconds)}", key=f"risk_{health.label_id}",
                icon=KIND_ICONS.get(action.kind), help=plain(action.reason),
            ):  # fmt: skip
                open_action(action)


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
        "Beside the trend",
        views,
        default=views[0],
        key="beside",
        label_visibility="collapsed",
        required=True,
        bind="query-params",
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
    st.progress(min(share, 1.0), text=f"Encoding: {job.done:,} of {job.total:,} texts ({100 * share:.0f} %)")


@session.callback
def _start_encoding(project_id: int) -> None:
    from rating.embed import start_embedding

    st.session_state["encoding_asked"] = now()
    start_embedding(session.store().path, project_id)
    st.toast("Encoding goes on in the background.", icon=":material/memory:")
