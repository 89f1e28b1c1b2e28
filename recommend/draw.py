"""Drawing a list at random, the better items likelier, with the chance of each known.

Items are drawn one after another: at each step item i with probability q(i) = softmax(log(score_i) / T) among those left, by
the Gumbel-max trick. An item's score is its value x (1 - closeness to what is known or drawn already), so it may fall after
every step, and there is no formula for its chance to be in the list. It is found by drawing many lists, of which the first is
the one to show. The sum of q(i) over the draws up to i's own has the chance as its mean, however scores change, and is never 0;
so has the share of the lists that hold i. The first is nearly exact for unlikely items, the second for likely ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Features, Floats, Ints

#: T: the smaller, the more surely the best items are drawn.
TEMPERATURE = 0.15
#: No item is less likely to be drawn next than this share of the likeliest one's probability: every one can be drawn.
FLOOR = 0.001
#: Lists drawn to find the chances: so many, fewer from large frames, but never fewer than the least.
LISTS, LEAST, CELLS = 200, 20, 40_000


@dataclass(frozen=True)
class Drawn:
    """Positions in the frame in the order drawn, (k,), with what each was worth when it was drawn.

    ``chances`` (m,), in (0, 1], are those of every item of the frame to be in a list of k, drawn or not.
    """

    order: Ints
    gains: Floats
    chances: Floats


def draw(
    value: Floats, unit: Features, near: Floats, count: int, rng: np.random.Generator, temperature: float = TEMPERATURE
) -> Drawn:
    """Draw a list of at most ``count`` items from a frame of m.

    ``value`` (m,) is 0 or more; ``unit`` (m, d) are rows of length 1 (with d = 0 nothing resembles anything); ``near`` (m,)
    is the highest cosine to what is known already.
    """
    size, count = len(value), min(count, len(value))
    alike = unit @ unit.T if unit.shape[1] else np.broadcast_to(np.float32(0.0), (size, size))
    lists = np.arange(int(np.clip(CELLS // max(size, 1), LEAST, LISTS)))
    close, left = np.tile(near, (len(lists), 1)), np.ones((len(lists), size), dtype=bool)
    order, gains, summed = np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros(size)
    for step in range(count):
        score = value * np.clip(1.0 - close, 0.0, 1.0)
        weight = _log_weights(score, left, temperature)
        share = np.exp(weight)
        summed += (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        best = (weight + rng.gumbel(size=weight.shape)).argmax(axis=1)
        order[step], gains[step] = best[0], score[0, best[0]]
        left[lists, best] = False
        close = np.maximum(close, alike[best])
    chances = _mixed(summed, 1.0 - left.mean(axis=0)) if count < size else np.ones(size)
    return Drawn(order, gains, chances)


def _mixed(summed: Floats, share: Floats) -> Floats:
    """The chance from both its estimates, the sum of probabilities and the share of lists: the likelier, the more the latter."""
    trust = np.minimum(summed, 1.0)
    return np.asarray((1.0 - trust) * summed + trust * share, dtype=np.float64)


def _log_weights(score: Floats, left: Bools, temperature: float) -> Floats:
    """log of (score / best score left) ^ (1 / T), not below the floor's, list by list; minus infinity of items drawn already."""
    levels = np.where(left, np.log(np.maximum(score, 1e-100)), -np.inf)
    steps = (levels - levels.max(axis=1, keepdims=True)) / temperature
    return np.where(left, np.maximum(steps, np.log(FLOOR)), -np.inf)
