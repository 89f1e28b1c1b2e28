"""What the points of the map are coloured by: a code for each item, and what the codes mean. Pure: no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rating.evidence import Bools, Features, Floats, Ints
from recommend.regions import Ground, Theme
from recommend.serving import EVEN, Served

Codes = npt.NDArray[np.uint8]
#: What a map can be coloured by.
LABEL, REVIEWED, CONFIDENCE, NOVELTY, THEME = "Label", "Reviewed", "Confidence", "Novelty", "Theme"
#: So many labels have a colour of their own.
TOP = 10
#: Told apart with every kind of colour vision (after Okabe and Ito, 2008, with three more), on white and on black.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#c8b400", "#8f5fd0", "#8c564b", "#7f9b3d")
#: From little to much in even steps of lightness (after viridis), without the ends that a page's ground would swallow.
STEPS = ("#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39")
#: A label is possible on an item from this probability on.
POSSIBLE = 0.1
_FLOOR = np.float32(1e-6)
GREY, FAINT = "#8a929c", "#8a929c66"


@dataclass(frozen=True, eq=False)
class Colouring:
    """A code for each item (N,), and for each code its name and its colour.

    ``ends`` names both ends where the codes from 1 on are steps from little to much; 0 is then what is not known.
    A colour that lets the page shine through is the ground on which the others stand out.
    """

    codes: Codes
    names: tuple[str, ...]
    colours: tuple[str, ...]
    ends: tuple[str, str] | None = None

    @property
    def counts(self) -> list[int]:
        """How many items have each code."""
        return [int(count) for count in np.bincount(self.codes, minlength=len(self.names))]


def by_review(found: Ground) -> Colouring:
    """Reviewed or not."""
    return Colouring(found.reviewed.astype(np.uint8), ("not reviewed", "reviewed"), (FAINT, PALETTE[5]))


def by_confidence(found: Ground) -> Colouring:
    """How likely each item's likeliest informative label is, in six even steps."""
    return _stepped(found.confidence, 0.0, 1.0, "unknown to the model", ("no label is likely", "a label is almost certain"))


def by_novelty(values: Floats) -> Colouring:
    """How little each item (N,) resembles the nearest reviewed one; nan for one that came after they were compared."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, (0.02, 0.98)) if len(known) else (0.0, 1.0)
    return _stepped(values, float(low), float(high), "not compared yet", ("like a reviewed item", "like nothing reviewed"))


def _stepped(values: Floats, low: float, high: float, unknown: str, ends: tuple[str, str]) -> Colouring:
    """Values from ``low`` to ``high`` in six even steps, beyond them the first or the last; nan is unknown."""
    known = np.isfinite(values)
    share = np.clip((np.where(known, values, low) - low) / max(high - low, 1e-9), 0.0, 1.0)
    steps = np.minimum((share * len(STEPS)).astype(int), len(STEPS) - 1)
    edges = np.linspace(low, high, len(STEPS) + 1)
    names = (unknown, *(f"{a:.2f} to {b:.2f}" for a, b in pairwise(edges)))
    return Colouring(np.where(known, steps + 1, 0).astype(np.uint8), names, (FAINT, *STEPS), ends)


def by_theme(found: Ground, themes: Sequence[Theme]) -> Colouring:
    """The theme; there are more than colours, so that each has another colour than the themes around it."""
    code = np.zeros(max((theme.number for theme in themes), default=0) + 2, dtype=np.uint8)
    for place, theme in enumerate(themes):
        code[theme.number] = place + 1
    names = ("no theme", *(theme.words for theme in themes))
    colours = apart([(theme.x, theme.y) for theme in themes])
    return Colouring(code[found.themes], names, (FAINT, *(PALETTE[k] for k in colours)))


def apart(middles: Sequence[tuple[int, int]]) -> list[int]:
    """A colour's number for each place: one after the other takes the colour whose nearest place is farthest away.

    >>> apart([(0, 0), (1, 0), (2, 0)])
    [0, 1, 2]
    """
    chosen: list[int] = []
    for x, y in middles:
        far = [min(((x - middles[i][0]) ** 2 + (y - middles[i][1]) ** 2 for i, c in enumerate(chosen) if c == colour),
                   default=float("inf")) for colour in range(len(PALETTE))]  # fmt: skip
        chosen.append(int(np.argmax(far)))
    return chosen


def by_labels(found: Ground, served: Served) -> Colouring:
    """The likeliest label of each item where it is one of the ten that most items carry; none where no label is likely."""
    chance = _believed(found, served)
    carried = assigned(chance, served)
    most = carried.sum(axis=0)
    top = [int(k) for k in np.argsort(-most, kind="stable")[:TOP] if most[k] > 0]
    place = np.ones(chance.shape[1], dtype=np.int64)
    place[top] = np.arange(len(top)) + 2
    codes = np.where(carried.any(axis=1), place[chance.argmax(axis=1)], 0)
    names = ("none is likely", "another label", *(served.label_names[k] for k in top))
    return Colouring(codes.astype(np.uint8), names, (FAINT, GREY, *PALETTE[: len(top)]))


def by_label(found: Ground, served: Served, label_id: int) -> Colouring:
    """One label: a person said yes or no, else the model finds it likely, possible or unlikely."""
    column = served.label_ids.index(label_id)
    chance = _believed(found, served)[:, column]
    likely = chance >= min(max(float(served.threshold[column]), EVEN), 1.0)
    codes = np.select([chance > 1, chance < 0, likely, chance >= POSSIBLE], [4, 1, 3, 2], default=0)
    names = ("unlikely", "a person said no", "possible (from 10 %)", "likely", "a person said yes")
    return Colouring(codes.astype(np.uint8), names, (FAINT, PALETTE[8], PALETTE[4], PALETTE[0], PALETTE[1]))


def assigned(chance: Features, served: Served) -> Bools:
    """Whether each label (N, L) is as likely on an item as it has to be to be given: its threshold, and as likely as not."""
    return np.asarray(chance >= np.minimum(np.maximum(served.threshold, EVEN), 1.0))


def _believed(found: Ground, served: Served) -> Features:
    """The probability of every label (N, L) for the items of the map, 0 where the model does not know one.

    What people have said stands above and below all: yes is 1 more, no is -1.
    """
    assert served.probability is not None
    chance = served.probability[found.rows]
    chance[found.rows < 0] = 0.0
    place = np.full(len(served.item_ids), -1)
    place[found.rows[found.rows >= 0]] = np.flatnonzero(found.rows >= 0)
    here = place[served.rows]
    said, rows = served.targets[here >= 0], here[here >= 0]
    chance[rows] = np.select([said == 1, said == 0], [1.0 + _FLOOR + chance[rows], np.float32(-1.0)], default=chance[rows])
    return chance


def aligned(item_ids: Ints, of: Ints, values: Floats) -> Floats:
    """Values of the items ``of`` for the items (N,); nan for one that is not among them. Both are in ascending order."""
    if not len(of):
        return np.full(len(item_ids), np.nan)
    at = np.minimum(np.searchsorted(of, item_ids), len(of) - 1)
    return np.where(of[at] == item_ids, values[at], np.nan)


def message(colouring: Colouring, what: str) -> str:
    """What the map shows, in words, for who does not see it."""
    counts: Mapping[str, int] = dict(zip(colouring.names, colouring.counts, strict=True))
    said = sorted((name for name, count in counts.items() if count), key=lambda name: -counts[name])[:4]
    total = len(colouring.codes)
    parts = "; ".join(f"{name}: {counts[name]:,} of {total:,} items" for name in said)
    return f"A map of {total:,} items, like ones together, coloured by {what.lower()}. {parts}."
