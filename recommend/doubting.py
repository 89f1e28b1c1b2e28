"""The study of doubts: a project's suspicious reviews, contradicting near-duplicates and confused pairs, with what to ask.

Everything rests on held-out figures: what the model says of a reviewed item, it says without having seen that review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from data.store import Store
from rating.doubt import NEEDED, Doubt
from rating.rate import Result
from rating.service import rate_project, rating_config
from recommend.confusions import Confusion, confusions
from recommend.contradictions import contradictions, groups_of
from recommend.cost import expected_seconds
from recommend.known import pairs_asked, words_of
from recommend.merge import Pair, confused_pairs, confusing
from recommend.pool import Pool, make_pool
from recommend.second_look import doubts, righting
from recommend.service import busy_items, times_of
from recommend.studies import Found, Report
from recommend.suspects import Mistakes, Suspects, by_person, mistakes, suspects

#: Items shown to tell two labels apart.
PAIR_ITEMS = 12


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """What of a project's reviews looks wrong, as JSON knows it; ``reasons`` alone while there is no model to ask."""
    report(0.05, "Asking the model about what it has not seen")
    result = rate_project(store, project_id).result
    if result.assessment is None:
        return Found({"reasons": list(result.rating.reasons)})
    config = rating_config(store.project(project_id).settings)
    pool, doubted = make_pool(result, config, busy_items(store, project_id)), doubts(result)
    report(0.6, "Comparing near-identical items and labels")
    people = _people(store, project_id, result)
    found = suspects(doubted, ~result.evidence.settled & pool.free[pool.reviewed])
    return Found(
        {
            "reasons": [],
            "suspects": _suspects(result, found, people),
            "labels": _by_label(result, doubted),
            "people": {name: _document(one) for name, one in by_person(doubted, people).items()},
            "total": _total(store, project_id, pool, doubted),
            "contradictions": _contradictions(store, project_id, result),
            "pairs": _pairs(store, project_id, pool, doubted),
        }
    )


def _people(store: Store, project_id: int, result: Result) -> list[str]:
    """Who gave the judgement that counts of each reviewed item, (n,)."""
    given = {review.item_id: review.annotator for review in store.current_reviews(project_id)}
    return [given.get(int(item_id), "") for item_id in result.evidence.item_ids[result.evidence.rows]]


def _suspects(result: Result, found: Suspects, people: Sequence[str]) -> dict[str, list[Any]]:
    evidence, assessment = result.evidence, result.assessment
    assert assessment is not None
    items = evidence.rows[found.rows]
    return {
        "item": evidence.item_ids[items].tolist(),
        "label": [evidence.label_ids[k] for k in found.labels],
        "assigned": found.assigned.tolist(),
        "chance": found.chance.round(4).tolist(),
        "probability": assessment.probability[items, found.labels].round(4).tolist(),
        "who": [people[row] for row in found.rows],
    }


def _by_label(result: Result, doubted: Doubt) -> dict[str, Any]:
    """Expected mistakes by label number; labels with too few examples are left out."""
    ids = result.evidence.label_ids
    return {str(ids[k]): _document(mistakes(doubted, label=k)) for k in np.flatnonzero(doubted.usable).tolist()}


def _document(found: Mistakes) -> dict[str, Any]:
    return {"assigned": found.assigned, **{name: _cells(getattr(found, name)) for name in ("wrong", "missed")}}


def _cells(estimate: Any) -> list[float | None]:
    return [None if cell is None else round(cell, 3) for cell in (estimate.value, estimate.low, estimate.high)]


def _total(store: Store, project_id: int, pool: Pool, doubted: Doubt) -> dict[str, Any]:
    """Mistakes in all, and what asking again about those worth a question takes and brings.

    How many there are is told from :data:`rating.doubt.NEEDED` assigned labels on (``told``); which are doubtful earlier.
    """
    evidence = pool.result.evidence
    asked = suspects(doubted, ~evidence.settled & pool.free[pool.reviewed], most=doubted.chance.size)
    rows = np.unique(asked.rows)
    seconds = expected_seconds(pool.probability[pool.reviewed[rows]], "check", times_of(store, store.project(project_id)))
    gain = float(righting(pool, doubted)[asked.rows, asked.labels].sum())
    room = 100.0 - (pool.result.rating.score.value or 0.0)
    return {
        **_document(mistakes(doubted)), "told": pool.result.doubt is not None, "needed": int(NEEDED),
        "judgements": len(asked.rows), "items": len(rows), "seconds": round(float(seconds.sum()), 1),
        "gain": round(min(gain, room), 3), "settled": int(evidence.settled.sum()), "corrected": evidence.corrected,
    }  # fmt: skip


def _contradictions(store: Store, project_id: int, result: Result) -> list[dict[str, Any]]:
    evidence, assessment = result.evidence, result.assessment
    assert assessment is not None
    hashes = dict(zip(*store.item_hashes(project_id), strict=True))
    items = evidence.item_ids[evidence.rows].tolist()
    texts = [hashes.get(item_id, b"") for item_id in items]
    features = assessment.features[evidence.rows]
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    found = contradictions(evidence.targets, evidence.settled, groups_of(assessment.twins, texts), unit, texts)
    return [
        {
            "items": [items[row] for row in one.rows], "labels": [evidence.label_ids[k] for k in one.labels],
            "pair": [items[row] for row in one.pair], "alike": round(one.alike, 3), "exact": one.exact,
        }
        for one in found
    ]  # fmt: skip


def _pairs(store: Store, project_id: int, pool: Pool, doubted: Doubt) -> list[dict[str, Any]]:
    result, assessment = pool.result, pool.result.assessment
    assert assessment is not None
    evidence, gains = result.evidence, righting(pool, doubted)
    gives = assessment.probability[evidence.rows] >= pool.thresholds
    alike = {frozenset((pair.first, pair.second)): pair.alike for pair in confused_pairs(pool)}
    words, apart = words_of(store, project_id, result), pairs_asked(store, project_id)
    found = confusions(evidence.targets, gives, assessment.weights, evidence.label_names)
    return [
        {
            "labels": (ids := [evidence.label_ids[one.first], evidence.label_ids[one.second]]),
            **{name: _cells(getattr(one, name)) for name in ("given", "taken")},
            **{name: asdict(one)[name] for name in ("items", "both", "either")},
            "words": [list(words.get(label, ())) for label in ids],
            "alike": round(alike.get(frozenset((one.first, one.second)), 0.0), 3), "apart": frozenset(ids) in apart,
            "ask": _ask(pool, one, gains),
        }
        for one in found
    ]  # fmt: skip


def _ask(pool: Pool, one: Confusion, gains: Any) -> list[int]:
    """The items that tell two labels apart best, by their numbers."""
    rows, _ = confusing(pool, Pair(one.first, one.second, 0.0, 0.0), gains)
    return [int(item_id) for item_id in pool.result.evidence.item_ids[rows[:PAIR_ITEMS]]]
