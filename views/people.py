"""What the People page draws: who has done what, how far people agree, and whose habits have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from data.store.leases import readings_of
from rating.annotators import Work
from rating.records import Estimate
from recommend.people import Team, team_of
from recommend.readings import disputed_items, lacking_readings, start_resolve, start_second_reading
from recommend.serving import Served
from views import planning, session, training
from views.peoplewords import beyond_chance, habit_line, kappa, strength
from views.wording import duration, figure, plain, plural, reach

_SHARED = "Of the labels that {who} or somebody else gave to items that both judged, the share that both gave."
_SHIFTED = (
    "Talk it over: if the change was agreed upon, all is well; if not, sharpen the label's description. Of twenty projects where "
    "nobody's judgement has shifted, chance shows a line like this in one."
)
_READ_IN = "What the model expects of each item is being read in again, as after a restart. It is here in a moment."
_NO_MODEL = "Not known yet: people are held against what the model expects of each item. Rate the project on the Overview."
#: So many labels get a button of their own to settle what people differ on.
BUTTONS = 3


def draw(store: Store, project: Project) -> None:
    """The whole page of a project."""
    served = planning.latest(store, project.id)
    version = None if served is None else served.rating.revision
    team = _team(str(store.path), project.id, store.revision(project.id), version, store, served)
    if not team.people:
        st.info("Nobody has judged anything yet. Start with ten items on the Label page.", icon=":material/info:")
        return
    own_progress(team)
    everybody(team)
    if len(team.people) < 2:
        alone(project)
        return
    agreement(store, project, team)
    changes(store, project, team)


@st.cache_data(max_entries=8, show_spinner="Comparing what people have said…")
def _team(path: str, project_id: int, revision: int, version: int | None, _store: Store, _served: Served | None) -> Team:
    return team_of(_store, project_id, _served)


@st.cache_data(max_entries=8, show_spinner=False)
def _disputed(path: str, project_id: int, revision: int, _store: Store) -> dict[int, list[int]]:
    return disputed_items(_store, project_id)


def own_progress(team: Team) -> None:
    """What this person has done."""
    me = next((person for person in team.people if person.person == session.annotator()), None)
    if me is None:
        asked = " Set your name in the sidebar." if session.annotator() == session.DEFAULT_ANNOTATOR else ""
        st.caption(f"Nothing is judged yet under your name, {plain(session.annotator())}.{asked}")
        return
    with st.grid(4, min_column_width=170):
        st.metric("You have judged", plural(me.items, "item"), border=True)
        st.metric("Your active time", duration(me.seconds), border=True)
        st.metric("An item takes you", duration(me.median), border=True, help="The median of those whose time is known.")
        others = team.with_others.get(me.person, Estimate(None))
        st.metric("Same as others say", figure(others.value, "share"), border=True,
                  help=_SHARED.format(who="you"))  # fmt: skip


def everybody(team: Team) -> None:
    """A row for each person."""
    st.subheader("Everybody", anchor=False)
    st.dataframe(
        pd.DataFrame([_row(person, team) for person in team.people]), hide_index=True, width="stretch", key="people",
        column_config={
            "Person": st.column_config.TextColumn(pinned=True),
            "Last": st.column_config.DatetimeColumn(format="D MMM YYYY", help="The day of the last decision."),
            "Per hour": st.column_config.NumberColumn(format="%.0f", help="Items judged in an hour of active time."),
            "Seconds each": st.column_config.NumberColumn(format="%.1f", help="The median of those whose time is known."),
            "Ticks kept": st.column_config.TextColumn(
                help="Of the suggestions that were ticked beforehand, the share that the person let stand."
            ),
            "Agrees with others": st.column_config.TextColumn(
                help=_SHARED.format(who="this person")
            ),
        },
    )  # fmt: skip


def _row(person: Work, team: Team) -> dict[str, Any]:
    return {
        "Person": person.person, "Items": person.items,
        "Agrees with others": _share(team.with_others.get(person.person, Estimate(None))), "Seconds each": person.median,
        "Per hour": person.per_hour, "Active time": duration(person.seconds), "Labels": person.labels,
        "Ticks kept": _share(person.kept),
        "Uncertain": figure(person.uncertain, "share"), "Skipped": figure(person.skipped, "share"),
        "Last": pd.Timestamp(person.last),
    }  # fmt: skip


def _share(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{figure(estimate.value, 'share')} ({reach(estimate, 'share').replace(' %', '')})"


def alone(project: Project) -> None:
    """What to do so that there is somebody to agree with."""
    st.subheader("Do people agree?", anchor=False)
    st.markdown(
        "One person has judged so far, so nobody can tell how far others would say the same. Let two people judge each item, and "
        "ask a colleague to open this page with a name of their own in the sidebar: a **second reading** is then offered here."
    )
    two_readers(project, primary=True)


def two_readers(project: Project, *, primary: bool = False) -> None:
    """The button that lets two people judge each item, while only one does."""
    if readings_of(project.settings) < 2:
        st.button("Let two people judge each item", key="two_readers", type="primary" if primary else "secondary",
                  icon=":material/groups:", on_click=_let_two, args=(project.id,),
                  help="From now on. The Settings on the Data page change it back, or to more.")  # fmt: skip


@session.callback
def _let_two(project_id: int) -> None:
    session.store().update_settings(project_id, {"readings": 2})
    session.tell("From now on two people judge each item. The Settings on the Data page change it back.", ":material/groups:")


def agreement(store: Store, project: Project, team: Team) -> None:
    """How far people agree, label by label, and the work that follows from it."""
    st.subheader("Do people agree?", anchor=False)
    if team.alpha.value is None:
        st.markdown(f"Not known yet: {team.alpha.reason[0].lower()}{team.alpha.reason[1:]}")
    else:
        st.markdown(
            f"On the {plural(team.shared, 'item')} that two people or more have judged, agreement beyond chance is "
            f"**{beyond_chance(team.alpha)}**: {strength(team.alpha)}. 1 is perfect, 0 is what chance alone would give."
        )
    still_open = _disputed(str(store.path), project.id, store.revision(project.id), store)
    work(store, project, team, still_open)
    if team.shared:
        labels(team, still_open)


def labels(team: Team, still_open: Mapping[int, Sequence[int]]) -> None:
    """A row for each label, the least agreed on first."""
    rows = [
        {
            "Label": row.name, "Agreement": beyond_chance(row.agreement.alpha),
            "Worth": strength(row.agreement.alpha), "Judged by two": row.agreement.items, "Differed on": row.disputed,
            "Still open": len(still_open.get(row.label_id, ())),
            "Same answer": figure(row.agreement.observed.value, "share"), "Kappa": kappa(row.agreement),
        }
        for row in team.labels
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, width="stretch", key="label_agreement",
        column_config={
            "Agreement": st.column_config.TextColumn(help="Beyond chance: Krippendorff's alpha with its 90 % interval."),
            "Judged by two": st.column_config.NumberColumn(help="Items on which two people or more have judged the label."),
            "Differed on": st.column_config.NumberColumn(help="Of these, the items on which they did not say the same."),
            "Still open": st.column_config.NumberColumn(
                help="Items on which last answers differ, whether or not one saw the other's, and that nobody has settled: "
                "what the button Resolve counts."
            ),
            "Same answer": st.column_config.TextColumn(help="How often two people say the same, chance included."),
            "Kappa": st.column_config.TextColumn(
                help="Cohen's kappa of exactly two people, else Fleiss' kappa where each item has equally many answers."
            ),
        },
    )  # fmt: skip
    st.caption(
        "Compared are answers given without another one in view: of these, “Differed on” and “Same answer” speak. “Still open” "
        "is what is left to resolve today. “–” means that it cannot be told yet."
    )


def work(store: Store, project: Project, team: Team, still_open: Mapping[int, Sequence[int]]) -> None:
    """Buttons: settle what people differ on, and read what others have judged."""
    disputed = [(label_id, items) for label_id, items in still_open.items() if label_id in team.names]
    with st.container(horizontal=True):
        for label_id, items in disputed[:BUTTONS]:
            if st.button(
                f"Resolve {plain(team.names[label_id])} ({len(items)})", key=f"resolve_{label_id}", icon=":material/handshake:",
                help="Look at the items on which people differ, with what each said, and decide what holds.",
            ):  # fmt: skip
                _start(store, project, partial(start_resolve, label_id=label_id))
        _second_reading(store, project)
        two_readers(project)


def _second_reading(store: Store, project: Project) -> None:
    if (readings := readings_of(project.settings)) < 2:
        return
    waiting = len(lacking_readings(store.reviews(project.id), session.annotator(), readings))
    why = f"{plural(waiting, 'item')} that others have judged: they wait for your answer. Theirs is not shown."
    if st.button("Second reading", key="second_reading", type="primary", icon=":material/groups:", disabled=not waiting,
                 help=why if waiting else "Nothing that others have judged waits for your answer."):  # fmt: skip
        _start(store, project, start_second_reading)


def _start(store: Store, project: Project, start: Callable[..., StoredAction]) -> None:
    """Start work of this kind and go to it."""
    with session.explained(), st.spinner("Choosing the items…"):
        action = start(store, project.id, annotator=session.annotator(), served=planning.latest(store, project.id))
        st.switch_page(session.LABEL, query_params={"action": str(action.id)})


def _no_model(store: Store, project: Project) -> None:
    """Why people cannot be held against the model; after a restart the model is read in again, and the page then drawn anew."""
    if planning.latest(store, project.id) is not None or store.last_snapshot(project.id) is None:
        st.markdown(_NO_MODEL)
        return
    st.markdown(_READ_IN)
    if planning.training(store, project.id).state == "idle":
        planning.request(store, project.id)
    training.watch(store, project)


def changes(store: Store, project: Project, team: Team) -> None:
    """Whose way of assigning a label has changed, or differs from the others', beyond chance."""
    st.subheader("Has anybody's judgement shifted?", anchor=False)
    if team.habits is None:
        _no_model(store, project)
        return
    for habit in team.habits:
        way = "up" if habit.given > habit.expected else "down"
        st.markdown(f":material/trending_{way}: {habit_line(habit, team.names[habit.label])}")
    nobody = "Nobody assigns a label more or less often than before, or than the others do on like items, beyond chance."
    st.caption(_SHIFTED if team.habits else nobody)
