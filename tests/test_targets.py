"""Targets: a preview is what a rating by those settings would be, saving is one revision, and undo goes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from data.errors import InvalidInput, NotFound
from data.records import Project
from data.store import Store
from rating.evidence import WEIGHTS, RatingConfig
from rating.rate import rate, reweighted
from recommend.rules import Facts, Terms, terms_of, verdicts
from recommend.stop import weigh
from recommend.targets import Targets, circumstances, effect, former, save, targets_of, undo
from tests.builders import rated, world
from views import planning
from views.targets import Keys

PAGE = str(Path(__file__).parents[1] / "views" / "targets_page.py")
UNEVEN = {"all_labels": 1.0, "underperforming": 0.0, "coverage": 3.0, "balance": 0.5}


def test_a_rating_by_other_weights_is_what_rating_by_them_gives() -> None:
    evidence = world(items=300, reviewed=120).evidence
    before, config = rated(evidence), RatingConfig(weights=UNEVEN)
    direct = rate(evidence, config)
    again, draws = reweighted(before.rating, before.parts, config)
    for one, other in ((again.score, direct.rating.score),):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    assert direct.draws is not None
    np.testing.assert_allclose(draws, direct.draws)
    assert [f.weight for f in again.factors] == pytest.approx([f.weight for f in direct.rating.factors])
    assert again.needs_refinement == direct.rating.needs_refinement


def facts(**more: object) -> Facts:
    usual = {"sure": 0.9, "low_factors": (), "weak": (), "idle": 0.6, "idle_before": 0.5, "unseen": 0.01, "kappa": 0.96,
             "kappa_before": 0.95, "left": 500, "reviews": 100, "hours": 1.0}  # fmt: skip
    return Facts(**{**usual, **more})  # type: ignore[arg-type]


def test_own_targets_take_the_place_of_the_profiles() -> None:
    own = terms_of({"targets": {"rating": 80, "factors": 60, "labels": 75}}, "automation")
    assert (own.target, own.factor_target, own.label_target, own.purpose) == (80.0, 60.0, 75.0, "your own targets")
    usual = terms_of({}, "automation")
    assert (usual.target, usual.factor_target, usual.label_target, usual.purpose) == (90.0, 70.0, 90.0, "automation")
    words = {verdict.rule: verdict.words for verdict in verdicts(facts(low_factors=("Coverage 55",)), own)}
    assert words["factors"] == "Below 60: Coverage 55."
    assert "80 or more" in words["target"]


@pytest.mark.parametrize("value", [-1, 101, "high", True, float("nan")])
def test_a_target_that_is_none_is_named_with_its_rule(value: object) -> None:
    with pytest.raises(InvalidInput, match="every factor is a number from 0 to 100"):
        terms_of({"targets": {"factors": value}})


def test_own_targets_decide_which_factors_and_labels_are_too_low() -> None:
    found = rated(world(items=300, reviewed=120, strength=3.0).evidence)
    assert found.draws is not None
    given = {"history": [], "config": RatingConfig(), "seconds": 7.0}
    easy, hard = (
        weigh(found.rating, found.draws, terms=Terms(rating=aim, factors=aim, labels=aim), **given)  # type: ignore[arg-type]
        for aim in (0.0, 100.0)
    )
    assert [{v.rule: v.met for v in one.rules}[rule] for one in (easy, hard) for rule in ("target", "factors", "labels")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert (easy.answer, hard.answer != "ready") == ("ready", True)
    assert easy.headline.startswith("Ready for your own targets")


def test_saving_is_one_revision_and_undo_goes_back_step_by_step(place: tuple[Store, Project]) -> None:
    store, project = place
    labels = store.labels(project.id)
    before = targets_of(project, labels)
    first = Targets("automation", {"weights": UNEVEN, "hour_worth": 2.0}, frozenset({labels[0].id}))
    assert save(store, project, first, "ann") == project.revision + 1
    assert save(store, store.project(project.id), first, "ann") == project.revision + 1  # the same changes nothing
    second = Targets("analytics", {"targets": {"rating": 80.0}}, frozenset({labels[1].id}))
    save(store, store.project(project.id), second, "bob")
    assert [one["by"] for one in former(store.project(project.id))] == ["bob", "ann"]
    for expected in (second, first, before):
        assert targets_of(store.project(project.id), store.labels(project.id)) == expected
        if expected != before:
            undo(store, store.project(project.id))
    assert dict(store.project(project.id).settings) == dict(project.settings)
    with pytest.raises(NotFound, match="no former targets"):
        undo(store, store.project(project.id))
    assert store.revision(project.id) == project.revision + 4


def test_what_makes_no_sense_is_refused_and_nothing_written(place: tuple[Store, Project]) -> None:
    store, project = place
    for wrong in ({"weights": dict.fromkeys(WEIGHTS, 0.0)}, {"targets": {"rating": 120.0}}, {"hour_worth": -1.0}):
        with pytest.raises(InvalidInput):
            save(store, project, Targets("analytics", wrong), "ann")
    assert store.project(project.id) == project


def test_the_page_previews_before_it_saves_and_undoes(place: tuple[Store, Project]) -> None:
    store, project = place
    served = planning.renew(store, project.id)
    now = effect(served, targets_of(project, store.labels(project.id)), circumstances(store, project, served))
    assert now is not None
    assert now.rating.score == served.rating.score
    assert (now.answer.answer, now.answer.headline) == (served.plan.stop.answer, served.plan.stop.headline)
    other = replace(served.rating, factors=tuple(replace(f, score=f.score.scaled(0.5)) for f in served.rating.factors))
    parts = {key: draws / 2 for key, draws in served.parts.items()}
    charged = effect(
        replace(served, charged=other, charged_parts=parts), targets_of(project, store.labels(project.id)),
        circumstances(store, project, served),
    )  # fmt: skip
    assert charged is not None
    assert charged.rating.score.value == pytest.approx(now.rating.score.value / 2)  # of the model in charge, by the same weights
    assert (charged.answer.answer, charged.answer.rules) == (now.answer.answer, now.answer.rules)
    at = AppTest.from_file(PAGE, default_timeout=60)
    at.session_state["project"] = project.name
    at.run()
    key = Keys(store.project(project.id), targets_of(project, store.labels(project.id)))
    assert at.button(key="targets_save").disabled
    at.radio(key=key("profile")).set_value("own").run()
    at.number_input(key=key("rating")).set_value(5.0)
    at.number_input(key=key("balance")).set_value(0.0).run()
    assert not at.exception
    shown = next(text.value for text in at.markdown if "| Then |" in text.value)
    assert "| Rating to reach | 70 | 5 |" in shown
    assert "All labels 44 % · Underperforming labels 25 % · Coverage 31 % · Balance 0 %" in [text.value for text in at.caption]
    assert dict(store.project(project.id).settings) == dict(project.settings)
    at.button(key="targets_save").click().run()
    assert not at.exception
    saved = store.project(project.id)
    assert saved.settings["targets"]["rating"] == 5.0
    assert saved.settings["weights"]["balance"] == 0.0
    at.button(key="targets_undo").click().run()
    assert not at.exception
    assert dict(store.project(project.id).settings) == dict(project.settings)
