"""Sampling strategies known by name: which unreviewed items come next, from the model's probabilities and the features alone.

The four kinds of uncertainty are defined for one class out of several. Items here carry any set of labels, so the classes are
the label sets, and labels are taken as independent: the likeliest set holds every label with p > 1/2 and has the probability
P1 = prod max(p, 1 - p); the second likeliest differs in the label nearest to even odds:
P2 = P1 max(min(p, 1 - p) / max(p, 1 - p)).
So each textbook formula holds as it stands, and the way labels are put together follows instead of being chosen: the entropy of
the set is the sum of the labels' entropies (their mean, times L); ratio is the maximum over the labels, and there entropy, least
confidence, margin and ratio of the single labels all give one and the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from rating.evidence import Features, Floats, Ints
from recommend.value import closeness


@dataclass(frozen=True)
class Scene:
    """What a strategy sees of U unreviewed items.

    ``probability`` (U, L) that each label applies; ``unit`` (U, d) features and ``known`` (n, d) those of the reviewed items,
    rows of length 1; ``clusters`` (U,); ``seed`` for what is left to chance.
    """

    probability: Floats
    unit: Features
    known: Features
    clusters: Ints
    seed: int = 0

    @property
    def size(self) -> int:
        """U, the number of items to choose from."""
        return len(self.probability)


@dataclass(frozen=True)
class Strategy:
    """A strategy's name in words, what it asks for, and the first ``count`` positions of its order, best first, each once."""

    title: str
    about: str
    order: Callable[[Scene, int], Ints]


def entropy(probability: Floats) -> Floats:
    """Entropy of each item's label set, (U,), 0 to L log 2 nats: 0 is certainty. The mean over labels gives the same order.

    >>> entropy(np.array([[0.0, 1.0], [0.5, 0.5]])).round(2).tolist()
    [0.0, 1.39]
    """
    return np.asarray((entr(probability) + entr(1.0 - probability)).sum(axis=1) + 0.0)


def least_confidence(probability: Floats) -> Floats:
    """The chance 1 - P1 that the likeliest label set is not the true one, (U,), 0 to 1: 0 is certainty.

    >>> least_confidence(np.array([[0.0, 1.0], [0.5, 0.9]])).round(2).tolist()
    [0.0, 0.55]
    """
    return np.asarray(-np.expm1(np.log(np.maximum(probability, 1.0 - probability)).sum(axis=1)) + 0.0)


def ratio(probability: Floats) -> Floats:
    """The second likeliest label set's chance over the likeliest's, P2 / P1, (U,), 0 to 1: 1 is a tie.

    >>> ratio(np.array([[0.0, 1.0], [0.2, 0.9], [0.5, 0.9]])).round(2).tolist()
    [0.0, 0.25, 1.0]
    """
    likelier = np.maximum(probability, 1.0 - probability)
    return np.asarray(((1.0 - likelier) / likelier).max(axis=1))


def margin(probability: Floats) -> Floats:
    """How close the two likeliest label sets are, 1 - (P1 - P2), (U,), 0 to 1: 1 is a tie.

    >>> margin(np.array([[0.0, 1.0], [0.2, 0.9], [0.5, 0.9]])).round(2).tolist()
    [0.0, 0.46, 1.0]
    """
    return np.asarray(1.0 - (1.0 - least_confidence(probability)) * (1.0 - ratio(probability)))


def by_score(score: Callable[[Floats], Floats]) -> Callable[[Scene, int], Ints]:
    """The order of a strategy that asks for the highest scores first; ties keep the items' order."""
    return lambda scene, count: np.argsort(-score(scene.probability), kind="stable")[:count]


def cluster_turns(scene: Scene, count: int) -> Ints:
    """The item of highest entropy from each cluster in turn; the cluster with the most uncertain item goes first."""
    doubt = entropy(scene.probability)
    order = np.argsort(-doubt, kind="stable")
    grouped = order[np.argsort(scene.clusters[order], kind="stable")]
    starts = np.searchsorted(scene.clusters[grouped], scene.clusters[grouped], side="left")
    turn = np.empty(scene.size, dtype=np.int64)
    turn[grouped] = np.arange(scene.size) - starts
    _, first, cluster = np.unique(scene.clusters[order], return_index=True, return_inverse=True)
    leading = np.empty(scene.size, dtype=np.int64)
    leading[order] = first[cluster.ravel()]
    return np.asarray(np.lexsort((leading, turn))[:count], dtype=np.int64)


def ranked_batch(scene: Scene, count: int) -> Ints:
    """Items that are uncertain and unlike what is reviewed or chosen already, one after another.

    Score: alpha (1 - s) + (1 - alpha) u, with s the highest cosine to a reviewed or chosen item (0 where negative), u = 1 - P1,
    and alpha the unreviewed share of all items: likeness counts while little is reviewed, uncertainty later. Cardoso et al.,
    "Ranked batch-mode active learning", Information Sciences 379 (2017); each chosen item counts as reviewed.
    """
    doubt, near = least_confidence(scene.probability), np.clip(closeness(scene.unit, scene.known), 0.0, 1.0)
    open_ = np.ones(scene.size, dtype=bool)
    chosen = np.empty(min(count, scene.size), dtype=np.int64)
    for place in range(len(chosen)):
        alpha = (scene.size - place) / (scene.size + len(scene.known))
        best = int(np.where(open_, alpha * (1.0 - near) + (1.0 - alpha) * doubt, -1.0).argmax())
        chosen[place], open_[best] = best, False
        near = np.maximum(near, np.clip(scene.unit @ scene.unit[best], 0.0, 1.0))
    return chosen


def at_random(scene: Scene, count: int) -> Ints:
    """Any item, each as likely as any other."""
    return np.random.default_rng(scene.seed).permutation(scene.size)[:count]


STRATEGIES: dict[str, Strategy] = {
    "entropy": Strategy("Entropy", "items whose labels, all together, the model knows least about", by_score(entropy)),
    "least-confidence": Strategy(
        "Least confidence", "items on which the model's best answer is least likely to be fully right", by_score(least_confidence)
    ),
    "margin": Strategy("Margin", "items whose two likeliest answers are nearly as likely", by_score(margin)),
    "ratio": Strategy("Ratio", "items with one label that could as well apply as not", by_score(ratio)),
    "cluster": Strategy("Clusters in turn", "the most uncertain item of each group of look-alikes in turn", cluster_turns),
    "ranked-batch": Strategy("Ranked batch", "items that are both uncertain and unlike everything reviewed", ranked_batch),
    "random": Strategy("Random", "any item, each as likely as any other", at_random),
}


@dataclass(frozen=True)
class Mixed:
    """Positions in the order chosen, (k,), which of them chance chose, (k,), and how likely each was to be among them, (k,).

    ``chances``, above 0 to 1, are exact; nan where nothing was left to chance, so that other items could not have come.
    """

    order: Ints
    random: np.ndarray
    chances: Floats


def mixed(scene: Scene, strategy: Strategy, share: float, count: int, rng: np.random.Generator) -> Mixed:
    """Choose ``count`` items: each place by itself is, with probability ``share``, any item left, else the strategy's next.

    Nothing is repeated, and nothing dropped: with ``count`` at U or more, every item is chosen.
    """
    count = min(count, scene.size)
    ranked, coins = strategy.order(scene, count), rng.random(count) < share
    streams = _unused(ranked, rng.permutation(scene.size))
    order = np.array([next(streams[int(coin)]) for coin in coins], dtype=np.int64)
    place = np.full(scene.size, count)
    place[ranked] = np.arange(len(ranked))
    if strategy.order is at_random:
        return Mixed(order, np.ones(count, dtype=bool), np.full(count, count / max(scene.size, 1)))
    return Mixed(order, coins, chances_by_rank(scene.size, count, share)[place[order]])


def _unused(*orders: Ints) -> list[Iterator[int]]:
    """Each order's items as a stream that leaves out whatever any of the streams has given already."""
    used: set[int] = set()

    def stream(order: Ints) -> Iterator[int]:
        for item in order.tolist():
            if item not in used:
                used.add(item)
                yield item

    return [stream(order) for order in orders]


def chances_by_rank(size: int, count: int, share: float) -> Floats:
    """How likely ``mixed`` is to choose the strategy's first, second, ... item, (count,), and any item after these: (count + 1,).

    Followed place by place: an item is still to come with m of those before it, and either chance takes one of the ``left``
    items, or the strategy the first of its own. All nan where ``share`` is 0 and items remain.

    >>> chances_by_rank(4, 2, 1.0).tolist(), chances_by_rank(4, 1, 0.4).round(2).tolist()
    ([0.5, 0.5, 0.5], [0.7, 0.1])
    """
    if count >= size:
        return np.ones(count + 1)
    if share <= 0.0:
        return np.full(count + 1, np.nan)
    before = np.arange(count + 1)
    waiting = np.eye(count + 1)
    for left in range(size, size - count, -1):
        taken = share * before / left + (1.0 - share) * (before > 0)
        passed = waiting * (share * np.maximum(left - 1 - before, 0) / left)
        passed[:, :-1] += (waiting * taken)[:, 1:]
        waiting = passed
    return np.asarray(1.0 - waiting.sum(axis=1))


def batch_size(reviewed: int, *, start: int = 10, share: float = 0.0, most: int = 100) -> int:
    """Items of the next batch: ``start``, or this share of the ``reviewed`` where that is more, but never above ``most``.

    >>> [batch_size(reviewed, share=0.1) for reviewed in (50, 240, 5000)], batch_size(240)
    ([10, 24, 100], 10)
    """
    return int(min(max(start, round(share * reviewed)), max(most, start)))
