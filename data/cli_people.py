"""The commands that tell what people did and do: history and leases."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from data.cli_output import show
from data.errors import InvalidInput, NotFound
from data.opening import open_store
from data.records import UNDATED, Event
from data.store import Store


def add_people(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add ``history`` and ``leases`` to the commands, each made by ``command``."""
    history = command(commands, "history", _history, "list who judged or undid what, newest first")
    history.add_argument("--project", required=True, metavar="NAME")
    history.add_argument("--annotator", metavar="NAME", help="what one person did")
    history.add_argument("--item", metavar="ID", help="what was said of one item")
    history.add_argument("--before", type=int, metavar="NUMBER", help="go on below this number")
    history.add_argument("--limit", type=int, default=50, metavar="COUNT", help="default: 50")
    leases = command(commands, "leases", _leases, "list the items that people work on now")
    leases.add_argument("--project", required=True, metavar="NAME")


def _history(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    project = store.project(arguments.project)
    if arguments.limit < 1:
        raise InvalidInput(f"--limit is 1 or more, not {arguments.limit}. Leave it out for 50.")
    item_id = None if arguments.item is None else _item_id(store, project.id, arguments.item)
    found = store.events(
        project.id, annotator=arguments.annotator, item_id=item_id, before=arguments.before, limit=arguments.limit
    )
    names = {label.id: label.name for label in store.labels(project.id, retired=True)}
    show(arguments, [asdict(event) for event in found], [line(event, names) for event in found] or ["Nothing yet."])


def _item_id(store: Store, project_id: int, uid: str) -> int:
    item = store.item_named(project_id, uid)
    if item is None:
        raise NotFound(f"The project has no item {uid!r}. Give its id as the file has it.")
    return item.id


def line(event: Event, names: dict[int, str]) -> str:
    """An entry of the history in words."""
    review = event.review
    if event.undid is not None:
        said = f"took back number {event.undid.id}"
    elif review.state == "skipped":
        said = "skipped it"
    else:
        said = ", ".join(names[label_id] for label_id in review.assigned) or "no label"
    where = "imported without a time" if review.view == UNDATED else f"on {review.view}" if review.view else ""
    marks = [where, "uncertain" if review.uncertain else "", review.note]
    more = f" ({'; '.join(mark for mark in marks if mark)})" if any(marks) else ""
    gone = " [taken back]" if event.taken_back else ""
    return f"{review.id}  {review.at[:19].replace('T', ' ')}  {review.annotator}  {event.uid}: {said}{more}{gone}"


def _leases(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    found = store.leases(store.project(arguments.project).id)
    lines = [f"{x.annotator}  {x.uid}: action {x.action_id}, until {x.until[:19].replace('T', ' ')} UTC" for x in found]
    show(arguments, [asdict(lease) for lease in found], lines or ["Nobody works on anything now."])
