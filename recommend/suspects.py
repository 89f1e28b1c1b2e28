"""Suspicious reviews: judgements that the model without them contradicts, how many to expect, of which label and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rating.doubt import Doubt, share_of
from rating.evidence import Bools, Floats, Ints
from rating.records import Estimate
from recommend.second_look import DOUBTFUL

#: So many of them are listed, the likeliest mistakes.
MOST = 2000


@dataclass(frozen=True)
class Suspects:
    """Judgements that are perhaps mistakes, the likeliest first, as columns (m,).

    ``rows`` are positions among the reviewed items and ``labels`` those of the labels in question; ``assigned`` says that the
    review gives the label, ``chance`` (0-1) how likely that is a mistake.
    """

    rows: Ints
    labels: Ints
    assigned: Bools
    chance: Floats


@dataclass(frozen=True)
class Mistakes:
    """How many mistakes to expect among the judgements of a label, a person, or all of them.

    ``assigned`` counts labels given; ``wrong`` estimates how many of them do not apply, and ``missed`` how many more would.
    Both are counts with 90 % intervals, None where they cannot be told.
    """

    assigned: int
    wrong: Estimate
    missed: Estimate


def suspects(doubted: Doubt, askable: Bools, most: int = MOST) -> Suspects:
    """The judgements on items that may be asked about again, ``askable`` (n,), that are mistakes with a tenth or more."""
    chance = np.where(askable[:, None] & doubted.usable, doubted.chance, 0.0)
    rows, labels = np.nonzero(chance >= DOUBTFUL)
    order = np.argsort(-chance[rows, labels], kind="stable")[:most]
    rows, labels = rows[order], labels[order]
    return Suspects(rows, labels, doubted.recorded[rows, labels] == 1, chance[rows, labels])


def mistakes(doubted: Doubt, rows: Bools | None = None, label: int | None = None) -> Mistakes:
    """Expected mistakes among the judgements of these ``rows`` (n,), of one label or of all that can be told."""
    columns = np.flatnonzero(doubted.usable) if label is None else np.array([label])
    mine = slice(None) if rows is None else rows
    recorded, chance = doubted.recorded[mine][:, columns], doubted.chance[mine][:, columns]
    given = int((recorded == 1).sum())
    wrong, missed = float(chance[recorded == 1].sum()), float(chance[recorded == 0].sum())
    return Mistakes(given, _counted(wrong, given), _counted(missed, missed + given - wrong))


def by_person(doubted: Doubt, who: Sequence[str]) -> dict[str, Mistakes]:
    """Expected mistakes among each person's judgements, by name; ``who`` (n,) gave the one that counts of each item."""
    names = np.asarray(who)
    return {str(name): mistakes(doubted, _rows(names, str(name))) for name in sorted(set(who))}


def _rows(names: npt.NDArray[np.str_], name: str) -> Bools:
    return np.asarray(names == name)


def _counted(count: float, total: float) -> Estimate:
    """A count of so many with the interval of its share."""
    return share_of(count, total).scaled(total)
