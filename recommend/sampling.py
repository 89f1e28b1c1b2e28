"""Choosing items by a strategy known by name instead of Plateau's own plan: the setting, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.errors import InvalidInput
from rating.evidence import Floats, Ints, RatingConfig
from rating.rate import Result
from recommend.candidates import Candidate, shuffle
from recommend.cost import Times, expected_seconds
from recommend.efficacy import Efficacy
from recommend.order import in_context
from recommend.pool import Pool, make_pool
from recommend.promise import ANSWERS, as_document, promise_of
from recommend.reasons import reason_of, theme_of
from recommend.records import Action
from recommend.strategies import STRATEGIES, Mixed, Scene, batch_size, mixed

#: The name under which Plateau's own plan is chosen.
PLATEAU = "plateau"
MOST = 100


@dataclass(frozen=True, slots=True)
class Sampling:
    """How items are chosen: a strategy's name, the share (0-1) left to chance, and how many at a time.

    A batch has ``size`` items, or ``growth`` (0-1) times the reviewed ones where that is more, at most a hundred.
    """

    strategy: str
    random: float = 0.2
    size: int = 10
    growth: float = 0.0


def sampling_from(setting: Mapping[str, Any] | None) -> Sampling | None:
    """The strategy that a project's setting names; None for Plateau's own plan. InvalidInput for what there is not.

    >>> sampling_from({"strategy": "margin", "random": 0.1}), sampling_from({"strategy": "plateau"}), sampling_from(None)
    (Sampling(strategy='margin', random=0.1, size=10, growth=0.0), None, None)
    """
    if not setting or setting.get("strategy", PLATEAU) == PLATEAU:
        return None
    if unknown := sorted(set(setting) - set(Sampling.__dataclass_fields__)):
        raise InvalidInput(f"Sampling is set by {', '.join(Sampling.__dataclass_fields__)}; found {unknown[0]!r}. Remove it.")
    if setting["strategy"] not in STRATEGIES:
        names = ", ".join((PLATEAU, *STRATEGIES))
        raise InvalidInput(f"Items are chosen by one of {names}; not {setting['strategy']!r}. Choose one of them.")
    usual = asdict(Sampling(setting["strategy"]))
    found = {name: _number(name, value) for name, value in {**usual, **setting}.items() if name != "strategy"}
    return Sampling(str(setting["strategy"]), found["random"], int(found["size"]), found["growth"])


_BOUNDS: dict[str, tuple[str, float, float]] = {
    "random": ("The share left to chance", 0.0, 1.0),
    "size": ("The size of a batch", 1.0, float(MOST)),
    "growth": ("The growth of a batch", 0.0, 1.0),
}


def _number(name: str, value: Any) -> float:
    what, low, high = _BOUNDS[name]
    told = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not told or (name == "size" and value != int(value)):
        kind = "a whole number" if name == "size" else "a number"
        raise InvalidInput(f"{what} is {kind} from {low:g} to {high:g}; not {value!r}. Correct it.")
    return float(value)


def scene_of(result: Result, rows: Ints, seed: int = 0) -> Scene:
    """What a strategy sees of these items (positions in the population) of a project that has a model."""
    assert result.assessment is not None
    assert result.population is not None
    features = result.assessment.features
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    clusters = result.population.clusters[rows]
    return Scene(result.assessment.probability[rows], unit[rows], unit[result.evidence.rows], clusters, seed)


def sampled_actions(
    result: Result, config: RatingConfig, sampling: Sampling, *, times: Times | None = None,
    efficacy: Efficacy | None = None, busy: Sequence[int] = (),
) -> tuple[Action, ...]:  # fmt: skip
    """One list by the strategy, and Shuffle; no item is in both. Empty when there is no model or nothing is left.

    ``efficacy`` is how well each kind has kept its promises so far; ``busy`` item ids are not asked for.
    """
    if result.assessment is None:
        return ()
    pool, rng = make_pool(result, config, busy), np.random.default_rng([config.seed, len(result.evidence.rows)])
    if not len(pool.rows):
        return ()
    even = shuffle(pool, rng)  # drawn first, from all, so that the strategy makes it no less random
    rest, evenly = np.setdiff1d(pool.rows, even.rows), np.full(len(even.rows), len(even.rows) / even.drawn_from)
    lists = [(even, evenly, theme_of(even, pool, {}), reason_of(even, pool))]
    if len(rest):
        lists.insert(0, _sampled(pool, rest, sampling, config.seed, rng))
    return tuple(_action(pool, *listed, times or Times(), efficacy or Efficacy(certain=True), rng) for listed in lists)


def _sampled(
    pool: Pool, rest: Ints, sampling: Sampling, seed: int, rng: np.random.Generator
) -> tuple[Candidate, Floats, str, str]:
    """The strategy's list with the chances of its items, its theme and its reason."""
    count = batch_size(len(pool.reviewed), start=sampling.size, share=sampling.growth, most=MOST)
    strategy = STRATEGIES[sampling.strategy]
    chosen = mixed(scene_of(pool.result, rest, seed), strategy, sampling.random, count, rng)
    rows = rest[chosen.order]
    gains = pool.value[rows] * (1.0 - pool.near_reviewed(rows))
    listed = Candidate("sample", "all_labels", rows, gains, 0.0, rows, pool.value[rows], len(rest))
    return listed, chosen.chances, strategy.title, sampled_reason(sampling, chosen)


def sampled_reason(sampling: Sampling, chosen: Mixed) -> str:
    """Whose choice this is, what the strategy asks for, and what chance has added."""
    lucky, count = int(chosen.random.sum()), len(chosen.order)
    by_chance = sampling.random > 0 and sampling.strategy != "random"
    added = f" {lucky} of these {count} came by chance instead." if by_chance else ""
    return f"Your settings ask for this instead of Plateau's plan: {STRATEGIES[sampling.strategy].about}.{added}"


def _action(
    pool: Pool, listed: Candidate, chances: Floats, theme: str, reason: str, times: Times, efficacy: Efficacy,
    rng: np.random.Generator,
) -> Action:  # fmt: skip
    """An action of these items, ordered by likeness. Its gain is that of its items, each less the more it resembles others."""
    rows, unit = listed.rows, pool.unit[listed.rows]
    draws = efficacy.draws(listed.kind, ANSWERS, rng)
    promise = promise_of(pool, pool.worth, listed, np.empty(0, dtype=np.int64), draws, rng)
    order = in_context(unit, pool.probability[rows].argmax(axis=1))
    return Action(
        kind=listed.kind,
        theme=theme,
        reason=reason,
        factor=listed.factor,
        label_ids=(),
        items=tuple(int(i) for i in pool.result.evidence.item_ids[rows[order]]),
        chances=tuple(None if np.isnan(chance) else float(chance) for chance in chances[order]),
        candidates=listed.drawn_from,
        gain=promise.expected * efficacy.mean(listed.kind),
        seconds=float(expected_seconds(pool.probability[rows], listed.kind, times).sum()),
        low=promise.low,
        high=promise.high,
        promise=as_document(promise.in_order(order)),
    )
