"""The next items of an action with what is suggested for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from api.said import Taxonomy
from data.records import Item, Label, Project, Review, StoredAction, hides_others
from data.store import Store
from data.store.labels import reset_since
from data.store.leases import readings_of


class SuggestedLabel(BaseModel):
    """A label proposed for an item, with its calibrated probability; ``preselected`` when that passes its threshold."""

    label: str
    probability: float
    preselected: bool


class Standing(BaseModel):
    """What somebody says of an item now."""

    review_id: int
    annotator: str
    state: str
    labels: list[str]
    at: str


class NextItem(BaseModel):
    """An item to decide, at its ``rank`` in the action. Send ``seen`` back with the review: it tells whether somebody answered
    meanwhile. ``standing`` is what people say of it, null where each is to judge without knowing.
    """

    id: int
    uid: str
    text: str
    media: str | None
    metadata: dict[str, Any]
    at: str | None
    rank: int
    suggestions: list[SuggestedLabel]
    seen: int
    standing: list[Standing] | None


def next_items(store: Store, project: Project, action_id: int, annotator: str, limit: int) -> list[NextItem]:
    """The first so many items of an action, in its order, that this person has not decided in it."""
    action = store.action(project.id, action_id)
    standing = store.standing_reviews(action.item_ids)
    left = [item_id for item_id in action.item_ids if not _decided(standing.get(item_id, ()), action, annotator)][:limit]
    hidden, labels = hides_others(action.kind, readings_of(project.settings)), store.labels(project.id, retired=True)
    action, known = _as_meant(action, labels), Taxonomy.of(labels)
    return [_next(item, action, standing.get(item.id, []), known, annotator, hidden) for item in store.items(project.id, left)]


def _as_meant(action: StoredAction, labels: Iterable[Label]) -> StoredAction:
    """The action without suggestions of labels that were reset since: the model behind them knows the old meaning."""
    shown = action.shown or {}
    if not (old := reset_since(labels, shown.get("read_at", ""))):
        return action
    given = {item: [one for one in found if int(one[0]) not in old] for item, found in shown.get("items", {}).items()}
    return replace(action, shown={**shown, "items": given})


def _decided(reviews: Iterable[Review], action: StoredAction, annotator: str) -> bool:
    return any(review.annotator == annotator and review.action_id == action.id for review in reviews)


def _next(
    item: Item, action: StoredAction, reviews: list[Review], labels: Taxonomy, annotator: str, hidden: bool
) -> NextItem:  # fmt: skip
    return NextItem(
        id=item.id, uid=item.uid, text=item.text, media=item.media, metadata=dict(item.metadata), at=item.at,
        rank=action.item_ids.index(item.id) + 1, suggestions=_suggested(action, item.id, labels),
        seen=max((one.id for one in reviews if one.annotator != annotator), default=0),
        standing=None if hidden else [
            Standing(review_id=one.id, annotator=one.annotator, state=one.state, labels=labels.told(one.assigned), at=one.at)
            for one in reviews
        ],
    )  # fmt: skip


def _suggested(action: StoredAction, item_id: int, labels: Taxonomy) -> list[SuggestedLabel]:
    """What the action suggests for an item, of the labels in use; of two that have become one, the likelier."""
    best: dict[str, SuggestedLabel] = {}
    for number, probability, preselected in (action.shown or {}).get("items", {}).get(str(item_id), ()):
        name = labels.names.get(int(number))
        if name is not None and name.casefold() in labels.numbers:
            best.setdefault(name, SuggestedLabel(label=name, probability=probability, preselected=preselected))
    return list(best.values())
