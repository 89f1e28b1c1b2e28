"""A second look in a click: a review said again, as it stands or with some labels changed, so that it is not doubted any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import DOUBTING, Label, Review, ReviewDraft, StoredAction
from data.store import Store
from data.store.labels import there
from recommend.cost import Times
from recommend.readings import action_on
from recommend.records import Kind
from recommend.resolve import Away
from recommend.serving import Served

#: The page that such reviews are given on.
VIEW = "doubts"
#: So many items are asked for at a time.
LONGEST = 20


def second_look(
    review: Review, labels: Sequence[Label], away: Away, *, annotator: str, source: str, seen: int | None = None,
    gives: Mapping[int, bool] | None = None, single: bool = False,
) -> ReviewDraft:  # fmt: skip
    """The same judgement again by this annotator, with the labels that ``gives`` names added (True) or taken away (False).

    ``labels`` are all of the taxonomy, ``away`` the periods in which a label was retired. Of labels that came into being, or back
    into use, after the review nothing is said, as it said nothing of them. In a ``single``-label project a label added takes the
    place of the one there was. ``seen`` is as in a draft, ``source`` one that doubts judgements.
    """
    gives, final = gives or {}, counting_as(labels)
    before, wanted = in_order(review.assigned, final), [label for label, given in gives.items() if given]
    left = [] if single and wanted else [label for label in before if gives.get(label, True)]
    assigned = tuple(dict.fromkeys([*left, *wanted]))
    known = [label for label in labels if label.id in final and final[label.id] == label.id]
    judged = [label.id for label in known if there(label, review.at, away)]
    silent = not review.partial and len(judged) < len(known)  # a whole review would speak of labels that are newer than it
    denied = [*in_order(review.dismissed, final), *(label for label in before if label not in assigned)]
    denied += [label for label, given in gives.items() if not given] + (judged if silent else [])
    return ReviewDraft(
        review.item_id, assigned, annotator, dismissed=tuple(k for k in dict.fromkeys(denied) if k not in assigned),
        partial=review.partial or silent, source=source, note=review.note, view=VIEW, seen=seen,
    )  # fmt: skip


def counting_as(labels: Iterable[Label]) -> dict[int, int]:
    """The label in use that each label counts as; those out of use are left out."""
    every = {label.id: label for label in labels}
    final = {label.id: every[label.merged_into or label.id] for label in every.values()}
    return {number: label.id for number, label in final.items() if label.retired_at is None}


def in_order(label_ids: Iterable[int], final: Mapping[int, int]) -> tuple[int, ...]:
    """These labels as they count now, each once."""
    return tuple(dict.fromkeys(final[label_id] for label_id in label_ids if label_id in final))


def open_still(reviews: Sequence[Review], revision: int) -> bool:
    """Whether none of an item's standing reviews is a second look that was given after this revision."""
    return not any(review.revision > revision and review.source in DOUBTING for review in reviews)


def whole(groups: Sequence[Sequence[int]], most: int = LONGEST) -> list[int]:
    """The items of as many groups as ``most`` items hold, in order and each whole; the first items of one where none fits.

    >>> whole([[1, 2], [3, 4, 5], [6]], most=3), whole([[1, 2, 3]], most=2)
    ([1, 2, 6], [1, 2])
    """
    taken: list[int] = []
    for group in groups:
        taken += group if len(taken) + len(group) <= most else []
    return taken or [item_id for group in groups[:1] for item_id in group[:most]]


def start_second_look(
    store: Store, project_id: int, annotator: str, kind: Kind, theme: str, reason: str, label_ids: tuple[int, ...],
    item_ids: Sequence[int], served: Served | None = None,
) -> StoredAction:  # fmt: skip
    """Start on the first twenty of these reviewed items, asking about these labels. NotEnoughEvidence when none is free."""
    held = store.leased(project_id, but_not=annotator)
    items = np.array([item_id for item_id in item_ids if item_id not in held][:LONGEST], dtype=np.int64)
    if not len(items):
        raise NotEnoughEvidence("Somebody is looking at these items now, or there are none left. Reload the page.")
    seconds = Times().confirm(kind) * len(items)
    return store.add_action(
        project_id, action_on(store, project_id, kind, theme, reason, label_ids, items, None, seconds, served), annotator
    )
