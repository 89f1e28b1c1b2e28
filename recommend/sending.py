"""Sending an action's items out to another tool."""

from __future__ import annotations

from data.errors import InvalidInput
from data.records import StoredAction
from data.store import Store

#: So long items that are sent out are kept from others.
DAYS = 7.0
#: And at most so long.
LONGEST = 3650.0


def sent_out(store: Store, project_id: int, number: int, annotator: str, days: float = DAYS) -> StoredAction:
    """The action, begun by this person, who holds its items for so many days: no renewed plan puts another one in its place.

    Raises InvalidInput when it is closed already or the days are not above 0 and at most ten years, NotFound when there is
    none, Taken when somebody else works on it.
    """
    if not 0 < days <= LONGEST:
        raise InvalidInput(f"Items are kept for more than 0 and at most {LONGEST:g} days; not {days:g}. Give another number.")
    action = store.start_action(project_id, number, annotator)
    if action.state != "started":
        raise InvalidInput(f"Action {number} is {action.state} already. Choose one that is on offer.")
    store.hold_for(project_id, annotator, number, days)
    return action
