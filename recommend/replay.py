"""Replaying what is reviewed already: how good would the model have been, how soon, with items chosen in another way?

Part of the reviewed items is held out as the truth. The others are reviewed again, batch by batch, as a strategy chooses them;
the answers are the ones that were given. The learner is the product's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import average_precision_score

from data.errors import InvalidInput
from rating.evidence import Floats, Ints, RatingConfig
from rating.learner import combine
from rating.rate import Result, describe_population
from recommend.cost import Times
from recommend.plan import TOP, plan_actions
from recommend.replayed import Chosen, Ground, Replayed, begun
from recommend.sampling import scene_of
from recommend.strategies import STRATEGIES
from recommend.strategies import Strategy as Sampling

#: The share of the reviewed items that is held out, and how many of the others a replay begins with.
HELD_OUT, LEAST_START, MOST_START = 0.3, 40, 100
#: Items of a batch; it grows to a share of what is reviewed, so that long replays stay quick.
BATCH, GROWTH = 50, 0.1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a replay stands after so many ``reviews`` and ``rounds`` of choosing.

    ``quality`` is the mean average precision (0-1) on the held-out items. ``seconds`` are one annotator's, confirming what is
    suggested; ``unaided`` those without any suggestion.
    """

    reviews: int
    rounds: int
    quality: float
    seconds: float
    unaided: float


Strategy = Callable[[Result, int, np.random.Generator], Chosen]


def plateau(result: Result, batch: int, rng: np.random.Generator) -> Chosen:
    """Plateau's own plan: the first items of each of its actions, as many of one as of another."""
    actions = plan_actions(result, RatingConfig(seed=int(rng.integers(2**31))), names={}, top=max(TOP, batch // 10))
    place = {int(item): row for row, item in enumerate(result.evidence.item_ids)}
    counts = even_shares([len(action.items) for action in actions], batch)
    taken = [
        (place[item], action.kind, chance)
        for action, count in zip(actions, counts, strict=True)
        for item, chance in list(zip(action.items, action.chances, strict=True))[:count]
    ]
    rows, kinds, chances = zip(*taken, strict=True) if taken else ((), (), ())
    return Chosen(np.array(rows, dtype=np.int64), kinds, np.array(chances, dtype=np.float64))


def even_shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many to take of each list, as evenly as their sizes allow, the first ones one more.

    >>> even_shares([10, 2, 10], 9), even_shares([3, 3], 50)
    ([4, 2, 3], [3, 3])
    """
    shares = [0] * len(sizes)
    turns = sorted((turn, which) for which, size in enumerate(sizes) for turn in range(size))
    for _, which in turns[:total]:
        shares[which] += 1
    return shares


def random(result: Result, batch: int, rng: np.random.Generator) -> Chosen:
    """Items at random."""
    left = np.flatnonzero(~result.evidence.reviewed_mask)
    rows = rng.choice(left, min(batch, len(left)), replace=False)
    return Chosen(rows, ("shuffle",) * len(rows), np.full(len(rows), len(rows) / max(len(left), 1)))


def by_name(name: str) -> Strategy:
    """One of Plateau's plan ("plateau") and the sampling strategies known by name. InvalidInput for any other."""
    if name in WAYS:
        return WAYS[name]
    if name not in STRATEGIES:
        raise InvalidInput(f"There is no strategy {name!r}. Choose among {', '.join(TITLES)}.")
    return lambda result, batch, rng: _sampled(STRATEGIES[name], result, batch, rng)


def _sampled(strategy: Sampling, result: Result, batch: int, rng: np.random.Generator) -> Chosen:
    if result.assessment is None:
        return random(result, batch, rng)
    left, seed = np.flatnonzero(~result.evidence.reviewed_mask), int(rng.integers(2**31))
    rows = left[strategy.order(scene_of(result, left, seed), batch)]
    return Chosen(rows, ("sample",) * len(rows), np.full(len(rows), np.nan))


#: Whole batches that one team labels before another one trains the model on them.
HANDED_OVER = "handed-over"
WAYS: Mapping[str, Strategy] = {"plateau": plateau, "random": random, HANDED_OVER: random}
#: Every way that can be replayed, in words.
TITLES: Mapping[str, str] = {
    "plateau": "Plateau's actions", **{name: strategy.title for name, strategy in sorted(STRATEGIES.items())},
    HANDED_OVER: "Random batches, handed over",
}  # fmt: skip


def hold_out(targets: Floats, share: float, seed: int) -> tuple[Ints, Ints]:
    """Positions of the pool and of the hold-out. Of the items of each label, rare ones first, the same share is held out."""
    rng = np.random.default_rng([seed, 3])
    positive = np.nan_to_num(targets) > 0
    order = np.argsort(positive.sum(axis=0), kind="stable")
    rarest = np.where(positive.any(axis=1), positive[:, order].argmax(axis=1), -1) if targets.shape[1] else np.zeros(len(targets))
    shuffled = rng.permutation(len(targets))
    lined = shuffled[np.argsort(rarest[shuffled], kind="stable")]
    # Along the line, label after label, every so often one is held out.
    held = np.diff(np.floor(np.arange(len(lined) + 1) * share + rng.random())) > 0
    return np.sort(lined[~held]), np.sort(lined[held])


def start_size(pool: int) -> int:
    """How many random reviews a replay begins with: a quarter of a small pool, at most a hundred."""
    return int(np.clip(pool // 4, LEAST_START, MOST_START))


def replay(
    ground: Ground, strategy: Strategy, *, seed: int, batch: int = BATCH, growth: float = GROWTH, held_out: float = HELD_OUT,
    times: Times | None = None, config: RatingConfig | None = None,
) -> Iterator[Checkpoint]:  # fmt: skip
    """One run of one strategy, a checkpoint before every batch and one at the end, when all of the pool is reviewed.

    A batch has ``batch`` items or, where that is more, a share ``growth`` of what is reviewed. Runs with the same seed hold out
    the same items and begin with the same ones. Stop iterating to break it off.
    """
    state, held = _begin(ground, seed, held_out, times or Times(), config or RatingConfig())
    rng = np.random.default_rng([seed, 1])
    while True:
        evidence, found = state.evidence()
        result = state.rated(evidence)
        yield Checkpoint(state.shown, state.rounds, quality_of(result, held, found), state.seconds, state.unaided)
        if len(state.rows) == len(state.pool.targets):
            return
        size = max(batch, 10 * round(growth * len(state.rows) / 10))
        picked = strategy(result, size, rng)
        if np.isin(picked.rows, state.rows).all():  # nothing new in it: go on with any
            picked = random(result, size, rng)
        state.review(result, picked, found)


def _begin(ground: Ground, seed: int, share: float, times: Times, config: RatingConfig) -> tuple[Replayed, Ground]:
    """A project with its first random reviews, and what is held out of it."""
    pool, held = (ground.part(rows) for rows in hold_out(ground.targets, share, seed))
    start = start_size(len(pool.targets))
    rows = np.random.default_rng([seed, 2]).choice(len(pool.targets), start, replace=False)
    themes = describe_population(next(iter(pool.blocks.values())), config.seed)
    config = replace(config, min_reviewed=min(config.min_reviewed, start))
    chances = np.full(start, start / len(pool.targets))
    return begun(pool, themes, rows, "shuffle", chances, config=config, times=times), held


def quality_of(result: Result, held: Ground, found: Ints) -> float:
    """Mean average precision (0-1) over the labels that the held-out items carry; nan where they carry none.

    A label that the model has not met ranks at random: its precision is its share of the items.
    """
    share = np.nansum(held.targets, axis=0) / np.maximum((~np.isnan(held.targets)).sum(axis=0), 1)
    ap = share.copy()
    if result.assessment is not None:
        scores = result.assessment.model.score(combine(held.blocks, result.assessment.block_weights))
        ap[found] = precisions(held.targets[:, found], scores)
    return float(ap[share > 0].mean()) if share.any() else float("nan")


def precisions(truth: Floats, scores: Floats) -> Floats:
    """Average precision of every label (L,) over the items where it was judged; nan where none of them carries it."""
    return np.array([_precision(y[~np.isnan(y)], s[~np.isnan(y)]) for y, s in zip(truth.T, scores.T, strict=True)])


def _precision(truth: Floats, scores: Floats) -> float:
    return float(average_precision_score(truth, scores)) if truth.any() else float("nan")
