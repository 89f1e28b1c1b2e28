"""Parts of the map of all items: which items an outline holds, what themes consist of, and what a selection is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rating.evidence import Bools, Floats, Ints
from rating.projection import REACH, Points
from recommend.candidates import UNEXPLAINED
from recommend.pool import INFORMATIVE
from recommend.serving import Served

#: An outline is written in this many steps from one side of the map to the other, and has at most so many corners.
STEPS, CORNERS = 1000, 64

Outline = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Ground:
    """What is known of the N items of a map, in its order; see :class:`recommend.serving.Served`.

    ``rows`` (N,) are their places among the served items, -1 for one that the plan does not know. ``reviewed`` (N,),
    ``labelled`` (N,; somebody gave it an informative label) and ``themes`` (N,; -1 unknown) hold for those; ``confidence`` (N,)
    is the probability of the likeliest informative label, 0 to 1, nan where there is no model. ``words`` names the themes.
    """

    item_ids: Ints
    points: Points
    rows: Ints
    reviewed: Bools
    labelled: Bools
    themes: Ints
    confidence: Floats
    words: Mapping[int, str]

    @property
    def unexplained(self) -> Bools:
        """Items (N,) that no informative label explains: none is likely, and nobody gave it one. None where that is not known."""
        return np.asarray((self.confidence < UNEXPLAINED) & ~self.labelled)


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of the data: its number and words, where its middle lies on the map (0 to 65,535), how many items it has, how many
    of them are reviewed, and how many no label explains; None while there is no model.
    """

    number: int
    words: str
    x: int
    y: int
    items: int
    reviewed: int
    unexplained: int | None


def ground(item_ids: Ints, points: Points, served: Served | None) -> Ground:
    """The map's items (N,) with what the newest plan knows of each; nothing but their points without a plan."""
    size = len(item_ids)
    rows = np.full(size, -1, dtype=np.int64)
    if served is not None and len(served.item_ids):
        at = np.minimum(np.searchsorted(served.item_ids, item_ids), len(served.item_ids) - 1)
        rows = np.where(served.item_ids[at] == item_ids, at, -1)
    known = rows >= 0
    reviewed, labelled = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    themes, confidence = np.full(size, -1, dtype=np.int64), np.full(size, np.nan)
    if served is not None and known.any():
        here = rows[known]
        reviewed[known], labelled[known] = (of[here] for of in _seen(served))
        themes[known] = served.clusters[here] if len(served.clusters) else -1
        confidence[known] = confident(served)[here]
    words = {} if served is None else served.themes
    return Ground(item_ids, points, rows, reviewed, labelled, themes, confidence, words)


def _seen(served: Served) -> tuple[Bools, Bools]:
    """Which served items (N,) are reviewed, and which of them were given an informative label."""
    reviewed, labelled = np.zeros(len(served.item_ids), dtype=bool), np.zeros(len(served.item_ids), dtype=bool)
    reviewed[served.rows] = True
    labelled[served.rows] = (served.targets[:, informative(served)] == 1).any(axis=1)
    return reviewed, labelled


def informative(served: Served) -> Bools:
    """Which labels (L,) say something that no other label implies."""
    return np.array([(label.informative or 0.0) > INFORMATIVE for label in served.rating.labels], dtype=bool)


def confident(served: Served) -> Floats:
    """The probability (N,), 0 to 1, of each served item's likeliest informative label; nan where there is no model."""
    if served.probability is None:
        return np.full(len(served.item_ids), np.nan)
    worth = informative(served)
    return np.asarray(served.probability[:, worth].max(axis=1, initial=0.0), dtype=np.float64)


def themes_of(found: Ground) -> list[Theme]:
    """Every theme on the map, those with most items that no label explains first; without a model the largest first."""
    modelled = bool(np.isfinite(found.confidence).any())
    themes = [_theme(found, int(number), modelled) for number in np.unique(found.themes[found.themes >= 0])]
    return sorted(themes, key=lambda theme: (-(theme.unexplained or 0), -theme.items, theme.number))


def _theme(found: Ground, number: int, modelled: bool) -> Theme:
    mine = np.flatnonzero(found.themes == number)
    x, y = np.median(found.points[mine], axis=0).astype(int).tolist()
    return Theme(
        number=number, words=found.words.get(number, f"theme {number}"), x=x, y=y, items=len(mine),
        reviewed=int(found.reviewed[mine].sum()), unexplained=int(found.unexplained[mine].sum()) if modelled else None,
    )  # fmt: skip


def inside(points: Points, outline: Sequence[tuple[int, int]]) -> Bools:
    """Which points (N,) an outline of (x, y) corners in 0 to 1,000 holds, by the even-odd rule; none for fewer than three.

    A side along the edge of the map holds the points on that edge.
    """
    held = np.zeros(len(points), dtype=bool)
    if len(outline) < 3:
        return held
    steps = np.array(outline, dtype=np.float64)
    corners = steps * (REACH / STEPS) + np.where(steps == STEPS, 1.0, np.where(steps == 0, -1.0, 0.0))
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[near].astype(np.float64).T
    odd = np.zeros(len(near), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if y1 != y2:
            odd ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    held[near] = odd
    return held


def written(outline: Sequence[tuple[int, int]]) -> str:
    """An outline as it stands in an address.

    >>> written([(0, 0), (10, 0), (10, 5)])
    '0.0.10.0.10.5'
    """
    return ".".join(str(number) for corner in outline for number in corner)


def outline_of(text: str) -> Outline:
    """The outline that stands in an address; empty for what is none.

    >>> outline_of("0.0.10.0.10.5"), outline_of("0.0.10"), outline_of("a.b")
    (((0, 0), (10, 0), (10, 5)), (), ())
    """
    parts = text.split(".")
    if len(parts) % 2 or not 6 <= len(parts) <= 2 * CORNERS or not all(part.isdecimal() and len(part) <= 4 for part in parts):
        return ()
    numbers = [min(int(part), STEPS) for part in parts]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def spread(points: Points, most: int) -> Ints:
    """Positions of at most ``most`` of these points (n, 2), evenly over all of them, neighbours next to each other.

    They are walked along a curve that visits one quarter after the other (Morton, 1966), and taken at even steps: dense places
    give more. All of them, in that order, when they are no more.
    """
    order = np.argsort(_along(points), kind="stable")
    if len(order) <= most:
        return order
    return order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)]


def _along(points: Points) -> Ints:
    """The place of each point on the curve: the bits of both coordinates in turn."""
    place = np.zeros(len(points), dtype=np.int64)
    x, y = points.astype(np.int64).T
    for bit in range(16):
        place |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return place


@dataclass(frozen=True, slots=True)
class Summary:
    """What a selection of items consists of. ``labels`` are names with the share of the items (0 to 1) that are expected to carry
    each, likeliest first; ``unexplained`` is None while there is no model.
    """

    items: int
    reviewed: int
    unexplained: int | None
    labels: tuple[tuple[str, float], ...]


def summarised(found: Ground, chosen: Ints, served: Served | None, most: int = 5) -> Summary:
    """What the items at these positions of the map consist of, with at most so many labels of at least 5 %."""
    rows = found.rows[chosen]
    labels: tuple[tuple[str, float], ...] = ()
    unexplained = None
    if served is not None and served.probability is not None and (rows >= 0).any():
        share = served.probability[rows[rows >= 0]].mean(axis=0)
        best = [k for k in np.argsort(-share, kind="stable")[:most].tolist() if share[k] >= 0.05]
        labels = tuple((served.label_names[k], float(share[k])) for k in best)
        unexplained = int(found.unexplained[chosen].sum())
    return Summary(len(chosen), int(found.reviewed[chosen].sum()), unexplained, labels)
