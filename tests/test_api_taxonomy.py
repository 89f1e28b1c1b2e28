"""The HTTP API: labels are moved, split, reset and brought back, seen beforehand, and every change is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recommend.reshaping import reset
from recommend.splitting import stock_in
from tests.calling import Api, api_of


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_of(tmp_path, reviewed=20)


def numbers(api: Api) -> dict[str, int]:
    return {label["name"]: label["id"] for label in api.get("labels", params={"retired": True}).json()["data"]}


def changed(api: Api, name: str, change: str, /, **asked: Any) -> Any:
    answer = api.post(f"labels/{numbers(api)[name]}/{change}", "write", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_labels_move_and_what_was_done_is_taken_back_step_by_step(api: Api) -> None:
    before = numbers(api)
    assert api.post(f"labels/{before['Broken']}/move", "label", json={"parent": "Delivery"}).status_code == 403
    assert changed(api, "Broken", "move", parent="Delivery")["name"] == "Delivery > Broken"
    assert changed(api, "Delivery > Broken", "move", parent="")["name"] == "Broken"
    assert changed(api, "Refund", "merge", into=before["Praise"])["name"] == "Praise"
    refused = api.post(f"labels/{before['Refund']}/revive", json={})
    assert (refused.status_code, "merged" in refused.json()["detail"]) == (422, True)
    steps = api.get("taxonomy/steps").json()["data"]
    assert [(step["kind"], step["annotator"]) for step in steps] == [
        (kind, "a write token") for kind in ("merged", "nested", "nested")
    ]
    assert api.post("taxonomy/undo", "write", json={}).json()["id"] == steps[0]["id"]
    assert api.post("taxonomy/undo", "write", json={"step_id": steps[1]["id"]}).json()["kind"] == "nested"
    assert "Delivery > Broken" in numbers(api)
    assert api.post("taxonomy/undo", json={"step_id": steps[1]["id"]}).status_code == 422
    assert api.post("taxonomy/undo", json={}).status_code == 200
    assert numbers(api) == before
    assert api.post("taxonomy/undo", json={}).status_code == 404
    page = api.get("taxonomy/steps", params={"limit": 4}).json()
    assert len(page["data"] + api.get("taxonomy/steps", params={"cursor": page["next"]}).json()["data"]) == 6


def test_a_label_is_retired_and_brought_back_and_learned_anew(api: Api) -> None:
    assert changed(api, "Refund", "retire")["retired_at"]
    assert api.post(f"labels/{numbers(api)['Refund']}/reset", json={}).status_code == 422
    assert api.post(f"labels/{numbers(api)['Refund']}/split", json={"parts": [{"name": "x"}]}).status_code == 422
    assert changed(api, "Refund", "revive")["retired_at"] is None
    preview = changed(api, "Refund", "preview", change="reset")
    found = reset(stock_in(api.store, api.project.id), numbers(api)["Refund"])
    assert (preview["reviews"], preview["assigned"], preview["unknown"]) == (found.reviews, found.assigned, found.unknown)
    assert preview["assigned"] > 0
    assert preview["examples"][0]["after"] == 0
    assert api.store.label(api.project.id, numbers(api)["Refund"]).reset_at is None
    assert changed(api, "Refund", "reset")["reset_at"]
    assert changed(api, "Refund", "preview", change="reset")["examples"][0]["before"] == 0


def test_a_label_is_split_and_the_work_of_telling_apart_begins(api: Api) -> None:
    assert changed(api, "Praise", "preview", change="split")["assigned"] > 0
    made = changed(
        api, "Praise", "split", parts=[{"name": "Praise > Help", "words": "helpful, help", "description": "Of people."}]
    )
    assert [(label["name"], label["description"]) for label in made["labels"]] == [("Praise > Help", "Of people.")]
    action = api.get(f"actions/{made['action_id']}").json()
    assert (action["state"], action["annotator"], action["kind"]) == ("started", "a write token", "check")
    assert api.post(f"labels/{numbers(api)['Praise']}/split", json={"parts": [{"name": "Refund"}]}).status_code == 422
    assert api.store.taxonomy_steps(api.project.id)[-1].annotator == "a write token"
    theirs = changed(api, "Refund", "split", parts=[{"name": "Refund > Late"}], annotator="Jo")
    assert api.get(f"actions/{theirs['action_id']}").json()["annotator"] == "Jo"
    api.post("taxonomy/undo", json={})
    api.post("taxonomy/undo", json={})
    assert api.get(f"actions/{made['action_id']}").json()["state"] == "dropped"
    assert "Praise" in numbers(api)


def test_a_change_is_seen_before_it_is_made(api: Api) -> None:
    before, revision = numbers(api), api.store.revision(api.project.id)
    assert changed(api, "Refund", "preview", change="move", to="Money")["names"] == {"Refund": "Money > Refund"}
    assert changed(api, "Refund", "preview", change="rename", to="Money")["names"] == {"Refund": "Money"}
    merged = changed(api, "Refund", "preview", change="merge", into=before["Praise"])
    assert {one["name"]: one["after"] is None for one in merged["examples"]} == {"Refund": True, "Praise": False}
    assert changed(api, "Refund", "preview", change="retire")["examples"][0]["after"] is None
    assert (numbers(api), api.store.revision(api.project.id)) == (before, revision)
    where = f"labels/{before['Refund']}/preview"
    assert api.post(where, json={"change": "merge"}).status_code == 422
    assert api.post(where, json={"change": "merge", "into": 999}).status_code == 404
    assert api.post(where, json={"change": "rename"}).status_code == 422


def test_a_change_that_would_be_refused_is_not_promised(api: Api) -> None:
    changed(api, "Praise", "retire")
    there = numbers(api)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("Refund", "move", {"parent": "Refund"}), ("Broken", "split", {"parts": [{"name": "Broken > a"}]}),
        ("Refund", "merge", {"into": there["Praise"]}), ("Refund", "merge", {"into": there["Refund"]}),
        ("Praise", "reset", {}), ("Praise", "split", {"parts": [{"name": "x"}]}),
    ]  # fmt: skip
    for name, change, body in asked:
        made = api.post(f"labels/{there[name]}/{change}", json=body)
        told = {"to": body["parent"]} if change == "move" else {"into": body["into"]} if change == "merge" else {}
        seen = api.post(f"labels/{there[name]}/preview", "read", json={"change": change, **told})
        assert seen.status_code == made.status_code, (name, change)
        assert seen.json().get("detail") == made.json().get("detail")
        assert (made.status_code == 200) == (name == "Broken")
    for to in ("broken", "Refund > x", "Praise"):
        made = api.call("PATCH", f"labels/{there['Refund']}", json={"name": to})
        seen = api.post(f"labels/{there['Refund']}/preview", "read", json={"change": "rename", "to": to})
        assert (seen.status_code, seen.json()["detail"]) == (made.status_code, made.json()["detail"])
        assert made.status_code == 422
