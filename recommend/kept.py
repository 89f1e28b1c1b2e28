"""Whether actions keep their promises: predicted against realised gains, with intervals, in all and by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import linregress, pearsonr, t

from rating.evidence import Floats
from rating.records import Estimate

#: So many actions tell something; fewer do not.
ENOUGH = 5
RESAMPLES = 400

Verdict = Literal["kept", "too much", "too little", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What ``count`` actions have brought beside what was predicted, with 90 % intervals.

    ``ratio`` is all that was realised over all that was predicted, 1 where promises are kept on the whole. ``slope`` is by how
    many points the realised gain rises with each predicted one, and ``correlation`` (-1 to 1) how closely. ``verdict``: 'kept'
    where the ratio's interval holds 1, 'too much' was promised where it lies below, 'too little' where above.
    """

    count: int
    ratio: Estimate
    slope: Estimate
    correlation: Estimate
    verdict: Verdict


def kept(predicted: Sequence[float], realised: Sequence[float], seed: int = 0) -> Kept:
    """Hold gains (n,) in rating points against those predicted (n,). Unknown with fewer than five actions."""
    x, y = np.asarray(predicted, dtype=np.float64), np.asarray(realised, dtype=np.float64)
    if len(x) < ENOUGH or x.sum() <= 0:
        few = Estimate(None, reason=f"Needs {ENOUGH} actions that are done and promised something; there are {len(x)}.")
        return Kept(len(x), few, few, few, "cannot tell")
    ratio = _ratio(x, y, seed)
    low, high = ratio.low or 0.0, ratio.high or 0.0
    verdict: Verdict = "too much" if high < 1.0 else "too little" if low > 1.0 else "kept"
    return Kept(len(x), ratio, *_line(x, y), verdict)


def _ratio(x: Floats, y: Floats, seed: int) -> Estimate:
    """All realised over all predicted; its interval by drawing the actions again."""
    drawn = np.random.default_rng(seed).integers(0, len(x), (RESAMPLES, len(x)))
    low, high = np.quantile(y[drawn].sum(axis=1) / np.maximum(x[drawn].sum(axis=1), 1e-12), [0.05, 0.95])
    value = float(y.sum() / x.sum())
    return Estimate(value, min(float(low), value), max(float(high), value))


def _line(x: Floats, y: Floats) -> tuple[Estimate, Estimate]:
    """Slope, by Student's t, and correlation, by Fisher's z; unknown where all were promised or brought the same."""
    if np.ptp(x) < 1e-9 or np.ptp(y) < 1e-9:
        same = Estimate(None, reason="All actions promised, or brought, the same.")
        return same, same
    line, reach = linregress(x, y), float(t.ppf(0.95, len(x) - 2))
    span = pearsonr(x, y).confidence_interval(0.9)
    return (
        Estimate(float(line.slope), float(line.slope - reach * line.stderr), float(line.slope + reach * line.stderr)),
        Estimate(float(line.rvalue), float(span.low), float(span.high)),
    )
