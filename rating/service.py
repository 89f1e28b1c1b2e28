"""Rating a stored project: the evidence is gathered, the rating computed and kept. The rest of rating/ is pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInput, StoreError
from data.kept import READ_AT
from data.records import DOUBTING, Label, Review, now
from data.store import Store
from data.store.labels import as_counted
from data.store.reviews import counted
from data.timeline import RatingMoment
from rating.blocks import Blocks, vectors_for
from rating.evidence import WEIGHTS, Bools, Evidence, Features, Floats, RatingConfig
from rating.rate import Population, Result, describe_population, rate, stamped

_TRIES = 5
#: The mix of features is chosen anew when the reviews have grown by this factor since the last choice.
CHOOSE_AGAIN = 1.1


@dataclass(frozen=True)
class Gathered:
    """A project's evidence at one revision, the vectors it rests on, and the population those describe; ``read_at`` is when."""

    evidence: Evidence
    blocks: Blocks
    population: Population
    revision: int
    read_at: str


@dataclass(frozen=True)
class Rated:
    """A kept rating: the result with the blocks it rests on, the number of its snapshot, and when the reviews were read."""

    result: Result
    blocks: Blocks
    snapshot_id: int
    read_at: str


def rate_project(store: Store, project_id: int) -> Rated:
    """Rate a project as it stands and keep the rating; the same revision and configuration give the same snapshot."""
    found = gather(store, project_id)
    config = rating_config(store.project(project_id).settings)
    version = store.last_model_config(project_id)
    last = version[1] if version else {}
    chosen, again = last_choice(last, found)
    result = rate(found.evidence, config, population=found.population, chosen=chosen, choose_again=again)
    model = model_config(result, found, last, again)
    number = store.save_model_version(project_id, found.revision, {**model, READ_AT: found.read_at})
    kept = {"rating": asdict(config), "model": model}
    result = _numbered(result, found.revision, number, kept)
    score = result.rating.score
    snapshot = store.save_snapshot(
        project_id, revision=found.revision, model_version=number, interval=(score.value, score.low, score.high),
        reviewed=result.rating.reviewed, config=kept, rating=asdict(result.rating),
    )  # fmt: skip
    return Rated(result, found.blocks, snapshot, found.read_at)


def rating_config(settings: Mapping[str, Any]) -> RatingConfig:
    """The configuration that a project's settings ask for; weights default to the published ones."""
    weights = {**WEIGHTS, **settings.get("weights", {})}
    if strange := [key for key, value in weights.items() if key not in WEIGHTS or not np.isfinite(value)]:
        raise InvalidInput(f"The weights {strange} are not numbers of one of {', '.join(WEIGHTS)}. Correct them in the settings.")
    if min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise InvalidInput(f"The factors' weights are 0 or more and not all 0; found {weights}. Correct them in the settings.")
    return RatingConfig(weights=weights, seed=int(settings.get("seed", 0)))


def gather(store: Store, project_id: int) -> Gathered:
    """Read everything a rating needs at one revision; waits for a moment without writes."""
    for _ in range(_TRIES):
        revision, seed = store.revision(project_id), rating_config(store.project(project_id).settings).seed
        blocks, digest = current_vectors(store, project_id)
        labels, reviews = store.labels(project_id, retired=True), store.reviews(project_id)
        away, dates = store.retired_periods(project_id), store.item_dates(project_id)
        read_at = now()
        if store.revision(project_id) == revision:
            evidence = replace(make_evidence(blocks, labels, reviews, away), dates=dates_of(blocks, dates))
            population = _clustered(_Features(f"{digest} {seed}", next(iter(evidence.blocks.values()))), seed)
            return Gathered(evidence, blocks, population, revision, read_at)
    raise StoreError("The project keeps changing while it is read. Wait for the import to finish and try again.")


def dates_of(blocks: Blocks, dates: Mapping[int, str]) -> npt.NDArray[np.datetime64] | None:
    """When each item was written, NaT where unknown; None when no date is known at all."""
    if not dates:
        return None
    return np.array([dates.get(int(item_id), "NaT")[:19] for item_id in blocks.item_ids], dtype="datetime64[s]")


def current_vectors(store: Store, project_id: int) -> tuple[Blocks, str]:
    """The vectors that serve now, and a digest that changes when items, texts or encoders do."""
    item_ids, hashes = store.item_hashes(project_id)
    key = hashlib.sha256(np.asarray(item_ids, np.int64).tobytes() + b"".join(hashes))
    blocks = vectors_for(store, project_id)
    key.update("|".join(blocks.names).encode())
    return blocks, key.hexdigest()


class _Features:
    """Features told apart by a digest, so that their clusters can be remembered without them."""

    def __init__(self, digest: str, rows: Features) -> None:
        self.digest, self._rows = digest, [rows]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Features) and other.digest == self.digest

    def release(self) -> Features:
        """The features, once: what is remembered keeps the digest alone."""
        return self._rows.pop()


@lru_cache(maxsize=16)
def _clustered(features: _Features, seed: int) -> Population:
    return describe_population(features.release(), seed)


def make_evidence(
    blocks: Blocks,
    labels: Sequence[Label],
    reviews: Sequence[Review],
    away: Mapping[int, Sequence[tuple[str, str | None]]] | None = None,
) -> Evidence:
    """Arrays of what was judged, from all standing reviews; the one that counts of each item.

    A label is judged where it was assigned or dismissed, or existed at the review and was in use: ``away`` are the
    periods in which a label was retired.
    """
    used = in_use(labels)
    known = [r for r in counted(reviews) if r.state == "reviewed"]
    found = np.searchsorted(blocks.item_ids, np.array([r.item_id for r in known], dtype=np.int64))
    in_order = sorted(reviews, key=lambda review: (review.at, review.id))
    earliest = {r.item_id: r for r in reversed(in_order) if r.state == "reviewed"}
    first = [earliest[r.item_id] for r in known]
    names = tuple("lsa" if name.startswith("lsa") else name for name in blocks.names)
    return Evidence(
        item_ids=blocks.item_ids,
        blocks=dict(zip(names, blocks.arrays, strict=True)),
        rows=np.asarray(found, dtype=np.int64),
        targets=targets_of(known, labels, away or {}),
        sources=_strings([r.source for r in first]),
        settled=np.array([r.source in DOUBTING and r is not earliest[r.item_id] for r in known], dtype=bool),
        label_ids=tuple(label.id for label in used),
        label_names=tuple(label.name for label in used),
        important=tuple(label.important for label in used),
        corrected=_corrected(in_order, {r.item_id for r in known}),
        chances=np.array([r.chance for r in first], dtype=np.float64),
        drawn_from=np.array([r.candidates for r in first], dtype=np.float64),
    )


def in_use(labels: Sequence[Label]) -> list[Label]:
    """The labels that are neither retired nor merged, in order: the columns of all targets."""
    return [label for label in labels if label.retired_at is None and label.merged_into is None]


def targets_of(
    reviews: Sequence[Review], labels: Sequence[Label], away: Mapping[int, Sequence[tuple[str, str | None]]]
) -> Floats:
    """What reviews (n) say of the labels in use (L): 1 assigned, 0 judged otherwise, nan where a label was not judged.

    ``labels`` are all of the taxonomy, a merged one counts as its target, and what was said of one before its reset
    does not count; ``away`` as for :func:`make_evidence`.
    """
    used, resets = in_use(labels), {label.id: label.reset_at for label in labels if label.reset_at is not None}
    reviews = [as_counted(review, resets) for review in reviews] if resets else reviews
    column = {label.id: k for k, label in enumerate(used)}
    column.update({label.id: column[label.merged_into] for label in labels if label.merged_into in column})
    return _targets(reviews, column, _there(used, reviews, away))


def _there(used: Sequence[Label], reviews: Sequence[Review], away: Mapping[int, Sequence[tuple[str, str | None]]]) -> Bools:
    """Which labels (L) existed and were in use at each review (n), as (n, L)."""
    at = _strings([r.at for r in reviews])
    there = _strings([label.created_at for label in used])[None, :] <= at[:, None]
    for k, label in enumerate(used):
        for since, until in away.get(label.id, ()):
            there[:, k] &= (at < since) | (at >= (until or "9999"))
    return np.asarray(there, dtype=bool)


def _targets(reviews: Sequence[Review], column: Mapping[int, int], there: Bools) -> Floats:
    """Targets (n, L): 1 assigned, 0 judged otherwise, nan where the label was not ``there`` (n, L) to be judged."""
    partial = np.array([r.partial for r in reviews], dtype=bool).reshape(-1, 1)
    targets = np.where(there & ~partial, 0.0, np.nan)
    for value, named in ((0.0, [r.dismissed for r in reviews]), (1.0, [r.assigned for r in reviews])):
        pairs = [(row, column[label]) for row, labels in enumerate(named) for label in labels if label in column]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        targets[rows, columns] = value
    return targets


def _corrected(reviews: Sequence[Review], counted: set[int]) -> int:
    """How many items a second look has given other labels than they had before it."""
    before: dict[int, Review] = {}
    changed: dict[int, bool] = {}
    for review in reviews:
        if review.source in DOUBTING and review.item_id in before:
            changed[review.item_id] = set(review.assigned) != set(before[review.item_id].assigned)
        before[review.item_id] = review
    return sum(changed[item_id] for item_id in changed if item_id in counted)


def _strings(values: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(values, dtype=np.str_)


def last_choice(last: Mapping[str, Any], found: Gathered) -> tuple[tuple[dict[str, float], float] | None, bool]:
    """The last model's mix and penalty, if it used the same blocks, and whether it is time to choose anew."""
    if set(last.get("block_weights", {})) != set(found.evidence.blocks):
        return None, True
    weights = {name: float(last["block_weights"][name]) for name in found.evidence.blocks}  # in their order: float32 sums tell
    choice = (weights, float(last["penalty"]))
    return choice, len(found.evidence.rows) >= CHOOSE_AGAIN * int(last["chosen_at"])


def model_config(result: Result, found: Gathered, last: Mapping[str, Any], again: bool) -> dict[str, Any]:
    """What a model version consists of: encoders, mix, penalty, and the number of reviews its mix was chosen at."""
    if result.assessment is None:
        return {"encoders": list(found.blocks.names)}
    reviewed = len(found.evidence.rows)
    return {
        "encoders": list(found.blocks.names),
        "block_weights": {name: result.assessment.block_weights.get(name, 0.0) for name in found.evidence.blocks},
        "penalty": result.assessment.penalty,
        "chosen_at": reviewed if again else int(last["chosen_at"]),
    }


def _numbered(result: Result, revision: int, version: int, config: dict[str, Any]) -> Result:
    rating = stamped(result.rating, revision, version, config)
    return replace(result, rating=rating)


def quality_history(moments: Sequence[RatingMoment]) -> list[tuple[int, float, float]]:
    """What earlier ratings say of All labels: (reviews, value 0-1, standard error), oldest first; unrated ones left out."""
    history = []
    for moment in moments:
        value, low, high = moment.factors.get("all_labels", (None, None, None))
        if value is not None and low is not None and high is not None:
            history.append((moment.reviewed, value / 100.0, max((high - low) / 329.0, 1e-3)))
    return history
