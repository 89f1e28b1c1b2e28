"""A project's own times: seconds per decision learned from the reviews given, starting from the published medians.

Log seconds are regressed on the kind of work (confirm or assign, focused or switching), the length of the text and the number of
labels. Coefficients are pulled towards 0, the published medians: those of all annotators first, and from there each annotator's.
What is fitted in logs is a median, so that a few long pauses do no harm; longer ones are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from data.records import DOUBTING
from rating.evidence import Bools, Floats
from recommend.cost import FOCUSED, Times

#: A review that took more than so many times the median was interrupted.
IDLE = 10.0
#: Standard deviation of one review's log seconds, of how a project differs from the medians, and an annotator from a project.
SCATTER, PROJECT, PERSON = 0.8, 0.6, 0.3
#: How much the effects of length and number of labels may differ from none.
SHAPE = 0.3
#: No review is done sooner, in seconds.
SHORTEST = 0.3
_CELLS = tuple(field.name for field in fields(Times))


@dataclass(frozen=True, slots=True)
class Timed:
    """One review with its active seconds: labels confirmed and assigned, the kind of action, characters of text, annotator."""

    seconds: float
    confirmed: int
    assigned: int
    kind: str
    length: int
    annotator: str


def own_times(timed: Iterable[Timed], prior: Times, annotator: str | None = None) -> Times:
    """Median seconds per decision of everybody, or of one annotator; ``prior`` where nothing was timed.

    Each review counts towards its kinds of work in the proportion in which the prior says it took time for them. Second looks
    are left out: most of their labels were assigned before and took no time.
    """
    first_looks = [review for review in timed if review.kind not in DOUBTING]
    reviews = [review for review in first_looks if 0.0 < review.seconds <= IDLE * float(parts(review, prior).sum())]
    if not reviews:
        return prior
    spent = np.array([parts(review, prior) for review in reviews])
    seconds = np.array([review.seconds for review in reviews])
    outcome = np.log(np.maximum(seconds, SHORTEST) / spent.sum(axis=1))
    design = np.column_stack([spent / spent.sum(axis=1, keepdims=True), *_shape(reviews)])
    deviations = np.array([PROJECT] * len(_CELLS) + [SHAPE] * 2)
    effect = _ridge(design, outcome, deviations)
    mine: Bools = np.array([review.annotator == annotator for review in reviews])
    if mine.any():
        left = outcome[mine] - design[mine] @ effect
        effect = effect + _ridge(design[mine], left, np.array([PERSON] * len(_CELLS) + [SHAPE / 10.0] * 2))
    factors = np.exp(effect[: len(_CELLS)])
    return Times(**{cell: float(getattr(prior, cell) * factor) for cell, factor in zip(_CELLS, factors, strict=True)})


def parts(review: Timed, times: Times) -> Floats:
    """Seconds (4,) that a review should take for each kind of work, in the order of the fields of Times.

    An item without labels is one confirmation.
    """
    where = "focused" if review.kind in FOCUSED else "switching"
    confirmed = max(review.confirmed, 0 if review.assigned else 1)
    counts = {f"confirm_{where}": confirmed, f"assign_{where}": review.assigned}
    return np.array([counts.get(cell, 0) * getattr(times, cell) for cell in _CELLS], dtype=np.float64)


def _shape(reviews: list[Timed]) -> tuple[Floats, Floats]:
    """Log length and log number of labels, each around its mean over the reviews."""
    length = np.log1p(np.array([review.length for review in reviews], dtype=np.float64))
    labels = np.log1p(np.array([review.confirmed + review.assigned for review in reviews], dtype=np.float64))
    return length - length.mean(), labels - labels.mean()


def _ridge(design: Floats, outcome: Floats, deviations: Floats) -> Floats:
    """Coefficients whose prior is normal around 0 with these deviations."""
    precision = design.T @ design / SCATTER**2 + np.diag(1.0 / deviations**2)
    return np.asarray(np.linalg.solve(precision, design.T @ outcome / SCATTER**2))
