"""Who works on what, and which page of the history: what stands in the address, and what changes with the project."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import ImportRow, ReviewDraft
from data.store import Store

PAGE = """
import streamlit as st
from views import history, session
session.pick_project()
session.show_not_found()
st.markdown(session.annotator())
history.draw(session.store(), session.project())
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    store = Store(tmp_path / "plateau.db")
    for name in ("newer", "older"):
        store.create_project(name)
    for project in store.projects()[::-1]:
        store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(25)])
        for item in store.iter_items(project.id):
            store.record_review(project.id, ReviewDraft(item.id, (), "ann", source="shuffle"))
    return store


def opened(**address: str) -> AppTest:
    at = AppTest.from_string(PAGE, default_timeout=60)
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def test_a_name_that_is_cleared_leaves_the_address(store: Store) -> None:
    at = opened(who="Ben")
    assert "Ben" in {text.value for text in at.markdown}
    at.text_input(key="who").set_value("").run()
    assert "who" not in at.query_params


def test_another_projects_history_begins_with_its_newest_page(store: Store) -> None:
    at = opened(project="older")
    at.button(key="history_older").click().run()
    at.selectbox(key="project").set_value("newer").run()
    assert not at.exception
    assert at.button(key="history_newer").disabled
    assert "No decision fits. Choose other filters." not in [info.value for info in at.info]


def test_an_entry_older_than_what_is_read_of_its_items_story_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("views.history.STORY", 3)
    (project,) = (found for found in store.projects() if found.name == "newer")
    item = next(iter(store.iter_items(project.id))).id
    label = store.add_label(project.id, "Refund").id
    for k in range(8):
        store.record_review(project.id, ReviewDraft(item, (label,) if k % 2 else (), "ann", source="shuffle"))
    at = opened(project="newer")
    oldest = store.reviews(project.id, item)[0].id
    at.session_state["history_pages"] = [oldest + 1]
    at.run()
    assert not at.exception
    assert f"story_{oldest}" in {button.key for button in at.button}


def test_a_project_that_there_is_not_is_said_until_one_is_chosen(store: Store) -> None:
    at = opened(project="gone")
    said = " ".join(text.value for text in at.markdown)
    assert "There is no project called “gone” here." in said
    assert "“older” instead" in said
    at.run()
    assert "gone" in " ".join(text.value for text in at.markdown)  # a page may run again before anybody has read it
    at.selectbox(key="project").set_value("newer").run()
    assert "gone" not in " ".join(text.value for text in at.markdown)
    assert "There is no project" not in " ".join(text.value for text in opened(project="older").markdown)
