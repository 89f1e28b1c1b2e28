"""Web hooks among the settings: adding one, a test that arrives or does not, removing it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Project
from data.store import Store
from recommend.hooks import add_hook, note_test
from recommend.postman import postman
from tests.builders import stored
from tests.hooking import Listener, listening
from views import session


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    return stored(tmp_path, items=30, reviewed=5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def _page() -> None:
    from views import notifying, session

    session.show_failure()
    (project,) = session.store().projects()
    notifying.part(session.store(), project)


def the_hooks() -> AppTest:
    at = AppTest.from_function(_page, default_timeout=60).run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for element in at.markdown)


def pressed(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def test_a_hook_is_added_tried_and_removed(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    at = the_hooks()
    at.text_input(key="hook_url").set_value(listener.url)
    at.text_input(key="hook_secret").set_value("s3cret")
    at.multiselect(key="hook_events").set_value(["stop"])
    pressed(at, "hook_add")
    (hook,) = store.hooks(project.id)
    assert (hook.url, hook.secret, hook.events) == (listener.url, "s3cret", ("stop",))
    assert "Told when the stop answer changes. Signed. Nothing was told yet." in said(at)
    assert "s3cret" not in said(at)
    assert "/hook" not in said(at)  # the path may be a secret

    pressed(at, f"hook_test_{hook.id}")
    assert postman().idle(20, store)
    assert len(listener.came) == 1
    assert "Delivered (test" in said(at.run())

    listener.answers = [500]
    pressed(at, f"hook_test_{hook.id}")
    end = time.monotonic() + 20
    while not store.messages(project.id)[0].error:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert "It answers 500" in said(at.run())
    pressed(at, f"hook_remove_{hook.id}")
    assert store.hooks(project.id) == []


def test_what_was_not_delivered_is_when_the_app_starts(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    number = add_hook(store, project.id, listener.url)
    assert note_test(store, store.hook(project.id, number))
    session.store()
    assert postman().idle(20, store)
    assert len(listener.came) == 1


def test_an_address_that_is_none_is_refused_in_words(place: tuple[Store, Project]) -> None:
    store, project = place
    at = the_hooks()
    at.text_input(key="hook_url").set_value("example.org")
    pressed(at, "hook_add")
    assert "http or https address" in at.error[0].value
    assert store.hooks(project.id) == []


def _settings() -> None:
    from views import session, settings

    (project,) = session.store().projects()
    settings.section(session.store(), project)


def test_the_hooks_stand_among_the_settings(place: tuple[Store, Project]) -> None:
    at = AppTest.from_function(_settings, default_timeout=60).run()
    assert not at.exception
    assert "Web hooks" in [element.value for element in at.subheader]
