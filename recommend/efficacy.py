"""How well each kind of action keeps its promises: a ratio of realised to promised gain, learned from the actions done.

The ratio of a kind has a Gamma posterior. An action that promised P points, give or take a spread s, counts as P / u looks of
which R / u came true, where u = s^2 / P is the grain of its gain: a promise that hangs on one lucky find says little. A kind
that is hardly known takes after all kinds together. Plans draw a ratio for each kind (Thompson sampling), so that a kind that
has disappointed by chance is tried again, and ever less so as more is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rating.evidence import Floats

#: The prior counts as so many looks: of a kind, and of all kinds together. Its standard deviation is 1 / sqrt(looks).
LOOKS, LOOKS_OF_ALL = 16.0, 4.0
#: An action's gain is off by at least this share of its promise, whatever its answers.
AT_LEAST = 0.5
#: What an action says fades with every later one of its kind, for a ratio changes as the model learns.
FADE = 0.97
#: Looks are worth no more than this many, so that a ratio stays free to move.
MOST_LOOKS = 200.0


@dataclass(frozen=True, slots=True)
class Done:
    """An action that is done: what it promised before anything learned, give or take what, and what it brought, in points."""

    kind: str
    promised: float
    spread: float
    realised: float


@dataclass(frozen=True)
class Efficacy:
    """Gamma posteriors of realised over promised gain: ``came`` true of so many ``looks``, by kind; ``usual`` for other kinds.

    With ``certain`` nothing is left to chance: every kind keeps its promises as its mean says.
    """

    came: Mapping[str, float] = field(default_factory=dict)
    looks: Mapping[str, float] = field(default_factory=dict)
    usual: float = 1.0
    certain: bool = False

    def mean(self, kind: str) -> float:
        """What promises of this kind are to be multiplied by; above 0."""
        came, looks = self._posterior(kind)
        return came / looks

    def draws(self, kind: str, count: int, rng: np.random.Generator) -> Floats:
        """Plausible ratios (count,) of this kind."""
        came, looks = self._posterior(kind)
        if self.certain:
            return np.full(count, came / looks)
        return np.asarray(rng.gamma(came, 1.0 / looks, count))

    def sampled(self, kinds: Sequence[str], rng: np.random.Generator) -> dict[str, float]:
        """One plausible ratio for each kind: what a plan acts on."""
        return {kind: float(self.draws(kind, 1, rng)[0]) for kind in kinds}

    def _posterior(self, kind: str) -> tuple[float, float]:
        return LOOKS + self.came.get(kind, 0.0), LOOKS / self.usual + self.looks.get(kind, 0.0)


def efficacy(done: Sequence[Done]) -> Efficacy:
    """What the actions done, oldest first, say of their kinds; actions that promised nothing say nothing."""
    looks: dict[str, float] = {}
    came: dict[str, float] = {}
    for action in done:
        if action.promised <= 0:
            continue
        grain = max(action.spread, AT_LEAST * action.promised) ** 2 / action.promised
        for sums, value in ((looks, action.promised), (came, max(action.realised, 0.0))):
            sums[action.kind] = FADE * sums.get(action.kind, 0.0) + value / grain
    excess = {kind: max(count / MOST_LOOKS, 1.0) for kind, count in looks.items()}
    looks, came = ({kind: value / excess[kind] for kind, value in sums.items()} for sums in (looks, came))
    usual = (LOOKS_OF_ALL + sum(came.values())) / (LOOKS_OF_ALL + sum(looks.values()))
    return Efficacy(came, looks, usual)
