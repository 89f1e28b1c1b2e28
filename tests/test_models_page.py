"""The Models page: predictions come in, a model is rated beside the own one, put in charge, and its thresholds are tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.store import Store
from rating.external_view import view_of
from tests.builders import minute, stored
from tests.test_external import NAMES, predictions
from views.models import apart, verdict_line

MODELS = Path(__file__).parents[1] / "views" / "models_page.py"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store, _ = stored(tmp_path, items=300, reviewed=140)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    st.cache_data.clear()
    return store


def page() -> AppTest:
    """The page alone: the app around it would rate the project first."""
    at = AppTest.from_file(str(MODELS), default_timeout=60)
    at.session_state["project"] = "mail"
    return at.run()


def said(at: AppTest) -> str:
    """All that the page says in words."""
    assert not at.exception
    parts = (at.markdown, at.caption, at.info, at.warning, at.success, at.error)
    return "\n".join(element.value for part in parts for element in part)


def test_predictions_are_brought_by_file_with_what_the_model_has_not_seen(store: Store) -> None:
    at = page()
    assert "No text is needed" in said(at)
    assert not at.dataframe
    lines = ["id,Refund,Late", *(f"{row.uid},{row.scores['Refund']},0.5" for row in predictions(NAMES)), "zz,0.5,0.5"]
    at.file_uploader(key="models_file").upload("p.csv", "\n".join(lines).encode())
    at.text_input(key="models_version").set_value("v [1]")
    at.selectbox(key="models_evidence").set_value("out-of-fold").run()
    at.button(key="models_take").click().run()
    words = said(at)
    for part in ("300 predictions added", "for items that the project does not have", "Late", "140 of 140 reviews"):
        assert part in words
    assert store.external_model(1, "v [1]").evidence == "out-of-fold"


def test_a_file_that_says_nothing_is_refused_in_words(store: Store) -> None:
    at = page()
    at.file_uploader(key="models_file").upload("p.csv", b"id,text\nm0,hello\n").run()
    at.button(key="models_take").click().run()
    assert "holds no scores" in said(at)
    assert store.external_models(1) == []


def test_a_model_is_rated_beside_the_own_one_and_put_in_charge(store: Store) -> None:
    store.add_predictions(1, "v1", predictions(NAMES[:3]), minute(0))
    at = page()
    words = said(at)
    for part in ("139 of 140 reviews", "never scores 1 of the labels", "Plateau's own model"):
        assert part in words
    both, labels, cuts = (table.value for table in at.dataframe)
    assert list(both.columns) == ["", "v1", "Plateau's own"]
    assert both[""].tolist() == ["Model Rating", "All labels", "Underperforming labels", "Coverage", "Balance"]
    assert sorted(labels["Label"]) == sorted(NAMES)
    assert labels.set_index("Label").loc["Praise", "Verdict"] == "worse"
    assert sorted(cuts["Label"]) == sorted(NAMES[:3])
    at.button(key="models_use").click().run()
    assert store.project(1).settings["in_charge"] == "v1"
    assert "v1 plans and suggests" in said(at)
    at.button(key="models_own").click().run()
    assert "in_charge" not in store.project(1).settings


def test_a_lead_that_the_ratings_do_not_show_is_explained(store: Store) -> None:
    store.add_predictions(1, "v1", predictions(NAMES), minute(0))
    seen = view_of(store, 1, "v1")
    told, own = seen.comparison, (seen.own.factor("all_labels").score.value or 0.0) / 100.0
    assert told is not None
    theirs = (seen.rating.factor("all_labels").score.value or 0.0) / 100.0
    alike = replace(seen, comparison=replace(told, own=own, external=theirs))
    assert apart(alike) == ""
    other = replace(seen, comparison=replace(told, own=own - 0.2, external=theirs))
    assert "each one's own alone" in apart(other)
    assert f"{100 * theirs:.0f} against {100 * own - 20:.0f} on the same items" in verdict_line(other)


def test_a_threshold_can_be_tried_and_an_aim_chosen(store: Store) -> None:
    store.add_predictions(1, "v1", predictions(NAMES), minute(0))
    at = page()
    table = {
        aim: at.segmented_control(key="models_aim").set_value(aim).run().dataframe[2].value for aim in ("precision", "recall")
    }
    assert (table["precision"]["Threshold"] >= table["recall"]["Threshold"]).all()
    assert (table["precision"]["Threshold"] > table["recall"]["Threshold"]).any()
    slider = at.slider(key="models_cut_Broken_recall")
    before = said(at)
    slider.set_value(slider.max).run()
    assert said(at) != before
    assert "Precision **" in said(at)


def test_too_few_reviews_that_count_are_said_and_can_be_declared_otherwise(store: Store) -> None:
    store.add_predictions(1, "v1", predictions(NAMES), minute(120))
    at = page()
    assert "19 of the 50 reviews" in said(at)
    assert not at.dataframe
    at.selectbox(key="models_1_v1_seen").set_value("trained-on-none").run()
    assert "140 of 140 reviews" in said(at)
    assert len(at.dataframe) == 3


def test_a_model_in_charge_that_has_no_rating_is_said_not_to_plan_and_can_be_sent_back(store: Store) -> None:
    store.add_predictions(1, "v1", predictions(NAMES), minute(0))
    store.put_in_charge(1, "v1")
    store.declare_model(1, "v1", "before-review")
    store.add_predictions(1, "v1", [replace(row, scores={"Refund": 0.5}) for row in predictions(NAMES)])
    at = page()
    assert "No rating yet." in said(at)
    assert "Plateau's own model plans meanwhile" in said(at)
    assert "plans and suggests" not in said(at)
    at.button(key="models_own").click().run()
    assert "in_charge" not in store.project(1).settings
