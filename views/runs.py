"""Work for the minutes at hand: the actions that bring most in that time, one leading to the next.

A run is told by its minutes and the actions taken in it, which stand in the address. What comes next is chosen when one is
finished, from what is on offer by then and for the time that is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from data.layout import action_number
from data.records import Project, StoredAction
from data.store import Store
from recommend.fitting import best_within
from views import actioncards, session
from views.actionwords import takes, took
from views.wording import gain, plural

ANY_TIME, MINUTES = "any time", (5, 10, 20)
_SCRIPT = Path(__file__).with_name("frontend") / "enter.js"
_enter = st.components.v2.component("plateau_enter", html="<div>\n</div>", js=_SCRIPT.read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Run:
    """So many minutes, and the actions taken in them, in order."""

    minutes: int
    action_ids: tuple[int, ...]


def choice() -> int | None:
    """Let the person say how long they have; None for any time. It stands in the address."""
    words = {ANY_TIME: None, **{f"{count} minutes": count for count in MINUTES}}
    chosen = st.segmented_control("I have", list(words), default=ANY_TIME, required=True, key="time", bind="query-params",
                                  wrap=True)  # fmt: skip
    return words.get(str(chosen))


def enter_starts() -> None:
    """Let Enter start what is on offer just after a time was chosen, too; to be drawn once on the page."""
    _enter(key="time_enter")


def limited() -> bool:
    """Whether a time is chosen, told before the choice is drawn."""
    return st.session_state.get("time", st.query_params.get("time", ANY_TIME)) in {f"{count} minutes" for count in MINUTES}


def line(store: Store, project: Project, action: StoredAction) -> None:
    """Which action of the run this is, of how many that its minutes hold by now; nothing outside of a run."""
    run = current(action.id)
    if run is None:
        return
    place = run.action_ids.index(action.id) + 1
    left = seconds_left(store, project, run)
    later = fitting([one for one in actioncards.on_offer(store, project) if one.id != action.id], left - action.predicted_seconds)
    count = max(place + len(later), len(run.action_ids))
    st.caption(f":material/timer: {run.minutes} minutes: action {place} of {count}, {took(left)} left at its start")


def fitting(actions: Sequence[StoredAction], seconds: float) -> list[StoredAction]:
    """The actions that promise most together within these seconds, most points per second first."""
    places = best_within([a.predicted_gain for a in actions], [a.predicted_seconds for a in actions], seconds)
    return [actions[place] for place in places]


def offer(actions: Sequence[StoredAction], minutes: int, *, first: bool) -> list[StoredAction]:
    """Show what fits into the minutes, with one button for the whole run; the actions that are part of it."""
    chosen = fitting(actions, 60.0 * minutes)
    if not chosen:
        st.info(_none(actions, minutes), icon=":material/timer:")
        return []
    seconds = sum(action.predicted_seconds for action in chosen)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="run_offer"):
        with st.container(gap="xsmall", width="stretch"):
            st.markdown(f":material/timer: **{plural(len(chosen), 'action')}, one after the other: {takes(seconds)}**")
            more = " All that is on offer fits; when it is done, new work is planned." if len(chosen) == len(actions) else ""
            st.caption(f"Of all that fits into {minutes} minutes, this should bring most.{more}")
        together = gain(sum(action.predicted_gain or 0.0 for action in chosen))
        pressed = actioncards.beside(f"**{together}**  \n:gray[together]", "Start", key="run_start", first=first)
    actioncards.cards(chosen, first=False)
    if pressed:
        go(Run(minutes, ()), chosen[0])
    return chosen


def _none(actions: Sequence[StoredAction], minutes: int) -> str:
    """Why no action fits into the minutes."""
    known = [action.predicted_seconds for action in actions if (action.predicted_gain or 0.0) > 0]
    if not known:
        return "Of nothing on offer is it known what it brings: take the first one."
    return f"Nothing on offer is done in {minutes} minutes; the shortest takes {takes(min(known))}."


def go(run: Run, action: StoredAction) -> None:
    """Work on this action as the next of a run."""
    _keep(Run(run.minutes, (*run.action_ids, action.id)))
    st.switch_page(session.LABEL, query_params={"action": str(action.id), "run": st.session_state["run"]})


def current(action_id: int) -> Run | None:
    """The run that this action is part of; None when it was taken by itself."""
    written = st.query_params.get("run") or st.session_state.get("run") or ""
    minutes, *numbers = str(written).split("_")
    if minutes not in map(str, MINUTES):
        return None
    run = Run(int(minutes), tuple(known for number in numbers if (known := action_number(number)) is not None))
    if action_id not in run.action_ids:
        return None
    _keep(run)
    return run


def _keep(run: Run) -> None:
    st.session_state["run"] = "_".join(str(number) for number in (run.minutes, *run.action_ids))


def seconds_left(store: Store, project: Project, run: Run) -> float:
    """Seconds of the run's minutes that its finished actions have not taken; never below 0."""
    spent = sum(action.seconds or 0.0 for action in store.actions(project.id, "done") if action.id in run.action_ids)
    return max(60.0 * run.minutes - spent, 0.0)


def following(store: Store, project: Project, run: Run) -> StoredAction | None:
    """What to do next in the time that is left, by what is on offer now; None when nothing fits."""
    return next(iter(fitting(actioncards.on_offer(store, project), seconds_left(store, project, run))), None)


def onwards(store: Store, project: Project, run: Run, *, first: bool) -> StoredAction | None:
    """How much of the run's time is left, and the action that makes the most of it; None when there is none.

    The ``first`` thing to do on the page is done by Enter.
    """
    left, action = seconds_left(store, project, run), following(store, project, run)
    if action is None:
        st.markdown(f":material/timer: {_over(run, left)}")
        return None
    st.markdown(f":material/timer: **{took(left)}** of your {run.minutes} minutes are left. This makes the most of them:")
    if actioncards.card(action, key="run", first=first):
        go(run, action)
    return action


def _over(run: Run, left: float) -> str:
    """How a run has ended."""
    spent = took(60.0 * run.minutes - left)
    return f"**Your {run.minutes} minutes are well used: {spent}.** Nothing on offer fits into what is left."
