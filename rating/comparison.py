"""Two models on the same items and the same reviews: which is better, by how much, and whether that can be told.

Both are held against the same draws of the truth: the labels that reviews have not settled are drawn by the curves that are
calibrated on both models' scores, which are themselves drawn as far as they are unsure. What one draw is kind to, it is kind to
for both, so that their difference is told much better than either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from rating.evidence import Evidence, Floats
from rating.external import Joint
from rating.factors import interval
from rating.precision import Ranking, soft_average_precision, without_leaving_out
from rating.records import Estimate

Verdict = Literal["better", "worse", "cannot be told"]
DRAWS = 100
#: The population that draws are made of: of more items a random part.
SAMPLE = 20_000
#: Curves are this many times as unsure as their fit says; measured.
UNSURE = 1.5


@dataclass(frozen=True, slots=True)
class LabelComparison:
    """One label's average precision (0-1) by either model, and the external one's lead with its 90 % interval."""

    label_id: int
    name: str
    own: float
    external: float
    lead: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean average precision (0-1) of either model over the labels with an example, and the external one's lead.

    ``verdict`` says what the lead's 90 % interval allows to say of the external model.
    """

    own: float
    external: float
    lead: Estimate
    verdict: Verdict
    labels: tuple[LabelComparison, ...]


def compare(evidence: Evidence, both: Joint, ranks: Floats, scores: Floats, alone: Floats, seed: int = 0) -> Comparison | None:
    """Compare the own learner, which ranks items ``ranks`` (N, L; 0 is the top), with external ``scores`` (N, L).

    ``both`` are calibrated on this evidence; ``alone`` (L,) are the own learner's average precisions by its own calibration.
    Where the two calibrations see it differently, the middle is taken and what is between them is unsure. None where no label
    has an example.
    """
    seen = np.flatnonzero(evidence.positives > 0)
    if len(seen) == 0:
        return None
    soft = both.probability()
    soft[evidence.rows] = np.where(np.isnan(evidence.targets), soft[evidence.rows], evidence.targets)
    own = without_leaving_out(soft_average_precision(Ranking.by(-ranks).put(soft)), evidence.positives)[seen]
    external = soft_average_precision(Ranking.by(scores).put(soft))[seen]
    apart = np.nan_to_num(alone[seen] - own) / 2.0
    own = own + apart
    leads = _leads(evidence, both, ranks, scores, seed)[:, seen]
    unsure = ndtri((np.random.default_rng([seed, 4]).permutation(DRAWS) + 0.5) / DRAWS)
    leads += (external - own) - leads.mean(axis=0) + unsure[:, None] * apart
    labels = tuple(
        LabelComparison(
            evidence.label_ids[k], evidence.label_names[k], float(own[at]), float(external[at]), lead, verdict_of(lead)
        )
        for at, k in enumerate(seen.tolist())
        if (lead := interval(float(external[at] - own[at]), leads[:, at])) is not None
    )
    lead = interval(float((external - own).mean()), leads.mean(axis=1))
    return Comparison(float(own.mean()), float(external.mean()), lead, verdict_of(lead), labels)


def verdict_of(lead: Estimate) -> Verdict:
    """What an interval allows to say.

    >>> verdict_of(Estimate(0.1, 0.02, 0.2)), verdict_of(Estimate(0.1, -0.02, 0.2))
    ('better', 'cannot be told')
    """
    if lead.low is not None and lead.low > 0:
        return "better"
    return "worse" if lead.high is not None and lead.high < 0 else "cannot be told"


def _leads(evidence: Evidence, both: Joint, ranks: Floats, scores: Floats, seed: int) -> Floats:
    """The external model's lead (draws, L) under draws of the curves and of the labels that they leave open."""
    rng = np.random.default_rng([seed, 3])
    items = np.arange(len(ranks)) if len(ranks) <= SAMPLE else np.sort(rng.choice(len(ranks), SAMPLE, replace=False))
    known = np.full(ranks.shape, np.nan)
    known[evidence.rows] = evidence.targets
    known, mine, theirs = known[items], Ranking.by(-ranks[items]), Ranking.by(scores[items])
    z = np.stack([both.own[items], both.external[items], both.rank[items]], axis=2)
    root = np.linalg.cholesky(UNSURE * both.curves.spread + 1e-9 * np.eye(z.shape[2] + 1))
    leads = np.empty((DRAWS, ranks.shape[1]))
    for draw in range(DRAWS):
        b = both.curves.own + np.einsum("lij,lj->li", root, rng.standard_normal(both.curves.own.shape))
        p = 1.0 / (1.0 + np.exp(-(b[:, 0] + np.einsum("nlk,lk->nl", z, b[:, 1:]))))
        truth = np.where(np.isnan(known), rng.random(p.shape) < p, known)
        own = without_leaving_out(soft_average_precision(mine.put(truth)), evidence.positives)
        leads[draw] = np.nan_to_num(soft_average_precision(theirs.put(truth))) - np.nan_to_num(own)
    return leads
