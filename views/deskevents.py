"""What the desk's keys do. Every decision is on disk before the next item is drawn, and recorded once however often it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import streamlit as st

from data.errors import InvalidInput, PlateauError
from data.records import Project
from data.store import Store
from views import conflict, desk, planning, session
from views.desk import Work
from views.deskrecord import REMEMBERED, Decision, Sitting, decision_of, place_of, record


def _position(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int):
        raise InvalidInput("The desk did not understand where to go. Reload the page.")
    return told


def handle(project: Project, work: Work, event: Any) -> None:
    """Carry out one event of the desk; its number is remembered, so that it counts once."""
    if not isinstance(event, Mapping) or "number" not in event or event["number"] in handled():
        return
    st.session_state.pop("desk_failed", None)
    try:
        told = _carry_out(project, session.store(), work, event)
    except PlateauError as error:
        st.session_state["desk_failed"] = {"number": str(event["number"]), "words": str(error)}
        conflict.note(error)
        _show_again(work, event)
        return
    st.session_state["desk_told"] = {**told, "number": event["number"]}
    st.session_state["desk_handled"] = [*handled(), event["number"]][-REMEMBERED:]


def handled() -> list[str]:
    """The numbers of the events carried out last."""
    return list(st.session_state.get("desk_handled", ()))


def _carry_out(project: Project, store: Store, work: Work, event: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the event asks for, and return what there is to tell."""
    match event.get("kind"):
        case "decide" | "skip":
            return decide(project, store, work, decision_of(event), str(event["number"]), skipped=event["kind"] == "skip")
        case "undo":
            return {} if desk.take_back(project, work) else {"notice": "There is nothing left to undo in this action."}
        case "move":
            desk.move(work, _position(event.get("to")))
        case "create":
            return {"created": store.add_label(project.id, str(event.get("name", "")), annotator=session.annotator()).id}
        case "leave":
            st.session_state["desk_left"] = True
        case other:
            raise InvalidInput(f"The desk knows no {other!r}. Reload the page.")
    return {}


def decide(
    project: Project, store: Store, work: Work, decision: Decision, number: str, *, skipped: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Record a decision, unless it was written by the short way, and go on.

    One for an item that is not in view counts only when it was sent before and got lost.
    """
    if number in st.session_state.get("desk_kept", ()) and desk.position_of(work, decision.item_id) is None:
        planning.nudge(store, project.id)  # what is on disk is saved, though its item has left the action since
        return {"saved": decision.item_id}
    position, in_view = place_of(work, decision), desk.in_view(work, decision.item_id)
    if not in_view and not decision.again:
        return {}
    at = sitting(store, project, work, decision.item_id)
    if number not in at.kept:
        word = _superseded(at, decision, skipped) if decision.again else None
        if word is not None and not (in_view and "saved" in word):
            return word
        if word is None and not record(at, decision, skipped=skipped):
            desk.pass_over(work, decision.item_id)
        at.kept.append(number)
    told: dict[str, Any] = {"saved": decision.item_id}
    try:
        if in_view or desk.next_place(work, desk.decided(store, work, session.annotator()), -1) is None:
            desk.go_on(project, work, position)
    except PlateauError as error:  # what is saved by now must not seem lost
        told["notice"] = f"Your decision is saved. Going on from it failed: {error}"
    planning.nudge(store, project.id)
    return told


def sitting(store: Store, project: Project, work: Work, item_id: int, following: int | None = None) -> Sitting:
    """This page's person at the desk, with an item in view and the one that would come next."""
    since = st.session_state.setdefault("desk_since", {})
    kept = st.session_state.setdefault("desk_kept", deque(maxlen=REMEMBERED))
    return Sitting(store, project, work, session.annotator(), item_id, following, since, kept)


def _superseded(at: Sitting, decision: Decision, skipped: bool) -> dict[str, Any] | None:
    """What to tell of a decision that came again, when its person has dealt with the item since; None when it is to be saved."""
    events = at.store.reviews(at.project.id, decision.item_id, undone=True)
    mine = [event for event in events if event.annotator == at.annotator]
    if not mine or mine[-1].id <= decision.own:
        return None
    state, assigned = ("skipped", ()) if skipped else ("reviewed", decision.assigned)
    last = mine[-1]
    if (last.action_id, last.state, set(last.assigned)) == (at.work.action.id, state, set(assigned)):
        return {"saved": decision.item_id}
    return {"notice": "A decision that had not arrived was left out: you have dealt with its item since."}


def _show_again(work: Work, event: Mapping[str, Any]) -> None:
    """Bring the item of a decision that failed back into view."""
    position = desk.position_of(work, event.get("item"))
    if position is not None and not desk.in_view(work, work.items[position].id):
        desk.move(work, position)
