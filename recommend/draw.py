"""Drawing a list at random, the better items likelier, with the chance of each known.

Items are drawn one after another: at each step item i with probability q(i) = softmax(log(score_i) / T) among those left, by
the Gumbel-max trick. An item's score is its value x (1 - closeness to what is known or drawn already), so it may fall after
every step. What an item's chance was to be in the list is read off the path that was taken: 1 - product of (1 - q_m(i)) over
the draws m of the other items, i being there throughout. While scores stay as they are, weighting the drawn items by one over
this chance is exactly unbiased; where drawing an item makes others less novel, nearly so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Features, Floats, Ints

#: T: the smaller, the more surely the best items are drawn.
TEMPERATURE = 0.1
#: No item is less likely to be drawn next than this share of the likeliest one's probability: every one can be drawn.
FLOOR = 0.001


@dataclass(frozen=True)
class Drawn:
    """Positions in the frame in the order drawn, (k,), with what each was worth when it was drawn.

    ``chances`` (m,), in (0, 1], are those of every item of the frame to be in a list of k; drawn or not.
    """

    order: Ints
    gains: Floats
    chances: Floats


def draw(
    value: Floats, unit: Features, near: Floats, count: int, rng: np.random.Generator, temperature: float = TEMPERATURE
) -> Drawn:
    """Draw a list of at most ``count`` items from a frame of m.

    ``value`` (m,) is 0 or more; ``unit`` (m, d) are rows of length 1 (of length 0: nothing resembles anything); ``near`` (m,)
    is the highest cosine to what is known already.
    """
    size, near, open_ = len(value), near.copy(), np.ones(len(value), dtype=bool)
    steps = min(count + 1, size)  # one more than is shown: an item that was drawn stood against as many others
    escapes, order, gains = np.ones((steps, size)), np.zeros(steps, dtype=np.int64), np.zeros(steps)
    for step in range(steps):
        score = value * np.clip(1.0 - near, 0.0, 1.0)
        weight = _weights(score, open_, temperature)
        escapes[step] = 1.0 - weight / np.where(open_, weight[open_].sum(), weight[open_].sum() + weight)
        best = int(np.where(open_, np.log(weight) + rng.gumbel(size=size), -np.inf).argmax())
        order[step], gains[step], open_[best] = best, score[best], False
        near = np.where(np.arange(size) == best, near, np.maximum(near, unit @ unit[best]))
    return Drawn(order[:count], gains[:count], _chances(escapes, order, count))


def _weights(score: Floats, left: np.ndarray, temperature: float) -> Floats:
    """(score / best score left) ^ (1 / T), kept between the floor and its inverse; of items drawn already as if still there."""
    best = max(float(score[left].max()), 1e-100)
    bounds = np.array([FLOOR, 1.0 / FLOOR]) ** temperature
    return np.asarray(np.clip(score / best, *bounds) ** (1.0 / temperature), dtype=np.float64)


def _chances(escapes: Floats, order: Ints, count: int) -> Floats:
    """Each item's chance (m,) from its chances to escape each draw, (steps, m); 1 for all if the list takes the whole frame.

    The draw that follows an item's own is left out: with the item still there, it is its own draw over again.
    """
    size = escapes.shape[1]
    if size <= count:
        return np.ones(size)
    escaped = escapes[:count].prod(axis=0)
    for step, item in enumerate(order[:count]):
        escaped[item] = np.delete(escapes[:, item], step + 1).prod()
    return np.asarray(1.0 - escaped, dtype=np.float64)
