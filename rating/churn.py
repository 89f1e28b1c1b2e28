"""How much a model changes from one version to the next: what it decides, and its coefficients on the same features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.assess import Learned, learn
from rating.evidence import Bools, Evidence, Floats, Ints, RatingConfig
from rating.external import part_of
from rating.precision import best_thresholds

#: With fewer reviews left, what chance alone changes is not told.
LEAST = 50


@dataclass(frozen=True)
class Decided:
    """What a version decides on some items, ``said`` (m, L), and its coefficients ``coef`` (D, L) on all blocks side by side."""

    label_ids: tuple[int, ...]
    said: Bools
    coef: Floats


@dataclass(frozen=True)
class Change:
    """What changed between two versions: the share (0-1) of their decisions, overall and by label number; the cosine (-1 to 1)
    of their coefficients, and how long the change is against the first (0 and up; 1: as long as the coefficients themselves).

    None where the two have no label in common, or other blocks.
    """

    share: float | None
    labels: dict[int, float]
    cosine: float | None
    length: float | None


def decided(evidence: Evidence, learned: Learned, rows: Ints) -> Decided:
    """What a version fitted to this evidence decides on the items ``rows`` (m,), each label at its best threshold."""
    limits = np.where(evidence.positives > 0, best_thresholds(learned.probability)[0], np.inf)
    return Decided(evidence.label_ids, np.asarray(learned.probability[rows] >= limits, dtype=bool), on_blocks(evidence, learned))


def on_blocks(evidence: Evidence, learned: Learned) -> Floats:
    """Coefficients (D, L) on the blocks as they are, whatever their weights; a block without weight has zeros."""
    used = [name for name, weight in learned.block_weights.items() if weight > 0 and name in evidence.blocks]
    length = float(np.sqrt(sum(learned.block_weights[name] ** 2 for name in used))) or 1.0
    start, parts = 0, {}
    for name in used:
        width = evidence.blocks[name].shape[1]
        parts[name] = learned.model.coef[start : start + width] * (learned.block_weights[name] / length)
        start += width
    labels = learned.model.coef.shape[1]
    return np.vstack([parts.get(name, np.zeros((block.shape[1], labels))) for name, block in evidence.blocks.items()])


def change(before: Decided, now: Decided) -> Change:
    """What changed, on the labels that both versions know. Both decide on the same items."""
    both = [label for label in now.label_ids if label in before.label_ids]
    first, second = ([one.label_ids.index(label) for label in both] for one in (before, now))
    if not both or not len(now.said):
        return Change(None, {}, None, None)
    apart = (before.said[:, first] != now.said[:, second]).mean(axis=0)
    cosine, length = (
        _moved(before.coef[:, first], now.coef[:, second]) if before.coef.shape[0] == now.coef.shape[0] else (None, None)
    )
    return Change(float(apart.mean()), dict(zip(both, apart.tolist(), strict=True)), cosine, length)


def _moved(old: Floats, new: Floats) -> tuple[float | None, float | None]:
    """Cosine of two sets of coefficients, and the length of their difference against the first."""
    if old.shape != new.shape:  # the blocks are not the same
        return None, None
    long, other = float(np.linalg.norm(old)), float(np.linalg.norm(new))
    if long < 1e-12 or other < 1e-12:
        return None, None
    return float((old * new).sum() / (long * other)), float(np.linalg.norm(new - old) / long)


def by_chance(evidence: Evidence, learned: Learned, rows: Ints, fewer: int, config: RatingConfig, now: Decided) -> Change | None:
    """What changes if as many of the reviews come last as did, but any of them at random: the model without them, and with them.

    ``fewer`` of the reviews are left out, the mix and penalty stay. None where too few are left, or none came.
    """
    count = len(evidence.rows)
    if fewer < 1 or count - fewer < LEAST:
        return None
    keep = np.ones(count, dtype=bool)
    keep[np.random.default_rng([config.seed, 6, count]).choice(count, fewer, replace=False)] = False
    without = part_of(evidence, np.ones(evidence.population, dtype=bool), keep)
    again = learn(without, config, (learned.block_weights, learned.penalty), choose_again=False)
    return change(decided(without, again, rows), now)
