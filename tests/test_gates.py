"""Foundations: what is missing is counted, said, and gone once it is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.evidence import Evidence, RatingConfig
from recommend import __main__ as recommend_cli
from recommend.gates import Gate, gates
from recommend.service import plan_project
from tests.builders import evidence_of, stored, world


def found(evidence: Evidence) -> dict[str, Gate]:
    return {gate.key: gate for gate in gates(evidence, RatingConfig())}


def small(items: int, reviewed: int, labels: int) -> Evidence:
    features = np.eye(max(items, 1), 4, dtype=np.float32)[:items]
    return evidence_of({"dense": features}, np.arange(reviewed), np.zeros((reviewed, labels)))


def test_an_empty_project_lacks_everything() -> None:
    lacking = found(small(0, 0, 0))
    assert [gate.met for gate in lacking.values()] == [False] * 4
    assert (lacking["items"].have, lacking["items"].need) == (0, 50)
    assert lacking["items"].words.startswith("Import 50 more")
    assert lacking["labels"].words.startswith("Create 2 more")
    assert lacking["reviews"].words.startswith("Review 50 more")


def test_labels_with_the_fewest_examples_are_named() -> None:
    evidence = world(items=300, reviewed=150, labels=5).evidence
    targets = np.zeros((150, 5))
    for column, count in enumerate((30, 24, 25, 3, 0)):
        targets[:count, column] = 1.0
    gate = found(replace(evidence, targets=targets))["examples"]
    assert (gate.have, gate.need) == (2, 5)
    assert "label 4 (0), label 3 (3), label 1 (24)." in gate.words
    assert "Teach" in gate.words
    targets[:, 1:] = targets[:, :1]
    assert found(replace(evidence, targets=targets))["examples"] == Gate("examples", "Labels with enough examples", 5, 5, "")


@given(items=st.integers(0, 80), reviewed=st.integers(0, 80), labels=st.integers(0, 4))
def test_a_gate_has_words_exactly_while_something_is_missing(items: int, reviewed: int, labels: int) -> None:
    for gate in found(small(items, min(items, reviewed), labels)).values():
        assert bool(gate.words) == (not gate.met) or (gate.key == "examples" and labels == 0)


def test_the_command_line_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = stored(tmp_path, items=60, reviewed=20)
    assert recommend_cli.main(["--db", str(store.path), "--project", project.name]) == 0
    printed = capsys.readouterr().out
    assert "Reviews: 20 of 50. Review 30 more" in printed
    assert "Items:" not in printed
    assert {gate.key for gate in plan_project(store, project.id).served.gates if not gate.met} == {"reviews", "examples"}
