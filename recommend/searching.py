"""Searching a stored project by a person's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data.errors import InvalidInput, NotEnoughEvidence, NotFound
from data.records import StoredAction
from data.store import Store
from rating.evidence import Ints
from recommend.candidates import BATCH, FRAME
from recommend.draw import draw
from recommend.reasons import searched_for
from recommend.serving import Served, as_meant, chances_of, shown_of
from recommend.start import unreviewed

MOST_TERMS, SHORTEST = 8, 2


def clean_terms(words: str) -> tuple[str, ...]:
    """The terms that a person has typed, separated by commas; at most eight. InvalidInput when none has two characters.

    >>> clean_terms("refund,  money back,, Refund")
    ('refund', 'money back')
    """
    found: dict[str, str] = {}
    for term in words.split(","):
        found.setdefault(" ".join(term.split()).casefold(), " ".join(term.split()))
    terms = tuple(term for term in found.values() if len(term) >= SHORTEST)[:MOST_TERMS]
    if not terms:
        raise InvalidInput(
            f"A search needs a word of {SHORTEST} characters or more; found {words!r}. Separate several by commas."
        )
    return terms


def _quoted(terms: Sequence[str]) -> str:
    return " or ".join(f"“{term}”" for term in terms)


def search_again(
    store: Store, project_id: int, annotator: str, served: Served | None, before: StoredAction, terms: Sequence[str]
) -> StoredAction:
    """Start a search for the same label by other words; the one before it is closed, as done if something was decided in it.

    Items are drawn from the 120 that the model finds likeliest, those likelier to carry the label. NotEnoughEvidence when no
    unreviewed item holds any of the words; NotFound when the label is out of use; Taken when others are on all of them.
    """
    if not before.label_ids:
        raise NotFound("The label of this search is out of use. Choose another action.")
    left = _free(store, project_id, before, terms)
    if not len(left):
        raise NotEnoughEvidence(f"No unreviewed item holds {_quoted(terms)}. Try other words, or parts of words.")
    meant = served and as_meant(served, store.labels(project_id, retired=True))
    chance = chances_of(meant, before.label_ids[0], left)
    frame = np.argsort(-chance, kind="stable")[:FRAME]
    nothing = np.empty((len(frame), 0), dtype=np.float32)
    rng = np.random.default_rng([project_id, store.revision(project_id), before.id])
    found = draw(chance[frame], nothing, np.zeros(len(frame)), BATCH, rng)
    items = tuple(int(i) for i in left[frame[found.order]])
    decided = any(review.action_id == before.id for given in store.standing_reviews(before.item_ids).values() for review in given)
    started = store.add_action(
        project_id,
        replace(
            before, terms=tuple(terms), reason=searched_for(terms, len(left)), candidates=len(frame), item_ids=items,
            shown=shown_of(served, items, before.label_ids),
            chances=tuple(float(chance) for chance in found.chances[found.order]),
            predicted_gain=None, promise=None,
            predicted_seconds=before.predicted_seconds * len(found.order) / max(len(before.item_ids), 1),
            revision=store.revision(project_id), realised_gain=None, seconds=None, done_at=None,
        ),
        annotator,
    )  # fmt: skip
    store.end_action(project_id, before.id, "done" if decided else "dropped")
    return started


def _free(store: Store, project_id: int, before: StoredAction, terms: Sequence[str]) -> Ints:
    """The unreviewed items that hold any of the words and that nobody works on, but for those of the search before."""
    chosen = store.items_with(project_id, terms)
    others = np.array(sorted(store.leased(project_id).difference(before.item_ids)), dtype=np.int64)
    free = np.setdiff1d(unreviewed(store, project_id), others)
    return np.intersect1d(np.array(chosen, dtype=np.int64), free)
