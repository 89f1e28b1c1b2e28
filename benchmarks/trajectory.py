"""Replay a project with a file's labels as the annotator, and write down estimate and truth at every checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.ablations import ablated
from benchmarks.ledger import Ledger, switches
from benchmarks.material import Material, blocks, split
from benchmarks.noise import Flips, noisy
from benchmarks.policies import POLICIES, Pick, choose
from benchmarks.truth import truth_of
from benchmarks.watch import Watch
from data.records import DOUBTING
from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.factors import worst_count
from rating.forecast import forecast
from rating.rate import Population, Result, describe_population, rate
from rating.records import Estimate
from rating.service import CHOOSE_AGAIN
from recommend.cost import Times, spent_seconds
from recommend.replay import answer_seconds
from recommend.start import TEN
from recommend.tour import tour

Record = dict[str, Any]


@dataclass
class Project:
    """A replayed project: what is reviewed so far, in order, and what it took."""

    pool: dict[str, Features]
    targets: Floats
    population: Population
    rows: list[int]
    sources: list[str]
    chances: list[float]
    shown: int
    seconds: float
    unaided: float
    settled: set[int]
    rounds: int = 0
    chosen: tuple[dict[str, float], float] | None = None
    chosen_at: int = 0

    def spent(self) -> Record:
        """What has gone into it so far."""
        seconds = {"sme_seconds": self.seconds, "sme_seconds_unaided": self.unaided}
        return {"reviews": self.shown, "rounds": self.rounds, **seconds}

    def evidence(self, names: tuple[str, ...]) -> tuple[Evidence, Ints]:
        """What the product gets to see, and the columns of the labels discovered so far."""
        found = np.flatnonzero(self.targets[self.rows].sum(axis=0) > 0)
        return (
            Evidence(
                item_ids=np.arange(len(self.targets)),
                blocks=self.pool,
                rows=np.array(self.rows),
                targets=self.targets[np.ix_(self.rows, found)],
                sources=np.array(self.sources, dtype=np.str_),
                settled=np.isin(self.rows, list(self.settled)),
                label_ids=tuple(int(k) for k in found),
                label_names=tuple(names[k] for k in found),
                important=(False,) * len(found),
                chances=np.array(self.chances),
            ),
            found,
        )


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
    project = begin(judged, seen, start, seed + run, discover=discover)
    rng = np.random.default_rng([seed + run, 1])
    watch, ledger = Watch(), Ledger()
    while True:
        evidence, found = project.evidence(material.names)
        began = time.perf_counter()
        result = rated(project, evidence)
        ledger.settle(result)
        picked = choose(POLICIES[policy], result, batch, rng, ledger.learned()) if result.assessment is not None else None
        record = {"run": run, "policy": policy, **project.spent(), "wall_seconds": time.perf_counter() - began}
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
        review(project, result, picked, found)


def begin(
    targets: Floats, seen: dict[str, Features], start: int, seed: int, population: Population | None = None, *,
    discover: bool = False,
) -> Project:  # fmt: skip
    """A project with so many random reviews, or with those that Discover starts with; the same ones for the same seed."""
    population, rng = population or describe_population(next(iter(seen.values()))), np.random.default_rng(seed)
    rows = rng.choice(len(targets), start, replace=False)
    chances, kind = np.full(start, start / len(targets)), "shuffle"
    if discover:
        (rows, chances), kind = _discovered(seen, population, start, rng), "discover"
    seconds = sum(spent_seconds(int(targets[row].sum()), 0, kind, Times()) for row in rows)
    sources = [kind] * len(rows)
    return Project(seen, targets, population, rows.tolist(), sources, chances.tolist(), len(rows), seconds, seconds, set())


def _discovered(seen: dict[str, Features], population: Population, start: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The items of as many Discover actions of ten as it takes, started one after another, with their chances."""
    rows, chances = np.empty(0, dtype=np.int64), np.empty(0)
    features, clusters, centres = next(iter(seen.values())), population.clusters, population.centres
    while len(rows) < start:
        free = np.ones(len(clusters), dtype=bool)
        free[rows] = False
        looked = np.bincount(clusters[rows], minlength=len(centres))
        drawn = tour(features, clusters, centres, free, looked, min(TEN, start - len(rows)), rng)
        if not len(drawn.rows):
            break
        rows, chances = np.concatenate([rows, drawn.rows]), np.concatenate([chances, drawn.chances])
    return rows, chances


def rated(project: Project, evidence: Evidence) -> Result:
    """Rate as the service does: the mix of features is chosen anew when reviews have grown by a tenth."""
    again = len(project.rows) >= CHOOSE_AGAIN * project.chosen_at
    result = rate(evidence, RatingConfig(), population=project.population, chosen=project.chosen, choose_again=again)
    if result.assessment is not None:
        project.chosen = (result.assessment.block_weights, result.assessment.penalty)
        project.chosen_at = len(project.rows) if again else project.chosen_at
    return result


def review(project: Project, result: Result, picked: Pick, found: Ints) -> None:
    """The annotator answers: labels that are shown and right are confirmed, the others assigned."""
    project.rounds += 1
    for row, kind, chance in zip(picked.rows.tolist(), picked.kinds, picked.chances.tolist(), strict=True):
        aided, unaided = answer_seconds(project.targets[row], found, result, row, kind, Times())
        project.seconds, project.unaided = project.seconds + aided, project.unaided + unaided
        project.shown += 1
        if kind in DOUBTING:
            project.settled.add(row)
        if row not in project.rows:
            project.rows.append(row)
            project.sources.append(kind)
            project.chances.append(chance)


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
