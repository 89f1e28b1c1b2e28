"""A plan for one factor or one label: only what serves it, ranked by all that it brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import NotFound
from rating.evidence import RatingConfig
from rating.rate import Result
from rating.records import FactorKey
from recommend import __main__ as recommend_cli
from recommend.known import focus_named, in_use
from recommend.offers import focused_labels
from recommend.plan import plan_actions
from recommend.pool import make_pool
from recommend.records import ANYTHING, Action, Focus
from recommend.service import plan_project
from recommend.value import instruction
from tests.builders import rated, stored, world

SERVES: dict[FactorKey, set[str]] = {
    "balance": {"shuffle", "rebalance"},
    "coverage": {"discover", "low_confidence"},
    "all_labels": {"teach", "confirm", "check", "missed", "merge", "resolve", "search"},
    "underperforming": {"teach", "confirm", "check", "missed", "merge", "resolve", "search"},
}


@pytest.fixture(scope="module")
def result() -> Result:
    return rated(world(items=800, reviewed=200, labels=6, strength=1.4, seed=2).evidence)


def plan(result: Result, focus: Focus) -> tuple[Action, ...]:
    return plan_actions(result, RatingConfig(), names={}, focus=focus, top=50)


@pytest.mark.parametrize("factor", SERVES)
def test_a_focus_on_a_factor_offers_only_what_serves_it(result: Result, factor: FactorKey) -> None:
    actions = plan(result, Focus(factor=factor))
    assert actions
    assert {action.kind for action in actions} <= SERVES[factor]
    assert {action.factor for action in actions} <= {factor, "underperforming" if factor == "all_labels" else factor}


@pytest.mark.parametrize("column", range(6))
def test_a_focus_on_a_label_offers_only_work_on_it(result: Result, column: int) -> None:
    label_id = result.evidence.label_ids[column]
    actions = plan(result, Focus(label_id=label_id))
    pool = make_pool(result, RatingConfig())
    assert "teach" in {action.kind for action in actions}
    for action in actions:
        if action.kind == "low_confidence":
            assert (pool.leading[np.array(action.items) - 100] == column).all()
        else:
            assert label_id in action.label_ids
    assert [a.gain for a in actions if a.gain is None or a.gain < 0] == []


def test_a_focus_on_a_label_asks_for_items_that_teach_about_it(result: Result) -> None:
    """Even for the label that the plan for anything would ask least about."""
    assert result.assessment is not None
    for column, label_id in enumerate(result.evidence.label_ids):
        teach = next(a for a in plan(result, Focus(label_id=label_id)) if a.kind == "teach")
        taught = instruction(result.assessment.probability[:, column])
        assert taught[np.array(teach.items) - 100].mean() > 2 * taught[~result.evidence.reviewed_mask].mean()


def test_the_gain_counts_what_the_items_bring_besides(result: Result) -> None:
    """Items are chosen for one label, yet promise what they teach of all labels."""
    usual = next(a for a in plan(result, ANYTHING) if a.kind == "teach")
    alone = next(a for a in plan(result, Focus(label_id=usual.label_ids[0])) if a.kind == "teach")
    assert alone.gain == pytest.approx(usual.gain, rel=0.5)


def test_underperforming_is_about_the_likely_worst_labels(result: Result) -> None:
    pool = make_pool(result, RatingConfig())
    labels = focused_labels(pool, Focus(factor="underperforming"))
    worst = [label.worst or 0.0 for label in result.rating.labels]
    assert labels is not None
    assert labels.tolist() == [int(np.argmax(worst))]
    about = {action.label_ids[0] for action in plan(result, Focus(factor="underperforming"))}
    assert about == {result.evidence.label_ids[labels[0]]}


def test_a_focus_on_a_label_that_does_not_exist_offers_nothing(result: Result) -> None:
    assert plan(result, Focus(label_id=99)) == ()


def test_a_focus_is_found_by_its_name(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=20, reviewed=4)
    label = store.labels(project.id)[0]
    assert focus_named(store, project.id, "all LABELS ") == Focus(factor="all_labels")
    assert focus_named(store, project.id, label.name.upper()) == Focus(label_id=label.id)
    with pytest.raises(NotFound, match=f"'nothing'.*Coverage.*{label.name}"):
        focus_named(store, project.id, "nothing")
    assert in_use(store, project.id, Focus(label_id=label.id)) == Focus(label_id=label.id)
    store.retire_label(project.id, label.id)
    assert in_use(store, project.id, Focus(label_id=label.id)) == ANYTHING


def test_the_command_line_plans_for_a_focus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = stored(tmp_path)
    options = ["--db", str(store.path), "--project", project.name]
    assert recommend_cli.main([*options, "--focus", "Refund"]) == 0
    printed = capsys.readouterr().out
    assert "Teach label: Refund" in printed
    assert "Shuffle" not in printed
    assert recommend_cli.main([*options, "--focus", "Nobody"]) == 2
    assert "Underperforming labels" in capsys.readouterr().err


def test_a_plan_remembers_its_focus(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    focus = Focus(factor="balance")
    planned = plan_project(store, project.id, focus=focus)
    assert planned.served.focus == focus
    assert {action.kind for action in store.actions(project.id, "open")} <= {"shuffle", "rebalance"}
