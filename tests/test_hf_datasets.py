"""Hugging Face's datasets: saved folders and shards are read with their classes by name, and what is written comes back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from data.errors import ImportFailed
from data.exports import Handover
from data.exports.handover import Judgement
from data.formats.exporting import tool_bytes
from data.formats.losses import losses
from data.imports import import_file, inspect
from data.imports.hf_features import decoders
from data.records import ImportRow, Project
from data.store import Store
from tests import rounds

CLASS = {"names": ["neg", "pos"], "_type": "ClassLabel"}
TEXT = {"dtype": "string", "_type": "Value"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def arrow(rows: list[dict[str, Any]], features: Mapping[str, Any] | None = None) -> bytes:
    table = pa.Table.from_pylist(rows)
    said = {"huggingface": json.dumps({"info": {"features": features}})} if features else None
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema.with_metadata(said)) as writer:
        writer.write_table(table)
    return out.getvalue()


def saved(folder: Path, files: Mapping[str, bytes | dict[str, Any]]) -> Path:
    """A folder with these files; dictionaries are written as JSON."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def judged(one: Judgement) -> tuple[Any, ...]:
    named = (frozenset(names) for names in (one.labels, one.dismissed, one.confirmed, one.unknown))
    return one.annotator, one.state, *named, one.partial, one.at, one.seconds, one.source


def picture(store: Store, project: Project) -> dict[str, tuple[Any, ...]]:
    """All that a dataset can carry of a project, by the items' own ids."""
    return {
        w.item.uid: (w.item.text, w.item.media, w.item.metadata, w.item.at, sorted(map(judged, w.judgements)), w.predictions)
        for w in Handover(store, project).wholes()
    }


@rounds.rounds
@given(found=rounds.rows())
def test_what_goes_out_as_a_dataset_comes_back(found: list[ImportRow]) -> None:
    with rounds.project_of(found) as (store, project):
        copy = store.create_project("copy")
        report = import_file(store, copy.id, tool_bytes(Handover(store, project), "huggingface")[0])
        assert report.rejections == ()
        assert picture(store, copy) == picture(store, project)


def test_items_that_name_their_split_make_a_dataset_of_splits(store: Store, project: Project) -> None:
    splits = {"1": "train", "2": "test", "3": "train"}
    more: dict[str, dict[str, Any]] = {"1": {"team": "a"}, "2": {}, "3": {}}
    store.import_rows(
        project.id, [ImportRow(n, n, labels=("x",), annotator="ann", metadata={"split": s, **more[n]}) for n, s in splits.items()]
    )
    content, report = tool_bytes(Handover(store, project), "huggingface")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("dataset_dict.json")) == {"splits": ["train", "test"]}
        columns = [set(json.loads(archive.read(f"{split}/dataset_info.json"))["features"]) for split in ("train", "test")]
    assert columns[0] == columns[1] >= {"text", "labels", "team"}
    assert report.rows == 3
    copy = store.create_project("copy")
    import_file(store, copy.id, content)
    assert picture(store, copy) == picture(store, project)


def test_an_odd_split_stays_a_field(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "one", metadata={"split": "../out"})])
    content, _ = tool_bytes(Handover(store, project), "huggingface")
    assert not any(".." in name for name in zipfile.ZipFile(io.BytesIO(content)).namelist())
    copy = store.create_project("copy")
    import_file(store, copy.id, content)
    assert picture(store, copy) == picture(store, project)


def test_the_labels_written_are_classes(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "one", labels=("b", "a"), annotator="ann"), ImportRow("2", "two")])
    content, _ = tool_bytes(Handover(store, project), "huggingface")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        feature = json.loads(archive.read("dataset_info.json"))["features"]["labels"]
        table = pa.ipc.open_stream(archive.read("data-00000-of-00001.arrow")).read_all()
    names = feature["feature"]["names"]
    first, second = table.column("labels").to_pylist()
    assert ({names[number] for number in first}, second, feature["_type"]) == ({"a", "b"}, None, "List")
    assert losses(store, project.id, "huggingface") == []


@pytest.mark.parametrize("beside", [False, True])
def test_classes_are_read_by_name(store: Store, project: Project, tmp_path: Path, beside: bool) -> None:
    features = {"text": TEXT, "label": CLASS}
    rows = [{"text": "fine", "label": 1}, {"text": "bad", "label": 0}, {"text": "unknown", "label": -1}]
    info = {"dataset_info.json": {"features": features}, "state.json": {}} if beside else {"state.json": {}}
    content = arrow(rows, None if beside else features)
    import_file(store, project.id, saved(tmp_path / "set", {"data-00000-of-00001.arrow": content, **info}))
    found = {w.item.text: [j.labels for j in w.judgements] for w in Handover(store, project).wholes()}
    assert found == {"fine": [("pos",)], "bad": [("neg",)], "unknown": []}


@pytest.mark.parametrize(
    "feature", [{"feature": CLASS, "_type": "List"}, {"feature": CLASS, "length": -1, "_type": "Sequence"}, [CLASS]]
)
def test_lists_of_classes_are_read_by_name_in_every_spelling(feature: Any) -> None:
    assert decoders({"labels": feature})["labels"]([1, 0]) == ["pos", "neg"]


def test_splits_are_read_one_after_the_other_and_kept(store: Store, project: Project, tmp_path: Path) -> None:
    folder = saved(tmp_path / "set", {
        "dataset_dict.json": {"splits": ["train", "test"]},
        "train/data-00000-of-00001.arrow": arrow([{"id": "1", "text": "one"}]), "train/state.json": {},
        "test/data-00000-of-00001.arrow": arrow([{"id": "2", "text": "two"}]), "test/state.json": {},
    })  # fmt: skip
    import_file(store, project.id, folder)
    assert {item.uid: item.metadata for item in store.iter_items(project.id)} == {"1": {"split": "train"}, "2": {"split": "test"}}


def test_only_the_files_of_the_dataset_are_read(tmp_path: Path) -> None:
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    files = {"data-00000-of-00001.arrow": arrow([{"text": "one"}]), "cache-12ab.arrow": arrow([{"text": "two"}])}
    assert inspect(saved(tmp_path / "a", {**files, "state.json": state})).total == 1
    assert inspect(saved(tmp_path / "b", files)).total == 1
    assert inspect(saved(tmp_path / "c", {**files, "left-00000-of-00001.arrow": b"", "state.json": state})).total == 1


def test_a_selection_saved_as_row_numbers_is_refused(tmp_path: Path) -> None:
    state = {"_data_files": [{"filename": "dataset.arrow"}], "_indices_data_files": [{"filename": "indices.arrow"}]}
    folder = saved(tmp_path / "set", {"dataset.arrow": arrow([{"text": "one"}]), "indices.arrow": b"", "state.json": state})
    with pytest.raises(ImportFailed, match="flatten_indices"):
        inspect(folder)


def test_a_damaged_arrow_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(arrow([{"text": "one"}])[:100])
    with pytest.raises(ImportFailed, match=r"a\.arrow is a damaged Arrow file"):
        inspect(tmp_path / "a.arrow")


def test_feather_is_read_too() -> None:
    out = io.BytesIO()
    table = pa.Table.from_pylist([{"text": "one", "label": "a"}])
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    preview = inspect(out.getvalue())
    assert (preview.format, [row.labels for row in preview.parsed if isinstance(row, ImportRow)]) == ("arrow", [("a",)])


def test_shards_from_the_hub_keep_their_split_and_their_classes(store: Store, project: Project, tmp_path: Path) -> None:
    shards: dict[str, bytes | dict[str, Any]] = {"README.md": b"# A data set"}
    said = {"huggingface": json.dumps({"info": {"features": {"text": TEXT, "label": CLASS, "image": {"_type": "Image"}}}})}
    for number, split in enumerate(("train", "test")):
        out = io.BytesIO()
        row = {"text": split, "label": number, "image": {"bytes": b"\xff\xfe", "path": "a.png"}}
        table = pa.Table.from_pylist([row])
        pq.write_table(table.replace_schema_metadata(said), out)
        shards[f"data/{split}-00000-of-00001.parquet"] = out.getvalue()
    import_file(store, project.id, saved(tmp_path / "hub", shards))
    found = {
        w.item.text: (w.item.metadata["split"], w.item.media, w.judgements[0].labels) for w in Handover(store, project).wholes()
    }
    assert found == {"train": ("train", "a.png", ("neg",)), "test": ("test", "a.png", ("pos",))}


def test_the_datasets_package_opens_what_is_written_and_is_read(store: Store, project: Project, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the datasets package is not installed")
    store.import_rows(project.id, [
        ImportRow("1", "one", labels=("a", "b"), annotator="ann", scores={"a": 0.5}, model_version="m"), ImportRow("2", "two"),
    ])  # fmt: skip
    zipfile.ZipFile(io.BytesIO(tool_bytes(Handover(store, project), "huggingface")[0])).extractall(tmp_path / "out")
    opened = datasets.load_from_disk(str(tmp_path / "out"))
    names = opened.features["labels"].feature.names
    assert [row and [names[number] for number in row] for row in opened["labels"]] == [["a", "b"], None]
    opened.save_to_disk(str(tmp_path / "back"))
    copy = store.create_project("copy")
    assert import_file(store, copy.id, tmp_path / "back").rejected == 0
    assert picture(store, copy) == picture(store, project)
    parts = datasets.DatasetDict({"train": opened, "test": opened.select([1])})
    parts.save_to_disk(str(tmp_path / "parts"))
    assert inspect(tmp_path / "parts").rows[0]["split"] == "test"
