"""Another model's scores are read once, and again when anything has changed that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlite_utils import Database

from data.records import ImportRow, PredictionRow, ReviewDraft
from data.store import Store
from data.store.schema import MIGRATIONS
from rating.external_scores import Names, Scores, Shelf
from rating.external_service import columns_of


class Counting(Store):
    """A store that knows how often predictions were read."""

    reads = 0

    def dated_predictions(self, *asked: Any) -> Iterator[tuple[int, str, str, dict[str, float]]]:
        self.reads += 1
        return super().dated_predictions(*asked)


@pytest.fixture
def store(tmp_path: Path) -> Counting:
    store = Counting(tmp_path / "plateau.db")
    store.import_rows("mail", [ImportRow(f"m{k}", f"text {k}", labels=("Refund",) if k < 2 else ("Praise",)) for k in range(4)])
    for version in ("v1", "v2"):
        store.add_predictions(1, version, [PredictionRow(f"m{k}", {"Refund": k / 10, "praise": 0.5, "?": 1}) for k in range(3)])
    return store


def asked(store: Store, shelf: Shelf, version: str = "v1") -> Scores:
    used = [label.id for label in store.labels(1)]
    names = Names(*columns_of(store.labels(1, retired=True), store.former_names(1), used), len(used))
    return shelf.scores(store, 1, version, np.array(store.item_hashes(1)[0]), names)


def test_reviews_do_not_make_the_predictions_be_read_again(store: Counting) -> None:
    shelf = Shelf()
    first = asked(store, shelf)
    assert np.array_equal(first.scores, [[0.5, 0.0], [0.5, 0.1], [0.5, 0.2], [np.nan] * 2], equal_nan=True)
    assert [bool(at) for at in first.times] == [True, True, True, False]
    store.record_review(1, ReviewDraft(1, (1,), "ann"))
    assert asked(store, shelf) is first
    assert store.reads == 1
    with pytest.raises(ValueError, match="read-only"):
        first.scores[0, 0] = 1.0


CHANGES: dict[str, Callable[[Store], object]] = {
    "a prediction changed": lambda store: store.add_predictions(1, "v1", [PredictionRow("m1", {"Refund": 0.9})]),
    "one came with a file": lambda store: store.import_rows(
        1, [ImportRow("m3", "text 3", scores={"Refund": 1}, model_version="v1")]
    ),
    "an item came": lambda store: store.import_rows(1, [ImportRow("m4", "text 4")]),
    "a label came": lambda store: store.add_label(1, "?"),
    "a label was reset": lambda store: store.reset_label(1, 1),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_scores_makes_them_be_read_again(store: Counting, change: str) -> None:
    shelf = Shelf()
    before = asked(store, shelf)
    CHANGES[change](store)
    after = asked(store, shelf)
    assert store.reads == 2
    assert not np.array_equal(after.scores, before.scores, equal_nan=True)
    assert np.array_equal(after.scores, asked(store, Shelf()).scores, equal_nan=True)


def test_a_change_of_one_model_leaves_the_other_on_the_shelf(store: Counting) -> None:
    shelf = Shelf()
    kept = [asked(store, shelf, version) for version in ("v1", "v2")]
    store.add_predictions(1, "v2", [PredictionRow("m1", {"Refund": 0.9})])
    assert asked(store, shelf, "v1") is kept[0]
    assert asked(store, shelf, "v2") is not kept[1]


def test_the_shelf_holds_no_more_than_it_may(store: Counting) -> None:
    shelf = Shelf(most=asked(store, Shelf()).size)
    first = asked(store, shelf, "v1")
    second = asked(store, shelf, "v2")
    assert asked(store, shelf, "v2") is second
    assert asked(store, shelf, "v1") is not first
    assert asked(store, Shelf(most=0)) is not asked(store, Shelf(most=0))


def test_predictions_from_before_there_were_marks_have_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    store.import_rows("mail", [ImportRow("a", "one", scores={"Refund": 0.5}, model_version="v1")])
    with store.write() as db:
        db.conn.execute("DROP TABLE prediction_marks")
        db.conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm016_marks'")
    assert {migration.name for migration in MIGRATIONS.pending(Database(tmp_path / "plateau.db"))} == {"m016_marks"}
    store = Store(tmp_path / "plateau.db")
    assert (store.predictions_mark(1, "v1") or "").startswith("0 ")
    assert store.predictions_mark(1, "v2") is None
