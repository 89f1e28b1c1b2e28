"""What a stored project knows that its rating leaves out, and what the user wants to improve."""

from __future__ import annotations

from data.errors import NotFound
from data.store import Store
from rating.rate import TITLES
from recommend.records import ANYTHING, Focus, Known
from recommend.resolve import disputes


def known_of(store: Store, project_id: int) -> Known:
    """What annotators dispute, and the pairs of labels that were asked about or are being asked about."""
    asked = [action for action in store.actions(project_id, "started", "done") if action.kind == "merge"]
    return Known(
        disputes=disputes(store.shared_reviews(project_id), store.labels(project_id, retired=True)),
        apart=frozenset(frozenset(action.label_ids) for action in asked),
    )


def focus_named(store: Store, project_id: int, words: str) -> Focus:
    """The focus on the factor or label of this name, whatever its case. NotFound when there is none, with those that exist."""
    wanted = words.strip().casefold()
    factors = {title.casefold(): key for key, title in TITLES.items()}
    if wanted in factors:
        return Focus(factor=factors[wanted])
    labels = store.labels(project_id)
    for label in labels:
        if label.name.casefold() == wanted:
            return Focus(label_id=label.id)
    names = ", ".join([*TITLES.values(), *(label.name for label in labels)])
    raise NotFound(f"There is no factor or label called {words!r} to improve. Choose one of: {names}.")


def in_use(store: Store, project_id: int, focus: Focus) -> Focus:
    """The focus, or none when its label is retired or merged meanwhile."""
    if focus.label_id is None or focus.label_id in {label.id for label in store.labels(project_id)}:
        return focus
    return ANYTHING
