"""Agreement between annotators beyond chance: observed agreement, Cohen's and Fleiss' kappa, Krippendorff's alpha.

What somebody has not judged is missing, never a "no". Cohen's kappa compares two people; Fleiss' kappa any number of them, as
long as each item has equally many judgements; Krippendorff's alpha for nominal data copes with whatever is missing. All of them
are 1 at perfect agreement, 0 at what chance alone would give, and below 0 where people contradict each other.
Sources: Cohen 1960; Fleiss 1971; Krippendorff 2004, chapter 11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats, Ints
from rating.records import Estimate

#: How a missing judgement is coded; categories are 0, 1, 2, ...
MISSING = -1
DRAWS = 1000
#: Items that nobody has seen yet stand in every draw with this weight together: one on which people differ, and one on which they
#: agree that it is of the rarer category. Without them a handful of items would seem to prove that there never is one.
UNSEEN = 0.5
NO_OVERLAP = "No item was judged by two people. Let a second person judge some."
ONE_ANSWER = "Everybody gave the same one answer throughout: agreement beyond chance cannot be told from it."
NOT_TWO = "Cohen's kappa compares two people; {people} have judged here. Krippendorff's alpha speaks for all of them."
UNEVEN = "Fleiss' kappa needs equally many judgements of each item; here they differ. Krippendorff's alpha copes with that."

_Measure = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far annotators agree: on how many ``items`` with two judgements or more, and between how many ``people``.

    ``observed`` (0-1) is the chance that two judgements of an item agree, averaged over items; ``cohen``, ``fleiss`` and
    ``alpha`` (at most 1) take off what chance explains. Each has a 90 % interval over items, and value None with a reason
    where undefined.
    """

    items: int
    people: int
    observed: Estimate
    cohen: Estimate
    fleiss: Estimate
    alpha: Estimate


def agreement(codes: Ints, *, seed: int = 0) -> Agreement:
    """Agreement on items judged by annotators, ``codes`` (n, A): a category from 0 on, or MISSING.

    Items with fewer than two judgements say nothing and are left out.
    """
    shared = codes[(codes != MISSING).sum(axis=1) >= 2]
    shared = shared[:, (shared != MISSING).any(axis=0)]
    people = shared.shape[1]
    if not len(shared):
        unknown = Estimate(None, reason=NO_OVERLAP)
        return Agreement(0, people, unknown, unknown, unknown, unknown)
    rng = np.random.default_rng(seed)
    counts, times, draws = _drawn(*np.unique(_counts(shared), axis=0, return_counts=True), rng)
    even = len(np.unique(counts[times > 0].sum(axis=1))) == 1
    return Agreement(
        items=len(shared),
        people=people,
        observed=_estimate(lambda w: _observed(counts, w), times, draws),
        cohen=_cohens(shared, rng) if people == 2 else Estimate(None, reason=NOT_TWO.format(people=people)),
        fleiss=_estimate(lambda w: _fleiss(counts, w), times, draws) if even else Estimate(None, reason=UNEVEN),
        alpha=_estimate(lambda w: _alpha(counts, w), times, draws),
    )


def overall(judged: Floats, *, seed: int = 0) -> Estimate:
    """Krippendorff's alpha over all labels at once, of ``judged`` (n, A, L): 1 assigned, 0 judged otherwise, nan missing.

    Disagreements observed and expected are summed over the labels, so that frequent labels weigh more than rare ones; a label
    counts on the items that two people judged it on. The interval draws whole items, whose labels belong together.
    """
    known = ~np.isnan(judged)
    shared = known.sum(axis=1) >= 2
    held = np.where(shared, known.sum(axis=1), 0).astype(float)
    given = np.where(shared, np.nansum(judged, axis=1), 0.0)
    if not shared.any():
        return Estimate(None, reason=NO_OVERLAP)
    apart = 2.0 * given * (held - given) / np.maximum(held - 1.0, 1.0)
    rows = shared.any(axis=1)
    dispute = np.eye(held.shape[1])[int(np.argmax(given.sum(axis=0)))]
    held, given, apart = (np.vstack([part[rows], by * dispute]) for part, by in ((held, 2.0), (given, 1.0), (apart, 2.0)))
    times = np.r_[np.ones(int(rows.sum())), 0.0]
    draws = np.random.default_rng(seed).dirichlet(np.r_[times[:-1], UNSEEN / 2.0], DRAWS) * times.sum()
    return _estimate(lambda w: _pooled(held, given, apart, w), times, draws)


def _pooled(held: Floats, given: Floats, apart: Floats, weights: Floats) -> Floats:
    total, yes = weights @ held, weights @ given
    expected = np.where(total > 1.0, 2.0 * yes * (total - yes) / np.maximum(total - 1.0, 1e-9), 0.0).sum(axis=-1)
    return _beyond((weights @ apart).sum(axis=-1), expected)


def _counts(codes: Ints) -> Ints:
    """How many judgements of each category every item has, (n, K)."""
    return np.stack([(codes == category).sum(axis=1) for category in range(int(codes.max()) + 1)], axis=1)


def _drawn(counts: Ints, times: Ints, rng: np.random.Generator) -> tuple[Ints, Floats, Floats]:
    """Distinct items (u, K) with how often each occurs (u,), and redrawn weights (DRAWS, u); two that may be unseen are added."""
    order = np.argsort(-(times @ counts), kind="stable")
    size = int(counts[np.argmax(times)].sum())
    agreed, split = np.zeros((2, max(counts.shape[1], 2)), dtype=np.int64)
    counts = np.pad(counts, ((0, 0), (0, len(agreed) - counts.shape[1])))
    first, second = (*order.tolist(), 1)[:2]
    agreed[second], split[first], split[second] = size, size - 1, 1
    prior = np.r_[np.zeros(len(times)), UNSEEN / 2.0, UNSEEN / 2.0]
    weights = np.r_[times, 0.0, 0.0].astype(float)
    total = float(times.sum())
    return np.vstack([counts, agreed, split]), weights, rng.dirichlet(np.maximum(weights + prior, 1e-9), DRAWS) * total


def _observed(counts: Ints, weights: Floats) -> Floats:
    size = counts.sum(axis=1)
    agree = (counts * (counts - 1)).sum(axis=1) / (size * (size - 1))
    return np.asarray(weights @ agree / weights.sum(axis=-1))


def _fleiss(counts: Ints, weights: Floats) -> Floats:
    shares = weights @ counts
    shares = shares / shares.sum(axis=-1, keepdims=True)
    by_chance = np.square(shares).sum(axis=-1)
    return _beyond(1.0 - _observed(counts, weights), 1.0 - by_chance)


def _alpha(counts: Ints, weights: Floats) -> Floats:
    size = counts.sum(axis=1)
    apart = size - (counts * (counts - 1)).sum(axis=1) / (size - 1)
    categories = weights @ counts
    total = categories.sum(axis=-1)
    expected = (total**2 - np.square(categories).sum(axis=-1)) / np.maximum(total - 1.0, 1e-9)
    return _beyond(weights @ apart, expected)


def _cohens(codes: Ints, rng: np.random.Generator) -> Estimate:
    """Cohen's kappa of two people, ``codes`` (n, 2)."""
    kinds = max(int(codes.max()) + 1, 2)
    pairs = np.bincount(codes[:, 0] * kinds + codes[:, 1], minlength=kinds * kinds)
    times = pairs.astype(float)
    frequent, other = np.argsort(-np.bincount(codes.ravel(), minlength=kinds), kind="stable")[:2].tolist()
    prior = np.zeros(kinds * kinds)
    prior[other * kinds + other] = UNSEEN / 2.0
    prior[[frequent * kinds + other, other * kinds + frequent]] = UNSEEN / 4.0
    draws = rng.dirichlet(np.maximum(times + prior, 1e-9), DRAWS) * times.sum()
    return _estimate(lambda w: _cohen(w.reshape(*w.shape[:-1], kinds, kinds)), times, draws)


def _cohen(tables: Floats) -> Floats:
    """Kappa of tables (..., K, K) of what one person said by what the other said."""
    tables = tables / tables.sum(axis=(-2, -1), keepdims=True)
    agreed = np.trace(tables, axis1=-2, axis2=-1)
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return _beyond(1.0 - agreed, 1.0 - by_chance)


def _beyond(observed: Floats, expected: Floats) -> Floats:
    """1 - observed / expected disagreement; nan where chance could not disagree."""
    possible = expected > 1e-9
    return np.where(possible, 1.0 - observed / np.where(possible, expected, 1.0), np.nan)


def _estimate(measure: _Measure, times: Floats, draws: Floats) -> Estimate:
    """A measure of items that occur so often, with the 90 % interval of the draws, which always holds the value."""
    value = float(measure(times))
    if np.isnan(value):
        return Estimate(None, reason=ONE_ANSWER)
    low, high = np.nanquantile(measure(draws), [0.05, 0.95])
    return Estimate(value, min(float(low), value), max(float(high), value))
