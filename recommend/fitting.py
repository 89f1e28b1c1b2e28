"""Which actions to do in the time at hand: the set with the most predicted points that fits."""

from __future__ import annotations

from collections.abc import Sequence


def best_within(gains: Sequence[float | None], seconds: Sequence[float], budget: float) -> tuple[int, ...]:
    """Positions of the actions that promise the most points together and take at most ``budget`` seconds.

    ``gains`` (n,) are predicted rating points, ``seconds`` (n,) what each takes (0 or more). Best points per second first; of
    equals the first one. An action whose gain is unknown or not above 0 is never among them. Exact: of all sets only those are
    kept that no other beats in points and in time (Nemhauser and Ullmann, 1969). Empty where nothing fits.

    >>> best_within([3.0, 2.0, 2.0, None], [60.0, 40.0, 40.0, 1.0], 80.0)
    (1, 2)
    """
    front: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, ())]
    for place in _by_rate(gains, seconds):
        grown = [
            (used + seconds[place], points + (gains[place] or 0.0), (*chosen, place))
            for used, points, chosen in front
            if used + seconds[place] <= budget
        ]
        front = _unbeaten([*front, *grown])
    return front[-1][2]


def _by_rate(gains: Sequence[float | None], seconds: Sequence[float]) -> list[int]:
    """Positions of the actions with a known rise, most points per second first."""
    rising = [(gain / max(took, 1e-9), k) for k, (gain, took) in enumerate(zip(gains, seconds, strict=True)) if gain and gain > 0]
    return [k for _, k in sorted(rising, key=lambda one: (-one[0], one[1]))]


def _unbeaten(sets: list[tuple[float, float, tuple[int, ...]]]) -> list[tuple[float, float, tuple[int, ...]]]:
    """The sets, quickest first, each of which promises more than all that are as quick."""
    kept: list[tuple[float, float, tuple[int, ...]]] = []
    most = -1.0
    for one in sorted(sets, key=lambda one: (one[0], -one[1])):
        if one[1] > most:
            kept.append(one)
            most = one[1]
    return kept
