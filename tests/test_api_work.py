"""The HTTP API: labels, other models' predictions, actions and their items, ratings, jobs, and requests that come again."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from data.errors import TrainingFailed
from data.records import StoredAction
from data.store.repeats import Answered
from recommend.service import plan_project
from tests.calling import Api, api_of

TEACH = StoredAction(
    id=0, kind="teach", theme="Late", reason="Few are known.", factor="all_labels", label_ids=(2,), item_ids=(21, 22, 23),
    chances=(0.5, 0.5, None), candidates=20, predicted_gain=1.0, predicted_seconds=30.0, model_version=0, revision=0,
    state="open", created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
    shown={"model_version": 7, "items": {"21": [[1, 0.9, True], [2, 0.4, False]], "22": []}, "words": {}},
)  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_of(tmp_path)


@pytest.fixture
def teach(api: Api) -> int:
    (number,) = api.store.offer_actions(api.project.id, [TEACH])
    return number


def name(api: Api, label_id: int) -> str:
    return api.store.label(api.project.id, label_id).name


def test_a_label_is_created_renamed_described_retired_and_merged_and_never_lost(api: Api) -> None:
    made = api.post("labels", "write", json={"name": "Billing>Refund again", "description": "Money back."})
    assert (made.status_code, made.json()["name"]) == (201, "Billing > Refund again")
    number = made.json()["id"]
    assert api.post("labels", "write", json={"name": "billing > refund AGAIN"}).status_code == 200
    changed = api.call("PATCH", f"labels/{number}", "write", json={"name": "Repayment", "important": True}).json()
    assert (changed["name"], changed["description"], changed["important"]) == ("Repayment", "Money back.", True)
    assert api.call("PATCH", f"labels/{number}", "write", json={"name": "praise"}).status_code == 422
    assert api.post(f"labels/{number}/retire", "write").json()["retired_at"]
    assert number not in [label["id"] for label in api.get("labels").json()["data"]]
    assert number in [label["id"] for label in api.get("labels", params={"retired": True}).json()["data"]]
    assert api.post("labels", "write", json={"name": "Repayment"}).json()["retired_at"] is None
    refund = next(label["id"] for label in api.get("labels").json()["data"] if label["name"] == "Refund")
    assert api.post(f"labels/{number}/merge", "write", json={"into": refund}).json()["id"] == refund
    assert api.get(f"labels/{number}").json()["merged_into"] == refund
    api.post("reviews", json={"annotator": "Ann", "reviews": [{"uid": "m20", "labels": ["Repayment"]}]})
    assert api.get("reviews", params={"annotator": "Ann"}).json()["data"][0]["labels"] == ["Refund"]
    assert api.get("labels/999").status_code == 404


def test_predictions_are_taken_listed_and_counted_where_items_or_labels_are_not_there(api: Api) -> None:
    given = {"model_version": "theirs 1", "at": "2026-01-01T00:00:00Z", "evidence": "out-of-fold", "predictions": [
        {"uid": "m20", "scores": {"Refund": 0.9, "Nonsense": 0.1}}, {"uid": "m21", "scores": {"Refund": 2}},
        {"uid": "nobody", "scores": {"Refund": 0.5}},
    ]}  # fmt: skip
    taken = api.post("predictions", "write", json=given).json()
    assert taken == {
        "added": 2, "changed": 0, "unchanged": 0, "unknown": 1, "unknown_items": ["nobody"], "unknown_labels": {"Nonsense": 1},
    }  # fmt: skip
    assert api.post("predictions", "write", json=given).json()["unchanged"] == 2
    api.post("predictions", "write", json={"model_version": "b", "predictions": [{"uid": "m20", "scores": {"Refund": 0.2}}]})
    first = api.get("predictions", params={"limit": 1}).json()
    assert [(one["uid"], one["model_version"]) for one in first["data"]] == [("m20", "b"), ("m20", "theirs 1")]
    (second,) = api.get("predictions", params={"limit": 1, "cursor": first["next"]}).json()["data"]
    assert (second["uid"], second["scores"], second["at"]) == ("m21", {"Refund": 2.0}, "2026-01-01T00:00:00.000000+00:00")
    assert len(api.get("predictions", params={"model_version": "b"}).json()["data"]) == 1
    assert len(api.get("predictions.ndjson").text.splitlines()) == 3
    models = api.get("models").json()
    assert [(one["version"], one["items"], one["evidence"]) for one in models] == [
        ("b", 1, "before-review"),
        ("theirs 1", 2, "out-of-fold"),
    ]


def test_an_action_gives_its_items_with_suggestions_until_all_are_decided(api: Api, teach: int) -> None:
    assert [(one["id"], one["state"], one["items"]) for one in api.get("actions").json()["data"]] == [(teach, "open", 3)]
    started = api.post(f"actions/{teach}/start", "label", json={"annotator": "Ann"}).json()
    assert (started["state"], started["annotator"], started["labels"]) == ("started", "Ann", [name(api, 2)])
    ann = {"annotator": "Ann"}
    items = api.get(f"actions/{teach}/items", params=ann).json()
    assert [(one["uid"], one["rank"], one["seen"]) for one in items] == [("m20", 1, 0), ("m21", 2, 0), ("m22", 3, 0)]
    assert items[0]["suggestions"] == [
        {"label": name(api, 1), "probability": 0.9, "preselected": True},
        {"label": name(api, 2), "probability": 0.4, "preselected": False},
    ]
    said = {"item_id": 21, "labels": [name(api, 1), name(api, 3)], "seconds": 2, "seen": 0}
    api.post("reviews", "label", json={**ann, "action_id": teach, "reviews": [said]})
    (review,) = api.get("reviews", params={"action_id": teach}).json()["data"]
    kept = ("source", "action_id", "list_rank", "list_size", "candidates", "chance", "model_version", "confirmed")
    assert [review[key] for key in kept] == ["teach", teach, 1, 3, 20, 0.5, 7, [name(api, 1)]]
    assert [one["uid"] for one in api.get(f"actions/{teach}/items", params={**ann, "limit": 1}).json()] == ["m21"]
    outside = api.post("reviews", json={**ann, "action_id": teach, "reviews": [{"uid": "m5"}]})
    assert (outside.status_code, "not part of the action" in outside.json()["detail"]) == (422, True)
    rest = [{"item_id": number, "state": "skipped", "seconds": 1} for number in (22, 23)]
    api.post("reviews", "label", json={**ann, "action_id": teach, "reviews": rest})
    assert api.get(f"actions/{teach}/items", params=ann).json() == []
    done = api.get(f"actions/{teach}").json()
    assert (done["state"], done["seconds"]) == ("done", 4.0)


def test_an_action_is_one_persons_and_on_offer_again_when_it_is_left(api: Api, teach: int) -> None:
    api.post(f"actions/{teach}/start", "label", json={"annotator": "Ann"})
    taken = api.post(f"actions/{teach}/start", "label", json={})
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:plateau:problem:taken")
    assert api.post(f"actions/{teach}/leave", "label", json={}).status_code == 404
    api.post(f"actions/{teach}/leave", "label", json={"annotator": "Ann"})
    assert api.get("actions", params={"state": "started"}).json()["data"] == []
    assert api.post("actions/999/start", "label", json={}).status_code == 404


def test_what_others_said_is_told_unless_each_is_to_judge_alone(api: Api, teach: int) -> None:
    api.post("reviews", json={"annotator": "Bob", "reviews": [{"item_id": 21, "labels": [name(api, 1)]}]})
    first = api.get(f"actions/{teach}/items").json()[0]
    assert [(one["annotator"], one["labels"]) for one in first["standing"]] == [("Bob", [name(api, 1)])]
    assert first["seen"] == first["standing"][0]["review_id"]
    api.store.update_settings(api.project.id, {"readings": 2})
    assert api.get(f"actions/{teach}/items").json()[0]["standing"] is None


def test_work_that_needs_no_plan_is_started_at_once(api: Api) -> None:
    made = api.post("actions", "label", json={"size": 4})
    assert (made.status_code, made.json()["kind"], made.json()["items"]) == (201, "shuffle", 4)
    assert made.json()["annotator"] == "a label token"
    assert len(api.get(f"actions/{made.json()['id']}/items", "label").json()) == 4


def test_a_rating_is_computed_as_a_job_and_told_with_its_factors_and_stop_answer(tmp_path: Path) -> None:
    api = api_of(tmp_path, items=200, reviewed=120)
    assert api.get("rating").status_code == api.get("stop").status_code == 404
    asked = api.post("rating", "label")
    assert (asked.status_code, asked.json()["kind"]) == (202, "api-rate")
    job = ended(api, asked.json()["id"])
    assert (job["state"], job["done"], api.notes.asked) == ("done", 1, [api.project.id])
    plan_project(api.store, api.project.id)  # as the trainer would
    rating = api.get("rating").json()
    assert 0 < rating["low"] <= rating["value"] <= rating["high"] <= 100
    assert (rating["current"], rating["reviewed"]) == (True, 120)
    factors = api.get("factors").json()
    assert {factor["key"] for factor in factors} == {"balance", "coverage", "all_labels", "underperforming"}
    assert all(factor["contributors"] and 0 <= factor["value"] <= 100 for factor in factors)
    assert api.get("stop").json()["headline"]
    assert [one["id"] for one in api.get("ratings").json()["data"]] == [rating["id"]]
    assert len(api.get("actions", params={"state": "open"}).json()["data"]) > 0
    api.post("reviews", json={"reviews": [{"uid": "m150"}]})
    assert api.get("rating").json()["current"] is False


def test_a_training_that_fails_says_why_in_its_job(api: Api) -> None:
    api.notes.fails = TrainingFailed("The process that trains has died twice.")
    job = ended(api, api.post("rating", "label").json()["id"])
    assert (job["state"], job["message"]) == ("failed", "The process that trains has died twice.")
    assert [one["id"] for one in api.get("jobs", params={"kind": "api-rate"}).json()["data"]] == [job["id"]]
    assert api.get("jobs/999").status_code == 404


def ended(api: Api, job_id: int) -> dict[str, Any]:
    end = time.monotonic() + 30
    while (job := api.get(f"jobs/{job_id}").json())["state"] == "running":
        assert time.monotonic() < end
        time.sleep(0.02)
    return dict(job)


def test_jobs_are_told_newest_first_a_page_at_a_time(api: Api) -> None:
    numbers = [api.store.start_job(api.project.id, "x", 1) for _ in range(3)]
    first = api.get("jobs", params={"limit": 2}).json()
    second = api.get("jobs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["data"] + second["data"]] == numbers[::-1]
    assert second["next"] is None


def keyed(api: Api, key: str, json: dict[str, Any], scope: str = "write", path: str = "labels") -> Any:
    return api.post(path, scope, json=json, headers={"Idempotency-Key": key})


def test_a_request_that_comes_again_is_carried_out_once_and_answered_alike(api: Api) -> None:
    first = keyed(api, "k1", {"name": "New"})
    again = keyed(api, "k1", {"name": "New"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert (again.headers["idempotency-replayed"], "idempotency-replayed" in first.headers) == ("true", False)
    assert again.headers["content-type"] == "application/json"
    other = keyed(api, "k1", {"name": "Other"})
    assert (other.status_code, "another request" in other.json()["detail"]) == (422, True)
    assert keyed(api, "k1", {"name": "New"}, "admin").status_code == 200  # another token's keys are its own
    assert keyed(api, "k" * 201, {"name": "New"}).status_code == 422
    refused = keyed(api, "k2", {"name": ""})
    assert (refused.status_code, keyed(api, "k2", {"name": ""}).json()) == (422, refused.json())


def test_what_could_not_be_done_now_may_be_tried_again_under_its_key(api: Api, teach: int) -> None:
    api.post(f"actions/{teach}/start", "label", json={"annotator": "Ann"})
    assert keyed(api, "k", {}, "label", f"actions/{teach}/start").status_code == 409
    api.post(f"actions/{teach}/leave", "label", json={"annotator": "Ann"})
    assert keyed(api, "k", {}, "label", f"actions/{teach}/start").status_code == 200


def test_the_same_request_twice_at_once_is_carried_out_once(api: Api) -> None:
    answers: list[Any] = []
    ask = {"model_version": "v", "predictions": [{"uid": f"m{n}", "scores": {"Refund": 0.5}} for n in range(30)]}

    def call() -> None:
        answers.append(keyed(api, "same", ask, path="predictions"))

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.json().get("added") for answer in answers if answer.status_code == 200} == {30}


def test_an_answer_is_known_for_a_day_and_a_request_that_died_is_carried_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    store, token = api.store, api.store.tokens()[0].id
    assert store.claim_answer(token, "k", b"one") is None
    monkeypatch.setattr("data.store.repeats.alive", lambda pid: False)
    assert store.claim_answer(token, "k", b"one") is None
    store.keep_answer(token, "k", Answered(201, {"location": "/x"}, b"body"))
    assert store.claim_answer(token, "k", b"one") == Answered(201, {"location": "/x"}, b"body")
    monkeypatch.setattr("data.store.repeats._before", lambda **_: "9999")  # a day later
    assert store.claim_answer(token, "k", b"two") is None
