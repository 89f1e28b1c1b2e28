"""Against Label Studio's own code, where its SDK is installed: its converter and label interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.formats.label_config import label_config
from data.imports import import_file
from data.records import ImportRow, Project
from data.store import Store

pytest.importorskip("label_studio_sdk", reason="Label Studio's SDK is not installed here.")
ROWS = [
    ImportRow("m1", "Exporters see", metadata={"team": "x"}, labels=("grain", "ship"), annotator="1", scores={"grain": 0.9},
              model_version="v1", reviewed_at="2025-01-01T00:00:00.000000+00:00", seconds=3.5),
    ImportRow("m1", "Exporters see", metadata={"team": "x"}, labels=("wheat",), annotator="2",
              reviewed_at="2025-01-02T00:00:00.000000+00:00"),
    ImportRow("m2", "nothing", labels=(), annotator="1", reviewed_at="2025-01-01T00:00:00.000000+00:00"),
    ImportRow("m3", "later"),
]  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, str]:
    """A file of tasks, and the labelling config to go with it."""
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, ROWS)
    path = tmp_path / "tasks.json"
    path.write_bytes(tool_bytes(Handover(store, project), "label-studio")[0])
    return path, label_config([label.name for label in store.labels(project.id)])


def said(store: Store, project: Project) -> list[tuple[Any, ...]]:
    return [
        (w.item.uid, w.item.text, [(j.annotator, set(j.labels), j.at, j.seconds) for j in w.judgements], w.predictions)
        for w in Handover(store, project).wholes()
    ]


@pytest.mark.parametrize("format", ["json_min", "csv", "tsv"])
def test_what_its_converter_makes_of_our_tasks_is_understood(written: tuple[Path, str], tmp_path: Path, format: str) -> None:
    from label_studio_sdk.converter import Converter

    path, config = written
    converter = Converter(config=config, project_dir=None, download_resources=False)
    if format == "json_min":
        converter.convert_to_json_min(str(path), str(tmp_path / "out"), is_dir=False)
    else:
        converter.convert_to_csv(str(path), str(tmp_path / "out"), is_dir=False, sep="," if format == "csv" else "\t")
    (made,) = (tmp_path / "out").iterdir()
    store = Store(tmp_path / "other.db")
    project = store.create_project("mail")
    assert not import_file(store, project.id, made).rejections
    assert said(store, project) == said(Store(tmp_path / "plateau.db"), project)


def test_its_label_interface_finds_our_tasks_in_order(written: tuple[Path, str]) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    path, config = written
    interface = LabelInterface(config)
    for task in json.loads(path.read_text()):
        assert all(interface.validate_prediction(one) for one in task["predictions"])
        assert all(interface.validate_annotation(one) for one in task["annotations"])
