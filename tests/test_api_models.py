"""The HTTP API: other models are rated and put in charge, and each label is told with its thresholds."""

from __future__ import annotations

from typing import Any

import pytest

from data.layout import own_name
from rating.operating import operating_points
from recommend.labelview import curve_of
from recommend.service import plan_project
from recommend.trainer import Kept
from tests.builders import SPEECH, messages
from tests.calling import Api, api_of
from tests.test_api_work import ended


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    """A project of which 100 items are judged, with another model's scores: high where the label is right."""
    found = api_of(tmp_path_factory.mktemp("models"), items=160, reviewed=100)
    scores = [
        {"uid": f"m{k}", "scores": {name: 0.95 - 0.9 * (name not in labels) - k / 10_000 for name in SPEECH}}
        for k, (_, labels) in enumerate(messages(160, 0))
    ]
    found.post("predictions", json={"model_version": "ours/12", "predictions": scores, "evidence": "trained-on-none"})
    return found


def test_another_model_is_rated_beside_the_own_one(api: Api) -> None:
    assert api.post("model-ratings", "read", json={"model_version": "ours/12"}).status_code == 403
    assert api.post("model-ratings", "label", json={"model_version": "none"}).status_code == 404
    key = {"Idempotency-Key": "one"}
    asked = [api.post("model-ratings", "label", json={"model_version": "ours/12"}, headers=key) for _ in range(2)]
    assert (asked[0].status_code, asked[0].json()["id"]) == (202, asked[1].json()["id"])
    where = asked[0].headers["location"].partition("/model-ratings/")[2]
    assert ended(api, int(where))["state"] == "done"
    told = api.get(f"model-ratings/{where}").json()
    assert (told["model_version"], told["evidence"], told["counted"], told["reviews"]) == ("ours/12", "trained-on-none", 100, 100)
    assert 0 <= told["all_labels"]["low"] <= told["all_labels"]["value"] <= told["all_labels"]["high"] <= 100
    for beside in ("own_all_labels", "lead"):
        assert told[beside]["low"] <= told[beside]["value"] <= told[beside]["high"]
    assert told["verdict"] == told["details"]["comparison"]["verdict"]
    assert set(told["details"]["thresholds"]) == set(SPEECH)


def test_a_rating_that_waits_or_runs_is_joined(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting:
        asked = 0

        def submit(self, *_: Any) -> None:
            self.asked += 1

    waiting = Waiting()
    monkeypatch.setattr("api.work.one_by_one", lambda: waiting)
    api.post("predictions", json={"model_version": "other", "predictions": [{"uid": "m1", "scores": {"Refund": 0.5}}]})

    def ask(version: str) -> int:
        return int(api.post("model-ratings", json={"model_version": version}).json()["id"])

    first, same, other = ask("ours/12"), ask("ours/12"), ask("other")
    assert (same, other == first, waiting.asked) == (first, False, 2)
    api.store.update_job(first, done=1, state="done", message="Rated")
    fresh = ask("ours/12")
    assert (fresh in (first, other), waiting.asked) == (False, 3)
    for job in (fresh, other):
        api.store.update_job(job, done=0, state="stopped")


def test_a_model_without_reviews_that_count_has_reasons_and_no_rating(api: Api) -> None:
    api.post("predictions", json={"model_version": "late", "predictions": [{"uid": "m1", "scores": {"Refund": 0.5}}]})
    job = api.post("model-ratings", json={"model_version": "late"}).json()["id"]
    assert ended(api, job)["state"] == "done"
    told = api.get(f"model-ratings/{job}").json()
    assert (told["counted"], told["rating"]["value"], told["lead"], told["verdict"]) == (0, None, None, None)
    assert "needs count" in told["reasons"][0]
    other = api.store.start_job(api.project.id, "x", 1)
    assert api.get(f"model-ratings/{other}").status_code == 404


def test_a_model_is_put_in_charge_and_taken_out(api: Api) -> None:
    assert api.get("in-charge").json() == {"model_version": None}
    assert api.call("PUT", "in-charge", "label", json={"model_version": "ours/12"}).status_code == 403
    for version in ("none", "plateau-77", f"plateau-{10**18 - 1}", f"plateau-{10**22}"):
        assert api.call("PUT", "in-charge", "write", json={"model_version": version}).status_code == 404
    for version in ("ours/12", None):
        assert api.call("PUT", "in-charge", "write", json={"model_version": version}).json() == {"model_version": version}
        assert api.get("in-charge").json() == {"model_version": version}
    assert api.notes.nudged[-2:] == [api.project.id] * 2


def test_labels_are_told_with_their_thresholds_and_what_they_lack(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "POST" in api.get("label-quality").json()["detail"]
    served = plan_project(api.store, api.project.id).served
    monkeypatch.setattr(api.notes, "kept", lambda store, project_id: Kept(served, "", 1.0))
    told: dict[str, Any] = {label["name"]: label for label in api.get("label-quality").json()}
    assert set(told) == set(SPEECH)
    assert {label["thresholds_model"] for label in told.values()} == {own_name(served.rating.model_version)}
    for label in told.values():
        found = operating_points(curve_of(served, label["label_id"]))
        assert found.complete is not None
        assert label["thresholds"]["complete"]["recall"] == pytest.approx(found.complete.recall)
        assert label["thresholds"]["complete"]["threshold"] <= label["thresholds"]["balanced"]["threshold"]
        assert label["average_precision"]["low"] <= label["average_precision"]["value"] <= label["average_precision"]["high"]
    easy, hard = (
        [one["lacking"]["count"] or 0 for one in api.get("label-quality", params={"target": at}).json()] for at in (0.01, 0.99)
    )
    assert (easy, sum(hard) > 0) == ([0] * len(SPEECH), True)
    assert api.get("label-quality", params={"target": 1}).status_code == 422


def test_labels_have_the_thresholds_of_the_model_in_charge_and_are_told_as_they_are_meant_now(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = api.store, api.project.id
    store.put_in_charge(project, "ours/12")
    served = plan_project(store, project).served
    store.put_in_charge(project, None)
    monkeypatch.setattr(api.notes, "kept", lambda store, project_id: Kept(served, "", 1.0))
    told = {label["label_id"]: label for label in api.get("label-quality").json()}
    for health in served.rating.labels:
        label, found = told.pop(health.label_id), operating_points(curve_of(served, health.label_id))
        assert found.complete is not None
        assert label["thresholds"]["complete"]["threshold"] == pytest.approx(found.complete.threshold)
        assert label["average_precision"]["value"] == pytest.approx(health.ap.value)
        assert (label["thresholds_model"], label["model_version"]) == ("ours/12", served.rating.model_version)
    assert not told
    names = {label.name: label.id for label in store.labels(project)}
    retired, merged, target, reset, *rest = names
    before = len(store.taxonomy_steps(project))
    store.retire_label(project, names[retired])
    store.merge_labels(project, names[merged], names[target])
    store.reset_label(project, names[reset])
    store.rename_label(project, names[target], "Renamed")
    try:
        assert {label["name"] for label in api.get("label-quality").json()} == {"Renamed", *rest}
    finally:
        for step in store.taxonomy_steps(project)[before:][::-1]:
            store.undo_step(project, step.id)
