"""What a stored project knows that its rating leaves out, and what the user wants to improve."""

from __future__ import annotations

import numpy as np

from data.errors import NotFound
from data.store import Store
from rating.rate import TITLES, Result
from rating.words import speaking_words
from recommend.records import ANYTHING, Focus, Known, Search
from recommend.resolve import disputes
from recommend.search import proposed_terms, scarce

#: Items that a label's own words are held against.
CONTRAST = 300
#: Reviewed items that the words of all labels are told from.
READ = 3_000


def known_of(store: Store, project_id: int, result: Result) -> Known:
    """What annotators dispute, the pairs of labels asked about so far, and what to search for on behalf of rare labels."""
    return Known(
        disputes=disputes(
            store.shared_reviews(project_id), store.labels(project_id, retired=True), store.retired_periods(project_id)
        ),
        apart=pairs_asked(store, project_id),
        searches=searches_of(store, project_id, result),
    )


def pairs_asked(store: Store, project_id: int) -> frozenset[frozenset[int]]:
    """The pairs of labels that somebody was asked about, by their numbers."""
    asked = store.actions(project_id, "started", "done")
    return frozenset(frozenset(action.label_ids) for action in asked if action.kind == "merge")


def words_of(store: Store, project_id: int, result: Result) -> dict[int, tuple[str, ...]]:
    """The words that speak for each label, by its number, told from its reviewed items against the others.

    Of more than :data:`READ` reviewed items that many are read, those with the rarest labels first. Labels without a clear word
    are left out.
    """
    evidence = result.evidence
    if not len(evidence.rows):
        return {}
    carries = evidence.targets == 1
    rarest = np.where(carries, evidence.positives, len(carries)).min(axis=1, initial=len(carries))
    read = np.sort(np.argsort(rarest, kind="stable")[:READ])
    items = {item.id: item.text for item in store.items(project_id, evidence.item_ids[evidence.rows[read]].tolist())}
    texts = [items.get(int(item_id), "") for item_id in evidence.item_ids[evidence.rows[read]]]
    return {label: words for label, words in zip(evidence.label_ids, speaking_words(texts, carries[read]), strict=True) if words}


def searches_of(store: Store, project_id: int, result: Result) -> dict[int, Search]:
    """Terms for the labels that lack examples, each with the items that hold them; those without any term are left out."""
    labels = {label.id: label for label in store.labels(project_id)}
    found = {}
    for column in scarce(result):
        label = labels.get(result.evidence.label_ids[column])
        if label is None:  # retired since the rating
            continue
        terms = proposed_terms(*_texts(store, project_id, result, column), label.name, label.description)
        if terms:
            found[label.id] = Search(terms, tuple(store.items_with(project_id, terms)))
    return found


def _texts(store: Store, project_id: int, result: Result, column: int) -> tuple[list[str], list[str]]:
    """Texts of the label's examples, and of others taken evenly from all items."""
    evidence = result.evidence
    own = evidence.item_ids[evidence.rows[evidence.targets[:, column] == 1]]
    others = np.setdiff1d(evidence.item_ids[:: max(1, len(evidence.item_ids) // CONTRAST)], own)
    texts = [[item.text for item in store.items(project_id, [int(i) for i in numbers])] for numbers in (own, others)]
    return texts[0], texts[1]


def focus_named(store: Store, project_id: int, words: str) -> Focus:
    """The focus on the factor or label of this name, whatever its case. NotFound when there is none, with those that exist."""
    wanted = words.strip().casefold()
    factors = {title.casefold(): key for key, title in TITLES.items()}
    if wanted in factors:
        return Focus(factor=factors[wanted])
    labels = store.labels(project_id)
    for label in labels:
        if label.name.casefold() == wanted:
            return Focus(label_id=label.id)
    names = ", ".join([*TITLES.values(), *(label.name for label in labels)])
    raise NotFound(f"There is no factor or label called {words!r} to improve. Choose one of: {names}.")


def in_use(store: Store, project_id: int, focus: Focus) -> Focus:
    """The focus, or none when its label is retired or merged meanwhile."""
    if focus.label_id is None or focus.label_id in {label.id for label in store.labels(project_id)}:
        return focus
    return ANYTHING
