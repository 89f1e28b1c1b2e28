"""Looking again at what is reviewed: labels that are perhaps misapplied, and labels that are perhaps missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rating.calibration import standardise
from rating.doubt import Doubt, doubt
from rating.evidence import Floats
from rating.rate import Result
from rating.records import FactorKey
from recommend.candidates import BATCH, SPARE, Candidate
from recommend.pool import Pool
from recommend.records import Kind

#: From this chance of being wrong on, a judgement is worth a question.
DOUBTFUL = 0.1
#: The labels asked about in a plan, for each of the two kinds.
LABELS = 2


def doubts(result: Result) -> Doubt:
    """How likely each judgement is wrong: as the rating has it, or from however few labels are assigned."""
    assert result.assessment is not None
    if result.doubt is not None:
        return result.doubt
    held_out = standardise(result.assessment.model.held_out, result.assessment.scores)
    found = doubt(held_out, result.evidence, needed=0.0)
    assert found is not None
    return found


def check(pool: Pool, doubted: Doubt) -> Iterator[Candidate]:
    """Reviewed items whose label is perhaps misapplied."""
    return _doubted(pool, doubted, "check", 1.0)


def missed(pool: Pool, doubted: Doubt) -> Iterator[Candidate]:
    """Reviewed items that perhaps lack a label."""
    return _doubted(pool, doubted, "missed", 0.0)


def _doubted(pool: Pool, doubted: Doubt, kind: Kind, judged: float) -> Iterator[Candidate]:
    """The judgements that the model without them contradicts, label by label; a list may have a single item."""
    evidence, worth_each = pool.result.evidence, righting(pool, doubted)
    askable = (~evidence.settled & pool.free[pool.reviewed])[:, None] & doubted.usable
    asked = (evidence.targets == judged) & (doubted.chance >= DOUBTFUL) & askable
    totals = np.where(asked, worth_each, 0.0).sum(axis=0)
    for label in np.argsort(-totals, kind="stable")[:LABELS].tolist():
        mine = np.flatnonzero(asked[:, label])
        frame = mine[np.argsort(-worth_each[mine, label], kind="stable")]
        rows, gains = pool.reviewed[frame], worth_each[frame, label]
        yield Candidate(
            kind, serves(pool, label), rows[: BATCH * SPARE], gains[: BATCH * SPARE], 0.0, rows, gains, len(rows), label
        )


def serves(pool: Pool, label: int) -> FactorKey:
    """The factor that work on a label serves first."""
    return "underperforming" if (pool.result.rating.labels[label].worst or 0.0) > 0.5 else "all_labels"


def righting(pool: Pool, doubted: Doubt) -> Floats:
    """What asking again about each judgement should bring, (n, L), in rating points.

    Righting a wrong one takes a false example away and adds a true one, each as surprising as the model finds the truth; second
    looks that changed nothing before lower it.
    """
    evidence = pool.result.evidence
    kept = found_rate(int(evidence.settled.sum()), evidence.corrected) / found_rate(0, 0)
    return np.asarray(2.0 * doubted.chance * pool.worth.label * surprising(pool) * kept)


def surprising(pool: Pool) -> Floats:
    """How much each judgement (n, L) surprises the model that has not seen it, in nats, at most 3."""
    p = pool.probability[pool.reviewed]
    recorded = np.where(pool.result.evidence.targets == 1.0, p, 1.0 - p)
    return np.asarray(np.minimum(-np.log(np.clip(recorded, 1e-3, 1.0)), 3.0))


def found_rate(looked: int, corrected: int) -> float:
    """How often a doubted judgement turns out wrong, from those looked at again; one in four before any."""
    return (1.0 + corrected) / (4.0 + looked)
