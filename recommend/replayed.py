"""A project replayed on items whose labels are known: what is reviewed so far, rated as the service rates, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.records import DOUBTING
from rating.evidence import Evidence, Features, Floats, Ints, RatingConfig
from rating.rate import Population, Result, rate
from rating.service import CHOOSE_AGAIN
from recommend.cost import Times, shown, spent_seconds


@dataclass(frozen=True)
class Ground:
    """Items whose labels are known: feature ``blocks`` (N, d_b) with rows of unit length, and ``targets`` (N, L).

    Targets are 1 where a label was assigned, 0 where it was judged and not assigned, nan where it was not judged.
    """

    blocks: Mapping[str, Features]
    targets: Floats
    names: tuple[str, ...]

    def part(self, rows: Ints) -> Ground:
        """These items alone."""
        return Ground({name: block[rows] for name, block in self.blocks.items()}, self.targets[rows], self.names)


@dataclass(frozen=True)
class Chosen:
    """Items to review next, as positions in the pool, with the source each is shown from and its chance (nan unknown)."""

    rows: Ints
    kinds: tuple[str, ...]
    chances: Floats


@dataclass
class Replayed:
    """A project on ``pool``: the positions reviewed so far in order, each with the source and the chance it was shown with.

    ``shown`` counts the items shown, those looked at again included, whose positions are ``settled``. ``seconds`` are one
    annotator's, confirming what is suggested; ``unaided`` those without any suggestion; ``rounds`` the batches after the start.
    ``chosen`` is the mix of features with its penalty, chosen when ``chosen_at`` items were reviewed.
    """

    pool: Ground
    population: Population
    rows: list[int]
    sources: list[str]
    chances: list[float]
    shown: int
    seconds: float
    unaided: float
    config: RatingConfig = field(default_factory=RatingConfig)
    times: Times = field(default_factory=Times)
    settled: set[int] = field(default_factory=set)
    rounds: int = 0
    chosen: tuple[dict[str, float], float] | None = None
    chosen_at: int = 0

    def evidence(self) -> tuple[Evidence, Ints]:
        """What the product gets to see, and the columns of the labels met so far."""
        rows = np.array(self.rows, dtype=np.int64)
        found = np.flatnonzero(np.nansum(self.pool.targets[rows], axis=0) > 0)
        return Evidence(
            item_ids=np.arange(len(self.pool.targets)), blocks=self.pool.blocks, rows=rows,
            targets=self.pool.targets[np.ix_(rows, found)], sources=np.array(self.sources, dtype=np.str_),
            settled=np.isin(rows, list(self.settled)), label_ids=tuple(int(k) for k in found),
            label_names=tuple(self.pool.names[k] for k in found), important=(False,) * len(found),
            chances=np.array(self.chances),
        ), found  # fmt: skip

    @property
    def choose_again(self) -> bool:
        """Whether the mix of features is to be chosen anew, which is so when the reviews have grown by a tenth."""
        return len(self.rows) >= CHOOSE_AGAIN * self.chosen_at

    def choose(self, mix: tuple[dict[str, float], float]) -> None:
        """Go on with this mix of features and penalty."""
        self.chosen, self.chosen_at = mix, len(self.rows) if self.choose_again else self.chosen_at

    def rated(self, evidence: Evidence) -> Result:
        """Rate as the service does."""
        result = rate(evidence, self.config, population=self.population, chosen=self.chosen, choose_again=self.choose_again)
        if result.assessment is not None:
            self.choose((result.assessment.block_weights, result.assessment.penalty))
        return result

    def review(self, result: Result, picked: Chosen, found: Ints) -> None:
        """Give the answers that are known to the items picked; ``found`` are the columns of the labels that the model knows."""
        self.rounds += 1
        for row, kind, chance in zip(picked.rows.tolist(), picked.kinds, picked.chances.tolist(), strict=True):
            aided, unaided = answer_seconds(self.pool.targets[row], found, result, row, kind, self.times)
            self.seconds, self.unaided, self.shown = self.seconds + aided, self.unaided + unaided, self.shown + 1
            if row not in self.rows:
                self._add(row, kind, chance)
            elif kind in DOUBTING:
                self.settled.add(row)

    def _add(self, row: int, kind: str, chance: float) -> None:
        self.rows.append(row)
        self.sources.append(kind)
        self.chances.append(chance)


def begun(
    pool: Ground, population: Population, rows: Ints, kind: str, chances: Floats, *, config: RatingConfig | None = None,
    times: Times | None = None,
) -> Replayed:  # fmt: skip
    """A project whose first reviews are those at ``rows`` (n,), shown from one source with their ``chances`` (n,), unaided."""
    times = times or Times()
    seconds = sum(spent_seconds(int(np.nansum(pool.targets[row])), 0, kind, times) for row in rows)
    sources, count = [kind] * len(rows), len(rows)
    return Replayed(
        pool, population, rows.tolist(), sources, chances.tolist(), count, seconds, seconds, config or RatingConfig(), times
    )


def answer_seconds(applies: Floats, found: Ints, result: Result, row: int, kind: str, times: Times) -> tuple[float, float]:
    """Seconds to say which labels apply (L,) to the item at ``row``, with suggestions and without.

    Labels that apply and are shown are confirmed, the others assigned; ``found`` are the columns of the labels the model knows.
    """
    labels, confirmed = int(np.nansum(applies)), 0
    if result.assessment is not None:
        confirmed = int(np.nansum(applies[found] * shown(result.assessment.probability[[row]])[0]))
    return spent_seconds(labels, confirmed, kind, times), spent_seconds(labels, 0, kind, times)
