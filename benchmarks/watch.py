"""The stop answer along a replay: each check is handed to the next as the product does, with what other prices need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rating.evidence import RatingConfig
from rating.forecast import after, forecast
from rating.rate import Result
from recommend.checks import quantiles
from recommend.records import Check
from recommend.stability import Decisions, agreement, decisions
from recommend.stop import decide

#: A price is what so many reviews must bring.
PRICED = 100


@dataclass
class Watch:
    """What one replayed project has kept so far: (reviews, All labels 0-1, error), checks, and the last model's decisions."""

    history: list[tuple[int, float, float]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    last: Decisions | None = None

    def look(self, result: Result) -> tuple[str, dict[str, Any]]:
        """The answer, and what it rests on: empty without a rating.

        ``gains`` are quantiles of what All labels (0-1) gains by the next hundred reviews, ``unseen`` the bound of the missing
        mass, ``kappa`` and ``kappa_labels`` how far the model decides as the last one did.
        """
        now = decisions(result)
        alike = None if self.last is None or now is None else agreement(self.last, now)
        stop = decide(result, self.history, config=RatingConfig(), checks=self.checks, alike=alike)
        self.last = now
        if stop.check is None:
            return stop.answer, {}
        self.checks.append(stop.check)
        figures = {"gains": list(quantiles(_next(result, self.history))), "unseen": result.rating.missing_mass.high}
        return stop.answer, {**figures, "kappa": stop.check.kappa, "kappa_labels": stop.check.kappa_labels}


def _next(result: Result, history: list[tuple[int, float, float]]) -> np.ndarray:
    ahead, now = forecast(result.rating, history, RatingConfig()), result.rating.factor("all_labels").score.value or 0.0
    exponents = ahead.exponents(PRICED)
    return after(np.full(len(exponents), now / 100.0), result.rating.reviewed, PRICED, exponents) - now / 100.0
