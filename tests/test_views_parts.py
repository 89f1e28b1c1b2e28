"""The parts of the pages that need no page: tables, pictures, wording."""

from __future__ import annotations

import csv
import doctest
import io
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import InvalidInput
from data.imports import Rejection
from data.records import StoredAction
from data.store import Store
from views import checking, importing, media, settings
from views.charts import gain_table


def test_the_examples_are_true() -> None:
    for module in (checking, media, settings):
        assert doctest.testmod(module).failed == 0


def test_an_encoder_that_is_not_installed_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "packaged_available", lambda: False)
    with pytest.raises(InvalidInput, match="not both installed"):
        settings.encoder_setting("minilm", "")


def test_a_projects_profile_is_one_of_the_known_ones_and_counts_as_a_change_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    project = store.create_project("p")
    said = [store.set_targets(project.id, "automation", {}) for _ in range(2)]
    assert said == [project.revision + 1] * 2
    assert store.project(project.id).profile == "automation"
    with pytest.raises(InvalidInput, match="analytics or automation; not 'best'"):
        store.set_targets(project.id, "best", {})


def test_the_list_of_rejected_rows_holds_no_formula_that_a_spreadsheet_would_run() -> None:
    cell = '=HYPERLINK("http://example.invalid","see")'
    rejection = Rejection(row=7, column="+id", value=cell, rule="@rule", remedy="Leave it out.")
    text = importing.rejection_file((rejection,)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {"Row": "7", "Column": "'+id", "Value": f"'{cell}", "Rule": "'@rule", "Remedy": "Leave it out."}


def test_actions_done_show_what_was_promised_beside_what_came() -> None:
    kept = StoredAction(
        1, "teach", "a", "b", "all_labels", (), (1,), (1.0,), 1, 0.5, 30.0, 1, 1, "done", "", "", 50.0, 0.75, 30.0,
        {"low": 0.25, "high": 1.0},
    )  # fmt: skip
    table = gain_table([kept, replace(kept, promise=None)])
    assert table["Range"].tolist() == ["", "0.25 to 1.00"]
    assert (table["Predicted"] == 0.5).all()
    assert (table["Realised"] == 0.75).all()
