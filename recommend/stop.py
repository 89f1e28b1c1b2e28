"""Whether to stop: ready, plateau, keep going, cannot tell yet, false start or stalled, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats, RatingConfig
from rating.forecast import after, forecast, thinned
from rating.rate import Result
from rating.records import Factor
from recommend.records import Answer, Stop

#: What each profile asks of the rating and of every factor, on the scale of 0 to 100.
TARGETS: Mapping[str, float] = {"analytics": 70.0, "automation": 90.0}
CONFIDENT, TOO_WIDE, UNSEEN_LIMIT = 0.8, 20.0, 0.02
EARLY, SKEWED, CROWDED = 300, 0.6, 0.6


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


def outlook(
    result: Result, history: Sequence[tuple[int, float, float]], target: float, seconds: float, config: RatingConfig
) -> Outlook:
    """Forecast the next hour and the way to the target, at ``seconds`` a review."""
    ahead, per_hour = forecast(result.rating, history, config), 3600.0 / seconds
    hour = min(per_hour, float(result.rating.population - result.rating.reviewed))
    reviews = ahead.reviews_to(target)
    hours = None if reviews is None or reviews[1] is None else (reviews[0] / per_hour, reviews[1] / per_hour)
    return Outlook(ahead.scores(hour) - ahead.scores(0.0), hours, per_hour, hour, ahead.exponents(hour))


def decide(
    result: Result,
    history: Sequence[tuple[int, float, float]],
    *,
    config: RatingConfig,
    profile: str = "analytics",
    hour_worth: float = 1.0,
    seconds: float = 7.0,
) -> Stop:
    """Answer from the rating, its history of (reviews, All labels 0-1, standard error) and the worth of an hour.

    ``hour_worth`` is how many rating points an hour of an expert's time must bring; ``seconds`` what a review takes.
    """
    rating, target = result.rating, TARGETS[profile]
    if rating.score.value is None:
        return Stop("cannot_tell", "Cannot tell yet.", rating.reasons, ("These reviews.",), None, None)
    view = outlook(result, history, target, seconds, config)
    worth_it = float((view.next_hour >= hour_worth).mean())
    gain = float(np.median(view.next_hour))
    evidence = _evidence(result, view, worth_it, hour_worth)
    answer = _answer(result, target, history, 1.0 - worth_it, _worth_before(result, history, view, hour_worth))
    return Stop(answer, _headline(answer, result, view, target, gain, hour_worth), evidence, _reopen(answer), view.hours, gain)


def _answer(
    result: Result, target: float, history: Sequence[tuple[int, float, float]], idle: float, idle_before: float
) -> Answer:
    rating = result.rating
    if false_start(result):
        return "false_start"
    if sure_of(result, target) and not weak_labels(result) and all(_good(factor) for factor in rating.factors):
        return "ready"
    if _width(result) > TOO_WIDE:
        return "cannot_tell"
    if stalled(history):
        return "stalled"
    bounded = rating.missing_mass.high is not None and rating.missing_mass.high < UNSEEN_LIMIT
    return "plateau" if min(idle, idle_before) >= CONFIDENT and bounded else "keep_going"


def _worth_before(result: Result, history: Sequence[tuple[int, float, float]], view: Outlook, hour_worth: float) -> float:
    """The chance, at the check before this one, that an hour was not worth it; a single check does not end a project.

    All labels' gain from that check on, by today's exponents, is turned into rating points at today's rate; 0 when there was
    no check.
    """
    earlier = [point for point in thinned(history) if point[0] < result.rating.reviewed]
    if not earlier:
        return 0.0
    reviews, quality, _ = earlier[-1]
    now = (result.rating.factor("all_labels").score.value or 0.0) / 100.0
    then = _rise(quality, reviews, view.next_reviews, view.exponents)
    today = _rise(now, result.rating.reviewed, view.next_reviews, view.exponents)
    rate = float(np.median(view.next_hour)) / max(float(np.median(today)), 1e-9)
    return float((then * rate < hour_worth).mean())


def _rise(quality: float, reviews: int, more: float, exponents: Floats) -> Floats:
    return after(np.full(len(exponents), quality), reviews, more, exponents) - quality


def sure_of(result: Result, target: float) -> bool:
    """Whether the rating has reached the target with 80 % confidence."""
    assert result.draws is not None
    return float((result.draws >= target).mean()) >= CONFIDENT


def weak_labels(result: Result) -> list[str]:
    """Important labels below Good; without any marked important, those that are poor."""
    marked = [label for label in result.rating.labels if label.important]
    if marked:
        return [label.name for label in marked if label.band in ("none", "poor", "average")]
    return [label.name for label in result.rating.labels if label.band == "poor"]


def false_start(result: Result) -> bool:
    """Whether a young project looks in too few places: unbalanced, or most reviews in one theme."""
    if not EARLY / 6 <= result.rating.reviewed <= EARLY or result.balance is None:
        return False
    return result.balance.value < SKEWED or float(result.balance.reviewed_share.max()) > CROWDED


def stalled(history: Sequence[tuple[int, float, float]]) -> bool:
    """Whether the last checks over at least half as many reviews again have brought no more than noise, at a low level."""
    recent = [point for point in history if point[1] < 1.0][-6:]
    if len(recent) < 4 or recent[-1][0] < 1.5 * recent[0][0] or recent[-1][1] >= 0.8:
        return False
    (n0, a0, s0), (n1, a1, s1) = recent[0], recent[-1]
    slope = (np.log(1.0 - a0) - np.log(1.0 - a1)) / np.log(n1 / n0)
    noise = np.hypot(s0 / (1.0 - a0), s1 / (1.0 - a1)) / np.log(n1 / n0)
    return bool(slope + 0.84 * noise < 0.15)


def _good(factor: Factor) -> bool:
    return factor.band in ("good", "excellent")


def _width(result: Result) -> float:
    score = result.rating.score
    return (score.high or 0.0) - (score.low or 0.0)


def _evidence(result: Result, view: Outlook, worth_it: float, hour_worth: float) -> tuple[str, ...]:
    score, low, high = result.rating.score, *np.quantile(view.next_hour, [0.1, 0.9])
    unseen = result.rating.missing_mass
    lines = [
        f"Rating {score.value:.0f}, between {score.low:.0f} and {score.high:.0f} with 90 % confidence.",
        f"The next hour (about {view.next_reviews:.0f} reviews) brings {low:.1f} to {high:.1f} points; "
        f"the chance that it brings {hour_worth:g} or more is {worth_it:.0%}.",
        f"At most {unseen.high or 0.0:.1%} of the items hold a concept that the labels lack (90 % bound).",
    ]
    if weak := weak_labels(result):
        lines.append(f"Weak labels: {', '.join(weak[:5])}{' and others' if len(weak) > 5 else ''}.")
    low_factors = [f"{f.title} {f.score.value:.0f}" for f in result.rating.factors if not _good(f)]
    if low_factors:
        lines.append(f"Below Good: {', '.join(low_factors)}.")
    return tuple(lines)


def _headline(answer: Answer, result: Result, view: Outlook, target: float, gain: float, hour_worth: float) -> str:
    hours = hours_in_words(view.hours)
    score = result.rating.score
    words: dict[Answer, str] = {
        "ready": f"Ready: the rating is {target:.0f} or more with at least 80 % confidence, and no label that matters is weak.",
        "plateau": f"Plateau: another hour brings about {gain:.1f} points, less than the {hour_worth:g} it should be worth.",
        "keep_going": f"Keep going: another hour brings about {gain:.1f} points; {hours} to a rating of {target:.0f}.",
        "cannot_tell": f"Cannot tell yet: the rating may be anything from {score.low:.0f} to {score.high:.0f}.",
        "false_start": "False start: the reviewed items come from too few themes to speak for the rest.",
        "stalled": "Stalled: the last reviews have not made the model better, although it is far from good.",
    }
    return words[answer]


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
        "stalled": ("Check the labels' reviews for contradictions, and whether two labels mean the same.",),
    }
    return words[answer]
