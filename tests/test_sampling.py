"""A strategy by name in the place of Plateau's plan: its setting, its list, and the command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import InvalidInput
from rating.evidence import RatingConfig
from rating.rate import Result
from recommend.__main__ import main
from recommend.records import Action
from recommend.sampling import Sampling, sampled_actions, sampled_reason, sampling_from, scene_of
from recommend.service import plan_project
from recommend.strategies import STRATEGIES, Mixed
from tests.builders import noise, rated, stored, unit, world


@pytest.fixture(scope="module")
def result() -> Result:
    return rated(world(items=400, reviewed=120).evidence)


def listed(result: Result, strategy: str = "entropy", busy: tuple[int, ...] = (), **setting: Any) -> tuple[Action, ...]:
    return sampled_actions(result, RatingConfig(), Sampling(strategy, **setting), busy=busy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_plan_is_the_strategys_list_and_shuffle(result: Result, strategy: str) -> None:
    sample, even = listed(result, strategy)
    assert (sample.kind, sample.title, sample.theme, even.kind) == ("sample", "Sampling", STRATEGIES[strategy].title, "shuffle")
    assert STRATEGIES[strategy].about in sample.reason
    assert "instead of Plateau's plan" in sample.reason
    items = np.array(sample.items + even.items)
    assert len(sample.items) == len(even.items) == 10
    assert len(set(items.tolist())) == 20
    assert not np.isin(items, result.evidence.item_ids[result.evidence.rows]).any()
    assert sample.candidates == 280 - 10
    assert even.chances == (10 / 280,) * 10
    assert sample.gain is not None
    assert sample.gain > 0
    assert sample.seconds > 10


def test_without_chance_the_list_is_the_strategys_first_items(result: Result) -> None:
    sample, even = listed(result, "margin", random=0.0, size=7)
    rest = np.setdiff1d(np.flatnonzero(~result.evidence.reviewed_mask), np.array(even.items) - 100)
    first = rest[STRATEGIES["margin"].order(scene_of(result, rest), 7)]
    assert sorted(sample.items) == sorted(result.evidence.item_ids[first].tolist())
    assert sample.chances == (None,) * 7
    assert "chance" not in sample.reason


def test_with_chance_every_items_chance_is_known(result: Result) -> None:
    sample, _ = listed(result, "entropy", random=0.5, size=20)
    known = {chance for chance in sample.chances if chance is not None}
    assert len(sample.chances) == 20
    assert max(known) > 0.5
    assert min(known) < 0.1  # an item that chance alone could bring


def test_the_reason_counts_what_came_by_chance() -> None:
    chosen = Mixed(np.arange(4), np.array([True, False, False, True]), np.full(4, 0.5))
    assert sampled_reason(Sampling("ratio"), chosen).endswith("2 of these 4 came by chance instead.")
    assert "chance" not in sampled_reason(Sampling("ratio", random=0.0), chosen)


def test_a_growing_list_has_a_share_of_the_reviewed(result: Result) -> None:
    assert len(listed(result, growth=0.25)[0].items) == 30
    assert len(listed(result, growth=0.01)[0].items) == 10


def test_the_list_is_ordered_by_likeness(result: Result) -> None:
    sample, _ = listed(result, random=0.0, size=30)
    rows = unit(result.evidence.blocks["dense"][np.array(sample.items) - 100])
    beside = float((rows[:-1] * rows[1:]).sum(axis=1).mean())
    mixed_up = np.random.default_rng(0).permutation(rows)
    assert beside > float((mixed_up[:-1] * mixed_up[1:]).sum(axis=1).mean()) + 0.1


def test_items_in_work_are_not_asked_for_and_the_last_ones_are_shuffles(result: Result) -> None:
    every = result.evidence.item_ids[~result.evidence.reviewed_mask].tolist()
    free = set(every[:8])
    (even,) = listed(result, busy=tuple(every[8:]))
    assert (even.kind, set(even.items)) == ("shuffle", free)
    assert listed(result, busy=tuple(every)) == ()


def test_no_plan_without_a_model_and_the_same_plan_twice(result: Result) -> None:
    assert listed(rated(noise(reviewed=10))) == ()
    assert listed(result) == listed(result)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"strategy": "entropie"}, "not 'entropie'"),
        ({"strategy": "entropy", "random": 1.5}, "from 0 to 1; not 1.5"),
        ({"strategy": "entropy", "random": math.nan}, "not nan"),
        ({"strategy": "entropy", "random": "often"}, "not 'often'"),
        ({"strategy": "entropy", "size": 0}, "a whole number from 1 to 100; not 0"),
        ({"strategy": "entropy", "size": 2.5}, "not 2.5"),
        ({"strategy": "entropy", "growth": -0.1}, "not -0.1"),
        ({"strategy": "entropy", "batch": 5}, "found 'batch'"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        sampling_from(setting)


def test_a_projects_setting_decides_and_its_list_is_kept_with_what_is_known_of_chances(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    store.update_settings(project.id, {"sampling": {"strategy": "least-confidence", "random": 0.0, "size": 12}})
    planned = plan_project(store, project.id)
    assert [action.kind for action in planned.plan.actions] == ["sample", "shuffle"]
    kept = store.action(project.id, planned.action_ids[0])
    assert (kept.kind, len(kept.item_ids), kept.chances) == ("sample", 12, (None,) * 12)
    own = plan_project(store, project.id, sampling={"strategy": "plateau"})
    assert "sample" not in {action.kind for action in own.plan.actions}


def test_the_command_line_chooses_a_strategy_for_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = stored(tmp_path)
    place = ["--db", str(store.path), "--project", project.name]
    assert main([*place, "--sampling", "entropy", "--random", "0.2", "--size", "5"]) == 0
    shown = capsys.readouterr().out
    assert "Sampling: Entropy (5 items" in shown
    assert main([*place, "--sampling", "entropy", "--random", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["actions"][0]["chances"] == [None] * 10
    assert store.project(project.id).settings.get("sampling") is None


def test_the_command_line_says_what_is_wrong_with_its_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = stored(tmp_path)
    place = ["--db", str(store.path), "--project", project.name]
    assert main([*place, "--random", "0.2"]) == 2
    assert "Add --sampling NAME" in capsys.readouterr().err
    assert main([*place, "--sampling", "entropy", "--random", "2"]) == 2
    assert "not 2.0" in capsys.readouterr().err
