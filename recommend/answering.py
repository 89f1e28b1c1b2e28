"""What the model says of items and of new texts to a tool that asks: a probability for each label, and which it would choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.layout import own_version
from data.store import Store
from rating.unseen import Unseen, score_texts
from recommend.serving import EVEN, Served, predicted, suggestions


@dataclass(frozen=True, slots=True)
class Said:
    """``scores`` are calibrated probabilities (0-1) by label name; ``chosen`` the labels that pass their thresholds, likeliest
    first.
    """

    scores: Mapping[str, float]
    chosen: tuple[str, ...]

    @property
    def sure(self) -> float:
        """How sure the model is of just these labels, 0 to 1: their mean probability or, without any, that there is none."""
        if self.chosen:
            return float(np.mean([self.scores[name] for name in self.chosen]))
        return 1.0 - max(self.scores.values(), default=1.0)


def said_of_item(served: Served, item_id: int, *, single: bool = False) -> Said | None:
    """What the model says of an item; None when it does not know it. ``single``: one label is chosen, the likeliest."""
    scores = predicted(served, item_id)
    if not scores:
        return None
    names = dict(zip(served.label_ids, served.label_names, strict=True))
    ticked = dict.fromkeys(names[one.label_id] for one in suggestions(served, [item_id])[item_id] if one.preselected)
    return Said(scores, _likeliest(scores) if single else tuple(ticked))


def said_of_texts(
    store: Store, project_id: int, served: Served, texts: Sequence[str], *, single: bool = False
) -> tuple[list[Said | None], str]:
    """What the model says of texts that are no items, in order; None, and why in words, where it cannot say anything."""
    if not texts:
        return [], ""
    pinned = own_version(served.model)
    if served.model and pinned is None:
        reason = f"The model {served.model!r} is in charge, and only items have its predictions: add the texts and predictions."
        return [None] * len(texts), reason
    found = score_texts(store, project_id, texts, pinned)
    if found.probability is None:
        return [None] * len(texts), found.reason
    return [_said(served, found, row, single) for row in range(len(texts))], ""


def _said(served: Served, found: Unseen, row: int, single: bool) -> Said:
    assert found.probability is not None
    p = dict(zip(found.label_ids, found.probability[row], strict=True))
    known = [
        (number, name, k)
        for k, (number, name) in enumerate(zip(served.label_ids, served.label_names, strict=True))
        if number in p and number not in served.withheld
    ]
    scores = {name: round(float(p[number]), 4) for number, name, _ in known}
    believed = {name: float(p[number] * served.trust[k]) for number, name, k in known}
    limits = {name: max(float(served.threshold[k]), EVEN) for _, name, k in known}
    ticked = sorted((name for name in scores if believed[name] >= limits[name]), key=lambda name: -believed[name])
    return Said(scores, _likeliest(scores) if single else tuple(ticked))


def _likeliest(scores: Mapping[str, float]) -> tuple[str, ...]:
    return (max(scores, key=lambda name: scores[name]),) if scores else ()
