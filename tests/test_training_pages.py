"""What the pages tell of training in the background: that it starts by itself, what serves meanwhile, and how it failed."""

from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

from api.next import next_items
from data.records import Project, ReviewDraft, now
from data.store import Store
from recommend.service import plan_project
from recommend.start import start_shuffle
from recommend.trainer import Process, trainer
from tests.browsing import opened, trained
from views import desk, planning


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption) for element in kind)


def review(store: Store, project: Project, count: int) -> None:
    for item_id in store.item_hashes(project.id)[0][-count:]:
        store.record_review(project.id, ReviewDraft(item_id, (), f"somebody {count}", source="shuffle"))


def test_a_few_reviews_wait_and_a_loop_of_them_is_taken_in_by_itself(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened()
    review(store, project, 2)
    at.run()
    assert "2 reviews newer than this rating" in said(at)
    assert "serves meanwhile" not in said(at)
    review(store, project, 60)
    with_line = said(at.run())
    assert "Model 1 serves meanwhile" in with_line
    assert "newer than this rating" not in with_line
    trained(store, project.id)
    shown = said(at.run())
    assert not at.exception
    assert "serves meanwhile" not in shown
    assert "newer than this rating" not in shown
    served = planning.latest(store, project.id)
    assert served is not None
    assert served.rating.revision == store.revision(project.id)


def test_changed_labels_are_taken_in_by_itself(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened()
    store.add_label(project.id, "Warranty")
    at.run()
    trained(store, project.id)
    served = planning.latest(store, project.id)
    assert served is not None
    assert "Warranty" in served.label_names
    at.run()
    assert not at.exception
    assert not planning.training(store, project.id).busy  # what is taken in starts nothing anew


def test_a_failed_training_is_said_with_the_way_to_try_again(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    at = opened()
    before = planning.latest(store, project.id)
    with monkeypatch.context() as broken:
        broken.setattr(trainer(), "_process", Process((sys.executable, "-c", "raise SystemExit(9)")))
        planning.request(store, project.id).over.wait(60)
    at.run()
    assert "died twice" in said(at)
    assert planning.latest(store, project.id) is before
    at.button(key="train_again").click().run()
    trained(store, project.id)
    at.run()
    assert not at.exception
    assert "died twice" not in said(at)
    assert planning.latest(store, project.id) is not before


def test_an_action_opens_at_once_without_any_model_and_gets_its_suggestions_later(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    plan_project(store, project.id)  # by another server: this one has no plan
    action = start_shuffle(store, project.id, "me")
    assert action.shown is None
    with monkeypatch.context() as broken:
        broken.setattr(trainer(), "_process", Process((sys.executable, "-c", "raise SystemExit(9)")))
        work = desk.open_work(store, project.id, action.id)
        assert (work.suggested, work.action.model_version) == ({}, 0)
        trained(store, project.id)
        assert planning.training(store, project.id).state == "failed"
        desk.open_work(store, project.id, action.id)
        assert not planning.training(store, project.id).busy  # what has failed is not tried again at every look
    planning.request(store, project.id)
    trained(store, project.id)
    assert desk.as_it_counts(store, project.id, work).suggested.keys() == set(action.item_ids)


def test_a_decision_names_the_model_that_its_suggestions_come_from(place: tuple[Store, Project]) -> None:
    store, project = place
    served = plan_project(store, project.id).served
    action = start_shuffle(store, project.id, "me", served=served)
    store.refresh_shown(project.id, {action.id: {"model_version": 7, "items": {}, "words": {}}})
    assert store.action(project.id, action.id).model_version != 7
    assert desk.open_work(store, project.id, action.id).action.model_version == 7  # as after a reload


def test_the_desk_shows_what_a_newer_model_suggests(place: tuple[Store, Project]) -> None:
    store, project = place
    served = plan_project(store, project.id).served
    action = start_shuffle(store, project.id, "me", served=served)
    work = desk.open_work(store, project.id, action.id)
    assert desk.as_it_counts(store, project.id, work) == work
    first, second = action.item_ids[:2]
    label = served.label_ids[0]
    fresh = {"model_version": 7, "items": {str(first): [[label, 0.9, True]]}, "words": {str(label): ["money"]}}
    store.refresh_shown(project.id, {action.id: fresh})
    renewed = desk.as_it_counts(store, project.id, work)
    assert [(s.label_id, s.probability, s.preselected) for s in renewed.suggested[first]] == [(label, 0.9, True)]
    assert renewed.suggested.get(second, ()) == ()
    assert (renewed.action.model_version, renewed.items) == (7, work.items)
    assert renewed.words[label] == ("money",)


def test_nothing_of_a_label_that_was_reset_is_suggested_until_a_model_has_learned_it_anew(place: tuple[Store, Project]) -> None:
    store, project = place
    served = plan_project(store, project.id).served
    action = start_shuffle(store, project.id, "me", served=served)
    work = desk.open_work(store, project.id, action.id)
    label = max(served.label_ids, key=lambda one: counted(work, one))
    others = {one: counted(work, one) for one in served.label_ids if one != label}
    before = told_over_http(store, project, action.id)
    store.reset_label(project.id, label)
    for old in (
        desk.as_it_counts(store, project.id, work),  # open on somebody's desk
        desk.open_work(store, project.id, action.id),
        desk.open_work(store, project.id, start_shuffle(store, project.id, "you", served=served).id),  # by the old plan
    ):
        assert counted(old, label) == 0
        assert label not in old.words
    assert {one: counted(desk.as_it_counts(store, project.id, work), one) for one in others} == others
    assert told_over_http(store, project, action.id) == before - {store.label(project.id, label).name} != before
    learned_anew = {"model_version": 7, "read_at": now(), "items": {str(action.item_ids[0]): [[label, 0.9, True]]}, "words": {}}
    store.refresh_shown(project.id, {action.id: learned_anew})
    assert counted(desk.as_it_counts(store, project.id, work), label) == 1


def told_over_http(store: Store, project: Project, action_id: int) -> set[str]:
    """The labels that the API suggests on an action's items."""
    return {one.label for item in next_items(store, project, action_id, "me", 50) for one in item.suggestions}


def counted(work: desk.Work, label: int) -> int:
    """On how many items a label is suggested."""
    return sum(one.label_id == label for found in work.suggested.values() for one in found)
