"""Work on items that a person has picked from a list: those of one label that the model is unsure of, or sees otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import DOUBTING, StoredAction
from data.store import Store
from recommend.cost import Times
from recommend.readings import action_on
from recommend.records import Kind
from recommend.serving import Served

REASONS: dict[Kind, str] = {
    "missed": "The model gives them the label, and their reviews do not. Who is right?",
    "check": "Their reviews give them the label, and the model is not sure. Does it belong there?",
    "teach": "The model cannot tell them apart yet: each answer draws the line.",
    "confirm": "The model is sure of them. A glance tells whether it is right.",
}


def start_listed(
    store: Store, project_id: int, kind: Kind, label_id: int, item_ids: Sequence[int], annotator: str, *,
    served: Served | None = None,
) -> StoredAction:  # fmt: skip
    """Start on these items for one label: ``check`` or ``missed`` on reviewed items, ``teach`` or ``confirm`` on others.

    Items that somebody works on are left out, and of the latter two those that were judged meanwhile. NotEnoughEvidence where
    none are left; NotFound where there is no such label; Taken when others took all of them in the same moment.
    """
    held = store.leased(project_id, but_not=annotator)
    judged = set() if kind in DOUBTING else set(store.standing_reviews(list(item_ids)))
    left = [item_id for item_id in item_ids if item_id not in held and item_id not in judged]
    if not left:
        raise NotEnoughEvidence("Nothing of this list is left: its items are judged, or somebody has them. Rate again.")
    name, times = store.label(project_id, label_id).name, Times()
    seconds = (times.assign(kind) if kind == "teach" else times.confirm(kind)) * len(left)
    found = np.array(left, dtype=np.int64)
    action = action_on(store, project_id, kind, name, REASONS[kind], (label_id,), found, None, seconds, served)
    return store.add_action(project_id, action, annotator)
