"""Balance on planted selections: the reviewed items are drawn by a known rule, so that the true Balance is known too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.material import Material, blocks
from rating.balance import balance, divergence, similarity
from rating.domain import tell_apart
from rating.evidence import Features, Floats, Ints
from rating.rate import Population, describe_population

KINDS, BIASES, SIZES = ("cluster", "label", "search"), (0.0, 0.1, 0.2, 0.4, 0.8), (100, 200, 500, 1000, 2000)
#: Groups to select from hold at least this share of all items; a search finds this share. A step of the bias counts
#: where the true Balance falls by at least STEP: a small group is soon used up.
GROUP, STEP, FEWEST = 0.01, 0.02, 20

Record = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """Items to select from: their features (N, d), their true labels (N, L) and what is known of the population."""

    features: Features
    targets: Floats
    population: Population


def ground(material: Material) -> Ground:
    """All items of a file, by the given vectors or, without any, by LSA."""
    everything = np.arange(len(material.texts))
    features = material.vectors if material.vectors is not None else blocks(material, everything, everything[:1])[0]["lsa"]
    return Ground(features, material.targets, describe_population(features))


def planted(ground: Ground, *, runs: int, seed: int, sizes: Sequence[int] = SIZES) -> Iterator[Record]:
    """Every run of every kind of bias, number of reviews and strength: true and measured Balance."""
    for size in (n for n in sizes if n <= len(ground.features) // 2):
        for run in range(runs):
            for number, kind in enumerate(KINDS):
                group = _group(ground, kind, np.random.default_rng([seed, run, number]))
                for bias in BIASES:
                    rng = np.random.default_rng([seed, run, number, size, round(100 * bias)])
                    yield {"kind": kind, "reviews": size, "bias": bias, "run": run, **_measure(ground, group, bias, size, rng)}


def _group(ground: Ground, kind: str, rng: np.random.Generator) -> Ints:
    """Items of one random finest cluster, of one random label, or those most like a random item."""
    least = max(FEWEST, round(GROUP * len(ground.features)))
    if kind == "search":
        likeness = ground.features @ ground.features[rng.integers(len(ground.features))]
        return np.asarray(np.argsort(-likeness, kind="stable")[: 2 * least])
    clusters = ground.population.clusters
    member = np.equal.outer(clusters, np.unique(clusters)) if kind == "cluster" else ground.targets > 0
    sizes = member.sum(axis=0)
    large = np.flatnonzero(sizes >= least)
    return np.flatnonzero(member[:, rng.choice(large) if len(large) else int(sizes.argmax())])


def select(group: Ints, population: int, bias: float, size: int, rng: np.random.Generator) -> Ints:
    """``size`` items: the share ``bias`` of them from the group, as far as it goes, and the rest evenly from all others."""
    aimed = rng.choice(group, min(round(bias * size), len(group)), replace=False)
    rest = np.setdiff1d(np.arange(population), aimed)
    return np.concatenate([aimed, rng.choice(rest, size - len(aimed), replace=False)])


def true_balance(group: int, population: int, bias: float, size: int) -> float:
    """Balance of that selection, from the chance of an item to be from the group: what lies within it is drawn evenly."""
    aimed = min(round(bias * size), group)
    inside = (aimed + (size - aimed) * (group - aimed) / (population - aimed)) / size
    share, seen = np.array([group, population - group]) / population, np.array([inside, 1.0 - inside])
    return float(similarity(divergence(seen * 1e9, share)))


def _measure(ground: Ground, group: Ints, bias: float, size: int, rng: np.random.Generator) -> Record:
    population, clusters = ground.population, ground.population.clusters
    rows = select(group, len(clusters), bias, size, rng)
    domain = tell_apart(ground.features, population.plane, rows, rng)
    found = balance(clusters, rows, 100, rng, domain)
    low, high = (float(q) for q in np.quantile(found.draws, [0.05, 0.95]))
    return {
        "true": true_balance(len(group), len(clusters), bias, size), "balance": found.value, "by_clusters": found.by_clusters,
        "by_classifier": found.by_classifier, "low": min(low, found.value), "high": max(high, found.value),
        "auc": None if domain is None else domain.auc, "p_value": None if domain is None else domain.p_value,
        "effective": None if domain is None else domain.effective,
    }  # fmt: skip


def summary(records: Sequence[Record]) -> pd.DataFrame:
    """By kind, reviews and bias: true and measured Balance, and in what share of the runs the latter fell with the former."""
    frame = pd.DataFrame(records).sort_values(["kind", "reviews", "run", "bias"])
    steps = frame.groupby(["kind", "reviews", "run"])[["true", "balance"]].diff()
    due = steps["true"] <= -STEP
    frame["fell"] = np.where(due, (steps["balance"] < 0).astype(float), np.nan)
    frame["rose"] = np.where(due, (steps["balance"] > 0).astype(float), np.nan)
    frame["error"] = (frame["balance"] - frame["true"]).abs()
    frame["inside"] = (frame["low"] <= frame["true"] + 1e-9) & (frame["true"] <= frame["high"] + 1e-9)
    return frame.groupby(["kind", "reviews", "bias"], as_index=False).agg(
        true=("true", "mean"), mean=("balance", "mean"), sd=("balance", "std"), lowest=("balance", lambda x: x.quantile(0.05)),
        clusters=("by_clusters", "mean"), classifier=("by_classifier", "mean"), error=("error", "mean"),
        inside=("inside", "mean"), fell=("fell", "mean"), rose=("rose", "mean"), auc=("auc", "mean"),
        told=("p_value", lambda p: (p < 0.05).mean()), effective=("effective", "mean"),
    )  # fmt: skip
