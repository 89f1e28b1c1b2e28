"""Predictions of other models: what a file of them may look like, what is kept, and what is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cli import main
from data.errors import ImportFailed, InvalidInput, NotFound
from data.exports import export_file, predictions_table, stored_predictions
from data.imports.predictions import import_predictions
from data.records import ImportRow, PredictionRow
from data.store import Store

EARLY, LATE = "2025-01-01T00:00:00.000000+00:00", "2025-02-01T00:00:00.000000+00:00"
NOTHING = {"rows": 0, "added": 0, "changed": 0, "unchanged": 0, "unknown": 0}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{k}", f"text {k}", labels=("Refund",) if k < 2 else None) for k in range(4)])
    return store


def kept(store: Store) -> dict[tuple[str, str], tuple[str, dict[str, float]]]:
    uids = {item.id: item.uid for item in store.iter_items(1)}
    return {(uids[item], version): (at, scores) for item, version, at, scores in store.dated_predictions(1)}


def counted(counts: Any) -> dict[str, int]:
    return {name: getattr(counts, name) for name in NOTHING}


def test_scores_are_kept_for_items_that_are_there_and_the_rest_is_reported(store: Store) -> None:
    revision = store.revision(1)
    rows = [PredictionRow("m0", {"Refund": 0.9, "Praise": 3}), PredictionRow("zz", {"Refund": 0.1})]
    counts = store.add_predictions(1, " v1 ", rows, EARLY)
    assert counted(counts) == {**NOTHING, "rows": 2, "added": 1, "unknown": 1}
    assert (counts.strangers, counts.unknown_labels, counts.versions) == (("zz",), {"Praise": 1}, ("v1",))
    assert kept(store) == {("m0", "v1"): (EARLY, {"Refund": 0.9, "Praise": 3.0})}
    assert store.revision(1) == revision + 1


def test_the_same_predictions_change_nothing_and_keep_their_time(store: Store) -> None:
    rows = [PredictionRow("m0", {"Refund": 0.9}, at=EARLY)]
    store.add_predictions(1, "v1", rows)
    revision = store.revision(1)
    again = store.add_predictions(1, "v1", [PredictionRow("m0", {"Refund": 0.9})])
    assert (counted(again), store.revision(1)) == ({**NOTHING, "rows": 1, "unchanged": 1}, revision)
    assert kept(store)["m0", "v1"][0] == EARLY
    assert store.add_predictions(1, "v1", rows, LATE).unchanged == 1  # a row's own time stands before the one of all
    assert store.add_predictions(1, "v1", [PredictionRow("m0", {"Refund": 0.9})], LATE).changed == 1
    assert kept(store)["m0", "v1"][0] == LATE
    assert store.add_predictions(1, "v1", [PredictionRow("m0", {"Refund": 0.8})], EARLY).changed == 1
    assert kept(store)["m0", "v1"] == (EARLY, {"Refund": 0.8})


def test_no_prediction_is_made_in_the_future_and_zones_are_minded(store: Store) -> None:
    store.add_predictions(
        1, "v1", [PredictionRow("m0", {}), PredictionRow("m1", {}, at="2025-01-01T02:00:00+02:00")], "2999-01-01"
    )
    assert kept(store)["m0", "v1"][0] < "2999"
    assert kept(store)["m1", "v1"][0] == EARLY


@pytest.mark.parametrize(
    ("version", "row", "at", "said"),
    [
        ("v1", PredictionRow("m1", {"Refund": float("nan")}), None, "'m1' has nan for 'Refund'"),
        ("v1", PredictionRow("m1", {"Refund": True}), None, "finite numbers"),
        ("v1", PredictionRow("m1", {" ": 0.5}), None, "label with a name"),
        ("v1", PredictionRow("m1", {"Refund": 0.5}), "soon", "ISO-8601; 'soon'"),
        (" ", PredictionRow("m1", {"Refund": 0.5}), None, "model version needs a name"),
        (None, PredictionRow("m1", {"Refund": 0.5}), None, "'m1' names no model version"),
    ],
)
def test_a_row_that_breaks_a_rule_leaves_nothing_behind(
    store: Store, version: str | None, row: PredictionRow, at: str | None, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        store.add_predictions(1, version, [PredictionRow("m0", {"Refund": 0.5}, version="v0"), row], at)
    assert kept(store) == {}


def test_a_project_that_there_is_not_takes_nothing(store: Store) -> None:
    with pytest.raises(NotFound):
        store.add_predictions(9, "v1", [])


def test_models_are_listed_with_what_is_declared_of_them(store: Store) -> None:
    rows = [PredictionRow("m0", {"Refund": 0.9}, at=EARLY), PredictionRow("m1", {"Refund": 0.2}, at=LATE)]
    store.add_predictions(1, "v1", rows)
    (model,) = store.external_models(1)
    assert (model.version, model.items, model.first_at, model.last_at, model.evidence) == ("v1", 2, EARLY, LATE, "before-review")
    store.declare_model(1, "v1", "out-of-fold")
    assert store.external_model(1, "v1").evidence == "out-of-fold"
    with pytest.raises(InvalidInput, match="'seen'"):
        store.declare_model(1, "v1", "seen")
    with pytest.raises(NotFound, match="'v1'"):
        store.declare_model(1, "v2", "out-of-fold")


LINES = {
    "scores.csv": 'id,label_scores,model_version\nm0,"{""Refund"": 0.9, ""Late"": 0.25}",v1\nm1,"{""Refund"": -2}",v1\n',
    "scores.jsonl": '{"id": "m0", "label_scores": {"Refund": 0.9, "Late": 0.25}, "model_version": "v1"}\n'
    '{"id": "m1", "label_scores": [{"label": "Refund", "score": -2}], "model_version": "v1"}\n',
    "scores.json": '[{"id": "m0", "scores": {"Refund": 0.9, "Late": 0.25}, "model": "v1"},'
    '{"id": "m1", "scores": {"Refund": -2.0}, "model": "v1"}]',
    "long.csv": "id,label,score,model_version\nm0,Refund,0.9,v1\nm1,Refund,-2,v1\nm0,Late,0.25,v1\n",
    "wide.csv": "id;Refund;Late;model_version;text\nm0;0.9;0.25;v1;hello\nm1;-2;;v1;there\n",
}


@pytest.mark.parametrize("name", LINES)
def test_a_file_needs_ids_and_scores_but_no_text(store: Store, name: str) -> None:
    report = import_predictions(store, 1, LINES[name].encode(), at=EARLY, name=name)
    assert (report.rejected, report.counts.added, report.counts.unknown_labels) == (0, 2, {"Late": 1})
    assert kept(store) == {("m0", "v1"): (EARLY, {"Refund": 0.9, "Late": 0.25}), ("m1", "v1"): (EARLY, {"Refund": -2.0})}
    assert "Labels that the project does not have were scored: 1 (" in report.warnings[-1]


def test_rows_that_break_a_rule_are_named_and_the_others_taken(store: Store) -> None:
    content = (
        'id,label_scores,predicted_at\nm0,"{""Refund"": 0.9}",2025-01-01\n,"{""Refund"": 0.9}",\nm1,"{""Refund"": ""high""}",\n'
        'm2,0.5,\nm0,"{""Refund"": 0.1}",\nm3,"{""Refund"": 0.3}",soon\n'
    )
    report = import_predictions(store, 1, content.encode(), "v1")
    assert (report.rows, report.rejected, report.counts.added) == (6, 5, 1)
    said = [str(rejection) for rejection in report.rejections]
    assert [rejection.row for rejection in report.rejections] == [3, 4, 5, 6, 7]
    for words, line in zip(
        ["id is empty", "no finite number", "no scores by label", "row 2 already", "'predicted_at'"], said, strict=True
    ):
        assert words in line
    assert kept(store) == {("m0", "v1"): (EARLY, {"Refund": 0.9})}


@pytest.mark.parametrize(
    "content", [b"id,a,model_version\nm0,0.9,v1\nm0,0.1,v2\n", b"id,label,score,model_version\nm0,a,0.9,v1\nm0,a,0.1,v2\n"]
)
def test_a_version_named_for_all_does_not_merge_those_of_the_file_in_silence(store: Store, content: bytes) -> None:
    report = import_predictions(store, 1, content, "v9")
    assert [(version, scores) for _, version, scores in store.predictions(1)] == [("v9", {"a": 0.9})]
    assert report.rejected == 1
    assert report.rejections[0].row == 3
    assert "The column 'model_version' was not read" in " ".join(report.warnings)
    assert import_predictions(store, 1, content).rejected == 0


def test_rows_of_one_item_that_contradict_each_other_are_named(store: Store) -> None:
    content = b"id,label,score\nm0,Refund,0.9\nm0,Refund,0.2\nm0,Late,0.1\nm0,Late,0.1\n"
    report = import_predictions(store, 1, content, "v1")
    assert [rejection.row for rejection in report.rejections] == [3]
    assert kept(store)["m0", "v1"][1] == {"Refund": 0.9, "Late": 0.1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name,Refund\nm0,0.5\n", "no column of item ids"),
        (b"id,text\nm0,hello\n", "holds no scores"),
        (b"id,Refund\nm0,0.5\n", "no column 'model_version'"),
        (b'id,label_scores,model_version\n,"{""a"": 1}",v1\n', "All 1 rows were rejected"),
    ],
)
def test_a_file_without_ids_scores_or_a_version_is_refused(store: Store, content: bytes, said: str) -> None:
    with pytest.raises(ImportFailed, match=said):
        import_predictions(store, 1, content)
    assert kept(store) == {}


def test_a_row_of_an_import_can_say_when_it_was_predicted(store: Store) -> None:
    store.import_rows(1, [ImportRow("m0", "text 0", scores={"Refund": 0.5}, model_version="v1", predicted_at=EARLY)])
    assert kept(store) == {("m0", "v1"): (EARLY, {"Refund": 0.5})}


SCORES = st.dictionaries(st.sampled_from(["Refund", "Late", "a > b", "ü, |;"]), st.floats(-9, 9), min_size=1)


@given(st.dictionaries(st.tuples(st.sampled_from(["m0", "m1", "m2"]), st.sampled_from(["v1", "v 2"])), SCORES, min_size=1))
def test_what_is_exported_comes_back(tmp_path_factory: pytest.TempPathFactory, given_scores: dict[tuple[str, str], Any]) -> None:
    folder = tmp_path_factory.mktemp("predictions")
    stores = [Store(folder / f"{number}.db") for number in range(2)]
    for one in stores:
        one.import_rows(one.create_project("mail").id, [ImportRow(f"m{k}", f"text {k}") for k in range(3)])
    rows = [PredictionRow(uid, scores, version=version) for (uid, version), scores in given_scores.items()]
    stores[0].add_predictions(1, None, rows, EARLY)
    for kind in ("jsonl", "csv", "parquet"):
        export_file(predictions_table(lambda: stored_predictions(stores[0], 1)), folder / f"out.{kind}", kind)  # type: ignore[arg-type]
        import_predictions(stores[1], 1, folder / f"out.{kind}", at=EARLY)
        assert kept(stores[1]) == kept(stores[0])


def test_the_command_line_takes_lists_and_declares(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    (tmp_path / "p.csv").write_text("id,Refund,Late\nm0,0.9,0.1\nzz,0.5,0.5\n")
    assert main(["models", "--project", "mail"]) == 0
    assert "No predictions" in capsys.readouterr().out
    assert main(["predictions", str(tmp_path / "p.csv"), "--project", "mail", "--model", "v1", "--evidence", "out-of-fold"]) == 0
    said = capsys.readouterr().out
    assert "1 added" in said
    assert "zz" in said
    assert main(["declare", "--project", "mail", "--model", "v1", "--evidence", "trained-on-none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["evidence"] == "trained-on-none"
    assert main(["models", "--project", "mail"]) == 0
    assert "v1: 1 items" in capsys.readouterr().out
    assert main(["declare", "--project", "mail", "--model", "v2", "--evidence", "out-of-fold"]) == 2
    assert "'v1'" in capsys.readouterr().err
