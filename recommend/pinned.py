"""An earlier version in charge: it plans, suggests and predicts until it is unpinned, while the newest goes on being rated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.errors import PlateauError
from data.store import Store
from rating.evidence import Floats
from rating.history import evidence_as_of, learned_as_of, unchanged
from rating.service import Rated


@dataclass(frozen=True)
class Pinned:
    """The chances (N, L) of the labels by an earlier version, the newest one's for labels that it did not know or that were reset
    or merged since; None, and why in ``note``, where it cannot be computed again.
    """

    probability: Floats | None
    note: str


def pinned(store: Store, project_id: int, version: int, rated: Rated) -> Pinned:
    """A version as it believes of today's items, each reviewed one as if it had not been; its labels have today's names."""
    own = rated.result
    try:
        found = evidence_as_of(store, project_id, version, rated.blocks)
        learned = learned_as_of(store, project_id, found)
    except PlateauError as error:
        return Pinned(None, f"{_meanwhile(version)} {error}")
    if learned is None or own.assessment is None:
        return Pinned(None, f"{_meanwhile(version)} It had too few reviews to learn from.")
    theirs = {label: k for k, label in enumerate(found.evidence.label_ids) if found.evidence.positives[k] > 0}
    same = unchanged(found.labels, store.labels(project_id, retired=True))
    shared = [k for k, label in enumerate(own.evidence.label_ids) if label in theirs and label in same]
    p = own.assessment.probability.copy()
    p[:, shared] = learned.probability[:, [theirs[own.evidence.label_ids[k]] for k in shared]]
    named = dict(zip(own.evidence.label_ids, own.evidence.label_names, strict=True))
    unknown = [name for label, name in named.items() if label not in theirs]
    changed = [name for label, name in named.items() if label in theirs and label not in same]
    return Pinned(np.asarray(p), _note(version, own.rating.model_version, unknown, changed))


def _meanwhile(version: int) -> str:
    return f"Version {version} is pinned, but cannot be computed again: the newest one plans meanwhile."


def _note(version: int, newest: int, unknown: list[str], changed: list[str]) -> str:
    said = [f"Version {version} is pinned: it plans, suggests and predicts. The rating is that of version {newest}, the newest."]
    if unknown:
        said.append(f"It knows nothing of {_few(unknown)}: there the newest one speaks.")
    if changed:
        said.append(f"Reset or merged since: {_few(changed)}; there the newest one speaks.")
    return " ".join(said)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")
