"""The What if page, run without a browser: empty, running, ended, and with a result that is there again after a reload."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.store import Store
from recommend.simulate import KIND, WhatIf
from tests.browsing import APP
from tests.builders import stored
from tests.test_simulate import KNOWN
from views import whatif, whatif_charts


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    return Store(tmp_path / "plateau.db")


def opened() -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60).run().switch_page("whatif_page.py").run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    found = [str(e.value) for kind in (at.markdown, at.caption, at.title, at.subheader, at.html, at.info, at.error) for e in kind]
    return "\n".join(found)


def test_without_a_project_it_says_what_to_do(store: Store) -> None:
    assert "Import messages on the Data page" in texts(opened())


def test_with_too_few_reviews_it_says_how_many_are_missing(tmp_path: Path, store: Store) -> None:
    stored(tmp_path, items=200, reviewed=30)
    at = opened()
    assert "120 more reviews to go" in texts(at)
    assert {button.key for button in at.button} == {"whatif_review"}


def test_the_form_starts_what_it_says(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, project = stored(tmp_path, items=200, reviewed=160)
    asked: list[tuple[int, WhatIf]] = []

    def started(path: Path, project_id: int, what: WhatIf) -> None:
        asked.append((project_id, what))
        store.start_job(project_id, KIND, 100, "Random, run 1 of 5: 60 reviews")

    monkeypatch.setattr(whatif, "start_simulation", started)
    at = opened()
    at.number_input(key="whatif_runs").set_value(5)
    at.button(key="whatif_start").click().run()
    assert asked == [(project.id, WhatIf(("plateau", "random", "handed-over"), runs=5))]
    assert not at.exception
    assert {button.key for button in at.button} == {"whatif_stop"}
    at.button(key="whatif_stop").click().run()
    assert store.jobs(project.id, KIND)[0].state == "stopped"
    at.run()
    assert "was stopped. Nothing of it is kept" in texts(at)
    assert "whatif_start" in {button.key for button in at.button}


def test_a_failure_says_why(tmp_path: Path, store: Store) -> None:
    _, project = stored(tmp_path, items=200, reviewed=160)
    job = store.start_job(project.id, KIND, 100)
    store.update_job(job, done=3, state="failed", message="The disk is full: free some space.")
    assert "The disk is full" in texts(opened())


def test_the_last_result_is_there_again_with_what_it_rests_on(tmp_path: Path, store: Store) -> None:
    _, project = stored(tmp_path, items=200, reviewed=160)
    store.save_simulation(project.id, project.revision, asdict(WhatIf(runs=2)), {**KNOWN, "held": 45})
    at = opened()
    shown = texts(at)
    assert at.slider[0].value == 0.8
    assert "Plateau's actions reached 0.80 after 200 reviews, random after 260" in shown
    assert "on the clock 2.0 h instead of 114 h" in shown
    assert "45 held-out items are few" in shown
    assert f"at revision {project.revision}." in shown
    at.slider[0].set_value(0.88).run()
    assert "Plateau's actions reached 0.88" in texts(at)
    assert "random did not reach it in every run" in texts(at)
    at.slider[0].set_value(0.8)
    at.number_input(key="whatif_handover_hours").set_value(2.0).run()
    assert "on the clock 2.0 h instead of 22 h" in texts(at)  # the hours of waiting need no new simulation
    at.slider[0].set_value(0.88).run()
    assert at.dataframe[0].value["Reviews"].isna().tolist() == [False, True, False]


def test_a_replay_in_which_nothing_rose_compares_nothing(tmp_path: Path, store: Store) -> None:
    _, project = stored(tmp_path, items=200, reviewed=160)
    flat = {"reviews": [50, 100], "rounds": [0, 1], "quality": [0.9, 0.91], "hours": [0.1, 0.2], "unaided": [0.1, 0.3]}
    result = {**KNOWN, "curves": [{"strategy": "plateau", "runs": [flat]}]}
    store.save_simulation(project.id, 1, asdict(WhatIf(("plateau",))), result)
    assert "nothing to compare" in texts(opened())


def test_charts_show_every_way_in_its_own_colour_and_dash() -> None:
    names = ["plateau", "random", "handed-over"]
    for axis in whatif_charts.AXES:
        table = whatif_charts.curve_table(KNOWN, axis, 52.0)
        assert set(table["strategy"]) == {whatif_charts.title_of(name) for name in names}
        assert (table["low"] <= table["MAP"]).all()
        assert (table["MAP"] <= table["high"]).all()
        drawn = whatif_charts.chart(table, axis, names, 0.8).to_dict()
        encoding = drawn["layer"][2]["encoding"]
        assert len(set(encoding["color"]["scale"]["range"])) == 3
        assert encoding["x"].get("scale", {}).get("type", "linear") == ("log" if axis == "clock" else "linear")
    clock = whatif_charts.curve_table(KNOWN, "clock", 52.0)
    waited = clock[clock["strategy"] == whatif_charts.title_of("handed-over")]
    assert waited["cost"].max() == pytest.approx(2 * 0.01 * 500 + 2 * 52.0)
    assert all(whatif_charts.title_of(name) in whatif_charts.legend(names) for name in names)
