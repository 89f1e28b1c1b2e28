"""The Labels page, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Project
from data.store import Store
from tests.browsing import APP
from tests.builders import stored
from views import planning

LABELS = "labels_page.py"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Project]]:
    """A project that is planned once for all tests."""
    store, project = stored(tmp_path_factory.mktemp("labels"), items=150, reviewed=80)
    st.cache_resource.clear()
    st.cache_data.clear()
    planning.renew(store, project.id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATEAU_DB", str(store.path))
        yield store, project


def at_labels(**address: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.run()
    at.switch_page(LABELS)
    at.query_params.update(address)
    at.run()
    assert not at.exception
    return at


def names(at: AppTest) -> list[str]:
    return [button.label.strip() for button in at.button if str(button.key).startswith("open_")]


def test_every_label_stands_in_the_table_with_its_figures_and_an_action(place: tuple[Store, Project]) -> None:
    store, project = place
    at = at_labels()
    served = planning.latest(store, project.id)
    assert served is not None
    assert len(names(at)) == len(served.label_ids) == 4
    drawn = "\n".join(html.value for html in at.html)
    for health in served.rating.labels:
        assert health.ap.value is not None
        assert f"Average precision {100 * health.ap.value:.0f} %" in drawn.replace("&#x27;", "'")
        assert f"{health.positives} examples" in drawn
    assert drawn.count("% found") >= 8
    at.selectbox(key="labels_order").select("By name").run()
    assert names(at) == ["**Broken**", "**Delivery \\> Late**", "**Praise**", "**Refund**"]
    at.selectbox(key="labels_level").select("Tree").run()
    assert "weakest: Delivery \\> Late" in "\n".join(caption.value for caption in at.caption)
    at.text_input(key="labels_find").set_value("nothing").run()
    assert names(at) == []
    assert "No label fits" in at.info[0].value
    assert not at.exception


def test_an_action_is_started_for_a_label_without_one(place: tuple[Store, Project]) -> None:
    store, project = place
    with store.write() as db:
        db.conn.execute("DELETE FROM actions")
    at = at_labels(labels_order="By name")
    at.button(key="do_Broken").click().run()
    assert not at.exception
    (action,) = store.actions(project.id, "started")
    broken = next(label.id for label in store.labels(project.id) if label.name == "Broken")
    assert (action.kind, action.label_ids, action.annotator) == ("teach", (broken,), "me")
    assert at.query_params["action"] == str(action.id)
