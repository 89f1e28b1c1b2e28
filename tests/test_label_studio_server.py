"""Against Label Studio's own server, where its program is installed: PLATEAU_LABEL_STUDIO names it, or it is on the path."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn

from api.app import create_app
from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.label_config import label_config
from data.imports import import_file
from data.records import ImportRow, Project, Review
from data.store import Store
from recommend.trainer import Process, Trainer
from tests.builders import SPEECH, messages, stored

PROGRAM = os.environ.get("PLATEAU_LABEL_STUDIO") or shutil.which("label-studio")
TOKEN = "0123456789abcdef0123456789abcdef01234567"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="Label Studio's own program is not installed here.")]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(true: Callable[[], Any], seconds: float) -> Any:
    """What this gives once it gives something."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


class Tool:
    """Label Studio, asked as its pages ask it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, headers={"Authorization": f"Token {TOKEN}"}, timeout=60)
        assert answer.ok, (path, answer.text[:500])
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    port, folder = free_port(), tmp_path_factory.mktemp("label-studio")
    switches = dict.fromkeys(
        ("LATEST_VERSION_CHECK", "COLLECT_ANALYTICS", "SSRF_PROTECTION_ENABLED", "ML_BLOCK_LOCAL_IP"), "false"
    )
    environment = {**os.environ, **switches, "LABEL_STUDIO_BASE_DATA_DIR": str(folder), "SENTRY_DSN": "",
                   "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true"}  # fmt: skip
    command = [str(PROGRAM), "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
               "--username", "ann@example.org", "--password", "not-secret-1", "--user-token", TOKEN]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as running:
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/health"), 600)
            yield Tool(f"http://127.0.0.1:{port}")
        finally:
            running.terminate()


@pytest.fixture
def plateau(tmp_path: Path) -> Iterator[tuple[Store, Project, str]]:
    """A project with a model, and where Label Studio finds it: the token is the password in the address."""
    store, project = stored(tmp_path, items=200, reviewed=100)
    app, process = create_app(store.path), Process()
    app.state.trainer = Trainer(process)
    app.state.trainer.renew(store, project.id)
    port, token = free_port(), store.add_token("label-studio", "write")[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, 30)
    yield store, project, f"http://plateau:{token}@127.0.0.1:{port}/api/v1/label-studio/{project.id}"
    server.should_exit = True
    thread.join(10)
    process.end()


def chosen(*labels: str) -> list[dict[str, Any]]:
    value = {"choices": list(labels)}
    return [{"id": "r", "from_name": "labels", "to_name": "text", "type": "choices", "value": value}] if labels else []


def test_a_project_there_gets_suggestions_and_its_annotations_become_reviews(
    tool: Tool, plateau: tuple[Store, Project, str]
) -> None:
    store, project, address = plateau
    there = tool.ask("POST", "/api/projects/", {"title": "Mails", "label_config": label_config([*SPEECH, "New"])})["id"]
    backend = tool.ask("POST", "/api/ml", {"project": there, "url": address, "title": "Plateau"})
    assert (backend["readable_state"], backend["model_version"]) == ("Connected", "plateau-1")
    assert "New" in {label.name for label in store.labels(project.id)}

    known = [{"text": text, "doc_id": f"m{number}"} for number, (text, _) in enumerate(messages(200))][100:110]
    new = [{"text": text, "doc_id": f"new{number}"} for number, (text, _) in enumerate(messages(10, seed=9))]
    tool.ask("POST", f"/api/projects/{there}/import?return_task_ids=true", [*known, *new])
    until(lambda: store.count_items(project.id) == 210, 30)

    tasks = tool.ask("GET", f"/api/tasks?project={there}&page_size=100")["tasks"]
    everything = {"selectedItems": {"all": True, "excluded": []}, "project": str(there)}
    tool.ask("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={there}", everything)
    found = tool.ask("GET", f"/api/predictions?project={there}")
    assert {one["task"] for one in found} == {task["id"] for task in tasks}
    assert {one["model_version"] for one in found} == {"plateau-1"}
    assert all(set(result["label_scores"]) == set(SPEECH) for one in found for result in one["result"])
    assert sum(bool(one["result"]) for one in found) >= 8

    first, second = tasks[0], tasks[1]
    began = next(one for one in found if one["task"] == first["id"])
    made = tool.ask("POST", f"/api/tasks/{first['id']}/annotations/?project={there}",
                    {"result": chosen("Praise"), "lead_time": 3.2, "parent_prediction": began["id"]})  # fmt: skip
    review = until(lambda: reviews(store, project, first), 30)[-1]
    assert (review.annotator, review.state, review.seconds) == (str(made["completed_by"]), "reviewed", 3.2)
    assert names(store, project, review) == {"Praise"}

    tool.ask("PATCH", f"/api/annotations/{made['id']}/", {"result": chosen("Refund", "New")})
    until(lambda: names(store, project, reviews(store, project, first)[-1]) == {"Refund", "New"}, 30)
    tool.ask("POST", f"/api/tasks/{second['id']}/annotations/?project={there}", {"result": [], "was_cancelled": True})
    assert until(lambda: reviews(store, project, second), 30)[-1].state == "skipped"
    tool.ask("DELETE", f"/api/annotations/{made['id']}/")
    until(lambda: not reviews(store, project, first), 30)
    assert len(reviews(store, project, second)) == 1


def reviews(store: Store, project: Project, task: dict[str, Any]) -> list[Review]:
    item = store.item_named(project.id, task["data"]["doc_id"])
    assert item is not None
    return store.reviews(project.id, item.id)


def names(store: Store, project: Project, review: Review) -> set[str]:
    known = {label.id: label.name for label in store.labels(project.id)}
    return {known[number] for number in review.assigned}


def test_a_file_goes_there_and_comes_back(tool: Tool, tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [
        ImportRow("m1", "Exporters see", metadata={"team": "x"}, labels=("grain", "ship"), annotator="1", seconds=3.5),
        ImportRow("m2", "nothing", labels=(), annotator="1"),
        ImportRow("m3", "skipped", labels=(), state="skipped", annotator="1"),
        ImportRow("m4", "later", scores={"grain": 0.9, "ship": 0.2}, model_version="v1", at="2024-05-01T00:00:00.000000+00:00"),
    ])  # fmt: skip
    config = label_config([label.name for label in store.labels(project.id)])
    there = tool.ask("POST", "/api/projects/", {"title": "Files", "label_config": config})["id"]
    tasks = json.loads(tool_bytes(Handover(store, project), "label-studio")[0])
    assert tool.ask("POST", f"/api/projects/{there}/import", tasks)["annotation_count"] == 3
    for kind, skipped in (("JSON", True), ("JSON_MIN", False), ("CSV", False)):
        asked = f"/api/projects/{there}/export?exportType={kind}&download_all_tasks=true"
        content = requests.get(tool.url + asked, headers={"Authorization": f"Token {TOKEN}"}, timeout=60).content
        with_skips, copy = told(store, project), store.create_project(kind)
        assert not import_file(store, copy.id, content).rejections
        assert told(store, copy) == (with_skips if skipped else [one for one in with_skips if one[0] != "m3"])


def told(store: Store, project: Project) -> list[tuple[Any, ...]]:
    """All that Label Studio's server gives back of a project: times are those of its own import."""
    return [
        (w.item.uid, w.item.text, w.item.at, w.item.metadata.get("team"), w.predictions,
         [(j.annotator, j.state, set(j.labels), j.seconds) for j in w.judgements])
        for w in Handover(store, project).wholes()
    ]  # fmt: skip
