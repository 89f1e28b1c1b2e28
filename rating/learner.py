"""The learner: ridge regression on 0/1 targets with an intercept, all labels in one factorisation.

Leave-one-out is exact and in closed form (Allen's PRESS): a linear smoother predicts y_i without i as
(yhat_i - h_ii y_i) / (1 - h_ii). Near-duplicates leave together: yhat_-G = y_G - (I - H_GG)^-1 (y_G - yhat_G).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from rating.evidence import Bools, Features, Floats, Ints


@dataclass(frozen=True)
class Smoother:
    """What ridge regression does to n items, whatever their targets: yhat = H y, with H = Xc reach + 1/n.

    ``centred`` is Xc (n, d); ``reach`` (d, n) = (Xc'Xc + penalty I)^-1 Xc', the coefficients that each item's target adds.
    """

    centred: Floats
    reach: Floats
    centre: Floats

    def leverage(self) -> Floats:
        """How much each item's own target enters its fitted value, (n,), between 1/n and 1."""
        return np.asarray(np.einsum("nd,dn->n", self.centred, self.reach) + 1.0 / len(self.centred))

    def hat(self, rows: Ints) -> Floats:
        """The block of H between these items."""
        return self.centred[rows] @ self.reach[:, rows] + 1.0 / len(self.centred)


@dataclass(frozen=True)
class Fit:
    """A fitted learner: ``coef`` (d, L), ``intercept`` (L,), and out-of-sample scores ``held_out`` (n, L).

    ``smoothers`` keep, for each group of labels judged on the same items: columns, item positions, smoother.
    """

    coef: Floats
    intercept: Floats
    held_out: Floats
    smoothers: tuple[tuple[Ints, Ints, Smoother], ...] = ()

    def score(self, features: Features) -> Floats:
        """Scores of items, (N, L); about 1 where a label applies and 0 where not, but not probabilities."""
        product = features @ self.coef.astype(np.float32)
        return np.asarray(product, dtype=np.float64) + self.intercept


def combine(blocks: Mapping[str, Features], weights: Mapping[str, float]) -> Features:
    """Put feature blocks side by side with these weights; rows keep about unit length."""
    used = {name: weight for name, weight in weights.items() if weight > 0 and name in blocks}
    length = float(np.sqrt(sum(weight**2 for weight in used.values()))) or 1.0
    return np.hstack([blocks[name] * np.float32(weight / length) for name, weight in used.items()])


def smoother(features: Features, penalty: float) -> Smoother:
    """Factorise reviewed items' features (n, d) once, for every label: in d x d or n x n, whichever is smaller."""
    x = np.asarray(features, dtype=np.float64)
    centre = x.mean(axis=0)
    xc = x - centre
    if len(xc) <= xc.shape[1]:
        gram = cho_factor(xc @ xc.T + penalty * np.eye(len(xc)), lower=True, overwrite_a=True)
        return Smoother(xc, cho_solve(gram, xc).T, centre)
    gram = cho_factor(xc.T @ xc + penalty * np.eye(xc.shape[1]), lower=True, overwrite_a=True)
    return Smoother(xc, cho_solve(gram, xc.T), centre)


def held_out_scores(smooth: Smoother, targets: Floats, twins: tuple[Ints, ...] = ()) -> Floats:
    """Scores (n, L) of each item by the model fitted without it, and without its twins."""
    mean = targets.mean(axis=0)
    fitted = smooth.centred @ (smooth.reach @ (targets - mean)) + mean
    room = np.maximum(1.0 - smooth.leverage(), 1e-6)[:, None]
    held_out = targets - (targets - fitted) / room
    for group in twins:
        rest = np.eye(len(group)) - smooth.hat(group)
        held_out[group] = targets[group] - np.linalg.lstsq(rest, targets[group] - fitted[group], rcond=None)[0]
    return np.asarray(held_out)


def fit(features: Features, targets: Floats, penalty: float, twins: tuple[Ints, ...] = ()) -> Fit:
    """Fit every label on the items it was judged on; nan targets are unknown, never negative.

    Labels judged on the same items share one factorisation. ``held_out`` is nan where a label was not judged.
    ``twins`` are groups of positions among the n items that must not predict each other.
    """
    labels = targets.shape[1]
    coef, intercept = np.zeros((features.shape[1], labels)), np.zeros(labels)
    held_out, parts = np.full(targets.shape, np.nan), []
    for columns, judged in judged_groups(targets):
        rows = np.flatnonzero(judged)
        if len(rows) == 0:
            continue
        y, smooth = targets[np.ix_(rows, columns)], smoother(features[rows], penalty)
        coef[:, columns] = smooth.reach @ (y - y.mean(axis=0))
        intercept[columns] = y.mean(axis=0) - smooth.centre @ coef[:, columns]
        held_out[np.ix_(rows, columns)] = held_out_scores(smooth, y, within(twins, judged))
        parts.append((columns, rows, smooth))
    return Fit(coef, intercept, held_out, tuple(parts))


def within(groups: tuple[Ints, ...], mask: Bools) -> tuple[Ints, ...]:
    """The groups' members that the mask keeps, renumbered as positions among the kept; pairs and larger only."""
    place = np.cumsum(mask) - 1
    return tuple(place[group[mask[group]]] for group in groups if mask[group].sum() > 1)


def judged_groups(targets: Floats) -> list[tuple[Ints, Bools]]:
    """Labels that were judged on exactly the same items: their columns, and the items as a mask (n,)."""
    patterns, which = np.unique(~np.isnan(targets), axis=1, return_inverse=True)
    return [(np.flatnonzero(which.ravel() == k), patterns[:, k]) for k in range(patterns.shape[1])]


def changes_without(model: Fit, label: int, positives: Ints, targets: Floats, group_of: Ints) -> tuple[Floats, Floats]:
    """How a label's model changes when each of these items leaves with its twins.

    Returns ``coef`` (d, k) and ``intercept`` (k,) to subtract: the scores of any x by the model without item i are
    x coef + intercept minus x (change of coef) minus (change of intercept). Follows from S_-G = S - H_xG (y_G - yhat_-G).
    """
    _, rows, smooth = next(part for part in model.smoothers if label in part[0])
    error = targets[rows, label] - model.held_out[rows, label]
    order = np.argsort(group_of[rows], kind="stable")
    starts, ends = (np.searchsorted(group_of[rows][order], group_of[positives], side=side) for side in ("left", "right"))
    sizes = ends - starts
    column = np.repeat(np.arange(len(positives)), sizes)
    leaver = order[np.arange(len(column)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(starts, sizes)]
    leaving = csr_matrix((error[leaver], (column, leaver)), shape=(len(positives), len(rows)))
    coef = np.asarray(leaving @ smooth.reach.T).T
    return coef, np.asarray(leaving.sum(axis=1)).ravel() / len(rows) - smooth.centre @ coef
