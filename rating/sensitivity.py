"""What moves the rating most: how many points of it a point more of each factor, contributor and label is worth.

R is a weighted geometric mean, so dR/df = R w / f. A label counts in All labels with its share 1 / L of the mean and in
Underperforming labels with the chance that it is among the k worst, over k; undiscovered concepts and incidences below the
thresholds are what Coverage lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scipy.optimize import brentq

from rating.factors import worst_count
from rating.rate import FLOOR
from rating.records import Factor, FactorKey, LabelHealth, Rating

#: A derivative holds for small steps: it is taken over a hundredth of a point.
_STEP = 1e-4


@dataclass(frozen=True)
class Lever:
    """Something that the rating depends on.

    ``value`` (0-1) is what it is now, ``effect`` how many rating points one point (.01) of improvement brings, ``room`` how many
    if it were perfect, and ``needed`` the improvement (0-1) that brings one rating point, None where not even perfection does.
    Better is higher, or lower where ``fewer`` is set.
    """

    kind: Literal["factor", "contributor", "label"]
    key: str
    name: str
    value: float
    effect: float
    room: float
    needed: float | None
    fewer: bool = False


def levers(rating: Rating) -> tuple[Lever, ...]:
    """Everything that moves the rating, the strongest effect first; empty without a rating."""
    if rating.score.value is None:
        return ()
    found = [_factor(rating, factor) for factor in rating.factors]
    found += [lever for key in ("missing_mass", "unsure") if (lever := _loss(rating, key)) is not None]
    known = [label for label in rating.labels if label.ap.value is not None]
    found += [_label(rating, label, len(known)) for label in known]
    return tuple(sorted(found, key=lambda lever: (-lever.effect, lever.name)))


def risen(rating: Rating, factors: dict[FactorKey, float]) -> float:
    """Rating points gained when factors are so many times what they are."""
    score = rating.score.value or 0.0
    for key, times in factors.items():
        score *= max(times, 0.0) ** rating.factor(key).weight
    return score - (rating.score.value or 0.0)


def _factor(rating: Rating, factor: Factor) -> Lever:
    value = (factor.score.value or 0.0) / 100.0
    return _lever("factor", factor.key, factor.title, value, lambda by: risen(rating, {factor.key: 1.0 + by / max(value, FLOOR)}))


def _loss(rating: Rating, key: str) -> Lever | None:
    """What Coverage lacks for one reason, as a share that had better be 0; None where it is not known."""
    coverage = rating.factor("coverage")
    part = next((c for c in coverage.contributors if c.key == key), None)
    if part is None or part.estimate.value is None:
        return None
    lost, now = part.estimate.value, max((coverage.score.value or 0.0) / 100.0, FLOOR)
    per = now / max(1.0 - lost, FLOOR) if key == "missing_mass" else 1.0
    return _lever("contributor", key, part.title, lost, lambda by: risen(rating, {"coverage": 1.0 + by * per / now}), fewer=True)


def _label(rating: Rating, label: LabelHealth, labels: int) -> Lever:
    mean, worst = (max((rating.factor(k).score.value or 0.0) / 100.0, FLOOR) for k in ("all_labels", "underperforming"))
    in_mean, in_worst = 1.0 / labels / mean, (label.worst or 0.0) / worst_count(labels) / worst
    return _lever(
        "label", str(label.label_id), label.name, label.ap.value or 0.0,
        lambda by: risen(rating, {"all_labels": 1.0 + by * in_mean, "underperforming": 1.0 + by * in_worst}),
    )  # fmt: skip


def _lever(
    kind: Literal["factor", "contributor", "label"], key: str, name: str, value: float, gain: Callable[[float], float],
    *, fewer: bool = False,
) -> Lever:  # fmt: skip
    """A lever from what an improvement (0-1) of it gains in rating points."""
    most = value if fewer else 1.0 - value
    room = gain(most)
    needed = float(brentq(lambda by: gain(by) - 1.0, 0.0, most)) if room >= 1.0 else None
    return Lever(kind, key, name, value, gain(_STEP) * 0.01 / _STEP, room, needed, fewer)
