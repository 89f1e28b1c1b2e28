"""Checks: what a stop answer leaves for the next one, so that nothing ends on a single look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rating.evidence import Floats
from recommend.records import Check

#: Checks closer than this many reviews rest on the same evidence, and count as one.
APART = 30
LEVELS = np.round(np.arange(0.05, 0.96, 0.05), 2)


def quantiles(gains: Floats) -> tuple[float, ...]:
    """What a check keeps of the plausible gains (draws,) of the next hour: 19 quantiles, from 5 % to 95 %."""
    return tuple(float(q) for q in np.quantile(gains, LEVELS))


def chance_below(kept: Sequence[float], worth: float) -> float:
    """The chance that the gain is less than ``worth``, by the quantiles of it; 0 or 1 beyond the outermost.

    >>> chance_below(tuple(range(19)), 14.5).__round__(3)
    0.775
    """
    if not kept or worth <= kept[0]:
        return 0.0
    return 1.0 if worth > kept[-1] else float(np.interp(worth, kept, LEVELS))


def check_before(checks: Sequence[Check], reviewed: int) -> Check | None:
    """The newest check that rests on at least 30 reviews fewer than ``reviewed``; None when there is none."""
    return next((check for check in reversed(checks) if check.reviewed <= reviewed - APART), None)
