"""Coverage: the share of what is in the data that the taxonomy and the model catch, undiscovered concepts included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from rating.evidence import Bools, Floats, Ints

#: Items shown from these sources may hold any concept; the others were looked for by label or word.
OPEN_SOURCES = frozenset({"shuffle", "discover", "low_confidence", "rebalance", "sample", "import"})


#: Reviews that were not drawn at random count, all together, for at most so many random ones: of 25, 50, 100 and 200 this
#: kept the error low under every way of choosing items and the upper bound above the truth.
OTHERS = 50
#: A bound on undiscovered concepts holds with this confidence.
CONFIDENCE = 0.9
#: Standard error of message coverage that comes from reviewing other items than random ones; measured.
CHOSEN = 0.01
#: Labels of less than this worth are left out of the coverage by informative labels alone.
INFORMATIVE = 0.5


@dataclass(frozen=True)
class Missing:
    """Undiscovered concepts. ``items`` is the share of items, ``incidences`` of label incidences, that have one (0-1).

    ``seen_once`` of ``trials`` reviews carry a label that nobody else has, both counted in random reviews; ``upper`` is the
    90 % upper bound of ``items``. ``lone`` of ``assigned`` label incidences in these reviews are of such labels. ``told``
    is False when no review was open to every concept: then these are figures to reckon with, not to show.
    """

    items: float
    incidences: float
    upper: float
    seen_once: float
    trials: float
    lone: float
    assigned: float
    told: bool = True


def missing_mass(targets: Floats, random: Bools, open_to_all: Bools | None = None) -> Missing:
    """Leave-one-out Good-Turing: how often a review (n,) meets a label that all others have not.

    ``targets`` (n, L) holds every label ever assigned, nan counting as not assigned. ``random`` reviews (n,) count in full,
    the others together for at most 50. Needs one random review or one ``open_to_all`` to be told.
    """
    assigned = np.nan_to_num(targets) > 0
    weight = np.where(random, 1.0, min(OTHERS / max(int((~random).sum()), 1), 1.0))
    lone = assigned & (assigned.sum(axis=0) == 1)
    found, trials = float(weight @ lone.any(axis=1)), float(weight.sum())
    alone, incidences = float(weight @ lone.sum(axis=1)), float(weight @ assigned.sum(axis=1))
    items = (found + 0.5) / (trials + 1.0)
    share = (alone + 0.5) / (incidences + 1.0) if incidences else items
    told = bool(random.any() or (open_to_all is not None and open_to_all.any()))
    return Missing(items, share, upper_bound(found, trials), found, trials, alone, incidences, told)


def upper_bound(found: float, trials: float) -> float:
    """The exact binomial 90 % upper bound of a share of which ``found`` of ``trials`` were seen; 1 without a trial."""
    return float(beta.ppf(CONFIDENCE, found + 1.0, trials - found)) if trials > found else 1.0


def shuffles_to_certify(share: float, found: float = 0.0, trials: float = 0.0) -> int:
    """The fewest further random reviews without a find that certify less than this share of undiscovered items.

    >>> shuffles_to_certify(0.02), shuffles_to_certify(0.02, 0, 114)
    (114, 0)
    """
    if upper_bound(found, trials) < share:
        return 0
    low, high = 0, 1
    while upper_bound(found, trials + high) >= share:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if upper_bound(found, trials + middle) < share else (middle, high)
    return high


def informativeness(targets: Floats) -> Floats:
    """For each label the share of its positives (0-1, (L,)) on which no other label implies it; 1 without positives.

    A label that comes only together with others says little of its own; a parent never assigned alone has next to 0.
    """
    assigned = np.nan_to_num(targets)
    count = assigned.sum(axis=0)
    together = assigned.T @ assigned
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = np.where(count[None, :] > 0, together / count[None, :], 0.0)
    np.fill_diagonal(implied, 0.0)
    brought_along = assigned @ (implied >= 0.95).T > 0
    free = (assigned * ~brought_along).sum(axis=0)
    return np.asarray((free + 1.0) / (count + 1.0))


def caught(probability: Floats, thresholds: Floats) -> Floats:
    """Expected true incidences of each label that lie above its threshold, (L,), on the population (N, L)."""
    return np.asarray((probability * (probability >= thresholds)).sum(axis=0))


def coverage_share(caught_: Floats, expected: Floats, unseen: float) -> float:
    """Micro-recall with the unseen share of all incidences in the denominator, 0 to 1."""
    total = expected.sum(axis=-1)
    return float(caught_.sum(axis=-1) / np.maximum(total, 1e-9) * (1.0 - unseen))


def correctly_predicted(shown: Bools, correct: Floats, informative: Floats) -> Floats:
    """Each item's chance (N,) of at least one correct informative prediction.

    Labels are predicted where ``shown`` (N, L), with probability ``correct`` (N, L), 0 or 1 where the truth is known;
    ``informative`` (L,) is what each is worth.

    >>> correctly_predicted(np.array([[True, True]]), np.array([[0.5, 0.5]]), np.array([1.0, 0.0])).tolist()
    [0.5]
    """
    return np.asarray(1.0 - np.prod(1.0 - np.where(shown, correct * informative, 0.0), axis=1))


def message_coverage(
    probability: Floats, thresholds: Floats, informative: Floats, rows: Ints, targets: Floats
) -> tuple[float, float]:
    """Share of items (0-1) with at least one correct informative prediction, and its standard error.

    ``probability`` (N, L) is out of sample. The reviewed ``rows`` count with their ``targets`` (n, L); by how much these
    differ from what was expected of them corrects what is expected of the others.
    """
    shown = probability >= thresholds
    expected = correctly_predicted(shown, probability, informative)
    known = np.where(np.isnan(targets), probability[rows], targets)
    actual = correctly_predicted(shown[rows], known, informative)
    wrong, open_share = actual - expected[rows], 1.0 - len(rows) / len(probability)
    value = expected.mean() + wrong.mean()
    deviation = open_share * np.hypot(wrong.std() / np.sqrt(max(len(rows), 1)), CHOSEN)
    return float(np.clip(value, 0.0, 1.0)), float(deviation)


def message_coverage_truth(shown: Bools, truth: Floats, informative: Floats) -> float:
    """The same share where all is known: predictions ``shown`` (M, L) and true labels (M, L), 0 or 1, of items held out."""
    return float(correctly_predicted(shown, truth, informative).mean())


def any_label(probability: Floats, informative: Floats | None = None) -> float:
    """Expected share of items (0-1) that some label applies to, or some informative one."""
    weights = 1.0 if informative is None else informative
    return float((1.0 - np.prod(1.0 - probability * weights, axis=1)).mean())
