"""The People and History pages, run without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Project, ReviewDraft
from data.store import Store
from data.store.leases import readings_of
from tests.browsing import APP, LABEL, opened
from tests.builders import stored
from tests.test_people import label_named, read_again
from views import planning
from views.wording import figure

PEOPLE, HISTORY = "people_page.py", "history_page.py"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    store, project = stored(tmp_path, items=120, reviewed=60)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    st.cache_data.clear()
    return store, project


def at_page(page: str, who: str = "ann") -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["who"] = who
    at.run()
    at.switch_page(page).run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption, at.info, at.subheader) for element in kind)


def test_one_person_alone_lets_a_second_one_judge_at_once(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened(PEOPLE)
    assert "One person has judged so far" in said(at)
    at.button(key="two_readers").click().run()
    assert not at.exception
    assert readings_of(store.project(project.id).settings) == 2
    assert "From now on two people judge each item" in at.toast[0].value
    assert "two_readers" not in {button.key for button in at.button}


def test_people_who_differ_are_shown_and_can_resolve_it(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = label_named(store, project, "Refund")
    read_again(store, project, "ann", 40, without=refund)
    at = at_page(PEOPLE)
    people, labels = (frame.value for frame in at.dataframe)
    assert people["Person"].tolist() == ["import", "ann"]
    assert labels["Label"].tolist()[0] == "Refund"
    assert labels["Judged by two"].tolist() == [40] * 4
    assert labels["Differed on"].tolist()[0] == labels["Still open"].tolist()[0] > 0
    assert at.button(key=f"resolve_{refund}").label == f"Resolve Refund ({labels['Still open'].tolist()[0]})"
    for row in labels.to_dict("records"):
        assert row["Same answer"] == figure(1 - row["Differed on"] / row["Judged by two"], "share")
    assert "On the 40 items that two people or more have judged" in said(at)
    assert at.metric[0].value == "40 items"
    at.button(key=f"resolve_{refund}").click().run()
    assert not at.exception
    started = store.actions(project.id, "started")
    assert [(action.kind, action.label_ids, action.annotator) for action in started] == [("resolve", (refund,), "ann")]


def test_after_a_restart_the_model_is_read_in_again_without_a_click(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    read_again(store, project, "ann", 5)
    at = opened(PEOPLE)
    asked: list[int] = []
    monkeypatch.setattr(planning, "latest", lambda store, project_id: None)
    monkeypatch.setattr(planning, "request", lambda store, project_id: asked.append(project_id))
    at.run()
    assert not at.exception
    assert "read in again, as after a restart" in said(at)
    assert "Rate the project" not in said(at)
    assert set(asked) == {project.id}


def test_a_name_that_is_set_is_not_asked_for(place: tuple[Store, Project]) -> None:
    assert "under your name, zoe." in said(at_page(PEOPLE, "zoe"))
    assert "Set your name" not in said(at_page(PEOPLE, "zoe"))
    assert "under your name, me. Set your name in the sidebar." in said(opened(PEOPLE))


def test_a_second_reading_is_offered_while_something_waits(place: tuple[Store, Project]) -> None:
    store, project = place
    read_again(store, project, "ben", 5)
    assert "second_reading" not in {button.key for button in at_page(PEOPLE).button}
    store.update_settings(project.id, {"readings": 2})
    at = at_page(PEOPLE)
    at.button(key="second_reading").click().run()
    assert not at.exception
    (action,) = store.actions(project.id, "started")
    assert (action.kind, action.annotator, len(action.item_ids)) == ("second", "ann", 10)
    assert at_page(PEOPLE, "import").button(key="second_reading").disabled


def test_a_second_reading_is_begun_from_where_work_is_chosen(place: tuple[Store, Project]) -> None:
    store, project = place
    assert "read_ten" not in {button.key for button in at_page(LABEL).button}
    store.update_settings(project.id, {"readings": 2})
    at = at_page(LABEL, "import")
    at.button(key="read_ten").click().run()
    assert not at.exception
    assert "Nothing waits for another reading by import" in at.error[0].value
    at = at_page(LABEL)
    at.button(key="read_ten").click().run()
    assert not at.exception
    (action,) = store.actions(project.id, "started")
    assert (action.kind, action.annotator, len(action.item_ids)) == ("second", "ann", 10)
    assert at.query_params["action"] == str(action.id)


def test_who_has_no_name_is_asked_for_one_where_work_is_chosen(place: tuple[Store, Project]) -> None:
    at = opened(LABEL)
    at.text_input(key="who_asked").set_value("  ").run()
    assert not at.exception
    at.text_input(key="who_asked").set_value("Zoe").run()
    assert not at.exception
    assert at.text_input(key="who").value == "Zoe"
    assert at.query_params["who"] == "Zoe"
    assert "who_asked" not in {field.key for field in at.text_input}


def test_nobody_has_worked_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = stored(tmp_path, items=5, reviewed=0)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    assert "Nobody has judged anything yet" in said(opened(PEOPLE))
    assert "Nothing has been decided yet" in said(opened(HISTORY))


def test_the_history_is_filtered_paged_and_brings_a_judgement_back(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = label_named(store, project, "Refund")
    first = store.current_reviews(project.id)[0].item_id
    number = store.record_review(project.id, ReviewDraft(first, (refund,), "ann", source="shuffle", view="desk"))
    store.undo_review(project.id, "ann")
    at = at_page(HISTORY)
    assert "took a decision back" in said(at)
    assert "on the Label page" in said(at)
    older = at.button(key="history_older")
    assert not older.disabled
    older.click().run()
    assert "took a decision back" not in said(at)
    at.button(key="history_newer").click().run()
    at.selectbox(key="history_person").set_value("ann").run()
    assert len([b for b in at.button if str(b.key).startswith("story_")]) == 2
    at.button(key=f"restore_{number}").click().run()
    assert not at.exception
    assert [(r.assigned, r.view) for r in store.standing_reviews([first])[first] if r.annotator == "ann"] == [
        ((refund,), "history")
    ]
    assert f"restore_{number}" not in {button.key for button in at.button}


def test_an_item_has_its_story_and_an_unknown_one_is_named(place: tuple[Store, Project]) -> None:
    store, project = place
    read_again(store, project, "ann", 3)
    at = at_page(HISTORY)
    at.text_input(key="history_item").set_value("m1").run()
    assert said(at).count("m1:") == 2
    at.text_input(key="history_item").set_value("nothing").run()
    assert "no item with the id nothing" in "\n".join(str(w.value) for w in at.warning)
    at.text_input(key="history_item").set_value("").run()
    at.text_input(key="history_action").set_value("77").run()
    assert "No decision fits" in said(at)
