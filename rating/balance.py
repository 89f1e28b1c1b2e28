"""Balance: how representative the reviewed items are of the population.

One minus the Jensen-Shannon distance (base 2) between the cluster shares of the reviewed and of all items, less the
divergence that a random sample of the same size would show by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Floats, Ints

NULL_SAMPLES, SMOOTHING = 40, 0.5


@dataclass(frozen=True)
class Balance:
    """``value`` and ``draws`` (0-1, higher is better) and each cluster's share of the reviewed items, (k,)."""

    value: float
    draws: Floats
    reviewed_share: Floats


def divergence(counts: Floats, shares: Floats) -> Floats:
    """Jensen-Shannon divergence (..., ) in bits, 0 to 1, of smoothed counts (..., k) from shares (k,).

    >>> float(divergence(np.array([50.0, 50.0]), np.array([0.5, 0.5])))
    0.0
    """
    q = (counts + SMOOTHING) / (counts + SMOOTHING).sum(axis=-1, keepdims=True)
    middle = (q + shares) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(q > 0, q * np.log2(q / middle), 0.0).sum(axis=-1)
        right = np.where(shares > 0, shares * np.log2(shares / middle), 0.0).sum(axis=-1)
    return np.asarray((left + right) / 2.0)


def similarity(excess: Floats) -> Floats:
    """One minus the distance that an excess divergence stands for."""
    return np.asarray(1.0 - np.sqrt(np.clip(excess, 0.0, 1.0)))


def balance(clusters: Ints, rows: Ints, draws: int, rng: np.random.Generator) -> Balance:
    """Compare reviewed ``rows`` with the population's ``clusters`` (N,)."""
    size = clusters.max(initial=0) + 1
    everyone = np.bincount(clusters, minlength=size)
    reviewed = np.bincount(clusters[rows], minlength=size).astype(float)
    shares = (everyone + SMOOTHING) / (everyone + SMOOTHING).sum()
    null = divergence(rng.multivariate_hypergeometric(everyone, len(rows), NULL_SAMPLES).astype(float), shares)
    expected = null.mean() + null.std()
    observed = float(divergence(reviewed, shares))
    again = divergence(rng.multinomial(len(rows), reviewed / reviewed.sum(), draws).astype(float), shares)
    centred = again - again.mean() + observed
    return Balance(
        float(similarity(np.array(observed - expected))),
        similarity(centred - expected),
        reviewed / reviewed.sum(),
    )


def effective_share(clusters: Ints, rows: Ints) -> float:
    """Effective sample size over n if the reviewed were weighted to match the population's clusters; 0 to 1."""
    size = clusters.max(initial=0) + 1
    everyone, reviewed = (np.bincount(part, minlength=size) + SMOOTHING for part in (clusters, clusters[rows]))
    weight = (everyone / everyone.sum() / (reviewed / reviewed.sum()))[clusters[rows]]
    return float(weight.sum() ** 2 / (len(rows) * np.square(weight).sum()))
