"""Sending an action's items out to another tool."""

from __future__ import annotations

from data.errors import InvalidInput
from data.records import StoredAction
from data.store import Store

#: So long items that are sent out are kept from others.
DAYS = 7.0


def sent_out(store: Store, project_id: int, number: int, annotator: str, days: float = DAYS) -> StoredAction:
    """The action, begun by this person, who holds its items for so many days: no renewed plan puts another one in its place.

    Raises InvalidInput when it is closed already, NotFound when there is none, Taken when somebody else works on it.
    """
    action = store.start_action(project_id, number, annotator)
    if action.state != "started":
        raise InvalidInput(f"Action {number} is {action.state} already. Choose one that is on offer.")
    store.hold_for(project_id, annotator, number, days)
    return action
