"""Disagreements: what counts as one, what is asked, and that a decision settles it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.records import Label, Review, ReviewDraft
from rating.evidence import RatingConfig
from rating.service import rate_project
from recommend.known import known_of
from recommend.plan import plan_actions
from recommend.records import Known
from recommend.resolve import disputes
from recommend.service import plan_project
from tests.builders import minute, rated, stored, world

EARLY, LATE = minute(0), minute(600)


def label(number: int, created: str = EARLY, *, retired: str | None = None, into: int | None = None) -> Label:
    return Label(number, f"label {number}", "", created, False, retired, into)


def said(
    annotator: str, assigned: tuple[int, ...], dismissed: tuple[int, ...] = (), *, partial: bool = False, state: str = "reviewed",
    at: str = minute(5),
) -> Review:  # fmt: skip
    return Review(
        1, 7, annotator, state, assigned, dismissed, (), partial, at, None, "import", None, None, None, None, None, None, 1
    )  # type: ignore[arg-type]


TWO = [label(1), label(2)]


def test_labels_on_which_two_people_differ_are_disputed() -> None:
    assert disputes({7: [said("a", (1,)), said("b", (2,))]}, TWO) == {7: (1, 2)}
    assert disputes({7: [said("a", (1, 2)), said("b", (2,))]}, TWO) == {7: (1,)}
    assert disputes({7: [said("a", (1,)), said("b", (1,))]}, TWO) == {}


def test_only_what_both_have_judged_can_be_disputed() -> None:
    assert disputes({7: [said("a", (1,)), said("b", (), partial=True)]}, TWO) == {}
    assert disputes({7: [said("a", (1,)), said("b", (), (1,), partial=True)]}, TWO) == {7: (1,)}
    assert disputes({7: [said("a", (1,)), said("b", (), state="skipped")]}, TWO) == {}
    assert disputes({7: [said("a", (1,)), said("b", ())]}, [label(1, created=LATE)]) == {}
    assert disputes({7: [said("a", (1,)), said("b", (), at=LATE)]}, [label(1, created=minute(100))]) == {7: (1,)}


def test_a_merged_label_is_its_target_and_a_retired_one_is_not_disputed() -> None:
    merged = [label(1), label(2, into=1)]
    assert disputes({7: [said("a", (1,)), said("b", (2,))]}, merged) == {}
    assert disputes({7: [said("a", (2,)), said("b", ())]}, merged) == {7: (1,)}
    assert disputes({7: [said("a", (1,)), said("b", ())]}, [label(1, retired=LATE)]) == {}


def test_silence_says_nothing_of_a_label_that_was_out_of_use() -> None:
    given_ = {7: [said("a", (1,), at=minute(5)), said("b", (), at=minute(30))]}
    assert disputes(given_, TWO, {1: [(minute(20), minute(40))]}) == {}
    assert disputes(given_, TWO, {1: [(minute(30), minute(40))]}) == {}
    assert disputes(given_, TWO, {1: [(minute(20), minute(30))]}) == {7: (1,)}
    assert disputes(given_, TWO, {2: [(minute(20), None)]}) == {7: (1,)}
    named = {7: [said("a", (1,)), said("b", (), (1,), at=minute(30))]}
    assert disputes(named, TWO, {1: [(minute(20), minute(40))]}) == {7: (1,)}


def test_a_label_that_came_back_is_not_disputed_for_what_was_said_without_it(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    item_id = next(r.item_id for r in store.current_reviews(project.id) if refund in r.assigned)
    others = next(r.assigned for r in store.current_reviews(project.id) if r.item_id == item_id)
    store.retire_label(project.id, refund)
    without = tuple(label for label in others if label != refund)
    store.record_review(project.id, ReviewDraft(item_id, without, "other", source="shuffle"))
    store.add_label(project.id, "Refund")
    assert known_of(store, project.id, rate_project(store, project.id).result).disputes == {}


@given(st.lists(st.sets(st.integers(1, 4)), min_size=1, max_size=4))
def test_with_full_reviews_the_disputed_are_those_that_some_but_not_all_assign(answers: list[set[int]]) -> None:
    given_ = [said(str(k), tuple(sorted(assigned))) for k, assigned in enumerate(answers)]
    wanted = tuple(sorted(set.union(*answers) - set.intersection(*answers)))
    assert disputes({7: given_}, [label(k) for k in range(1, 5)]).get(7, ()) == wanted


def test_what_is_disputed_is_asked_and_nothing_else() -> None:
    evidence = world(items=300, reviewed=150).evidence
    numbers = [int(i) for i in evidence.item_ids[evidence.rows[:3]]]
    known = Known({numbers[0]: (10,), numbers[1]: (10, 11), numbers[2]: (99,)})
    actions = [a for a in plan_actions(rated(evidence), RatingConfig(), names={}, known=known, top=50) if a.kind == "resolve"]
    assert sorted(item for action in actions for item in action.items) == numbers[:2]
    assert {action.label_ids for action in actions} <= {(10,), (11,)}
    assert all(action.gain is not None and action.gain >= 0 and action.seconds > 0 for action in actions)
    assert all("Annotators differ about it on " in action.reason for action in actions)


def test_what_was_looked_at_again_is_not_asked() -> None:
    evidence = world(items=300, reviewed=150).evidence
    number = int(evidence.item_ids[evidence.rows[0]])
    settled = np.arange(150) == 0
    found = rated(replace(evidence, settled=settled))
    actions = plan_actions(found, RatingConfig(), names={}, known=Known({number: (10,)}), top=50)
    assert not [action for action in actions if action.kind == "resolve"]


def test_a_disagreement_is_offered_until_it_is_decided(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    plain = [r.item_id for r in store.current_reviews(project.id) if refund not in r.assigned][:6]
    for item_id in plain:
        store.record_review(project.id, ReviewDraft(item_id, (refund,), "other", source="shuffle"))
    assert set(store.shared_reviews(project.id)) == set(plain)
    known = plan_project(store, project.id).plan.actions
    offered = [action for action in known if action.kind == "resolve"]
    assert offered
    assert set(offered[0].items) <= set(plain)
    for item_id in plain:
        store.record_review(project.id, ReviewDraft(item_id, (), "third", source="resolve"))
    assert "resolve" not in {action.kind for action in plan_project(store, project.id).plan.actions}


def test_shared_reviews_hold_the_last_word_of_each_annotator(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=20, reviewed=4)
    first, second = [r.item_id for r in store.current_reviews(project.id)][:2]
    refund = store.labels(project.id)[0].id
    store.record_review(project.id, ReviewDraft(first, (refund,), "me", source="shuffle"))
    store.record_review(project.id, ReviewDraft(first, (), "me", source="check"))
    store.record_review(project.id, ReviewDraft(second, (), "me", source="check"))
    store.undo_review(project.id, "me")
    found = store.shared_reviews(project.id)
    assert list(found) == [first]
    assert {review.annotator: review.assigned for review in found[first]}["me"] == ()
    assert len(found[first]) == 2
