"""The published experiment: its tables from records made by hand, its clock, and its charts."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import experiment, experiment_charts
from benchmarks.__main__ import main
from data.errors import InvalidInput


def record(policy: str, run: int, reviews: int, rounds: int, quality: float | None) -> dict[str, Any]:
    """A checkpoint: 3 s a review with suggestions, 6 s without, and 36 s of computing each time."""
    return {
        "policy": policy, "run": run, "seed": 100, "reviews": reviews, "rounds": rounds, "sme_seconds": 3.0 * reviews,
        "sme_seconds_unaided": 6.0 * reviews, "wall_seconds": 36.0, "truth": {"map_all": quality},
    }  # fmt: skip


def curve(policy: str, run: int, step: int, *quality: float | None) -> list[dict[str, Any]]:
    return [record(policy, run, 100 + step * k, k, value) for k, value in enumerate(quality)]


RECORDS = [
    *curve("plateau", 0, 100, 0.60, 0.80, 0.90), *curve("plateau", 1, 100, 0.60, 0.70, 0.90),
    *curve("random", 0, 200, 0.60, 0.70, 0.90), *curve("random", 1, 200, 0.60, 0.70, 0.90),
    *curve("random-batch", 0, 1000, 0.60, 0.84, 0.91), *curve("random-batch", 1, 1000, 0.60, 0.84, 0.91),
]  # fmt: skip


def rows(target: float) -> dict[str, dict[str, Any]]:
    return {row["scenario"]: row for row in experiment.table(RECORDS, target).to_dict("records")}


def test_five_scenarios_come_from_three_replays() -> None:
    found = rows(0.80)
    assert list(found) == [scenario.name for scenario in experiment.SCENARIOS]
    assert (found["Plateau"]["reviews"], found["Plateau"]["reviews ±"]) == pytest.approx((225.0, 25.0))
    assert found["Random, with suggestions"]["reviews"] == pytest.approx(400.0)
    for name in ("Plateau", "Random"):
        aided = found["Plateau" if name == "Plateau" else "Random, with suggestions"]
        unaided = found[f"{name}, without suggestions"]
        assert unaided["reviews"] == aided["reviews"]
        assert unaided["sme"] == pytest.approx(2 * aided["sme"])
    assert found["Plateau"]["sme"] == pytest.approx(225 * 3 / 3600)
    assert all(row["runs"] == row["reached"] == 2 for row in found.values())


def test_the_clock_adds_work_computing_and_waiting() -> None:
    plateau, batches = (next(s for s in experiment.SCENARIOS if s.name == name) for name in ("Plateau", experiment.BATCHES))
    clock = experiment.curves(RECORDS, plateau, "wall")[0].cost
    np.testing.assert_allclose(clock, [(300 + 36) / 3600, (600 + 72) / 3600, (900 + 108) / 3600])
    waited = experiment.curves(RECORDS, batches, "wall")[0].cost
    np.testing.assert_allclose(waited - [0.0, 52.0, 104.0], [(600 * k + 36 * n) / 3600 for k, n in ((1, 1), (11, 2), (21, 3))])


def test_a_batch_has_to_be_finished() -> None:
    assert rows(0.80)[experiment.BATCHES]["reviews"] == 1100.0
    assert rows(0.85)[experiment.BATCHES]["reviews"] == 2100.0
    assert experiment.within_a_batch(RECORDS, 0.80)["reviews"] == pytest.approx(100 + 1000 * 0.20 / 0.24)


def test_ratios_tell_how_many_times_more_the_others_need() -> None:
    found = {row["scenario"]: row for row in experiment.ratios(experiment.table(RECORDS, 0.80)).to_dict("records")}
    assert found["Plateau"]["reviews, random /"] == pytest.approx(400 / 225)
    assert found["Plateau"]["sme, batches /"] == pytest.approx((1100 * 6) / (225 * 3))
    assert found["Plateau"]["wall, batches /"] > 200
    assert found[experiment.BATCHES]["sme, batches /"] == 1.0


def test_a_precision_that_a_run_never_reaches_is_not_known() -> None:
    found = rows(0.905)
    assert np.isnan(found["Plateau"]["reviews"])
    assert found["Plateau"]["reached"] == 0
    assert found[experiment.BATCHES]["reached"] == 2
    early = [*RECORDS, record("plateau", 0, 0, -1, None)]
    assert experiment.table(early, 0.80).equals(experiment.table(RECORDS, 0.80))  # without a model there is nothing to tell


def test_without_one_of_the_replays_it_says_which_is_missing() -> None:
    with pytest.raises(InvalidInput, match="policy random-batch"):
        experiment.table([r for r in RECORDS if r["policy"] != "random-batch"], 0.80)


def test_suggestions_make_no_difference_to_reviews() -> None:
    assert len(experiment.bands(RECORDS, "reviews")) == 3
    assert len(experiment.bands(RECORDS, "sme")) == len(experiment.bands(RECORDS, "wall")) == 5


def test_the_command_prints_the_tables_and_writes_the_same_file_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"{n}.json" for n in range(2)]
    files[0].write_text(json.dumps(RECORDS[:6]))
    files[1].write_text(json.dumps(RECORDS[6:]))
    outs = [tmp_path / "a.json", tmp_path / "b.json"]
    for out in outs:
        assert main(["experiment", "--from", *map(str, files), "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "MAP 0.80" in said
    assert "Random batches of 1,000" in said
    assert outs[0].read_bytes() == outs[1].read_bytes()
    kept = json.loads(outs[0].read_text())
    assert [part["target"] for part in kept["targets"]] == [0.80, 0.85, 0.88]
    assert kept["targets"][0]["scenarios"][0]["reviews"] == 225.0
    assert main(["experiment", "--from", str(files[0])]) == 2


def test_charts_have_every_scenario_in_its_own_look() -> None:
    for axis in experiment.AXES:
        found = experiment.bands(RECORDS, axis)
        drawn = experiment_charts.chart(found, axis).to_dict()
        assert drawn["config"]["background"] == "white"
        encoding = drawn["layer"][2]["encoding"]
        looks = list(zip(encoding["color"]["scale"]["range"], map(str, encoding["strokeDash"]["scale"]["range"]), strict=True))
        assert encoding["color"]["scale"]["domain"] == list(found)
        assert len(set(looks)) == len(found)


def test_charts_are_written_alike_each_time(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    found = {axis: experiment.bands(RECORDS, axis) for axis in experiment.AXES}
    first, second = (experiment_charts.save(found, tmp_path / name) for name in ("one", "two"))
    assert [path.name for path in first] == ["experiment-reviews.svg", "experiment-sme.svg", "experiment-wall.svg"]
    for one, two in zip(first, second, strict=True):
        assert one.read_text().startswith("<svg")
        assert one.read_bytes() == two.read_bytes()


def test_without_the_package_that_draws_charts_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "vl_convert":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InvalidInput, match=r"requirements-bench\.txt"):
        experiment_charts.save({}, tmp_path)
