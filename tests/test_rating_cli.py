"""The rating's command line: looking ahead, and what moves the rating."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

from data.records import Project
from data.store import Store
from rating import __main__ as rating_cli
from tests.builders import stored


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    return options(*stored(tmp_path))


def options(store: Store, project: Project) -> list[str]:
    return ["--db", str(store.path), "--project", project.name]


def test_the_examples_are_true() -> None:
    found = doctest.testmod(rating_cli)
    assert found.attempted >= 1
    assert found.failed == 0


def test_forecast_says_what_reviews_bring_and_how_far_a_target_is(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["forecast", "--more", "50", "150", "--target", "10", *place]) == 0
    printed = capsys.readouterr().out
    for words in (
        "Now, with 100 reviews:",
        "After 50 more:",
        "After 150 more:",
        "Underperforming labels",
        "To a rating of 10: 0 to 0",
    ):
        assert words in printed


def test_forecast_writes_one_json_document(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["forecast", "--more", "0", "100", "--json", *place]) == 0
    document = json.loads(capsys.readouterr().out)
    now, then = document["forecast"]
    assert (document["reviewed"], now["more"], then["more"]) == (100, 0, 100)
    assert now["rating"]["low"] <= now["rating"]["value"] <= then["rating"]["value"]
    assert set(then) == {"more", "rating", "all_labels", "underperforming", "coverage", "balance"}


def test_a_number_of_reviews_below_zero_is_refused(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["forecast", "--more", "-5", *place]) == 2
    assert "0 or more; --more has -5" in capsys.readouterr().err


def test_sensitivity_lists_factors_and_labels(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["sensitivity", *place]) == 0
    assert "All labels (factor), now" in capsys.readouterr().out
    assert rating_cli.main(["sensitivity", "--json", *place]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {lever["kind"] for lever in found} == {"factor", "label", "contributor"}
    assert [lever["effect"] for lever in found] == sorted((lever["effect"] for lever in found), reverse=True)


@pytest.mark.parametrize("command", ["forecast", "sensitivity"])
def test_without_a_rating_the_reasons_are_told(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = options(*stored(tmp_path, items=60, reviewed=5))
    assert rating_cli.main([command, *place]) == 0
    assert "No rating yet" in capsys.readouterr().out
    assert rating_cli.main([command, "--json", *place]) == 0
    json.loads(capsys.readouterr().out)


def test_the_rating_document_names_uneven_themes(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["rate", "--json", *place]) == 0
    assert set(json.loads(capsys.readouterr().out)["themes"]) == {"over", "under"}


def test_labels_are_told_with_three_thresholds_and_what_they_lack(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["labels", "--json", "--target", "95", *place]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["labels"]}
    assert list(rows) == ["Broken", "Delivery", "Delivery > Late", "Praise", "Refund"]
    assert (rows["Delivery"]["label_id"], rows["Delivery"]["weakest"]) == (None, "Delivery > Late")
    assert rows["Delivery"]["examples"] == rows["Delivery > Late"]["examples"] > 0
    cuts = rows["Refund"]["thresholds"]
    assert cuts["complete"]["threshold"] <= cuts["balanced"]["threshold"]
    assert cuts["complete"]["recall"] >= 0.9
    assert any((row["lacking"] or {"count": 0})["count"] for row in rows.values())
    assert rating_cli.main(["labels", *place]) == 0
    printed = capsys.readouterr().out
    for words in ("Delivery: ", "weakest: Delivery > Late", "    balanced: from 0.", "% found"):
        assert words in printed
    assert rating_cli.main(["labels", "--target", "700", *place]) == 2
    assert "between 0 and 100 percent" in capsys.readouterr().err
