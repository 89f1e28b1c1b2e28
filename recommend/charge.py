"""Which model plans and suggests: Plateau's newest, a pinned version of it, or another one that is put in charge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.layout import own_name, own_version
from data.records import IN_CHARGE, Project
from data.store import Store
from rating.evidence import Bools, Floats
from rating.external_service import ExternalRated, rate_external
from rating.rate import Result
from rating.service import Rated
from recommend.pinned import pinned

#: A label is as good as decided outside these probabilities, and wide open between the inner ones.
DECIDED, OPEN = (0.1, 0.9), (0.25, 0.75)
#: An item of which no more wrong decisions are to be expected is handled well.
WRONG = 0.2
EVEN = 0.5


@dataclass(frozen=True)
class Guide:
    """What the model in charge means for the plan's items: those ``handled`` well (N,) are not asked for, except by Shuffle; the
    others are worth ``urgency`` (N,), 1 to 3, times as much.
    """

    handled: Bools
    urgency: Floats


@dataclass(frozen=True)
class Charge:
    """The result to plan by, and the name of the model whose probabilities it holds, empty for Plateau's own.

    ``note`` says in words who plans, and why if it is not who should; empty where nothing else was asked for. ``judged`` is what
    another model in charge was found to be worth, None for Plateau's own.
    """

    result: Result
    model: str = ""
    guide: Guide | None = None
    note: str = ""
    judged: Result | None = None


def in_charge(store: Store, project: Project, rated: Rated) -> Charge:
    """Who plans: the newest own model, unless the project's setting names another one, which has predictions and a rating, or an
    earlier version of the own one.
    """
    version = project.settings.get(IN_CHARGE)
    if not version:
        return Charge(rated.result)
    if (number := own_version(version)) is not None:
        return _earlier(store, project, number, rated)
    if version not in {model.version for model in store.external_models(project.id)}:
        return Charge(rated.result, note=f"{version!r} is to plan, but has no predictions: Plateau's own model plans meanwhile.")
    return charged(rated.result, rate_external(store, project.id, version, rated))


def _earlier(store: Store, project: Project, version: int, rated: Rated) -> Charge:
    """An earlier version of the own model in charge; the newest where that one cannot be computed again."""
    found, own = pinned(store, project.id, version, rated), rated.result
    if found.probability is None or own.assessment is None:
        return Charge(own, note=found.note)
    return Charge(
        replace(own, assessment=replace(own.assessment, probability=found.probability)), own_name(version), note=found.note
    )


def charged(own: Result, other: ExternalRated) -> Charge:
    """The other model in charge: its calibrated probabilities where it has any, the own ones elsewhere."""
    version, assessed = other.model.version, other.result.assessment
    if own.assessment is None or assessed is None:
        reason = next(iter(other.result.rating.reasons), "")
        return Charge(
            own, note=f"{version!r} is to plan, but cannot be judged yet: Plateau's own model plans meanwhile. {reason}"
        )
    known = np.array([name not in other.basis.unknown for name in own.evidence.label_names])
    p = own.assessment.probability.copy()
    p[np.ix_(other.part, known)] = assessed.probability[:, known]
    guide = guide_of(p, own.assessment.probability, other.part)
    waiting = guide.handled & ~own.evidence.reviewed_mask
    note = f"{version!r} plans and suggests; {int(waiting.sum()):,} unreviewed items that it handles well are left to Shuffle."
    return Charge(replace(own, assessment=replace(own.assessment, probability=p)), version, guide, note, other.result)


def guide_of(p: Floats, own: Floats, predicted: Bools) -> Guide:
    """What probabilities ``p`` (N, L) of the model in charge ask for, beside the ``own`` ones, on the items ``predicted`` (N,).

    Handled well: every label is as good as decided, hardly a decision is likely to be wrong, and the own model decides alike.
    Urgent: two labels or more are wide open, or the own model decides otherwise. How unlike the reviewed items an item is enters
    its worth anyway.
    """
    decided = ((p <= DECIDED[0]) | (p >= DECIDED[1])).all(axis=1)
    few_wrong = np.minimum(p, 1.0 - p).sum(axis=1) <= WRONG
    differ = ((p >= EVEN) != (own >= EVEN)).any(axis=1)
    several = ((p > OPEN[0]) & (p < OPEN[1])).sum(axis=1) >= 2
    urgency = np.where(predicted, 1.0 + differ + several, 1.0)
    return Guide(predicted & decided & few_wrong & ~differ, urgency)
