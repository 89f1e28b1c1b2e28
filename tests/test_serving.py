"""What pages get of a plan: the same answers as from the plan itself, in a record small enough to be handed on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from data.records import Project
from data.store import Store
from recommend.cost import shown
from recommend.service import Planned, plan_project
from recommend.serving import EVEN, Served, chances_of, likeliest, predicted, suggestions
from recommend.value import credible
from tests.builders import stored


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project, Planned]:
    store, project = stored(tmp_path_factory.mktemp("served"))
    store.add_label(project.id, "Never met")
    return store, project, plan_project(store, project.id)


def by_the_plan(planned: Planned, item_id: int) -> list[tuple[int, float, bool]]:
    """Suggestions by the assessment itself, in double precision."""
    result = planned.rated.result
    assert result.assessment is not None
    row = int(np.flatnonzero(result.evidence.item_ids == item_id)[0])
    p = result.assessment.probability[row : row + 1]
    believed, on_screen = credible(p, result.assessment.positives.astype(float))[0], shown(p)[0]
    limits = [np.inf if label.threshold is None else max(label.threshold, EVEN) for label in result.rating.labels]
    order = [k for k in np.argsort(-believed, kind="stable").tolist() if on_screen[k]]
    return [(result.evidence.label_ids[k], float(believed[k]), bool(believed[k] >= limits[k])) for k in order]


def test_what_is_suggested_is_what_the_plan_says(place: tuple[Store, Project, Planned]) -> None:
    planned = place[2]
    items = planned.served.item_ids.tolist()
    found = suggestions(planned.served, items)
    for item_id in items:
        expected = by_the_plan(planned, item_id)
        assert [(s.label_id, s.preselected) for s in found[item_id]] == [(label, ticked) for label, _, ticked in expected]
        assert [s.probability for s in found[item_id]] == pytest.approx([p for _, p, _ in expected], abs=1e-6)
    assert {s.preselected for given in found.values() for s in given} == {True, False}


def test_an_item_that_came_after_the_plan_has_no_suggestions(place: tuple[Store, Project, Planned]) -> None:
    served = place[2].served
    last = int(served.item_ids[-1])
    found = suggestions(served, [last + 1, last, 0])
    assert list(found) == [last + 1, last, 0]
    assert (found[last + 1], found[0]) == ((), ())
    assert predicted(served, last + 1) is None
    assert predicted(served, 0) is None
    chances = predicted(served, last) or {}
    assert chances[served.label_names[1]] == pytest.approx(float(served.probability[-1, 1]), abs=1e-4)  # type: ignore[index]


def test_items_are_ranked_by_what_the_model_believes_of_the_label(place: tuple[Store, Project, Planned]) -> None:
    served = place[2].served
    assert served.probability is not None
    label, items = served.label_ids[0], served.item_ids[:40]
    ranked = likeliest(served, label, [*items.tolist(), 10**6])
    chances = dict(zip(items.tolist(), chances_of(served, label, items), strict=True))
    assert sorted(ranked) == items.tolist()
    assert [chances[i] for i in ranked] == sorted(chances.values(), reverse=True)
    assert chances_of(served, label, np.array([10**6]))[0] < min(chances.values())


def test_without_a_model_all_items_are_alike(place: tuple[Store, Project, Planned]) -> None:
    served = replace(place[2].served, probability=None)
    assert suggestions(served, [1, 2]) == {1: (), 2: ()}
    assert likeliest(served, served.label_ids[0], [2, 1]) == [2, 1]
    assert chances_of(served, served.label_ids[0], np.array([1, 2])).tolist() == [1.0, 1.0]
    assert predicted(served, 1) is None


def test_a_served_plan_is_handed_on_whole_and_small(place: tuple[Store, Project, Planned]) -> None:
    planned = place[2]
    content = pickle.dumps(planned.served)
    again: Served = pickle.loads(content)
    assert again.rating == planned.rated.result.rating
    assert (again.plan, again.action_ids, again.gates) == (planned.plan, planned.action_ids, planned.served.gates)
    assert suggestions(again, again.item_ids.tolist()) == suggestions(planned.served, again.item_ids.tolist())
    assert again.probability is not None
    believed = again.probability.nbytes + again.item_ids.nbytes
    features = sum(block.nbytes for block in planned.rated.result.evidence.blocks.values())
    assert len(content) - believed < 30_000 < features  # nothing else grows with the items
