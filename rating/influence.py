"""Which reviews moved the model most: what leaving each one out changes, in closed form.

Without item i a ridge model's coefficients fall by (X'X + penalty I)^-1 x_i e_i, where e_i = (y_i - yhat_i) / (1 - h_i) is the
item's held-out error, X is centred and h includes the intercept (see :func:`rating.learner.changes_without`). The scores of the
population change by their features times that, so that the mean squared change needs the population's second moments alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.evidence import Features, Floats
from rating.learner import Fit

_CHUNK = 20_000


@dataclass(frozen=True)
class Pull:
    """What each reviewed item (n) does to each label's model (L); nan where the label was not judged on it.

    ``scores`` (n, L) is the mean squared change of the population's scores, and ``coefficients`` (n, L) the length of the change
    of the coefficients, when the item is left out. ``held_out`` (n, L) are the scores that the item gets without itself.
    """

    scores: Floats
    coefficients: Floats
    held_out: Floats

    @property
    def overall(self) -> Floats:
        """The mean squared change of a population score over all labels, (n,); a label not judged is not moved."""
        return np.asarray(np.nan_to_num(self.scores).mean(axis=1))


def moments(features: Features) -> tuple[Floats, Floats]:
    """The mean (d,) and the second moments (d, d) of the population's features (N, d)."""
    total, mean = np.zeros((features.shape[1], features.shape[1])), np.asarray(features.mean(axis=0, dtype=np.float64))
    for start in range(0, len(features), _CHUNK):
        part = features[start : start + _CHUNK].astype(np.float64)
        total += part.T @ part
    return mean, total / len(features)


def pull(model: Fit, features: Features, targets: Floats) -> Pull:
    """What each reviewed item does to the model; ``features`` (N, d) are the population's, ``targets`` (n, L) those it learned.

    With items left out alone, not with their twins. The model's held-out scores may leave twins out together; here they are
    made anew without.
    """
    mean, second = moments(features)
    scores, lengths, held = (np.full(targets.shape, np.nan) for _ in range(3))
    for columns, rows, smooth in model.smoothers:
        y = targets[np.ix_(rows, columns)]
        fitted = smooth.centred @ (smooth.reach @ (y - y.mean(axis=0))) + y.mean(axis=0)
        error = (y - fitted) / np.maximum(1.0 - smooth.leverage(), 1e-6)[:, None]
        reach, shift = smooth.reach, 1.0 / len(rows) - smooth.centre @ smooth.reach
        per_error = np.einsum("dn,dn->n", reach, second @ reach) + 2.0 * shift * (mean @ reach) + shift**2
        place = np.ix_(rows, columns)
        scores[place] = error**2 * np.maximum(per_error, 0.0)[:, None]
        lengths[place] = np.abs(error) * np.sqrt(np.square(reach).sum(axis=0))[:, None]
        held[place] = y - error
    return Pull(scores, lengths, held)


def share_of(values: Floats, most: int) -> float:
    """The share (0-1) of all that the ``most`` largest of values (n,), 0 or more, have moved; 0 where nothing was.

    >>> share_of(np.array([6.0, 1.0, 3.0]), 1)
    0.6
    """
    total = float(values.sum())
    return float(np.sort(values)[::-1][:most].sum() / total) if total > 0 else 0.0
