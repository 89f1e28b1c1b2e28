"""The Labels page, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Label, LabelEvent, Project
from data.store import Store
from data.store.trends import LabelPoint
from rating.operating import operating_points
from rating.thresholds import cut_curve
from recommend.labelview import curve_of, lists_of
from recommend.service import plan_project
from tests.browsing import APP
from tests.builders import stored
from views import labelwork, planning, runs, session
from views.labelcharts import curve_chart, curve_table, marks_table, reviewed_table, trend_chart, trend_table
from views.labelwords import history_of
from views.wording import figure

LABELS = "labels_page.py"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Project]]:
    """A project that is planned once for all tests, and not again."""
    store, project = stored(tmp_path_factory.mktemp("labels"), items=150, reviewed=80)
    st.cache_resource.clear()
    st.cache_data.clear()
    served = plan_project(store, project.id).served
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATEAU_DB", str(store.path))
        patch.setattr(planning, "latest", lambda store, project_id: served)
        patch.setattr(planning, "nudge", lambda store, project_id, changes=False: None)
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
    assert "trend" not in drawn
    for row in at.columns:
        assert not [html for html in row.html if "% found" in html.value and row.button]
    assert len([row for row in at.columns if any(str(one.key).startswith("do_") for one in row.button)]) == 4
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


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption, at.info, at.subheader) for element in kind)


def test_a_label_has_a_page_where_its_threshold_is_chosen(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = place
    label = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    served = planning.latest(store, project.id)
    assert served is not None
    points = operating_points(curve_of(served, label))
    at = at_labels(label=str(label))
    assert at.title[0].value == "Refund"
    health = next(health for health in served.rating.labels if health.label_id == label)
    assert [metric.value for metric in at.metric][:2] == [figure(health.ap.value, "share"), f"{health.positives}"]
    assert points.balanced is not None
    assert points.complete is not None
    assert at.slider[0].value == pytest.approx(100 * points.balanced.threshold, abs=1e-3)
    assert f"**{round(points.balanced.share * 150)} items** are found" in said(at)
    at.button(key="cut_to_complete").click().run()
    assert at.slider[0].value == pytest.approx(100 * points.complete.threshold, abs=1e-3)
    assert figure(points.complete.recall, "share") in [metric.value for metric in at.metric]
    assert not at.exception
    assert "**By person:** import" in said(at)
    assert "Created" in said(at)
    monkeypatch.setattr(planning, "latest", lambda store, project_id: replace(served, model="v1", charge="'v1' plans."))
    at.run()
    assert "'v1' plans." in said(at)
    assert "those of v1, which is in charge" in said(at)


def test_the_items_of_a_label_become_work(place: tuple[Store, Project]) -> None:
    store, project = place
    label = next(label.id for label in store.labels(project.id) if label.name == "Praise")
    served = planning.latest(store, project.id)
    assert served is not None
    at = at_labels(label=str(label))
    at.segmented_control[0].set_value("Typical").run()
    found = lists_of(served, label, at.slider[0].value / 100)["typical"]
    assert "surest of" in said(at)
    assert len([caption for caption in at.caption if "reviewed by import" in caption.value]) == min(len(found), 5)
    at.button(key="work_typical").click().run()
    assert not at.exception
    (action,) = (action for action in store.actions(project.id, "started") if action.label_ids == (label,))
    assert (action.kind, action.item_ids) == ("check", tuple(placed.item_id for placed in found))
    assert "surest" in action.reason


def test_a_label_that_the_rating_does_not_know_leads_back(place: tuple[Store, Project]) -> None:
    at = at_labels(label="999")
    assert "does not know this label" in at.info[0].value
    at.button(key="labels_back").click().run()
    assert len(names(at)) == 4


def test_a_label_out_of_use_whose_examples_are_gone_says_so_and_offers_no_work(place: tuple[Store, Project]) -> None:
    store, project = place
    label = next(label.id for label in store.labels(project.id) if label.name == "Broken")
    st.cache_data.clear()
    with store.write() as db:
        db.conn.execute("UPDATE labels SET retired_at = '2025-06-01' WHERE id = ?", [label])
        db.conn.execute("UPDATE reviews SET state = 'skipped'")
    at = at_labels(label=str(label), labels_items="Borderline")
    with store.write() as db:
        db.conn.execute("UPDATE labels SET retired_at = NULL WHERE id = ?", [label])
        db.conn.execute("UPDATE reviews SET state = 'reviewed'")
    st.cache_data.clear()
    assert "It is retired" in at.warning[0].value
    assert "No review of them stands any more" in said(at)
    work = [button for button in at.button if str(button.key).startswith(("work_", "do_"))]
    assert len(work) == 2
    assert all(button.disabled for button in work)


def test_what_is_no_number_in_the_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for address, number in (("12", 12), ("²", None), ("9" * 30, None), ("", None)):
        asked = {"label": address, "action": address, "run": f"10_7_{address}"}
        monkeypatch.setattr(st, "query_params", asked)
        monkeypatch.setattr(st, "session_state", {})
        assert session.asked_number("label") == session.current_action() == number
        assert runs.current(7) == runs.Run(10, (7,) if number is None else (7, 12))


def test_after_a_restart_work_is_refused_for_what_is_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(session, "store", lambda: None)
    monkeypatch.setattr(planning, "latest", lambda store, project_id: None)
    monkeypatch.setattr(session, "tell", lambda words, icon: told.append(words))
    labelwork.start(1, 1, "teach")
    assert "after a restart" in told[0]


def test_history_is_that_of_the_label_and_of_what_was_merged_into_it() -> None:
    label = Label(1, "Late", "", "2025-01-01", important=False, retired_at=None, merged_into=None)
    events = [
        LabelEvent("2025-01-01T10", "created", "Late", None, "Late"),
        LabelEvent("2025-02-01T10", "created", "Other", None, "Other"),
        LabelEvent("2025-03-01T10", "renamed", "Late", "Slow", "Late"),
        LabelEvent("2025-04-01T10", "merged", "Tardy", "Tardy", "Late"),
    ]
    assert history_of(label, events) == [
        ("2025-04-01", "“Tardy” merged into it"),
        ("2025-03-01", "Renamed from “Slow” to “Late”"),
        ("2025-01-01", "Created"),
    ]


def test_a_merge_is_told_on_both_sides_and_so_is_taking_it_back_and_learning_anew() -> None:
    late = Label(1, "Late", "", "2025-01-01", important=False, retired_at=None, merged_into=None)
    events = [
        LabelEvent("2025-01-01T10", "merged", "Tardy", "Tardy", "Slow"),
        LabelEvent("2025-01-02T10", "renamed", "Late", "Slow", "Late"),
        LabelEvent("2025-01-03T10", "separated", "Tardy", "Late", "Tardy"),
        LabelEvent("2025-01-04T10", "merged", "Other", "Other", "Slow"),
        LabelEvent("2025-01-05T10", "reset", "Late", None, "2025-01-05T10"),
        LabelEvent("2025-01-06T10", "restored", "Late", "2025-01-05T10", None),
    ]
    assert [words for _, words in history_of(late, events)] == [
        "Learning anew taken back: what was judged before counts again",
        "Learned anew: what was judged before does not count",
        "Merge of “Tardy” taken back",
        "Renamed from “Slow” to “Late”",
        "“Tardy” merged into it",
    ]
    assert [words for _, words in history_of(replace(late, name="Tardy"), events)] == [
        "Merge into “Late” taken back",
        "Merged into “Slow”",
    ]


def test_charts_say_what_they_show() -> None:
    scores = np.linspace(0.01, 0.99, 2000)
    curve = cut_curve(scores, (scores > 0.4).astype(float))
    points = operating_points(curve)
    table, reviewed = curve_table(curve), reviewed_table((scores, scores, scores))
    assert len(table) == 300
    assert len(reviewed) <= 60
    marks = marks_table(points, None)
    assert marks["mark"].tolist() == ["few wrong", "balanced", "few missed"]
    chart = curve_chart(table, reviewed, marks_table(points, points.balanced)).to_dict()
    titles = [layer["encoding"]["x"]["title"] for layer in chart["layer"]]
    assert all("Recall" in title for title in titles)
    past = trend_table(
        [LabelPoint(100, 1, "2025-01-01T10:00", 5, 0.4, 0.2, 0.6), LabelPoint(200, 2, "2025-01-02", 9, 0.5, 0.4, 0.7)]
    )
    assert past["ap"].tolist() == [40.0, 50.0]
    assert "interval" in str(trend_chart(past, 70.0).to_dict())
