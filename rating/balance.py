"""Balance: how representative the reviewed items are of the population.

One minus the square root of a Jensen-Shannon divergence (base 2) between reviewed and all items, beyond chance. Two
measurements bound it from below, and the larger counts: the divergence between cluster shares, less what a random sample
of the same size would show, and the one that a domain classifier proves on items it has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from rating.domain import Domain
from rating.evidence import Floats, Ints

NULL_SAMPLES = 100
#: An excess below so many deviations of chance counts as none: one in twenty random samples shows more.
CHANCE = 1.645
#: False discovery rate of the themes named as over- or under-represented.
FALSE_THEMES = 0.05


@dataclass(frozen=True)
class Theme:
    """A finest cluster whose share of the reviewed items differs from its share of all items beyond chance.

    ``reviewed`` of the reviewed items are of it; ``missing`` is how many more would match its share of the population,
    negative for as many too many.
    """

    cluster: int
    reviewed: int
    reviewed_share: float
    population_share: float
    missing: int
    p_value: float


@dataclass(frozen=True)
class Balance:
    """``value`` and ``draws`` (0-1, higher is better) and each cluster's share of the reviewed items, (k,).

    ``by_clusters`` and ``by_classifier`` are the two values of which the lower counts, the second None where it cannot
    be told; ``over`` and ``under`` are the themes reviewed too much and too little, most extreme first.
    """

    value: float
    draws: Floats
    reviewed_share: Floats
    by_clusters: float = 1.0
    by_classifier: float | None = None
    domain: Domain | None = None
    over: tuple[Theme, ...] = ()
    under: tuple[Theme, ...] = ()


def divergence(counts: Floats, shares: Floats) -> Floats:
    """Jensen-Shannon divergence (..., ) in bits, 0 to 1, of counts (..., k) from shares (k,).

    >>> float(divergence(np.array([50.0, 50.0]), np.array([0.5, 0.5]))), float(divergence(np.array([1, 0]), np.array([0, 1])))
    (0.0, 1.0)
    """
    q = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1e-9)
    middle = np.maximum((q + shares) / 2.0, 1e-300)
    left, right = ((part * np.log2(np.maximum(part / middle, 1e-300))).sum(axis=-1) for part in (q, np.asarray(shares)))
    return np.asarray((left + right) / 2.0)


def similarity(excess: Floats) -> Floats:
    """One minus the distance that an excess divergence stands for."""
    return np.asarray(1.0 - np.sqrt(np.clip(excess, 0.0, 1.0)))


def beyond_chance(excess: float, deviation: float) -> float:
    """The part of an excess that chance does not explain: 0 below 1.645 deviations, nearly all of it far above.

    >>> beyond_chance(1.0, 1.0), beyond_chance(0.5, 0.0)
    (0.0, 0.5)
    """
    return max(excess - (CHANCE * deviation) ** 2 / excess, 0.0) if excess > 0 else 0.0


def balance(clusters: Ints, rows: Ints, draws: int, rng: np.random.Generator, domain: Domain | None = None) -> Balance:
    """Compare reviewed ``rows`` with the population's ``clusters`` (N,), and with what a classifier has told apart."""
    size = clusters.max(initial=0) + 1
    everyone = np.bincount(clusters, minlength=size)
    reviewed = np.bincount(clusters[rows], minlength=size).astype(float)
    shares = everyone / everyone.sum()
    null = divergence(rng.multivariate_hypergeometric(everyone, len(rows), NULL_SAMPLES).astype(float), shares)
    excess = float(divergence(reviewed, shares)) - float(null.mean())
    again = divergence(rng.multinomial(len(rows), reviewed / reviewed.sum(), draws).astype(float), shares)
    noise = (again - again.mean()) * np.sqrt(1.0 - len(rows) / len(clusters))
    found, drawn = beyond_chance(excess, float(null.std())), np.clip(excess + noise, 0.0, 1.0)
    proven = None
    if domain is not None:
        proven = beyond_chance(domain.divergence, domain.divergence_deviation)
        told = domain.divergence + domain.divergence_deviation * rng.standard_normal(draws)
        drawn = np.maximum(drawn, told) if proven > found else drawn
    return Balance(
        value=float(similarity(np.array(max(found, proven or 0.0)))),
        draws=similarity(drawn),
        reviewed_share=reviewed / reviewed.sum(),
        by_clusters=float(similarity(np.array(found))),
        by_classifier=None if proven is None else float(similarity(np.array(proven))),
        domain=domain,
    )


def uneven_themes(finest: Ints, rows: Ints) -> tuple[tuple[Theme, ...], tuple[Theme, ...]]:
    """The finest clusters (N,) that are over- and under-represented among ``rows``, most extreme first.

    Only those that a random sample would hardly show: one in twenty of the themes named may be due to chance.
    """
    everyone, reviewed = np.bincount(finest), np.bincount(finest[rows], minlength=finest.max(initial=-1) + 1)
    known, total = len(rows), len(finest)
    more = hypergeom.sf(reviewed - 1, total, everyone, known)
    fewer = hypergeom.cdf(reviewed, total, everyone, known)
    chance = np.minimum(2.0 * np.minimum(more, fewer), 1.0)
    share = everyone / max(total, 1)
    gap = reviewed / max(known, 1) - share
    missing = np.round((share * known - reviewed) / np.maximum(1.0 - share, 1e-9)).astype(np.int64)
    named = _discoveries(chance)
    found = [
        Theme(int(k), int(reviewed[k]), float(reviewed[k] / known), float(share[k]), int(missing[k]), float(chance[k]))
        for k in named[np.argsort(-np.abs(gap[named]), kind="stable")]
    ]
    return tuple(t for t in found if t.reviewed_share > t.population_share), tuple(
        t for t in found if t.reviewed_share < t.population_share
    )


def _discoveries(chance: Floats) -> Ints:
    """Which of these p values stand out among so many, by Benjamini and Hochberg's rule."""
    order = np.argsort(chance, kind="stable")
    passed = np.flatnonzero(chance[order] <= FALSE_THEMES * np.arange(1, len(chance) + 1) / len(chance))
    return np.asarray(order[: passed.max() + 1] if len(passed) else order[:0], dtype=np.int64)
