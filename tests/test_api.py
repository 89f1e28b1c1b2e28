"""The HTTP API: who is let in, what comes back, what is refused and in which words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.__main__ import main
from api.app import FILE_PATHS, Limits
from api.guards import Allowance
from data.tokens import SCOPES
from tests.calling import V1, Api, api_of

OPEN = {("GET", "/api/v1/health")}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_of(tmp_path)


def routes(api: Api) -> Iterator[tuple[str, str, str]]:
    """Every method and path that the app serves with the scope it asks for, the description of itself included."""
    for path, methods in {**api.app.openapi()["paths"], "/api/v1/openapi.json": {"get": {}}}.items():
        for method in methods:
            yield method.upper(), path, methods[method].get("x-scope", "read")


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "1", path)


def test_every_route_refuses_who_has_no_token_a_wrong_one_a_revoked_one_or_too_small_a_scope(api: Api) -> None:
    revoked, secret = api.store.add_token("gone", "admin")
    api.store.revoke_token(revoked.id)
    wrong = api.tokens["admin"][:-1] + ("a" if api.tokens["admin"][-1] != "a" else "b")
    seen = 0
    for method, path, scope in routes(api):
        if (method, path) in OPEN:
            assert api.client.request(method, filled(path)).status_code == 200
            continue
        for header in (None, "", "Bearer", "Bearer x", f"Bearer {wrong}", f"Bearer {secret}", "Basic bWU6eA=="):
            given = {} if header is None else {"Authorization": header}
            refused = api.client.request(method, filled(path), headers=given)
            assert refused.status_code == 401, (method, path, header)
            assert refused.headers["content-type"] == "application/problem+json"
            assert "python -m api token" in refused.json()["detail"]
        for smaller in SCOPES[: SCOPES.index(scope)]:  # type: ignore[arg-type]
            answer = api.client.request(method, filled(path), headers={"Authorization": f"Bearer {api.tokens[smaller]}"})
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:plateau:problem:forbidden"), (method, path, smaller)
        seen += 1
    assert seen >= 12


def test_every_route_says_which_scope_it_asks_for_and_only_reading_asks_for_the_least(api: Api) -> None:
    for path, methods in api.app.openapi()["paths"].items():
        for method, told in methods.items():
            if (method.upper(), path) not in OPEN:
                assert told["x-scope"] in SCOPES, path
                reads = path.endswith("/preview") or (method == "get" and "tokens" not in path)
                assert (told["x-scope"] == "read") == reads, path


def test_paths_that_there_are_not_are_refused_too_and_not_found_with_a_token(api: Api) -> None:
    for path in ("/api", "/api/v1", "/api/v1/nothing", "/api/v1/projects/", "/api/docs", "/api/openapi.json"):
        assert api.client.get(path).status_code == 401
    missing = api.get("/nothing")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:plateau:problem:not-found")


def test_a_token_may_come_as_the_password_of_basic(api: Api) -> None:
    assert api.client.get(f"{V1}/projects", auth=("anybody", api.tokens["read"])).status_code == 200


def test_the_description_names_every_route_and_its_problems(api: Api) -> None:
    told = api.get("/openapi.json").json()
    assert told["paths"]["/api/v1/projects/{project_id}/items"]["get"]["responses"]["404"]["content"].keys() == {
        "application/problem+json"
    }


def test_a_project_is_created_listed_and_found_by_its_name(api: Api) -> None:
    made = api.post("/projects", json={"name": "Tickets", "single_label": True})
    assert (made.status_code, made.json()["single_label"], made.json()["items"]) == (201, True, 0)
    assert api.post("/projects", json={"name": "Tickets", "single_label": True}).status_code == 200
    other = api.post("/projects", json={"name": "Tickets"})
    assert (other.status_code, "another kind" in other.json()["detail"]) == (422, True)
    assert [one["name"] for one in api.get("/projects").json()["data"]] == ["mail", "Tickets"]
    assert api.get("/projects", params={"name": "Tickets"}).json()["data"] == [made.json()]
    assert api.get(made.headers["location"].removeprefix(V1)).json() == made.json()


def test_pages_lead_to_each_other_and_hold_everything_once(api: Api) -> None:
    found: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = api.get("items", params={"cursor": cursor, "limit": 7}).json()
        assert 0 < len(page["data"]) <= 7
        found += [item["uid"] for item in page["data"]]
        cursor = page["next"]
    assert found == [f"m{number}" for number in range(30)]
    streamed = api.get("items.ndjson")
    assert [json.loads(line)["uid"] for line in streamed.text.splitlines()] == found
    assert api.get("items", params={"limit": 1001}).status_code == 422


def test_items_are_found_by_what_was_said_of_them_and_by_their_words(api: Api) -> None:
    def uids(**asked: Any) -> list[str]:
        answer = api.get("items", params=asked)
        assert answer.status_code == 200, answer.text
        return [item["uid"] for item in answer.json()["data"]]

    assert uids(reviewed=True) == [f"m{number}" for number in range(10)]
    assert uids(reviewed=False) == [f"m{number}" for number in range(10, 30)]
    assert uids(search="N17") == ["m17"]
    assert uids(uid="m3") == ["m3"]
    names = {label.id: label.name for label in api.store.labels(api.project.id)}
    truth = {review.item_id: {names[label] for label in review.assigned} for review in api.store.reviews(api.project.id)}
    refunds = [f"m{number - 1}" for number, said in truth.items() if "Refund" in said]
    assert uids(label="refund") == refunds != []
    api.post("reviews", json={"annotator": "import", "reviews": [{"uid": refunds[0], "labels": []}]})
    assert uids(label="Refund") == refunds[1:]
    unknown = api.get("items", params={"label": "Nonsense"})
    assert (unknown.status_code, "no label 'Nonsense'" in unknown.json()["detail"]) == (422, True)


def test_items_are_added_updated_and_left_alone(api: Api) -> None:
    items = [
        {"uid": "m1", "text": "changed"},
        {"uid": "new", "text": "New.", "metadata": {"by": "ann"}, "at": "2026-01-02T03:04:05+01:00"},
    ]
    added = api.post("items", "write", json={"items": items}).json()
    assert (added["items_added"], added["items_updated"]) == (1, 1)
    assert api.post("items", "write", json={"items": items}).json()["items_unchanged"] == 2
    (new,) = api.get("items", params={"uid": "new"}).json()["data"]
    assert (new["metadata"], new["at"]) == ({"by": "ann"}, "2026-01-02T02:04:05.000000+00:00")
    assert api.get(f"items/{new['id']}").json() == new


NO_JSON = ['{"v": NaN}', '{"v": {"deep": [1, -Infinity]}}', r'{"v": "\ud800"}', r'{"v": [{"\udfff": 1}]}', r'{"\ud800": 1}']


@pytest.mark.parametrize("metadata", NO_JSON)
def test_what_no_program_could_read_again_is_refused_and_named(api: Api, metadata: str) -> None:
    item = f'{{"uid": "odd", "text": "x", "metadata": {metadata}}}'
    told = {"Content-Type": "application/json"}
    answers = [api.post("items", content=f'{{"items": [{item}]}}', headers=told), api.post("items.ndjson", content=item)]
    event = f'{{"action": "TASKS_CREATED", "project": {{"id": 1, "x": {metadata}}}, "tasks": []}}'
    answers.append(api.post(f"/label-studio/{api.project.id}/webhook", content=event, headers=told))
    assert [answer.status_code for answer in answers] == [422] * 3
    assert "project" in answers[2].json()["detail"]
    assert "metadata" in answers[0].json()["detail"]
    assert api.store.item_named(api.project.id, "odd") is None
    assert api.get("exports/tool/label-studio").status_code == 200


def test_a_wrong_line_refuses_the_stream_and_names_itself_or_is_left_out_if_so_wished(api: Api) -> None:
    lines = '{"uid": "a", "text": "one"}\n\n{"uid": "b"}\n{"uid": "c", "text": "three"}\nnonsense\n'
    refused = api.post("items.ndjson", "write", content=lines)
    assert (refused.status_code, refused.json()["row"], refused.json()["column"]) == (422, 3, "text")
    assert api.store.count_items(api.project.id) == 30
    taken = api.post("items.ndjson", "write", content=lines, params={"skip_bad": True}).json()
    assert (taken["items_added"], taken["rejected"], [one["row"] for one in taken["rejections"]]) == (2, 2, [3, 5])


def test_a_review_is_recorded_in_the_name_of_the_token_or_of_whom_it_names_and_taken_back(api: Api) -> None:
    said = {"uid": "m20", "labels": ["Refund"], "dismissed": ["Praise"], "seconds": 2.5, "note": " a  note "}
    answer = api.post("reviews", "label", json={"reviews": [said]})
    assert answer.status_code == 200, answer.text
    (number,) = answer.json()["review_ids"]
    (review,) = api.get("reviews", params={"annotator": "a label token"}).json()["data"]
    told = {key: review[key] for key in ("id", "uid", "labels", "dismissed", "seconds", "note", "view", "source", "state")}
    assert told == {
        "id": number, "uid": "m20", "labels": ["Refund"], "dismissed": ["Praise"], "seconds": 2.5, "note": "a note",
        "view": "api", "source": "import", "state": "reviewed",
    }  # fmt: skip
    assert api.notes.nudged == [api.project.id]
    api.post("reviews", "label", json={"annotator": "Ann", "reviews": [{"item_id": 21, "state": "skipped"}, {"item_id": 22}]})
    assert len(api.get("reviews", params={"annotator": "Ann"}).json()["data"]) == 2
    undone = api.post("reviews/undo", "label", json={"annotator": "Ann"}).json()
    assert undone["item_id"] == 22
    assert [one["item_id"] for one in api.get("reviews", params={"annotator": "Ann"}).json()["data"]] == [21]
    assert [one["state"] for one in api.get("reviews", params={"annotator": "Ann", "undone": True}).json()["data"]] == [
        "skipped", "reviewed", "undone",
    ]  # fmt: skip
    assert api.post("reviews/undo", "label", json={"annotator": "Nobody"}).status_code == 404
    assert len(api.get("reviews.ndjson").text.splitlines()) == 10 + 4


def test_reviews_are_all_recorded_or_none_and_the_wrong_one_is_named(api: Api) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"uid": "m21", "labels": ["Nonsense"]}, 422, "Review 2 of 2: The project has no label 'Nonsense'"),
        ({"uid": "nobody"}, 404, "Review 2 of 2: The project has no item 'nobody'"),
        ({"uid": "m21", "at": "2999-01-01T00:00:00Z"}, 422, "yet to come"),
        ({"uid": "m21", "item_id": 3}, 422, "item_id or by uid"),
        ({"uid": "m21", "labels": ["Refund"], "dismissed": ["Refund"]}, 422, "assigned or dismissed"),
        ({"item_id": 999}, 404, "no item with the number 999"),
        ({"uid": "m21", "source": "elsewhere"}, 422, "not from 'elsewhere'"),
    ]
    for review, status, words in wrong:
        answer = api.post("reviews", "label", json={"reviews": [{"uid": "m20"}, review]})
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert len(api.store.reviews(api.project.id)) == 10


def test_an_answer_that_somebody_else_gave_meanwhile_is_a_conflict_with_both(api: Api) -> None:
    api.post("reviews", json={"annotator": "Ann", "reviews": [{"uid": "m20", "labels": ["Refund"]}]})
    mine = {"uid": "m20", "labels": ["Delivery > Late"], "seen": 0}
    answer = api.post("reviews", json={"annotator": "Bob", "reviews": [{"uid": "m21", "seen": 0}, mine]})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:plateau:problem:conflict")
    assert [(one["uid"], one["annotator"], one["labels"]) for one in problem["theirs"]] == [("m20", "Ann", ["Refund"])]
    assert problem["yours"] == [{"item_id": 21, "labels": ["Delivery > Late"]}]
    assert api.get("reviews", params={"annotator": "Bob"}).json()["data"] == []
    seen = problem["theirs"][0]["review_id"]
    assert api.post("reviews", json={"annotator": "Bob", "reviews": [{**mine, "seen": seen}]}).status_code == 200


def test_what_comes_too_often_is_to_wait_and_comes_in_again(tmp_path: Path) -> None:
    api = api_of(tmp_path, limits=Limits(rate=0.5, burst=2))
    assert [api.get("/projects").status_code for _ in range(3)] == [200, 200, 429]
    late = api.get("/projects")
    assert 1 <= int(late.headers["retry-after"]) <= 2
    assert api.get("/projects", "label").status_code == 200
    assert api.client.get(f"{V1}/health").status_code == 200


def test_an_allowance_fills_up_again_but_not_beyond_its_burst() -> None:
    moment = 0.0
    allowance = Allowance(10, 2, lambda: moment)
    assert [allowance.take(1), allowance.take(1)] == [0, 0]
    assert allowance.take(1) == pytest.approx(0.1)
    moment = 0.1
    assert allowance.take(1) == 0
    assert allowance.take(1) > 0
    moment = 100.0
    assert [allowance.take(1) for _ in range(3)] == [0, 0, pytest.approx(0.1)]


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(tmp_path: Path) -> None:
    api = api_of(tmp_path, limits=Limits(body=1000))
    body = json.dumps({"items": [{"uid": "a", "text": "x" * 2000}]})
    told = api.post("items", content=body)
    assert (told.status_code, told.json()["type"]) == (413, "urn:plateau:problem:too-large")
    untold = api.post("items", content=iter([body.encode()]), headers={"Content-Type": "application/json"})
    assert (untold.status_code, untold.headers["content-type"]) == (413, "application/problem+json")
    assert (untold.json()["type"], "Send less at a time" in untold.json()["detail"]) == ("urn:plateau:problem:too-large", True)
    line = json.dumps({"uid": "a", "text": "x" * 2000})
    assert api.post("items.ndjson", content=line).status_code == 200
    assert api.post("items.ndjson", content=line, headers={"Content-Length": "500000001"}).status_code == 413


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_a_body_that_comes_with_a_key_is_kept_no_further_than_its_limit(tmp_path: Path, scope: str) -> None:
    api = api_of(tmp_path, limits=Limits(body=1000))
    told = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = api.post("items", scope, content=iter([b"x" * 500] * 3), headers=told)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:plateau:problem:too-large")
    assert "1,000 bytes" in answer.json()["detail"]


def test_whatever_may_tell_of_a_large_body_may_send_one(tmp_path: Path) -> None:
    api = api_of(tmp_path, limits=Limits(body=1000))
    body, found = json.dumps({"x": "x" * 2000}), 0
    for method, path, _ in routes(api):
        if method == "POST" and FILE_PATHS.search(path.replace("{project_id}", "1")):
            answer = api.call(method, filled(path).removeprefix(V1), content=body)
            assert answer.status_code != 413, path
            found += 1
    assert found >= 5


def test_other_hosts_are_refused_unless_named_and_no_page_elsewhere_may_call(tmp_path: Path) -> None:
    api = api_of(tmp_path, hosts=["plateau.example.org"])
    for host, status in {"evil.example.org": 421, "plateau.example.org:80": 200, "localhost:8501": 200, "[::1]:1": 200}.items():
        assert api.client.get(f"{V1}/health", headers={"Host": host}).status_code == status
    asked = {"Origin": "https://evil.example.org", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in api.client.options(f"{V1}/projects", headers=asked).headers


def test_a_page_elsewhere_may_call_where_that_is_configured(tmp_path: Path) -> None:
    api = api_of(tmp_path, origins=["https://tool.example.org"])
    asked = {"Origin": "https://tool.example.org", "Access-Control-Request-Method": "GET"}
    assert (
        api.client.options(f"{V1}/projects", headers=asked).headers["access-control-allow-origin"] == "https://tool.example.org"
    )
    other = {**asked, "Origin": "https://evil.example.org"}
    assert "access-control-allow-origin" not in api.client.options(f"{V1}/projects", headers=other).headers


def test_a_token_is_made_on_the_command_line_told_once_and_kept_as_a_hash(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    database = ["--db", str(api.store.path)]
    assert main(["token", "--name", "ci", "--scope", "read", *database]) == 0
    secret = capsys.readouterr().out.strip()
    assert api.client.get(f"{V1}/projects", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert secret.rpartition("_")[2].encode() not in api.store.path.read_bytes()
    assert main(["token", "--name", "ci", "--scope", "read", *database]) == 2
    assert "already" in capsys.readouterr().err
    assert main(["tokens", *database]) == 0
    assert "5  ci  read" in capsys.readouterr().out
    assert main(["revoke", "5", *database]) == 0
    assert api.client.get(f"{V1}/projects", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert main(["revoke", "99", *database]) == 2


def test_tokens_are_listed_without_their_secrets_and_revoked_by_who_may(api: Api) -> None:
    listed = api.get("/tokens", "admin").json()["data"]
    assert [one["scope"] for one in listed] == list(SCOPES)
    assert listed[0].keys() == {"id", "name", "scope", "created_at", "revoked_at"}
    assert api.call("DELETE", f"/tokens/{listed[0]['id']}").json()["revoked_at"]
    assert api.get("/projects", "read").status_code == 401
    assert api.call("DELETE", "/tokens/99").status_code == 404


def test_a_label_can_date_from_before_the_past_reviews_that_judge_it(api: Api) -> None:
    told = api.post("labels", "write", json={"name": "Old", "created_at": "2024-05-01T02:00:00+02:00"})
    assert (told.status_code, told.json()["created_at"]) == (201, "2024-05-01T00:00:00.000000+00:00")
    again = api.post("labels", "write", json={"name": "old", "created_at": "2023-01-01T00:00:00Z"})
    assert (again.status_code, again.json()["created_at"]) == (200, told.json()["created_at"])
    wrong = api.post("labels", "write", json={"name": "Ahead", "created_at": "2999-01-01T00:00:00Z"})
    assert (wrong.status_code, "yet to come" in wrong.json()["detail"]) == (422, True)
