"""Ratings as the store keeps them, brought back to what they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.records import Snapshot
from rating.records import Contributor, Estimate, Factor, LabelHealth, Rating


def restore(snapshot: Snapshot) -> Rating:
    """The rating that a snapshot holds, with everything that was measured."""
    kept = snapshot.rating
    return Rating(
        score=Estimate(**kept["score"]),
        factors=tuple(_factor(cells) for cells in kept["factors"]),
        labels=tuple(_label(cells) for cells in kept["labels"]),
        reasons=tuple(kept["reasons"]),
        needs_refinement=kept["needs_refinement"],
        reviewed=kept["reviewed"],
        population=kept["population"],
        missing_mass=Estimate(**kept["missing_mass"]),
        revision=snapshot.revision,
        model_version=snapshot.model_version,
        config=snapshot.config,
        second=_estimate(kept, "second"),
        notes=tuple(kept.get("notes", ())),
    )


def _estimate(cells: Mapping[str, Any], name: str) -> Estimate:
    """An estimate that ratings kept before it was measured do not have."""
    return Estimate(**cells.get(name, {"value": None}))


def _factor(cells: Mapping[str, Any]) -> Factor:
    contributors = tuple(Contributor(**{**c, "estimate": Estimate(**c["estimate"])}) for c in cells["contributors"])
    return Factor(**{**cells, "score": Estimate(**cells["score"]), "contributors": contributors})


def _label(cells: Mapping[str, Any]) -> LabelHealth:
    estimates = {name: _estimate(cells, name) for name in ("ap", "wrong", "missed")}
    words = {name: tuple(cells.get(name, ())) for name in ("warnings", "why")}
    return LabelHealth(**{**cells, **estimates, **words})
