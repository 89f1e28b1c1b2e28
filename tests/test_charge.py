"""Another model in charge: it plans and suggests, what it handles well is not asked for, what it doubts comes first."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from api.routes.exports import _handover
from data.cli import main as data_main
from data.errors import NotFound
from data.records import PredictionRow, ReviewDraft
from data.store import Store
from rating.evidence import RatingConfig
from rating.external_service import rate_external
from rating.service import rate_project
from recommend.__main__ import main
from recommend.answering import said_of_texts
from recommend.charge import Guide, charged, guide_of, in_charge
from recommend.plan import plan_actions
from recommend.pool import make_pool
from recommend.service import plan_project
from recommend.serving import shown_of, suggestions
from recommend.trainer import Kept
from tests.builders import messages, minute, rated, stored, world

NAMES = ("Refund", "Delivery > Late", "Broken", "Praise")


@pytest.fixture
def project(tmp_path: Path) -> Store:
    """A project whose other model knows the first half of the unreviewed items and guesses at the rest."""
    store, _ = stored(tmp_path, items=400, reviewed=140)
    rng, rows = np.random.default_rng(0), []
    for number, (_, labels) in enumerate(messages(400)):
        sure = number < 270
        scores = {n: float(np.clip((0.97 if n in labels else 0.02) if sure else rng.uniform(0.2, 0.8), 0, 1)) for n in NAMES}
        rows.append(PredictionRow(f"m{number}", scores))
    store.add_predictions(1, "v1", rows, minute(0))
    store.declare_model(1, "v1", "out-of-fold")
    return store


def test_what_is_handled_well_and_what_is_urgent() -> None:
    p = np.array([[0.95, 0.02], [0.95, 0.02], [0.95, 0.3], [0.4, 0.6], [0.95, 0.02]])
    own = np.array([[0.9, 0.1], [0.2, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    guide = guide_of(p, own, np.array([True, True, True, True, False]))
    assert guide.handled.tolist() == [True, False, False, False, False]
    assert guide.urgency.tolist() == [1.0, 2.0, 1.0, 3.0, 1.0]


def test_an_item_with_many_slight_doubts_is_not_handled_well() -> None:
    p = np.full((1, 5), 0.09)
    assert not guide_of(p, p, np.array([True])).handled[0]
    assert guide_of(p[:, :2], p[:, :2], np.array([True])).handled[0]


def test_no_action_but_shuffle_asks_for_what_is_handled_well() -> None:
    result = rated(world(items=500, reviewed=120).evidence)
    handled = np.zeros(500, dtype=bool)
    handled[:400] = True
    kept = set(result.evidence.item_ids[handled].tolist())
    found = {
        action.kind: kept & set(action.items)
        for seed in range(4)
        for action in plan_actions(result, RatingConfig(seed=seed), names={}, guide=Guide(handled, np.ones(500)), top=8)
    }
    assert len(found) > 3
    assert found.pop("shuffle")  # stays random among all
    assert not any(items for kind, items in found.items() if kind not in ("check", "missed", "resolve"))


def test_urgent_items_are_worth_more_and_promises_stay_as_they_are() -> None:
    result = rated(world(items=300, reviewed=100).evidence)
    urgency = np.ones(300)
    urgency[::2] = 3.0
    plain, urgent = (make_pool(result, RatingConfig(), (), g) for g in (None, Guide(np.zeros(300, dtype=bool), urgency)))
    np.testing.assert_allclose(urgent.value, plain.value * urgency)
    np.testing.assert_allclose(
        urgent.value_at(urgent.rows, urgent.worth), plain.value_at(plain.rows, plain.worth) * urgency[plain.rows]
    )
    np.testing.assert_array_equal(urgent.believed, plain.believed)


def test_its_probabilities_stand_where_it_has_any(project: Store) -> None:
    late = [PredictionRow(f"m{k}", {"Refund": 0.9}) for k in range(200)]
    project.add_predictions(1, "half", late, minute(0))
    project.declare_model(1, "half", "out-of-fold")
    own = rate_project(project, 1)
    other = rate_external(project, 1, "half", own)
    charge = charged(own.result, other)
    assert own.result.assessment is not None
    assert charge.result.assessment is not None
    before, after = own.result.assessment.probability, charge.result.assessment.probability
    k = own.result.evidence.label_names.index("Refund")
    others = [x for x in range(4) if x != k]
    np.testing.assert_array_equal(after[:, others], before[:, others])  # labels that it does not know
    np.testing.assert_array_equal(after[200:], before[200:])
    assert (after[:200, k] != before[:200, k]).any()
    assert charge.result.rating is own.result.rating
    assert charge.judged is other.result


def test_the_plan_goes_by_the_model_in_charge_and_says_so(project: Store, capsys: pytest.CaptureFixture[str]) -> None:
    own = plan_project(project, 1).served
    assert (own.model, own.version) == ("", f"plateau-{own.rating.model_version}")
    project.put_in_charge(1, "v1")
    planned = plan_project(project, 1)
    served = planned.served
    assert (served.model, served.version) == ("v1", "v1")
    said, why = said_of_texts(project, 1, served, ["Give me my money back."])
    assert (said, "'v1' is in charge" in why) == ([None], True)
    whole = _handover(project, project.project(1), Kept(served, "", 0.0), None, "labels")
    assert whole.model_version == "v1"
    stored_scores = project.predictions_of([1])[1]
    assert [one.predictions for one in islice(whole.wholes(), 1)] == [tuple(stored_scores)]  # its own word, and once
    assert "'v1' plans and suggests" in served.charge
    uids = {item.id: int(item.uid[1:]) for item in project.iter_items(1)}
    asked = [
        uids[i] for action in planned.plan.actions if action.kind not in ("shuffle", "check", "missed") for i in action.items
    ]
    assert len(asked) >= 10
    assert np.mean([number >= 270 for number in asked]) > 0.9  # where it knows, nobody is asked
    shown = shown_of(served, planned.plan.actions[0].items)
    assert shown is not None
    assert shown["external"] == "v1"
    sure = next(item for item, number in uids.items() if number == 200)
    names = dict(zip(served.label_ids, served.label_names, strict=True))
    assert {names[s.label_id] for s in suggestions(served, [sure])[sure] if s.preselected} == set(messages(400)[200][1])
    assert main(["--db", str(project.path), "--project", "mail", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["in_charge"]["model"] == "v1"


def test_what_it_said_of_a_label_before_its_reset_is_of_another_meaning(project: Store) -> None:
    label = next(label for label in project.labels(1) if label.name == "Refund")
    project.reset_label(1, label.id)
    own = rate_project(project, 1)
    assert rate_external(project, 1, "v1", own).basis.unknown == ("Refund",)
    project.add_predictions(1, "v1", [PredictionRow(f"m{k}", {"Refund": 0.5 + k / 1000}) for k in range(400)])
    assert rate_external(project, 1, "v1", own).basis.unknown == ("Broken", "Delivery > Late", "Praise")


def test_reviews_that_saw_its_suggestions_are_counted_as_such(project: Store) -> None:
    project.put_in_charge(1, "v1")
    planned = plan_project(project, 1)
    number, action = planned.action_ids[0], planned.plan.actions[0]
    project.start_action(1, number, "ann")
    for item in action.items[:3]:
        project.record_review(1, ReviewDraft(item, (), "ann", source=action.kind, action_id=number))
    assert rate_external(project, 1, "v1").basis.shown == 3


def test_a_model_that_cannot_be_judged_does_not_plan(project: Store) -> None:
    project.put_in_charge(1, "v1")
    project.declare_model(1, "v1", "before-review")
    project.add_predictions(1, "v1", [PredictionRow(f"m{k}", {"Refund": 0.5}) for k in range(400)])
    charge = in_charge(project, project.project(1), rate_project(project, 1))
    assert charge.model == ""
    assert "cannot be judged yet" in charge.note
    project.update_settings(1, {"in_charge": "gone"})
    assert "no predictions" in in_charge(project, project.project(1), rate_project(project, 1)).note


def test_the_command_line_puts_a_model_in_charge(project: Store, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["use", "--db", str(project.path), "--project", "mail"]
    assert data_main([*command, "--model", "v1"]) == 0
    assert project.project(1).settings["in_charge"] == "v1"
    assert data_main([*command, "--own"]) == 0
    assert "in_charge" not in project.project(1).settings
    assert "Plateau's own model plans" in capsys.readouterr().out
    with pytest.raises(NotFound):
        project.put_in_charge(1, "v2")
