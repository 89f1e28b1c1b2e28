"""What a page needs of another model's rating, without the arrays that it was computed from: small enough to be kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.store import Store
from rating.comparison import Comparison
from rating.external import Basis
from rating.external_service import compare_models, cuts_of, rate_external
from rating.records import Rating
from rating.thresholds import CutCurve

#: Points of a curve that are kept.
POINTS = 300


@dataclass(frozen=True)
class ModelView:
    """Another model's rating beside the own one, with what it rests on, what to mind, and every label's thresholds."""

    version: str
    rating: Rating
    own: Rating
    basis: Basis
    notes: tuple[str, ...]
    comparison: Comparison | None
    cuts: dict[str, CutCurve]


def view_of(store: Store, project_id: int, version: str) -> ModelView:
    """Rate a model version and keep what a page draws of it. NotFound when the project has no predictions by it."""
    found = rate_external(store, project_id, version)
    cuts = {name: thinned(curve) for name, curve in cuts_of(found).items()}
    own = found.own.result.rating
    return ModelView(version, found.result.rating, own, found.basis, found.notes, compare_models(found), cuts)


def thinned(curve: CutCurve, points: int = POINTS) -> CutCurve:
    """The curve at about so many of its thresholds, evenly by how many items they predict; both ends and the best ones stay.

    >>> curve = CutCurve(*(np.linspace(1, 0, 1000) for _ in range(4)))
    >>> len(thinned(curve, 10).threshold) <= 14
    True
    """
    size = len(curve.threshold)
    best = [int(np.searchsorted(-curve.threshold, -curve.best(aim).threshold)) for aim in ("precision", "balanced", "recall")]
    kept = np.unique(np.concatenate([np.linspace(0, size - 1, min(points, size)).round().astype(np.int64), best]))
    return CutCurve(*(column[kept] for column in (curve.threshold, curve.precision, curve.recall, curve.share)))
