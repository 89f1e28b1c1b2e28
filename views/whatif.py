"""The parts of the What if page: what to replay, how far it is, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import ceil, floor
from typing import Any

import streamlit as st

from data.records import Job, Project, Simulation
from data.store import Store
from recommend.replay import HANDED_OVER, TITLES
from recommend.simulate import KIND, LEAST_REVIEWED, MOST_RUNS, WhatIf, start_simulation, stop_simulation
from recommend.verdict import Line, answer, caveats, lines, strategies_of, usual_target
from views import session, whatif_charts
from views.wording import ago, plain, plural

_USUAL = WhatIf()
_SHORT = {"plateau": "Plateau's actions", HANDED_OVER: "Batches handed over"}


def too_few(reviewed: int) -> None:
    """Say how many reviews are missing, and where to make them."""
    with st.container(border=True):
        st.subheader(f"{plural(LEAST_REVIEWED - reviewed, 'more review')} to go", anchor=False)
        st.markdown(
            f"A replay needs {LEAST_REVIEWED} reviewed items: part of them is held out to measure by, and among the others there "
            f"has to be a choice. There are {reviewed}."
        )
        st.progress(reviewed / LEAST_REVIEWED, text=f"{reviewed} of {LEAST_REVIEWED}")
        if st.button("Go on reviewing", key="whatif_review", type="primary", icon=":material/label:"):
            st.switch_page(session.LABEL)


def settings(store: Store, project: Project, kept: Simulation | None) -> None:
    """Which strategies to replay, how often, and how batches are handed over; with the button that starts it."""
    before = kept.settings if kept else {}
    with st.form("whatif_form", border=True):
        st.pills(
            "Ways to choose items; Plateau is held against the others", [n for n in TITLES if n != "plateau"],
            selection_mode="multi", key="whatif_strategies", format_func=lambda name: _SHORT.get(name, TITLES[name]),
            default=[n for n in before.get("strategies", _USUAL.strategies) if n in TITLES and n != "plateau"],
        )  # fmt: skip
        with st.grid(4, min_column_width=190):
            _number(
                "runs", "Runs of each", "Each run holds out other items. More runs, less chance, more time.", before, 1, MOST_RUNS
            )
            _number("handed_over", "Items handed over at a time", "At most a third of those to choose from.", before, 1, 100_000)
        st.form_submit_button(
            "Simulate again" if kept else "Simulate", key="whatif_start", type="primary", icon=":material/play_arrow:",
            on_click=start, args=(store, project, kept),
        )  # fmt: skip


_WAITS = "Only batches handed over wait: in the app the model learns again within seconds."


def _number(name: str, title: str, words: str, before: Mapping[str, Any], low: float, high: float) -> None:
    value = before.get(name, getattr(_USUAL, name))
    st.number_input(title, min_value=low, max_value=high, value=value, step=type(low)(1), help=words, key=f"whatif_{name}")


@session.callback
def start(store: Store, project: Project, kept: Simulation | None) -> None:
    """Simulate in the background with what the form says, and with the hours of waiting last given."""
    state = st.session_state
    what = WhatIf(
        ("plateau", *(name for name in TITLES if name in (state["whatif_strategies"] or ()))), int(state["whatif_runs"]),
        int(state["whatif_handed_over"]), *_hours(kept),
    )  # fmt: skip
    start_simulation(store.path, project.id, what)


def job_of(store: Store, project: Project) -> Job | None:
    """The newest simulation, whatever came of it; None before the first."""
    return next(iter(store.jobs(project.id, KIND)), None)


@st.fragment(run_every="1s")
def progress(store: Store, project: Project) -> None:
    """How far the simulation is, with the button that stops it; draws the whole page anew when it is over."""
    job = job_of(store, project)
    if job is None or job.state != "running":
        st.rerun()
    assert job is not None
    with st.container(border=True, key="whatif_running"):
        st.progress(job.done / job.total, text=f"{job.done} % · {plain(job.message)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("You can leave this page; the simulation goes on.", width="stretch")
            if st.button("Stop", key="whatif_stop", icon=":material/stop:"):
                stop_simulation(store, project.id)
                st.rerun()


def ended(job: Job) -> None:
    """Say why the last simulation gave nothing."""
    if job.state == "failed":
        st.error(plain(job.message), icon=":material/error:")
    elif job.state == "stopped":
        st.info("The last simulation was stopped. Nothing of it is kept.", icon=":material/stop:")


def outcome(store: Store, project: Project, kept: Simulation) -> None:
    """The answer in words, the charts and the table behind it, and what they cannot tell."""
    result = kept.result
    usual = usual_target(result)
    st.subheader("What came out", anchor=False)
    if usual is None:
        st.info(
            "The model hardly became better in this replay: there is nothing to compare.",
            icon=":material/info:",
        )
        return
    with st.grid(3, min_column_width=230):
        target = _target(kept, usual)
        if whatif_charts.needs_waiting(strategies_of(result)):
            _number("handover_hours", "Hours until a batch is handed over", _WAITS, kept.settings, 0.0, 1000.0)
            _number("retraining_hours", "Hours of training on it", _WAITS, kept.settings, 0.0, 1000.0)
    waiting = sum(_hours(kept))
    found = lines(result, target, waiting)
    _answers(found, target)
    _charts(result, waiting, target)
    _table(found)
    _footing(store, project, kept)


def _target(kept: Simulation, usual: float) -> float:
    return st.slider(
        "Mean average precision (MAP) to reach", *_span(kept.result), value=usual, step=0.01, key=f"whatif_target_{kept.id}",
        help="How well the model ranks the held-out items, on average over the labels: 0 to 1.",
    )  # fmt: skip


def _hours(kept: Simulation | None) -> tuple[float, float]:
    """Hours that a batch waits to be handed over and trained on: as given on the page, else as kept, else the usual ones."""
    before = asdict(_USUAL) if kept is None else kept.settings
    given = [st.session_state.get(f"whatif_{name}", before[name]) for name in ("handover_hours", "retraining_hours")]
    return float(given[0]), float(given[1])


def _span(result: Mapping[str, Any]) -> tuple[float, float]:
    """The least and the highest quality of any run, to hundredths."""
    values = [value for curve in result["curves"] for run in curve["runs"] for value in run["quality"]]
    return floor(100 * min(values)) / 100, ceil(100 * max(values)) / 100


def _answers(found: list[Line], target: float) -> None:
    with st.container(border=True, key="whatif_answer"):
        for words in answer(found, target):
            st.markdown(f"#### {plain(words)}")


def _charts(result: Mapping[str, Any], waiting: float, target: float) -> None:
    names = strategies_of(result)
    st.html(whatif_charts.legend(names))
    with st.grid(3, min_column_width=290):
        for axis, (title, _) in whatif_charts.AXES.items():
            table = whatif_charts.curve_table(result, axis, waiting)
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{title}**")
                words = f"Mean average precision against {title.lower()}; the figures stand in the table below."
                st.altair_chart(whatif_charts.chart(table, axis, names, target), alt=words, key=f"whatif_{axis}", height=260)


def _table(found: list[Line]) -> None:
    number = {name: st.column_config.NumberColumn(format="%.0f") for name in ("Reviews", "± reviews")}
    number |= {name: st.column_config.NumberColumn(format="%.2f") for name in ("Hours of work", "Hours on the clock")}
    number["Mean MAP"] = st.column_config.NumberColumn(format="%.3f", help="Over the reviews that all ways have, 0 to 1")
    st.dataframe(whatif_charts.line_table(found), hide_index=True, column_config=number, key="whatif_table")


def _footing(store: Store, project: Project, kept: Simulation) -> None:
    """What the figures rest on, and since when."""
    runs = plural(int(kept.settings["runs"]), "run")
    newer = store.count_reviews_since(project.id, kept.revision)
    since = f"; {plural(newer, 'review')} newer than this" if newer else ""
    st.caption(f"{runs} of each, {ago(kept.created_at)}, at revision {kept.revision}{since}.")
    with st.expander("What this can and cannot tell", icon=":material/info:", expanded=True):
        for words in caveats(kept.result):
            st.markdown(f"- {plain(words)}")
