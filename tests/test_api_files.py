"""The HTTP API: files of any format in and out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.formats.tools import TOOLS
from tests.builders import broken
from tests.calling import Api, api_of
from tests.test_api_work import TEACH, ended

CSV = "id,text,labels,annotator\nx1,Broken glass,Broken,Ann\nx2,Hello,,Ann\nx1,Again,Praise,Ann\nx3,Thanks,Praise,Bob\n"


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_of(tmp_path)


def imported(api: Api, content: str | bytes, **asked: Any) -> dict[str, Any]:
    """How an import went, once it has ended."""
    begun = api.post("imports", "write", content=content, params=asked)
    assert begun.status_code == 202, begun.text
    ended(api, begun.json()["id"])
    return dict(api.get(begun.headers["location"].partition("/imports/")[1].strip("/") + f"/{begun.json()['id']}").json())


def test_a_file_is_imported_as_a_job_with_the_rows_that_were_not_taken(api: Api) -> None:
    went = imported(api, CSV, name="mail.csv")
    assert (went["job"]["state"], went["rows"], went["accepted"], went["rejected"]) == ("done", 4, 3, 1)
    assert (went["counts"]["items_added"], went["counts"]["reviews_added"]) == (3, 2)
    (rejection,) = api.get(f"imports/{went['job']['id']}/rejections").json()["data"]
    assert (rejection["row"], rejection["column"], rejection["value"]) == (4, "id", "x1")
    assert api.get("items", params={"uid": "x3"}).json()["data"][0]["text"] == "Thanks"
    assert api.notes.nudged == [api.project.id]


def test_rejections_come_a_page_at_a_time(api: Api) -> None:
    rows = "\n".join(f'{{"id": "{k}", "text": ""}}' for k in range(5)) + '\n{"id": "good", "text": "Good."}\n'
    where = f"imports/{imported(api, rows, name='x.jsonl')['job']['id']}/rejections"
    first = api.get(where, params={"limit": 3}).json()
    second = api.get(where, params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["row"] for one in first["data"] + second["data"]] == [1, 2, 3, 4, 5]
    assert second["next"] is None


def test_one_wrong_row_refuses_the_file_if_that_is_asked_for(api: Api) -> None:
    went = imported(api, CSV, name="mail.csv", rejected="refuse")
    assert (went["job"]["state"], went["rejected"], went["counts"]) == ("failed", 1, None)
    assert "Nothing was imported" in went["job"]["message"]
    assert "Row 4" in went["job"]["message"]
    assert api.store.count_items(api.project.id) == 30


def test_a_file_that_cannot_be_read_says_why_and_an_empty_one_is_refused_at_once(api: Api) -> None:
    went = imported(api, b"\x00\x01\x02", name="x.xlsx")
    assert (went["job"]["state"], went["rows"]) == ("failed", None)
    assert went["job"]["message"]
    assert api.post("imports", "write", content=b"").status_code == 422
    assert api.get(f"imports/{api.store.start_job(api.project.id, 'train', 1)}").status_code == 404


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_table_comes_as_a_file(api: Api, format: str) -> None:
    answer = api.get("exports/table/items", params={"format": format})
    assert answer.headers["content-disposition"].endswith(f'-items.{format}"')
    read = getattr(pd, {"csv": "read_csv", "jsonl": "read_json", "parquet": "read_parquet", "xlsx": "read_excel"}[format])
    more = {"lines": True} if format == "jsonl" else {}
    assert read(io.BytesIO(answer.content), **more)["id"].tolist() == [f"m{number}" for number in range(30)]


@pytest.mark.parametrize("what", ["reviews", "times", "predictions"])
def test_every_table_comes(api: Api, what: str) -> None:
    api.post("predictions", json={"model_version": "v", "predictions": [{"uid": "m1", "scores": {"Refund": 0.5}}]})
    rows = pd.read_csv(io.BytesIO(api.get(f"exports/table/{what}").content))
    assert len(rows) == {"reviews": 10, "times": 0, "predictions": 1}[what]


def test_a_project_comes_in_the_format_of_a_tool_which_says_what_it_loses_and_goes_back_in(api: Api) -> None:
    there = {one["name"]: one for one in api.get("exports").json()}
    assert there["label-studio"]["title"] == "Label Studio JSON"
    assert any(one["lost"] for one in there.values())
    answer = api.get("exports/tool/label-studio")
    assert len(json.loads(answer.content)) == 30
    other = api.post("/projects", json={"name": "copy"}).json()["id"]
    begun = api.post(f"/projects/{other}/imports", content=answer.content, params={"name": "tasks.json", "tool": "label-studio"})
    assert begun.status_code == 202
    copy = Api(api.app, api.store, api.store.project(other), api.tokens, api.notes)
    ended(copy, begun.json()["id"])
    assert api.store.count_reviewed(other) == 10
    assert api.get("exports/tool/nonsense").status_code == 404


def test_the_items_of_an_action_come_alone_and_in_its_order(api: Api) -> None:
    (number,) = api.store.offer_actions(api.project.id, [TEACH])
    assert api.get("exports/tool/label-studio", params={"action_id": number}).status_code == 403
    assert api.store.action(api.project.id, number).state == "open"
    answer = api.get("exports/tool/label-studio", "label", params={"action_id": number, "annotator": "Jo"})
    texts = [item.text for item in api.store.items(api.project.id, TEACH.item_ids)]
    assert [task["data"]["text"] for task in json.loads(answer.content)] == texts
    assert all(task["data"]["plateau_action"] == number and not task["annotations"] for task in json.loads(answer.content))
    action = api.store.action(api.project.id, number)
    assert (action.state, action.annotator) == ("started", "Jo")
    assert api.get("exports/tool/label-studio", "label", params={"action_id": number}).status_code == 409
    assert api.get("exports/tool/label-studio", "label", params={"action_id": 999}).status_code == 404


def test_an_action_that_could_not_be_written_is_given_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    full = broken("label-studio", OSError(28, "No space left on device"))
    monkeypatch.setitem(TOOLS, "label-studio", full)
    (number,) = api.store.offer_actions(api.project.id, [TEACH])
    answer = api.get("exports/tool/label-studio", "label", params={"action_id": number})
    assert (answer.status_code, "No space left" in answer.json()["detail"]) == (503, True)
    assert (api.store.action(api.project.id, number).annotator, api.store.leases(api.project.id)) == (None, [])
