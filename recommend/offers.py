"""Everything that could be done next, or what of it serves the factor or the label that the user wants to improve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rating.evidence import Floats, Ints
from rating.factors import worst_count
from recommend.candidates import Candidate, candidates
from recommend.merge import merge
from recommend.pool import Pool
from recommend.records import ANYTHING, NOTHING, Focus, Known
from recommend.resolve import resolve
from recommend.search import search
from recommend.second_look import check, doubts, missed
from recommend.value import instruction


def offers(pool: Pool, rng: np.random.Generator, known: Known = NOTHING, focus: Focus = ANYTHING) -> list[Candidate]:
    """Candidate actions that serve the focus, those without items left out.

    Work on a weak label serves All labels too. To improve a label, or the labels that hold Underperforming labels down, items
    are sought for these alone.
    """
    labels = focused_labels(pool, focus)
    if labels is None:
        served = {focus.factor, "underperforming" if focus.factor == "all_labels" else focus.factor}
        return [c for c in _offers(pool, rng, known) if focus.factor is None or c.factor in served]
    narrow = narrowed(pool, labels)
    return [c for c in (_kept(c, pool, narrow, labels, focus) for c in _offers(narrow, rng, known)) if len(c.rows)]


def _offers(pool: Pool, rng: np.random.Generator, known: Known) -> list[Candidate]:
    doubted = doubts(pool.result)
    found = [*check(pool, doubted), *missed(pool, doubted), *resolve(pool, known.disputes), *candidates(pool, rng)]
    rest = _without_shuffle(pool, found)
    found += search(rest, known.searches)
    if known.apart is not None:
        found += merge(rest, doubted, known.apart)
    return [c for c in found if len(c.rows)]


def _without_shuffle(pool: Pool, found: Sequence[Candidate]) -> Pool:
    """The pool without what Shuffle has drawn, which no other action may make less random, and what is handled well."""
    return pool.left(np.concatenate([np.empty(0, dtype=np.int64), *(c.rows for c in found if c.kind == "shuffle")]))


def focused_labels(pool: Pool, focus: Focus) -> Ints | None:
    """The labels that a focus is about, by their position: one, or the likely worst tenth; None when it is about no label."""
    if focus.label_id is not None:
        return np.flatnonzero(np.array(pool.result.evidence.label_ids) == focus.label_id)
    if focus.factor != "underperforming":
        return None
    worst = np.array([label.worst or 0.0 for label in pool.result.rating.labels])
    seen = int((pool.worth.positives > 0).sum())
    return np.sort(np.argsort(-worst, kind="stable")[: worst_count(seen)])


def narrowed(pool: Pool, labels: Ints) -> Pool:
    """The pool as it would be if only these labels were worth anything."""
    price = np.zeros_like(pool.worth.label)
    price[labels] = pool.worth.label[labels]
    parts = instruction(pool.believed) * price
    value = parts.sum(axis=1) * pool.urgency
    return replace(pool, worth=replace(pool.worth, label=price), value=value, leading=parts.argmax(axis=1))


def _kept(c: Candidate, pool: Pool, narrow: Pool, labels: Ints, focus: Focus) -> Candidate:
    """A candidate found in the narrowed pool, with what its items bring in all; without items if it serves another purpose."""
    if c.kind == "low_confidence" and focus.label_id is not None:
        own = np.isin(pool.leading[c.frame], labels)
        rows = np.isin(c.rows, c.frame[own])
        c = replace(c, frame=c.frame[own], worth=c.worth[own], rows=c.rows[rows], gains=c.gains[rows], drawn_from=int(own.sum()))
    elif not np.isin([c.label, c.other], labels).any():
        return replace(c, rows=c.rows[:0])
    factor = focus.factor or c.factor
    if not c.novel:
        return replace(c, factor=factor)
    return replace(c, factor=factor, gains=c.gains * _more(pool, narrow, c.rows))


def _more(pool: Pool, narrow: Pool, rows: Ints) -> Floats:
    """How many times more these items are worth in all than for the labels in focus."""
    return np.asarray(pool.value_at(rows, pool.worth) / np.maximum(narrow.value_at(rows, narrow.worth), 1e-12))
