"""Replays of the learner and the truth alone, without rating, forecast and stop: seconds a run, for ways of choosing items."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.ledger import Ledger
from benchmarks.material import Material, blocks, split
from benchmarks.policies import RATED, Policy, choose
from benchmarks.trajectory import begin, spent
from benchmarks.truth import precisions
from rating.assess import Assessment, learn
from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.learner import combine
from rating.rate import Population, Result, describe_population, no_rating, obstacles
from recommend.replayed import Ground, Replayed

Record = dict[str, Any]


@dataclass(frozen=True)
class Divided:
    """What every run on one split shares: the pool with its themes, and feature blocks and labels (M, L) of the hold-out."""

    pool: Ground
    population: Population
    unseen: dict[str, Features]
    held: Floats


def ground(material: Material, how: str, seed: int) -> Divided:
    """Split the material and describe its pool; ``seed`` decides the split where it is random."""
    pool, held = split(material, how, seed)
    seen, unseen = blocks(material, pool, held)
    population = describe_population(next(iter(seen.values())))
    return Divided(Ground(seen, material.targets[pool], material.names), population, unseen, material.targets[held])


def light_runs(
    material: Material, policies: Mapping[str, Policy], *, how: str, runs: int, seed: int, start: int, batch: int, until: int,
    discover: bool = False,
) -> Iterator[Iterator[Record]]:  # fmt: skip
    """Every run of every policy, run by run; the ground is prepared once where the file itself says how it is split."""
    fixed, on = how == "file" and material.in_test.any(), None
    for run in range(runs):
        on = on if fixed and on is not None else ground(material, how, seed + run)
        for name, policy in policies.items():
            yield light(
                on, name, policy, run=run, seed=seed, start=start, batch=batch, until=until, discover=discover
            )  # fmt: skip


def light(
    on: Divided, name: str, policy: Policy, *, run: int, seed: int, start: int, batch: int, until: int, discover: bool = False
) -> Iterator[Record]:
    """One run of one policy: reviews, seconds and the true mean average precision at every checkpoint.

    It starts with the same items as a full replay with this ``run`` and ``seed``, learns by the same learner and chooses the mix
    of features as often; a full replay of the same policy goes the same way.
    """
    project = begin(on.pool, start, seed + run, on.population, discover=discover)
    rng, ledger = np.random.default_rng([seed + run, 1]), Ledger()
    while True:
        evidence, found = project.evidence()
        began = time.perf_counter()
        result = project.rated(evidence) if name in RATED else learned(project, evidence)
        ledger.settle(result)
        picked = None if result.assessment is None else choose(policy, result, batch, rng, ledger.learned())
        wall = time.perf_counter() - began
        yield {"run": run, "policy": name, **spent(project), "wall_seconds": wall, "truth": truth(result, on, found)}
        if picked is None or project.shown >= until or len(picked.rows) == 0:
            return
        ledger.enter(result, picked, on.pool.targets[:, found], {})
        project.review(result, picked, found)


def learned(project: Replayed, evidence: Evidence) -> Result:
    """The learner's view of a project, fitted as the rating fits it. What only the rating measures is nan."""
    config = RatingConfig()
    if reasons := obstacles(evidence, config):
        return Result(no_rating(evidence, reasons, config), evidence, population=project.population)
    known = learn(evidence, config, project.chosen, choose_again=project.choose_again)
    project.choose((known.block_weights, known.penalty))
    assessment = Assessment(
        known.features, known.model, known.scores, known.probability, known.probability,
        np.full(len(evidence.label_ids), np.nan), np.full(evidence.targets.shape, np.nan), evidence.positives >= 2,
        evidence.positives, known.weights, known.block_weights, known.penalty, known.twins,
    )  # fmt: skip
    unrated = no_rating(evidence, ("Only the learner is replayed.",), config)
    return Result(unrated, evidence, assessment, population=project.population)


def truth(result: Result, on: Divided, found: Ints) -> dict[str, float | None]:
    """Mean average precision on the hold-out, of the labels found (``map``) and of all (``map_all``, as in a full replay)."""
    if result.assessment is None:
        return {"map": None, "map_all": None}
    hidden = np.setdiff1d(np.arange(on.held.shape[1]), found)
    scores = result.assessment.model.score(combine(on.unseen, result.assessment.block_weights))
    ap = precisions(on.held[:, found], scores)
    everything = np.concatenate([ap[~np.isnan(ap)], on.held[:, hidden].mean(axis=0)])
    return {"map": float(np.nanmean(ap)), "map_all": float(everything.mean())}
