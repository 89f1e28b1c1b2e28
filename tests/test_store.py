"""The store: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import json
import math
import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from data.errors import InvalidInput, NotFound, StoreError
from data.records import ImportRow, Project, Review, ReviewDraft, StopCheck, now
from data.store import Store
from data.store.connection import Connection, dumps
from data.store.reviews import counted
from data.store.schema import KNOWN, MIGRATIONS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(4)])
    return project


def item_ids(store: Store, project: Project) -> list[int]:
    return [item.id for item in store.iter_items(project.id)]


def dump(store: Store) -> list[str]:
    """Every row of every table."""
    with store.read() as db:
        return list(db.conn.iterdump())


def test_creating_a_project_twice_gives_the_same_one(store: Store) -> None:
    first = store.create_project("mail")
    assert store.create_project("  mail ", single_label=True) == first
    assert len(store.projects()) == 1


@pytest.mark.parametrize("name", ["it's", 'say "hi"', "a/b\\c", "../../etc", "'; DROP TABLE projects; --", "βeta 🎈", "שלום"])
def test_a_project_name_with_quotes_or_slashes_is_only_a_name(store: Store, name: str) -> None:
    project = store.create_project(name)
    assert store.project(name) == project
    assert [found.name for found in store.projects()] == [name]


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b"])
def test_a_project_needs_a_proper_name(store: Store, name: str) -> None:
    with pytest.raises(InvalidInput):
        store.create_project(name)


def test_an_unknown_project_is_answered_with_those_that_exist(store: Store, project: Project) -> None:
    with pytest.raises(NotFound, match="'mail'"):
        store.project("post")


def test_recording_the_same_judgement_twice_adds_nothing(store: Store, project: Project) -> None:
    label = store.add_label(project.id, "refund")
    draft = ReviewDraft(item_ids(store, project)[0], (label.id,), "ann")
    number = store.record_review(project.id, draft)
    before = dump(store)
    assert store.record_review(project.id, draft) == number
    assert dump(store) == before


def test_a_review_keeps_its_note_its_doubt_and_the_page_it_was_given_on(store: Store, project: Project) -> None:
    draft = ReviewDraft(item_ids(store, project)[0], (), "ann", note="Which order?", uncertain=True, view="desk")
    number = store.record_review(project.id, draft)
    (kept,) = store.reviews(project.id)
    assert (kept.note, kept.uncertain, kept.view) == ("Which order?", True, "desk")
    assert store.record_review(project.id, replace(draft, note="The first order.")) != number


@settings(deadline=None, max_examples=25)
@given(choices=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8))
def test_undo_restores_each_previous_judgement_in_turn(tmp_path_factory: pytest.TempPathFactory, choices: list[Any]) -> None:
    store = Store(tmp_path_factory.mktemp("undo") / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", "text") for n in range(4)])
    items, label = item_ids(store, project), store.add_label(project.id, "refund").id
    pictures = [store.current_reviews(project.id)]
    for number, assigned in choices:
        store.record_review(project.id, ReviewDraft(items[number], (label,) if assigned else (), "ann"))
        if (now := store.current_reviews(project.id)) != pictures[-1]:
            pictures.append(now)
    for picture in reversed(pictures[:-1]):
        assert store.undo_review(project.id, "ann") is not None
        assert store.current_reviews(project.id) == picture
    assert store.undo_review(project.id, "ann") is None


def test_undo_leaves_other_annotators_alone_and_keeps_the_history(store: Store, project: Project) -> None:
    item = item_ids(store, project)[0]
    store.record_review(project.id, ReviewDraft(item, (), "ann"))
    store.record_review(project.id, ReviewDraft(item, (), "ben"))
    undone = store.undo_review(project.id, "ann")
    assert undone is not None
    assert [review.annotator for review in store.reviews(project.id)] == ["ben"]
    assert [review.state for review in store.reviews(project.id, undone=True)] == ["reviewed", "reviewed", "undone"]


def test_labels_are_one_whatever_their_case_or_blanks(store: Store, project: Project) -> None:
    first = store.add_label(project.id, "Billing > Refund")
    assert store.add_label(project.id, " billing>refund ") == first


def test_a_renamed_label_keeps_its_reviews(store: Store, project: Project) -> None:
    label, item = store.add_label(project.id, "refund"), item_ids(store, project)[0]
    store.record_review(project.id, ReviewDraft(item, (label.id,), "ann"))
    assert store.rename_label(project.id, label.id, "money back").id == label.id
    assert store.current_reviews(project.id)[0].assigned == (label.id,)
    assert [found.name for found in store.labels(project.id)] == ["money back"]


def test_a_label_cannot_take_the_name_of_another(store: Store, project: Project) -> None:
    store.add_label(project.id, "refund")
    other = store.add_label(project.id, "delay")
    with pytest.raises(InvalidInput, match="Merge"):
        store.rename_label(project.id, other.id, "REFUND")


def test_a_merged_label_leaves_the_taxonomy_and_leads_to_its_target(store: Store, project: Project) -> None:
    old, new = store.add_label(project.id, "refunds"), store.add_label(project.id, "refund")
    store.merge_labels(project.id, old.id, new.id)
    assert [label.name for label in store.labels(project.id)] == ["refund"]
    assert store.add_label(project.id, "Refunds").id == new.id
    assert len(store.labels(project.id, retired=True)) == 2


def test_importing_under_the_old_name_of_a_merged_label_changes_nothing(store: Store, project: Project) -> None:
    rows = [ImportRow("m0", "message 0", labels=("refunds",), annotator="ann")]
    store.import_rows(project.id, rows)
    target = store.add_label(project.id, "refund")
    store.merge_labels(project.id, store.add_label(project.id, "refunds").id, target.id)
    assert store.import_rows(project.id, rows).reviews_added == 0


def test_a_retired_label_is_revived_by_adding_it_again(store: Store, project: Project) -> None:
    label = store.add_label(project.id, "refund")
    store.retire_label(project.id, label.id)
    assert store.labels(project.id) == []
    assert store.add_label(project.id, "Refund").id == label.id
    assert [found.id for found in store.labels(project.id)] == [label.id]


def test_the_times_a_label_was_out_of_use_stay_known_when_it_returns(store: Store, project: Project) -> None:
    label, other = store.add_label(project.id, "refund"), store.add_label(project.id, "delay")
    item = item_ids(store, project)[0]
    store.retire_label(project.id, label.id)
    store.record_review(project.id, ReviewDraft(item, (other.id,), "ann"))
    assert store.add_label(project.id, "refund").id == label.id
    store.record_review(project.id, ReviewDraft(item, (), "ben"))
    store.retire_label(project.id, label.id)
    during, after = (review.at for review in store.reviews(project.id))
    periods = store.retired_periods(project.id)
    assert list(periods) == [label.id]
    (left, back), (again, end) = periods[label.id]
    assert back is not None
    assert left <= during < back <= after < again
    assert end is None


def test_a_file_without_a_retired_label_does_not_contradict_the_review_that_has_it(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("m0", "message 0", labels=("refund", "misc"), annotator="ann")])
    store.retire_label(project.id, store.add_label(project.id, "misc").id)
    assert store.import_rows(project.id, [ImportRow("m0", "message 0", labels=("refund",), annotator="ann")]).reviews_added == 0
    assert store.import_rows(project.id, [ImportRow("m0", "message 0", labels=(), annotator="ann")]).reviews_added == 1


def test_importing_twice_changes_nothing(store: Store) -> None:
    project = store.create_project("mail")
    rows = [
        ImportRow("1", "one", labels=("a", "b"), dismissed=("c",), annotator="ann", scores={"a": 0.5}),
        ImportRow("2", "two", metadata={"team": "x"}),
    ]
    first = store.import_rows(project.id, rows)
    assert (first.items_added, first.reviews_added, first.labels_added, first.predictions) == (2, 1, 3, 1)
    before = dump(store)
    again = store.import_rows(project.id, rows)
    assert (again.items_unchanged, again.reviews_unchanged, again.items_added, again.reviews_added) == (2, 1, 0, 0)
    assert dump(store) == before


def test_an_import_updates_by_id(store: Store, project: Project) -> None:
    counts = store.import_rows(project.id, [ImportRow("m1", "new words")])
    assert (counts.items_added, counts.items_updated) == (0, 1)
    assert [item.uid for item in store.iter_items(project.id) if item.text == "new words"] == ["m1"]
    assert store.count_items(project.id) == 4


def old_row(*labels: str, annotator: str = "ann", at: str = "2020-01-01T00:00:00.000000+00:00") -> ImportRow:
    return ImportRow("m0", "message 0", labels=labels, annotator=annotator, reviewed_at=at)


def test_an_older_file_never_overwrites_newer_work(store: Store, project: Project) -> None:
    label = store.add_label(project.id, "new")
    store.record_review(project.id, ReviewDraft(item_ids(store, project)[0], (label.id,), "ann"))
    assert store.import_rows(project.id, [old_row("old")]).reviews_added == 0
    assert store.current_reviews(project.id)[0].assigned == (label.id,)


@pytest.mark.parametrize("who", ["ann", "ben"])
@pytest.mark.parametrize("time", [None, "2999-01-01T00:00:00.000000+00:00"])
def test_a_file_without_review_times_never_overwrites_work_done_here(
    store: Store, project: Project, who: str, time: str | None
) -> None:
    rows = [ImportRow("m0", "message 0", labels=("old",), annotator="ann", reviewed_at=time)]
    store.import_rows(project.id, rows)
    label = store.add_label(project.id, "new")
    store.record_review(project.id, ReviewDraft(item_ids(store, project)[0], (label.id,), who, source="search"))
    before = dump(store)
    for _ in range(2):
        counts = store.import_rows(project.id, rows)
        assert (counts.reviews_added, counts.reviews_unchanged) == (0, 1)
    assert dump(store) == before
    assert store.current_reviews(project.id)[0].assigned == (label.id,)


def test_a_file_without_review_times_replaces_what_an_earlier_file_said(store: Store, project: Project) -> None:
    for name in ("old", "new"):
        rows = [ImportRow("m0", "message 0", labels=(name,), annotator=who, source="search") for who in ("ann", "ben")]
        assert store.import_rows(project.id, [replace(row, source="import") for row in rows]).reviews_added == 2
    assert store.import_rows(project.id, [replace(row, uid="m1") for row in rows]).reviews_added == 2


def test_a_skip_keeps_out_only_its_own_annotators_undated_review(store: Store, project: Project) -> None:
    skip = ReviewDraft(item_ids(store, project)[0], (), "ann", state="skipped", source="shuffle")
    store.record_review(project.id, skip)
    row = ImportRow("m0", "message 0", labels=("old",), annotator="ann")
    assert store.import_rows(project.id, [row]).reviews_added == 0
    assert store.import_rows(project.id, [replace(row, annotator="ben")]).reviews_added == 1


def test_a_review_time_in_the_future_is_taken_as_now(store: Store, project: Project) -> None:
    counts = store.import_rows(project.id, [old_row("old", at="2999-01-01T00:00:00.000000+00:00"), ImportRow("m1", "message 1")])
    assert counts.future_times == 1
    assert store.current_reviews(project.id)[0].at <= now()
    store.record_review(project.id, ReviewDraft(item_ids(store, project)[0], (), "ben"))
    assert store.current_reviews(project.id)[0].annotator == "ben"


def test_an_import_that_only_brings_labels_raises_the_revision(store: Store, project: Project) -> None:
    item, label = item_ids(store, project)[0], store.add_label(project.id, "new").id
    store.record_review(project.id, ReviewDraft(item, (label,), "ann"))
    before = store.revision(project.id)
    counts = store.import_rows(project.id, [old_row("unseen")])
    assert (counts.labels_added, counts.reviews_added) == (1, 0)
    assert store.revision(project.id) == before + 1


def test_a_review_in_a_project_that_does_not_exist_is_refused(store: Store, project: Project) -> None:
    with pytest.raises(NotFound, match="No project has the number 99"):
        store.record_reviews(99, [ReviewDraft(item_ids(store, project)[0], (), "ann")])


def test_somebody_elses_old_reviews_do_not_hide_newer_work(store: Store, project: Project) -> None:
    label = store.add_label(project.id, "new")
    store.record_review(project.id, ReviewDraft(item_ids(store, project)[0], (label.id,), "ann"))
    assert store.import_rows(project.id, [old_row("old", annotator="ben")]).reviews_added == 1
    assert store.current_reviews(project.id)[0].annotator == "ann"
    assert store.count_reviewed(project.id) == 1


def test_a_newer_file_does_overwrite(store: Store, project: Project) -> None:
    store.import_rows(project.id, [old_row("old")])
    assert store.import_rows(project.id, [old_row("new", at="2021-01-01T00:00:00.000000+00:00")]).reviews_added == 1
    names = {label.id: label.name for label in store.labels(project.id)}
    assert [names[i] for i in store.current_reviews(project.id)[0].assigned] == ["new"]


def test_the_labels_of_a_file_are_as_old_as_its_first_review_unless_it_says_otherwise(store: Store, project: Project) -> None:
    late = "2022-01-01T00:00:00.000000+00:00"
    rows = [
        ImportRow("m0", "message 0", labels=("a",), unknown=("b",), reviewed_at="2020-01-01T00:00:00.000000+00:00"),
        ImportRow("m1", "message 1", labels=("b",), reviewed_at=late),
    ]
    store.import_rows(project.id, rows)
    created = {label.name: label.created_at for label in store.labels(project.id)}
    assert created["a"] == rows[0].reviewed_at
    assert "2020-01-01T00:00:00.000000+00:00" < created["b"] <= late


def test_skipped_items_are_not_counted_as_reviewed(store: Store, project: Project) -> None:
    first, second, *_ = item_ids(store, project)
    store.record_review(project.id, ReviewDraft(first, (), "ann", state="skipped"))
    store.record_review(project.id, ReviewDraft(second, (), "ann"))
    assert store.count_reviewed(project.id) == 1
    assert store.count_reviewed(project.id) == sum(r.state == "reviewed" for r in store.current_reviews(project.id))


def test_a_skip_hides_its_own_annotators_review_but_nobody_elses(store: Store, project: Project) -> None:
    item, label = item_ids(store, project)[0], store.add_label(project.id, "a").id
    store.record_review(project.id, ReviewDraft(item, (label,), "ann"))
    store.record_review(project.id, ReviewDraft(item, (), "ben", state="skipped"))
    assert [(r.annotator, r.state) for r in store.current_reviews(project.id)] == [("ann", "reviewed")]
    assert store.count_reviewed(project.id) == 1
    store.record_review(project.id, ReviewDraft(item, (), "ann", state="skipped"))
    assert [(r.annotator, r.state) for r in store.current_reviews(project.id)] == [("ann", "skipped")]
    assert store.count_reviewed(project.id) == 0


@settings(deadline=None)
@given(
    given_=st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abc"), st.booleans(), st.integers(0, 9)), max_size=12),
    order=st.randoms(),
)
def test_what_counts_does_not_depend_on_the_order_of_reading(given_: list[Any], order: Any) -> None:
    reviews = [
        Review(n, item, who, "skipped" if skip else "reviewed", (), (), (), False, str(at), None, "import", *[None] * 6, 0)
        for n, (item, who, skip, at) in enumerate(given_)
    ]
    found = counted(reviews)
    assert [r.item_id for r in found] == sorted({r.item_id for r in reviews})
    for review in found:
        last = {r.annotator: r for r in reviews if r.item_id == review.item_id}.values()
        judged = [r for r in last if r.state == "reviewed"] or list(last)
        assert review == max(judged, key=lambda r: (r.at, r.id))
    order.shuffle(reviews)
    assert counted(reviews) == found


def test_every_write_raises_the_revision(store: Store, project: Project) -> None:
    item = item_ids(store, project)[0]
    steps: list[Callable[[], object]] = [
        lambda: store.add_label(project.id, "a"),
        lambda: store.record_review(project.id, ReviewDraft(item, (), "ann")),
        lambda: store.undo_review(project.id, "ann"),
        lambda: store.import_rows(project.id, [ImportRow("new", "new")]),
    ]
    for step in steps:
        before = store.revision(project.id)
        step()
        assert store.revision(project.id) == before + 1


@pytest.mark.parametrize(
    "change",
    [
        {"assigned": (1,), "dismissed": (1,)},
        {"source": "gossip"},
        {"seconds": -1.0},
        {"state": "undone"},
        {"assigned": (99,)},
        {"chance": 0.0},
        {"chance": 1.1},
        {"chance": float("nan")},
    ],
)
def test_a_judgement_that_makes_no_sense_is_refused(store: Store, project: Project, change: dict[str, Any]) -> None:
    store.add_label(project.id, "a")
    values = {"item_id": item_ids(store, project)[0], "assigned": (), "annotator": "ann"} | change
    before = dump(store)
    with pytest.raises((InvalidInput, NotFound)):
        store.record_review(project.id, ReviewDraft(**values))
    assert dump(store) == before


def test_a_project_with_one_label_an_item_refuses_two(store: Store) -> None:
    project = store.create_project("single", single_label=True)
    with pytest.raises(InvalidInput, match="one label"):
        store.import_rows(project.id, [ImportRow("1", "one", labels=("a", "b"))])
    assert store.count_items(project.id) == 0
    assert store.labels(project.id) == []


def import_many(path: Path, who: int, barrier: Any) -> None:
    barrier.wait()
    store = Store(path)
    project = store.create_project("shared")
    for start in range(0, 100, 25):
        rows = [
            ImportRow(f"{who}-{n}", f"text {n}", labels=(f"label {n % 5}",), annotator=f"a{who}")
            for n in range(start, start + 25)
        ]
        store.import_rows(project.id, [*rows, ImportRow("common", "the same", labels=("label 0",), annotator=f"a{who}")])


def test_two_processes_importing_at_once_keep_everything(tmp_path: Path) -> None:
    path, context = tmp_path / "plateau.db", multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=import_many, args=(path, who, barrier)) for who in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = Store(path)
    project = store.project("shared")
    assert store.count_items(project.id) == 201
    assert len(store.reviews(project.id)) == 202
    assert len(store.labels(project.id)) == 5
    assert store.integrity() == "ok"


def open_fresh(folder: Path, barrier: Any) -> None:
    for number in range(15):
        barrier.wait()
        Store(folder / f"{number}.db").create_project("shared")


def test_a_fresh_database_can_be_opened_by_several_processes_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4, timeout=60)
    workers = [context.Process(target=open_fresh, args=(tmp_path, barrier)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert [len(Store(tmp_path / f"{number}.db").projects()) for number in range(15)] == [1] * 15


def test_opening_a_database_that_is_ready_takes_no_lock(store: Store) -> None:
    lock = Path(f"{store.path}.lock")
    lock.unlink(missing_ok=True)
    Store(store.path)
    assert not lock.exists()


class Interrupted(BaseException):
    """What a page is stopped with is no Exception."""


def test_an_interrupted_write_leaves_no_trace(store: Store, project: Project) -> None:
    def rows() -> Iterator[ImportRow]:
        yield from (ImportRow(f"x{n}", "text", labels=("fresh",)) for n in range(1200))
        raise Interrupted

    before = dump(store)
    with pytest.raises(Interrupted):
        store.import_rows(project.id, rows())
    assert dump(store) == before


def test_a_full_disk_is_said_in_words_and_leaves_no_trace(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, opening = dump(store), Connection._open

    @contextmanager
    def nearly_full(self: Connection) -> Iterator[Database]:
        with opening(self) as db:
            pages = db.conn.execute("PRAGMA page_count").fetchone()[0]
            db.conn.execute(f"PRAGMA max_page_count = {pages + 3}")
            yield db

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "_open", nearly_full)
        with pytest.raises(StoreError, match=r"disk is full.*half-written"):
            store.import_rows(project.id, [ImportRow(f"x{n}", "long text " * 500) for n in range(50)])
    assert dump(store) == before
    assert store.import_rows(project.id, [ImportRow("x", "fits now")]).items_added == 1


def test_a_read_only_database_is_said_in_words(store: Store, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = Connection._open

    @contextmanager
    def read_only(self: Connection) -> Iterator[Database]:
        with opening(self) as db:
            db.conn.execute("PRAGMA query_only = ON")
            yield db

    monkeypatch.setattr(Connection, "_open", read_only)
    with pytest.raises(StoreError, match="read-only"):
        store.import_rows(project.id, [ImportRow("x", "text")])


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        Store(tmp_path / "missing" / "plateau.db")
    with pytest.raises(StoreError, match="/proc"):
        Store("/proc/plateau.db")


def test_a_lock_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "plateau.db.lock").mkdir()
    with pytest.raises(StoreError, match="no file can be made beside it"):
        Store(tmp_path / "plateau.db")


def test_every_migration_is_known() -> None:
    assert {migration.name for migration in MIGRATIONS.pending(Database(memory=True))} == KNOWN


def test_pages_of_items_and_predictions_are_read_without_sorting_what_is_left(tmp_path: Path) -> None:
    """Else a page costs as much as all that come after it, and a project of 100,000 items twenty times that."""
    asked: list[str] = []

    class Watched(Store):
        def _connected(self) -> Database:
            db = super()._connected()
            db.conn.set_trace_callback(asked.append)
            return db

    store = Watched(tmp_path / "plateau.db")
    store.import_rows("mail", [ImportRow("a", "one", scores={"Refund": 0.5}, model_version="v1")])
    asked.clear()
    assert (len(list(store.iter_items(1))), len(list(store.predictions(1))), len(list(store.predictions(1, "v1")))) == (1, 1, 1)
    pages = [query for query in asked if "LIMIT 5000" in query]
    with store.read() as db:
        steps = [str(row[3]) for query in pages for row in db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    assert len(pages) == 6
    assert not [step for step in steps if "TEMP B-TREE" in step]


#: A shuffled and a taught review, and an action under way, as they were kept before chances were.
BEFORE_CHANCES = """
INSERT INTO projects VALUES (1, 'mail', 0, 'analytics', '{}', 2, '2026-01-01');
INSERT INTO items VALUES (1, 1, 'm0', 'one', x'00', NULL, '{}', NULL), (2, 1, 'm1', 'two', x'01', NULL, '{}', NULL);
INSERT INTO reviews VALUES
    (1, 1, 1, 'ann', 'reviewed', '[]', '[]', '[]', 0, '2026-01-02', 3.0, 'shuffle', 1, 1, 10, 40, NULL, 1, NULL),
    (2, 1, 2, 'ann', 'reviewed', '[]', '[]', '[]', 0, '2026-01-03', 3.0, 'teach', 2, 1, 10, 40, NULL, 2, NULL),
    (3, 1, 2, 'ben', 'reviewed', '[]', '[]', '[]', 0, '2026-01-04', 3.0, 'import', NULL, NULL, NULL, NULL, NULL, 2, NULL);
INSERT INTO actions VALUES
    (1, 1, 'shuffle', 't', 'r', 'balance', '[]', '[1,2]', 40, NULL, 30.0, 0, 1, 'started', '2026-01-01', NULL, NULL, NULL, NULL);
"""


def test_a_database_from_before_chances_opens_and_goes_on(tmp_path: Path) -> None:
    """The chance of a shuffled item follows from its list; of others it stays unknown."""
    old = Database(tmp_path / "plateau.db")
    MIGRATIONS.apply(old, stop_before="m002_chances")
    old.conn.executescript(BEFORE_CHANCES)
    old.conn.close()
    store = Store(tmp_path / "plateau.db")
    assert [review.chance for review in store.reviews(1)] == [0.25, None, None]
    assert [review.model_version for review in store.reviews(1)] == [None] * 3
    assert store.stop_checks(1) == []
    assert store.action(1, 1).chances == (None, None)
    assert store.action(1, 1).item_ids == (1, 2)
    store.record_review(1, ReviewDraft(1, (), "ben", source="shuffle", action_id=1, chance=0.5))
    again = store.add_action(1, replace(store.action(1, 1), kind="check", chances=(0.5, None)), "ann")
    assert store.reviews(1)[-1].chance == 0.5
    assert Store(store.path).action(1, again.id).chances == (0.5, None)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database. " * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a Plateau database"):
        Store(path)
    assert path.read_bytes() == before


def test_a_database_of_a_newer_plateau_is_refused_and_left_alone(store: Store) -> None:
    with sqlite3.connect(store.path) as conn:
        conn.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('plateau', 'm999_future', '2099-01-01')"
        )
    before = dump(store)
    with pytest.raises(StoreError, match=r"newer Plateau.*m999_future"):
        Store(store.path)
    assert dump(store) == before


def test_reviews_and_predictions_can_be_read_in_pages(store: Store, project: Project) -> None:
    rows = [ImportRow(f"p{n}", "text", labels=("a",), scores={"a": 0.5}, annotator="ann") for n in range(5100)]
    store.import_rows(project.id, rows)
    assert len({review.id for review in store.iter_reviews(project.id)}) == 5100
    assert len({item for item, _, _ in store.predictions(project.id)}) == 5100
    assert len(list(store.iter_items(project.id))) == 5104


def test_standing_reviews_hold_each_annotators_newest(store: Store, project: Project) -> None:
    item, label = item_ids(store, project)[0], store.add_label(project.id, "a").id
    for who, assigned in (("ann", ()), ("ben", (label,)), ("ann", (label,))):
        store.record_review(project.id, ReviewDraft(item, assigned, who))
    store.undo_review(project.id, "ann")
    found = store.standing_reviews([item])[item]
    assert [(review.annotator, review.assigned) for review in found] == [("ann", ()), ("ben", (label,))]


def test_a_profile_that_does_not_exist_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="analytics or automation"):
        store.create_project("Mails", profile="perfection")
    assert store.projects() == []


def test_merging_into_a_setting_keeps_what_another_writer_put_there(store: Store, project: Project) -> None:
    assert store.update_settings(project.id, {}, merge={"user_vectors": {"a": "1"}}) == store.revision(project.id)
    store.update_settings(project.id, {"encoder": "user:b"}, merge={"user_vectors": {"b": "2"}})
    assert store.project(project.id).settings == {"encoder": "user:b", "user_vectors": {"a": "1", "b": "2"}}


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE items (a TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert path.read_bytes() == before


def test_importing_fewer_columns_keeps_what_was_known(store: Store) -> None:
    project = store.create_project("Mails")
    store.import_rows(project.id, [ImportRow("1", "hello", metadata={"customer": "Ada", "tier": "A"}, at="2025-01-01")])
    store.import_rows(project.id, [ImportRow("1", "hello", metadata={"tier": "B"})])
    (item,) = store.items(project.id, [1])
    assert dict(item.metadata) == {"customer": "Ada", "tier": "B"}
    assert item.at == "2025-01-01"


def test_time_spent_is_that_of_every_judgement_with_a_known_time(store: Store, project: Project) -> None:
    assert store.seconds_spent(project.id) == 0.0
    for item_id, seconds in zip(item_ids(store, project), (4.0, 2.5, None), strict=False):
        store.record_review(project.id, ReviewDraft(item_id, (), "ann", seconds=seconds))
    store.undo_review(project.id, "ann")
    store.undo_review(project.id, "ann")
    assert store.seconds_spent(project.id) == 6.5


def checked(revision: int, answer: str = "keep_going") -> StopCheck:
    return StopCheck(0, revision, 3, "", 100 + revision, answer, "Keep going.", {"gains": [1.0], "kappa": None})


def test_a_revision_has_one_stop_answer_the_last_one_given(store: Store, project: Project) -> None:
    first = store.save_stop_check(project.id, checked(5), b"one")
    second = store.save_stop_check(project.id, checked(6), b"two")
    assert store.save_stop_check(project.id, checked(6, "plateau"), b"three") == second
    kept = store.stop_checks(project.id)
    assert [(c.id, c.revision, c.answer, c.reviewed) for c in kept] == [
        (first, 5, "keep_going", 105),
        (second, 6, "plateau", 106),
    ]
    assert kept[1].figures == {"gains": [1.0], "kappa": None}
    assert (store.stop_decisions(first), store.stop_decisions(second), store.stop_decisions(99)) == (b"one", b"three", None)


def test_decisions_are_kept_only_while_later_ones_are_held_against_them(store: Store, project: Project) -> None:
    numbers = [store.save_stop_check(project.id, checked(k), b"x") for k in range(3)]
    store.save_stop_check(project.id, checked(3), b"x", since=numbers[1])
    assert [store.stop_decisions(number) for number in numbers] == [None, b"x", b"x"]
    assert len(store.stop_checks(project.id)) == 4


def test_what_is_no_number_is_kept_as_unknown(tmp_path: Path) -> None:
    assert json.loads(dumps({"a": [math.nan, (math.inf, 1.5)], "b": {"c": -math.inf}, "d": "NaN"})) == {
        "a": [None, [None, 1.5]], "b": {"c": None}, "d": "NaN",
    }  # fmt: skip


def test_an_item_that_was_kept_with_nan_once_stops_no_export(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    store.import_rows("mail", [ImportRow("a", "x", metadata={"k": {"p": 1}}), ImportRow("b", "y")])
    with store.write() as db:
        db.conn.execute("UPDATE items SET metadata = '{\"v\":NaN}' WHERE uid = 'b'")
    assert sorted(store.kept(1, "k", "p"), key=str) == [(1, 1), (None, 1)]
