"""The things a project consists of, as frozen records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["reviewed", "skipped", "undone"]
JobState = Literal["running", "done", "failed", "stopped"]
ActionState = Literal["open", "started", "done", "dropped"]

#: What "ready" means to a project; see the stop answer for what each asks.
PROFILES = ("analytics", "automation")
#: Where a reviewed item was shown from. ``random`` sources keep a known, even chance for every item.
SOURCES = (
    "shuffle",
    "discover",
    "low_confidence",
    "rebalance",
    "teach",
    "confirm",
    "check",
    "missed",
    "search",
    "merge",
    "resolve",
    "sample",
    "second",
    "import",
)
RANDOM_SOURCES = frozenset({"shuffle"})
#: Kinds of work that look at judgements again. What they say is not doubted a second time.
DOUBTING = frozenset({"check", "missed", "merge", "resolve"})
#: Kinds of work that judge what others have judged without showing what they said.
BLIND = frozenset({"second"})

#: Which reviews are out of an external model's sample: those given after its prediction was made; all, as each item was predicted
#: by a model that had not seen it; all, as it was trained on none of this project's items.
EVIDENCE = ("before-review", "out-of-fold", "trained-on-none")

#: The project's setting that names the model version in charge of plans and suggestions: another model's, or an earlier one of
#: Plateau's own by the name that it goes out under; without it Plateau's newest is.
IN_CHARGE = "in_charge"


def hides_others(kind: str, readings: int) -> bool:
    """Whether this kind of work keeps from a person what others have said, where so many people are to judge each item.

    Of several readings only work that doubts judgements shows them: people who see each other's answers agree too easily.

    >>> hides_others("teach", 1), hides_others("teach", 2), hides_others("check", 2), hides_others("second", 1)
    (False, True, False, True)
    """
    return kind in BLIND or (readings > 1 and kind not in DOUBTING)


def now() -> str:
    """The present moment as ISO-8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def text_hash(text: str) -> bytes:
    """The first 16 bytes of the text's SHA-256: the key under which its vector is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


@dataclass(frozen=True, slots=True)
class Project:
    """One data set with one taxonomy. ``revision`` rises with every write."""

    id: int
    name: str
    single_label: bool
    profile: str
    settings: Mapping[str, Any]
    revision: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Label:
    """A concept of the taxonomy; ``Parent > Child`` names nest. Merged and retired labels are kept, never lost. What was
    judged of one before ``reset_at`` does not count."""

    id: int
    name: str
    description: str
    created_at: str
    important: bool
    retired_at: str | None
    merged_into: int | None
    reset_at: str | None = None


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """A change of one label: ``kind`` is 'created', 'renamed', 'described', 'retired', 'revived', 'merged', 'separated', 'reset'
    or 'restored'. ``name`` is what the label is called now; ``before`` and ``after`` are what changed, None where that says
    nothing; ``annotator`` is who did it, empty when unknown.
    """

    at: str
    kind: str
    name: str
    before: str | None
    after: str | None
    annotator: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One message or image. ``uid`` is the id its owner knows it by; ``at`` is when it was written, if known."""

    id: int
    uid: str
    text: str
    media: str | None
    metadata: Mapping[str, Any]
    at: str | None


#: The ``view`` of a review whose file does not say when it was given, or names a time to come: ``at`` is when it was imported.
UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """One annotator's judgement of one item, about to be recorded. Labels are ids.

    ``partial``: only the labels in ``assigned`` and ``dismissed`` were judged. ``confirmed`` are assigned labels that had been
    suggested. ``seconds`` is active time; ``chance`` (above 0 to 1) is how likely the item was to be among the ``list_size``
    shown of ``candidates``; both None when unknown. ``note`` is free text, ``uncertain`` says that the annotator doubts the
    answer, ``view`` which page it was given on, or :data:`UNDATED`. ``seen`` is the item's newest review by anybody else when
    it was shown, 0 for none, None when unknown; ``own`` the annotator's newest event on it, undone ones too, None for any.
    """

    item_id: int
    assigned: tuple[int, ...]
    annotator: str
    dismissed: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = ()
    state: State = "reviewed"
    partial: bool = False
    at: str | None = None
    seconds: float | None = None
    source: str = "import"
    action_id: int | None = None
    list_rank: int | None = None
    list_size: int | None = None
    candidates: int | None = None
    model_version: int | None = None
    chance: float | None = None
    note: str = ""
    uncertain: bool = False
    view: str = ""
    seen: int | None = None
    own: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A recorded judgement. Append-only: a change is a newer review, an undo is an event of its own.

    ``view`` is the page it was given on, empty when unknown; ``uncertain`` says that the annotator doubts it.
    """

    id: int
    item_id: int
    annotator: str
    state: State
    assigned: tuple[int, ...]
    dismissed: tuple[int, ...]
    confirmed: tuple[int, ...]
    partial: bool
    at: str
    seconds: float | None
    source: str
    action_id: int | None
    list_rank: int | None
    list_size: int | None
    candidates: int | None
    chance: float | None
    model_version: int | None
    revision: int
    note: str = ""
    uncertain: bool = False
    view: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a project's history: a judgement, or the taking back of one. ``uid`` is the item's, ``text`` how it begins.

    ``undid`` is the judgement that an undo took back, None of a judgement; ``taken_back`` says that this one was.
    """

    review: Review
    uid: str
    text: str
    undid: Review | None
    taken_back: bool


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One accepted row of a file, ready for the store. ``labels`` None means that the row says nothing of a review.

    ``dismissed`` are explicit negatives. ``scores`` are another model's confidences by label name, 0 to 1. ``confirmed`` are the
    labels that had been suggested; ``unknown`` those that came into being only after the review, so that it says nothing of them.
    ``predicted_at`` is when the scores were made (ISO-8601, UTC); None: now. ``action`` is the number of the action that the item
    was sent out for to another tool, None of any other item. ``note`` and ``uncertain`` are the annotator's, as of a review.
    """

    uid: str
    text: str
    media: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    at: str | None = None
    labels: tuple[str, ...] | None = None
    dismissed: tuple[str, ...] = ()
    partial: bool = False
    state: State = "reviewed"
    annotator: str = "import"
    reviewed_at: str | None = None
    seconds: float | None = None
    source: str = "import"
    scores: Mapping[str, float] | None = None
    model_version: str | None = None
    confirmed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    predicted_at: str | None = None
    action: int | None = None
    note: str = ""
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did to the store. ``items_updated`` counts items whose text, metadata, media or date changed;
    ``future_times`` review times that lay in the future and were taken as now.
    """

    rows: int = 0
    items_added: int = 0
    items_updated: int = 0
    items_unchanged: int = 0
    reviews_added: int = 0
    reviews_unchanged: int = 0
    labels_added: int = 0
    predictions: int = 0
    future_times: int = 0


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """What another model predicts for one item: its scores by label name, any finite numbers, higher meaning likelier.

    A label without a score ranks below those that have one. ``at`` is when it was predicted (ISO-8601), None when not known.
    """

    uid: str
    scores: Mapping[str, float]
    at: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PredictionCounts:
    """What was done with predictions. ``strangers`` are the first of the ``unknown`` items that the project does not have;
    ``unknown_labels`` says how many scores belong to each label that it does not have.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    unknown: int
    strangers: tuple[str, ...]
    unknown_labels: Mapping[str, int]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExternalModel:
    """A model version of somebody else's with predictions for ``items`` items, made from ``first_at`` to ``last_at``.

    ``evidence`` says which reviews are out of its sample; see :data:`EVIDENCE`.
    """

    version: str
    items: int
    first_at: str
    last_at: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A rating at a revision with its configuration, so that any number on screen can be recomputed."""

    id: int
    revision: int
    model_version: int
    created_at: str
    value: float | None
    low: float | None
    high: float | None
    reviewed: int
    config: Mapping[str, Any]
    rating: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredAction:
    """An action that was offered: what it promised and, once done, what it brought. Gains are in rating points.

    ``chances`` are those of ``item_ids``, in the same order, to be drawn from the ``candidates``; None where unknown.
    ``promise`` says how the predicted gain follows from the answers; None where none was made. ``terms``
    are the words by which a search found its items. ``annotator`` is who started it, None while nobody has. ``shown`` is what
    was suggested: ``{"model_version": int, "items": {item id: [[label id, probability, preselected], ...]}, "words": {label id:
    [word, ...]}}`` with ids as text, as JSON has them, ``"read_at"``, when the model read the reviews, and
    ``"external": version`` where another model than Plateau's own suggested it; None where no model was at hand.
    """

    id: int
    kind: str
    theme: str
    reason: str
    factor: str
    label_ids: tuple[int, ...]
    item_ids: tuple[int, ...]
    chances: tuple[float | None, ...]
    candidates: int
    predicted_gain: float | None
    predicted_seconds: float
    model_version: int
    revision: int
    state: ActionState
    created_at: str
    done_at: str | None
    rating_before: float | None
    realised_gain: float | None
    seconds: float | None
    promise: Mapping[str, Any] | None = None
    terms: tuple[str, ...] = ()
    annotator: str | None = None
    shown: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """An item that somebody works on in an action, ``until`` when it is theirs; ``uid`` is the item's."""

    annotator: str
    action_id: int
    item_id: int
    uid: str
    until: str


@dataclass(frozen=True, slots=True)
class StopCheck:
    """A stop answer as it was given at a revision, in words, with the ``figures`` that it rested on."""

    id: int
    revision: int
    model_version: int
    created_at: str
    reviewed: int
    answer: str
    headline: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """Long work in the background. ``done`` of ``total`` units; ``message`` says in words what happens or went wrong."""

    id: int
    kind: str
    state: JobState
    done: int
    total: int
    message: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """A what-if simulation: the ``settings`` it was asked for with, and its ``result``, as it was kept."""

    id: int
    revision: int
    created_at: str
    settings: Mapping[str, Any]
    result: Mapping[str, Any]
