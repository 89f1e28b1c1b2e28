"""What can be exported: items with their current labels, every review, and predictions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data.exports.handover import Grouped
from data.exports.names import Names
from data.exports.table import Column, Kind, Row, Table
from data.layout import ITEM_COLUMNS
from data.records import Item, Review
from data.store import Store
from data.store.items import chunks

_KINDS: dict[str, Kind] = {
    "labels": "list", "dismissed": "list", "suggested_labels": "list", "unknown_labels": "list", "lead_time_s": "number",
    "uncertain": "integer",
}  # fmt: skip
_REVIEW_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("review_id", "integer"), ("id", "text"), ("annotator", "text"), ("state", "text"), ("labels", "list"),
    ("dismissed", "list"), ("suggested_labels", "list"), ("judged", "text"), ("reviewed_at", "text"), ("lead_time_s", "number"),
    ("selection_source", "text"), ("action_id", "integer"), ("list_rank", "integer"), ("list_size", "integer"),
    ("candidates", "integer"), ("chance", "number"), ("model_version", "integer"), ("revision", "integer"),
    ("view", "text"), ("uncertain", "integer"), ("note", "text"),
)  # fmt: skip
_TIME_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("id", "text"), ("annotator", "text"), ("seconds", "number"), ("kind", "text"), ("action_id", "integer"),
    ("confirmed", "integer"), ("assigned", "integer"), ("state", "text"), ("reviewed_at", "text"), ("view", "text"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's confidences for one item, 0 to 1 by label. ``uid`` is the item's own id; ``text`` None leaves the column out."""

    uid: str
    scores: Mapping[str, float]
    text: str | None = None
    model_version: str | None = None


def items_table(store: Store, project_id: int) -> Table:
    """Every item with its current labels, one row per item and annotator; importing it elsewhere gives the same project.

    Labels out of use stay in the rows that have them; merged ones go by their new name. An item that nobody judged has no state.
    """
    columns = tuple(Column(name, _KINDS.get(name, "text")) for name in ITEM_COLUMNS)
    return Table("items", columns, lambda: _item_rows(store, project_id))


def _item_rows(store: Store, project_id: int) -> Iterator[Row]:
    names = Names(store, project_id)
    predicted = Grouped(store.predictions(project_id))
    for batch in chunks(store.iter_items(project_id)):
        reviews = store.standing_reviews([item.id for item in batch])
        for item in batch:
            scores = predicted.take(item.id)
            judged: list[Review | None] = [*reviews.get(item.id, [])]
            for number in range(max(len(judged), len(scores), 1)):
                review = judged[number] if number < len(judged) else None
                yield _item_row(item, review, scores[number] if number < len(scores) else None, names)


def _item_row(item: Item, review: Review | None, prediction: tuple[str, dict[str, float]] | None, names: Names) -> Row:
    version, scores = prediction if prediction else (None, None)
    cells: dict[str, Any] = {
        "id": item.uid, "text": item.text, "media": item.media, "date": item.at, "model_version": version,
        "label_scores": None if scores is None else json.dumps(scores, ensure_ascii=False),
        **(_judgement(review, names) if review else {}),
    }  # fmt: skip
    return Row(tuple(cells.get(name) for name in ITEM_COLUMNS), item.metadata)


def _judgement(review: Review, names: Names) -> dict[str, Any]:
    assigned = names.of(review.assigned)
    return {
        "labels": assigned, "dismissed": [name for name in names.of(review.dismissed) if name not in assigned],
        "suggested_labels": names.of(review.confirmed), "unknown_labels": names.unknown(review), "state": review.state,
        "judged": "named" if review.partial else "all", "annotator": review.annotator, "reviewed_at": review.at,
        "lead_time_s": review.seconds, "selection_source": review.source, "uncertain": int(review.uncertain),
        "note": review.note or None,
    }  # fmt: skip


def reviews_table(store: Store, project_id: int) -> Table:
    """Every judgement ever given, in order; those taken back are followed by an event whose state is 'undone'."""
    columns = tuple(Column(name, kind) for name, kind in _REVIEW_COLUMNS)
    return Table("reviews", columns, lambda: _review_rows(store, project_id))


def _review_rows(store: Store, project_id: int) -> Iterator[Row]:
    names = Names(store, project_id)
    for batch in chunks(store.iter_reviews(project_id)):
        uids = {item.id: item.uid for item in store.items(project_id, [review.item_id for review in batch])}
        for r in batch:
            labels = (names.of(ids) for ids in (r.assigned, r.dismissed, r.confirmed))
            judged = "named" if r.partial else "all"
            shown = (r.action_id, r.list_rank, r.list_size, r.candidates, r.chance, r.model_version, r.revision)
            said = (r.view or None, int(r.uncertain), r.note or None)
            yield Row((r.id, uids[r.item_id], r.annotator, r.state, *labels, judged, r.at, r.seconds, r.source, *shown, *said))


def times_table(store: Store, project_id: int) -> Table:
    """The active seconds of every judgement whose time is known, in order, those taken back later included.

    ``confirmed`` labels had been suggested, ``assigned`` ones had to be found; ``kind`` is the kind of work it was done in.
    """
    columns = tuple(Column(name, kind) for name, kind in _TIME_COLUMNS)
    return Table("times", columns, lambda: _time_rows(store, project_id))


def _time_rows(store: Store, project_id: int) -> Iterator[Row]:
    timed = (review for review in store.iter_reviews(project_id) if review.seconds is not None and review.state != "undone")
    for batch in chunks(timed):
        uids = {item.id: item.uid for item in store.items(project_id, [review.item_id for review in batch])}
        for r in batch:
            found = len(set(r.assigned) - set(r.confirmed))
            cells = (r.seconds, r.source, r.action_id, len(r.assigned) - found, found, r.state, r.at, r.view or None)
            yield Row((uids[r.item_id], r.annotator, *cells))


def stored_predictions(store: Store, project_id: int) -> Iterator[Prediction]:
    """The predictions of other models that were imported, in the order of the items."""
    for batch in chunks(store.predictions(project_id)):
        items = {item.id: item for item in store.items(project_id, [item_id for item_id, _, _ in batch])}
        for item_id, version, scores in batch:
            yield Prediction(items[item_id].uid, scores, items[item_id].text, version)


def predictions_table(predictions: Callable[[], Iterable[Prediction]], *, long: bool = False) -> Table:
    """Predictions as ``label_scores`` (one row an item, which imports again) or ``long``: one row an item and label.

    ``predictions`` is called for a fresh iterable each time the table is gone through.
    """
    shared = (Column("id"), Column("text"), Column("model_version"))
    extra = (Column("label"), Column("score", "number")) if long else (Column("label_scores"),)
    return Table("predictions", shared + extra, lambda: _prediction_rows(predictions(), long))


def _prediction_rows(predictions: Iterable[Prediction], long: bool) -> Iterator[Row]:
    for found in predictions:
        start = (found.uid, found.text, found.model_version)
        if not long:
            yield Row((*start, json.dumps(dict(found.scores), ensure_ascii=False)))
            continue
        for label, score in found.scores.items():
            yield Row((*start, label, float(score)))
