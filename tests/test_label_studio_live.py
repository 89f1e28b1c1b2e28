"""Label Studio's machine-learning backend: suggestions go out, and judgements come in as they are made, each once."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.routes import label_studio
from data.formats.label_config import label_config
from data.records import ImportRow, Review, StoredAction
from data.store import Store
from recommend.service import plan_project
from recommend.serving import Served
from recommend.trainer import Kept, Ticket
from tests.builders import SPEECH, messages
from tests.calling import Api, api_of

CONFIG = label_config([*SPEECH, "Brand new"], "topic")


@dataclass
class Trainer:
    """A trainer that serves one plan, or none, and takes notes."""

    served: Served | None = None
    asked: list[int] = field(default_factory=list)
    nudged: list[bool] = field(default_factory=list)

    def kept(self, store: Store, project_id: int) -> Kept | None:
        return None if self.served is None else Kept(self.served, "", 1.0)

    def request(self, store: Store, project_id: int) -> Ticket:
        self.asked.append(project_id)
        ticket = Ticket(store, project_id, None)
        ticket.over.set()
        return ticket

    def nudge(self, store: Store, project_id: int, *, changes: bool = False) -> None:
        self.nudged.append(changes)


@dataclass
class Connection:
    """A project of Label Studio that is connected: what its server sends, and what comes back."""

    api: Api
    trainer: Trainer

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.api.post(f"/label-studio/{self.api.project.id}/{path}", "write", json=body)
        assert answer.status_code == status, answer.text
        told = answer.json()
        if told.get("left_out") == 0:
            assert (told.pop("left_out"), told.pop("problems")) == (0, [])
        return told

    def event(self, action: str, status: int = 200, **more: Any) -> Any:
        return self.post("webhook", {"action": action, "project": {"id": 7, "label_config": CONFIG}, **more}, status)

    def annotated(self, annotation: dict[str, Any], *, updated: bool = False, **data: Any) -> Any:
        action = "ANNOTATION_UPDATED" if updated else "ANNOTATION_CREATED"
        return self.event(action, annotation=annotation, task={"id": 500, "data": {"text": "A new parcel", **data}})

    def reviews(self, uid: str = "500") -> list[Review]:
        item = self.api.store.item_named(self.api.project.id, uid)
        return [] if item is None else self.api.store.reviews(self.api.project.id, item.id)

    def said(self, review: Review) -> set[str]:
        names = {label.id: label.name for label in self.api.store.labels(self.api.project.id, retired=True)}
        return {names[number] for number in review.assigned}


@pytest.fixture
def link(tmp_path: Path) -> Connection:
    api, trainer = api_of(tmp_path), Trainer()
    api.app.state.trainer = trainer
    return Connection(api, trainer)


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    api, trainer = api_of(tmp_path_factory.mktemp("modelled"), items=200, reviewed=100), Trainer()
    api.app.state.trainer = trainer
    trainer.served = plan_project(api.store, api.project.id).served
    return Connection(api, trainer)


def annotation(*labels: str, number: int = 1, at: str = "2026-01-01T10:00:00.000000Z", **more: Any) -> dict[str, Any]:
    chosen = [{"id": "r", "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}]
    return {
        "id": number, "completed_by": 3, "result": chosen if labels else [], "was_cancelled": False, "lead_time": 4.5,
        "created_at": at, "updated_at": at, "prediction": {}, "parent_prediction": None, **more,
    }  # fmt: skip


def test_a_project_is_connected_and_brings_its_labels(link: Connection) -> None:
    assert link.api.get(f"/label-studio/{link.api.project.id}/health").json()["status"] == "UP"
    told = link.post("setup", {"project": "7.123", "schema": CONFIG, "hostname": "http://ls", "access_token": "t0ken-of-theirs"})
    assert told == {"model_version": "plateau-0"}
    assert "Brand new" in {label.name for label in link.api.store.labels(link.api.project.id)}
    assert link.trainer.asked == [link.api.project.id]
    assert b"t0ken-of-theirs" not in link.api.store.path.read_bytes()


def test_a_label_that_is_out_of_use_here_stays_so(link: Connection) -> None:
    link.post("setup", {"project": "7.123", "schema": CONFIG})
    store, project = link.api.store, link.api.project
    gone = next(label for label in store.labels(project.id) if label.name == "Brand new")
    store.retire_label(project.id, gone.id)
    revision = store.revision(project.id)
    link.post("setup", {"project": "7.123", "schema": CONFIG})
    assert store.revision(project.id) == revision
    assert "Brand new" not in {label.name for label in store.labels(project.id)}


@pytest.mark.parametrize("config", ["", "<View>", "<View><Text name='t' value='$t'/></View>"])
def test_a_config_without_labels_is_refused_in_words(link: Connection, config: str) -> None:
    for path, body in (("setup", {"schema": config}), ("validate", {"config": config}),
                       ("predict", {"tasks": [], "label_config": config})):  # fmt: skip
        assert "labelling config" in link.post(path, body, 422)["detail"]


def test_of_several_controls_the_one_with_the_projects_labels_counts(link: Connection) -> None:
    config = (
        '<View><Text name="text" value="$text"/><Choices name="mood" toName="text"><Choice value="Angry"/></Choices>'
        '<Choices name="topic" toName="text" choice="multiple"><Choice value="Refund"/></Choices></View>'
    )
    link.post("setup", {"schema": config})
    assert "Angry" not in {label.name for label in link.api.store.labels(link.api.project.id)}


def test_tasks_become_items_once_and_known_ones_are_found(link: Connection) -> None:
    store, project = link.api.store, link.api.project
    first = store.item_named(project.id, "m0")
    assert first is not None
    tasks = [
        {"id": 1, "data": {"text": "Quite new", "doc_id": "d1", "team": "north"}, "is_labeled": False},
        {"id": 2, "data": {"text": first.text, "doc_id": "m0"}},
        {"id": 3, "data": {"text": "Without an id"}},
        {"id": 4, "data": {"text": "Not what m1 says", "doc_id": "m1"}},
        {"id": 5, "data": {"text": "Whatever it says now", "plateau_id": "m2"}},
    ]
    assert link.event("TASKS_CREATED", tasks=tasks)["items"] == 5
    assert store.count_items(project.id) == 33
    new = store.item_named(project.id, "d1")
    assert new is not None
    assert (new.text, new.metadata["team"], new.metadata["label_studio"]) == ("Quite new", "north", {"id": 1})
    assert store.item_named(project.id, "3") is not None
    assert store.item_named(project.id, "4") is not None
    revision = store.revision(project.id)
    link.event("TASKS_CREATED", tasks=tasks)
    assert store.revision(project.id) == revision
    assert link.trainer.nudged == [True, True]


def test_an_annotation_becomes_a_review_once(link: Connection) -> None:
    assert link.annotated(annotation("Refund", "Brand new")) == {"items": 0, "reviews": 1, "taken_back": 0}
    (review,) = link.reviews()
    assert (review.annotator, review.state, review.seconds, review.source) == ("3", "reviewed", 4.5, "import")
    assert review.at == "2026-01-01T10:00:00.000000+00:00"
    assert link.said(review) == {"Refund", "Brand new"}
    assert link.annotated(annotation("Refund", "Brand new"))["reviews"] == 0
    assert len(link.reviews()) == 1


def test_an_update_counts_unless_it_is_older_than_what_is_known(link: Connection) -> None:
    link.annotated(annotation("Refund"))
    link.annotated(annotation("Praise", at="2026-01-01T11:00:00Z"), updated=True)
    link.annotated(annotation("Broken", at="2026-01-01T10:30:00Z"), updated=True)
    assert [link.said(review) for review in link.reviews()] == [{"Refund"}, {"Praise"}]


def test_what_is_deleted_there_is_taken_back_and_comes_no_more(link: Connection) -> None:
    link.annotated(annotation("Refund"))
    link.annotated(annotation("Praise", at="2026-01-01T11:00:00Z"), updated=True)
    assert link.event("ANNOTATIONS_DELETED", annotations=[{"id": 1}])["taken_back"] == 2
    assert link.reviews() == []
    assert link.event("ANNOTATIONS_DELETED", annotations=[{"id": 1}])["taken_back"] == 0
    assert link.annotated(annotation("Refund", at="2026-01-02T11:00:00Z"))["reviews"] == 0
    assert link.reviews() == []


def test_what_is_deleted_before_it_was_told_of_does_not_come_later(link: Connection) -> None:
    link.event("ANNOTATIONS_DELETED", annotations=[{"id": 1}])
    assert link.annotated(annotation("Refund"))["reviews"] == 0


def test_ids_of_another_project_there_are_others(link: Connection) -> None:
    link.annotated(annotation("Refund"))
    other = {"action": "ANNOTATIONS_DELETED", "project": {"id": 8, "label_config": CONFIG}, "annotations": [{"id": 1}]}
    assert link.post("webhook", other)["taken_back"] == 0
    assert len(link.reviews()) == 1


def test_skips_and_empty_annotations_are_what_they_say(link: Connection) -> None:
    link.annotated(annotation(was_cancelled=True))
    link.annotated(annotation(number=2, completed_by=4))
    assert [(review.annotator, review.state, review.assigned) for review in link.reviews()] == [
        ("3", "skipped", ()), ("4", "reviewed", ())
    ]  # fmt: skip


def test_labels_that_were_not_on_offer_there_were_not_judged(link: Connection) -> None:
    store, project = link.api.store, link.api.project
    link.post("setup", {"schema": CONFIG})
    other = store.add_label(project.id, "Only here")
    link.annotated(annotation("Refund", at="2999-01-01T00:00:00Z"))
    (review,) = link.reviews()
    names = {label.id: label.name for label in store.labels(project.id)}
    assert review.partial
    assert {names[number] for number in review.dismissed} == {*SPEECH, "Brand new"} - {"Refund"}
    store.retire_label(project.id, other.id)
    link.annotated(annotation("Refund", number=2, at="2999-01-01T00:00:00Z", completed_by=4))
    assert (link.reviews()[-1].partial, link.reviews()[-1].dismissed) == (False, ())


def test_a_label_that_came_into_use_after_a_judgement_was_not_judged(link: Connection) -> None:
    for name in ("Only here", "Brand new"):
        link.api.store.add_label(link.api.project.id, name)
    link.annotated(annotation("Refund", at="2025-06-01T00:00:00Z"))  # before Brand new was heard of
    (review,) = link.reviews()
    names = {label.id: label.name for label in link.api.store.labels(link.api.project.id)}
    assert "Brand new" in names.values()
    assert {names[number] for number in review.dismissed} == set(SPEECH) - {"Refund"}


def test_a_whole_import_is_told_of_at_once_and_taken_quickly(link: Connection) -> None:
    tasks = [{"id": k, "data": {"text": f"Message {k}", "doc_id": f"d{k}"}} for k in range(3000)]
    began = time.monotonic()
    assert link.event("TASKS_CREATED", tasks=tasks)["items"] == 3000
    assert time.monotonic() - began < 30
    assert link.api.store.count_items(link.api.project.id) == 3030


@pytest.mark.parametrize("seconds", [-1, 90_000.0, "soon", None])
def test_a_lead_time_that_cannot_be_is_unknown(link: Connection, seconds: Any) -> None:
    link.annotated(annotation("Refund", lead_time=seconds))
    assert link.reviews()[0].seconds is None


def test_what_an_annotation_began_from_was_suggested(link: Connection) -> None:
    prediction = {"model_version": "plateau-3", "result": annotation("Refund", "Praise")["result"]}
    link.annotated(annotation("Refund", "Broken", prediction=prediction, parent_prediction=9))
    (review,) = link.reviews()
    names = {label.id: label.name for label in link.api.store.labels(link.api.project.id)}
    assert {names[number] for number in review.confirmed} == {"Refund"}


def test_a_clock_that_is_ahead_there_makes_no_judgement_of_tomorrow(link: Connection) -> None:
    link.annotated(annotation("Refund", at="2999-01-01T00:00:00Z"))
    assert link.reviews()[0].at < "2998"


def test_a_judgement_given_here_later_stays(link: Connection) -> None:
    store, project = link.api.store, link.api.project
    store.import_rows(
        project.id,
        [ImportRow("500", "A new parcel", labels=("Praise",), annotator="3", reviewed_at="2026-02-01T00:00:00.000000+00:00")],
    )
    assert link.annotated(annotation("Refund"))["reviews"] == 0
    assert [link.said(review) for review in link.reviews()] == [{"Praise"}]


def test_what_was_sent_out_for_an_action_counts_for_it(link: Connection) -> None:
    store, project = link.api.store, link.api.project
    item = store.item_named(project.id, "m20")
    assert item is not None
    (number,) = store.offer_actions(project.id, [action(item.id)])
    task = {"id": 900, "data": {"text": item.text, "plateau_id": "m20", "plateau_action": number}}
    link.event("ANNOTATION_CREATED", annotation=annotation("Refund"), task=task)
    (review,) = link.reviews("m20")
    assert (review.source, review.action_id, review.list_rank, review.list_size) == ("teach", number, 1, 1)
    assert (review.candidates, review.chance) == (40, 0.25)


def action(item_id: int) -> StoredAction:
    return StoredAction(
        id=0, kind="teach", theme="Refund", reason="", factor="all_labels", label_ids=(), item_ids=(item_id,), chances=(0.25,),
        candidates=40, predicted_gain=None, predicted_seconds=7.0, model_version=1, revision=1, state="open", created_at="",
        done_at=None, rating_before=None, realised_gain=None, seconds=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"id": 1}, "data"),
        ({"id": 1, "data": {"text": {"a": 1}}}, "text"),
        ({"id": 1, "data": {"text": " "}}, "empty"),
        ({"id": 1, "data": {"text": "a", "doc_id": "b\0"}}, "NUL"),
    ],
)
def test_a_task_that_is_none_is_left_out_in_words(link: Connection, task: Any, words: str) -> None:
    good = [{"id": number, "data": {"text": f"Good {number}"}} for number in (70, 71)]
    told = link.event("TASKS_CREATED", tasks=[good[0], task, good[1]])
    assert (told["items"], told["left_out"]) == (2, 1)
    assert told["problems"][0].startswith("Task 2 of 3: ")
    assert words in told["problems"][0]
    assert link.api.store.count_items(link.api.project.id) == 32


@pytest.mark.parametrize("bad", [None, {"id": 2}, {"id": 2, "data": {"text": " "}}])
def test_one_bad_annotation_does_not_lose_the_others(link: Connection, bad: Any) -> None:
    tasks = [{"id": 501, "data": {"text": "First"}}, bad, {"id": 503, "data": {"text": "Third"}}]
    told = link.event("ANNOTATIONS_CREATED", task=tasks, annotation=[annotation("Refund", number=n) for n in (1, 2, 3)])
    assert (told["reviews"], told["left_out"]) == (2, 1)
    assert "2 of 3" in told["problems"][0]
    assert [link.said(review) for uid in ("501", "503") for review in link.reviews(uid)] == [{"Refund"}] * 2
    body = {"annotations": [tasks[0], bad, {**tasks[2], "annotations": [annotation("Praise", number=9, completed_by=4)]}]}
    told = link.post("train", {**body, "label_config": CONFIG, "project": "7.123"})
    assert (told["items"], told["reviews"], told["left_out"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("bad", "field"),
    [({"lead_time": float("nan")}, "lead_time"), ({"result": [{"value": {"choices": [float("inf")]}}]}, "choices")],
)
def test_an_annotation_with_a_number_that_is_none_is_refused_alone_and_named(
    link: Connection, bad: dict[str, Any], field: str
) -> None:
    tasks = [{"id": k, "data": {"text": f"Text {k}"}, "predictions_score": float("nan")} for k in (1, 2)]
    nan = float("nan")
    began = {"score": nan, "result": [{**annotation("Praise")["result"][0], "score": nan, "label_scores": {"Praise": nan}}]}
    annotations = [annotation("Praise", number=1, prediction=began, parent_prediction=5), annotation("Praise", number=22, **bad)]
    told = event_with_nan(link, "ANNOTATIONS_CREATED", task=tasks, annotation=annotations)
    assert (told["reviews"], told["left_out"]) == (1, 1)
    assert all(words in told["problems"][0] for words in ("Annotation 2 of 2", "'22'", f"in '{field}': NaN"))
    (review,) = link.reviews("1")
    assert (review.confirmed, link.reviews("2")) == (review.assigned, [])


def test_a_task_with_a_number_that_is_none_is_left_out_alone(link: Connection) -> None:
    tasks = [{"id": 1, "data": {"text": "One"}}, {"id": 2, "data": {"text": "Two", "price": float("nan")}}]
    told = event_with_nan(link, "TASKS_CREATED", tasks=tasks)
    assert (told["items"], told["left_out"]) == (1, 1)
    assert "in 'price'" in told["problems"][0]


def event_with_nan(link: Connection, action: str, **more: Any) -> Any:
    """What is said of an event that is written as Python writes it, with NaN."""
    body = json.dumps({"action": action, "project": {"id": 7, "label_config": CONFIG}, **more})
    told = {"Content-Type": "application/json"}
    answer = link.api.post(f"/label-studio/{link.api.project.id}/webhook", "write", content=body, headers=told)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_labels_of_past_annotations_date_from_the_first_of_them(link: Connection) -> None:
    store = Store(link.api.store.path)
    fresh = store.create_project("fresh")
    tasks = [
        {"id": n, "data": {"text": f"Past {n}"}, "annotations": [annotation("Refund", number=n, at=f"2026-01-0{n}T10:00:00Z")]}
        for n in (2, 1, 3)
    ]
    body = {"annotations": tasks, "label_config": CONFIG, "project": "7.1735689600"}
    link.api.post(f"/label-studio/{fresh.id}/train", "write", json=body)
    assert {label.created_at for label in store.labels(fresh.id)} == {"2026-01-01T10:00:00.000000+00:00"}
    assert [review.partial for review in store.reviews(fresh.id)] == [False] * 3


def test_labels_of_a_new_project_date_from_when_the_project_there_was_made(link: Connection) -> None:
    store = Store(link.api.store.path)
    fresh = store.create_project("fresh")
    more = label_config([*SPEECH, "Brand new", "Later still"], "topic")
    for config in (CONFIG, more):
        link.api.post(f"/label-studio/{fresh.id}/setup", "write", json={"project": "7.1735689600", "schema": config})
    dates = {label.name: label.created_at for label in store.labels(fresh.id)}
    assert dates.pop("Later still") > "2026"
    assert set(dates.values()) == {"2025-01-01T00:00:00.000000+00:00"}


def test_a_label_from_there_was_not_judged_by_what_is_here_already(link: Connection) -> None:
    store, project = link.api.store, link.api.project
    last = max(review.at for review in store.reviews(project.id))
    link.annotated(annotation("Refund", at="2024-01-01T00:00:00Z"))
    (created,) = [label.created_at for label in store.labels(project.id) if label.name == "Brand new"]
    assert last < created < "2025-02"


def test_a_text_that_changes_there_takes_its_judgement_with_it(link: Connection) -> None:
    texts = ["A new parcel", "A parcel, edited", "A parcel, edited twice", "A parcel, edited"]
    for hour, text in enumerate(texts):
        told = link.annotated(annotation("Refund", at=f"2026-01-01T1{hour}:00:00Z"), updated=hour > 0, text=text)
        assert (told["reviews"], told.get("left_out", 0)) == (1, 0)
    store, project = link.api.store, link.api.project
    standing = [
        store.items(project.id, [review.item_id])[0].text for review in store.reviews(project.id) if review.annotator == "3"
    ]
    assert standing == ["A parcel, edited"]
    assert store.count_items(project.id) == 33


def test_a_label_from_there_keeps_who_made_it(link: Connection) -> None:
    link.annotated(annotation("Their own"))
    steps = link.api.store.taxonomy_steps(link.api.project.id)
    made = {step.words: step.annotator for step in steps if step.kind == "created"}
    assert (made["Created Brand new"], made["Created Their own"]) == ("a write token", "3")


def test_events_that_say_nothing_of_labels_change_nothing(link: Connection) -> None:
    revision = link.api.store.revision(link.api.project.id)
    assert link.event("PROJECT_UPDATED") == {"items": 0, "reviews": 0, "taken_back": 0}
    assert link.post("webhook", {"action": "PROJECT_DELETED", "project": {"id": 7}})["taken_back"] == 0
    assert link.event("START_TRAINING") == {"items": 0, "reviews": 0, "taken_back": 0}
    assert link.api.store.revision(link.api.project.id) == revision
    assert link.trainer.asked == [link.api.project.id]


def test_an_older_server_sends_all_annotations_to_train(link: Connection) -> None:
    tasks = [
        {"id": 500, "data": {"text": "A new parcel"}, "annotations": [annotation("Refund"), annotation(number=2, completed_by=4)]}
    ]
    body = {"annotations": tasks, "label_config": CONFIG, "project": "7.123"}
    assert link.post("train", body) == {"items": 1, "reviews": 2, "taken_back": 0}
    assert link.post("train", body)["reviews"] == 0
    assert link.event("ANNOTATIONS_DELETED", annotations=[{"id": 1}])["taken_back"] == 1


leaves = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(-1e9, 1e9), st.text(max_size=4), st.just("Refund"))
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2))


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these keys, whatever their values are."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


results = st.lists(
    objects("id", "to_name", "type").flatmap(
        lambda one: st.fixed_dictionaries(
            {"from_name": st.sampled_from(["topic", "other"]), "value": objects("choices", "taxonomy", "start") | values}
        ).map(lambda more: {**one, **more})
    ),
    max_size=2,
)
annotations = st.tuples(
    objects("id", "completed_by", "was_cancelled", "lead_time", "updated_at", "created_at", "parent_prediction"),
    results | values, objects("result", "model_version") | values,
).map(lambda parts: {**parts[0], "result": parts[1], "prediction": parts[2]})  # fmt: skip
tasks = st.tuples(objects("id", "meta"), objects("text", "doc_id", "plateau_id", "plateau_action", "label_scores") | values).map(
    lambda parts: {**parts[0], "data": parts[1]}
)


@given(
    task=tasks, one=annotations, action=st.sampled_from(["TASKS_CREATED", "ANNOTATION_CREATED", "ANNOTATIONS_DELETED", "predict"])
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_taken_or_refused_in_words(
    link: Connection, modelled: Connection, task: Any, one: Any, action: str
) -> None:
    about = {"label_config": CONFIG, "id": 7}
    body = {"action": action, "project": about, "tasks": [task], "task": task, "annotation": one, "annotations": [one]}
    path, body = ("predict", {"tasks": [task], "label_config": CONFIG}) if action == "predict" else ("webhook", body)
    api = modelled.api if action == "predict" else link.api
    answer = api.post(f"/label-studio/{api.project.id}/{path}", "write", json=body)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert answer.json()["detail"]


def test_without_a_model_there_is_no_prediction_and_it_says_why(link: Connection) -> None:
    told = link.post("predict", {"tasks": [{"id": 1, "data": {"text": "Refund"}}], "label_config": CONFIG})
    assert told["results"] == [[]]
    assert told["detail"] == "There is no model yet."


def test_a_task_that_cannot_be_read_gets_no_prediction_and_the_others_do(modelled: Connection) -> None:
    tasks = [{"id": 1, "data": {"text": "refund my money back"}}, {"id": 2}, {"id": 3, "data": {"text": "the glass is broken"}}]
    told = modelled.post("predict", {"tasks": tasks, "label_config": CONFIG})
    assert [bool(one) for one in told["results"]] == [True, False, True]
    assert told["detail"].startswith("Task 2 of 3: ")


def predictions(link: Connection, tasks: list[dict[str, Any]], config: str = CONFIG) -> list[dict[str, Any]]:
    told = link.post("predict", {"tasks": tasks, "label_config": config})
    assert told["detail"] == ""
    assert len(told["results"]) == len(tasks)
    assert {one["model_version"] for one in told["results"]} == {told["model_version"]} == {"plateau-1"}
    found: list[dict[str, Any]] = told["results"]
    return found


def test_items_get_the_labels_that_pass_their_thresholds_with_a_score_of_each(modelled: Connection) -> None:
    store, project = modelled.api.store, modelled.api.project
    items = list(store.iter_items(project.id))[100:160]
    found = predictions(modelled, [{"id": k, "data": {"text": item.text, "doc_id": item.uid}} for k, item in enumerate(items)])
    truth = dict(messages(200))
    right = sum(set(chosen(one)) == set(truth[item.text]) for one, item in zip(found, items, strict=True))
    assert right >= 40
    for one in found:
        assert 0 <= one["score"] <= 1
        for result in one["result"]:
            assert (result["from_name"], result["to_name"], result["type"]) == ("topic", "text", "choices")
            assert set(result["label_scores"]) == set(SPEECH)
            assert one["score"] == pytest.approx(np.mean([result["label_scores"][name] for name in chosen(one)]))


def chosen(prediction: dict[str, Any]) -> list[str]:
    return [name for result in prediction["result"] for name in result["value"]["choices"]]


def test_a_label_that_was_reset_since_the_plan_is_not_predicted(modelled: Connection) -> None:
    store, project = modelled.api.store, modelled.api.project
    label = next(label for label in store.labels(project.id) if label.name == "Praise")
    item = next(one for one in store.iter_items(project.id) if "Praise" in messages(200)[int(one.uid[1:])][1])
    tasks = [{"id": 1, "data": {"text": item.text, "doc_id": item.uid}}, {"id": 2, "data": {"text": "wonderful, thank you"}}]
    assert all("Praise" in one["result"][0]["label_scores"] for one in predictions(modelled, tasks))
    store.reset_label(project.id, label.id)
    try:
        found = [part for one in predictions(modelled, tasks) for part in one["result"]]
        assert not any("Praise" in {*part["label_scores"], *part["value"]["choices"]} for part in found)
    finally:
        store.undo_step(project.id, store.taxonomy_steps(project.id)[-1].id)


def test_new_texts_are_scored_by_the_same_model_and_not_added(modelled: Connection) -> None:
    store, project = modelled.api.store, modelled.api.project
    new = [pair for pair in messages(60, seed=9) if pair[1]][:30]
    found = predictions(modelled, [{"id": k, "data": {"text": text}} for k, (text, _) in enumerate(new)])
    right = sum(set(chosen(one)) == set(labels) for one, (_, labels) in zip(found, new, strict=True))
    assert right >= 18
    assert store.count_items(project.id) == 200


def test_a_text_that_is_an_item_and_one_that_says_the_same_get_about_the_same_scores(modelled: Connection) -> None:
    number, text = next((k, text) for k, (text, labels) in enumerate(messages(200)) if k > 100 and labels == ("Refund",))
    tasks = [{"id": 1, "data": {"text": text, "doc_id": f"m{number}"}}, {"id": 2, "data": {"text": text}}]
    known, new = (one["result"][0]["label_scores"] for one in predictions(modelled, tasks))
    assert known == pytest.approx(new, abs=0.05)


def test_of_a_single_choice_the_likeliest_is_chosen_and_only_what_the_config_has(modelled: Connection) -> None:
    text = next(text for text, labels in messages(200)[100:] if labels == ("Praise",))
    tasks = [{"id": 1, "data": {"text": text}}]
    assert chosen(predictions(modelled, tasks, label_config(list(SPEECH), single=True))[0]) == ["Praise"]
    assert chosen(predictions(modelled, tasks, label_config(["Refund"]))[0]) == []
    assert chosen(predictions(modelled, tasks, label_config(["praise"]))[0]) == ["praise"]


def test_vectors_of_ones_own_cannot_score_a_new_text_and_it_says_so(
    modelled: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rating.unseen._encoded", lambda *_: None)
    told = modelled.post("predict", {"tasks": [{"id": 1, "data": {"text": "never seen"}}], "label_config": CONFIG})
    assert told["results"] == [[]]
    assert "vectors of its own" in told["detail"]


def test_the_first_model_is_waited_for(link: Connection, modelled: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_studio, "WAIT", 0.01)

    def request(store: Store, project_id: int) -> Ticket:
        ticket = Ticket(store, project_id, None)
        ticket.served = modelled.trainer.served
        return ticket

    monkeypatch.setattr(link.trainer, "request", request)
    item = link.api.store.item_named(link.api.project.id, "m20")
    assert item is not None
    tasks = [{"id": 1, "data": {"text": item.text, "doc_id": "m20"}}]
    assert link.post("predict", {"tasks": tasks, "label_config": CONFIG})["results"][0]["model_version"] == "plateau-1"
