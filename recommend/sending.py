"""Sending an action's items out to another tool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import InvalidInput
from data.records import StoredAction
from data.store import Store

#: So long items that are sent out are kept from others.
DAYS = 7.0
#: And at most so long.
LONGEST = 3650.0


@contextmanager
def sent_out(store: Store, project_id: int, number: int, annotator: str, days: float = DAYS) -> Iterator[StoredAction]:
    """The action, begun by this person, for a block that writes its items; then they are held for so many days.

    While they are held no renewed plan puts another action in its place. When the block fails, what it began is given back: the
    action is on offer again. One that the person had begun before stays theirs, held no longer than it was.

    Raises InvalidInput when it is closed already or the days are not above 0 and at most ten years, NotFound when there is
    none, Taken when somebody else works on it.
    """
    if not 0 < days <= LONGEST:
        raise InvalidInput(f"Items are kept for more than 0 and at most {LONGEST:g} days; not {days:g}. Give another number.")
    offered = store.action(project_id, number).state == "open"
    action = store.start_action(project_id, number, annotator)
    if action.state != "started":
        raise InvalidInput(f"Action {number} is {action.state} already. Choose one that is on offer.")
    try:
        yield action
        store.hold_for(project_id, annotator, number, days)
    except BaseException:  # also when a page is left or a command is interrupted
        if offered:
            store.release(project_id, annotator, number)
        raise
