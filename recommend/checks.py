"""Checks: what a stop answer leaves for the next one, so that nothing ends on a single look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from data.records import StopCheck
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


def check_of(row: StopCheck) -> Check:
    """What a kept answer leaves for later ones."""
    figures = row.figures
    return Check(row.reviewed, tuple(figures["gains"]), figures.get("kappa"), figures.get("kappa_labels"))


def history_rows(checks: Sequence[StopCheck]) -> list[dict[str, Any]]:
    """The answers given so far, newest first, with what the next hour was to bring (80 % of the chances) and kappa."""
    return [
        {
            "at": check.created_at, "reviewed": check.reviewed, "answer": check.answer, "headline": check.headline,
            "rating": check.figures["rating"][0], "low": check.figures["rating"][1], "high": check.figures["rating"][2],
            "gain": check.figures["gains"][9], "gain_low": check.figures["gains"][1], "gain_high": check.figures["gains"][17],
            "kappa": check.figures.get("kappa"), "kappa_labels": check.figures.get("kappa_labels"),
            "rules": check.figures["rules"], "revision": check.revision, "model_version": check.model_version,
        }
        for check in reversed(checks)
    ]  # fmt: skip
