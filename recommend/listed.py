"""Work on items that a person has picked from a list: those of one label that the model is unsure of, or sees otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.errors import InvalidInput, NotEnoughEvidence
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
#: The reason of a check of the examples that the model is surest of.
TYPICAL = "They carry the label, and the model is surest of them. Is this what the label means?"


def out_of_use(store: Store, project_id: int, label_id: int) -> str:
    """How a label went out of use, to be said after "is"; empty while it is in use. NotFound where there is no such label."""
    label = store.label(project_id, label_id)
    if label.merged_into is not None:
        return f"merged into “{store.label(project_id, label.merged_into).name}”"
    return "" if label.retired_at is None else "retired"


def start_listed(
    store: Store, project_id: int, kind: Kind, label_id: int, item_ids: Sequence[int], annotator: str, *,
    reason: str = "", served: Served | None = None,
) -> StoredAction:  # fmt: skip
    """Start on these items for one label: ``check`` or ``missed`` on reviewed items, ``teach`` or ``confirm`` on others.

    ``reason`` is what to say of them where it is not what is usual for the kind.

    Items that somebody works on are left out, and of the latter two those that were judged meanwhile. NotEnoughEvidence where
    none are left; InvalidInput for a label that is out of use, NotFound where there is no such label; Taken when others took all
    of them in the same moment.
    """
    name, times = store.label(project_id, label_id).name, Times()
    if out := out_of_use(store, project_id, label_id):
        raise InvalidInput(f"The label “{name}” is {out}, and nothing is to be labelled for it. Take it into use again first.")
    held = store.leased(project_id, but_not=annotator)
    judged = set() if kind in DOUBTING else set(store.standing_reviews(list(item_ids)))
    left = [item_id for item_id in item_ids if item_id not in held and item_id not in judged]
    if not left:
        raise NotEnoughEvidence("Nothing of this list is left: its items are judged, or somebody has them. Rate again.")
    seconds = (times.assign(kind) if kind == "teach" else times.confirm(kind)) * len(left)
    found = np.array(left, dtype=np.int64)
    action = action_on(store, project_id, kind, name, reason or REASONS[kind], (label_id,), found, None, seconds, served)
    return store.add_action(project_id, action, annotator)
