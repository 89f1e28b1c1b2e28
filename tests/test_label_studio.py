"""Label Studio JSON: what its tasks say, and that they go back as they came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ImportFailed
from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.label_config import read_config
from data.formats.label_studio_write import config_of
from data.formats.losses import losses
from data.imports import ImportOptions, import_file, inspect, read_rows, stage
from data.layout import facts
from data.records import ImportRow, Project, Review
from data.store import Store
from tests.rounds import project_of, rounds, rows

TIME = "2026-03-09T21:52:49.513742Z"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def chooses(*labels: Any, name: str = "topic", kind: str = "choices", **more: Any) -> dict[str, Any]:
    return {"id": "r1", "from_name": name, "to_name": "text", "type": kind, "value": {kind: list(labels), **more}}


def note(*results: dict[str, Any], by: Any = 10, at: str = TIME, **more: Any) -> dict[str, Any]:
    return {"id": 1001, "completed_by": by, "result": list(results), "was_cancelled": False, "ground_truth": False,
            "lead_time": 4.288, "created_at": TIME, "updated_at": at, **more}  # fmt: skip


def task(number: int = 1, *made: dict[str, Any], data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"text": f"Exporters {number}"} if data is None else data, "annotations": list(made), **more}


def take(store: Store, project: Project, tasks: Sequence[Any], **options: Any) -> Any:
    return import_file(store, project.id, json.dumps(tasks).encode(), options=ImportOptions(**options))


def give(store: Store, project: Project, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tool_bytes(Handover(store, project, **more), "label-studio")[0])
    return found


def said(store: Store, project: Project) -> list[tuple[str, str, list[str], str]]:
    """Every standing judgement: item, annotator, labels, state."""
    names = {label.id: label.name for label in store.labels(project.id, retired=True)}
    items = {item.id: item.uid for item in store.iter_items(project.id)}
    standing = store.standing_reviews(list(items))
    return [(items[i], r.annotator, [names[n] for n in r.assigned], r.state) for i in items for r in standing.get(i, [])]


def one(store: Store, project: Project) -> Review:
    (review,) = store.reviews(project.id)
    return review


def test_every_state_is_understood(store: Store, project: Project) -> None:
    report = take(store, project, [
        task(1, note(chooses("grain", "ship"))), task(2, note()), task(3, note(was_cancelled=True)), task(4),
        task(5, drafts=[{"id": 7, "result": [chooses("grain")]}]),
    ])  # fmt: skip
    expected = [("1", "10", ["grain", "ship"], "reviewed"), ("2", "10", [], "reviewed"), ("3", "10", [], "skipped")]
    assert (said(store, project), store.count_items(project.id)) == (expected, 5)
    assert any("1 drafts are not reviews" in warning for warning in report.warnings)


def test_old_exports_say_completions_and_skipped(store: Store, project: Project) -> None:
    old = {"id": 1, "data": {"text": "a"}, "completions": [{"id": 5, "result": [chooses("grain")], "skipped": True}]}
    take(store, project, [old])
    assert said(store, project) == [("1", "import", [], "skipped")]
    (back,) = give(store, project)
    assert "completions" not in back
    assert back["annotations"] == [{"id": 5, "result": [chooses("grain")], "was_cancelled": True}]


def test_who_annotated_is_a_number_or_an_address(store: Store, project: Project) -> None:
    people = [{"id": 3, "email": "ann@example.org", "first_name": "Ann"}, 7]
    take(store, project, [task(1, *(note(chooses("grain"), by=who) for who in people))])
    assert [who for _, who, _, _ in said(store, project)] == ["ann@example.org", "7"]
    assert [back["completed_by"] for back in give(store, project)[0]["annotations"]] == people


def test_annotators_who_differ_are_kept_apart(store: Store, project: Project) -> None:
    take(store, project, [task(1, note(chooses("grain"), by=1), note(chooses("ship"), by=2))])
    assert said(store, project) == [("1", "1", ["grain"], "reviewed"), ("1", "2", ["ship"], "reviewed")]


def test_annotations_that_name_nobody_are_not_merged(store: Store, project: Project) -> None:
    both = [{"result": [chooses(name)]} for name in ("grain", "ship")]
    report = take(store, project, [task(1, *both)])
    assert [who for _, who, _, _ in said(store, project)] == ["import", "import 2"]
    assert any("1 annotations name nobody" in warning for warning in report.warnings)
    assert [back["result"] for back in give(store, project)[0]["annotations"]] == [one["result"] for one in both]


def test_the_later_of_ones_own_annotations_counts(store: Store, project: Project) -> None:
    later = note(chooses("ship"), at="2026-03-10T00:00:00Z")
    report = take(store, project, [task(1, later, note(chooses("grain")))])
    assert said(store, project) == [("1", "10", ["ship"], "reviewed")]
    assert any("1 annotations were followed" in warning for warning in report.warnings)
    assert len(give(store, project)[0]["annotations"]) == 2


def test_a_review_is_dated_by_its_last_change(store: Store, project: Project) -> None:
    take(store, project, [task(1, note(chooses("grain"), at="2026-04-01T10:00:00Z"))])
    assert (one(store, project).at, one(store, project).seconds) == ("2026-04-01T10:00:00.000000+00:00", 4.288)


@pytest.mark.parametrize("absurd", [-3, 86_400, 1e9, "soon", True])
def test_absurd_lead_times_are_unknown_and_counted(store: Store, project: Project, absurd: Any) -> None:
    report = take(store, project, [task(1, note(chooses("grain"), lead_time=absurd))])
    assert one(store, project).seconds is None
    assert any(warning.startswith("1 lead times") for warning in report.warnings)


def test_the_control_that_holds_the_labels_can_be_chosen(store: Store, project: Project) -> None:
    tasks = [task(1, note(chooses("grain"), chooses("angry", name="mood")))]
    seen = inspect(json.dumps(tasks).encode())
    assert (seen.tool, seen.questions) == ("label-studio", ("topic", "mood"))
    assert any("The labels are those of 'topic'; there is also 'mood'" in warning for warning in seen.warnings)
    take(store, project, tasks, question="mood")
    assert said(store, project) == [("1", "10", ["angry"], "reviewed")]
    with pytest.raises(ImportFailed, match="'topic', 'mood'"):
        stage(json.dumps(tasks).encode(), options=ImportOptions(question="moood"))


def test_labels_are_found_where_only_late_tasks_are_annotated(store: Store, project: Project) -> None:
    take(store, project, [*(task(k) for k in range(1, 1200)), task(1200, note(chooses("grain"), chooses("bad", name="mood")))])
    assert said(store, project) == [("1200", "10", ["grain"], "reviewed")]


def test_nested_choices_and_numbers_are_labels(store: Store, project: Project) -> None:
    tasks = [task(1, note(chooses(["Billing", "Refund"], ["Praise"], kind="taxonomy"))), task(2, note(chooses(3, 3.0)))]
    take(store, project, tasks)
    assert [labels for _, _, labels, _ in said(store, project)] == [["Billing > Refund", "Praise"], ["3"]]


def test_choices_of_a_part_of_the_text_label_no_item(store: Store, project: Project) -> None:
    report = take(store, project, [task(1, note(chooses("grain", start=0, end=3)))])
    assert said(store, project) == [("1", "10", [], "reviewed")]
    assert any("1 results of the question" in warning for warning in report.warnings)


def test_labels_that_a_prediction_suggested_are_confirmed(store: Store, project: Project) -> None:
    made = {"id": 9, "model_version": "v1", "result": [chooses("grain", "wheat")]}
    take(store, project, [task(1, note(chooses("grain", "ship"), parent_prediction=9), predictions=[made])])
    names = {label.id: label.name for label in store.labels(project.id)}
    assert [names[label] for label in one(store, project).confirmed] == ["grain"]
    assert give(store, project)[0]["annotations"][0]["parent_prediction"] == 9


def test_confidences_come_from_the_data_or_from_a_prediction_that_has_them(store: Store, project: Project) -> None:
    single = {"model_version": "a", "score": 0.7, "result": [chooses("grain")]}
    each = {"model_version": "b", "result": [chooses("grain") | {"score": 0.9}, chooses("ship") | {"score": 0.6}]}
    several = {"model_version": "c", "score": 0.61, "result": [chooses("grain", "ship")]}
    data = {"text": "x", "label_scores": {"grain": 0.91, "ship": 0.2}}
    report = take(store, project, [
        task(1, predictions=[single]), task(2, predictions=[each]), task(3, predictions=[several]),
        task(4, predictions=[several], data=data),
        task(5, data={"text": "y", "label_scores": {"d": {"grain": 1}, "e": {"ship": 0}}}),
    ])  # fmt: skip
    assert [(item, version, scores) for item, version, scores in store.predictions(project.id)] == [
        (1, "a", {"grain": 0.7}), (2, "b", {"grain": 0.9, "ship": 0.6}), (4, "c", {"grain": 0.91, "ship": 0.2}),
        (5, "d", {"grain": 1.0}), (5, "e", {"ship": 0.0}),
    ]  # fmt: skip
    assert any("1 predictions have no confidence for each label" in warning for warning in report.warnings)
    assert give(store, project)[2]["predictions"] == [several]


@pytest.mark.parametrize(
    ("data", "text", "media"),
    [
        ({"text": "a", "more": "much longer"}, "a", None), ({"message": "a", "more": "much longer"}, "a", None),
        ({"said": "much longer", "by": "Ann"}, "much longer", None),
        ({"image": "/data/upload/1/cat.jpg"}, "", "/data/upload/1/cat.jpg"),
        ({"photo": "https://x.org/cat.png?a=1", "n": 3}, "", "https://x.org/cat.png?a=1"), ({"text": 7}, "7", None),
    ],
)  # fmt: skip
def test_text_and_image_are_found(store: Store, project: Project, data: Any, text: str, media: str | None) -> None:
    take(store, project, [task(1, data=data)])
    item = store.item(project.id, 1)
    assert (item.text, item.media) == (text, media)
    assert give(store, project)[0]["data"] == data | ({"text": "7"} if text == "7" else {})


@pytest.mark.parametrize(
    ("data", "uid"),
    [({"text": "a"}, "4"), ({"text": "a", "doc_id": 17}, "17"), ({"text": "a", "plateau_id": "m1", "doc_id": 17}, "m1")],
)
def test_an_item_has_its_owners_id(store: Store, project: Project, data: Any, uid: str) -> None:
    take(store, project, [task(4, data=data)])
    assert store.item(project.id, 1).uid == uid


def test_an_item_is_dated_by_its_data(store: Store, project: Project) -> None:
    take(store, project, [task(1, data={"text": "a", "timestamp": "2024-03-01"}, created_at=TIME)])
    item = store.item(project.id, 1)
    assert (item.at, item.metadata["timestamp"]) == ("2024-03-01T00:00:00.000000+00:00", "2024-03-01")
    assert give(store, project)[0]["data"] == {"text": "a", "timestamp": "2024-03-01"}


def export() -> list[dict[str, Any]]:
    """An export with fields of all kinds that Plateau has no word for."""
    made = [{"id": 8, "model_version": "v12", "score": 0.61, "created_ago": "a day", "result": [chooses("grain", "wheat")]}]
    extra = {"unique_id": "u-1", "ground_truth": True, "last_action": None, "result_count": 2}
    first = note(chooses("grain"), chooses("angry", name="mood"), {"id": "r", "from_name": "note", "type": "textarea"}, **extra)
    return [
        task(83, first, data={"text": "a", "team": "x", "n": 3, "tags": ["b"]}, predictions=made, meta={"batch": 4}, project=5,
             total_annotations=1, created_at=TIME, inner_id=1, file_upload="mail.csv"),
        task(84, note(was_cancelled=True, by={"id": 2, "email": "b@x.org"}) | {"id": 1002}, data={"text": "b"}, predictions=[],
             drafts=[{"id": 1, "result": [chooses("ship")]}], comment_count=0),
    ]  # fmt: skip


def test_what_came_from_label_studio_goes_back_as_it_came(store: Store, project: Project) -> None:
    take(store, project, export())
    came, back = export(), give(store, project)
    assert back == [{"predictions": [], **one} for one in came]


def test_who_judged_anew_keeps_the_name_that_the_file_has(store: Store, project: Project) -> None:
    person = {"id": 3, "email": "ann@x.org", "first_name": "Ann"}
    take(store, project, [task(1, note(chooses("grain"), by=person))])
    store.import_rows(project.id, [ImportRow("1", "Exporters 1", labels=("ship",), annotator="ann@x.org")])
    assert give(store, project)[0]["annotations"][0]["completed_by"] == person


def test_what_is_labelled_here_goes_where_the_others_labels_are(store: Store, project: Project) -> None:
    late = [task(n, data={"message": f"m{n}"}) for n in range(1, 4)]
    take(store, project, [*late, task(4, note(chooses("grain")), data={"message": "m4"})])
    store.import_rows(project.id, [ImportRow("1", "m1", labels=("ship",), annotator="ann")])
    first = give(store, project)[0]
    assert (first["data"], first["annotations"][0]["result"][0]["from_name"]) == ({"message": "m1"}, "topic")


def test_importing_twice_changes_nothing(store: Store, project: Project) -> None:
    take(store, project, export())
    counts = take(store, project, export()).counts
    assert (counts.items_added, counts.items_updated, counts.reviews_added, counts.predictions) == (0, 0, 0, 0)


def test_what_was_judged_anew_replaces_only_its_own_part(store: Store, project: Project) -> None:
    take(store, project, export())
    newer = ImportRow("83", "a", labels=("ship",), annotator="10", reviewed_at="2026-05-01T00:00:00.000000+00:00", seconds=2.0)
    store.import_rows(project.id, [newer])
    (now,) = give(store, project)[0]["annotations"]
    (came,) = export()[0]["annotations"]
    assert [one["value"]["choices"] for one in now["result"] if one["type"] == "choices"] == [["angry"], ["ship"]]
    assert (now["id"], now["unique_id"], now["created_at"]) == (came["id"], came["unique_id"], came["created_at"])
    assert (now["ground_truth"], now["lead_time"], now["updated_at"]) == (False, 2.0, "2026-05-01T00:00:00.000000Z")


def test_a_judgement_taken_back_is_not_given_back(store: Store, project: Project) -> None:
    take(store, project, export())
    store.undo_review(project.id, "10")
    assert (give(store, project)[0]["annotations"], give(store, project)[0]["total_annotations"]) == ([], 0)


def test_all_numbers_differ(store: Store, project: Project) -> None:
    take(store, project, export())
    store.import_rows(project.id, [ImportRow("m1", "new", labels=("grain",), scores={"grain": 0.7}, model_version="v")])
    back = give(store, project)
    numbers = [one["id"] for one in (*back, *(part for t in back for part in (*t["annotations"], *t["predictions"])))]
    assert len(numbers) == len(set(numbers)) == 8


def test_a_prediction_that_says_something_else_now_is_written_anew(store: Store, project: Project) -> None:
    single = {"model_version": "a", "score": 0.7, "result": [chooses("grain")]}
    take(store, project, [task(1, predictions=[single])])
    store.import_rows(project.id, [ImportRow("1", "Exporters 1", scores={"grain": 0.1, "ship": 0.9}, model_version="a")])
    (now,) = give(store, project)[0]["predictions"]
    assert (now["result"][0]["value"], now["result"][0]["from_name"], now["score"]) == ({"choices": ["ship"]}, "topic", 0.9)


def test_what_plateaus_own_model_gave_is_no_other_models(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "Exporters 1"), ImportRow("2", "Exporters 2")])
    for key in ("label-studio", "label-studio-csv", "argilla", "argilla-nested", "prodigy-tasks"):
        handover = Handover(store, project, predicted=lambda item_id: {"grain": 0.9, "ship": 0.2}, model_version="plateau-3")
        report = import_file(store, project.id, tool_bytes(handover, key)[0])
        assert store.count_items(project.id) == 2
        assert not list(store.predictions(project.id)), key
        assert any("what Plateau's own model had given" in warning for warning in report.warnings)
    plain = b'id,text,label_scores,model_version\n1,Exporters 1,"{""grain"": 0.9}",plateau-3\n'
    import_file(store, project.id, plain)
    assert not list(store.predictions(project.id))


def test_the_backends_predictions_have_every_labels_confidence(store: Store, project: Project) -> None:
    made = {
        "model_version": "backend-1",
        "score": 0.5,
        "result": [chooses("grain") | {"label_scores": {"grain": 0.9, "ship": 0.2}}],
    }
    take(store, project, [task(1, predictions=[made])])
    assert list(store.predictions(project.id)) == [(1, "backend-1", {"grain": 0.9, "ship": 0.2})]
    assert give(store, project)[0]["predictions"] == [made]


def test_a_prediction_is_dated(store: Store, project: Project) -> None:
    made = {"model_version": "a", "score": 0.7, "result": [chooses("grain")], "created_at": TIME}
    (row,) = read_rows(json.dumps([task(1, predictions=[made])]).encode())
    assert isinstance(row, ImportRow)
    assert row.predicted_at == "2026-03-09T21:52:49.513742+00:00"


def test_predictions_may_be_given_by_number_alone(store: Store, project: Project) -> None:
    data = {"text": "a", "label_scores": {"grain": 0.9}, "plateau_model": "v12"}
    report = take(store, project, [task(1, data=data, predictions=[7])])
    assert list(store.predictions(project.id)) == [(1, "v12", {"grain": 0.9})]
    assert any("1 predictions are given by their number" in warning for warning in report.warnings)
    (made,) = give(store, project)[0]["predictions"]
    assert (made["model_version"], made["score"]) == ("v12", 0.9)


def test_a_single_label_is_predicted_even_below_a_half(store: Store) -> None:
    project = store.create_project("one", single_label=True)
    store.import_rows(project.id, [ImportRow("m", "x", scores={"grain": 0.4, "ship": 0.3, "sun": 0.3}, model_version="v")])
    (made,) = give(store, project)[0]["predictions"]
    assert (made["result"][0]["value"], made["score"]) == ({"choices": ["grain"]}, 0.4)


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        ({"id": 2, "data": "text", "annotations": []}, "data"), ({"id": 2, "data": {"text": ["a"]}}, "text"),
        (task(2, data={"text": " "}), "text"), (task(2, annotations=[5]), "annotations"),
        (task(2, annotations={}), "annotations"),
        (task(2, note(at="soon")), "updated_at"), (task(2, note({"from_name": "topic", "value": {"choices": [{}]}})), "choices"),
        (task(2, note({"from_name": "topic", "value": {"choices": [float("nan")]}})), "choices"),
        (task(1, note(chooses("grain"))), "id"), (task(2, data={"text": "x", "label_scores": {"grain": 3}}), "label_scores"),
    ],
)  # fmt: skip
def test_a_task_that_breaks_a_rule_is_named_and_the_rest_imported(
    store: Store, project: Project, bad: dict[str, Any], column: str
) -> None:
    report = take(store, project, [task(1, note(chooses("grain"))), bad, task(3, note(chooses("ship")))])
    ((row, where),) = [(found.row, found.column) for found in report.rejections]
    assert (row, where, report.accepted, store.count_items(project.id)) == (2, column, 2, 2)


def test_single_label_projects_refuse_two_choices(store: Store) -> None:
    project = store.create_project("one", single_label=True)
    tasks = [task(1, note(chooses("grain", "ship"))), task(2, note(chooses("grain")))]
    assert [rejection.row for rejection in take(store, project, tasks).rejections] == [1]


def test_what_others_said_is_not_shown_among_the_facts_of_an_item(store: Store, project: Project) -> None:
    take(store, project, export())
    assert sorted(facts(store.item(project.id, 1).metadata)) == ["n: 3", "tags: ['b']", "team: x"]


def test_a_pool_file_brings_messages_only(store: Store, project: Project) -> None:
    take(store, project, [task(1, note(chooses("grain")))], pool=True)
    assert (said(store, project), give(store, project)[0]["annotations"]) == ([], [])


def test_other_json_is_no_label_studio_file() -> None:
    plain = [{"id": 1, "data": "some text", "label": "a"}, {"id": 2, "data": "more", "label": "b"}]
    assert inspect(json.dumps(plain).encode()).tool is None


def test_it_is_said_what_is_lost(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("m", "x", labels=("a",), dismissed=("b",), annotator="ann")])
    assert losses(store, project.id, "label-studio") == ["Label Studio JSON cannot carry explicit noes (in 1 reviews)."]


def test_a_review_of_some_labels_goes_out_as_a_draft(store: Store, project: Project) -> None:
    take(store, project, [task(1, note(chooses("grain")), drafts=[{"id": 3, "result": []}])])
    refused = ImportRow("1", "Exporters 1", labels=(), dismissed=("wheat",), partial=True, annotator="10")
    store.import_rows(project.id, [replace(refused, reviewed_at="2026-04-01T00:00:00.000000+00:00")])
    content, report = tool_bytes(Handover(store, project), "label-studio")
    (written,) = json.loads(content)
    assert written["annotations"] == []
    assert [(one["id"], one.get("user"), one["result"]) for one in written["drafts"]] == [
        (3, None, []),
        (1_000_000_007, "10", []),
    ]
    assert report.notes == (
        "1 reviews judged some labels only: they go out as drafts, since Label Studio would take them for whole ones.",
    )
    with project_of([]) as (other, copy):
        import_file(other, copy.id, content)
        assert said(other, copy) == []


def test_labels_beside_a_skip_go_back_as_they_came(store: Store, project: Project) -> None:
    given = task(1, note(chooses("grain"), was_cancelled=True))
    report = take(store, project, [given])
    assert said(store, project) == [("1", "10", [], "skipped")]
    assert "1 skips carry labels: a skip says nothing of any label, so these are left out." in report.warnings
    assert give(store, project)[0]["annotations"] == given["annotations"]
    assert json.loads(tool_bytes(Handover(store, project), "doccano")[0])["label"] == []


@pytest.mark.parametrize("number", [10**30, 2**63, 0, -1, True, "9" * 5000, [7]])
def test_an_action_of_no_possible_number_is_none(store: Store, project: Project, number: Any) -> None:
    data = {"text": "Exporters", "plateau_action": number, "plateau_source": "teach"}
    report = take(store, project, [task(1, note(chooses("grain")), data=data)])
    assert not report.rejections or isinstance(number, list)
    assert {review.action_id for reviews in store.standing_reviews([1]).values() for review in reviews} <= {None}


def test_a_config_fits_the_tasks_beside_it(store: Store, project: Project) -> None:
    given = [task(1, note(chooses("grain")), data={"message": "Exporters", "photo": "https://x.org/a.png"})]
    given[0]["annotations"][0]["result"][0]["to_name"] = "mail"
    take(store, project, given)
    (control,) = read_config(config := config_of(Handover(store, project)))
    (written,) = give(store, project)
    result = written["annotations"][0]["result"][0]
    assert (control.name, control.to_name, control.key) == (result["from_name"], result["to_name"], "message")
    assert ('<Text name="mail" value="$message"' in config, 'value="$photo"' in config) == (True, True)
    assert set(written["data"]) >= {"message", "photo"}


def read(store: Store, project: Project) -> list[Any]:
    """All that Label Studio can carry of a project."""
    whole = []
    for w in Handover(store, project).wholes():
        metadata = {key: value for key, value in w.item.metadata.items() if key != "label_studio"}
        judged = [(j.annotator, j.state, frozenset(j.labels), j.at, j.seconds) for j in w.judgements if not j.partial]
        whole.append((w.item.uid, w.item.text, w.item.media, w.item.at, metadata, judged, w.predictions))
    return whole


@rounds
@given(rows())
def test_a_project_goes_out_and_comes_back(found: list[ImportRow]) -> None:
    with project_of(found) as (store, project), project_of([]) as (other, copy):
        written = tool_bytes(Handover(store, project), "label-studio")[0]
        report = import_file(other, copy.id, written)
        assert not report.rejections
        assert read(other, copy) == read(store, project)
        again = tool_bytes(Handover(other, copy), "label-studio")[0]
        assert json.loads(again) == json.loads(written)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "value", "a"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, part in inside for found in paths(part, (*path, key))]


@rounds
@given(st.data())
def test_whatever_stands_in_a_task_its_row_is_named_and_the_rest_comes_and_goes(data: st.DataObject) -> None:
    tasks = export()
    for path in data.draw(st.lists(st.sampled_from(paths(tasks[0])), min_size=1, max_size=2)):
        place: Any = tasks[0]
        with suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = data.draw(ODD)
    with project_of([]) as (store, project):
        report = take(store, project, tasks, question="topic")
        assert {rejection.row for rejection in report.rejections} <= {1}
        assert store.item_named(project.id, "84") is not None
        assert len(give(store, project)) == store.count_items(project.id)
