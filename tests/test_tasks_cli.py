"""An action's items go to another tool, and what comes back counts for the action."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.formats.label_config import read_config
from data.imports import import_file
from data.records import Project, StoredAction, now
from data.store import Store
from recommend.__main__ import main
from recommend.sending import sent_out
from tests.builders import stored


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store, _ = stored(tmp_path_factory.mktemp("planned"))
    assert main(["--db", str(store.path), "--project", "mail"]) == 0
    return store.path


@pytest.fixture
def world(planned: Path, tmp_path: Path) -> tuple[Store, Project, StoredAction]:
    store = Store(shutil.copy(planned, tmp_path))
    (project,) = store.projects()
    return store, project, next(action for action in store.actions(project.id, "open") if action.kind == "confirm")


def sent(store: Store, action: StoredAction, out: Path, *more: str) -> Any:
    words = ["tasks", "--db", str(store.path), "--project", "mail", "--action", str(action.id), "--out", str(out), *more]
    assert main(words) == 0
    return json.loads(out.read_text())


def answered(tasks: list[dict[str, Any]], *labels: str) -> bytes:
    """The tasks as Label Studio gives them back, annotated by its first user."""
    result = [{"id": "r", "from_name": "labels", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}]
    note = {"completed_by": 1, "result": result, "was_cancelled": False, "lead_time": 2.0, "updated_at": "2026-01-01T00:00:00Z"}
    return json.dumps([{**task, "id": n, "predictions": [n], "annotations": [note]} for n, task in enumerate(tasks)]).encode()


def test_an_action_is_done_in_another_tool(world: tuple[Store, Project, StoredAction], tmp_path: Path) -> None:
    store, project, action = world
    tasks = sent(store, action, tmp_path / "tasks.json", "--config", str(tmp_path / "config.xml"))
    assert [task["data"]["plateau_id"] for task in tasks] == [item.uid for item in store.items(project.id, action.item_ids)]
    assert all(task["predictions"][0]["model_version"].startswith("plateau-") for task in tasks)
    assert all(set(task["data"]["label_scores"]) == {label.name for label in store.labels(project.id)} for task in tasks)
    assert all(task["annotations"] == [] for task in tasks)
    next_week = (datetime.fromisoformat(now()) + timedelta(days=6)).isoformat()
    assert {lease.item_id for lease in store.leases(project.id) if lease.until > next_week} == set(action.item_ids)
    (control,) = read_config((tmp_path / "config.xml").read_text())
    assert control.labels == tuple(label.name for label in store.labels(project.id))
    assert main(["--db", str(store.path), "--project", "mail"]) == 0  # a renewed plan leaves it be
    report = import_file(store, project.id, answered(tasks, "Refund"))
    assert (report.counts.reviews_added, report.counts.items_added) == (len(tasks), 0)
    assert not any("plateau" in key for item in store.items(project.id, action.item_ids) for key in item.metadata)
    back = [review for review in store.reviews(project.id) if review.action_id == action.id]
    assert [(r.item_id, r.source, r.annotator, r.list_rank) for r in back] == [
        (item_id, "confirm", "1", place) for place, item_id in enumerate(action.item_ids, start=1)
    ]
    done = store.action(project.id, action.id)
    assert (done.state, done.seconds) == ("done", 2.0 * len(tasks))


def test_an_action_of_which_items_are_missing_goes_on(world: tuple[Store, Project, StoredAction], tmp_path: Path) -> None:
    store, project, action = world
    tasks = sent(store, action, tmp_path / "tasks.json", "--no-predictions")
    assert tasks[0]["predictions"] == []
    import_file(store, project.id, answered(tasks[1:], "Refund"))
    assert store.action(project.id, action.id).state == "started"
    import_file(store, project.id, answered(tasks[:1], "Refund"))
    assert store.action(project.id, action.id).state == "done"


def test_an_item_that_the_action_has_not_is_but_imported(world: tuple[Store, Project, StoredAction], tmp_path: Path) -> None:
    store, project, action = world
    (first, *_) = sent(store, action, tmp_path / "tasks.json", "--no-predictions")
    other = next(item for item in store.iter_items(project.id) if item.id not in action.item_ids)
    first["data"] |= {"plateau_id": other.uid, "text": other.text, "plateau_action": action.id, "plateau_source": "magic"}
    import_file(store, project.id, answered([first], "Refund"))
    newest = store.reviews(project.id, other.id)[-1]
    assert (newest.source, newest.action_id) == ("import", None)


def test_what_comes_back_after_its_action_is_gone_still_says_why_it_was_shown(
    world: tuple[Store, Project, StoredAction], tmp_path: Path
) -> None:
    store, project, action = world
    tasks = sent(store, action, tmp_path / "tasks.json", "--no-predictions")
    for task in tasks:
        task["data"]["plateau_action"] = 10_000
    import_file(store, project.id, answered(tasks, "Refund"))
    assert {(r.source, r.action_id) for r in store.reviews(project.id) if r.annotator == "1"} == {("confirm", None)}


@pytest.mark.parametrize("key", ["prodigy-tasks", "argilla"])
def test_other_tools_bring_the_action_back_too(world: tuple[Store, Project, StoredAction], tmp_path: Path, key: str) -> None:
    store, _, action = world
    out = tmp_path / "tasks.jsonl"
    words = ["tasks", "--db", str(store.path), "--project", "mail", "--action", str(action.id), "--out", str(out)]
    assert main([*words, "--format", key]) == 0
    assert all(f"{action.id}" in line and "confirm" in line for line in out.read_text().splitlines())


def test_a_closed_or_missing_action_is_one_clear_line(
    world: tuple[Store, Project, StoredAction], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, project, action = world
    store.end_action(project.id, action.id, "done")
    words = ["tasks", "--db", str(store.path), "--project", "mail", "--out", str(tmp_path / "x"), "--action"]
    assert main([*words, str(action.id)]) == main([*words, "9999"]) == 2
    assert "is done already" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--days", "0"], "more than 0"), (["--days", "nan"], "more than 0"), (["--days", "1e9"], "at most 3650"),
        (["--config", "none/config.xml"], "cannot be written"), (["--out", "none/tasks.json"], "cannot be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_or_held_begins_no_action(
    world: tuple[Store, Project, StoredAction], tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    store, project, action = world
    words = ["tasks", "--db", str(store.path), "--project", "mail", "--action", str(action.id), "--out", str(tmp_path / "x.json")]
    assert main([*words, "--no-predictions", *more]) == 2
    assert said in capsys.readouterr().err
    assert (store.action(project.id, action.id).state, store.leases(project.id)) == ("open", [])


def test_an_action_whose_tasks_could_not_be_written_is_on_offer_again(
    world: tuple[Store, Project, StoredAction], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    store, project, action = world
    words = ["tasks", "--db", str(store.path), "--project", "mail", "--action", str(action.id), "--out", str(tmp_path / "x.json")]
    monkeypatch.setattr("data.exports.writing.os.fsync", full)
    assert main([*words, "--no-predictions"]) == 2
    assert (store.action(project.id, action.id).state, store.leases(project.id)) == ("open", [])


def test_what_a_person_had_begun_stays_theirs_and_is_held_no_longer_when_writing_fails(
    world: tuple[Store, Project, StoredAction], tmp_path: Path
) -> None:
    store, project, action = world
    store.start_action(project.id, action.id, "Ann")
    with pytest.raises(ValueError, match="surrogate"), sent_out(store, project.id, action.id, "Ann"):
        raise ValueError("surrogate")
    assert store.action(project.id, action.id).annotator == "Ann"
    held = {lease.until for lease in store.leases(project.id)}
    assert held
    assert max(held) < (datetime.fromisoformat(now()) + timedelta(days=1)).isoformat()
