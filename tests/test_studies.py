"""Studies: kept with their revision, run as jobs, marked versions, and what is said when one cannot be done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import Interrupted, InvalidInput, NotFound
from data.records import ImportRow, Project
from data.store import Store
from recommend import studies
from recommend.__main__ import main
from recommend.studies import Found, Report, arrays_of, job_kind, last_study_job, run_study, start_study, stop_study


def counting(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """A study that counts the items, so many times over."""
    report(0.5, "Counting.")
    if params.get("stop"):
        stop_study(store, project_id, "count", params)
        report(0.6, "Still counting.")
    return Found({"items": store.count_items(project_id) * int(params.get("times", 1))}, {"squares": np.arange(3) ** 2})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setitem(studies.KINDS, "count", "tests.test_studies:counting")
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(4)])
    return store.project(project.id)


def test_a_study_is_kept_with_the_revision_it_belongs_to(store: Store, project: Project) -> None:
    kept = run_study(store, project.id, "count")
    assert kept.result == {"items": 4}
    assert (kept.revision, kept.model_version) == (project.revision, 0)
    assert arrays_of(kept)["squares"].tolist() == [0, 1, 4]
    store.import_rows(project.id, [ImportRow("m9", "one more")])
    again = store.study(project.id, "count")
    assert again == kept
    assert run_study(store, project.id, "count").revision == store.revision(project.id)
    assert last_study_job(store, project.id, "count").state == "done"  # type: ignore[union-attr]


def test_studies_that_ask_for_different_things_are_kept_apart(store: Store, project: Project) -> None:
    run_study(store, project.id, "count", {"times": 2})
    assert store.study(project.id, "count") is None
    kept = store.study(project.id, "count", studies.key_of({"times": 2}))
    assert kept is not None
    assert kept.result == {"items": 8}
    assert job_kind("count", {"times": 2}) != job_kind("count", {"times": 3}) != job_kind("count")


def test_a_study_that_is_stopped_keeps_nothing(store: Store, project: Project) -> None:
    with pytest.raises(Interrupted, match="Nothing of it is kept"):
        run_study(store, project.id, "count", {"stop": True})
    assert store.study(project.id, "count", studies.key_of({"stop": True})) is None
    job = last_study_job(store, project.id, "count", {"stop": True})
    assert job is not None
    assert job.state == "stopped"


def test_an_unknown_study_is_refused_before_a_process_is_started(store: Store, project: Project) -> None:
    with pytest.raises(InvalidInput, match=r"no study 'nothing'.*count"):
        start_study(store.path, project.id, "nothing")
    assert store.jobs(project.id) == []


def test_a_study_started_is_done_by_a_process_of_its_own_once(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[list[str]] = []

    class Asked:
        def __init__(self, line: list[str], **_: object) -> None:
            lines.append(line)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr("recommend.background.subprocess.Popen", Asked)
    monkeypatch.setattr("recommend.background._follow", lambda *_: None)
    assert start_study(store.path, project.id, "count", {"times": 2})
    assert not start_study(store.path, project.id, "count", {"times": 2})
    (line,) = lines
    assert main(line[line.index("recommend") + 1 :]) == 0
    kept = store.study(project.id, "count", studies.key_of({"times": 2}))
    assert kept is not None
    assert kept.result == {"items": 8}
    assert last_study_job(store, project.id, "count", {"times": 2}).state == "done"  # type: ignore[union-attr]


def test_the_command_line_does_a_study(store: Store, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--db", str(store.path), "--project", "mail"]
    assert main(["study", "count", *common, "--params", '{"times": 3}']) == 0
    assert json.loads(capsys.readouterr().out)["result"] == {"items": 12}
    assert main(["study", "count", *common, "--params", "[1]"]) == 2
    assert "an object of JSON" in capsys.readouterr().err


def test_versions_carry_a_star_and_a_note(store: Store, project: Project) -> None:
    store.save_model_version(project.id, 1, {"penalty": 1.0})
    store.save_model_version(project.id, 2, {"penalty": 2.0})
    store.mark_version(project.id, 1, starred=True)
    store.mark_version(project.id, 1, note="before the holidays")
    first, second = store.model_versions(project.id)
    assert (first.version, first.starred, first.note, first.config) == (1, True, "before the holidays", {"penalty": 1.0})
    assert (second.starred, second.note) == (False, "")
    store.mark_version(project.id, 1, starred=False)
    assert store.model_versions(project.id)[0].note == "before the holidays"
    with pytest.raises(NotFound, match="no model version 7"):
        store.mark_version(project.id, 7, starred=True)
