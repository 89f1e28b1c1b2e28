"""The studies of model versions: two of them side by side, and how much the model changed from each to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from data.errors import InvalidInput, NotEnoughEvidence
from data.kept import VersionRating
from data.records import Review
from data.store import Store
from rating.assess import Learned
from rating.blocks import Blocks
from rating.churn import Change, Decided, by_chance, change, decided
from rating.confusion import confusion
from rating.evidence import Bools, Evidence, Floats, Ints
from rating.external import part_of
from rating.history import AsOf, config_of, evidence_as_of, evidence_now, learned_as_of
from rating.service import current_vectors
from rating.versions import Compared, Seen, compare_versions, only_one, seen_by
from recommend.stability import fixed_sample
from recommend.studies import Found, Report

#: Decisions that changed: so many are kept, of each label at most so many.
CHANGED, OF_A_LABEL = 1_500, 60
#: Versions in a line of changes, and items whose decisions are watched along it.
VERSIONS, WATCHED = 30, 5_000


@dataclass(frozen=True)
class Fitted:
    """A version computed again: what it rested on, and its model."""

    found: AsOf
    learned: Learned

    @property
    def number(self) -> int:
        """The version's number."""
        return self.found.version.version

    @property
    def reviews(self) -> int:
        """How many items were reviewed."""
        return len(self.found.evidence.rows)


def compare(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """Two versions, ``params["a"]`` and ``params["b"]``, on today's items, by today's reviews, on the labels that both know."""
    report(0.05, "Computing the versions again.")
    blocks = current_vectors(store, project_id)[0]
    first = fitted(store, project_id, int(params["a"]), blocks)
    report(0.25, "Computing the versions again.")
    second, today = fitted(store, project_id, int(params["b"]), blocks), evidence_now(store, project_id, blocks)
    report(0.45, "Holding them against the reviews.")
    columns = shared_labels(first, second, today)
    names = tuple(today.label_names[k] for k in columns[2])
    numbers = tuple(today.label_ids[k] for k in columns[2])
    single = store.project(project_id).single_label
    seen = [seen_by(one.found.evidence, one.learned, np.array(ours)) for one, ours in zip((first, second), columns, strict=False)]
    seen = [only_one(one) for one in seen] if single else seen
    targets = today.targets[:, columns[2]]
    compared = compare_versions(seen[0], seen[1], today.rows, targets, tuple(zip(numbers, names, strict=True)))
    if compared is None:
        raise NotEnoughEvidence("No label that both versions know has an example. Assign one, or choose other versions.")
    report(0.95, "Writing it down.")
    return _found(store, project_id, (first, second), today, (numbers, names), seen, targets, compared)


def _found(
    store: Store, project_id: int, both: tuple[Fitted, Fitted], today: Evidence, labels: tuple[tuple[int, ...], tuple[str, ...]],
    seen: Sequence[Seen], targets: Floats, compared: Compared,
) -> Found:  # fmt: skip
    changed = seen[0].said != seen[1].said
    reviews = [store.reviews_as_of(project_id, one.found.version.revision) for one in both]
    result = {
        "versions": [described(one) for one in both], "label_ids": labels[0], "names": labels[1],
        "before": compared.before, "after": compared.after, "rise": asdict(compared.rise), "verdict": compared.verdict,
        "labels": [asdict(label) for label in compared.labels],
        **left_out(both[0].found.evidence, both[1].found.evidence, labels[0]),
        "decisions": int(changed.size), "changed": int(changed.sum()), "reviewed": len(today.rows), "items": today.population,
        "reviews": difference(*reviews),
    }  # fmt: skip
    matrices = [confusion(one.said[today.rows], targets, compared.weights) for one in seen]
    arrays = {
        "precision": compared.precision.astype(np.float32), "recall": compared.recall.astype(np.float32),
        "confusion": np.stack(matrices), **_decisions(today, labels[0], seen, compared),
    }  # fmt: skip
    return Found(result, arrays)


def fitted(store: Store, project_id: int, version: int, blocks: Blocks) -> Fitted:
    """A version's model, computed again. NotEnoughEvidence of one that had nothing to learn from."""
    found = evidence_as_of(store, project_id, version, blocks)
    learned = learned_as_of(store, project_id, found)
    if learned is None:
        raise NotEnoughEvidence(f"Version {version} had too few reviews to learn from. Choose a version with a rating.")
    return Fitted(found, learned)


def shared_labels(first: Fitted, second: Fitted, today: Evidence) -> tuple[list[int], list[int], list[int]]:
    """The columns, in either version and today, of the labels that all three know."""
    ids = [one.found.evidence.label_ids for one in (first, second)]
    both = [label for label in today.label_ids if label in ids[0] and label in ids[1]]
    if not both:
        raise InvalidInput("The two versions have no label in common that is still in use. Choose versions closer to each other.")
    places = [[known.index(label) for label in both] for known in (*ids, today.label_ids)]
    return places[0], places[1], places[2]


def described(one: Fitted) -> dict[str, Any]:
    """What a page says of a version."""
    return {
        "version": one.number, "revision": one.found.version.revision, "at": one.found.version.created_at,
        "reviewed": one.reviews, "same_vectors": one.found.same,
    }  # fmt: skip


def left_out(first: Evidence, second: Evidence, label_ids: Sequence[int]) -> dict[str, Any]:
    """The names of labels that are not compared: those that one version alone knows, and those of both that are out of use."""
    had, has = (dict(zip(one.label_ids, one.label_names, strict=True)) for one in (first, second))
    alone = [[name for number, name in mine.items() if number not in other] for mine, other in ((had, has), (has, had))]
    return {"left_out": alone, "unused": [name for number, name in has.items() if number in had and number not in label_ids]}


def difference(first: Sequence[Review], second: Sequence[Review]) -> dict[str, Any]:
    """What judgements the second version has that the first has not: how many, found how, by whom; and how many it lacks."""
    had, has = {r.id for r in first}, {r.id for r in second}
    new = [r for r in second if r.id not in had and r.state == "reviewed"]
    return {
        "new": len(new), "gone": sum(r.id not in has and r.state == "reviewed" for r in first),
        "sources": dict(Counter(r.source for r in new).most_common()),
        "people": dict(Counter(r.annotator for r in new).most_common()),
    }  # fmt: skip


def _decisions(today: Evidence, label_ids: Sequence[int], seen: Sequence[Seen], compared: Compared) -> dict[str, Any]:
    """The decisions that changed, the furthest first: item, label, either version's chance, and how likely the label is right."""
    before, after = (one.said for one in seen)
    p, q = (np.maximum(one.probability, 0.0) for one in seen)
    rows, columns = np.nonzero(before != after)
    order = np.argsort(-np.abs(q - p)[rows, columns], kind="stable")
    nth = np.zeros(len(order), dtype=np.int64)
    for label in np.unique(columns).tolist():
        mine = columns[order] == label
        nth[mine] = np.arange(mine.sum())
    kept = order[nth < OF_A_LABEL][:CHANGED]
    rows, columns = rows[kept], columns[kept]
    return {
        "item": today.item_ids[rows], "label": np.array(label_ids, dtype=np.int64)[columns], "gained": after[rows, columns],
        "p_before": p[rows, columns].astype(np.float32), "p_after": q[rows, columns].astype(np.float32),
        "right": compared.soft[rows, columns].astype(np.float32), "reviewed": np.isin(rows, today.rows),
    }  # fmt: skip


def steadiness(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """How much the model changed along its versions, ``params["versions"]`` or at most 30 with a rating, on today's items."""
    numbers = [int(number) for number in params.get("versions") or along(store.version_ratings(project_id))]
    if len(numbers) < 2:
        raise NotEnoughEvidence("There is one version with a rating. Review more and train again: the next one can be compared.")
    report(0.0, "Reading the project.")
    blocks = current_vectors(store, project_id)[0]
    watched = fixed_sample(blocks.item_ids, WATCHED, 0)
    items = np.zeros(len(blocks.item_ids), dtype=bool)
    items[watched] = True
    items[np.searchsorted(blocks.item_ids, sorted({r.item_id for r in store.reviews(project_id, undone=True)}))] = True
    place, steps = (np.cumsum(items) - 1)[watched], []
    before: tuple[AsOf, Decided] | None = None
    for done, number in enumerate(sorted(numbers)):
        report(done / len(numbers), f"Version {number}.")
        now, step = _step(store, project_id, evidence_as_of(store, project_id, number, blocks), items, place, before)
        steps += [step] if step else []
        before = now or before
    return Found({"steps": steps, "items": len(watched)})


def _step(
    store: Store, project_id: int, found: AsOf, items: Bools, place: Ints, before: tuple[AsOf, Decided] | None
) -> tuple[tuple[AsOf, Decided] | None, dict[str, Any] | None]:
    """A version's decisions, and what they changed against those of the version before; None of one that learned nothing."""
    found = replace(found, evidence=part_of(found.evidence, items, np.ones(len(found.evidence.rows), dtype=bool)))
    learned = learned_as_of(store, project_id, found)
    if learned is None:
        return None, None
    now = decided(found.evidence, learned, place)
    if before is None:
        return (found, now), None
    config = config_of(store, project_id, found.version.version)
    more = len(found.evidence.rows) - len(before[0].evidence.rows)
    expected = by_chance(found.evidence, learned, place, more, config, now)
    step = {
        "from": before[0].version.version, "to": found.version.version, "reviewed": len(found.evidence.rows), "more": more,
        **_figures(change(before[1], now)), "chance": None if expected is None else _figures(expected),
    }  # fmt: skip
    return (found, now), step


def _figures(one: Change) -> dict[str, Any]:
    return {
        "share": one.share, "cosine": one.cosine, "length": one.length,
        "labels": {str(label): share for label, share in one.labels.items()},
    }  # fmt: skip


def along(ratings: Sequence[VersionRating], most: int = VERSIONS) -> list[int]:
    """At most so many versions with a rating, by their reviews: all, or evenly the last at each number of reviews where there
    are more, the first and the last among them.
    """
    rated = sorted((row.reviewed, row.version) for row in ratings if row.value is not None)
    last = dict(rated)
    by_reviews = list(last.values()) if len(rated) > most and len(last) > 1 else [version for _, version in rated]
    places = np.unique(np.linspace(0, len(by_reviews) - 1, min(most, len(by_reviews))).round().astype(int))
    return [by_reviews[k] for k in places]
