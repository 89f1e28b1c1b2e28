"""Coverage: the share of what is in the data that the taxonomy and the model catch, undiscovered concepts included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Floats

#: Items shown from these sources may hold any concept; the others were looked for by label or word.
OPEN_SOURCES = frozenset({"shuffle", "discover", "low_confidence", "rebalance", "import"})


@dataclass(frozen=True)
class Missing:
    """Undiscovered concepts. ``items`` is the share of items, ``incidences`` of label incidences, that have one (0-1).

    ``seen_once`` of ``trials`` open reviews carry a label that nobody else has; ``upper`` is the 90 % upper bound of
    ``items``. ``lone`` of ``assigned`` label incidences in these reviews are of such labels.
    """

    items: float
    incidences: float
    upper: float
    seen_once: int
    trials: int
    lone: int
    assigned: int


def missing_mass(targets: Floats, open_to_all: Bools) -> Missing | None:
    """Leave-one-out Good-Turing: how often an open review (n,) meets a label that all others have not; None without any.

    ``targets`` (n, L) holds every label ever assigned, nan counting as not assigned.
    """
    assigned = np.nan_to_num(targets) > 0
    trials = int(open_to_all.sum())
    if trials == 0:
        return None
    lone = assigned & (assigned.sum(axis=0) == 1)
    seen_once = int(lone[open_to_all].any(axis=1).sum())
    incidences, alone = int(assigned[open_to_all].sum()), int(lone[open_to_all].sum())
    items = (seen_once + 0.5) / (trials + 1.0)
    share = (alone + 0.5) / (incidences + 1.0) if incidences else items
    return Missing(items, share, beta_quantile(seen_once, trials, 0.9), seen_once, trials, alone, incidences)


def beta_quantile(hits: int, trials: int, q: float) -> float:
    """A quantile of the Jeffreys posterior Beta(hits + 1/2, trials - hits + 1/2) of a share."""
    from scipy.stats import beta

    return float(beta.ppf(q, hits + 0.5, trials - hits + 0.5))


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


def correctly_predicted(probability: Floats, thresholds: Floats, informative: Floats) -> float:
    """Share of items (0-1) expected to get at least one correct informative prediction."""
    shown = np.where(probability >= thresholds, probability * informative, 0.0)
    return float((1.0 - np.prod(1.0 - shown, axis=1)).mean())


def any_label(probability: Floats, informative: Floats | None = None) -> float:
    """Expected share of items (0-1) that some label applies to, or some informative one."""
    weights = 1.0 if informative is None else informative
    return float((1.0 - np.prod(1.0 - probability * weights, axis=1)).mean())


def shuffles_to_certify(share: float, confidence: float = 0.9) -> int:
    """How many random reviews without a find certify less than this share of unseen items: ln(1/(1-c)) / share.

    >>> shuffles_to_certify(0.02)
    116
    """
    return int(np.ceil(np.log(1.0 / (1.0 - confidence)) / share))
