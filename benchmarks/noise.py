"""An annotator who errs: some positives dropped, some negatives flipped, while the truth stays as it is."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rating.evidence import Floats

Flips = Literal["even", "proportional", "permuted"]
DROPPED, FLIPPED = 0.05, 0.01


def noisy(truth: Floats, flips: Flips, rng: np.random.Generator) -> Floats:
    """Judgements (N, L) with 5 % of the positives dropped and 1 % of the negatives flipped, in expectation.

    ``even`` flips every negative alike, which gives a rare label more wrong examples than right ones; ``proportional`` flips as
    many in all, spread over the labels as their positives are, each item at most once a label. ``permuted`` gives every item the
    labels of another one, so that nothing can be learned.
    """
    if flips == "permuted":
        return np.asarray(truth[rng.permutation(len(truth))])
    positive = truth > 0
    drop = positive & (rng.random(truth.shape) < DROPPED)
    return np.where(drop, 0.0, np.where(~positive & (rng.random(truth.shape) < _rates(positive, flips)), 1.0, truth))


def _rates(positive: np.ndarray, flips: Flips) -> Floats:
    """The chance (L,) of each label's negatives to be flipped."""
    negatives, labels = (~positive).sum(axis=0), positive.shape[1]
    if flips == "even":
        return np.full(labels, FLIPPED)
    share = positive.sum(axis=0) / max(int(positive.sum()), 1)
    return np.asarray(np.minimum(FLIPPED * negatives.sum() * share / np.maximum(negatives, 1), 1.0))
