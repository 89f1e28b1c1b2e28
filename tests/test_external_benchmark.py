"""The benchmark of other models: what it predicts with is out of fold, and its records hold estimate and truth of one model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import external
from benchmarks.__main__ import main
from tests.test_benchmarks import write_items


def test_no_item_is_predicted_by_a_model_that_has_seen_it() -> None:
    targets = np.tile([[0.0], [1.0]], (20, 1))
    seen = []

    def fitted(words: np.ndarray, _: np.ndarray, others: np.ndarray) -> np.ndarray:
        seen.append(np.intersect1d(words, others))
        return others.ravel().astype(float)

    numbers = np.arange(40)[:, None]
    scores = external.out_of_fold(numbers, targets, fitted, 30, 0)
    assert len(seen) == external.FOLDS
    assert not any(len(both) for both in seen)
    np.testing.assert_array_equal(scores.ravel(), numbers.ravel())


def test_the_command_holds_estimates_against_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items, out = write_items(tmp_path / "items.jsonl"), tmp_path / "out.json"
    command = [
        "external",
        "--items",
        str(items),
        "--runs",
        "1",
        "--reviews",
        "60",
        "80",
        "--policy",
        "plateau",
        "--json",
        str(out),
    ]
    assert main([*command, "--json", str(out)]) == 0
    said = capsys.readouterr().out
    records = json.loads(out.read_text())
    assert [(r["reviews"], r["model"]) for r in records] == [
        (n, name) for n in (60, 80) for name in ("logistic", "margins", "three labels")
    ]
    for record in records:
        assert record["estimate"][0] == pytest.approx(record["truth"], abs=0.15)
        assert record["lead"][1] <= record["lead"][0] <= record["lead"][2]
        assert len(record["label_leads"]) == len(record["true_label_leads"])
    for words in ("naive MAE", "logistic, plateau", "all"):
        assert words in said


def test_figures_are_means_over_the_records_of_a_kind() -> None:
    made = {
        "policy": "random",
        "truth": 0.7,
        "reviews": 100,
        "model": "m",
        "naive": 0.5,
        "label_leads": [[0.1, 0.0, 0.2]],
        "true_label_leads": [0.3],
    }
    records = [
        {**made, "estimate": [0.6, 0.5, 0.7], "lead": [0.1, 0.05, 0.2], "true_lead": -0.1, "verdict": "better"},
        {
            **made,
            "estimate": [0.9, 0.8, 1.0],
            "truth": 0.7,
            "lead": [0.0, -0.1, 0.1],
            "true_lead": 0.1,
            "verdict": "cannot be told",
        },
    ]
    row = external.summary(records).set_index("of").loc["m, random"]
    assert (row["MAE"], row["bias"], row["coverage"]) == (pytest.approx(0.15), pytest.approx(0.05), 0.5)
    assert (row["told"], row["told wrongly"], row["label coverage"]) == (0.5, 0.5, 0.0)
    assert row["naive MAE"] == pytest.approx(0.2)
