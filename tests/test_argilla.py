"""Argilla: what its own files say is read, what goes out comes back, and its own code takes what is written."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from data.errors import ImportFailed
from data.exports import Handover
from data.exports.handover import Judgement
from data.formats.argilla_flat import PART
from data.formats.exporting import tool_bytes
from data.formats.losses import losses
from data.imports import ImportOptions, Rejection, import_file, inspect, read_rows
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from tests import rounds

ANN, BEN = "6d17eac8-1111-4000-8000-000000000001", "6d17eac8-1111-4000-8000-000000000002"
FLAT = ("argilla", "argilla-parquet")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def record(uid: str = "1", *, value: Any = None, status: str = "submitted", **more: Any) -> dict[str, Any]:
    """A record as Argilla exports it, with one answer."""
    return {
        "id": uid, "status": "completed", "_server_id": f"s{uid}", "text": f"text {uid}",
        "topic.responses": [value or ["a", "b"]], "topic.responses.users": [ANN], "topic.responses.status": [status], **more,
    }  # fmt: skip


def rows_of(*records: dict[str, Any], **options: Any) -> list[ImportRow]:
    found = list(read_rows(lines(*records), options=ImportOptions(**options)))
    assert not [row for row in found if isinstance(row, Rejection)], found
    return [row for row in found if isinstance(row, ImportRow)]


def written(store: Store, project: Project, key: str = "argilla", **how: Any) -> list[dict[str, Any]]:
    content, _ = tool_bytes(Handover(store, store.project(project.id), **({"question": "topic"} | how)), key)
    return pq.read_table(io.BytesIO(content)).to_pylist() if "parquet" in key else [json.loads(x) for x in content.splitlines()]


def told(judged: Judgement) -> tuple[Any, ...]:
    """What a judgement says, less what Argilla has no word for."""
    return judged.annotator, judged.state, set(judged.labels), judged.at, judged.seconds, judged.source


def picture(store: Store, project: Project) -> list[tuple[Any, ...]]:
    """All that Argilla can carry of a project: partial reviews are drafts, so they do not count."""
    found = []
    for whole in Handover(store, project).wholes():
        item, judged = whole.item, sorted(told(j) for j in whole.judgements if not j.partial)
        metadata = {key: value for key, value in item.metadata.items() if key != "argilla"}
        found.append((item.uid, item.text, item.media, metadata, item.at, judged, whole.predictions))
    return found


@pytest.mark.parametrize("key", FLAT)
@rounds.rounds
@given(found=rounds.rows())
def test_what_goes_out_flat_comes_back(key: str, found: list[ImportRow]) -> None:
    with rounds.project_of(found) as (store, project):
        copy = store.create_project("copy")
        report = import_file(store, copy.id, tool_bytes(Handover(store, project), key)[0])
        assert report.rejections == ()
        assert picture(store, copy) == picture(store, project)
        again = import_file(store, copy.id, tool_bytes(Handover(store, copy), key)[0])
        assert (again.counts.items_updated, again.counts.reviews_added, again.counts.predictions) == (0, 0, 0)


def test_every_answer_is_its_persons_own() -> None:
    answers = {"topic.responses": [["a"], []], "topic.responses.users": [ANN, BEN], "topic.responses.status": ["submitted"] * 2}
    rows = rows_of(record(**answers), record("2", value=["b"]))
    assert [(row.uid, row.annotator, row.labels, row.state) for row in rows] == [
        ("1", ANN, ("a",), "reviewed"), ("1", BEN, (), "reviewed"), ("2", ANN, ("b",), "reviewed"),
    ]  # fmt: skip
    assert (rows[0].text, rows[0].reviewed_at, rows[0].seconds) == ("text 1", None, None)


def test_discarded_is_skipped_and_a_draft_is_kept_but_does_not_count(store: Store, project: Project) -> None:
    found = [record(status="discarded", value=["a"]), record("2", status="draft"), record("3", value=["a"])]
    content = lines(*found)
    skipped, draft, _ = rows_of(*found)
    assert (skipped.state, skipped.labels) == ("skipped", ())
    assert (draft.labels, draft.metadata["argilla"]["drafts"]) == (None, [[ANN, ["a", "b"]]])
    report = import_file(store, project.id, content)
    assert any("1 answers are drafts" in warning for warning in report.warnings)
    back = written(store, project)[1]
    assert (back["topic.responses"], back["topic.responses.status"]) == ([["a", "b"]], ["draft"])
    assert (back["topic.responses.users"], back["status"]) == ([ANN], "pending")


def test_a_draft_is_not_written_once_its_author_has_judged(store: Store, project: Project) -> None:
    import_file(store, project.id, lines(record(status="draft")))
    (item,) = store.iter_items(project.id)
    store.record_review(project.id, ReviewDraft(item.id, (), ANN))
    (row,) = written(store, project)
    assert (row["topic.responses"], row["topic.responses.status"]) == ([[]], ["submitted"])


def test_a_record_without_answers_is_unreviewed() -> None:
    silent = {f"topic.responses{part}": None for part in ("", ".users", ".status")}
    (row,) = rows_of(record() | silent | {"status": "pending"})
    assert (row.labels, row.annotator) == (None, "import")


def test_a_completed_record_without_an_answer_was_reviewed_and_got_no_label() -> None:
    silent = {f"topic.responses{part}": None for part in ("", ".users", ".status")}
    (row,) = rows_of(record() | silent, annotator="somebody")
    assert (row.labels, row.annotator) == ((), "somebody")
    (row,) = rows_of(
        record() | silent | {"tone.responses": ["good"], "tone.responses.users": [BEN], "tone.responses.status": ["submitted"]},
        question="topic",
    )
    assert (row.labels, row.annotator) == ((), BEN)


def test_suggestions_with_scores_are_a_models_confidences() -> None:
    suggested = {"topic.suggestion": ["a", "b"], "topic.suggestion.score": [0.9, 0.25], "topic.suggestion.agent": "m1"}
    two = {"topic.responses": [["a"], ["b"]], "topic.responses.users": [ANN, BEN], "topic.responses.status": ["submitted"] * 2}
    row, other = rows_of(record(**suggested, **two))
    assert (other.scores, other.model_version) == (None, None)
    assert (row.scores, row.model_version, row.confirmed) == ({"a": 0.9, "b": 0.25}, "m1", ())
    (row,) = rows_of(
        record(value="a") | {"topic.suggestion": "a", "topic.suggestion.score": 0.75, "topic.suggestion.agent": "m1"}
    )
    assert (row.scores, row.labels) == ({"a": 0.75}, ("a",))
    (row,) = rows_of(record(**suggested | {"topic.suggestion.score": None}))
    assert (row.scores, row.metadata["argilla"]["suggestion"]) == (None, ["a", "b"])


def test_a_suggestion_that_is_only_a_number_is_left_out_and_reported(store: Store, project: Project) -> None:
    more = {"topic.suggestion": 1, "topic.suggestion.score": 0.5, "topic.suggestion.agent": "m1"}
    report = import_file(store, project.id, lines(record(**more | {"topic.responses": ["good"]})))
    assert any("1 suggestions are numbers" in warning for warning in report.warnings)
    assert report.counts.predictions == 0
    (row,) = rows_of(record(**more | {"topic.responses": [1]}))
    assert (row.labels, row.scores) == (("1",), {"1": 0.5})


def test_an_unscored_suggestion_goes_back_as_the_question_takes_it(store: Store, project: Project) -> None:
    more = {"topic.suggestion": "good", "topic.suggestion.score": None, "topic.suggestion.agent": "m1"}
    import_file(store, project.id, lines(record(**more | {"topic.responses": ["good"]})))
    for key in FLAT:
        assert written(store, project, key)[0]["topic.suggestion"] == ["good"]


def test_a_score_beyond_one_is_named() -> None:
    suggested = {"topic.suggestion": ["a"], "topic.suggestion.score": [4.2], "topic.suggestion.agent": "m1"}
    wrong, fine = read_rows(lines(record(**suggested), record("2")))
    assert isinstance(wrong, Rejection)
    assert (wrong.row, wrong.value) == (1, "4.2")
    assert isinstance(fine, ImportRow)


def test_lists_that_do_not_match_are_named() -> None:
    (wrong,) = read_rows(lines(record(**{"topic.responses.users": [ANN, BEN]})))
    assert isinstance(wrong, Rejection)
    assert (wrong.column, "equally long" in wrong.rule) == ("topic.responses.users", True)


def test_further_fields_and_other_questions_come_back(store: Store, project: Project) -> None:
    more = {
        "source": "reuters", "priority": 3, "tags": ["x", "y"],
        "tone.responses": ["good", "bad"], "tone.responses.users": [ANN, BEN],
        "tone.responses.status": ["submitted", "draft"], "rank.suggestion": [{"value": "x", "rank": 1}],
    }  # fmt: skip
    before = [record(**more), record("2")]
    report = import_file(store, project.id, lines(*before))
    assert any("other questions too: 'tone'" in warning for warning in report.warnings)
    for key in FLAT:
        after = written(store, project, key)
        for column in ("id", "_server_id", "status", "text", "topic.responses", "topic.responses.users", *more):
            assert [row[column] for row in after] == [row.get(column) for row in before], column


def test_the_question_is_the_one_asked_for() -> None:
    tone = {"tone.responses": ["good"], "tone.responses.users": [BEN], "tone.responses.status": ["submitted"]}
    assert inspect(lines(record(**tone))).questions == ("topic", "tone")
    found = {row.annotator: row.labels for row in rows_of(record(**tone), question="tone")}
    assert found == {BEN: ("good",), ANN: ()}
    with pytest.raises(ImportFailed, match=r"no question 'mood'.*'topic', 'tone'"):
        rows_of(record(**tone), question="mood")


def test_vectors_stay_out_of_the_metadata_and_are_reported(store: Store, project: Project) -> None:
    report = import_file(store, project.id, lines(record(minilm=[0.1, 0.2, 0.3]), record("2", minilm=[0.1, 0.2, 0.5])))
    assert any("'minilm' holds vectors (3 numbers an item)" in warning for warning in report.warnings)
    assert all("minilm" not in item.metadata for item in store.iter_items(project.id))


def test_the_text_is_found_by_its_name_or_length_and_keeps_its_column(store: Store, project: Project) -> None:
    found = [{"headline" if key == "text" else key: value for key, value in record(n).items()} for n in "12"]
    import_file(store, project.id, lines(*found))
    assert [item.text for item in store.iter_items(project.id)] == ["text 1", "text 2"]
    assert [row["headline"] for row in written(store, project)] == ["text 1", "text 2"]


def test_a_record_goes_out_as_argilla_has_it(store: Store, project: Project) -> None:
    at = "2026-01-02T03:04:05.000000+00:00"
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=("a",), annotator=ANN, reviewed_at=at, seconds=4.5, source="teach",
                  scores={"a": 0.25, "b": 0.9, "c": 0.5}, model_version="m1", metadata={"id": "mine", "source": "reuters"}),
        ImportRow("2", "two"),
    ])  # fmt: skip
    one, two = written(store, project)
    expected = {
        "id": "1", "status": "completed", "_server_id": None, "text": "one", "topic.responses": [["a"]], "source": "reuters",
        "topic.responses.users": [ANN], "topic.responses.status": ["submitted"], "topic.suggestion": ["b", "c"],
        "topic.suggestion.score": [0.9, 0.5], "topic.suggestion.agent": "m1", "updated_at": at, "lead_time_s": 4.5,
        "selection_source": "teach", "meta.id": "mine",
    }  # fmt: skip
    assert {key: one[key] for key in expected} == expected
    assert json.loads(one["label_scores"]) == {"a": 0.25, "b": 0.9, "c": 0.5}
    assert (two["status"], two["topic.responses"], list(two)) == ("pending", None, list(one))


def test_people_without_an_id_get_one_that_argilla_can_take(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow(n, n, labels=(), annotator="ann") for n in "12"])
    first, second = (row["topic.responses.users"] for row in written(store, project))
    assert first == second
    assert len(first[0]) == 36


def test_one_label_an_item_is_a_word_and_not_a_list(store: Store) -> None:
    single = store.create_project("single", single_label=True)
    store.import_rows(single.id, [
        ImportRow("1", "one", labels=("a",), annotator="ann", scores={"a": 0.8, "b": 0.6}, model_version="m"),
        ImportRow("2", "two", labels=(), annotator="ann"),
    ])  # fmt: skip
    for key in FLAT:
        one, two = written(store, single, key)
        assert (one["topic.responses"], one["topic.suggestion"], one["topic.suggestion.score"]) == (["a"], "a", 0.8)
        assert two["topic.responses"] == [None]
        copy = store.create_project(f"copy {key}", single_label=True)
        import_file(store, copy.id, tool_bytes(Handover(store, single), key)[0])
        assert picture(store, copy) == picture(store, single)


def test_a_review_of_some_labels_only_goes_out_as_a_draft(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "one", labels=("a",), dismissed=("b",), partial=True, annotator="ann")])
    content, report = tool_bytes(Handover(store, project), "argilla")
    assert json.loads(content)["labels.responses.status"] == ["draft"]
    assert any("1 reviews judged some labels only" in note for note in report.notes)
    assert any("draft" in sentence for sentence in losses(store, project.id, "argilla"))


def test_answers_that_have_been_through_argilla_keep_their_time_as_metadata(store: Store, project: Project) -> None:
    at = "2026-01-02T03:04:05.000000+00:00"
    (row,) = rows_of(record(updated_at=at, lead_time_s=4.5, selection_source="teach"))
    assert (row.reviewed_at, row.seconds, row.source, row.metadata) == (at, 4.5, "teach", {"argilla": {"_server_id": "s1"}})


def test_a_field_of_somebody_elses_dataset_is_no_time_of_a_review() -> None:
    at = "2026-01-02T03:04:05.000000+00:00"
    (row,) = rows_of(record(updated_at=at, lead_time_s=4.5))
    assert (row.reviewed_at, row.seconds, row.metadata["updated_at"]) == (None, None, at)


def test_what_argilla_itself_keeps_of_a_project(store: Store, project: Project) -> None:
    at = "2026-01-02T03:04:05.000000+00:00"
    given: dict[str, Any] = {"annotator": ANN, "reviewed_at": at, "seconds": 4.5, "source": "teach"}
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=("a",), dismissed=("b",), scores={"a": 0.9, "b": 0.6}, model_version="m1", **given),
        ImportRow("2", "two", labels=(), **given), ImportRow("3", "three", labels=(), state="skipped", **given),
        ImportRow("1", "one", labels=("b",), annotator=BEN), ImportRow("4", "four"),
    ])  # fmt: skip
    columns = ("id", "status", "_server_id", "text", *(c for c in written(store, project)[0] if PART.fullmatch(c)))
    found = rows_of(*({column: row[column] for column in columns} for row in written(store, project)))
    judged = {(row.uid, row.annotator): (row.labels, row.state) for row in found if row.labels is not None}
    assert judged == {
        ("1", ANN): (("a",), "reviewed"), ("1", BEN): (("b",), "reviewed"),
        ("2", ANN): ((), "reviewed"), ("3", ANN): ((), "skipped"),
    }  # fmt: skip
    assert [row.uid for row in found if row.labels is None] == ["4"]
    assert (found[0].scores, found[0].model_version) == ({"a": 0.9, "b": 0.6}, "m1")
    assert {(row.reviewed_at, row.seconds, row.dismissed, row.source) for row in found} == {(None, None, (), "import")}
    said = " ".join(losses(store, project.id, "argilla"))
    assert all(words in said for words in ("explicit noes (in 1 reviews)", "when a review was given (4) in part", "seconds"))
    assert not any(words in said for words in ("skipped", "no label", "unreviewed", "who gave"))


def test_an_actions_items_go_out_with_what_the_model_thinks(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow(n, n) for n in "123"])
    ids = [item.id for item in store.iter_items(project.id)]
    how = {"item_ids": (ids[2], ids[0]), "predicted": {ids[2]: {"a": 0.7, "b": 0.1}}.get, "model_version": "plateau-3"}
    third, first = written(store, project, **how)
    assert (third["id"], third["topic.suggestion"], third["topic.suggestion.agent"]) == ("3", ["a"], "plateau-3")
    assert (first["id"], first["topic.suggestion"]) == ("1", None)


@pytest.mark.parametrize("kind", ["parquet", "json"])
def test_other_layouts_of_the_same_columns_are_known(kind: str) -> None:
    found = [record(), record("2", status="draft")]
    out = io.BytesIO()
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(found), out)
    else:
        out.write(json.dumps(found).encode())
    preview = inspect(out.getvalue())
    assert (preview.tool, preview.format) == ("argilla", kind)
    assert [row.labels for row in preview.parsed if isinstance(row, ImportRow)] == [("a", "b"), None]


def test_undone_and_changed_reviews_go_out_as_they_stand(store: Store, project: Project) -> None:
    import_file(store, project.id, lines(record()))
    (item,) = store.iter_items(project.id)
    label = next(label for label in store.labels(project.id) if label.name == "b")
    store.record_review(project.id, ReviewDraft(item.id, (label.id,), ANN, source="check"))
    (row,) = written(store, project)
    assert (row["topic.responses"], row["selection_source"]) == ([["b"]], "check")
    assert replace(rows_of(row)[0], metadata={}).labels == ("b",)
