"""Leaving an action on the pages: what was held for it goes back, by the Leave button, another name or another project."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.errors import StoreError
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from recommend.start import start_shuffle
from tests.browsing import at_action, confirm, on_desk, send
from views import desk
from views.actioncards import on_offer


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    store.create_project("other")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(5)])
    return project


WAYS: dict[str, Callable[[AppTest], AppTest]] = {
    "button": lambda at: send(at, kind="leave"),
    "name": lambda at: at.text_input(key="who").set_value("ben").run(),
    "project": lambda at: at.selectbox(key="project").set_value("other").run(),
}


@pytest.mark.parametrize("way", WAYS)
def test_leaving_gives_back_what_was_held(store: Store, project: Project, way: str) -> None:
    action = start_shuffle(store, project.id, "me")
    at = at_action(action.id)
    assert store.leased(project.id) == set(action.item_ids)
    left = WAYS[way](at)
    assert not left.exception
    assert store.leased(project.id) == set()
    assert "action" not in left.query_params


def test_what_is_decided_in_an_action_that_is_gone_is_saved_and_said_to_be(store: Store, project: Project) -> None:
    (number,) = store.offer_actions(project.id, [replace(start_shuffle(store, project.id, "me"), revision=9)])
    store.release(project.id, "me")
    store.start_action(project.id, number, "me")
    at = at_action(number)
    *items, last = store.action(project.id, number).item_ids
    for _ in items:
        confirm(at)
    with sqlite3.connect(store.path) as database:  # left in another window, and not offered by the next plan
        database.execute("DELETE FROM actions")
    confirm(at)
    assert "desk_failed" not in at.session_state
    assert at.session_state["desk_told"]["saved"] == last
    assert "notice" not in at.session_state["desk_told"]
    assert len(store.reviews(project.id)) == len(items) + 1


def test_what_stands_after_an_action_needs_no_action_in_the_store(store: Store, project: Project) -> None:
    def page() -> None:
        from data.errors import NotFound
        from views import afterwards, desk, session

        store = session.store()
        project = next(found for found in store.projects() if found.name == "mail")
        (action,) = store.actions(project.id)
        work = desk.open_work(store, project.id, action.id)
        store.offer_actions(project.id, [])
        try:
            store.action(project.id, action.id)
        except NotFound:
            afterwards.finished(store, project, work, {})

    store.offer_actions(project.id, [replace(start_shuffle(store, project.id, "me"))])
    with sqlite3.connect(store.path) as database:
        database.execute("DELETE FROM actions WHERE state = 'started'")
    at = AppTest.from_function(page, default_timeout=60).run()
    assert not at.exception
    assert [title.value for title in at.title] == ["Done"]


def test_a_failure_to_go_on_never_says_that_a_decision_is_lost(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = at_action(start_shuffle(store, project.id, "me").id)
    item = on_desk(at)["item"]["id"]

    def busy(*_: object) -> None:
        raise StoreError("The database is busy.")

    with monkeypatch.context() as broken:
        broken.setattr(desk, "go_on", busy)
        confirm(at, [])
    assert on_desk(at)["failed"] is None
    assert on_desk(at)["told"]["notice"].startswith("Your decision is saved.")
    assert [review.item_id for review in store.reviews(project.id)] == [item]


def test_somebody_elses_action_is_not_opened(store: Store, project: Project) -> None:
    action = start_shuffle(store, project.id, "ann")
    at = at_action(action.id)
    assert any("ann is working on this action" in str(info.value) for info in at.info)
    assert store.leased(project.id, but_not="ann") == set()
    assert "action" not in at.query_params


def test_what_was_begun_and_left_hides_nothing_that_is_on_offer(store: Store, project: Project) -> None:
    begun = start_shuffle(store, project.id, "ann")
    (number,) = store.offer_actions(project.id, [begun])
    assert on_offer(store, project) == []
    item = begun.item_ids[0]
    store.record_review(project.id, ReviewDraft(item, (), "ann", source="shuffle", action_id=begun.id))
    store.release(project.id, "ann", begun.id)
    assert store.action(project.id, begun.id).state == "started"
    assert [action.id for action in on_offer(store, project)] == [number]
