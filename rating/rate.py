"""The Model Rating: from evidence to four factors with intervals and one number, or the reasons why there is none yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from data.records import RANDOM_SOURCES
from rating.assess import Assessment, assess
from rating.balance import Balance, balance, uneven_themes
from rating.calibration import standardise
from rating.clusters import finest_clusters
from rating.coverage import OPEN_SOURCES, Missing, missing_mass
from rating.domain import Plane, leading_plane, tell_apart
from rating.doubt import Doubt, doubt
from rating.drift import Drift, drift
from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.factors import (
    LabelFigures,
    Measured,
    all_labels,
    balance_factor,
    by_chance,
    coverage,
    extended,
    interval,
    label_figures,
    noise_contributors,
    recent_contributors,
    underperforming,
    undiscovered_share,
)
from rating.health import label_health, label_noise
from rating.precision import draw_noise
from rating.records import Estimate, Factor, FactorKey, LabelHealth, Rating, band_of
from rating.second import Second, second_estimate

TITLES: dict[FactorKey, str] = {
    "all_labels": "All labels",
    "underperforming": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
}
FLOOR = 1e-3


@dataclass(frozen=True)
class Population:
    """What is true of the items whatever is reviewed: their finest clusters (N,), those clusters' centres (k, d), and the
    leading directions of the features they were told from.
    """

    clusters: Ints
    centres: Features
    plane: Plane


@dataclass(frozen=True)
class Result:
    """A rating with what it was computed from. ``assessment`` is None while there is no rating.

    ``clusters`` (N,) are the themes that Balance compared; ``draws`` are plausible ratings, 0-100, and ``parts`` the plausible
    values (draws,), 0-1, of each factor that they follow from. ``doubt`` is None while mistakes in the labels cannot be told.
    """

    rating: Rating
    evidence: Evidence
    assessment: Assessment | None = None
    balance: Balance | None = None
    missing: Missing | None = None
    clusters: Ints | None = None
    draws: Floats | None = None
    population: Population | None = None
    doubt: Doubt | None = None
    drift: Drift | None = None
    parts: Mapping[FactorKey, Floats] = field(default_factory=dict)


def describe_population(features: Features, seed: int = 0) -> Population:
    """Cluster all items, by a block of features (N, d)."""
    clusters, centres = finest_clusters(features, seed)
    return Population(clusters, centres, leading_plane(features, seed))


def obstacles(evidence: Evidence, config: RatingConfig) -> tuple[str, ...]:
    """Why there can be no rating yet, each with what to do; empty when there can."""
    found, reviewed = [], len(evidence.rows)
    if evidence.population == 0:
        return ("There are no items yet. Import a file of messages on the Data page.",)
    if evidence.population < config.min_reviewed:
        found.append(f"A rating needs {config.min_reviewed} reviewed items; this project has {evidence.population}. Import more.")
    elif reviewed < config.min_reviewed:
        found.append(
            f"{reviewed} of the {config.min_reviewed} reviews that a rating needs are there. "
            f"Review {config.min_reviewed - reviewed} more items, best by Shuffle and Discover."
        )
    if evidence.positives.sum() == 0:
        found.append("No label has been assigned yet. Create labels while you review: one word for each thing a message says.")
    elif not (evidence.positives >= 2).any():
        found.append("Every label has a single example. Find a second one for at least one label, by Teach or Discover.")
    elif not ((evidence.positives >= 2) & (np.nansum(evidence.targets == 0, axis=0) > 0)).any():
        found.append("No reviewed item lacks the label that others have, so nothing was put to the test. Review other items too.")
    return tuple(found)


def rate(
    evidence: Evidence,
    config: RatingConfig,
    *,
    population: Population | None = None,
    chosen: tuple[dict[str, float], float] | None = None,
    choose_again: bool = True,
) -> Result:
    """Rate a project as it stands, from reviewed data only.

    ``population`` spares clustering the items again; ``chosen`` is the last model's choice of block weights and penalty.
    The result is reproducible from evidence and configuration.
    """
    if reasons := obstacles(evidence, config):
        return Result(no_rating(evidence, reasons, config), evidence, population=population)
    population = population or describe_population(next(iter(evidence.blocks.values())), config.seed)
    return appraise(evidence, assess(evidence, config, chosen, choose_again=choose_again), population, config)


def appraise(evidence: Evidence, assessment: Assessment, population: Population, config: RatingConfig) -> Result:
    """The rating of a model, whoever made it, that is assessed on this evidence."""
    figures, second = label_figures(evidence, assessment), second_estimate(evidence, assessment)
    spread, missing = balanced(evidence, population, config), undiscovered(evidence)
    measured, chance = _measured(evidence, assessment, figures, second, spread, missing, config)
    doubted = doubt(standardise(assessment.model.held_out, assessment.scores), evidence)
    recent = drift(evidence, assessment, figures.thresholds, figures.informative, np.random.default_rng([config.seed, 2]))
    labels = label_health(evidence, assessment, figures, chance, doubted, config)
    measured = _with_noise_and_drift(measured, doubted, recent)
    rating, draws = _composed(evidence, measured, labels, missing, config)
    rating = replace(rating, second=by_chance(second).scaled(100.0), notes=_notes(rating, second))
    parts = {key: factor.draws for key, factor in measured.items()}
    return Result(rating, evidence, assessment, spread, missing, population.clusters, draws, population, doubted, recent, parts)


def _measured(
    evidence: Evidence, assessment: Assessment, figures: LabelFigures, second: Second | None, spread: Balance, missing: Missing,
    config: RatingConfig,
) -> tuple[dict[FactorKey, Measured], Floats]:  # fmt: skip
    """The four factors, and each label's chance (L,) to be among the worst tenth."""
    rng = np.random.default_rng(config.seed)
    noise = draw_noise(config.draws, len(evidence.label_ids), rng)
    worst, chance = underperforming(assessment, noise)
    measured: dict[FactorKey, Measured] = {
        "all_labels": all_labels(assessment, figures, noise, second),
        "underperforming": worst,
        "coverage": coverage(evidence, assessment, figures, missing, noise, rng),
        "balance": balance_factor(evidence, spread),
    }
    return measured, chance


def _with_noise_and_drift(measured: dict[FactorKey, Measured], doubted: Doubt | None, recent: Drift) -> dict[FactorKey, Measured]:
    """The factors with what is known of mistakes in the labels and of recent items."""
    of_labels, of_coverage = recent_contributors(recent)
    return {
        **measured,
        "all_labels": extended(measured["all_labels"], of_labels, *noise_contributors(*label_noise(doubted))),
        "coverage": extended(measured["coverage"], of_coverage),
    }


def balanced(evidence: Evidence, population: Population, config: RatingConfig) -> Balance:
    """Balance by the population's clusters and by a domain classifier, with the themes reviewed too much and too little."""
    rng = np.random.default_rng([config.seed, 1])
    domain = tell_apart(next(iter(evidence.blocks.values())), population.plane, evidence.rows, rng)
    over, under = uneven_themes(population.clusters, evidence.rows)
    return replace(balance(population.clusters, evidence.rows, config.draws, rng, domain), over=over, under=under)


def undiscovered(evidence: Evidence) -> Missing:
    """The missing mass: reviews at random tell it best, those that any item could have got next."""
    random = np.isin(evidence.sources, list(RANDOM_SOURCES))
    return missing_mass(evidence.targets, random, np.isin(evidence.sources, list(OPEN_SOURCES)))


def _composed(
    evidence: Evidence,
    measured: dict[FactorKey, Measured],
    labels: tuple[LabelHealth, ...],
    missing: Missing,
    config: RatingConfig,
) -> tuple[Rating, Floats]:
    value, draws = composite({k: m.value for k, m in measured.items()}, {k: m.draws for k, m in measured.items()}, config)
    rating = Rating(
        score=interval(value, draws),
        factors=tuple(_factor(key, measured[key], config) for key in TITLES),
        labels=labels,
        reasons=(),
        needs_refinement=unrefined(value, [m.value for m in measured.values()]),
        reviewed=len(evidence.rows),
        population=evidence.population,
        missing_mass=undiscovered_share(missing),
    )
    return rating, draws


def unrefined(value: float, factors: Sequence[float]) -> bool:
    """Whether a rating (0-100) or one of its factors (0-1) is below Good."""
    return value < 70.0 or any(band_of(100 * factor) in ("poor", "average") for factor in factors)


def reweighted(rating: Rating, parts: Mapping[FactorKey, Floats], config: RatingConfig) -> tuple[Rating, Floats]:
    """The same factors by other weights: the rating as it would be, and its plausible values (draws,), 0-100.

    ``parts`` are the plausible values (draws,), 0-1, of each factor.
    """
    values = {factor.key: (factor.score.value or 0.0) / 100.0 for factor in rating.factors}
    value, draws = composite(values, dict(parts), config)
    total = sum(config.weights.values())
    factors = tuple(replace(factor, weight=config.weights[factor.key] / total) for factor in rating.factors)
    refine = unrefined(value, list(values.values()))
    return replace(rating, score=interval(value, draws), factors=factors, needs_refinement=refine), draws


#: The share of wrong assignments from which they are said to lower the rating.
MANY_WRONG = 0.05


def _notes(rating: Rating, second: Second | None) -> tuple[str, ...]:
    """Why an interval is wider than its evidence alone would make it, and what it does not hold."""
    found = []
    score = rating.factor("all_labels")
    if second is not None and second.disagrees:
        found.append(
            f"The {second.shuffled} randomly shown items alone put All labels at {100 * second.value:.0f}, further from "
            f"{score.score.value or 0.0:.0f} than chance explains, so its interval is widened. More Shuffle tells which of the "
            "two is right."
        )
    wrong = next(c.estimate.value for c in score.contributors if c.key == "wrong_labels")
    if wrong is not None and wrong >= MANY_WRONG:
        found.append(
            f"About {wrong:.0%} of the assigned labels look wrong. The rating measures agreement with the labels as they are, so "
            "it is too low for the truth, beyond its interval. Look through them by Check and Missed."
        )
    return tuple(found)


def composite(values: dict[FactorKey, float], draws: dict[FactorKey, Floats], config: RatingConfig) -> tuple[float, Floats]:
    """R = 100 x the weighted geometric mean of the factors (0-1), for the values and for each joint draw.

    A weak factor cannot be bought back by a strong one: dR/df = R w / f points to the weakest.
    """
    total = sum(config.weights.values())
    point = sum(config.weights[k] / total * np.log(max(v, FLOOR)) for k, v in values.items())
    drawn = np.sum([config.weights[k] / total * np.log(np.maximum(d, FLOOR)) for k, d in draws.items()], axis=0)
    return float(100.0 * np.exp(point)), np.asarray(100.0 * np.exp(drawn))


def _factor(key: FactorKey, measured: Measured, config: RatingConfig) -> Factor:
    total = sum(config.weights.values())
    return Factor(key, TITLES[key], measured.estimate, config.weights[key] / total, measured.contributors, _SUMMARIES[key])


_SUMMARIES: dict[FactorKey, str] = {
    "all_labels": "How well the model knows the labels, on average over all of them.",
    "underperforming": "How well it knows the tenth of the labels that it knows least.",
    "coverage": "How much of what is in the data the labels and the model catch.",
    "balance": "How well the reviewed items represent all items.",
}


def no_rating(evidence: Evidence, reasons: tuple[str, ...], config: RatingConfig) -> Rating:
    """A rating that says, for these reasons, nothing of the model."""
    unknown = Estimate(None, reason=reasons[0])
    total = sum(config.weights.values())
    factors = tuple(Factor(k, title, unknown, config.weights[k] / total, (), _SUMMARIES[k]) for k, title in TITLES.items())
    return Rating(unknown, factors, (), reasons, True, len(evidence.rows), evidence.population, unknown)


def stamped(rating: Rating, revision: int, model_version: int, config: dict[str, object]) -> Rating:
    """The rating with the revision, model version and configuration it belongs to."""
    return replace(rating, revision=revision, model_version=model_version, config=config)
