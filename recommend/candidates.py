"""Candidate actions of every kind: which items, on what theme, for which factor, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from data.records import DOUBTING
from rating.balance import divergence
from rating.evidence import Floats, Ints
from rating.records import FactorKey
from recommend.draw import draw
from recommend.pool import SHORTLIST, Pool
from recommend.records import Kind
from recommend.value import Worth, closeness, pick_diverse

BATCH, SPARE, MANY = 10, 3, 6
#: Items of a frame, from which a list is drawn.
FRAME = 120
SURE, UNEXPLAINED, BALANCED = 0.8, 0.5, 0.5


@dataclass(frozen=True)
class Candidate:
    """Items an action could ask for, best first, with what each is worth in rating points.

    By ``rows`` and ``gains`` the action is held against others; its list is then drawn from the ``frame``, whose items are
    ``worth`` so much before novelty. Shuffle is drawn already: evenly, from ``drawn_from`` items. ``bonus`` is what the action
    brings as a whole, besides its items' worth. ``label`` and ``theme`` are what it is about, ``other`` the second label
    of a pair; -1 for none. ``terms`` are the words that its items hold.
    """

    kind: Kind
    factor: FactorKey
    rows: Ints
    gains: Floats
    bonus: float
    frame: Ints
    worth: Floats
    drawn_from: int
    label: int = -1
    theme: int = -1
    other: int = -1
    terms: tuple[str, ...] = ()

    def without(self, used: Ints, pool: Pool, price: Worth) -> Candidate:
        """The candidate without items that an action before it has, less for those like them, and labels worth this."""
        keep, stays = ~np.isin(self.rows, used), ~np.isin(self.frame, used)
        drawn_from = self.drawn_from if self.kind == "shuffle" else int(stays.sum())
        left = replace(self, frame=self.frame[stays], worth=self.worth[stays], drawn_from=drawn_from)
        if self.kind == "shuffle":
            rows = self.rows[keep]
            return replace(left, rows=rows, gains=pool.value_at(rows, price) * (1.0 - _near(pool, rows, used)))
        if not len(used) or not self.novel:
            return replace(left, rows=self.rows[keep], gains=self.gains[keep])
        value = pool.value_at(left.frame, price)
        chosen_by = left.worth if self.kind == "search" else value
        order, novel = pick_diverse(chosen_by, pool.unit[left.frame], _near(pool, left.frame, used), BATCH * SPARE)
        gains = value[order] * novel / np.maximum(chosen_by[order], 1e-12)
        return replace(left, rows=left.frame[order], gains=gains, worth=chosen_by)

    @property
    def novel(self) -> bool:
        """Whether its items are worth less the more they resemble what is reviewed or asked for already."""
        return self.kind != "shuffle" and self.kind not in DOUBTING


def drawn(candidate: Candidate, used: Ints, pool: Pool, rng: np.random.Generator) -> tuple[Candidate, Floats]:
    """The candidate with the ten items to ask for, and the chance of each to be among them, (10,)."""
    if candidate.kind == "shuffle":
        return candidate, np.full(len(candidate.rows), len(candidate.rows) / candidate.drawn_from)
    frame = candidate.frame
    near = _near(pool, frame, used) if candidate.novel else np.zeros(len(frame))
    unit = pool.unit[frame] if candidate.novel else np.empty((len(frame), 0), dtype=np.float32)
    found = draw(candidate.worth, unit, near, BATCH, rng)
    return replace(candidate, rows=frame[found.order], gains=found.gains), found.chances[found.order]


def _near(pool: Pool, rows: Ints, used: Ints) -> Floats:
    return np.maximum(pool.near_reviewed(rows), closeness(pool.unit[rows], pool.unit[used]))


def candidates(pool: Pool, rng: np.random.Generator) -> list[Candidate]:
    """Everything that could be done next with unreviewed items."""
    found: list[Candidate] = []
    if len(pool.rows):
        found.append(shuffle(pool, rng))  # drawn first, from all, so that no other action makes it less random
        pool = pool.left(found[-1].rows)
    if len(pool.rows):
        found += [*teach(pool), *low_confidence(pool), *discover(pool), *rebalance(pool), *confirm(pool)]
    return [c for c in found if len(c.rows)]


def teach(pool: Pool) -> Iterator[Candidate]:
    """Unreviewed items that teach most, gathered by the label they teach most about."""
    short = _best(pool.rows, pool.value[pool.rows], SHORTLIST * 2)
    near = pool.near_reviewed(short)
    for label in _leaders(pool, short, near):
        mine = np.flatnonzero(pool.leading[short] == label)
        factor: FactorKey = "underperforming" if (pool.result.rating.labels[label].worst or 0.0) > 0.5 else "all_labels"
        yield _diverse(pool, "teach", factor, short[mine], near[mine], label=label)


def _leaders(pool: Pool, short: Ints, near: Floats) -> list[int]:
    """The labels whose best ten items are worth most."""
    novel = pool.value[short] * (1.0 - near)
    totals = [(float(np.sort(novel[pool.leading[short] == k])[-BATCH:].sum()), k) for k in np.unique(pool.leading[short])]
    return [int(k) for total, k in sorted(totals, reverse=True)[: MANY + 2] if total > 0]


def low_confidence(pool: Pool) -> Iterator[Candidate]:
    """Items without a confident informative label, one theme at a time."""
    unsure = pool.rows[pool.confident[pool.rows] < UNEXPLAINED]
    short = _best(unsure, pool.value[unsure], SHORTLIST)
    near = pool.near_reviewed(short)
    novel = pool.value[short] * (1.0 - near)
    for theme in _best_themes(pool.themes[short], novel, 2):
        mine = np.flatnonzero(pool.themes[short] == theme)
        yield _diverse(pool, "low_confidence", "coverage", short[mine], near[mine], theme=theme)


def discover(pool: Pool) -> Iterator[Candidate]:
    """Clusters that no label explains and nobody has looked at."""
    counts = np.bincount(pool.themes[pool.reviewed], minlength=pool.themes.max() + 1)
    unexplained = np.clip(1.0 - pool.confident, 0.0, 1.0) / (1.0 + counts[pool.themes])
    mass = np.bincount(pool.themes[pool.rows], weights=unexplained[pool.rows], minlength=len(counts))
    missing = pool.result.rating.missing_mass.value or 0.0
    for theme in np.argsort(-mass, kind="stable")[:2].tolist():
        members = pool.rows[(pool.themes[pool.rows] == theme) & (pool.confident[pool.rows] < UNEXPLAINED)]
        short = _best(members, unexplained[members], SHORTLIST)
        bonus = pool.worth.coverage * missing * float(mass[theme] / max(mass.sum(), 1e-9))
        yield _diverse(pool, "discover", "coverage", short, pool.near_reviewed(short), theme=theme, bonus=bonus)


def rebalance(pool: Pool) -> Iterator[Candidate]:
    """Clusters with fewer reviewed items than their share of all items asks for."""
    size = pool.themes.max() + 1
    everyone, reviewed = np.bincount(pool.themes, minlength=size), np.bincount(pool.themes[pool.reviewed], minlength=size)
    deficit = everyone / everyone.sum() - reviewed / max(reviewed.sum(), 1)
    for theme in np.argsort(-deficit, kind="stable")[:2].tolist():
        members = pool.rows[pool.themes[pool.rows] == theme]
        if deficit[theme] <= 0 or len(members) < SPARE:
            continue
        added = reviewed.astype(float)
        added[theme] += min(BATCH, len(members))
        short = _best(members, pool.value[members], SHORTLIST)
        bonus = pool.worth.balance * _balance_gain(pool, added)
        yield _diverse(pool, "rebalance", "balance", short, pool.near_reviewed(short), theme=theme, bonus=bonus)


def shuffle(pool: Pool, rng: np.random.Generator) -> Candidate:
    """Ten unreviewed items at random, each with the same chance: what keeps every estimate honest."""
    rows = rng.choice(pool.rows, min(BATCH, len(pool.rows)), replace=False)
    size = pool.themes.max() + 1
    expected = np.bincount(pool.themes[pool.rows], minlength=size) / len(pool.rows) * len(rows)
    added = np.bincount(pool.themes[pool.reviewed], minlength=size) + expected
    gains = pool.value[rows] * (1.0 - pool.near_reviewed(rows))
    bonus = pool.worth.balance * _balance_gain(pool, added)
    return Candidate("shuffle", "balance", rows, gains, bonus, rows, pool.value[rows], len(pool.rows))


def _balance_gain(pool: Pool, counts: Floats) -> float:
    """By how much Balance (0-1) would rise if the reviewed items had these numbers by theme.

    The divergence beyond chance is thought to fall in the same proportion as all of it. Only poor Balance is
    pursued for its own sake: what is chosen to teach unbalances by its nature, and the estimates undo that.
    """
    assert pool.result.balance is not None
    if pool.result.balance.value >= BALANCED:
        return 0.0
    shares = np.bincount(pool.themes) / len(pool.themes)
    before = float(divergence(np.bincount(pool.themes[pool.reviewed], minlength=len(shares)).astype(float), shares))
    left = float(divergence(counts, shares)) / max(before, 1e-9)
    return float(max((1.0 - pool.result.balance.value) * (1.0 - np.sqrt(min(left, 1.0))), 0.0))


def confirm(pool: Pool) -> Iterator[Candidate]:
    """Items that are confidently predicted, for labels that need more examples."""
    p = pool.probability[pool.rows]
    worth_most = np.argsort(-pool.worth.label, kind="stable")[:MANY].tolist()
    for label in worth_most:
        sure = pool.rows[p[:, label] >= max(SURE, float(pool.thresholds[label]))]
        if len(sure) >= SPARE and pool.worth.label[label] > 0:
            short = _best(sure, pool.value[sure], SHORTLIST)
            yield _diverse(pool, "confirm", "all_labels", short, pool.near_reviewed(short), label=label)


def _diverse(
    pool: Pool, kind: Kind, factor: FactorKey, rows: Ints, near: Floats, *, label: int = -1, theme: int = -1, bonus: float = 0.0
) -> Candidate:
    """A candidate whose frame are the best of these rows, before they make each other less novel."""
    best = np.argsort(-pool.value[rows] * (1.0 - near), kind="stable")[:FRAME]
    frame, near = rows[best], near[best]
    order, gains = pick_diverse(pool.value[frame], pool.unit[frame], near, BATCH * SPARE)
    return Candidate(kind, factor, frame[order], gains, bonus, frame, pool.value[frame], len(frame), label, theme)


def _best(rows: Ints, value: Floats, count: int) -> Ints:
    return rows[np.argsort(-value, kind="stable")[:count]]


def _best_themes(themes: Ints, value: Floats, count: int) -> list[int]:
    """The themes whose best ten items are worth most."""
    totals = [(float(np.sort(value[themes == t])[-BATCH:].sum()), int(t)) for t in np.unique(themes)]
    return [theme for _, theme in sorted(totals, reverse=True)[:count]]
