"""Search for examples: words that speak for a label with too few of them, and the items that hold these words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from rating.evidence import Floats, Ints, RatingConfig
from rating.rate import Result
from rating.tokens import count_words
from rating.words import name_groups
from recommend.candidates import BATCH, FRAME, SPARE, Candidate
from recommend.pool import Pool
from recommend.records import Search
from recommend.value import each, instruction, pick_diverse

#: A label is searched for below this many examples, if fewer than so many items are at least so likely to carry it.
EXAMPLES, LIKELY_ITEMS, LIKELY = RatingConfig.min_label_reviews // 3, 10, 0.1
#: Labels searched for in a plan; terms proposed for each, so many of its examples' words among them.
LABELS, TERMS, OWN_WORDS = 2, 5, 3
#: How often an item that holds the words carries the label, before any was reviewed: as if one in four had.
HITS, SEEN = 1.0, 4.0
#: The least probability by which found items are told apart: of a label not met yet the model says nothing.
LEAST = 0.001


def scarce(result: Result) -> list[int]:
    """The labels, by position, with too few examples and hardly an item that the model would find; important ones first."""
    if result.assessment is None:
        return []
    evidence, p = result.evidence, result.assessment.probability
    likely = (p[~evidence.reviewed_mask] >= LIKELY).sum(axis=0)
    lacking = np.flatnonzero((evidence.positives < EXAMPLES) & (likely < LIKELY_ITEMS)).tolist()
    return sorted(lacking, key=lambda k: (not evidence.important[k], evidence.positives[k], k))[:LABELS]


def proposed_terms(examples: Sequence[str], others: Sequence[str], name: str, description: str) -> tuple[str, ...]:
    """At most five words: those of the label's name, those that set its examples apart, then those of its description.

    >>> proposed_terms(["refund my money", "money back"], ["late train"] * 20, "Billing > Refund", "Wants it back")
    ('refund', 'money', 'wants')
    """
    groups = [0] * len(examples) + [1] * len(others)
    typical = name_groups([*examples, *others], groups, top=OWN_WORDS).get(0, ()) if examples else ()
    words = [*_words(name.rsplit(">", 1)[-1]), *typical, *_words(description)]
    return tuple(dict.fromkeys(words))[:TERMS]


def _words(text: str) -> list[str]:
    """The telling words of a text in their order."""
    _, vocabulary = count_words([text])
    telling = [word for word in vocabulary if word not in ENGLISH_STOP_WORDS]
    return sorted(telling, key=text.casefold().find)


def search(pool: Pool, searches: Mapping[int, Search]) -> Iterator[Candidate]:
    """Unreviewed items that hold a label's words, those first that by the model would teach most about it alone."""
    evidence = pool.result.evidence
    for label_id, found in searches.items():
        label = evidence.label_ids.index(label_id)
        rows = np.flatnonzero(np.isin(evidence.item_ids, found.item_ids))
        fresh = np.intersect1d(rows, pool.rows)
        frame = fresh[np.argsort(-pool.probability[fresh, label], kind="stable")[:FRAME]]
        if len(frame):
            near = pool.near_reviewed(frame)
            likely = instruction(np.maximum(pool.believed[frame, label], LEAST))
            order, novel = pick_diverse(likely, pool.unit[frame], near, BATCH * SPARE)
            bonus = _found(pool, label, rows, frame[order[:BATCH]], near[order[:BATCH]])
            gains = pool.value[frame[order]] * novel / likely[order]
            yield Candidate(
                "search", "underperforming", frame[order], gains, bonus, frame, likely, len(frame), label, terms=found.terms
            )


def hit_rate(pool: Pool, label: int, rows: Ints) -> float:
    """How often the reviewed of these items carry the label, drawn to one in four."""
    judged = pool.result.evidence.targets[np.isin(pool.reviewed, rows), label]
    return float((HITS + np.nansum(judged)) / (SEEN + np.count_nonzero(~np.isnan(judged))))


def _found(pool: Pool, label: int, rows: Ints, chosen: Ints, near: Floats) -> float:
    """Rating points of the examples that the words find beyond those that the model expects.

    A label without any example is worth as much as the one with the fewest.
    """
    prices = each(pool.worth)
    price = prices[label]
    if price == 0.0:
        met = np.where(pool.worth.positives > 0, pool.worth.positives, np.inf)
        price = prices[int(np.argmin(met))]
    expected = instruction(pool.believed[chosen, label])
    by_words = instruction(np.full(len(chosen), hit_rate(pool, label, rows)))
    return float((np.maximum(by_words - expected, 0.0) * (1.0 - near)).sum() * price)
