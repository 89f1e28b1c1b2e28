"""Ways to choose the next items, replayed against each other. Each returns positions in the pool with their source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rating.evidence import Floats, Ints, RatingConfig
from rating.rate import Result
from recommend.efficacy import Efficacy
from recommend.plan import plan_actions
from recommend.records import Action
from recommend.replayed import Chosen
from recommend.sampling import scene_of
from recommend.strategies import STRATEGIES, Strategy, mixed


@dataclass(frozen=True)
class Pick(Chosen):
    """Items to review, with the actions they came from."""

    actions: tuple[Action, ...] = field(default=())


#: Items of a batch that is handed over to another team.
HANDED_OVER = 1000

Policy = Callable[[Result, int, np.random.Generator], Pick]


def _open(result: Result) -> Ints:
    return np.flatnonzero(~result.evidence.reviewed_mask)


def _fill(result: Result, rows: Ints, kind: str, batch: int, rng: np.random.Generator) -> Pick:
    """The chosen rows, and random ones until the batch is full."""
    rest = np.setdiff1d(_open(result), rows)
    more = rng.choice(rest, min(batch - len(rows), len(rest)), replace=False)
    chances = np.repeat([np.nan, len(more) / max(len(rest), 1)], [len(rows), len(more)])
    return Pick(np.concatenate([rows, more]).astype(np.int64), (kind,) * len(rows) + ("shuffle",) * len(more), chances)


def random(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """Items at random."""
    return _fill(result, np.empty(0, dtype=np.int64), "shuffle", batch, rng)


def plateau(result: Result, batch: int, rng: np.random.Generator, efficacy: Efficacy | None = None) -> Pick:
    """The product's own plan: its top actions of ten items each, with what was learned of how promises are kept."""
    config = RatingConfig(seed=int(rng.integers(2**31)))
    actions = plan_actions(result, config, names={}, top=max(batch // 10, 1), efficacy=efficacy)
    if not actions:
        return random(result, batch, rng)
    place = {int(item): row for row, item in enumerate(result.evidence.item_ids)}
    rows = np.array([place[item] for action in actions for item in action.items], dtype=np.int64)
    kinds = tuple(action.kind for action in actions for _ in action.items)
    chances = np.array([chance for action in actions for chance in action.chances])
    return Pick(rows[:batch], kinds[:batch], chances[:batch], actions)


def lowest_confidence(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """Items whose least certain label is nearest to even odds: plain uncertainty sampling over all labels."""
    return _uncertain(result, batch, batch, rng)


def heavy(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """Uncertainty sampling, likely items of a random label and hard items of one, with 4 % shuffle."""
    assert result.assessment is not None
    count, p = round(0.96 * batch), result.assessment.probability[_open(result)]
    turn, label = int(rng.integers(3)), int(rng.integers(p.shape[1]))
    if turn == 0:
        return _uncertain(result, count, batch, rng)
    score = p[:, label] if turn == 1 else -np.abs(p[:, label] - 0.5)
    return _fill(result, _open(result)[np.argsort(-score, kind="stable")[:count]], "teach", batch, rng)


def _uncertain(result: Result, count: int, batch: int, rng: np.random.Generator) -> Pick:
    assert result.assessment is not None
    doubt = np.abs(result.assessment.probability[_open(result)] - 0.5).min(axis=1)
    return _fill(result, _open(result)[np.argsort(doubt, kind="stable")[:count]], "low_confidence", batch, rng)


def cluster_only(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """All items from one random cluster at a time."""
    assert result.population is not None
    rows, themes = _open(result), result.population.clusters
    chosen: Ints = np.empty(0, dtype=np.int64)
    for theme in rng.permutation(themes.max() + 1):
        chosen = np.concatenate([chosen, rows[themes[rows] == theme]])[:batch]
        if len(chosen) == batch:
            break
    return _fill(result, chosen, "discover", batch, rng)


def search_biased(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """Half the items are those most like one example of a random label, as a search by its words finds them."""
    assert result.assessment is not None
    label = int(rng.choice(np.flatnonzero(result.evidence.positives > 0)))
    examples = result.evidence.rows[result.evidence.targets[:, label] == 1]
    rows, features = _open(result), result.assessment.features
    likeness: Floats = features[rows] @ features[rng.choice(examples)]
    found = rows[np.argsort(-likeness, kind="stable")[: batch // 2]]
    return _fill(result, found, "search", batch, rng)


def random_batch(result: Result, batch: int, rng: np.random.Generator) -> Pick:
    """A thousand items at random, whatever the batch: what a team labels when another one trains the model."""
    return random(result, HANDED_OVER, rng)


def by_strategy(strategy: Strategy, share: float = 0.0) -> Policy:
    """A sampling strategy known by name, each place left to chance with probability ``share``."""

    def policy(result: Result, batch: int, rng: np.random.Generator) -> Pick:
        rows = _open(result)
        chosen = mixed(scene_of(result, rows, int(rng.integers(2**31))), strategy, share, batch, rng)
        kinds = tuple("shuffle" if lucky else "sample" for lucky in chosen.random.tolist())
        return Pick(rows[chosen.order], kinds, chosen.chances)

    return policy


#: The share of chance that is mixed into strategies known by name.
CHANCE = 0.2
#: Policies that plan by the rating; the others see the learner and the features alone.
RATED = frozenset({"plateau"})
POLICIES: dict[str, Policy] = {
    "plateau": plateau,
    "random": random,
    "random-batch": random_batch,
    "lowest-confidence": lowest_confidence,
    "heavy": heavy,
    "search-biased": search_biased,
    "cluster-only": cluster_only,
    **{name: by_strategy(strategy) for name, strategy in STRATEGIES.items() if name != "random"},
    **{f"{name}+random": by_strategy(strategy, CHANCE) for name, strategy in STRATEGIES.items() if name != "random"},
}


def choose(policy: Policy, result: Result, batch: int, rng: np.random.Generator, efficacy: Efficacy) -> Pick:
    """The next items by a policy; Plateau's own plan learns from how its actions kept their promises."""
    return plateau(result, batch, rng, efficacy) if policy is plateau else policy(result, batch, rng)
