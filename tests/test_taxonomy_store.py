"""Work on the taxonomy: every change can be taken back, nothing that was judged is lost, nobody overwrites another in silence."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from data.errors import InvalidInput, LabelChanged, PlateauError
from data.exports import Handover
from data.records import ImportRow, Label, Project, Review, ReviewDraft, StoredAction
from data.store import Store
from data.store.schema import MIGRATIONS
from rating.service import targets_of

#: A folder in memory where there is one: many small writes to a disk take long.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
NAMES = ["A", "B", "C", "A > x"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return started(tmp_path)


@pytest.fixture
def project(store: Store) -> Project:
    return store.projects()[0]


def started(path: Path) -> Store:
    """Six items, four labels, and a review of the first four items."""
    store = Store(path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{k}", f"message {k}") for k in range(6)])
    ids = [store.add_label(project.id, name).id for name in NAMES]
    items = store.item_hashes(project.id)[0]
    for k, assigned in enumerate([ids[:1], ids[1:3], [], ids[3:]]):
        store.record_review(project.id, ReviewDraft(items[k], tuple(assigned), "ann", dismissed=tuple(ids[:1] if k == 1 else ())))
    return store


def by_name(store: Store, name: str) -> Label:
    return next(label for label in store.labels(1, retired=True) if label.name == name)


def said(store: Store, reviews: int | None = None) -> dict[str, list[float]]:
    """What the first so many reviews say of each label in use."""
    labels = store.labels(1, retired=True)
    table = targets_of(store.reviews(1)[:reviews], labels, store.retired_periods(1))
    used = [label.name for label in labels if label.retired_at is None and label.merged_into is None]
    return dict(zip(used, np.nan_to_num(table, nan=-1.0).T.tolist(), strict=True))


def last_step(store: Store) -> int:
    return store.taxonomy_steps(1)[-1].id


def test_a_label_that_was_reset_is_unknown_until_it_is_judged_again(store: Store, project: Project) -> None:
    before, label = said(store), by_name(store, "A")
    store.reset_label(project.id, label.id, annotator="lea")
    assert said(store) == {**before, "A": [-1.0] * 4}
    item = store.item_hashes(project.id)[0][4]
    store.record_review(project.id, ReviewDraft(item, (label.id,), "ann"))
    assert said(store)["A"] == [-1.0] * 4 + [1.0]
    assert next(iter(store.iter_reviews(project.id))).assigned == (label.id,)
    store.undo_step(project.id, last_step(store), "lea")
    assert said(store, 4) == before
    assert said(store)["A"][4] == 1.0


def test_the_same_answer_after_a_reset_is_a_new_judgement(store: Store, project: Project) -> None:
    label, item = by_name(store, "A"), store.item_hashes(project.id)[0][0]
    store.reset_label(project.id, label.id)
    store.record_review(project.id, ReviewDraft(item, (label.id,), "ann"))
    assert [r.assigned for r in store.standing_reviews([item])[item]] == [(label.id,)]
    assert said(store)["A"][-1] == 1.0


def test_a_file_imported_again_after_a_reset_is_judged_anew_and_a_dated_one_is_not(store: Store, project: Project) -> None:
    row = ImportRow("m5", "message 5", labels=("A",), annotator="zoe")
    dated = replace(row, uid="m4", text="message 4", reviewed_at="2024-05-06T07:08:09.000000+00:00")
    store.import_rows(project.id, [row, dated])
    store.reset_label(project.id, by_name(store, "A").id)
    store.reset_label(project.id, by_name(store, "B").id)
    counts = store.import_rows(project.id, [row, dated])
    assert (counts.reviews_added, counts.reviews_unchanged) == (1, 1)
    assert said(store)["A"] == [-1.0] * 6 + [1.0]
    assert store.import_rows(project.id, [row, dated]).reviews_added == 0


def test_another_tool_judges_anew_after_a_reset(store: Store, project: Project) -> None:
    label, item = by_name(store, "A"), store.item_hashes(project.id)[0][5]
    draft = ReviewDraft(item, (label.id,), "zoe")
    first = store.record_outside(project.id, "tool", "1", "2026-01-01", draft)
    store.reset_label(project.id, label.id)
    second = store.record_outside(project.id, "tool", "1", "2026-01-02", draft)
    assert said(store)["A"] == [-1.0] * 5 + [1.0]
    assert first != second == store.record_outside(project.id, "tool", "1", "2026-01-03", draft)


def test_each_reset_between_two_equal_judgements_counts(store: Store, project: Project) -> None:
    """Judged anew before a later reset of another label: the newest reset alone would not tell."""
    item = store.item_hashes(project.id)[0][2]
    store.reset_label(project.id, by_name(store, "A").id)
    again = ReviewDraft(item, (), "ann", at=by_name(store, "A").reset_at)
    store.reset_label(project.id, by_name(store, "C").id)
    store.record_review(project.id, again)
    assert said(store)["A"] == [-1.0] * 4 + [0.0]


def test_a_label_that_comes_with_judgements_is_created_by_their_annotator(store: Store, project: Project) -> None:
    store.record_reviews(project.id, [ReviewDraft(6, (), "zoe")], names=["D"])
    assert (store.taxonomy_steps(project.id)[-1].words, store.taxonomy_steps(project.id)[-1].annotator) == ("Created D", "zoe")


def test_what_the_history_restores_says_nothing_of_a_label_reset_since(store: Store, project: Project) -> None:
    first, partial = store.reviews(project.id)[0], ReviewDraft(6, (by_name(store, "A").id,), "zoe", partial=True)
    kept = store.record_review(project.id, partial)
    store.reset_label(project.id, by_name(store, "A").id)
    store.restore_review(project.id, first.id, "bob")
    assert said(store)["A"] == [-1.0] * 6
    assert said(store)["B"][-1] == 0.0
    assert store.restore_review(project.id, kept, "zoe") == kept


def test_an_export_and_its_warnings_know_of_what_reviews_say_nothing(store: Store, project: Project) -> None:
    """Step by step: unknown is just what has no target, and the counts are those of what is exported."""
    a, b, c, x = (by_name(store, name).id for name in NAMES)
    item = iter(store.item_hashes(1)[0][4:])
    steps = [
        lambda: store.reset_label(1, a), lambda: store.merge_labels(1, a, b),
        lambda: store.record_review(1, ReviewDraft(next(item), (c,), "ann", confirmed=(c,))),
        lambda: store.undo_step(1, last_step(store)), lambda: store.retire_label(1, x),
        lambda: store.record_review(1, ReviewDraft(next(item), (), "ann")), lambda: store.add_label(1, "A > x"),
        lambda: store.reset_label(1, c),
    ]  # fmt: skip
    for step in steps:
        step()
        told = [judged for whole in Handover(store, project).wholes() for judged in whole.judgements]
        silent = [{name for name, values in said(store).items() if values[k] == -1.0} for k in range(len(told))]
        facts = {"unknown": sum(map(bool, silent))} | {
            part: sum(bool(getattr(judged, part)) for judged in told) for part in ("dismissed", "confirmed")
        }
        assert [set(judged.unknown) for judged in told] == silent
        assert {**facts, "no_label": sum(not judged.labels for judged in told)}.items() <= store.facts(1).items()


def test_a_merge_taken_back_gives_both_labels_their_own_reviews(store: Store, project: Project) -> None:
    before, a, b = said(store), by_name(store, "A"), by_name(store, "B")
    store.merge_labels(project.id, b.id, a.id, annotator="lea")
    items = store.item_hashes(project.id)[0]
    store.record_review(project.id, ReviewDraft(items[4], (a.id,), "ann"))
    store.undo_step(project.id, last_step(store), "lea")
    store.record_review(project.id, ReviewDraft(items[5], (), "ann"))
    after = said(store)
    assert {name: values[:4] for name, values in after.items()} == before
    assert (after["A"][4:], after["B"][4:]) == ([1.0, 0.0], [-1.0, 0.0])


def test_what_was_merged_before_a_reset_is_forgotten_with_it_and_the_merge_waits(store: Store, project: Project) -> None:
    a, b = by_name(store, "A"), by_name(store, "B")
    store.merge_labels(project.id, b.id, a.id)
    merge = last_step(store)
    store.reset_label(project.id, a.id, annotator="lea")
    assert said(store)["A"] == [-1.0] * 4
    with pytest.raises(InvalidInput, match=r"Reset A” by lea .* stands on this"):
        store.undo_step(project.id, merge)


def test_reviews_of_a_label_reset_and_then_merged_say_nothing_of_the_two_together(store: Store, project: Project) -> None:
    a, b = by_name(store, "A"), by_name(store, "B")
    store.reset_label(project.id, a.id)
    store.merge_labels(project.id, a.id, b.id)
    assert said(store)["B"] == [-1.0, 1.0, -1.0, -1.0]


def test_children_move_along_and_back(store: Store, project: Project) -> None:
    a = by_name(store, "A")
    store.nest_label(project.id, a.id, "C", annotator="lea")
    assert [label.name for label in store.labels(project.id)] == ["B", "C", "C > A", "C > A > x"]
    with pytest.raises(InvalidInput, match="below itself"):
        store.nest_label(project.id, a.id, "C > A > x")
    with pytest.raises(InvalidInput, match="called 'B' already"):
        store.rename_label(project.id, a.id, "b")
    store.undo_step(project.id, last_step(store))
    assert [label.name for label in store.labels(project.id)] == sorted(NAMES)


def test_a_step_is_taken_back_once_and_not_under_a_later_one(store: Store, project: Project) -> None:
    a = by_name(store, "A")
    store.rename_label(project.id, a.id, "Alpha")
    first = last_step(store)
    store.rename_label(project.id, a.id, "Beta", annotator="lea")
    with pytest.raises(InvalidInput, match="Renamed Alpha to Beta” by lea"):
        store.undo_step(project.id, first)
    store.undo_step(project.id, first + 1)
    store.undo_step(project.id, first)
    assert by_name(store, "A > x").id
    with pytest.raises(InvalidInput, match="already"):
        store.undo_step(project.id, first)


def test_a_step_that_changed_no_name_is_taken_back_whatever_the_names_are_now(store: Store, project: Project) -> None:
    a = by_name(store, "A")
    store.describe_label(project.id, a.id, "about a")
    described = last_step(store)
    store.rename_label(project.id, a.id, "Alpha")
    store.add_label(project.id, "A")
    store.undo_step(project.id, described)
    assert (by_name(store, "Alpha").description, by_name(store, "A").id == a.id) == ("", False)
    with pytest.raises(InvalidInput, match=r"called 'A' already\. Merge the two"):
        store.undo_step(project.id, described + 1)


def test_labels_that_took_each_others_names_get_their_own_back(store: Store, project: Project) -> None:
    store.rename_label(project.id, by_name(store, "B").id, "Other")
    names = ("B > B", "B > B > B")
    outer, inner = (store.add_label(project.id, name).id for name in names)
    store.nest_label(project.id, outer, "")
    assert store.label(project.id, outer).name == "B"
    store.undo_step(project.id, last_step(store))
    assert (store.label(project.id, outer).name, store.label(project.id, inner).name) == names


def test_a_split_taken_back_can_be_made_again(store: Store, project: Project) -> None:
    a, nothing = by_name(store, "A"), cast(StoredAction, SimpleNamespace(item_ids=()))
    for name in ("A > Part", "A > part"):
        store.split_label(project.id, a.id, [(name, f"about {name}")], lambda made: nothing)
        part = by_name(store, name)
        assert (part.retired_at, part.description) == (None, f"about {name}")
        store.undo_step(project.id, last_step(store))
    assert (by_name(store, "A > Part").id, by_name(store, "A > Part").retired_at is None) == (part.id, False)
    store.retire_label(project.id, by_name(store, "A > x").id)
    with pytest.raises(InvalidInput, match=r"which is retired\. Bring it back"):
        store.split_label(project.id, a.id, [("A > x", "")], lambda made: nothing)


def test_a_split_taken_back_leaves_no_label_but_those_that_judgements_name(store: Store, project: Project) -> None:
    a, nothing = by_name(store, "A"), cast(StoredAction, SimpleNamespace(item_ids=()))
    store.split_label(project.id, a.id, [("One", ""), ("Two", "")], lambda made: nothing)
    one, two = (by_name(store, name).id for name in ("One", "Two"))
    store.record_review(project.id, ReviewDraft(store.item_hashes(project.id)[0][5], (two,), "ann"))
    assert store.never_used(project.id) == set()
    words = store.undo_step(project.id, last_step(store)).words
    assert words == "Took back: Split One, Two off A. Kept out of use, as judgements name it: Two"
    assert store.never_used(project.id) == {one}
    store.add_label(project.id, "one")
    assert store.never_used(project.id) == set()
    store.retire_label(project.id, one)  # what somebody has retired on purpose is no leftover
    assert store.never_used(project.id) == set()
    store.undo_step(project.id, last_step(store))
    store.undo_step(project.id, last_step(store) - 2)
    assert store.never_used(project.id) == {one}


def test_the_second_of_two_people_is_told_what_the_first_has_changed(store: Store, project: Project) -> None:
    seen = by_name(store, "A")
    store.describe_label(project.id, seen.id, "about a", annotator="lea", seen=[seen])
    with pytest.raises(LabelChanged, match="described by lea"):
        store.retire_label(project.id, seen.id, annotator="ben", seen=[seen])
    assert store.label(project.id, seen.id).retired_at is None
    assert [(event.kind, event.annotator) for event in store.label_events(project.id)][-1] == ("described", "lea")


def test_a_database_from_before_gets_the_new_columns_and_keeps_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    db = Database(path)
    MIGRATIONS.apply(db, stop_before="m014_taxonomy")
    db["projects"].insert({"id": 1, "name": "mail", "single_label": 0, "profile": "analytics", "settings": "{}", "revision": 3,
                           "created_at": "2025"})  # fmt: skip
    for number, merged in ((1, None), (2, 1)):
        db["labels"].insert({"id": number, "project_id": 1, "name": f"L{number}", "description": "", "created_at": "2025",
                             "important": 0, "merged_into": merged})  # fmt: skip
    db["label_events"].insert({"project_id": 1, "label_id": 2, "at": "2025", "kind": "merged", "before": "L2", "after": "L1"})
    db.close()
    store = Store(path)
    assert [(x.name, x.merged_into, x.reset_at) for x in store.labels(1, retired=True)] == [("L1", None, None), ("L2", 1, None)]
    assert [(event.kind, event.annotator) for event in store.label_events(1)] == [("merged", "")]
    assert store.taxonomy_steps(1) == []


MOVES = st.tuples(st.sampled_from(["add", "rename", "nest", "merge", "retire", "revive", "reset", "review", "undo", "split"]),
                  st.integers(0, 7), st.integers(0, 7))  # fmt: skip


@settings(max_examples=10, deadline=None, phases=[Phase.generate])
@given(st.lists(MOVES, min_size=3, max_size=10))
def test_nothing_is_lost_whatever_is_done_and_taking_all_back_restores_all(
    moves: list[tuple[str, int, int]],
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        store = started(Path(folder))
        begun, first, kept = last_step(store), said(store), list(store.iter_reviews(1))
        for move in moves:
            kept = moved(store, move, kept, begun)
        steps = [step for step in store.taxonomy_steps(1) if step.id > begun]
        for step in reversed(steps):
            if step.undoes is None and step.undone_by is None:
                kept = watched(store, kept, lambda step=step: store.undo_step(1, step.id))
        assert said(store, 4) == first
        mine, named = {label.id for label in store.labels(1)}, {k for r in kept for k in (*r.assigned, *r.dismissed)}
        made = {label.id for label in store.labels(1, retired=True)} - {by_name(store, name).id for name in NAMES}
        assert made & mine == set()
        assert store.never_used(1) == made - named


def telling(store: Store, made: tuple[int, ...], item: int) -> StoredAction:
    """Work that tells the labels of a split apart, on one item."""
    items = (store.item_hashes(1)[0][item % 6],)
    return StoredAction(
        id=0, kind="check", theme="A", reason="", factor="all_labels", label_ids=made, item_ids=items, chances=(None,),
        candidates=1, predicted_gain=None, predicted_seconds=5.0, model_version=0, revision=1, state="started", created_at="",
        done_at=None, rating_before=None, realised_gain=None, seconds=None,
    )  # fmt: skip


def moved(store: Store, move: tuple[str, int, int], kept: list[Review], begun: int) -> list[Review]:
    """One move, which may be refused; the reviews from then on."""
    kind, one, other = move
    labels = store.labels(1, retired=True)
    a, b = labels[one % len(labels)], labels[other % len(labels)]
    steps = [step.id for step in store.taxonomy_steps(1) if step.id > begun] or [0]
    nothing = cast(StoredAction, SimpleNamespace(item_ids=()))
    do = {
        "add": lambda: store.add_label(1, f"n{one}"),
        "rename": lambda: store.rename_label(1, a.id, f"r{other}"),
        "nest": lambda: store.nest_label(1, a.id, b.name),
        "merge": lambda: store.merge_labels(1, a.id, b.id),
        "retire": lambda: store.retire_label(1, a.id),
        "revive": lambda: store.add_label(1, a.name),
        "reset": lambda: store.reset_label(1, a.id),
        "review": lambda: store.record_review(1, ReviewDraft(store.item_hashes(1)[0][one % 6], (b.id,), f"p{other}")),
        "undo": lambda: store.undo_step(1, steps[-1 - one % min(3, len(steps))]),
        "split": lambda: store.split_label(
            1, a.id, [(f"{a.name} > s{other}", ""), (f"t{one}", "")],
            lambda made: nothing if one % 2 else telling(store, made, other),
        ),
    }[kind]  # fmt: skip
    return watched(store, kept, do)


def watched(store: Store, kept: list[Review], do: object) -> list[Review]:
    """Do something, and see that what was there stays, byte for byte, and that a change raises the revision."""
    revision, steps = store.revision(1), len(store.taxonomy_steps(1))
    try:
        do()  # type: ignore[operator]
    except PlateauError:
        assert store.revision(1) == revision
    reviews = list(store.iter_reviews(1))
    assert reviews[: len(kept)] == kept
    changed = (len(store.taxonomy_steps(1)), len(reviews)) != (steps, len(kept))
    assert (store.revision(1) > revision) == changed
    names = [label.name.casefold() for label in store.labels(1, retired=True)]
    assert len(set(names)) == len(names)
    return reviews


def test_the_taxonomy_of_a_moment_knows_merges_and_resets_as_they_were(store: Store, project: Project) -> None:
    a, b, x = (by_name(store, name) for name in ("A", "B", "A > x"))
    store.merge_labels(project.id, x.id, b.id)
    store.merge_labels(project.id, b.id, a.id)
    pictures = [{label.id: label for label in store.labels(project.id, retired=True)}]
    store.undo_step(project.id, last_step(store))
    pictures.append({label.id: label for label in store.labels(project.id, retired=True)})
    store.reset_label(project.id, a.id)
    pictures.append({label.id: label for label in store.labels(project.id, retired=True)})
    moments = [step.at for step in store.taxonomy_steps(project.id)][-3:]
    store.retire_label(project.id, b.id)
    for picture, moment in zip(pictures, moments, strict=True):
        then, _ = store.taxonomy_as_of(project.id, moment[:-6] + "~")
        assert {label.id: (label.merged_into, label.reset_at) for label in then} == {
            number: (label.merged_into, label.reset_at) for number, label in picture.items()
        }
    assert picture[x.id].merged_into == b.id
    assert picture[a.id].reset_at is not None
