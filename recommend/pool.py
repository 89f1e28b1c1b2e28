"""The unreviewed items an action can draw from, with what the current model thinks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rating.evidence import Bools, Features, Floats, Ints, RatingConfig
from rating.precision import best_thresholds
from rating.rate import Result
from recommend.charge import Guide
from recommend.value import Worth, closeness, credible, instruction, worth

#: Items per kind that are compared with what is reviewed; the rest cannot be among the best.
SHORTLIST = 600
#: A label is informative when more than this share of its examples (0-1) has no other label that implies it.
INFORMATIVE = 0.2


@dataclass(frozen=True)
class Pool:
    """Positions of the unreviewed items in the population, (U,), and what recommending needs to know of all N items.

    ``believed`` (N, L) are the probabilities as far as they can be believed: by them items are valued.
    ``free`` (N,) are those nobody is working on or has skipped; ``value`` (N,) is an item's worth in rating points before
    novelty; ``leading`` (N,) the label that contributes most to it; ``confident`` (N,) the highest probability of a label
    that says something; ``themes`` (N,) the finest clusters; ``unit`` (N, d) the features at length 1 and ``known`` (n, d)
    those of the reviewed. ``handled`` (N,) are the items that a model in charge knows well enough, and ``urgency`` (N,) how many
    times as much the others are worth for what it does not know.
    """

    rows: Ints
    free: Bools
    unit: Features
    known: Features
    probability: Floats
    believed: Floats
    thresholds: Floats
    value: Floats
    leading: Ints
    confident: Floats
    themes: Ints
    worth: Worth
    result: Result
    handled: Bools
    urgency: Floats

    def left(self, drawn: Ints) -> Pool:
        """The pool without these positions, and without the items that the model in charge handles well."""
        return replace(self, rows=self.rows[~np.isin(self.rows, drawn) & ~self.handled[self.rows]])

    @property
    def reviewed(self) -> Ints:
        """Positions of the reviewed items, (n,)."""
        return self.result.evidence.rows

    def near_reviewed(self, rows: Ints) -> Floats:
        """The highest cosine of these items to a reviewed one."""
        return closeness(self.unit[rows], self.known)

    def value_at(self, rows: Ints, price: Worth) -> Floats:
        """What these items are worth before novelty, once labels are worth this."""
        return np.asarray(instruction(self.believed[rows]) @ price.label) * self.urgency[rows]


def make_pool(result: Result, config: RatingConfig, busy: Sequence[int] = (), guide: Guide | None = None) -> Pool:
    """Measure every item of a rated project; ``busy`` item ids are being worked on or were skipped, and not to be asked.

    ``guide`` says what another model in charge asks for.
    """
    assert result.assessment is not None
    assert result.population is not None
    assessment, price = result.assessment, worth(result, config)
    p, free = assessment.probability, ~np.isin(result.evidence.item_ids, np.array(busy, dtype=np.int64))
    unit = assessment.features / np.maximum(np.linalg.norm(assessment.features, axis=1, keepdims=True), 1e-9)
    believed = credible(p, price.positives)
    parts = instruction(believed) * price.label
    urgency = np.ones(len(p)) if guide is None else guide.urgency
    informative = np.array([label.informative or 0.0 for label in result.rating.labels])
    return Pool(
        rows=np.flatnonzero(~result.evidence.reviewed_mask & free),
        free=free,
        unit=unit,
        known=unit[result.evidence.rows],
        probability=p,
        believed=believed,
        thresholds=best_thresholds(p)[0],
        value=parts.sum(axis=1) * urgency,
        leading=parts.argmax(axis=1),
        confident=(p * (informative > INFORMATIVE)).max(axis=1),
        themes=result.population.clusters,
        worth=price,
        result=result,
        handled=np.zeros(len(p), dtype=bool) if guide is None else guide.handled,
        urgency=urgency,
    )
