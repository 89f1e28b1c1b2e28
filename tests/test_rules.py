"""The rules of the stop answer: each is met on its own side of its limit, says so in words, and they combine."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidInput
from recommend.checks import APART
from recommend.records import RuleName
from recommend.rules import PLATEAU, READY, RULES, Facts, Terms, met, terms_of, verdicts

GOOD = Facts(
    sure=0.9, low_factors=(), weak=(), idle=0.6, idle_before=0.5, unseen=0.01, kappa=0.96, kappa_before=0.95, left=500,
    reviews=100, hours=2.0,
)  # fmt: skip
ALL = Terms(budget_hours=1.0, ready=READY, plateau=PLATEAU)


def of(name: RuleName, facts: Facts, terms: Terms = ALL) -> bool:
    return next(v.met for v in verdicts(facts, terms) if v.rule == name)


def test_every_rule_has_a_name_and_is_met_by_what_meets_it() -> None:
    assert set(RULES) == set(get_args(RuleName))
    found = verdicts(GOOD, ALL)
    assert {v.rule for v in found} == set(RULES)
    assert all(v.met for v in found)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("target", {"sure": 0.79}),
        ("factors", {"low_factors": ("Coverage 60",)}),
        ("labels", {"weak": ("Fraud",)}),
        ("hour_worth", {"idle": 0.49}),
        ("hour_worth", {"idle_before": 0.49}),
        ("hour_worth", {"idle_before": None}),
        ("unseen", {"unseen": 0.02}),
        ("unseen", {"unseen": None}),
        ("stable", {"kappa": 0.949}),
        ("stable", {"kappa": None}),
        ("stable", {"kappa_before": 0.949}),
        ("stable", {"kappa_before": None}),
        ("budget", {"hours": 0.9}),
    ],
)
def test_a_rule_fails_alone_just_beyond_its_limit(name: RuleName, change: dict[str, object]) -> None:
    failed = [v for v in verdicts(replace(GOOD, **change), ALL) if not v.met]  # type: ignore[arg-type]
    assert [v.rule for v in failed] == [name]
    assert failed[0].words.endswith(".")


def test_nothing_left_to_review_is_worth_no_hour() -> None:
    done = replace(GOOD, idle=0.0, idle_before=None, kappa=None, left=0)
    assert of("hour_worth", done)
    assert of("stable", done)


def test_the_budget_is_spent_by_hours_or_by_reviews() -> None:
    assert not of("budget", GOOD, Terms(budget_hours=3.0, budget_reviews=101))
    assert of("budget", GOOD, Terms(budget_hours=3.0, budget_reviews=100))
    assert of("budget", GOOD, Terms(budget_hours=0.0))
    assert "budget" not in {v.rule for v in verdicts(GOOD, Terms())}


@given(st.lists(st.sampled_from(get_args(RuleName)), unique=True), st.sets(st.sampled_from(get_args(RuleName))))
def test_an_answer_needs_all_of_its_rules_and_at_least_one(asked: list[RuleName], failing: set[RuleName]) -> None:
    found = [replace(v, met=v.rule not in failing) for v in verdicts(GOOD, ALL)]
    assert met(found, asked) == (bool(asked) and not failing & set(asked))


def test_settings_choose_rules_worth_and_budgets() -> None:
    terms = terms_of({"stop": {"plateau": ["unseen"]}, "hour_worth": 2, "budget_reviews": 500}, "automation")
    assert terms == Terms("automation", 2.0, None, 500.0, READY, ("unseen",))
    assert terms_of({}) == Terms()
    assert terms.target == 90.0


@pytest.mark.parametrize(
    "settings",
    [{"stop": {"ready": ["luck"]}}, {"hour_worth": -1}, {"budget_hours": "two"}, {"budget_reviews": float("nan")}],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused_with_their_remedy(settings: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="in the settings"):
        terms_of(settings)


@pytest.mark.parametrize("left", [APART - 1, APART])
def test_where_no_second_check_can_come_the_first_one_counts(left: int) -> None:
    facts = replace(GOOD, left=left, idle_before=None, kappa_before=None)
    assert of("hour_worth", facts) == of("stable", facts) == (left < APART)
    assert not of("hour_worth", replace(facts, idle=0.1))
