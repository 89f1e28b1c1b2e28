"""The Model Rating: from evidence to four factors with intervals and one number, or the reasons why there is none yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.records import RANDOM_SOURCES
from rating.assess import Assessment, assess
from rating.balance import Balance, balance
from rating.clusters import cluster_count, coarsen, finest_clusters
from rating.coverage import OPEN_SOURCES, Missing, missing_mass
from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.factors import Measured, all_labels, balance_factor, coverage, interval, label_figures, underperforming
from rating.health import label_health
from rating.precision import draw_noise
from rating.records import Estimate, Factor, FactorKey, LabelHealth, Rating, band_of

TITLES: dict[FactorKey, str] = {
    "all_labels": "All labels",
    "underperforming": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
}
FLOOR = 1e-3


@dataclass(frozen=True)
class Population:
    """What is true of the items whatever is reviewed: their finest clusters (N,) and those clusters' centres (k, d)."""

    clusters: Ints
    centres: Features


@dataclass(frozen=True)
class Result:
    """A rating with what it was computed from. ``assessment`` is None while there is no rating.

    ``clusters`` (N,) are the themes that Balance compared; ``draws`` are plausible ratings, 0-100.
    """

    rating: Rating
    evidence: Evidence
    assessment: Assessment | None = None
    balance: Balance | None = None
    missing: Missing | None = None
    clusters: Ints | None = None
    draws: Floats | None = None
    population: Population | None = None


def describe_population(features: Features, seed: int = 0) -> Population:
    """Cluster all items, by a block of features (N, d)."""
    clusters, centres = finest_clusters(features, seed)
    return Population(clusters, centres)


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
        return Result(_no_rating(evidence, reasons, config), evidence, population=population)
    rng = np.random.default_rng(config.seed)
    population = population or describe_population(next(iter(evidence.blocks.values())), config.seed)
    assessment = assess(evidence, config, chosen, choose_again=choose_again)
    clusters = coarsen(population.clusters, population.centres, cluster_count(len(evidence.rows)))
    spread, missing = balance(clusters, evidence.rows, config.draws, rng), undiscovered(evidence)
    random_share = float(np.isin(evidence.sources, list(RANDOM_SOURCES)).mean())
    noise = draw_noise(config.draws, len(evidence.label_ids), random_share, rng)
    figures = label_figures(evidence, assessment)
    worst, chance = underperforming(assessment, noise)
    measured: dict[FactorKey, Measured] = {
        "all_labels": all_labels(assessment, figures, noise),
        "underperforming": worst,
        "coverage": coverage(assessment, figures, missing, noise, rng),
        "balance": balance_factor(evidence, spread, clusters),
    }
    labels = label_health(evidence, assessment, figures, chance, config)
    rating, draws = _composed(evidence, measured, labels, missing, config)
    return Result(rating, evidence, assessment, spread, missing, clusters, draws, population)


def undiscovered(evidence: Evidence) -> Missing:
    """The missing mass, from reviews that any item could have got; from all of them when there are none such."""
    found = missing_mass(evidence.targets, np.isin(evidence.sources, list(OPEN_SOURCES)))
    found = found or missing_mass(evidence.targets, np.ones(len(evidence.rows), dtype=bool))
    assert found is not None  # obstacles() saw reviews
    return found


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
        needs_refinement=value < 70.0 or any(band_of(100 * m.value) in ("poor", "average") for m in measured.values()),
        reviewed=len(evidence.rows),
        population=evidence.population,
        missing_mass=Estimate(missing.items, 0.0, missing.upper),
    )
    return rating, draws


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


def _no_rating(evidence: Evidence, reasons: tuple[str, ...], config: RatingConfig) -> Rating:
    unknown = Estimate(None, reason=reasons[0])
    total = sum(config.weights.values())
    factors = tuple(Factor(k, title, unknown, config.weights[k] / total, (), _SUMMARIES[k]) for k, title in TITLES.items())
    return Rating(unknown, factors, (), reasons, True, len(evidence.rows), evidence.population, unknown)


def stamped(rating: Rating, revision: int, model_version: int, config: dict[str, object]) -> Rating:
    """The rating with the revision, model version and configuration it belongs to."""
    return replace(rating, revision=revision, model_version=model_version, config=config)
