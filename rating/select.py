"""Which mix of feature blocks and which penalty suit a project, by leave-one-out: no fixed mix is right everywhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rating.evidence import Features, Floats, Ints
from rating.learner import combine, fit
from rating.precision import soft_average_precision

PENALTIES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
#: Shares of the first block against the second, from the first alone to the second alone.
MIXES = ((1.0, 0.0), (1.0, 0.25), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0), (0.25, 1.0), (0.0, 1.0))
EVEN, USUAL = 3, 2
FEW = 500


def held_out_precision(features: Features, targets: Floats, penalty: float, twins: tuple[Ints, ...]) -> Floats:
    """Average precision (L,) of held-out scores among the reviewed; nan for labels with fewer than two positives."""
    return ranked_precision(fit(features, targets, penalty, twins).held_out, targets)


def ranked_precision(scores: Floats, targets: Floats) -> Floats:
    """Average precision (L,) of scores (n, L), nan ones last; nan for labels with fewer than two positives."""
    order = np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=0, kind="stable")
    ap = soft_average_precision(np.take_along_axis(np.nan_to_num(targets), order, axis=0))
    return np.where(np.nansum(targets, axis=0) >= 2, ap, np.nan)


def better(new: Floats, old: Floats) -> bool:
    """Whether labels gain on average by more than two standard errors of their differences.

    With one, a mix that chance favoured was taken now and then, which cost .01 of mean average precision at 200 reviews.
    """
    gain = (new - old)[~np.isnan(new - old)]
    return len(gain) > 0 and gain.mean() > max(0.002, 2.0 * gain.std() / np.sqrt(len(gain)))


def choose(
    blocks: Mapping[str, Features], targets: Floats, twins: tuple[Ints, ...], start: tuple[Mapping[str, float], float] | None
) -> tuple[dict[str, float], float]:
    """Climb from the last choice to a better mix and penalty, a step at a time: (weight by block, penalty).

    ``blocks`` hold the reviewed items' rows. With many reviews one round of neighbours is tried each time, with few
    the climb goes on until nothing helps.
    """
    names = list(blocks)[:2]
    place = _place(names, start)
    best = _value(blocks, names, place, targets, twins)
    for _ in range(1 if len(targets) > FEW else 8):
        tried = [(near, _value(blocks, names, near, targets, twins)) for near in _neighbours(place, len(names))]
        winners = [(near, value) for near, value in tried if better(value, best)]
        if not winners:
            break
        place, best = max(winners, key=lambda pair: float(np.nanmean(pair[1])))
    return dict(zip(names, MIXES[place[0]], strict=False)), PENALTIES[place[1]]


def _place(names: list[str], start: tuple[Mapping[str, float], float] | None) -> tuple[int, int]:
    usual = (EVEN, USUAL)
    if start is None or set(start[0]) != set(names):
        return usual
    mix = tuple(start[0][name] for name in names)
    return (MIXES.index(mix) if mix in MIXES else EVEN, PENALTIES.index(start[1]) if start[1] in PENALTIES else USUAL)


def _neighbours(place: tuple[int, int], blocks: int) -> list[tuple[int, int]]:
    mixes = [(place[0] + d, place[1]) for d in (-1, 1)] if blocks == 2 else []
    near = [*mixes, *((place[0], place[1] + d) for d in (-1, 1))]
    return [(m, p) for m, p in near if 0 <= m < len(MIXES) and 0 <= p < len(PENALTIES)]


def _value(
    blocks: Mapping[str, Features], names: list[str], place: tuple[int, int], targets: Floats, twins: tuple[Ints, ...]
) -> Floats:
    weights = dict(zip(names, MIXES[place[0]], strict=False))
    return held_out_precision(combine(blocks, weights), targets, PENALTIES[place[1]], twins)
