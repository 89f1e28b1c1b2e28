"""Nested labels added up: a parent counts the items of all below it, and is as good as they are on average."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Features, Floats
from rating.records import Band, Estimate, LabelHealth, band_of

SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Node:
    """A label, or a parent with the labels below it.

    ``health`` is the label's own, None of a parent that is no label itself. ``below`` are the labels under it. ``ap`` is
    average precision (0-1), of a parent the mean over itself and those below; ``positives`` the reviewed items that carry it or
    any below it, None where that cannot be told. ``weakest`` names the label that pulls a parent down, empty for a single label.
    """

    name: str
    health: LabelHealth | None
    below: tuple[LabelHealth, ...]
    ap: Estimate
    positives: int | None
    weakest: str = ""

    @property
    def depth(self) -> int:
        """How deep it is nested; 0 at the top."""
        return self.name.count(SEPARATOR)

    @property
    def band(self) -> Band:
        """Its band, from average precision."""
        return band_of(None if self.ap.value is None else 100.0 * self.ap.value)

    @property
    def members(self) -> tuple[LabelHealth, ...]:
        """The labels that it consists of: itself, where it is one, and those below."""
        return (() if self.health is None else (self.health,)) + self.below


def alone(health: LabelHealth) -> Node:
    """A label by itself, whatever is nested below it."""
    return Node(health.name, health, (), health.ap, health.positives)


def rolled_up(labels: Sequence[LabelHealth], targets: Floats | Features | None) -> tuple[Node, ...]:
    """Every label and every parent, a parent before those below it, siblings by name.

    ``targets`` (n, L) say of the reviewed items which labels they carry, in the order of ``labels``; None where not known.
    """
    own = {health.name: health for health in labels}
    column = {health.label_id: k for k, health in enumerate(labels)}
    names = {prefix for name in own for prefix in _prefixes(name)}
    below: dict[str, list[LabelHealth]] = {name: [] for name in names}
    for name, health in own.items():
        for prefix in _prefixes(name)[:-1]:
            below[prefix].append(health)
    ordered = sorted(names, key=lambda name: [level.casefold() for level in name.split(SEPARATOR)])
    return tuple(_node(name, own.get(name), tuple(below[name]), targets, column) for name in ordered)


def _prefixes(name: str) -> list[str]:
    """The label's name at every level.

    >>> _prefixes("a > b > c")
    ['a', 'a > b', 'a > b > c']
    """
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[: k + 1]) for k in range(len(levels))]


def _node(
    name: str, health: LabelHealth | None, below: tuple[LabelHealth, ...], targets: Floats | Features | None,
    column: Mapping[int, int],
) -> Node:  # fmt: skip
    if health is not None and not below:
        return alone(health)
    members = (() if health is None else (health,)) + below
    known = [member for member in members if member.ap.value is not None]
    weakest = min(known, key=lambda member: member.ap.value or 0.0).name if known else ""
    return Node(name, health, below, mean_of(members), _union(targets, [column[m.label_id] for m in members]), weakest)


def _union(targets: Floats | Features | None, columns: Sequence[int]) -> int | None:
    """How many reviewed items carry any of these labels."""
    return None if targets is None else int((targets[:, columns] == 1).any(axis=1).sum())


def mean_of(labels: Sequence[LabelHealth]) -> Estimate:
    """The mean average precision of those that can be told, with its 90 % interval where their errors are independent."""
    known = [label.ap for label in labels if label.ap.value is not None]
    if not known:
        return Estimate(None, reason="No example of any label below yet.")
    value = sum(ap.value or 0.0 for ap in known) / len(known)
    down = math.hypot(*((ap.value or 0.0) - (ap.low if ap.low is not None else 0.0) for ap in known)) / len(known)
    up = math.hypot(*((ap.high if ap.high is not None else 1.0) - (ap.value or 0.0) for ap in known)) / len(known)
    return Estimate(value, float(np.clip(value - down, 0.0, 1.0)), float(np.clip(value + up, 0.0, 1.0)))
