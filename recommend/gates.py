"""Foundations first: what a project lacks before finer work pays, how much of it, and which work mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rating.evidence import Evidence, Ints, RatingConfig

GateKey = Literal["items", "labels", "reviews", "themes", "examples"]
#: Fewer labels cannot be told apart; and how many labels with too few examples are named.
LABELS, NAMED = 2, 3
#: Up to so many reviews it pays to see every theme once before anything finer: replays from nothing learn faster by it.
YOUNG = 100


@dataclass(frozen=True, slots=True)
class Gate:
    """One foundation: ``have`` of the ``need``ed, and in words what is missing and what mends it; empty once it is met."""

    key: GateKey
    title: str
    have: int
    need: int
    words: str

    @property
    def met(self) -> bool:
        """Whether nothing is missing."""
        return self.have >= self.need


def gates(evidence: Evidence, config: RatingConfig, clusters: Ints | None = None) -> tuple[Gate, ...]:
    """Items, labels, reviews, themes, and labels with enough examples, in the order in which they are to be seen to.

    ``clusters`` (N,) are the population's finest ones; without them nothing is said of themes.
    A rating asks for as many items as reviews. Each label in use should have the examples that make its figures firm.
    """
    needed, reviewed = config.min_reviewed, len(evidence.rows)
    return (
        _gate("items", "Items", evidence.population, needed, "Import {} more: a rating cannot rest on fewer."),
        _gate(
            "labels", "Labels", len(evidence.label_ids), LABELS,
            "Create {} more while you review: Discover shows what the messages are about.",
        ),
        _gate("reviews", "Reviews", reviewed, needed, "Review {} more, by Discover and Shuffle: then there is a rating."),
        *(() if clusters is None else (_themes(clusters, evidence.rows),)),
        _examples(evidence.label_names, evidence.positives.tolist(), config.min_label_reviews),
    )  # fmt: skip


def _themes(clusters: Ints, rows: Ints) -> Gate:
    """Themes that somebody has looked at, in a young project; later the plan knows better where to look."""
    have, need = len(np.unique(clusters[rows])), len(np.unique(clusters))
    if len(rows) >= YOUNG:
        have = need
    return _gate("themes", "Themes seen", have, need, "Look at {} more by Discover themes: no start is quicker.")


def _gate(key: GateKey, title: str, have: int, need: int, words: str) -> Gate:
    return Gate(key, title, have, need, words.format(need - have) if have < need else "")


def _examples(names: Sequence[str], positives: Sequence[int], wanted: int) -> Gate:
    """Labels with as many examples as wanted; those nearest to none are named."""
    few = sorted((count, name) for name, count in zip(names, positives, strict=True) if count < wanted)
    named = ", ".join(f"{name} ({count})" for count, name in few[:NAMED]) + (" and others" if len(few) > NAMED else "")
    words = f"Fewer than {wanted} examples: {named}. Find more by Teach, Confirm or Search." if few else ""
    return Gate("examples", "Labels with enough examples", len(names) - len(few), max(len(names), 1), words)
