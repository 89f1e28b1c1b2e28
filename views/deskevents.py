"""What the desk's keys do. Every decision is on disk before the next item is drawn, and recorded once however often it comes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from data.errors import InvalidInput, PlateauError
from data.records import Project, Review, ReviewDraft
from data.store import Store
from views import conflict, desk, planning, session
from views.desk import Work

#: No single judgement is taken to have cost more active seconds than this.
MOST_SECONDS = 1800.0
LONGEST_NOTE = 2000
#: So many numbers of events are remembered, to know one that comes again.
REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement as the browser sends it. ``own`` and ``seen`` are those of the :class:`views.desk.View` that it was given on.

    ``seconds`` is active time, None when unknown; ``again`` says that it was sent before and not answered.
    """

    item_id: int
    assigned: tuple[int, ...]
    dismissed: tuple[int, ...]
    seconds: float | None
    note: str
    uncertain: bool
    own: int
    seen: int | None
    again: bool


def decision_of(event: Mapping[str, Any]) -> Decision:
    """Read an event that decides an item; InvalidInput when it is none."""
    try:
        return Decision(
            item_id=int(event["item"]), assigned=_ids(event.get("assigned")), dismissed=_ids(event.get("dismissed")),
            seconds=seconds_of(event.get("seconds")), note=" ".join(str(event.get("note") or "").split())[:LONGEST_NOTE],
            uncertain=event.get("uncertain") is True, own=int(event.get("own") or 0),
            seen=None if event.get("seen") is None else int(event["seen"]), again=event.get("again") is True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("This decision arrived damaged and was not saved. Reload the page and decide again.") from error


def _position(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int):
        raise InvalidInput("The desk did not understand where to go. Reload the page.")
    return told


def _ids(found: Any) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(label_id) for label_id in found or ()))


def seconds_of(told: Any) -> float | None:
    """Active seconds as the browser counted them, at least 0; None when it tells no number.

    >>> seconds_of(2.5), seconds_of(-1), seconds_of(float("nan")), seconds_of("soon")
    (2.5, 0.0, None, None)
    """
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        return None
    return max(float(told), 0.0)


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
            return decide(project, store, work, decision_of(event), skipped=event["kind"] == "skip")
        case "undo":
            return {} if desk.take_back(project, work) else {"notice": "There is nothing left to undo in this action."}
        case "move":
            desk.move(work, _position(event.get("to")))
        case "create":
            return {"created": store.add_label(project.id, str(event.get("name", ""))).id}
        case "leave":
            st.session_state["desk_left"] = True
        case other:
            raise InvalidInput(f"The desk knows no {other!r}. Reload the page.")
    return {}


def decide(project: Project, store: Store, work: Work, decision: Decision, *, skipped: bool = False) -> dict[str, Any]:
    """Record a decision and go on. One for an item that is not in view counts only when it was sent before and got lost."""
    position = desk.position_of(work, decision.item_id)
    if position is None:
        raise InvalidInput("This item is no longer part of the action, so the decision was not saved. Go on with the next one.")
    in_view = desk.in_view(work, decision.item_id)
    if not in_view and not decision.again:
        return {}
    if decision.again and (word := _superseded(project, store, work, decision, skipped)) is not None:
        return word
    _record(project, store, work, position, decision, skipped)
    told: dict[str, Any] = {"saved": decision.item_id}
    try:
        if in_view or desk.next_place(work, desk.decided(store, work, session.annotator()), -1) is None:
            desk.go_on(project, work, position)
    except PlateauError as error:  # what is saved by now must not seem lost
        told["notice"] = f"Your decision is saved. Going on from it failed: {error}"
    planning.nudge(store, project.id)
    return told


def _superseded(project: Project, store: Store, work: Work, decision: Decision, skipped: bool) -> dict[str, Any] | None:
    """What to tell of a decision that came again, when its person has dealt with the item since; None when it is to be saved."""
    events = store.reviews(project.id, decision.item_id, undone=True)
    mine = [event for event in events if event.annotator == session.annotator()]
    if not mine or mine[-1].id <= decision.own:
        return None
    state, assigned = ("skipped", ()) if skipped else ("reviewed", decision.assigned)
    last = mine[-1]
    if (last.action_id, last.state, set(last.assigned)) == (work.action.id, state, set(assigned)):
        return {"saved": decision.item_id}
    return {"notice": "A decision that had not arrived was left out: you have dealt with its item since."}


def _record(project: Project, store: Store, work: Work, position: int, decision: Decision, skipped: bool) -> None:
    standing = store.standing_reviews([decision.item_id]).get(decision.item_id, [])
    draft = _draft(work, position, decision)
    if skipped:
        judged = [review.annotator for review in standing if review.state == "reviewed"]
        if session.annotator() in judged or (judged and work.doubts):
            desk.pass_over(work, decision.item_id)
        else:  # beside what others have said it hides nothing, whatever they said meanwhile
            store.record_review(project.id, ReviewDraft(**{**draft, "assigned": (), "state": "skipped", "seen": None}))
        return
    now = desk.serving(store.labels(project.id, retired=True))
    said = _pair(project, work, decision, standing, now) if work.action.kind == "merge" else _labels(work, decision, now)
    store.record_review(project.id, ReviewDraft(**{**draft, **said}))


def _labels(work: Work, decision: Decision, now: Mapping[int, int]) -> dict[str, Any]:
    """The labels of a decision as they count by now."""
    if any(label_id not in now for label_id in decision.assigned):  # rather refuse it than leave out a part of it
        raise InvalidInput("A label of this decision has gone out of use meanwhile. Look at the labels and confirm again.")
    assigned = desk.translated(decision.assigned, now)
    suggested = {s.label_id for s in work.suggested.get(decision.item_id, ())}
    return {
        "assigned": assigned,
        "dismissed": tuple(label for label in desk.translated(decision.dismissed, now) if label not in assigned),
        "confirmed": tuple(label for label in assigned if label in suggested),
    }


def _pair(
    project: Project, work: Work, decision: Decision, standing: list[Review], now: Mapping[int, int]
) -> dict[str, Any]:  # fmt: skip
    """Which of the two labels in question apply; what was said of other labels stands."""
    pair = set(work.action.label_ids)
    chosen = tuple(label for label in desk.translated(decision.assigned, now) if label in pair)
    given = [review for review in standing if review.state == "reviewed"]
    before = given[-1] if given else None
    kept = () if before is None or (project.single_label and chosen) else desk.translated(before.assigned, now)
    assigned = (*(label for label in kept if label not in pair), *chosen)
    dismissed = [*(desk.translated(before.dismissed, now) if before else ()), *work.action.label_ids]
    return {
        "assigned": assigned, "partial": before is None or before.partial,
        "dismissed": tuple(label for label in dict.fromkeys(dismissed) if label not in assigned),
    }  # fmt: skip


def _draft(work: Work, position: int, decision: Decision) -> dict[str, Any]:
    action = work.action
    return {
        "item_id": decision.item_id, "annotator": session.annotator(), "seconds": _seconds(work, decision),
        "source": action.kind, "action_id": action.id, "list_rank": position + 1, "list_size": len(work.items),
        "candidates": action.candidates, "chance": action.chances[position], "model_version": action.model_version or None,
        "note": decision.note, "uncertain": decision.uncertain, "view": "desk", "seen": decision.seen,
    }  # fmt: skip


def _seconds(work: Work, decision: Decision) -> float | None:
    """Active seconds: never more than have passed since the item was shown, as far as this session knows."""
    if decision.seconds is None:
        return None
    waited = desk.waited(work, decision.item_id)
    return min(decision.seconds, MOST_SECONDS if waited is None else min(waited, MOST_SECONDS))


def _show_again(work: Work, event: Mapping[str, Any]) -> None:
    """Bring the item of a decision that failed back into view."""
    position = desk.position_of(work, event.get("item"))
    if position is not None and not desk.in_view(work, work.items[position].id):
        desk.move(work, position)
