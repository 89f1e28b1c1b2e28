"""The client against the server itself, over a real connection that is lost now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client import BATCH, Client
from data.errors import RequestRefused
from tests.calling import Api, api_of, live
from tests.test_api_work import TEACH


class Losing:
    """Carries requests out, and loses as many of its answers as it is told to: the connection breaks instead."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.loses, self.breaks, self.seen = app, 0, False, list[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lost = scope["type"] == "http" and self.loses > 0
        self.loses -= lost
        if scope["type"] == "http":
            self.seen.append(f"{scope['method']} {scope['path']}")

        async def lose(message: Message) -> None:
            """Promise much and send nothing: the server then closes the connection."""
            if message["type"] == "http.response.start":
                await send({**message, "headers": [(b"content-length", b"100000")]})

        async def shorten(message: Message) -> None:
            """Send less than is promised."""
            start = message["type"] == "http.response.start"
            await send({**message, "headers": [(b"content-length", b"100000")]} if start else message)

        await self.app(scope, receive, lose if lost else shorten if self.breaks else send)


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_of(tmp_path)


@pytest.fixture
def line(api: Api) -> Losing:
    return Losing(api.app)


@pytest.fixture
def client(api: Api, line: Losing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("api.client.sleep", lambda seconds: time.sleep(min(seconds, 0.05)))
    with live(line) as address:
        yield Client(f"{address}/", api.tokens["admin"], tries=3)


def test_items_go_in_by_batches_and_come_back_page_after_page(api: Api, client: Client) -> None:
    project = client.create_project("many")["id"]
    assert client.add_items(project, ({"uid": f"i{k}", "text": f"text {k}"} for k in range(2 * BATCH + 1))) == 2 * BATCH + 1
    assert [item["uid"] for item in client.items(project)] == [f"i{k}" for k in range(2 * BATCH + 1)]
    assert [item["uid"] for item in client.items(project, search="text 77")] == ["i77", *(f"i77{k}" for k in range(10))]
    assert [one["name"] for one in client.projects()] == ["mail", "many"]
    assert client.project("many")["items"] == 2 * BATCH + 1


def test_an_action_is_worked_through(api: Api, client: Client) -> None:
    project, _ = api.project.id, api.store.offer_actions(api.project.id, [TEACH])
    (action,) = client.actions(project, "open")
    client.start(project, action["id"], annotator="Ann")
    while items := client.next_items(project, action["id"], annotator="Ann", limit=2):
        said = [{"item_id": one["id"], "labels": [s["label"] for s in one["suggestions"]], "seen": one["seen"]} for one in items]
        assert len(client.review(project, said, annotator="Ann", action=action["id"])) == len(items)
    assert [one["state"] for one in client.actions(project)] == ["done"]
    assert client.undo(project, annotator="Ann")["item_id"] == 23
    assert len(list(client.reviews(project, annotator="Ann"))) == 2


def test_what_is_lost_on_the_way_is_sent_again_and_carried_out_once(api: Api, client: Client, line: Losing) -> None:
    project = api.project.id
    line.loses = 2
    client.review(project, [{"uid": "m20", "labels": ["Refund"]}], annotator="Ann")
    assert line.seen == [f"POST /api/v1/projects/{project}/reviews"] * 3
    client.review(project, [{"uid": "m20", "labels": ["Praise"]}], annotator="Ann")
    line.loses = 1
    undone = client.undo(project, annotator="Ann")
    assert undone["labels"] == ["Praise"]
    assert [one["labels"] for one in client.reviews(project, annotator="Ann")] == [["Refund"]]


def test_a_server_that_does_not_answer_is_given_up(client: Client, line: Losing) -> None:
    line.loses = 3
    with pytest.raises(RequestRefused, match="does not answer") as caught:
        list(client.projects())
    assert (caught.value.status, len(line.seen)) == (0, 3)


def test_a_problem_is_raised_with_all_that_the_server_says(api: Api, client: Client, line: Losing) -> None:
    with pytest.raises(RequestRefused, match="no label 'Nonsense' in use") as caught:
        client.review(api.project.id, [{"uid": "m20", "labels": ["Nonsense"]}])
    assert (caught.value.status, caught.value.problem["type"]) == (422, "urn:plateau:problem:invalid")
    assert len(line.seen) == 1
    client.review(api.project.id, [{"uid": "m20", "labels": ["Refund"]}], annotator="Ann")
    with pytest.raises(RequestRefused) as conflict:
        client.review(api.project.id, [{"uid": "m20", "labels": ["Praise"], "seen": 0}], annotator="Bob")
    assert conflict.value.problem["theirs"][0]["labels"] == ["Refund"]
    with pytest.raises(RequestRefused, match="no project"):
        client.project("Nonsense")


def test_who_asks_too_often_waits_as_told(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("api.guards.Allowance.take", lambda self, token: 1.5 if not waited else 0.0)
    monkeypatch.setattr("api.client.sleep", waited.append)
    assert client.project("mail")["id"] == api.project.id
    assert waited == [2.0]


def test_files_and_predictions_go_in_and_files_come_out(api: Api, client: Client, tmp_path: Path) -> None:
    project, file = api.project.id, tmp_path / "new.csv"
    file.write_text("id,text\nn1,New\nn2,\n")
    went: dict[str, Any] = client.upload(project, file)
    assert (went["accepted"], went["rejected"]) == (1, 1)
    assert client.predict(project, "v", [{"uid": "n1", "scores": {"Refund": 0.9}}], evidence="out-of-fold") == 1
    client.download(project, "predictions", tmp_path / "out.csv", kind="table")
    assert "n1" in (tmp_path / "out.csv").read_text()
    file.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(RequestRefused) as failed:
        client.upload(project, file)
    assert failed.value.status == 500


def test_a_download_that_breaks_leaves_the_file_that_was_there(api: Api, client: Client, line: Losing, tmp_path: Path) -> None:
    line.breaks = True
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / "out.csv"
    for before in (None, "older"):
        if before:
            file.write_text(before)
        with pytest.raises(RequestRefused, match="broke before the file was whole") as caught:
            client.download(api.project.id, "items", file, kind="table")
        assert (caught.value.status, [found.read_text() for found in folder.iterdir()]) == (0, [before] if before else [])
    line.breaks = False
    client.download(api.project.id, "items", file, kind="table")
    assert file.read_text().count("\n") == 31


def test_a_rating_is_waited_for(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestRefused, match="no rating yet"):
        client.rate(api.project.id)
    assert api.notes.asked == [api.project.id]
    job = api.store.start_job(api.project.id, "slow", 1, "At it")
    with pytest.raises(TimeoutError, match="At it"):
        client.wait(api.project.id, job, timeout=0.1)


def test_labels_are_changed_and_the_change_is_taken_back(api: Api, client: Client) -> None:
    number = next(label.id for label in api.store.labels(api.project.id) if label.name == "Refund")
    assert client.change_label(api.project.id, number, "preview", change="move", to="Money")["names"] == {
        "Refund": "Money > Refund"
    }
    assert client.change_label(api.project.id, number, "move", parent="Money")["name"] == "Money > Refund"
    assert client.undo_change(api.project.id)["label_id"] == number
    client.put_in_charge(api.project.id, None)
    with pytest.raises(RequestRefused, match="not rated here yet"):
        client.label_quality(api.project.id)
    client.predict(api.project.id, "v", [{"uid": "m1", "scores": {"Refund": 0.5}}])
    assert client.rate_model(api.project.id, "v")["model_version"] == "v"
