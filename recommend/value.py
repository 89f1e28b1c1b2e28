"""What an item is worth: rating points that reviewing it is expected to bring.

phi = novelty x sum over labels of (worth of one more positive) x p x lesson(p): a positive teaches the more, the less it was
expected, and one like those already reviewed teaches little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from rating.assess import Assessment
from rating.evidence import Features, Floats, Ints, RatingConfig
from rating.precision import MODEL, OWN, label_curve, label_slope
from rating.rate import Result

#: What a label counts as knowing before its first positive, in positives.
START = 0.25
#: Share of the positives that a calibration expects of a label with one and with two examples, and that turn up.
LONE, PAIR = 0.3, 0.7
#: Variance of the logit average precision of labels with as many positives around what such labels tend to have.
AROUND = 0.5


@dataclass(frozen=True)
class Worth:
    """Rating points per informative positive of each label, (L,), and per unit of Coverage and Balance.

    ``share`` (L,) are rating points per unit of a label's average precision ``ap``, 0 for labels without a positive;
    ``slope`` how fast its logit rises with the log of its ``positives``, which may hold expected ones.
    """

    label: Floats
    share: Floats
    ap: Floats
    slope: Floats
    positives: Floats
    coverage: float
    balance: float
    rating: float

    def of(self, labels: Sequence[int]) -> Worth:
        """The worth of some of the labels alone."""
        parts = {name: getattr(self, name)[list(labels)] for name in ("label", "share", "ap", "slope", "positives")}
        return replace(self, **parts)


def worth(result: Result, config: RatingConfig) -> Worth:
    """The gradient of the rating: R w_k / f_k for each factor, passed on to labels through their learning curves.

    The weight of Underperforming labels is spread evenly. Labels change places in the worst tenth as they learn, and in
    replays chasing those that happen to be last cost a fifth more reviews, and the worst tenth did not rise sooner.
    """
    assert result.assessment is not None
    rating, assessment = result.rating, result.assessment
    total, score = sum(config.weights.values()), rating.score.value or 0.0
    pull = {f.key: score * config.weights[f.key] / total / max((f.score.value or 0.0) / 100.0, 0.05) for f in rating.factors}
    seen = assessment.positives > 0
    ap, positives = np.where(seen, likely_precision(assessment), 0.0), assessment.positives.astype(float)
    share = np.where(seen, (pull["all_labels"] + pull["underperforming"]) / max(int(seen.sum()), 1), 0.0)
    return Worth(
        _rise(ap, positives) * share, share, ap, label_slope(positives), positives, pull["coverage"], pull["balance"], score
    )


def likely_precision(assessment: Assessment) -> Floats:
    """Average precision (L,), by its logit pulled from the estimate towards the label curve as far as the estimate is noise.

    A label with two examples that are not found by each other looks hopeless, and is hardly asked for, although most labels
    of its size learn fast. The variance of labels of one size around the curve is taken as 1/2.
    """
    curve = label_curve(assessment.ap, assessment.positives, assessment.measured)
    estimate = np.where(np.isnan(assessment.ap), curve, assessment.ap)
    noise = OWN / (assessment.positives + 0.5) + MODEL
    mean = (logit(np.clip(estimate, 1e-3, 1 - 1e-3)) * AROUND + logit(curve) * noise) / (AROUND + noise)
    return np.asarray(expit(mean))


def _rise(ap: Floats, positives: Floats) -> Floats:
    """How much average precision one positive more brings, (L,), along the label curve."""
    return np.asarray(ap * (1.0 - ap) * label_slope(positives) / (positives + START))


def each(price: Worth) -> Floats:
    """Rating points per positive of each label, (L,), whatever a focus leaves out."""
    return _rise(price.ap, price.positives) * price.share


def expecting(price: Worth, positives: Floats) -> Worth:
    """The worth once so many more positives (L,) of each label are found: each label has climbed its curve by them."""
    ap = _climbed(price, positives)
    more = price.positives + positives
    return replace(price, label=_rise(ap, more) * price.share, ap=ap, slope=label_slope(more), positives=more)


def _climbed(price: Worth, positives: Floats) -> Floats:
    """Average precision (L,) after so many more positives: its logit rises by slope x log((n + k) / n), and it never passes 1."""
    ap = np.clip(price.ap, 1e-3, 1 - 1e-3)
    return np.asarray(
        np.where(price.ap > 0, expit(logit(ap) + price.slope * np.log1p(positives / (price.positives + START))), 0.0)
    )


def points(price: Worth, informative: Floats) -> Floats:
    """Rating points (...,) of so many more informative positives of each label, (..., L), along their learning curves.

    Each next one brings less.
    """
    return np.asarray((price.share * (_climbed(price, informative) - price.ap)).sum(axis=-1))


def credible(probability: Floats, positives: Floats) -> Floats:
    """Probabilities (m, L) as far as they can be believed of labels with so few positives, (L,).

    A label met once is rarer than it seems, and its probability, for lack of a second example, was never put to the test: of the
    positives expected a third turns up, and two thirds of those expected of a label met twice.
    """
    trust = np.interp(positives, [1.0, 2.0, 3.0], [LONE, PAIR, 1.0])
    return np.asarray(probability * trust)


def lesson(probability: Floats) -> Floats:
    """What a positive of this probability teaches, in positives: sqrt((1 - p) (-log p)), 0 for a certain one, falling in p.

    Replays that add one item at a time show a gain nearly flat below a half, falling above; -log p alone asks too much for
    items that are hardly ever positive, 1 - p alone too much for those that the model knows.

    >>> lesson(np.array([0.01, 0.5, 1.0])).round(2).tolist()
    [2.14, 0.59, 0.0]
    """
    p = np.clip(probability, 1e-9, 1.0)
    return np.asarray(np.sqrt((1.0 - p) * -np.log(p)) + 0.0)


def instruction(probability: Floats) -> Floats:
    """p x lesson(p): what reviewing an item is expected to teach about a label, in positives.

    >>> instruction(np.array([0.0, 1.0])).tolist()
    [0.0, 0.0]
    """
    return np.asarray(probability * lesson(probability))


def closeness(unit: Features, others: Features) -> Floats:
    """The highest cosine (m,) of each item to any of the others, rows of length 1; 0 when there are none."""
    if len(others) == 0:
        return np.zeros(len(unit))
    return np.asarray((unit @ others.T).max(axis=1), dtype=np.float64)


def pick_diverse(value: Floats, unit: Features, near: Floats, count: int) -> tuple[Ints, Floats]:
    """Choose greedily by value x novelty, each choice making those like it less novel.

    ``unit`` (m, d) are rows of length 1; ``value`` (m,); ``near`` (m,) the highest cosine to what is known already.
    Returns positions, best first, and what each was worth when it was chosen.
    """
    near = near.copy()
    chosen, gains = [], []
    open_ = np.ones(len(value), dtype=bool)
    for _ in range(min(count, len(value))):
        score = np.where(open_, value * np.clip(1.0 - near, 0.0, 1.0), -1.0)
        best = int(score.argmax())
        chosen.append(best)
        gains.append(max(float(score[best]), 0.0))
        open_[best] = False
        near = np.maximum(near, unit @ unit[best])
    return np.array(chosen, dtype=np.int64), np.array(gains)
