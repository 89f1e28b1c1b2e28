"""Choosing what to label: what the actions page offers, and where a choice leads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Project, ReviewDraft, StoredAction
from data.store import Store
from recommend.records import TITLES
from recommend.service import plan_project
from tests.browsing import APP, LABEL, at_action, confirm, opened
from tests.builders import stored
from views import actionwords, planning, runs

ACTION = StoredAction(
    id=0, kind="confirm", theme="Refund", reason="It has few examples.", factor="all_labels", label_ids=(), item_ids=(),
    chances=(), candidates=30, predicted_gain=1.0, predicted_seconds=30.0, model_version=0, revision=0, state="open",
    created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


@pytest.fixture
def place(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    monkeypatch.setattr(planning, "nudge", lambda *_, **__: None)  # what is on offer stays as the test offers it
    return place


def offer(store: Store, project: Project, *made: StoredAction) -> list[int]:
    """Put these actions on offer, with three items each that nobody has reviewed."""
    items = [item.id for item in store.iter_items(project.id)][150:]
    given = [
        action if action.item_ids else replace(action, item_ids=tuple(items[3 * k : 3 * k + 3]), chances=(1.0,) * 3)
        for k, action in enumerate(made)
    ]
    return store.offer_actions(project.id, given)


def at_list(**address: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.run()
    at.switch_page(LABEL)
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(
        str(element.value) for kind in (at.markdown, at.caption, at.title, at.subheader, at.info) for element in kind
    )


def starts(at: AppTest) -> list[str]:
    """The keys of the buttons that start an action, from top to bottom."""
    return [str(b.key) for b in at.button if str(b.key).startswith("start_")]


def label_of(store: Store, project: Project, name: str) -> int:
    return next(label.id for label in store.labels(project.id) if label.name == name)


def test_actions_are_grouped_by_factor_and_say_what_to_do(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened()
    made = [
        replace(ACTION, kind="shuffle", theme="a random sample", factor="balance", predicted_gain=None),
        ACTION,
        replace(ACTION, kind="discover", theme="courier, late", factor="coverage"),
        replace(ACTION, kind="rebalance", theme="glass", factor="balance"),
    ]
    first, second, third, fourth = offer(store, project, *made)
    at = at.switch_page(LABEL).run()
    assert starts(at) == [f"start_{k}" for k in (first, fourth, second, third)]
    shown = texts(at)
    for words in ("Label 3 items drawn at random", "Confirm or correct “Refund” on 3 items", "Label 3 items about “glass”",
                  "It has few examples.", "**+1.0 points**", "3 items · about 30 s", actionwords.UNKNOWN_GAIN):  # fmt: skip
        assert words in shown
    assert [at.button(key=key).proto.shortcut for key in starts(at)] == ["enter", "", "", ""]


def test_every_kind_of_action_has_words_of_its_own() -> None:
    said = {kind: actionwords.asks(replace(ACTION, kind=kind, theme="T_x", item_ids=(1, 2))) for kind in TITLES}
    assert len(set(said.values())) == len(TITLES)
    assert all("2 items" in words for words in said.values())
    assert said["confirm"] == "Confirm or correct “T\\_x” on 2 items"


def test_a_label_is_filtered_first_and_planned_for_on_demand(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    refund = label_of(store, project, "Refund")
    offer(store, project, replace(ACTION, theme="Praise", label_ids=(label_of(store, project, "Praise"),)))
    at = at_list()
    at.selectbox(key="improve").set_value("Label: Refund").run()
    assert starts(at) == []
    assert "Nothing on offer serves “Refund”" in texts(at)
    at.button(key="plan_for").click().run()
    assert not at.exception
    planned = store.actions(project.id, "open")
    assert planned
    assert all(refund in action.label_ids for action in planned if action.label_ids)
    assert {f"start_{action.id}" for action in planned} == set(starts(at))
    at.selectbox(key="improve").set_value("Anything").run()
    assert "Planned for “Refund”" in texts(at)
    at.button(key="plan_for").click().run()
    assert "Planned for" not in texts(at)


def test_a_factor_is_filtered(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    _, coverage = offer(store, project, ACTION, replace(ACTION, kind="discover", theme="courier", factor="coverage"))
    at = at_list()
    at.selectbox(key="improve").set_value("Coverage").run()
    assert starts(at) == [f"start_{coverage}"]


def test_the_choice_is_read_from_the_address(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    _, coverage = offer(store, project, ACTION, replace(ACTION, kind="discover", theme="courier", factor="coverage"))
    assert starts(at_list(improve="Coverage")) == [f"start_{coverage}"]
    at = at_list(time="5 minutes")
    assert at.button(key="run_start")
    assert at_list(improve="Nothing of the kind").selectbox(key="improve").value == "Anything"


def run_of_three(store: Store, project: Project) -> tuple[int, int, int]:
    """Two actions of 140 s that fit into five minutes together, and a richer one of 200 s that leaves no room for them."""
    actions = [
        replace(ACTION, predicted_gain=3.0, predicted_seconds=200.0),
        replace(ACTION, theme="Praise", predicted_gain=2.0, predicted_seconds=140.0),
        replace(ACTION, theme="Broken", predicted_gain=1.9, predicted_seconds=140.0),
    ]
    rich, praise, broken = offer(store, project, *actions)
    return rich, praise, broken


def test_the_minutes_at_hand_choose_the_set_that_brings_most(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    rich, praise, broken = run_of_three(store, project)
    at = at_list(time="5 minutes")
    assert starts(at) == [f"start_{praise}", f"start_{broken}", f"start_{rich}"]
    shown = texts(at)
    assert "2 actions, one after the other: about 4.5 min" in shown
    assert "**+3.9 points**" in shown
    assert "Besides" in shown
    assert at.button(key="run_start").proto.shortcut == "enter"


def test_a_run_leads_from_one_action_to_what_fits_next(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    rich, praise, _ = run_of_three(store, project)
    at = at_list(time="5 minutes")
    at.button(key="run_start").click().run()
    assert not at.exception
    assert (at.query_params["action"], at.query_params["run"]) == (str(praise), f"5_{praise}")
    assert "5 minutes: action 1 of 2, 5 min left" in texts(at)
    for _ in range(3):
        confirm(at)
    assert store.action(project.id, praise).state == "done"
    assert "of your 5 minutes are left" in texts(at)
    assert "5 minutes: action" not in texts(at.run())
    # hardly any time was taken: the rich one fits by now, and brings more than the other
    at.button(key=f"run_{rich}").click().run()
    assert not at.exception
    assert at.query_params["run"] == f"5_{praise}_{rich}"
    assert store.action(project.id, rich).state == "started"
    assert "5 minutes: action 2 of 2" in texts(at)


def test_a_run_is_over_when_nothing_fits_any_more(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    rich, praise, broken = run_of_three(store, project)
    for number in (praise, broken):
        store.start_action(project.id, number, "me")
        store.end_action(project.id, number, "done", 130.0)
    run = runs.Run(5, (praise, broken))
    assert runs.seconds_left(store, project, run) == 40.0
    assert runs.following(store, project, run) is None
    assert runs.seconds_left(store, project, runs.Run(5, ())) == 300.0
    following = runs.following(store, project, runs.Run(5, (praise,)))
    assert following is None or following.id == rich


def test_minutes_that_are_too_few_are_said(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    offer(store, project, replace(ACTION, predicted_seconds=400.0))
    assert "the shortest takes about 6.5 min" in texts(at_list(time="5 minutes"))
    offer(store, project, replace(ACTION, predicted_gain=None))
    assert "Of nothing on offer is it known what it brings" in texts(at_list(time="5 minutes"))


def test_what_was_begun_comes_first_with_how_far_it_is(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    begun, _ = offer(store, project, ACTION, replace(ACTION, theme="Praise"))
    store.start_action(project.id, begun, "me")
    item = store.action(project.id, begun).item_ids[0]
    store.record_review(project.id, ReviewDraft(item, (), "me", source="confirm", action_id=begun))
    at = at_list()
    assert starts(at)[0] == f"start_{begun}"
    assert "**1 of 3 decided**" in texts(at)
    assert at.button(key=f"start_{begun}").proto.shortcut == "enter"
    at.button(key=f"start_{begun}").click().run()
    assert at.query_params["action"] == str(begun)


def test_enter_belongs_to_the_minutes_once_they_are_chosen(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    begun, _ = offer(store, project, ACTION, replace(ACTION, theme="Praise"))
    store.start_action(project.id, begun, "me")
    at = at_list(time="5 minutes")
    assert at.button(key=f"start_{begun}").label == "Go on"
    assert at.button(key=f"start_{begun}").proto.shortcut == ""
    assert at.button(key="run_start").proto.shortcut == "enter"


def test_a_finished_action_opened_anew_is_a_line_above_the_list(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    begun, other = offer(store, project, ACTION, replace(ACTION, theme="Praise"))
    at = at_action(begun)
    for _ in range(3):
        confirm(at)
    assert "Done" in texts(at)
    at.run()
    assert at.title[0].value == "Done"
    at.switch_page("people_page.py").run()
    at.query_params.clear()
    at.switch_page(LABEL).run()
    assert at.title[0].value == "What to label"
    assert "Done: Confirm or correct “Refund” on 3 items. What these answers were worth is not known yet." in texts(at)
    assert f"start_{other}" in starts(at)


def test_answers_taken_back_are_told_until_a_plan_knows(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    offer(store, project, ACTION)
    assert "taken back" not in texts(at_list())
    for item in list(store.iter_items(project.id))[140:142]:
        store.record_review(project.id, ReviewDraft(item.id, (), "me"))
        store.undo_review(project.id, "me")
    told = "2 answers were taken back since these actions were planned"
    assert told in texts(at_list())
    assert told in texts(opened())
    planning.renew(store, project.id)
    assert "taken back" not in texts(at_list())


def test_what_others_work_on_is_said_and_not_offered(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    items = tuple(item.id for item in store.iter_items(project.id))[200:203]
    theirs = store.add_action(project.id, replace(ACTION, item_ids=items, chances=(1.0,) * 3), "Jo")
    store.record_review(project.id, ReviewDraft(items[0], (), "Jo", source="confirm", action_id=theirs.id))
    at = at_list()
    assert f"start_{theirs.id}" not in starts(at)
    assert "Jo works on “Refund”: 1 of 3 items decided." in texts(at)


def test_without_a_plan_one_is_made_by_a_button(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    store.offer_actions(project.id, [])
    store.record_review(project.id, ReviewDraft(next(store.iter_items(project.id)).id, (), "me"))
    at = at_list()
    assert "No plan has been made of the project as it stands" in texts(at)
    at.button(key="plan_now").click().run()
    assert not at.exception
    assert store.actions(project.id, "open")
    assert starts(at)


def test_before_a_rating_the_way_to_one_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = stored(tmp_path, items=60, reviewed=10)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    plan_project(store, project.id)
    at = at_list()
    assert "There is no rating yet" in texts(at)
    assert at.button(key="shuffle_ten")


def test_a_run_in_the_address_counts_only_for_its_own_actions(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    begun, other = offer(store, project, ACTION, replace(ACTION, theme="Praise"))
    at = at_action(begun)
    at.query_params["run"] = f"5_{other}"
    for _ in range(3):
        confirm(at)
    assert not at.exception
    assert "of your 5 minutes" not in texts(at)


def test_the_overview_shows_three_and_the_way_to_all(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened()
    offer(store, project, *(replace(ACTION, theme=f"theme {k}") for k in range(5)))
    at.run()
    assert len(starts(at)) == 3
    at.button(key="all_actions").click().run()
    assert not at.exception
    assert len(starts(at)) == 5


def test_a_label_that_goes_out_of_use_is_chosen_no_longer(place: tuple[Store, Project]) -> None:
    store, project = place
    opened()
    (kept,) = offer(store, project, ACTION)
    at = at_list(improve="Label: Refund")
    assert starts(at) == []
    store.retire_label(project.id, label_of(store, project, "Refund"))
    at.run()
    assert not at.exception
    assert at.selectbox(key="improve").value == "Anything"
    assert starts(at) == [f"start_{kept}"]
