"""The rules that a stop answer is made of: each says whether it is met, by which figure, and in words. They combine freely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from data.errors import InvalidInput
from recommend.checks import APART
from recommend.records import RuleName, Verdict

#: What each profile asks of the rating and of every factor, on the scale of 0 to 100.
TARGETS: Mapping[str, float] = {"analytics": 70.0, "automation": 90.0}
#: Every factor has to reach this where no other target is set.
FACTOR_TARGET = 70.0
#: How sure a rule has to be, and the largest share of items that may hold a concept which the labels lack.
CONFIDENT, UNSEEN_LIMIT = 0.8, 0.02
#: Two checks in turn must find it at least this likely that an hour is not worth it. On development replays of two data sets
#: asking for .8 stopped 25 % later than .5, at two to three times the regret: what is waited for costs more than it tells.
LIKELY = 0.5
#: Predictions have settled when two models in turn decide this much alike (Cohen's kappa). From .96 on, the guard held replays
#: back long after they had stopped to gain.
SETTLED = 0.95
#: Every rule in a few words, for settings and tables.
RULES: Mapping[RuleName, str] = {
    "target": "The rating has reached its target",
    "factors": "Every factor has reached its target",
    "labels": "No label that matters is weak",
    "hour_worth": "Another hour is not worth it",
    "unseen": "Nothing much is undiscovered",
    "stable": "The model's decisions have settled",
    "budget": "The budget is spent",
}
#: The own targets that a project may set, in words.
OWN_TARGETS: Mapping[str, str] = {"rating": "the rating", "factors": "every factor", "labels": "labels that matter"}
READY: tuple[RuleName, ...] = ("target", "factors", "labels")
PLATEAU: tuple[RuleName, ...] = ("hour_worth", "unseen", "stable")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a lead asks of a stop: the profile, what an hour must bring in rating points, what may be spent, and the rules.

    ``budget_hours`` and ``budget_reviews`` are None without a limit. ``ready`` and ``plateau`` are the rules that all have to
    be met for that answer; an empty one is never given. ``rating``, ``factors`` and ``labels`` are own targets, 0 to 100, for the
    rating, for each factor, and for the average precision of the labels that matter; None where the profile's holds.
    """

    profile: str = "analytics"
    hour_worth: float = 1.0
    budget_hours: float | None = None
    budget_reviews: float | None = None
    ready: tuple[RuleName, ...] = READY
    plateau: tuple[RuleName, ...] = PLATEAU
    rating: float | None = None
    factors: float | None = None
    labels: float | None = None

    @property
    def target(self) -> float:
        """The rating that is asked for, 0 to 100."""
        return TARGETS[self.profile] if self.rating is None else self.rating

    @property
    def factor_target(self) -> float:
        """What is asked of every factor, 0 to 100."""
        return FACTOR_TARGET if self.factors is None else self.factors

    @property
    def label_target(self) -> float:
        """The average precision, 0 to 100, by which labels get an answer of their own."""
        return self.target if self.labels is None else self.labels

    @property
    def purpose(self) -> str:
        """What the model is to be ready for, in words."""
        return self.profile if (self.rating, self.factors, self.labels) == (None, None, None) else "your own targets"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at.

    ``sure`` is the chance that the rating has reached the target; ``low_factors`` are those below their target and ``weak`` the
    labels that matter and are weak, in words. ``idle`` is the chance that the next hour brings less than it is worth, and
    ``idle_before`` the same at the check before (None without one). ``unseen`` is the 90 % bound of the share of items with a
    concept that the labels lack. ``kappa`` is how far the model decides as that of the check before, and ``kappa_before`` the
    same at that check. ``left`` counts unreviewed items, ``reviews`` and ``hours`` what was spent.
    """

    sure: float
    low_factors: tuple[str, ...]
    weak: tuple[str, ...]
    idle: float
    idle_before: float | None
    unseen: float | None
    kappa: float | None
    kappa_before: float | None
    left: int
    reviews: int
    hours: float


def verdicts(facts: Facts, terms: Terms) -> tuple[Verdict, ...]:
    """What the rules of both answers say, those of ready first, and the budget's where there is one."""
    names = [*terms.ready, *terms.plateau]
    if terms.budget_hours is not None or terms.budget_reviews is not None:
        names.append("budget")
    return tuple(_RULES[name](facts, terms) for name in dict.fromkeys(names))


def met(found: Sequence[Verdict], names: Sequence[RuleName]) -> bool:
    """Whether all of these rules are met; never when there are none."""
    passed = {verdict.rule for verdict in found if verdict.met}
    return bool(names) and passed.issuperset(names)


def _target(facts: Facts, terms: Terms) -> Verdict:
    words = f"The chance that the rating is {terms.target:.0f} or more is {facts.sure:.0%}; {CONFIDENT:.0%} is asked for."
    return Verdict("target", facts.sure >= CONFIDENT, facts.sure, words)


def _factors(facts: Facts, terms: Terms) -> Verdict:
    low, target = facts.low_factors, terms.factor_target
    usual = target == FACTOR_TARGET
    missed = f"Below {'Good' if usual else f'{target:.0f}'}: {', '.join(low)}."
    reached = "Every factor is Good or better." if usual else f"Every factor has reached {target:.0f}."
    return Verdict("factors", not low, float(len(low)), missed if low else reached)


def _labels(facts: Facts, terms: Terms) -> Verdict:
    weak = facts.weak
    words = f"Weak labels: {', '.join(weak[:5])}{' and others' if len(weak) > 5 else ''}."
    return Verdict("labels", not weak, float(len(weak)), words if weak else "No label that matters is weak.")


def _hour_worth(facts: Facts, terms: Terms) -> Verdict:
    if facts.left == 0:
        return Verdict("hour_worth", True, 1.0, "Every item is reviewed.")
    points = f"{terms.hour_worth:g} point{'' if terms.hour_worth == 1 else 's'}"
    words = f"The chance that the next hour brings less than {points} is {facts.idle:.0%}"
    before = (
        "; there was no check before" if facts.idle_before is None else f", and was {facts.idle_before:.0%} at the check before"
    )
    least = facts.idle if facts.left < APART else min(facts.idle, facts.idle_before or 0.0)
    return Verdict("hour_worth", least >= LIKELY, least, f"{words}{before}; {LIKELY:.0%} twice is asked for.")


def _unseen(facts: Facts, terms: Terms) -> Verdict:
    if facts.unseen is None:
        return Verdict("unseen", False, None, "How many items hold a concept that the labels lack cannot be told.")
    words = f"At most {facts.unseen:.1%} of the items hold a concept that the labels lack (90 % bound); {UNSEEN_LIMIT:.0%} may."
    return Verdict("unseen", facts.unseen < UNSEEN_LIMIT, facts.unseen, words)


def _stable(facts: Facts, terms: Terms) -> Verdict:
    if facts.left == 0:
        return Verdict("stable", True, facts.kappa, "Every item is reviewed.")
    if facts.kappa is None:
        return Verdict("stable", False, None, "Whether the model's decisions have settled is told from the next check on.")
    before = "there was no check before" if facts.kappa_before is None else f"{facts.kappa_before:.3f} at the check before"
    least = facts.kappa if facts.left < APART else min(facts.kappa, facts.kappa_before or 0.0)
    words = f"The model decides as it did a check ago by a kappa of {facts.kappa:.3f} ({before}); {SETTLED:g} twice is asked for."
    return Verdict("stable", least >= SETTLED, least, words)


def _budget(facts: Facts, terms: Terms) -> Verdict:
    kinds = ((facts.hours, terms.budget_hours, ".1f", "hours"), (facts.reviews, terms.budget_reviews, ",.0f", "reviews"))
    limits = [(spent, limit, style, unit) for spent, limit, style, unit in kinds if limit is not None]
    shares = [spent / limit if limit > 0 else 1.0 for spent, limit, _, _ in limits]
    words = " and ".join(f"{spent:{style}} of {limit:{style}} {unit}" for spent, limit, style, unit in limits)
    share = max(shares, default=None)
    return Verdict("budget", share is not None and share >= 1.0, share, f"Spent: {words}." if limits else "There is no budget.")


_RULES: Mapping[RuleName, Callable[[Facts, Terms], Verdict]] = {
    "target": _target, "factors": _factors, "labels": _labels, "hour_worth": _hour_worth, "unseen": _unseen, "stable": _stable,
    "budget": _budget,
}  # fmt: skip


def terms_of(settings: Mapping[str, Any], profile: str = "analytics") -> Terms:
    """The terms that a project's settings ask for; InvalidInput names a rule that there is not and a number that is none.

    >>> terms_of({"stop": {"plateau": ["hour_worth"]}, "hour_worth": 2}).plateau
    ('hour_worth',)
    """
    chosen = settings.get("stop") or {}
    named = {key: tuple(chosen.get(key, usual)) for key, usual in (("ready", READY), ("plateau", PLATEAU))}
    if unknown := sorted({name for names in named.values() for name in names} - set(get_args(RuleName))):
        raise InvalidInput(
            f"There is no stop rule {unknown[0]!r}; rules are {', '.join(RULES)}. Correct the stop rules in the settings."
        )
    amounts = {key: _amount(settings, key) for key in ("budget_hours", "budget_reviews")}
    worth = _amount(settings, "hour_worth")
    own = {key: _target_of(settings, key) for key in OWN_TARGETS}
    return Terms(profile, 1.0 if worth is None else worth, ready=named["ready"], plateau=named["plateau"], **amounts, **own)


def _target_of(settings: Mapping[str, Any], key: str) -> float | None:
    """An own target; InvalidInput where it is no number of 0 to 100."""
    value = (settings.get("targets") or {}).get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise InvalidInput(
            f"The target for {OWN_TARGETS[key]} is a number from 0 to 100, not {value!r}. Correct it on the Targets page."
        )
    return float(value)


def _amount(settings: Mapping[str, Any], key: str) -> float | None:
    value = settings.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise InvalidInput(f"The setting {key} is a number of at least 0, not {value!r}. Correct it in the settings.")
    return float(value)
