"""Splitting a label: which of its items belong to which of the new labels is proposed, and asked of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from data.errors import InvalidInput, NotEnoughEvidence
from data.records import Label, StoredAction
from data.store import Store
from rating.evidence import Features, Ints
from rating.service import current_vectors
from rating.words import speaking_words
from recommend.cost import Times
from recommend.readings import action_on
from recommend.reshaping import Stock
from recommend.serving import Served
from recommend.studies import Found, Report

#: At most so many items are asked for again, so many new labels made, and so many words name a group.
MOST_ITEMS, MOST_PARTS, WORDS = 200, 4, 4


@dataclass(frozen=True)
class Part:
    """A new label: its name and meaning, and the items that are proposed for it."""

    name: str
    description: str
    item_ids: tuple[int, ...] = ()


def stock_in(store: Store, project_id: int) -> Stock:
    """The taxonomy of a project with what stands on it, as it is now."""
    return Stock(
        labels=tuple(store.labels(project_id, retired=True)),
        reviews=tuple(review for review in store.current_reviews(project_id) if review.state == "reviewed"),
        away=store.retired_periods(project_id),
        actions=tuple(store.actions(project_id, "open", "started")),
    )


def carrying(stock: Stock, label_id: int) -> list[int]:
    """The items whose counting review gives them the label, or one that counts as it."""
    own = {label.id for label in stock.labels if label_id in (label.id, label.merged_into)}
    return [review.item_id for review in stock.reviews if own.intersection(review.assigned)]


def by_words(store: Store, project_id: int, item_ids: Sequence[int], words: Sequence[str]) -> list[tuple[int, ...]]:
    """For each part, given as words with commas between them, those of the items that hold one; the first part wins."""
    left, found = set(item_ids), list[tuple[int, ...]]()
    for given in words:
        terms = [term.strip() for term in given.split(",") if term.strip()]
        hold = left.intersection(store.items_with(project_id, terms)) if terms else set()
        found.append(tuple(sorted(hold)))
        left -= hold
    return found


def split(
    store: Store, project_id: int, label: Label, parts: Sequence[Part], annotator: str, served: Served | None, stock: Stock
) -> StoredAction | None:
    """Split new labels off a label and start the work of telling them apart: its items, those proposed for a new label first.

    None where the label has no items yet. InvalidInput when a name is taken; LabelChanged when the label is not as it was seen.
    """
    if len(parts) > MOST_PARTS:
        raise InvalidInput(
            f"A label is split into at most {MOST_PARTS} new ones at a time; found {len(parts)}. Split it in steps."
        )
    proposed = {item_id: place for place, part in enumerate(parts) for item_id in part.item_ids}
    items = sorted(carrying(stock, label.id), key=lambda item_id: (item_id not in proposed, item_id))[:MOST_ITEMS]

    def work(made: tuple[int, ...]) -> StoredAction:
        names, seconds = " or ".join(part.name for part in parts), Times().confirm("check") * len(items)
        reason = f"It is split: tell {label.name} and {names} apart."
        numbers, both = np.array(items, dtype=np.int64), (label.id, *made)
        action = action_on(store, project_id, "check", label.name, reason, both, numbers, None, seconds, served)
        given = {str(item_id): made[proposed[item_id]] for item_id in items if item_id in proposed}
        return replace(action, shown={**(action.shown or {}), "split": {"label": label.id, "items": given}})

    named = [(part.name, part.description) for part in parts]
    return store.split_label(project_id, label.id, named, work, annotator=annotator, seen=[label])


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """Which of a label's items resemble each other: ``params["label"]`` in ``params["groups"]`` groups, the largest first.

    Each group has its items and the words that speak for it. NotEnoughEvidence with fewer than two items a group.
    """
    label_id, groups = int(params["label"]), int(params["groups"])
    labels, reviews = tuple(store.labels(project_id, retired=True)), tuple(store.current_reviews(project_id))
    stock = Stock(labels, tuple(r for r in reviews if r.state == "reviewed"), {}, ())
    own = np.array(carrying(stock, label_id), dtype=np.int64)
    if len(own) < 2 * groups:
        raise NotEnoughEvidence(
            f"{len(own)} reviewed items carry the label; {groups} groups need {2 * groups}. Review more, or divide it by words."
        )
    report(0.2, "Reading the items.")
    blocks = current_vectors(store, project_id)[0]
    rows = np.searchsorted(blocks.item_ids, own)
    place = divided(np.hstack([array[rows] for array in blocks.arrays]), groups)
    report(0.8, "Naming the groups.")
    texts = {item.id: item.text for item in store.items(project_id, own.tolist())}
    words = speaking_words([texts.get(int(k), "") for k in own], place[:, None] == np.arange(groups), top=WORDS)
    found = [{"items": own[place == k].tolist(), "words": list(words[k])} for k in range(groups)]
    return Found({"groups": found})


def divided(features: Features, groups: int, seed: int = 0) -> Ints:
    """The group (n,) of each of n items with features (n, d), by k-means; 0 is the largest group."""
    place = KMeans(groups, n_init=4, random_state=seed).fit_predict(features)
    order = np.argsort(-np.bincount(place, minlength=groups), kind="stable")
    return np.asarray(np.argsort(order)[place], dtype=np.int64)
