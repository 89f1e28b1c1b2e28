"""The work done so far in one row: items and labels apart, people, time and pace, each with what it is, and a small chart."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.records import Project
from data.store import Store
from data.timeline import DayOfWork
from recommend.effort import RECENT, Effort, effort_of
from recommend.explaining import WORK_TITLES, work_explained, work_value
from views import explaining, timeline, workcharts
from views.wording import plain, plural


def row(store: Store, project: Project, population: int) -> None:
    """The figures of the work done with their explanations, and what was done when."""
    days = timeline.days(str(store.path), project.id, project.revision, store)
    st.subheader("Work done", anchor=False)
    if not days:
        st.caption("Nobody has judged anything yet. Start with ten items on the Label page.")
        return
    effort, reviewed = effort_of(days), timeline.reviewed(str(store.path), project.id, project.revision, store)
    asides = asides_of(effort, reviewed, population)
    with st.grid(5, min_column_width=150):
        for key in WORK_TITLES:
            with st.container(border=True, height="stretch", gap="xsmall"):
                of = f"revision {project.revision} · counted as the page was drawn"
                explaining.opener(work_explained(key, effort, reviewed, population, of), WORK_TITLES[key])
                st.markdown(f"### {plain(work_value(key, effort, reviewed))}")
                st.caption(plain(asides[key]))
    _chart(days)


def asides_of(effort: Effort, reviewed: int, population: int) -> dict[str, str]:
    """What stands below each figure."""
    return {
        "items": f"of {plural(population, 'item')}",
        "labels": f"{effort.confirmed:,} confirmed · {effort.dismissed:,} dismissed",
        "people": ", ".join(effort.people[:3]) + (f" and {len(effort.people) - 3} more" if len(effort.people) > 3 else ""),
        "active": f"in {plural(effort.timed, 'timed judgement')}" if effort.seconds else "no judgement has a known time",
        "throughput": speed_words(effort),
    }


def speed_words(effort: Effort) -> str:
    """The newest week's pace against all before.

    >>> speed_words(Effort(0, 0, 0, 0, 0, (), 0, None, None, None))
    'no judgement has a known time'
    """
    if effort.recent is None:
        return "no judgement has a known time"
    to = f"in the {RECENT} days to {effort.recent.last}"
    if effort.earlier is None:
        return to
    change = effort.recent.per_hour / effort.earlier.per_hour - 1.0
    return f"{to}; {effort.earlier.per_hour:,.0f} before ({'+' if change >= 0 else '−'}{100 * abs(change):.0f} %)"


def _chart(days: Sequence[DayOfWork]) -> None:
    table, unit = workcharts.work_table(days)
    if len(table) < 2:
        return
    best = table.iloc[int(table["items"].argmax())]
    words = f"Items judged each {unit}: {plural(len(table), unit)} with work, the most, {best['items']:,}, from {best['when']}."
    st.altair_chart(workcharts.work_chart(table, unit), alt=words, key="work_chart", height=170)
