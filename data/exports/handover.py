"""What is handed over to another tool: every item with all that is known of it, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data.exports.names import Names
from data.layout import ACTION, SOURCE
from data.records import Item, Label, Project, Review, State, StoredAction
from data.store import Store
from data.store.items import chunks


@dataclass(frozen=True, slots=True)
class Judgement:
    """One annotator's standing judgement of an item; labels by the names they have now. See :class:`data.records.Review`.

    ``unknown`` are the labels in use that came into being after it, were out of use then or reset since: it says nothing of them.
    """

    review_id: int
    annotator: str
    state: State
    labels: tuple[str, ...]
    dismissed: tuple[str, ...]
    confirmed: tuple[str, ...]
    unknown: tuple[str, ...]
    partial: bool
    at: str
    seconds: float | None
    source: str
    action_id: int | None
    note: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """An item with each annotator's judgement, oldest first, and the confidences of models: (model version, 0 to 1 by label)."""

    item: Item
    judgements: tuple[Judgement, ...]
    predictions: tuple[tuple[str, Mapping[str, float]], ...]


@dataclass(frozen=True)
class Handover:
    """What is to be written. ``item_ids`` None means every item; else these, in this order.

    ``question`` is what the tool is to call the field of labels. ``predicted`` gives the confidences of Plateau's own model for
    an item, None where it has none; they stand under ``model_version``, before those that were imported. ``action`` is the one
    whose items are sent out: what was said of them before is kept back, and they carry its number, so that what comes back
    counts for it.
    """

    store: Store
    project: Project
    item_ids: tuple[int, ...] | None = None
    question: str = "labels"
    predicted: Callable[[int], Mapping[str, float] | None] | None = None
    model_version: str = ""
    action: StoredAction | None = None

    @property
    def labels(self) -> list[Label]:
        """The labels in use, by name."""
        return self.store.labels(self.project.id)

    def wholes(self) -> Iterator[Whole]:
        """The items, from the beginning each time it is called; memory stays small."""
        names = Names(self.store, self.project.id)
        imported = Grouped(self.store.predictions(self.project.id)) if self.item_ids is None else None
        for batch in self._batches():
            ids = [item.id for item in batch]
            reviews = self.store.standing_reviews(ids)
            some = {} if imported else self.store.predictions_of(ids)
            for item in batch:
                scores = imported.take(item.id) if imported else some.get(item.id, [])
                judgements = tuple(_judgement(review, names) for review in reviews.get(item.id, []))
                yield self._sent(Whole(item, judgements, self._predictions(item.id, scores)))

    def items(self) -> Iterator[Item]:
        """The items alone, in the same order; much quicker."""
        return (item for batch in self._batches() for item in batch)

    def _batches(self) -> Iterator[list[Item]]:
        if self.item_ids is None:
            yield from chunks(self.store.iter_items(self.project.id))
            return
        for ids in chunks(self.item_ids):
            yield self.store.items(self.project.id, ids)

    def _sent(self, whole: Whole) -> Whole:
        if self.action is None:
            return whole
        metadata = {**whole.item.metadata, ACTION: self.action.id, SOURCE: self.action.kind}
        return Whole(replace(whole.item, metadata=metadata), (), whole.predictions)

    def _predictions(
        self, item_id: int, imported: Sequence[tuple[str, Mapping[str, float]]]
    ) -> tuple[tuple[str, Mapping[str, float]], ...]:
        """Those of the model that serves first. What was imported of this very model is its own word, and stands instead."""
        own = [(version, scores) for version, scores in imported if version == self.model_version]
        if not own and self.predicted and (found := self.predicted(item_id)) is not None:
            own = [(self.model_version, found)]
        return (*own, *(one for one in imported if one[0] != self.model_version))


def newest(judgements: Sequence[Judgement]) -> Judgement | None:
    """What stands for an item where a format takes one judgement, of several oldest first: the newest review of all labels.

    None without any. A skip says nothing of labels and a partial review not of all: neither hides an older review.
    """
    return next((one for one in reversed(judgements) if one.state == "reviewed" and not one.partial), None)


def _judgement(review: Review, names: Names) -> Judgement:
    labels = names.of(review.assigned)
    return Judgement(
        review.id, review.annotator, review.state, tuple(labels),
        tuple(name for name in names.of(review.dismissed) if name not in labels),
        tuple(names.of(review.confirmed)), tuple(names.unknown(review)), review.partial, review.at, review.seconds,
        review.source, review.action_id, review.note, review.uncertain,
    )  # fmt: skip


class Grouped:
    """Predictions item by item, from a stream in the order of items."""

    def __init__(self, stream: Iterator[tuple[int, str, dict[str, float]]]) -> None:
        self._stream = stream
        self._next = next(stream, None)

    def take(self, item_id: int) -> list[tuple[str, dict[str, float]]]:
        """The model versions and confidences of this item; ask for items in ascending order."""
        found = []
        while self._next is not None and self._next[0] <= item_id:
            if self._next[0] == item_id:
                found.append(self._next[1:])
            self._next = next(self._stream, None)
        return found
