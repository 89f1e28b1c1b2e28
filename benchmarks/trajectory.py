"""Replay a project with a file's labels as the annotator, and write down estimate and truth at every checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.ablations import ablated
from benchmarks.ledger import Ledger, switches
from benchmarks.material import Material, blocks, split
from benchmarks.noise import Flips, noisy
from benchmarks.policies import POLICIES, Pick, choose
from benchmarks.truth import truth_of
from benchmarks.watch import Watch
from rating.evidence import Features, Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.forecast import forecast
from rating.rate import Population, Result, describe_population
from rating.records import Estimate
from recommend.replayed import Ground, Replayed, begun
from recommend.start import TEN
from recommend.tour import tour

Record = dict[str, Any]


def trajectory(
    material: Material, *, how: str, policy: str, run: int, seed: int, start: int, batch: int, until: int,
    noise: Flips | None = None, ablations: bool = False, discover: bool = False,
) -> Iterator[Record]:  # fmt: skip
    """One run of one policy: a record at every checkpoint. With ``noise`` the annotator errs; the truth does not.

    ``sme_seconds`` are the annotator's with suggestions, ``sme_seconds_unaided`` without any, ``wall_seconds`` what rating and
    choosing took this time; ``rounds`` counts the batches reviewed after the start.

    With ``ablations`` each record also has All labels without one of the parts of its estimate.
    """
    pool, held = split(material, how, seed + run)
    seen, unseen = blocks(material, pool, held)
    truth = material.targets[pool]
    judged = truth if noise is None else noisy(truth, noise, np.random.default_rng([seed + run, 2]))
    project = begin(Ground(seen, judged, material.names), start, seed + run, discover=discover)
    rng = np.random.default_rng([seed + run, 1])
    watch, ledger = Watch(), Ledger()
    while True:
        evidence, found = project.evidence()
        began = time.perf_counter()
        result = project.rated(evidence)
        ledger.settle(result)
        picked = choose(POLICIES[policy], result, batch, rng, ledger.learned()) if result.assessment is not None else None
        record = {"run": run, "policy": policy, **spent(project), "wall_seconds": time.perf_counter() - began}
        watch.history += _point(result)
        record["truth"] = truth_of(result, unseen, material.targets[held], found, material.targets[pool])
        record["estimate"] = _estimates(result, watch.history)
        if ablations and result.assessment is not None:
            record["ablations"] = ablated(result, RatingConfig())
        record["stop"], record["check"] = watch.look(result)
        last = project.shown >= until or picked is None or len(picked.rows) == 0
        record |= _noted(ledger, result, picked if not last else None, truth[:, found], record["truth"]["labels"])
        yield record
        if last or picked is None:
            return
        project.review(result, picked, found)


def begin(
    ground: Ground, start: int, seed: int, population: Population | None = None, *, discover: bool = False
) -> Replayed:  # fmt: skip
    """A project with so many random reviews, or with those that Discover starts with; the same ones for the same seed."""
    features, rng = next(iter(ground.blocks.values())), np.random.default_rng(seed)
    population, count = population or describe_population(features), len(ground.targets)
    rows = rng.choice(count, start, replace=False)
    chances, kind = np.full(start, start / count), "shuffle"
    if discover:
        (rows, chances), kind = _discovered(features, population, start, rng), "discover"
    return begun(ground, population, rows, kind, chances)


def spent(project: Replayed) -> Record:
    """What has gone into a project so far."""
    seconds = {"sme_seconds": project.seconds, "sme_seconds_unaided": project.unaided}
    return {"reviews": project.shown, "rounds": project.rounds, **seconds}


def _discovered(features: Features, population: Population, start: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The items of as many Discover actions of ten as it takes, started one after another, with their chances."""
    rows, chances = np.empty(0, dtype=np.int64), np.empty(0)
    clusters, centres = population.clusters, population.centres
    while len(rows) < start:
        free = np.ones(len(clusters), dtype=bool)
        free[rows] = False
        looked = np.bincount(clusters[rows], minlength=len(centres))
        drawn = tour(features, clusters, centres, free, looked, min(TEN, start - len(rows)), rng)
        if not len(drawn.rows):
            break
        rows, chances = np.concatenate([rows, drawn.rows]), np.concatenate([chances, drawn.chances])
    return rows, chances


def _point(result: Result) -> list[tuple[int, float, float]]:
    if result.assessment is None:
        return []
    score = result.rating.factor("all_labels").score
    return [(result.rating.reviewed, (score.value or 0.0) / 100.0, ((score.high or 0.0) - (score.low or 0.0)) / 329.0)]


def _estimates(result: Result, history: list[tuple[int, float, float]]) -> Record:
    """Everything the product says, 0 to 1, each with its interval; the rating from 0 to 100."""
    if result.assessment is None:
        return {}
    rating, labels = result.rating, result.rating.labels
    factors = {"map": "all_labels", "worst": "underperforming", "coverage": "coverage", "balance": "balance"}
    found = {name: _triple(rating.factor(key).score.scaled(0.01)) for name, key in factors.items()}  # type: ignore[arg-type]
    message = next(c.estimate for c in rating.factor("coverage").contributors if c.key == "coverage")
    weakest = sorted(labels, key=lambda label: -(label.worst or 0.0))[: worst_count(len(labels))]
    return {
        **found, "missing_mass": _triple(rating.missing_mass), "rating": _triple(rating.score),
        "message_coverage": _triple(message), "labels": {label.name: _triple(label.ap) for label in labels},
        "weakest": [label.name for label in weakest], "forecast": _ahead(result, history, factors),
    }  # fmt: skip


def _ahead(result: Result, history: list[tuple[int, float, float]], factors: dict[str, str]) -> Record:
    """What is foreseen for as many reviews again, under the names of the estimates."""
    more, ahead = result.rating.reviewed, forecast(result.rating, history, RatingConfig())
    found = {name: _triple(ahead.factor(key, more).scaled(0.01)) for name, key in factors.items()}  # type: ignore[arg-type]
    return {"more": more, **found, "rating": _triple(ahead.score(more))}


def _triple(estimate: Estimate) -> list[float | None]:
    return [estimate.value, estimate.low, estimate.high]


def _noted(ledger: Ledger, result: Result, picked: Pick | None, truth: Floats, true_ap: dict[str, float]) -> Record:
    """The actions about to be done and how often their items change the subject; neither when nothing follows."""
    if picked is None or result.assessment is None:
        return {"actions": [], "switches": {}}
    noted = ledger.enter(result, picked, truth, true_ap)
    return {"actions": noted, "switches": switches(picked, truth, result.assessment.probability)}
