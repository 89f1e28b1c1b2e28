"""Argilla's own code and Plateau read each other's files. Skipped where the package ``argilla`` is not installed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock
from uuid import UUID

import pytest

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.imports import ImportOptions, import_file, inspect
from data.records import ImportRow, Project
from data.store import Store

rg = pytest.importorskip("argilla", reason="the argilla package is not installed")
datasets = pytest.importorskip("datasets", reason="the datasets package is not installed")
hub = pytest.importorskip("argilla.datasets._io._hub")
own = pytest.importorskip("argilla.records._io")

ANN, BEN = UUID(int=1), UUID(int=2)
SCHEMA = {"tone": SimpleNamespace(type="label_selection")}
JUDGED = {("1", str(ANN), "reviewed", ("a", "b")), ("2", str(BEN), "reviewed", ("b",)), ("2", str(ANN), "skipped", ("a",))}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def records() -> list[Any]:
    """Records as a person makes them with Argilla's package."""
    first = [
        rg.Response("topic", ["a", "b"], user_id=ANN, status="submitted"),
        rg.Response("tone", "good", user_id=ANN, status="submitted"),
        rg.Response("topic", ["b"], user_id=BEN, status="draft"),
    ]  # fmt: skip
    second = [
        rg.Response("topic", ["b"], user_id=BEN, status="submitted"),
        rg.Response("topic", ["a"], user_id=ANN, status="discarded"),
    ]  # fmt: skip
    hints = [rg.Suggestion("topic", ["a"], score=[0.75], agent="m1"), rg.Suggestion("tone", "good", score=0.5, agent="m1")]
    return [
        rg.Record(
            id="1",
            fields={"text": "one"},
            metadata={"source": "x"},
            vectors={"v": [0.5, 0.25]},
            responses=first,
            suggestions=hints,
        ),
        rg.Record(id="2", fields={"text": "two"}, responses=second),
        rg.Record(id="3", fields={"text": "three"}),
    ]


def judged(store: Store, project: Project) -> set[tuple[Any, ...]]:
    wholes = Handover(store, project).wholes()
    return {(w.item.uid, j.annotator, j.state, j.labels) for w in wholes for j in w.judgements}


@pytest.mark.parametrize("kind", ["list", "jsonl", "parquet", "disk"])
def test_flat_exports_of_argilla_are_read(store: Store, project: Project, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "out"
    saved = own.HFDatasetsIO.to_datasets(records(), SimpleNamespace(schema=SCHEMA))
    if kind == "list":
        path.write_text(json.dumps(own.GenericIO.to_list(records(), flatten=True)))
    else:
        {"jsonl": saved.to_json, "parquet": saved.to_parquet, "disk": saved.save_to_disk}[kind](str(path))
    assert inspect(path).tool == "argilla"
    assert import_file(store, project.id, path).rejected == 0
    assert judged(store, project) == JUDGED
    first = next(Handover(store, project).wholes())
    assert (first.item.text, first.item.metadata["source"], first.predictions) == ("one", "x", (("m1", {"a": 0.75}),))
    if kind != "jsonl":  # there the suggestion of a single label is a number without a name
        assert first.item.metadata["argilla"]["tone.suggestion"] == "good"


def test_nested_exports_of_argilla_are_read(store: Store, project: Project, tmp_path: Path) -> None:
    own.JsonIO.to_json(records(), tmp_path / "records.json")
    options = ImportOptions(empty_is_reviewed=True)  # none was ever completed on a server
    assert import_file(store, project.id, tmp_path / "records.json", options=options).rejected == 0
    assert {(uid, who) for uid, who, _, _ in judged(store, project)} == {
        ("1", str(ANN)),
        ("1", str(BEN)),
        ("2", str(ANN)),
        ("2", str(BEN)),
    }


def filled(store: Store, project: Project) -> Handover:
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=("a", "b"), annotator=str(ANN), scores={"a": 0.75, "b": 0.25}, model_version="m1",
                  metadata={"source": "x"}),
        ImportRow("1", "one", labels=("b",), annotator="ben", metadata={"source": "x"}),
        ImportRow("2", "two", labels=("a",), state="skipped", annotator=str(ANN)), ImportRow("3", "three"),
    ])  # fmt: skip
    return Handover(store, project, question="topic")


def test_argilla_opens_the_nested_records_that_are_written(store: Store, project: Project, tmp_path: Path) -> None:
    (tmp_path / "records.json").write_bytes(tool_bytes(filled(store, project), "argilla-nested")[0])
    first, second, third = own.JsonIO._records_from_json(tmp_path / "records.json")
    assert next((answer.value, str(answer.user_id)) for answer in first.responses) == (["a", "b"], str(ANN))
    assert (first.fields["text"], next(iter(first.suggestions)).value, next(iter(first.suggestions)).score) == (
        "one",
        ["a"],
        [0.75],
    )
    assert (first.metadata["source"], list(second.responses), third.fields["text"]) == ("x", [], "three")


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_argilla_logs_the_flat_records_that_are_written(store: Store, project: Project, tmp_path: Path, kind: str) -> None:
    key = "argilla" if kind == "json" else "argilla-parquet"
    (tmp_path / "out").write_bytes(tool_bytes(filled(store, project), key)[0])
    opened = datasets.load_dataset(kind, data_files=str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    target = server()
    hub.HubImportExportMixin._log_dataset_records(opened, target)
    first, second, _ = target.records.log.call_args.kwargs["records"]
    given = [(answer.value, answer.status.value) for answer in first.responses]
    assert given == [(["a", "b"], "submitted"), (["b"], "submitted")]
    assert str(next(iter(first.responses)).user_id) == str(ANN)
    assert [(answer.value, answer.status.value) for answer in second.responses] == [(["a"], "discarded")]
    assert (first.fields["text"], first.metadata["source"]) == ("one", "x")
    assert (next(iter(first.suggestions)).value, next(iter(first.suggestions)).agent) == (["a"], "m1")


def server() -> Any:
    """A dataset as the package has it, with a server that knows both people."""
    client = MagicMock()
    client.users = [SimpleNamespace(id=ANN), SimpleNamespace(id=BEN)]
    client.me = SimpleNamespace(id=BEN, username="ben")
    question = rg.MultiLabelQuestion("topic", labels=["a", "b"], client=client)
    field, source = rg.TextField("text", client=client), rg.TermsMetadataProperty("source", client=client)
    schema = {"text": field, "topic": question, "source": source}
    settings = SimpleNamespace(questions=[question], fields=[field], metadata=[source], vectors=[], schema=schema)
    found = MagicMock(_client=client, settings=settings, questions={"topic": question}, schema=schema)
    return found
