"""A second estimate of All labels that trusts chance alone: the first one, plus what randomly shown items say it misses.

The mean average precision A is a function of the population's labels. With p_il the calibrated, out-of-sample probabilities,
g_il = dA / dy_il and d_i = sum_l g_il (y_il - p_il), the one-step estimate A + sum over the unreviewed of d_i is right to first
order whatever the calibration assumes (a difference estimator, as in prediction-powered inference). The sum over all items that
Shuffle could have drawn is their number times the mean d of those it drew; the reviewed ones' part of it is known and taken off.
It is unbiased but noisy, so it checks the first estimate rather than replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.records import RANDOM_SOURCES
from rating.assess import Assessment
from rating.evidence import Evidence

#: Random reviews below which chance alone cannot tell.
NEEDED = 50
#: Standard errors of difference that chance is trusted to explain.
BEYOND = 2.0


@dataclass(frozen=True)
class Second:
    """What randomly shown items alone say of All labels, 0 to 1.

    ``value`` lies ``correction`` from the first estimate, with standard error ``deviation``; ``shuffled`` items speak.
    """

    value: float
    correction: float
    deviation: float
    shuffled: int

    @property
    def disagrees(self) -> bool:
        """Whether the two estimates differ by more than chance explains, with 95 % confidence."""
        return abs(self.correction) > BEYOND * self.deviation

    @property
    def doubt(self) -> float:
        """Standard deviation to add to the first estimate's: what is left of the difference beyond chance; 0 in agreement."""
        beyond = self.correction**2 - (BEYOND * self.deviation) ** 2
        return float(np.sqrt(max(beyond, 0.0)) / BEYOND)


def second_estimate(evidence: Evidence, assessment: Assessment) -> Second | None:
    """The one-step estimate from items that were shown at random; None below fifty of them."""
    random = np.isin(evidence.sources, list(RANDOM_SOURCES))
    seen = assessment.positives > 0
    if random.sum() < NEEDED:
        return None
    weight = assessment.influence / seen.sum() * (assessment.measured & ~np.isnan(evidence.targets))
    p = assessment.probability[evidence.rows]
    pull = (weight * (np.nan_to_num(evidence.targets) - p)).sum(axis=1)
    expected = (np.square(weight) * p * (1.0 - p)).sum(axis=1)  # what rare finds would add that chance has not shown yet
    frame = np.where(np.isnan(evidence.drawn_from), evidence.population, evidence.drawn_from)[random]
    left = evidence.population - len(evidence.rows)
    correction = float((frame * pull[random]).mean() - (frame - left).mean() / len(evidence.rows) * pull.sum())
    variance = max(float((frame * pull[random]).var(ddof=1)), float((np.square(frame) * expected[random]).mean()))
    deviation = float(np.sqrt(variance / len(frame) * left / evidence.population))
    value = float(np.clip(assessment.ap[seen].mean() + correction, 0.0, 1.0))
    return Second(value, correction, deviation, len(frame))
