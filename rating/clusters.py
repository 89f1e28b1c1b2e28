"""Clusters of the population: fixed for a data set, whatever has been reviewed."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from rating.evidence import Features, Ints

FINEST, SAMPLE = 100, 20_000


def finest_clusters(features: Features, seed: int = 0) -> tuple[Ints, Features]:
    """Group N items into at most 100 clusters: the cluster of each (N,), and the centres (k, d)."""
    if len(features) == 0:
        return np.empty(0, dtype=np.int64), features
    distinct = min(FINEST, max(1, len(features) // 10))
    rng = np.random.default_rng(seed)
    sample = features if len(features) <= SAMPLE else features[rng.choice(len(features), SAMPLE, replace=False)]
    model = MiniBatchKMeans(distinct, random_state=seed, n_init=1, max_iter=20, batch_size=2048, init="k-means++")
    centres = np.asarray(model.fit(sample).cluster_centers_, dtype=np.float32)
    return nearest(features, centres), centres


def nearest(features: Features, centres: Features) -> Ints:
    """The nearest centre of each item, (N,), by Euclidean distance."""
    distance = -2.0 * (features @ centres.T) + np.square(centres).sum(axis=1)
    return np.asarray(distance.argmin(axis=1), dtype=np.int64)
