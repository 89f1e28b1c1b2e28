"""Doubts: suspicious reviews, contradicting near-duplicates and confused pairs respond to what is planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from data.errors import NotEnoughEvidence
from data.records import Label, Review, StoredAction
from rating.doubt import Doubt
from rating.evidence import Bools, Floats
from recommend.confusions import confusions
from recommend.contradictions import contradictions, groups_of
from recommend.settling import LONGEST, open_still, second_look, start_second_look
from recommend.suspects import by_person, mistakes, suspects
from tests.builders import stored, unit

RECORDED = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, -1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
CHANCE = np.array([[0.9, 0.05, 0.0], [0.4, 0.2, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 0.5]])


def told(usable: tuple[bool, ...] = (True, True, True)) -> Doubt:
    return Doubt(RECORDED, CHANCE, np.array(usable))


def test_the_likeliest_mistakes_come_first_and_only_what_may_be_asked() -> None:
    found = suspects(told(), np.array([True, True, True, False]))
    assert list(zip(found.rows.tolist(), found.labels.tolist(), strict=True)) == [(0, 0), (2, 1), (1, 0), (1, 1)]
    assert found.assigned.tolist() == [True, False, False, True]
    assert suspects(told((False, True, True)), np.ones(4, dtype=bool)).labels.tolist() == [1, 2, 1]
    assert len(suspects(told(), np.ones(4, dtype=bool), most=2).rows) == 2


def test_expected_mistakes_add_up_over_people_and_stand_in_their_intervals() -> None:
    every, people = mistakes(told()), by_person(told(), ["ann", "bob", "ann", "bob"])
    assert every.assigned == 5
    assert every.wrong.value == pytest.approx(0.9 + 0.2 + 0.5)
    assert every.missed.value == pytest.approx(0.05 + 0.4 + 0.6)
    for name in ("wrong", "missed"):
        parts = [getattr(one, name).value for one in people.values()]
        assert sum(parts) == pytest.approx(getattr(every, name).value)
        estimate = getattr(every, name)
        assert 0 <= estimate.low <= estimate.value <= estimate.high
    assert mistakes(told(), label=1).wrong.value == pytest.approx(0.2)


def groups(*parts: list[int]) -> list[np.ndarray]:
    return [np.array(part) for part in parts]


def test_same_texts_join_the_twins_and_the_rest_stays_alone() -> None:
    found = groups_of(groups([0, 1]), [b"a", b"b", b"c", b"b", b"d"])
    assert [group.tolist() for group in found] == [[0, 1, 3]]
    assert groups_of((), []) == ()
    assert groups_of((), [b"a", b"b"]) == ()


def found_in(targets: Floats, settled: Bools, texts: list[bytes]) -> list:  # type: ignore[type-arg]
    features = unit(np.array([[1.0, 0.0], [1.0, 0.1], [1.0, 0.9], [0.0, 1.0], [0.1, 1.0]]))
    return contradictions(targets, settled, groups([0, 1, 2], [3, 4]), features, texts)


def test_twins_judged_differently_are_shown_by_the_two_most_alike() -> None:
    targets = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, np.nan], [1.0, 1.0], [1.0, 0.0]])
    one, other = found_in(targets, np.zeros(5, dtype=bool), [b"a", b"b", b"c", b"d", b"d"])
    assert (one.rows, one.labels, one.pair, one.exact) == ((3, 4), (1,), (3, 4), True)  # the same text comes first
    assert (other.rows, other.labels, other.pair, other.exact) == ((0, 1, 2), (0,), (0, 1), False)


def test_a_label_not_judged_contradicts_nothing_and_settled_twins_may_differ() -> None:
    texts = [b"a", b"b", b"c", b"d", b"e"]
    unknown = np.array([[1.0], [np.nan], [np.nan], [0.0], [0.0]])
    assert found_in(unknown, np.zeros(5, dtype=bool), texts) == []
    differ = np.array([[1.0], [0.0], [0.0], [0.0], [0.0]])
    assert found_in(differ, np.array([True, True, True, False, False]), texts) == []
    assert len(found_in(differ, np.array([True, True, False, False, False]), texts)) == 1  # one of them was not looked at again


def confused() -> tuple[Floats, Bools]:
    """Of 20 items of label 0 the model gives 8 to label 1; label 2 is known well; every item has one label."""
    right = np.repeat([0, 1, 2], 20)
    given = right.copy()
    given[:8] = 1
    given[20:22] = 0
    return np.eye(3)[right], np.eye(3)[given].astype(bool)


def test_how_often_labels_are_confused_is_what_the_confusion_matrix_says() -> None:
    targets, gives = confused()
    (pair,) = confusions(targets, gives, np.ones(60), ["a", "b", "c"])
    matrix = confusion_matrix(targets.argmax(axis=1), gives.argmax(axis=1), normalize="true")
    assert (pair.first, pair.second) == (0, 1)
    assert pair.given.value == pytest.approx(matrix[0, 1])
    assert pair.taken.value == pytest.approx(matrix[1, 0])
    assert (pair.items, pair.both, pair.either) == (10, 0, 40)
    assert pair.given.low is not None
    assert pair.given.high is not None
    assert pair.given.low < 0.4 < pair.given.high


def test_weights_make_the_rates_those_of_the_population() -> None:
    targets, gives = confused()
    weights = np.where(gives[:, 1] & (targets[:, 0] == 1), 3.0, 1.0)
    (pair,) = confusions(targets, gives, weights, ["a", "b", "c"])
    assert pair.given.value == pytest.approx(24 / 36)


def test_nested_labels_and_what_was_not_judged_are_no_confusion() -> None:
    targets, gives = confused()
    assert confusions(targets, gives, np.ones(60), ["Delivery", "Delivery > Late", "c"]) == []
    unknown = targets.copy()
    unknown[:8, 1] = np.nan
    assert confusions(unknown, gives, np.ones(60), ["a", "b", "c"]) == []
    both = targets.copy()
    both[:8, 1] = 1.0
    assert confusions(both, gives, np.ones(60), ["a", "b", "c"]) == []


def label(number: int, created: str = "2025-01-01", **more: object) -> Label:
    return Label(**{"id": number, "name": f"label {number}", "description": "", "created_at": created, "important": False,
                    "retired_at": None, "merged_into": None, **more})  # type: ignore[arg-type]  # fmt: skip


def review(**more: object) -> Review:
    said = {
        "id": 5, "item_id": 7, "annotator": "ann", "state": "reviewed", "assigned": (1, 2), "dismissed": (3,), "confirmed": (1,),
        "partial": False, "at": "2025-06-01", "seconds": 4.0, "source": "teach", "action_id": 9, "list_rank": 1, "list_size": 9,
        "candidates": 9, "chance": 0.5, "model_version": 1, "revision": 12,
    }  # fmt: skip
    return Review(**{**said, **more})  # type: ignore[arg-type]


FOUR = [label(k) for k in (1, 2, 3, 4)]


def looked(before: Review, labels: list[Label] = FOUR, **more: object) -> tuple[tuple[int, ...], set[int], bool]:
    draft = second_look(before, labels, {}, annotator="bob", source="check", seen=5, **more)  # type: ignore[arg-type]
    assert (draft.annotator, draft.source, draft.seen, draft.action_id) == ("bob", "check", 5, None)
    return draft.assigned, set(draft.dismissed), draft.partial


def test_a_second_look_keeps_a_review_or_changes_one_label() -> None:
    assert looked(review()) == ((1, 2), {3}, False)
    assert looked(review(), gives={2: False}) == ((1,), {2, 3}, False)
    assert looked(review(), gives={3: True}) == ((1, 2, 3), set(), False)
    assert looked(review(partial=True), gives={4: True}) == ((1, 2, 4), {3}, True)


def test_where_an_item_has_one_label_the_new_one_takes_the_place_of_the_old() -> None:
    assert looked(review(assigned=(1,)), gives={4: True}, single=True) == ((4,), {1, 3}, False)
    assert looked(review(assigned=(1,)), gives={1: False}, single=True) == ((), {1, 3}, False)


def test_a_second_look_says_nothing_of_labels_that_are_newer_than_the_review() -> None:
    newer = [*FOUR, label(5, "2025-07-01")]
    assert looked(review(), newer) == ((1, 2), {3, 4}, True)
    merged = [label(1, merged_into=4), *FOUR[1:]]
    assert looked(review(), merged) == ((4, 2), {3}, False)
    assert looked(review(), [*FOUR[:2], label(3, retired_at="2025-05-01"), label(4)]) == ((1, 2), set(), False)


def test_what_was_looked_at_again_since_is_not_open() -> None:
    assert open_still([review()], 11)
    assert open_still([review(source="check")], 12)
    assert not open_still([review(), review(id=6, source="missed")], 11)


def test_doubtful_reviews_are_asked_about_in_an_action_without_what_others_hold(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=30, reviewed=30)
    items, label_id = store.item_hashes(project.id)[0], store.labels(project.id)[0].id

    def start(who: str) -> StoredAction:
        return start_second_look(store, project.id, who, "check", "Refund", "They look wrong.", (label_id,), items)

    first, second = start("ann"), start("bob")
    assert (first.kind, first.state, first.annotator, first.label_ids) == ("check", "started", "ann", (label_id,))
    assert first.item_ids == tuple(items[:LONGEST])
    assert second.item_ids == tuple(items[LONGEST:])
    assert set(first.chances) == {None}
    with pytest.raises(NotEnoughEvidence, match="Somebody is looking at these"):
        start("cleo")
