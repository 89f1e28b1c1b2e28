"""The study "influence": which reviews moved a stored project's model most, who gave them, and what the model says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import Item, Review
from data.store import Store
from data.store.reviews import counted
from rating.assess import Learned, learn
from rating.evidence import Evidence, Floats
from rating.influence import Pull, pull, share_of
from rating.service import gather, last_choice, rating_config
from recommend.studies import Found, Report

#: So many reviews are listed over all labels, and for each label.
OVERALL, EACH = 30, 10
#: The model contradicts a review whose answer it holds less likely than this without having seen it.
UNLIKELY = 0.05
_EXCERPT = 400


@dataclass(frozen=True)
class Looked:
    """What rows are written from: the evidence, the model with what it says, each item's pull, its review and its text."""

    evidence: Evidence
    model: Learned
    pull: Pull
    reviews: Mapping[int, Review]
    items: Mapping[int, Item]

    def item_id(self, row: int) -> int:
        """The number of a reviewed item by its position among the reviewed."""
        return int(self.evidence.item_ids[self.evidence.rows[row]])

    def unlikely(self, row: int) -> list[int]:
        """The columns of the labels on which the model, without the item, finds the review's answer unlikely."""
        y, p = self.evidence.targets[row], self.model.probability[self.evidence.rows[row]]
        return np.flatnonzero(np.where(y == 1, p, np.where(y == 0, 1.0 - p, 1.0)) < UNLIKELY).tolist()


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """The reviews that moved the model most, over all labels and for each; see :mod:`rating.influence`.

    ``moved`` is by how many points of 100 a population score changes without the review, as a root mean square.
    NotEnoughEvidence while there is no model.
    """
    found, config = gather(store, project_id), rating_config(store.project(project_id).settings)
    version, evidence = store.last_model_config(project_id), found.evidence
    if version is None or "penalty" not in version[1]:
        raise NotEnoughEvidence("There is no model yet that reviews could have moved. Review until the Overview shows a rating.")
    report(0.2, "Fitting the model")
    known = learn(evidence, config, last_choice(version[1], found)[0], choose_again=False)
    report(0.6, "Leaving out each review")
    moved = pull(known.model, known.features, evidence.targets)
    overall = _top(moved.overall, OVERALL)
    each = {column: _top(moved.scores[:, column], EACH) for column in range(len(evidence.label_ids))}
    looked = _looked(store, project_id, evidence, known, moved, {*overall, *(row for rows in each.values() for row in rows)})
    report(0.9, "Writing down what was found")
    labels = [_label(looked, column, rows) for column, rows in each.items()]
    return Found(
        {
            "reviews": len(evidence.rows), "share": share_of(moved.overall, max(len(evidence.rows) // 20, 1)),
            "overall": [_row(looked, row, moved.overall[row]) for row in overall], "labels": labels,
        }
    )  # fmt: skip


def _top(values: Floats, most: int) -> list[int]:
    """The positions of the largest values (n,), the largest first; unknown and zero ones left out."""
    filled = np.nan_to_num(values)
    return [int(k) for k in np.argsort(-filled, kind="stable")[:most] if filled[k] > 0]


def _looked(
    store: Store, project_id: int, evidence: Evidence, known: Learned, moved: Pull, rows: set[int]
) -> Looked:  # fmt: skip
    wanted = [int(evidence.item_ids[evidence.rows[row]]) for row in sorted(rows)]
    given = {review.item_id: review for review in counted(store.reviews(project_id))}
    items = {item.id: item for item in store.items(project_id, wanted)}
    return Looked(evidence, known, moved, {number: given[number] for number in wanted}, items)


def _label(looked: Looked, column: int, rows: Sequence[int]) -> dict[str, Any]:
    """A label's reviews that moved it most, with what each says of it and how likely the model finds that."""
    evidence, values = looked.evidence, looked.pull.scores[:, column]
    written = []
    for row in rows:
        assigned = bool(evidence.targets[row, column] == 1)
        p = float(looked.model.probability[evidence.rows[row], column])
        written.append({**_row(looked, row, values[row]), "assigned": assigned, "probability": p})
    return {
        "label_id": evidence.label_ids[column], "name": evidence.label_names[column],
        "share": share_of(np.nan_to_num(values), max(len(evidence.rows) // 20, 1)), "rows": written,
    }  # fmt: skip


def _row(looked: Looked, row: int, value: float) -> dict[str, Any]:
    number = looked.item_id(row)
    review, item, evidence = looked.reviews[number], looked.items[number], looked.evidence
    return {
        "item": number, "uid": item.uid, "text": item.text[:_EXCERPT], "who": review.annotator, "when": review.at,
        "source": review.source, "action": review.action_id, "moved": 100.0 * float(np.sqrt(value)),
        "given": [evidence.label_names[k] for k in np.flatnonzero(evidence.targets[row] == 1)],
        "unlikely": [{"label_id": evidence.label_ids[k], "name": evidence.label_names[k]} for k in looked.unlikely(row)],
    }  # fmt: skip
