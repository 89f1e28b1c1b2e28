"""What pages get of a plan: the same answers as from the plan itself, in a record small enough to be handed on."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.records import Project, ReviewDraft, now
from data.store import Store
from recommend.answering import Said, said_of_item
from recommend.cost import shown
from recommend.service import Planned, plan_project
from recommend.serving import EVEN, Served, as_meant, chances_of, likeliest, predicted, shown_of, suggestions
from recommend.start import start_shuffle
from recommend.value import credible
from tests.builders import SPEECH, stored


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


def test_nothing_is_said_of_labels_that_were_retired_or_reset_since_the_plan(place: tuple[Store, Project, Planned]) -> None:
    store, project, planned = place
    by_name = {label.name: label for label in store.labels(project.id)}
    served, old, other = planned.served, by_name["Refund"], [by_name[name] for name in by_name if name != "Refund"]
    item = next(i for i in served.item_ids.tolist() if (said_of_item(served, i) or Said({}, ())).chosen == ("Refund",))
    for label in (replace(old, reset_at=now()), replace(old, retired_at=now())):
        meant = as_meant(served, [label, *other])
        assert meant.withheld == {old.id}
        assert old.id not in {s.label_id for s in suggestions(meant, [item])[item]}
        said = said_of_item(meant, item)
        assert said is not None
        assert "Refund" not in {*said.scores, *said.chosen}
        assert likeliest(meant, old.id, [2, 1]) == [2, 1]
        assert chances_of(meant, old.id, np.array([1, 2])).tolist() == [1.0, 1.0]
    before = as_meant(served, [replace(old, reset_at="2025-01-01"), *other])
    assert suggestions(before, [item]) == suggestions(served, [item])  # the plan knows the new meaning
    renamed, target = replace(old, name="Money back"), by_name["Praise"]
    assert set(predicted(as_meant(served, [renamed, *other]), item) or {}) == {*by_name, "Money back"} - {"Refund"}
    merged = as_meant(served, [replace(old, merged_into=target.id), *other])
    assert (predicted(merged, item) or {})["Praise"] == (predicted(served, item) or {})["Refund"]
    assert (said_of_item(merged, item) or Said({}, ())).chosen == ("Praise",)


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
    believed = again.probability.nbytes + again.item_ids.nbytes + again.clusters.nbytes + again.targets.nbytes
    features = sum(block.nbytes for block in planned.rated.result.evidence.blocks.values())
    drawn = sum(part.nbytes for part in again.parts.values())
    assert len(content) - believed - drawn < 30_000 < features  # nothing else grows with the items


def test_offered_actions_keep_what_is_suggested_on_their_items_and_the_words_that_speak_for_it(
    place: tuple[Store, Project, Planned],
) -> None:
    store, project, planned = place
    for action in store.actions(project.id, "open"):
        assert action.shown is not None
        found = suggestions(planned.served, action.item_ids)
        assert action.shown["model_version"] == planned.plan.model_version
        assert {int(i): [(label, ticked) for label, _, ticked in given] for i, given in action.shown["items"].items()} == {
            item_id: [(s.label_id, s.preselected) for s in given] for item_id, given in found.items()
        }
        concerned = {*action.label_ids, *(s.label_id for given in found.values() for s in given)}
        assert {int(label) for label in action.shown["words"]} == concerned & set(planned.served.words)
    names = {label.id: label.name for label in store.labels(project.id)}
    for label, words in planned.served.words.items():
        assert 1 <= len(words) <= 12
        assert len(set(words) & set(SPEECH[names[label]])) >= 0.7 * len(words)


def test_a_new_model_renews_the_suggestions_of_undecided_items_alone(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    served = plan_project(store, project.id).served
    action = start_shuffle(store, project.id, "me", served=served)
    assert action.shown == shown_of(served, action.item_ids)
    decided, undone = action.item_ids[:2]
    blank = {"model_version": 0, "items": {str(i): [] for i in action.item_ids}, "words": {"0": ["old"]}}
    store.refresh_shown(project.id, {action.id: blank})
    for item_id in (decided, undone):
        store.record_review(project.id, ReviewDraft(item_id, (), "me", source="shuffle", action_id=action.id))
    store.undo_review(project.id, "me", action.id)
    renewed = plan_project(store, project.id).served
    shown = store.action(project.id, action.id).shown
    assert shown is not None
    assert shown["model_version"] == renewed.rating.model_version > served.rating.model_version
    fresh = shown_of(renewed, action.item_ids) or {}
    assert shown["items"] == {**fresh["items"], str(decided): []}
    assert any(fresh["items"][str(i)] for i in (decided, undone))
    assert shown["words"] == {"0": ["old"], **fresh["words"]}


def test_an_action_that_is_over_keeps_what_it_showed(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    action = start_shuffle(store, project.id, "me", served=plan_project(store, project.id).served)
    store.end_action(project.id, action.id, "dropped")
    store.refresh_shown(project.id, {action.id: {"model_version": 99, "items": {}, "words": {}}, 999: {"items": {}, "words": {}}})
    assert store.action(project.id, action.id).shown == action.shown


def test_without_a_model_an_action_shows_nothing(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=5)
    assert start_shuffle(store, project.id, "me").shown is None
    served = plan_project(store, project.id).served
    assert start_shuffle(store, project.id, "me", served=served).shown is None
