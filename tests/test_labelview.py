"""What a plan says of one label: its curve, the items worth a look, what it is confused with, and work on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from data.errors import InvalidInput, NotEnoughEvidence
from data.records import Project, Review, ReviewDraft
from data.store import Store
from rating.operating import average_precision
from rating.service import rate_project
from recommend.labelview import LISTS, confusions, curve_of, examples_of, lists_of, origins, put_to_test, reviewed_of
from recommend.listed import out_of_use, start_listed
from recommend.service import plan_project
from recommend.serving import Served
from tests.builders import rated, world
from views.labelwords import judged_by, other_model, predictions_of
from views.wording import plain

N, L = 12, 3


@pytest.fixture(scope="module")
def served() -> Served:
    """Twelve items of which the first eight are reviewed, with three labels of which the third is nested below the first."""
    rating = rated(world(items=80, reviewed=60, labels=L).evidence).rating
    names = ("a", "b", "a > c")
    p = np.full((N, L), 0.05, dtype=np.float32)
    p[:, 0] = [0.9, 0.8, 0.7, 0.2, 0.1, 0.6, 0.3, 0.95, 0.85, 0.55, 0.45, 0.05]
    p[3:5, 1] = 0.9
    targets = np.zeros((8, L), dtype=np.float32)
    targets[[0, 2, 3, 4], 0] = 1
    targets[[1, 5, 7], 1] = 1
    targets[6, 0] = np.nan
    labels = tuple(replace(h, label_id=k + 1, name=names[k], positives=4) for k, h in enumerate(rating.labels))
    empty: Any = None
    return Served(
        replace(rating, labels=labels), empty, (), empty, (), "", None, (), np.arange(100, 100 + N), (1, 2, 3), names, p,
        np.ones(L), np.array([0.5, 0.5, np.inf]), 5.0, rows=np.arange(8), targets=targets, weights=np.ones(8, dtype=np.float32),
    )  # fmt: skip


def numbers(found: Any) -> list[int]:
    return [placed.item_id for placed in found]


def test_reviews_stand_in_the_place_of_probabilities(served: Served) -> None:
    curve = curve_of(served, 1)
    assert served.probability is not None
    soft = served.probability[:, 0].astype(float)
    soft[:8] = np.where(np.isnan(served.targets[:, 0]), soft[:8], served.targets[:, 0])
    cut = curve.at(0.5)
    assert cut is not None
    at = served.probability[:, 0] >= 0.5
    assert (cut.precision, cut.recall) == pytest.approx((soft[at].mean(), soft[at].sum() / soft.sum()))
    assert cut.share == pytest.approx(at.mean())
    held, targets, weights = reviewed_of(served, 1)
    assert (len(held), len(weights)) == (8, 8)
    assert np.isnan(targets[6])


def test_where_all_is_reviewed_average_precision_is_that_of_scikit_learn(served: Served) -> None:
    truth = (np.arange(N) % 3 == 0).astype(np.float32)
    targets = np.column_stack([truth] * L)
    full = replace(served, rows=np.arange(N), targets=targets, weights=np.ones(N, dtype=np.float32))
    assert served.probability is not None
    assert average_precision(curve_of(full, 1)) == pytest.approx(average_precision_score(truth, served.probability[:, 0]))


def test_items_worth_a_look_are_told_apart_by_model_and_review(served: Served) -> None:
    found = lists_of(served, 1, 0.5)
    assert tuple(found) == LISTS
    assert numbers(found["missed"]) == [107, 101, 105]
    assert numbers(found["check"]) == [104, 103]
    assert numbers(found["typical"]) == [100, 102]
    assert numbers(found["teach"]) == [109, 110, 108, 111]
    assert numbers(found["confirm"]) == [108, 109]
    few = lists_of(served, 1, 0.5, size=2)
    assert {key: numbers(items) for key, items in few.items()} == {key: numbers(items)[:2] for key, items in found.items()}


def test_labels_are_confused_where_one_is_given_for_the_other(served: Served) -> None:
    (other,) = confusions(served, 1)
    assert (other.name, other.taken, other.lost) == ("b", 3, 2)
    nested = np.array(served.targets)
    nested[:, 2] = nested[:, 1]
    assert [found.name for found in confusions(replace(served, targets=nested), 1)] == ["b"]
    assert confusions(served, 3) == ()
    everywhere = np.array(served.targets)
    everywhere[:, 1] = 1
    assert confusions(replace(served, targets=everywhere), 1) == ()


def test_a_label_is_tested_by_two_examples_and_a_model(served: Served) -> None:
    assert put_to_test(served, 1)
    assert not put_to_test(served, 9)
    assert not put_to_test(None, 1)
    assert not put_to_test(replace(served, probability=None), 1)
    lone = replace(served.rating, labels=(replace(served.rating.labels[0], positives=1),))
    assert not put_to_test(replace(served, rating=lone), 1)
    assert examples_of(served, 1) == [100, 102, 103, 104]


def test_examples_are_told_by_where_they_came_from() -> None:
    def review(number: int, source: str, who: str, at: str) -> Review:
        return Review(number, number, who, "reviewed", (1,), (), (), False, at, None, source, *(None,) * 6, revision=1)

    found = origins(
        [
            review(1, "teach", "ann", "2025-02-01"),
            review(2, "check", "bob", "2025-01-09"),
            review(3, "teach", "ann", "2025-02-03"),
        ]
    )
    assert (found.examples, found.again) == (3, 1)
    assert list(found.sources.items()) == [("teach", 2), ("check", 1)]
    assert list(found.people.items()) == [("ann", 2), ("bob", 1)]
    assert list(found.months.items()) == [("2025-01", 1), ("2025-02", 2)]


def test_a_skip_takes_no_example_from_whoever_judged_it() -> None:
    def review(number: int, who: str, state: str) -> Review:
        at = f"2025-01-0{number}"
        return Review(number, 7, who, state, (1,), (), (), False, at, None, "teach", *(None,) * 6, revision=1)

    given = [review(1, "ann", "reviewed"), review(2, "zoe", "skipped")]
    assert origins(given).people == {"ann": 1}
    assert origins(given[1:]).examples == 0
    assert judged_by(given) == "reviewed by ann, 2025-01-01"
    assert judged_by(given[1:]) == "skipped by zoe, 2025-01-02"
    assert judged_by([]) == "not reviewed"


def test_figures_bear_the_name_of_the_model_that_they_are_of(served: Served) -> None:
    assert other_model(served) == other_model(None) == ""
    assert predictions_of(served) == "that had not seen them"
    theirs = replace(served, model="theirs")
    assert other_model(theirs).startswith("The thresholds are by theirs, which is in charge.")
    assert f"Plateau's newest model, {served.rating.model_version}." in other_model(theirs)
    assert predictions_of(theirs) == "of theirs"
    assert predictions_of(replace(served, model="plateau-1")) == f"of {plain('plateau-1')} that had not seen them"


def test_no_work_is_started_on_a_label_that_is_out_of_use(place: tuple[Store, Project]) -> None:
    store, project = place
    gone, into, merged = store.labels(project.id)[:3]
    store.retire_label(project.id, gone.id)
    store.merge_labels(project.id, merged.id, into.id)
    assert [out_of_use(store, project.id, label.id) for label in (gone, into, merged)] == [
        "retired", "", f"merged into “{into.name}”",
    ]  # fmt: skip
    for label in (gone, merged):
        with pytest.raises(InvalidInput, match=r"is (retired|merged into)"):
            start_listed(store, project.id, "check", label.id, [1, 2], "ann")


def test_a_list_becomes_an_action_of_what_is_left_of_it(place: tuple[Store, Project]) -> None:
    store, project = place
    served = plan_project(store, project.id).served
    label = served.label_ids[0]
    lists = lists_of(served, label, float(served.threshold[0]), size=4)
    first, *rest = (placed.item_id for placed in lists["teach"])
    store.record_review(project.id, ReviewDraft(first, (), "ann"))
    action = start_listed(store, project.id, "teach", label, [first, *rest], "ann", served=served)
    assert (action.kind, action.label_ids, action.item_ids, action.state) == ("teach", (label,), tuple(rest), "started")
    assert action.predicted_seconds > 0
    with pytest.raises(NotEnoughEvidence, match="Nothing of this list is left"):
        start_listed(store, project.id, "teach", label, rest, "bob", served=served)
    looked = start_listed(store, project.id, "check", label, examples_of(served, label)[:3], "bob", reason="why", served=served)
    assert (len(looked.item_ids), looked.reason) == (3, "why")
    assert "not sure" in start_listed(store, project.id, "check", label, examples_of(served, label)[3:5], "bob").reason
    assert rate_project(store, project.id).result.rating.reviewed == 101
