"""A rating as a command line tells it: in words, and as a JSON document."""

from __future__ import annotations

from dataclasses import asdict

from rating.rate import Result
from rating.records import Contributor, Estimate, Factor, Rating


def as_document(result: Result) -> dict[str, object]:
    """The rating as one JSON document (``schemas/rating.schema.json``), with its band, those of its factors, and the finest
    clusters that are reviewed too much and too little.
    """
    themes = {name: [] if result.balance is None else getattr(result.balance, name) for name in ("over", "under")}
    factors = [{**asdict(factor), "band": factor.band} for factor in result.rating.factors]
    rating = {**asdict(result.rating), "band": result.rating.band, "factors": factors}
    return {**rating, "themes": {name: [asdict(theme) for theme in found] for name, found in themes.items()}}


def as_text(rating: Rating) -> str:
    """The rating, its factors and their contributors in words."""
    if rating.score.value is None:
        return "\n".join(["No rating yet.", *(f"  - {reason}" for reason in rating.reasons)])
    head = (
        f"Model Rating {number(rating.score)}, {rating.band}; {rating.reviewed:,} of {rating.population:,} items reviewed; "
        f"model {_model(rating)}, revision {rating.revision}."
    )
    notes = [f"Note: {note}" for note in rating.notes]
    return "\n".join([head, *notes, *(line for factor in rating.factors for line in _factor_lines(factor))])


def _model(rating: Rating) -> str:
    """The version of the model that is rated: the project's own, or another one."""
    return str(rating.config.get("external", {}).get("version", rating.model_version))


def _factor_lines(factor: Factor) -> list[str]:
    title = f"{factor.title} {number(factor.score)}, {factor.band}"
    return [title, *(f"    {c.title}: {_contributor(c)}" for c in factor.contributors)]


def _contributor(contributor: Contributor) -> str:
    value = contributor.estimate.value
    if value is None:
        return f"unknown ({contributor.estimate.reason})"
    return f"{value:.1%}" if contributor.unit == "share" else f"{value:.2f}".rstrip("0").rstrip(".")


def number(estimate: Estimate) -> str:
    """A score with its 90 % interval, or unknown."""
    if estimate.value is None:
        return "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1f}"
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"
