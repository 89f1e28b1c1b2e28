"""Is the model too simple or too rich for its data: training against held-out scores along the regularisation path.

One eigendecomposition of the reviewed items' features gives ridge regression for every penalty: with X = U S V', fitted values
are mean + U diag(s^2 / (s^2 + penalty)) U' (y - mean), and leave-one-out is exact as in :mod:`rating.learner`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rating.evidence import Features, Floats, Ints
from rating.factors import Z90
from rating.learner import combine, judged_groups, within
from rating.records import Estimate
from rating.select import MIXES, ranked_precision

#: From hardly held back to hardly moving: those that a model chooses from, and further ones to either side.
PATH = (0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 10.0, 30.0, 100.0)
#: A verdict needs so many reviews and labels of two examples or more.
REVIEWS, LABELS = 100, 3
#: Another spot is clearly better by more than this average precision, and by two standard errors over the labels.
CLEARLY = 0.01
#: A model that ranks even what it learned from no better than this, with no wider gap than that, sees too little of an item.
LOW, NARROW = 0.8, 0.1
#: A fall is beyond chance from so many standard errors: one in twenty over seven earlier sizes and two figures.
BEYOND = 2.7
#: A gap closes where it is narrower by more than this average precision than at first.
CLOSER = 0.02

Answer = Literal["too rich", "falling back", "about right", "too simple", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A model on the path: its mix (weight by block), penalty, and effective number of parameters per label ``freedom``.

    Mean squared errors (lower is better) are over all judgements, average precisions (0-1) are means over the labels of
    ``precision`` (L,), which holds the held-out ones, nan for labels with fewer than two examples.
    """

    mix: Mapping[str, float]
    penalty: float
    freedom: float
    train_error: float
    held_error: float
    train_precision: float
    held_precision: float
    precision: Floats


@dataclass(frozen=True, slots=True)
class Gap:
    """Average precision of training less that of held-out scores after so many reviews, with its 90 % interval over labels.

    ``trained`` and ``unseen`` (L,) are the two by label, nan for labels with fewer than two examples by then.
    """

    reviews: int
    train: float
    held: float
    gap: Estimate
    trained: Floats
    unseen: Floats


@dataclass(frozen=True, slots=True)
class Loss:
    """What has got worse since so many reviews: held-out average precision fell, or the gap widened, by ``change`` (above 0)."""

    what: Literal["fell", "widened"]
    reviews: int
    change: Estimate


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model suits its data, and the sentences that say why."""

    answer: Answer
    evidence: tuple[str, ...]


def scores_along(
    features: Features, targets: Floats, penalties: Sequence[float], twins: tuple[Ints, ...] = ()
) -> Iterator[tuple[float, float, Floats, Floats]]:
    """For each penalty: it, the effective number of parameters (mean over labels), fitted and held-out scores, each (n, L).

    ``features`` (n, d) are the reviewed items', ``targets`` (n, L) as in Evidence; scores are nan where a label was not judged.
    ``twins`` must not predict each other.
    """
    parts = []
    for columns, judged in judged_groups(targets):
        rows = np.flatnonzero(judged)
        if len(rows):
            parts.append((columns, rows, *_spectrum(features[rows]), within(twins, judged)))
    for penalty in penalties:
        fitted, held, freedom = np.full(targets.shape, np.nan), np.full(targets.shape, np.nan), 0.0
        for columns, rows, u, squares, groups in parts:
            kept, place = squares / (squares + penalty), np.ix_(rows, columns)
            fitted[place], held[place] = _both(u, kept, targets[place], groups)
            freedom += len(columns) * (1.0 + float(kept.sum()))
        yield penalty, freedom / targets.shape[1], fitted, held


def _spectrum(features: Features) -> tuple[Floats, Floats]:
    """Left singular vectors (n, k) of the centred features and their squared singular values (k,), those above rounding."""
    x = np.asarray(features, dtype=np.float64)
    x = x - x.mean(axis=0)
    if len(x) <= x.shape[1]:
        squares, u = np.linalg.eigh(x @ x.T)
        real = squares > 1e-9
        return u[:, real], squares[real]
    squares, v = np.linalg.eigh(x.T @ x)
    real = squares > 1e-9
    return x @ v[:, real] / np.sqrt(squares[real]), squares[real]


def _both(u: Floats, kept: Floats, y: Floats, twins: tuple[Ints, ...]) -> tuple[Floats, Floats]:
    """Fitted and held-out scores (n, L) of targets (n, L) without gaps."""
    mean, n = y.mean(axis=0), len(y)
    fitted = mean + (u * kept) @ (u.T @ (y - mean))
    leverage = np.square(u) @ kept + 1.0 / n
    held = y - (y - fitted) / np.maximum(1.0 - leverage, 1e-6)[:, None]
    for group in twins:
        rest = np.eye(len(group)) - (u[group] * kept) @ u[group].T - 1.0 / n
        held[group] = y[group] - np.linalg.lstsq(rest, y[group] - fitted[group], rcond=None)[0]
    return fitted, held


def mixes_of(blocks: Mapping[str, Features]) -> list[dict[str, float]]:
    """The mixes of blocks that a model chooses from; of one block that one alone."""
    names = list(blocks)[:2]
    return [dict(zip(names, mix, strict=True)) for mix in MIXES] if len(names) == 2 else [{names[0]: 1.0}]


def path(
    blocks: Mapping[str, Features], targets: Floats, mix: Mapping[str, float], penalties: Sequence[float],
    twins: tuple[Ints, ...] = (),
) -> list[Spot]:  # fmt: skip
    """Every penalty of one mix of the reviewed items' ``blocks`` (n, d_b), the least held back first."""
    found = []
    for penalty, freedom, fitted, held in scores_along(combine(blocks, mix), targets, sorted(penalties), twins):
        precision = ranked_precision(held, targets)
        found.append(
            Spot(
                dict(mix), penalty, freedom, _error(fitted, targets), _error(held, targets),
                _mean(ranked_precision(fitted, targets)), _mean(precision), precision,
            )
        )  # fmt: skip
    return found


def gaps(
    features: Features, targets: Floats, penalty: float, order: Ints, sizes: Sequence[int], twins: tuple[Ints, ...] = ()
) -> list[Gap]:
    """Training against held-out average precision of the model after the first reviews, for each number of them.

    ``order`` (n,) are the positions of the reviewed items in the order of their reviews; ``twins`` must not predict each other.
    Sizes without a label of two examples are left out.
    """
    found, turn = [], np.argsort(order)
    for size in sizes:
        rows, together = order[:size], within(tuple(turn[group] for group in twins), np.arange(len(order)) < size)
        _, _, fitted, held = next(scores_along(features[rows], targets[rows], [penalty], together))
        train, unseen = ranked_precision(fitted, targets[rows]), ranked_precision(held, targets[rows])
        known = ~np.isnan(train) & ~np.isnan(unseen)
        if known.any():
            means = float(train[known].mean()), float(unseen[known].mean())
            found.append(Gap(size, *means, _over_labels((train - unseen)[known]), train, unseen))
    return found


def _over_labels(values: Floats) -> Estimate:
    """The mean with its 90 % interval over labels; without one for a single label."""
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean)
    reach = Z90 * float(values.std(ddof=1)) / np.sqrt(len(values))
    return Estimate(mean, float(mean - reach), float(mean + reach))


def sizes_up_to(reviews: int, count: int = 8, least: int = 50) -> list[int]:
    """Numbers of reviews in equal proportions, the last one all of them.

    >>> sizes_up_to(800, 5), sizes_up_to(40)
    ([50, 100, 200, 400, 800], [40])
    """
    return sorted({round(float(size)) for size in np.geomspace(min(least, reviews), reviews, count)})


def lost(found: Sequence[Gap]) -> Loss | None:
    """What has got worse beyond chance while reviews came in, and since when it did most; None where nothing has.

    A gap by itself is no loss: ridge regression nearly always ranks what it learned from rightly. Sizes are paired over the
    labels that both know, three or more, so that a label that came later is no fall.
    """
    worse: list[Loss] = [
        Loss(what, gap.reviews, _over_labels(values[~np.isnan(values)]))
        for gap in found[:-1]
        for what, values in _worsening(gap, found[-1])
        if np.count_nonzero(~np.isnan(values)) >= LABELS
    ]
    sure = [loss for loss in worse if _beyond(loss.change, BEYOND)]
    return max(sure, key=lambda loss: (loss.change.value or 0.0, loss.what == "fell"), default=None)


def _worsening(then: Gap, now: Gap) -> tuple[tuple[Literal["fell"], Floats], tuple[Literal["widened"], Floats]]:
    """By label (L,), how far held-out average precision fell and the gap widened from one size to another."""
    return ("fell", then.unseen - now.unseen), ("widened", (now.trained - now.unseen) - (then.trained - then.unseen))


def closing(found: Sequence[Gap]) -> bool:
    """Whether the gap is narrower by now than it was at first."""
    return bool(found) and (found[-1].gap.value or 0.0) < (found[0].gap.value or 0.0) - CLOSER


def difference(new: Spot, old: Spot) -> Estimate:
    """By how much held-out average precision is better, paired over labels, with its 90 % interval."""
    both = (new.precision - old.precision)[~np.isnan(new.precision - old.precision)]
    return _over_labels(both) if len(both) else Estimate(None, reason="No label has two examples.")


def clearly_better(new: Spot, old: Spot) -> bool:
    """Whether labels gain on average by more than two standard errors, and by more than a hundredth."""
    return _beyond(difference(new, old), 2.0)


def _beyond(change: Estimate, errors: float) -> bool:
    """Whether a change lies above 0 by more than so many standard errors, and by more than a hundredth."""
    if change.value is None or change.low is None:
        return False
    return change.value > max(CLEARLY, errors * (change.value - change.low) / Z90)


def verdict(spots: Sequence[Spot], chosen: Spot, found: Sequence[Gap], reviews: int) -> Verdict:
    """Whether the chosen model is too rich or too simple, with the evidence.

    Too rich (simple) where a spot with fewer (more) effective parameters is clearly better on what it has not seen; too simple as
    well where the model is poor even at what it learned from. The best of many spots is a little lucky, hence the margin. It
    falls back where no other spot is better, yet something was lost as reviews came in. Over-fitting is to be too rich or to
    fall back, nothing else.
    """
    labels = int((~np.isnan(chosen.precision)).sum())
    if reviews < REVIEWS or labels < LABELS:
        few = f"{reviews:,} reviews with {labels} labels of two examples or more; it takes {REVIEWS} and {LABELS}."
        return Verdict("cannot tell", (few,))
    best = max(spots, key=lambda spot: spot.held_precision)
    told = (*_standing(chosen), _alternative(best, chosen), *_heading(found))
    if clearly_better(best, chosen):
        return Verdict("too rich" if best.freedom < chosen.freedom else "too simple", told)
    if chosen.train_precision < LOW and chosen.train_precision - chosen.held_precision < NARROW:
        poor = "Even what it learned from it ranks poorly: what it sees of an item is the limit, not the number of reviews."
        return Verdict("too simple", (poor, *told))
    if (loss := lost(found)) is not None:
        return Verdict("falling back", (loss_words(loss), *told))
    return Verdict("about right", told)


def loss_words(loss: Loss) -> str:
    """What got worse, since when and by how much, in a sentence."""
    change = loss.change
    span = "" if change.low is None or change.high is None else f" ({change.low:.2f} to {change.high:.2f})"
    figure = "Average precision on items held out fell" if loss.what == "fell" else "The gap widened"
    return f"{figure} by {change.value or 0.0:.2f}{span} since {loss.reviews:,} reviews, more than chance."


def _standing(chosen: Spot) -> tuple[str, str]:
    return (
        f"Average precision {chosen.train_precision:.2f} on the items it learned from, {chosen.held_precision:.2f} on items held "
        "out.",
        f"Mean squared error {chosen.train_error:.3f} against {chosen.held_error:.3f}, with {chosen.freedom:.0f} effective "
        "parameters a label.",
    )


def _alternative(best: Spot, chosen: Spot) -> str:
    if best is chosen or best.held_precision <= chosen.held_precision:
        return "No other penalty or mix of features does better on held-out items."
    told = difference(best, chosen)
    span = "" if told.low is None or told.high is None else f" ({told.low:+.3f} to {told.high:+.3f})"
    size = "fewer" if best.freedom < chosen.freedom else "more"
    return (
        f"The best of the path, with {size} effective parameters ({best.freedom:.0f}), gains {told.value or 0.0:+.3f}{span} on "
        f"held-out items: {'more than chance' if clearly_better(best, chosen) else 'no more than chance'}."
    )


def _heading(found: Sequence[Gap]) -> tuple[str, ...]:
    """Where the gap comes from and goes, in words; nothing while there is one size alone."""
    if len(found) < 2:
        return ()
    first, last = found[0], found[-1]
    way = "closes" if closing(found) else "does not close"
    return (
        f"The gap was {first.gap.value:.2f} at {first.reviews:,} reviews and is {last.gap.value:.2f} at {last.reviews:,}: it "
        f"{way} as reviews come in.",
    )


def _error(scores: Floats, targets: Floats) -> float:
    return float(np.nanmean(np.square(scores - targets)))


def _mean(values: Floats) -> float:
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
