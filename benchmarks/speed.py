"""How long a full rating and plan takes, given vectors."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from rating.evidence import Evidence, Features, RatingConfig
from rating.rate import describe_population, rate
from recommend.plan import plan_actions
from recommend.stop import decide

DENSE, LSA = 384, 256


def synthetic(items: int, labels: int, reviews: int, seed: int = 0) -> Evidence:
    """Items around one random direction a label, in two blocks of unit vectors, with 1 to 2 labels each."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((items, labels))
    frequency = 1.0 / np.arange(1, labels + 1) ** 0.8
    for _ in range(2):
        truth[np.arange(items), rng.choice(labels, items, p=frequency / frequency.sum())] = 1.0
    blocks: dict[str, Features] = {}
    for name, dims in (("dense", DENSE), ("lsa", LSA)):
        raw = truth @ rng.standard_normal((labels, dims)) * 0.6 + rng.standard_normal((items, dims))
        blocks[name] = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    rows = np.sort(rng.choice(items, reviews, replace=False))
    names = tuple(f"label {k}" for k in range(labels))
    sources, settled = rng.choice(["shuffle", "teach"], reviews), np.zeros(reviews, dtype=bool)
    return Evidence(np.arange(items), blocks, rows, truth[rows], sources, settled, tuple(range(labels)), names, (False,) * labels)


def speed(items: int, labels: int, reviews: int, repeats: int) -> dict[str, Any]:
    """Seconds of each part, best of the repeats: clustering (once a population), a choice of mix anew, rating, plan."""
    evidence, config = synthetic(items, labels, reviews), RatingConfig()
    began = time.perf_counter()
    population = describe_population(next(iter(evidence.blocks.values())))
    clustering = time.perf_counter() - began
    chosen = ({"dense": 1.0, "lsa": 1.0}, 0.5)
    timed: dict[str, list[float]] = {"rating and plan": [], "with a new choice of mix": [], "plan alone": []}
    for _ in range(repeats):
        for name, again in (("rating and plan", False), ("with a new choice of mix", True)):
            began = time.perf_counter()
            result = rate(evidence, config, population=population, chosen=chosen, choose_again=again)
            planned = time.perf_counter()
            plan_actions(result, config, names={})
            timed["plan alone"].append(time.perf_counter() - planned)
            decide(result, [], config=config)
            timed[name].append(time.perf_counter() - began)
    figures = {name: round(min(values), 3) for name, values in timed.items()}
    return {"items": items, "labels": labels, "reviews": reviews, "clustering, once": round(clustering, 3), **figures}
