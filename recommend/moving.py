"""What has moved between two ratings: each factor, the labels and contributors behind it, and its part in the whole. Pure.

The change of a weighted geometric mean is divided among its factors by the logarithmic mean (Ang 2005, LMDI-I), which leaves no
rest: a factor's part is L(R1, R0) w ln(f1 / f0), with L(a, b) = (a - b) / ln(a / b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Literal

from data.timeline import RatingMoment
from rating.rate import FLOOR
from rating.records import Contributor, Factor, FactorKey, LabelHealth, Rating
from recommend.effects import Moved
from recommend.wording import figure

Since = Literal["version", "today", "week", "first"]
#: What a rating can be held against.
SINCE: dict[Since, str] = {
    "version": "The last version",
    "today": "Today's first",
    "week": "A week ago",
    "first": "The first rating",
}
#: Where a factor is a mean over labels, they are what moves it.
_BY_LABEL: frozenset[FactorKey] = frozenset({"all_labels", "underperforming"})
#: So many movers are named, and changes smaller than so many points are none.
NAMED, LEAST = 2, 0.05


@dataclass(frozen=True, slots=True)
class Mover:
    """A label or contributor behind a factor, before and after; ``unit`` is that of its values, a share as 0 to 100."""

    moved: Moved
    unit: Literal["share", "count", "score"]


@dataclass(frozen=True, slots=True)
class FactorMove:
    """A factor before and after (0-100), what ``movers`` behind it moved most, and its ``part`` of the rating's change in points.

    ``part`` is None where a value is unknown or the weights have changed.
    """

    key: FactorKey
    moved: Moved
    movers: tuple[Mover, ...]
    part: float | None


def held_against(moments: Sequence[RatingMoment], rating: Rating, since: Since, now: datetime) -> RatingMoment | None:
    """The rated moment that a rating is held against; None where there is none before it. ``moments`` are oldest first.

    A project younger than a week is held against its first rating.
    """
    earlier = [m for m in moments if m.score[0] is not None and m.revision <= rating.revision]
    earlier = [m for m in earlier if (m.revision, m.model_version) != (rating.revision, rating.model_version)]
    if since == "first":
        return next(iter(earlier), None)
    if since == "today":
        return next((m for m in earlier if m.at[:10] == now.isoformat()[:10]), None)
    if since == "week":
        old = [m for m in earlier if datetime.fromisoformat(m.at) <= now - timedelta(days=7)]
        earlier = old or earlier[:1]
    return earlier[-1] if earlier else None


def factor_moves(before: Rating, after: Rating) -> tuple[FactorMove, ...]:
    """Every factor of the later rating that the earlier one had."""
    was, parts = {factor.key: factor for factor in before.factors}, parts_of(before, after)
    return tuple(
        FactorMove(
            f.key, Moved(f.title, was[f.key].score, f.score), movers(was[f.key], f, before.labels, after.labels), parts.get(f.key)
        )
        for f in after.factors
        if f.key in was
    )


def parts_of(before: Rating, after: Rating) -> dict[FactorKey, float]:
    """Each factor's part of the rating's change, in points; they add up to it. Empty where weights or known values differ."""
    then, now = before.score.value, after.score.value
    pairs = {f.key: (b, f) for f in after.factors for b in before.factors if b.key == f.key}
    if then is None or now is None or any(abs(b.weight - f.weight) > 1e-9 for b, f in pairs.values()):
        return {}
    mean = then if abs(now - then) < 1e-9 else (now - then) / log(max(now, FLOOR) / max(then, FLOOR))
    return {key: mean * f.weight * log(_share(f) / _share(b)) for key, (b, f) in pairs.items()}


def _share(factor: Factor) -> float:
    return max((factor.score.value or 0.0) / 100.0, FLOOR)


def movers(
    before: Factor, after: Factor, labels_before: Sequence[LabelHealth], labels_after: Sequence[LabelHealth]
) -> tuple[Mover, ...]:  # fmt: skip
    """What behind a factor has moved, the most first; of the lowest labels those that are or were likely among them."""
    if after.key in _BY_LABEL:
        found = _labels(labels_before, labels_after, worst=after.key == "underperforming")
    else:
        found = [_contributor(b, c) for c in after.contributors for b in before.contributors if b.key == c.key]
        found = [mover for mover in found if mover.unit == "share" and mover.moved.after != after.score]
    known = [mover for mover in found if abs(mover.moved.change or 0.0) >= LEAST]
    return tuple(sorted(known, key=lambda mover: -abs(mover.moved.change or 0.0)))


def _labels(before: Sequence[LabelHealth], after: Sequence[LabelHealth], *, worst: bool) -> list[Mover]:
    was = {label.label_id: label for label in before}
    return [
        Mover(Moved(label.name, was[label.label_id].ap.scaled(100.0), label.ap.scaled(100.0)), "share")
        for label in after
        if label.label_id in was and not (worst and max(label.worst or 0.0, was[label.label_id].worst or 0.0) < 0.1)
    ]


def _contributor(before: Contributor, after: Contributor) -> Mover:
    scale = 100.0 if after.unit == "share" else 1.0
    return Mover(Moved(after.title, before.estimate.scaled(scale), after.estimate.scaled(scale)), after.unit)


def signed(change: float | None) -> str:
    """A change of points with its sign.

    >>> signed(2.14), signed(-0.3), signed(0.01), signed(None)
    ('+2.1', '−0.3', '±0', 'not known')
    """
    if change is None:
        return "not known"
    return "±0" if abs(change) < LEAST else f"{'−' if change < 0 else '+'}{abs(change):.1f}"


def surely(moved: Moved) -> str:
    """Whether a change is more than chance.

    >>> from rating.records import Estimate
    >>> then = Estimate(50, 45, 55)
    >>> surely(Moved("", then, Estimate(60, 56, 64))), surely(Moved("", then, Estimate(53, 48, 58)))
    ('beyond chance', 'within chance')
    """
    if moved.clear is None:
        return "chance not known"
    return "beyond chance" if moved.clear else "within chance"


def most(move: FactorMove) -> str:
    """What behind a factor moved most, in words; empty where nothing did."""
    return ", ".join(f"{mover.moved.name} {signed(mover.moved.change)}" for mover in move.movers[:NAMED])


def parts_words(moves: Sequence[FactorMove]) -> str:
    """How the rating's change is made up, the largest part first; empty where that cannot be told."""
    known = sorted((m for m in moves if abs(m.part or 0.0) >= LEAST), key=lambda m: -abs(m.part or 0.0))
    return ", ".join(f"{move.moved.name} {signed(move.part)}" for move in known)


def from_to(moved: Moved) -> str:
    """Both values, as in "62 to 68"."""
    return f"{figure(moved.before.value)} to {figure(moved.after.value)}"
