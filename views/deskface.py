"""What the desk's component is given to draw: plain values, to be sent as JSON."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from data.layout import facts
from data.records import Item, Label, Project, Review
from data.store import Store
from views import desk, deskevents, pairing, session
from views.actionwords import task
from views.desk import Present, View, Work
from views.media import picture, small, web
from views.wording import FACTORS, KIND_ICONS, duration, title_of

LONGEST_TEXT = 50_000
MOST_FACTS, LONGEST_FACT = 8, 80


def face(
    store: Store, project: Project, work: Work, view: View, found: Present, done: int, following: View | None = None
) -> dict[str, Any]:  # fmt: skip
    """The item in view with its labels, the place in the action, and how the last event went.

    ``following`` is the item that comes next after a decision on this one: the browser has it at hand.
    """
    labels = {label.id: label for label in found.labels if found.now.get(label.id) == label.id}
    sides = pairing.compared(store, project, work) if work.action.kind == "merge" else []
    folder, after = store.path.absolute().parent, done + (following is not None and not _decided(work, view))
    return {
        **afterwards(project, work), "done": False, "sides": [asdict(side) for side in sides],
        **_of_item(work, view, found, labels, folder, done),
        "labels": {str(label.id): [label.name, label.description] for label in labels.values()},
        "counts_as": {str(old): new for old, new in found.now.items() if old != new},
        "question": _question(work, labels), "single": project.single_label, "pair": _pair(project, work, labels),
        "words": {str(label): list(work.words[label]) for label in labels if label in work.words},
        "next": None if following is None else _of_item(work, following, found, labels, folder, after),
    }  # fmt: skip


def _of_item(
    work: Work, view: View, found: Present, labels: Mapping[int, Label], folder: Path, done: int
) -> dict[str, Any]:  # fmt: skip
    """What is drawn of one item of the action."""
    return {
        "head": _head(work, view, done),
        "item": {**_item(view, folder), "answers": _answers(work, view, labels, found.now)},
        "offered": _offered(work, view), "ticked": view.ticked, "dismissed": view.dismissed, "note": view.note,
        "uncertain": view.uncertain,
    }  # fmt: skip


def _decided(work: Work, view: View) -> bool:
    """Whether this person has decided the item in this action already."""
    return any(review.annotator == session.annotator() and review.action_id == work.action.id for review in view.standing)


def afterwards(project: Project, work: Work) -> dict[str, Any]:
    """What the component has to know when there is no item to draw: whose desk it is, and what has been carried out.

    Its ``session`` is the page's secret, by which its decisions are known; see :mod:`views.deskquick`.
    """
    st.session_state["desk_drawn"] = st.session_state.get("desk_drawn", 0) + 1
    st.session_state.setdefault("desk_session", secrets.token_hex(16))
    return {
        "desk": f"{project.created_at}:{project.id}:{work.action.id}:{session.annotator()}", "done": True,
        "session": st.session_state["desk_session"], "drawn": st.session_state["desk_drawn"], "handled": deskevents.handled(),
        "failed": st.session_state.get("desk_failed"), "told": st.session_state.get("desk_told"),
        "title": task(work.action),
    }  # fmt: skip


def _head(work: Work, view: View, done: int) -> dict[str, Any]:
    action, count = work.action, len(work.items)
    return {
        "kind": title_of(action.kind),
        "icon": KIND_ICONS.get(action.kind, "").removeprefix(":material/").removesuffix(":"),
        "factor": FACTORS.get(action.factor, action.factor),
        "reason": " ".join(part for part in (action.reason, _review(work, view), _suggested_by(work)) if part),
        "position": view.position + 1, "count": count, "decided": done,
        "left": duration(action.predicted_seconds * (count - done) / max(count, 1)),
    }  # fmt: skip


def _suggested_by(work: Work) -> str:
    """Which model the suggestions come from, where it is not Plateau's own."""
    version = (work.action.shown or {}).get("external")
    return f"Suggestions by {version}." if version else ""


def _review(work: Work, view: View) -> str:
    """What the ticks of an item that was reviewed before stand for; empty where they stand for no review."""
    if not work.doubts or work.action.kind == "merge" or not any(review.state == "reviewed" for review in view.standing):
        return ""
    if work.action.kind == "resolve":
        return "Take one of the answers, or tick what applies."
    if (work.action.shown or {}).get("split"):
        return "What was proposed is ticked; confirm it or change it."
    if view.ticked:
        return "The review's labels are ticked; confirm them or change them."
    return "The earlier review gave no label."


def _question(work: Work, labels: Mapping[int, Label]) -> str:
    """What is asked of each item; empty where the action asks about no label in particular."""
    names = [labels[label].name for label in work.questioned if label in labels]
    return f"Is it about {' or '.join(names)}?" if names else ""


def _item(view: View, folder: Path) -> dict[str, Any]:
    item = view.item
    mine = next((review for review in view.standing if review.annotator == session.annotator()), None)
    return {
        "id": item.id, "visit": view.visit, "own": view.own, "seen": view.seen, "text": item.text[:LONGEST_TEXT],
        "media": _media(item, folder), "facts": _facts(item),
        "said": "" if mine is None else f"You {mine.state} this one already; confirm again to change it.",
    }  # fmt: skip


def _facts(item: Item) -> list[str]:
    found = [item.uid, *([_day(item.at)] if item.at else []), *facts(item.metadata)]
    return [str(fact)[:LONGEST_FACT] for fact in found[:MOST_FACTS]]


def _media(item: Item, folder: Path) -> dict[str, str] | None:
    """The item's picture; an address as a link, which is never fetched here; a note about anything else."""
    if not item.media:
        return None
    if (content := picture(item.media, folder)) is not None:
        return {"picture": small(content), "alt": item.text[:120] or item.uid}
    if web(item.media):
        return {"link": item.media}
    return {"note": f"{item.media[:80]} is no picture below the folder of the database, or its media folder."}


def _day(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).strftime("%-d %B %Y")
    except ValueError:
        return moment


def _offered(work: Work, view: View) -> list[dict[str, Any]]:
    """The labels offered, each with the model's chance in percent, and whether it is the one in question."""
    chances = {s.label_id: s.probability for s in work.suggested.get(view.item.id, ())}
    return [
        {"id": label, "chance": f"{chances[label]:.0%}" if label in chances else "", "asked": label in work.questioned}
        for label in view.offered
    ]


def _answers(work: Work, view: View, labels: Mapping[int, Label], now: Mapping[int, int]) -> list[dict[str, Any]]:
    """What each annotator has said of an item that they disagree on."""
    if work.action.kind != "resolve":
        return []
    return [
        {
            "who": review.annotator,
            "at": _day(review.at),
            "labels": _names(review, labels, now),
            "note": review.note,
            "taken": list(desk.translated(review.assigned, now)),
            "mine": review.annotator == session.annotator(),
        }
        for review in view.standing
        if review.state == "reviewed"
    ]


def _names(review: Review, labels: Mapping[int, Label], now: Mapping[int, int]) -> list[str]:
    return [labels[label].name for label in desk.translated(review.assigned, now)]


def _pair(project: Project, work: Work, labels: Mapping[int, Label]) -> list[dict[str, Any]]:
    """The answers to an item of two labels that are confused: one, the other, both, or neither; empty for other actions."""
    if work.action.kind != "merge":
        return []
    pair = [label for label in work.action.label_ids if label in labels]
    options: list[tuple[str, Iterable[int]]] = [(labels[label].name, (label,)) for label in pair]
    if len(pair) == 2 and not project.single_label:
        options.append(("Both", pair))
    return [{"words": words, "labels": list(chosen)} for words, chosen in [*options, ("Neither", ())]]
