"""What a plan says of one label: its curve, items worth a look, what it is confused with, where its examples came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.records import DOUBTING, Review
from data.store.reviews import counted
from rating.evidence import Bools, Floats, Ints
from rating.rollup import SEPARATOR
from rating.thresholds import CutCurve, cut_curve
from recommend.serving import Served

#: Lists of items: reviewed ones that the model sees otherwise, in both directions, the clearest example, and unreviewed ones.
ListKey = Literal["missed", "check", "typical", "confirm", "teach"]
LISTS: tuple[ListKey, ...] = ("missed", "check", "typical", "teach", "confirm")
TEN = 10
#: Two labels are confused where at least so many mistakes of one carry the other, this many times as many as chance would show.
LEAST, LIFT = 2, 1.5


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with the model's probability (0-1) of the label, held out where it is reviewed."""

    item_id: int
    probability: float


@dataclass(frozen=True, slots=True)
class Confused:
    """Another label with which one is confused: ``taken`` items of it were given the one by the model, ``lost`` items of the one
    were given it instead.
    """

    label_id: int
    name: str
    taken: int
    lost: int


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the reviewed examples of a label came from: how many by kind of list, by person, and by month of the review."""

    examples: int
    sources: Mapping[str, int]
    people: Mapping[str, int]
    months: Mapping[str, int]
    again: int


def put_to_test(served: Served | None, label_id: int) -> bool:
    """Whether there are probabilities of the label that were put to the test: it needs two examples."""
    if served is None or served.probability is None or label_id not in served.label_ids:
        return False
    return next(label.positives for label in served.rating.labels if label.label_id == label_id) >= 2


def curve_of(served: Served, label_id: int) -> CutCurve:
    """Expected precision and recall of the label on all items, at every threshold of probability; reviews stand where given."""
    p, targets = _column(served, label_id)
    soft = p.copy()
    judged = np.isfinite(targets)
    soft[served.rows[judged]] = targets[judged]
    return cut_curve(p, soft)


def reviewed_of(served: Served, label_id: int) -> tuple[Floats, Floats, Floats]:
    """Of the reviewed items (n,) their held-out probability of the label, what was said of it, and their weight."""
    p, targets = _column(served, label_id)
    return p[served.rows], targets, np.asarray(served.weights, dtype=np.float64)


def _column(served: Served, label_id: int) -> tuple[Floats, Floats]:
    """Probabilities (N,) of a label, and what was said of it (n,): 1, 0 or nan."""
    assert served.probability is not None
    k = served.label_ids.index(label_id)
    return served.probability[:, k].astype(np.float64), served.targets[:, k].astype(np.float64)


def lists_of(served: Served, label_id: int, threshold: float, size: int = TEN) -> dict[ListKey, tuple[Placed, ...]]:
    """Items of a label that are worth a look, at most ``size`` of each kind, where it is assigned from ``threshold`` (0-1) on.

    ``missed`` are reviewed items without the label that the model gives it, the surest first, ``check`` those with it that the
    model does not, ``typical`` those with it that the model knows best. ``teach`` are unreviewed items nearest to the threshold,
    ``confirm`` those above it, the surest first.
    """
    p, targets = _column(served, label_id)
    free = np.ones(len(p), dtype=bool)
    free[served.rows] = False
    held, left = p[served.rows], np.flatnonzero(free)
    places: dict[ListKey, Ints] = {
        "missed": served.rows[_first(-held, (targets == 0) & (held >= threshold), size)],
        "check": served.rows[_first(held, (targets == 1) & (held < threshold), size)],
        "typical": served.rows[_first(-held, (targets == 1) & (held >= threshold), size)],
        "teach": left[_first(np.abs(p[left] - threshold), np.ones(len(left), dtype=bool), size)],
        "confirm": left[_first(-p[left], p[left] >= threshold, size)],
    }
    return {key: tuple(Placed(int(served.item_ids[k]), float(p[k])) for k in found) for key, found in places.items()}


def _first(order: Floats, chosen: Bools, size: int) -> Ints:
    """The places of the ``size`` lowest by ``order`` (n,) among those chosen."""
    places = np.flatnonzero(chosen)
    if len(places) > size:
        places = places[np.argpartition(order[places], size)[:size]]
    return np.asarray(places[np.argsort(order[places], kind="stable")], dtype=np.int64)


def confusions(served: Served, label_id: int, most: int = 5) -> tuple[Confused, ...]:
    """The labels with which one is confused most, by held-out predictions of reviewed items at every label's own threshold.

    Items that the model gives the label wrongly and that carry the other one, and items of the label that it misses and gives
    the other one wrongly: where they are more than chance would show. Labels above and below it in the tree are left out.
    """
    assert served.probability is not None
    k, targets = served.label_ids.index(label_id), served.targets
    given = served.probability[served.rows] >= served.threshold.astype(np.float32)
    false, lost = given & (targets == 0), ~given & (targets == 1)
    taken, instead = _together(false[:, k], targets == 1), _together(lost[:, k], false)
    related = np.array([_related(served.label_names[k], name) for name in served.label_names])
    total = np.where(related, 0, taken + instead)
    order = [int(j) for j in np.argsort(-total, kind="stable")[:most] if total[j] > 0]
    return tuple(Confused(served.label_ids[j], served.label_names[j], int(taken[j]), int(instead[j])) for j in order)


def _together(mistakes: Bools, others: Bools) -> Ints:
    """How many of the mistakes (n,) each of the others (n, L) has, 0 where chance alone would show as many."""
    count = others[mistakes].sum(axis=0)
    usual = others.mean(axis=0) * mistakes.sum()
    return np.asarray(np.where((count >= LEAST) & (count >= LIFT * usual), count, 0), dtype=np.int64)


def _related(one: str, other: str) -> bool:
    """Whether a label is another one, or above or below it.

    >>> _related("a > b", "a"), _related("a", "ab")
    (True, False)
    """
    return one == other or one.startswith(other + SEPARATOR) or other.startswith(one + SEPARATOR)


def examples_of(served: Served, label_id: int) -> list[int]:
    """The numbers of the reviewed items that carry the label."""
    column = served.targets[:, served.label_ids.index(label_id)]
    return [int(item) for item in served.item_ids[served.rows[column == 1]]]


def origins(reviews: Iterable[Review]) -> Origins:
    """Where examples came from, by the one that counts of each one's standing reviews; ``again`` were looked at twice."""
    given = [review for review in counted(reviews) if review.state == "reviewed"]
    return Origins(
        len(given), _counted(review.source for review in given), _counted(review.annotator for review in given),
        dict(sorted(Counter(review.at[:7] for review in given).items())), sum(review.source in DOUBTING for review in given),
    )  # fmt: skip


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda each: (-each[1], each[0])))
