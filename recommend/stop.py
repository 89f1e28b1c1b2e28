"""Whether to stop: ready, plateau, keep going, cannot tell yet, false start, stalled or spent, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rating.evidence import Floats, RatingConfig
from rating.forecast import History, forecast
from rating.rate import Result
from rating.records import Rating
from recommend.causes import CROWDED, Cause, false_start_cause, lost_labels, stall_cause
from recommend.checks import chance_below, check_before, quantiles
from recommend.records import Answer, Check, RuleName, Stop, Verdict
from recommend.rules import RULES, Facts, Terms, met, verdicts
from recommend.stability import Agreement

TOO_WIDE = 20.0
EARLY, SKEWED = 300, 0.6


@dataclass(frozen=True)
class Outlook:
    """What more reviewing would bring: plausible rating points of the next hour (draws,), and hours to the target.

    ``next_reviews`` is how many reviews that hour holds: no more than there are unreviewed items. ``exponents`` (draws,) are the
    powers by which the error of All labels falls meanwhile.
    """

    next_hour: Floats
    hours: tuple[float, float] | None
    reviews_per_hour: float
    next_reviews: float
    exponents: Floats


def outlook(result: Result, history: History, target: float, seconds: float, config: RatingConfig, skipped: int = 0) -> Outlook:
    """Forecast the next hour and the way to the target, at ``seconds`` a review; ``skipped`` items are not asked for again."""
    return _outlook(result.rating, history, target, seconds, config, skipped)


def _outlook(
    rating: Rating, history: History, target: float, seconds: float, config: RatingConfig, skipped: int
) -> Outlook:  # fmt: skip
    ahead, per_hour = forecast(rating, history, config), 3600.0 / seconds
    hour = min(per_hour, float(_left(rating, skipped)))
    reviews = ahead.reviews_to(target)
    hours = None if reviews is None or reviews[1] is None else (reviews[0] / per_hour, reviews[1] / per_hour)
    return Outlook(ahead.scores(hour) - ahead.scores(0.0), hours, per_hour, hour, ahead.exponents(hour))


def _left(rating: Rating, skipped: int) -> int:
    """How many items may still be asked for."""
    return max(rating.population - rating.reviewed - skipped, 0)


def decide(
    result: Result,
    history: History,
    *,
    config: RatingConfig,
    terms: Terms | None = None,
    seconds: float = 7.0,
    hours: float = 0.0,
    checks: Sequence[Check] = (),
    alike: Agreement | None = None,
    skipped: int = 0,
) -> Stop:
    """Answer from the rating, its history of (reviews, All labels 0-1, standard error) and the lead's terms.

    ``seconds`` is what a review takes, and ``hours`` what all of them have taken so far. ``checks`` are those made before,
    oldest first, and ``alike`` says how far the model decides as that of the last of them which is 30 reviews back. ``skipped``
    is how many items are skipped, and so not asked for again.
    """
    terms = terms or Terms()
    if result.rating.score.value is None:
        return Stop("cannot_tell", "Cannot tell yet.", result.rating.reasons, ("These reviews.",), None, None)
    assert result.draws is not None
    found = weigh(
        result.rating, result.draws, history, config=config, terms=terms, seconds=seconds, hours=hours, checks=checks,
        alike=alike, skipped=skipped, lopsided=false_start(result),
    )  # fmt: skip
    view, cause = found.view, _cause(found.answer, result)
    evidence = (*_evidence(result.rating, view), *((cause.words,) if cause.words else ()))
    return Stop(
        found.answer, found.headline, evidence, _reopen(found.answer), view.hours, float(np.median(view.next_hour)),
        found.rules, found.check, mend=cause.mend, mend_labels=cause.label_ids,
    )  # fmt: skip


@dataclass(frozen=True)
class Weighed:
    """An answer by the rules, in one sentence, with what they said and what it leaves for the next check."""

    answer: Answer
    headline: str
    rules: tuple[Verdict, ...]
    view: Outlook
    check: Check


def weigh(
    rating: Rating, draws: Floats, history: History, *, config: RatingConfig, terms: Terms, seconds: float, hours: float = 0.0,
    checks: Sequence[Check] = (), alike: Agreement | None = None, skipped: int = 0, lopsided: bool = False,
) -> Weighed:  # fmt: skip
    """Answer from a rating that has a value and its ``draws``; ``lopsided`` says that it is a false start. See :func:`decide`."""
    view = _outlook(rating, history, terms.target, seconds, config, skipped)
    check = _check(rating, view, alike)
    facts = _facts(rating, draws, check, check_before(checks, check.reviewed), view, terms, hours)
    found = verdicts(replace(facts, left=_left(rating, skipped)), terms)
    answer: Answer = "false_start" if lopsided else _answer(rating, history, found, terms)
    return Weighed(answer, _headline(answer, rating, view, terms), found, view, check)


def _cause(answer: Answer, result: Result) -> Cause:
    if answer == "stalled":
        return stall_cause(result)
    return false_start_cause(result) if answer == "false_start" else Cause("", None)


def _check(rating: Rating, view: Outlook, alike: Agreement | None) -> Check:
    overall, labels = (None, None) if alike is None else (alike.overall, alike.labels)
    return Check(rating.reviewed, quantiles(view.next_hour), overall, labels)


def _facts(
    rating: Rating, draws: Floats, check: Check, before: Check | None, view: Outlook, terms: Terms, hours: float
) -> Facts:  # fmt: skip
    return Facts(
        sure=float((draws >= terms.target).mean()),
        low_factors=tuple(
            f"{f.title} {f.score.value:.0f}" for f in rating.factors if (f.score.value or 0.0) < terms.factor_target
        ),
        weak=tuple(weak_labels(rating, terms.labels)),
        idle=float((view.next_hour < terms.hour_worth).mean()),
        idle_before=None if before is None else chance_below(before.gains, terms.hour_worth),
        unseen=rating.missing_mass.high,
        kappa=check.kappa,
        kappa_before=None if before is None else before.kappa,
        left=rating.population - rating.reviewed,
        reviews=rating.reviewed,
        hours=hours,
    )


def _answer(rating: Rating, history: History, found: Sequence[Verdict], terms: Terms) -> Answer:
    if met(found, terms.ready):
        return "ready"
    settled, lost = _width(rating) <= TOO_WIDE, lost_labels(rating) is not None
    stuck = lost or (settled and stalled(history))
    if settled and not stuck and met(found, terms.plateau):
        return "plateau"
    if met(found, ("budget",)):
        return "spent"
    if stuck:
        return "stalled"
    return "keep_going" if settled else "cannot_tell"


def weak_labels(rating: Rating, target: float | None = None) -> list[str]:
    """Important labels below Good; without any marked important, those that are poor.

    With a ``target`` (0-100 of average precision) of one's own the labels below it: important ones, or without any all.
    """
    marked = [label for label in rating.labels if label.important]
    if target is not None:
        return [label.name for label in marked or rating.labels if 100.0 * (label.ap.value or 0.0) < target]
    if marked:
        return [label.name for label in marked if label.band in ("none", "poor", "average")]
    return [label.name for label in rating.labels if label.band == "poor"]


def false_start(result: Result) -> bool:
    """Whether a young project looks in too few places: unbalanced, or most reviews in one theme."""
    if not EARLY / 6 <= result.rating.reviewed <= EARLY or result.balance is None:
        return False
    return result.balance.value < SKEWED or float(result.balance.reviewed_share.max()) > CROWDED


def stalled(history: History) -> bool:
    """Whether the last checks over at least half as many reviews again have brought no more than noise, at a low level."""
    recent = [point for point in history if point[1] < 1.0][-6:]
    if len(recent) < 4 or recent[-1][0] < 1.5 * recent[0][0] or recent[-1][1] >= 0.8:
        return False
    (n0, a0, s0), (n1, a1, s1) = recent[0], recent[-1]
    slope = (np.log(1.0 - a0) - np.log(1.0 - a1)) / np.log(n1 / n0)
    noise = np.hypot(s0 / (1.0 - a0), s1 / (1.0 - a1)) / np.log(n1 / n0)
    return bool(slope + 0.84 * noise < 0.15)


def _width(rating: Rating) -> float:
    score = rating.score
    return (score.high or 0.0) - (score.low or 0.0)


def _evidence(rating: Rating, view: Outlook) -> tuple[str, ...]:
    score, low, high = rating.score, *np.quantile(view.next_hour, [0.1, 0.9])
    return (
        f"Rating {score.value:.0f}, between {score.low:.0f} and {score.high:.0f} with 90 % confidence.",
        f"The next hour (about {view.next_reviews:,.0f} reviews) brings {low:.1f} to {high:.1f} points.",
    )


def _headline(answer: Answer, rating: Rating, view: Outlook, terms: Terms) -> str:
    score, gain, target = rating.score, float(np.median(view.next_hour)), terms.target
    words: dict[Answer, str] = {
        "ready": f"Ready for {terms.purpose}: {because(terms.ready)}.",
        "plateau": f"Plateau: {_little(view, gain)}; {because(terms.plateau)}.",
        "keep_going": f"Keep going: another hour brings about {gain:.1f} points; {hours_in_words(view.hours)} to a rating of "
        f"{target:.0f}.",
        "cannot_tell": f"Cannot tell yet: the rating may be anything from {score.low:.0f} to {score.high:.0f}.",
        "false_start": "False start: the reviewed items come from too few themes to speak for the rest.",
        "stalled": "Stalled: the last reviews have not made the model better, although it is far from good.",
        "spent": f"Budget spent: the rating is {score.value:.0f}, and another hour would bring about {gain:.1f} points.",
    }
    return words[answer]


def _little(view: Outlook, gain: float) -> str:
    return f"another hour brings about {gain:.1f} points" if view.next_reviews else "every item is reviewed"


def because(rules: Sequence[RuleName]) -> str:
    """The rules that an answer rests on, in one phrase.

    >>> because(("unseen", "labels"))
    'nothing much is undiscovered, and no label that matters is weak'
    """
    words = [RULES[name][0].lower() + RULES[name][1:] for name in rules]
    return ", and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def hours_in_words(hours: tuple[float, float] | None) -> str:
    """A range of hours as a person says it; None is out of sight.

    >>> hours_in_words((0.0, 0.7)), hours_in_words((1.2, 3.4)), hours_in_words(None)
    ('at most 0.7 hours', '1.2 to 3.4 hours', 'more hours than can be foreseen')
    """
    if hours is None:
        return "more hours than can be foreseen"
    if hours[1] < 0.05:
        return "no time"
    return f"at most {hours[1]:.1f} hours" if hours[0] < 0.05 else f"{hours[0]:.1f} to {hours[1]:.1f} hours"


def _reopen(answer: Answer) -> tuple[str, ...]:
    words: dict[Answer, tuple[str, ...]] = {
        "ready": ("New items on themes not seen so far.", "A new label, or a higher target."),
        "plateau": ("New items, a new label, or an hour worth less.", "A better encoder: the features may be the limit."),
        "keep_going": ("The targets of the profile met with confidence.",),
        "cannot_tell": ("More reviews; Shuffle narrows the interval of every factor.",),
        "false_start": ("Start again from Discover and Shuffle, which look everywhere.",),
        "spent": ("A larger budget.", "New items, or a lower target."),
        "stalled": ("Check the labels' reviews for contradictions, and whether two labels mean the same.",),
    }
    return words[answer]
