"""Leaving an action on the pages: what was held for it goes back, by the Leave button, another name or another project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from recommend.start import start_shuffle
from tests.browsing import at_action, send
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
