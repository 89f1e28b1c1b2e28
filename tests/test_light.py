"""Light replays: the same reviews and the same learner as a full one, and reports that say what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.light import ground, learned, light
from benchmarks.material import Material, load
from benchmarks.policies import POLICIES
from benchmarks.trajectory import begin, trajectory
from rating.rate import Result
from recommend.sampling import scene_of
from recommend.strategies import STRATEGIES
from tests.builders import messages, rated, world

FEW: dict[str, int] = {"run": 1, "seed": 0, "start": 60, "batch": 20, "until": 100}


def write_items(path: Path) -> Path:
    """A labelled file of messages about four things."""
    rows = [{"id": f"m{n}", "text": text, "labels": list(labels)} for n, (text, labels) in enumerate(messages(240))]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return load(write_items(tmp_path_factory.mktemp("items") / "items.jsonl"), None, 20)


@pytest.fixture(scope="module")
def result() -> Result:
    return rated(world(items=400, reviewed=120).evidence)


def lightly(material: Material, policy: str, **options: Any) -> list[dict[str, Any]]:
    return list(light(ground(material, "iid", 1), policy, POLICIES[policy], **{**FEW, **options}))


@pytest.mark.parametrize("policy", ["random", "entropy+random", "plateau"])
def test_a_light_replay_goes_the_way_of_a_full_one(material: Material, policy: str) -> None:
    full = list(trajectory(material, how="iid", policy=policy, **FEW))
    for quick, whole in zip(lightly(material, policy), full, strict=True):
        assert (quick["reviews"], quick["sme_seconds"]) == (whole["reviews"], whole["sme_seconds"])
        for name in ("map", "map_all"):
            assert quick["truth"][name] == pytest.approx(whole["truth"][name])


def test_a_replay_can_start_with_what_discover_shows(material: Material) -> None:
    on = ground(material, "iid", 1)
    project = begin(on.pool, 30, 1, on.population, discover=True)
    clusters = on.population.clusters
    assert len(set(project.rows)) == len(project.rows) == project.shown == 30
    assert set(project.sources) == {"discover"}
    assert len(np.unique(clusters[project.rows])) == min(30, len(np.unique(clusters)))
    assert all(0 < chance <= 1 for chance in project.chances)
    assert project.rows != begin(on.pool, 30, 2, on.population, discover=True).rows
    alone = lightly(material, "plateau", discover=True)
    assert [(r["reviews"], r["sme_seconds"]) for r in alone] == [
        (r["reviews"], r["sme_seconds"]) for r in trajectory(material, how="iid", policy="plateau", discover=True, **FEW)
    ]
    assert alone[0]["sme_seconds"] != lightly(material, "plateau")[0]["sme_seconds"]


def test_a_light_replay_waits_until_there_is_something_to_learn(material: Material) -> None:
    first = lightly(material, "entropy", start=10)
    assert [record["truth"]["map"] for record in first] == [None]


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "random"])
def test_every_strategy_is_a_policy_alone_and_with_chance(result: Result, name: str) -> None:
    alone, lucky = (POLICIES[p](result, 20, np.random.default_rng(0)) for p in (name, f"{name}+random"))
    left = np.flatnonzero(~result.evidence.reviewed_mask)
    assert alone.rows.tolist() == left[STRATEGIES[name].order(scene_of(result, left), 20)].tolist()
    assert set(alone.kinds) == {"sample"}
    assert np.isnan(alone.chances).all()
    assert set(lucky.kinds) == {"sample", "shuffle"}
    assert len(set(lucky.rows.tolist())) == 20
    assert ((lucky.chances > 0) & (lucky.chances <= 1)).all()


def test_the_command_replays_lightly_and_reports_reviews_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items, out = write_items(tmp_path / "items.jsonl"), tmp_path / "out.json"
    place = [
        "trajectory",
        "--items",
        str(items),
        "--start",
        "60",
        "--batch",
        "20",
        "--until",
        "80",
        "--runs",
        "2",
        "--json",
        str(out),
    ]
    assert main([*place, "--light", "--policy", "random", "margin"]) == 0
    shown = capsys.readouterr().out
    assert "reviews of random over those of each policy" in shown
    assert "stop" not in shown
    records = json.loads(out.read_text())
    assert [(r["policy"], r["run"]) for r in records[::2]] == [("random", 0), ("margin", 0), ("random", 1), ("margin", 1)]
    assert set(report.summary(records)[0]) == {"setting", "checkpoints", "efficiency"}
    assert main([*place, "--light", "--noise"]) == 2
    assert "--noise and --ablations" in capsys.readouterr().err


@pytest.mark.parametrize(("reviews", "chosen_at"), [(60, 60), (65, 60), (66, 66)])
def test_a_light_replay_chooses_the_mix_again_when_reviews_have_grown_by_a_tenth(
    material: Material, reviews: int, chosen_at: int
) -> None:
    on = ground(material, "iid", 1)
    project = begin(on.pool, reviews, 1, on.population)
    project.chosen, project.chosen_at = ({"lsa": 1.0}, 0.5), 60
    learned(project, project.evidence()[0])
    assert project.chosen_at == chosen_at
