"""How the rating came to be what it is: one moment for each number of reviewed items, with what had changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.records import LabelEvent, Review, Snapshot
from rating.records import Estimate
from recommend.report.records import Moment
from recommend.wording import plural

#: So many labels are named in one line; the others are counted.
NAMED = 3
_DONE = {"created": "created", "renamed": "renamed", "retired": "retired", "revived": "taken up again", "merged": "merged"}


def history(snapshots: Sequence[Snapshot], reviews: Sequence[Review], events: Sequence[LabelEvent]) -> tuple[Moment, ...]:
    """The last rated snapshot at each number of reviewed items, oldest first, with what had changed since the one before."""
    last = {snapshot.reviewed: snapshot for snapshot in snapshots if snapshot.value is not None}
    kept = sorted(last.values(), key=lambda snapshot: snapshot.id)
    befores = [None, *kept]
    return tuple(
        _moment(after, () if before is None else tuple(changes(before, after, reviews, events)))
        for before, after in zip(befores, kept, strict=False)
    )


def _moment(snapshot: Snapshot, changed: tuple[str, ...]) -> Moment:
    return Moment(
        revision=snapshot.revision, model_version=snapshot.model_version, at=snapshot.created_at, reviewed=snapshot.reviewed,
        population=int(snapshot.rating["population"]), score=Estimate(snapshot.value, snapshot.low, snapshot.high),
        factors={factor["key"]: Estimate(**factor["score"]) for factor in snapshot.rating["factors"]}, changed=changed,
    )  # fmt: skip


def changes(before: Snapshot, after: Snapshot, reviews: Sequence[Review], events: Sequence[LabelEvent]) -> Iterator[str]:
    """What happened between two ratings besides reviewing, in words: imports, the taxonomy, the model, the settings."""
    if (more := int(after.rating["population"]) - int(before.rating["population"])) > 0:
        yield f"{plural(more, 'item')} imported"
    came = sum(review.source == "import" and before.revision < review.revision <= after.revision for review in reviews)
    if came:
        yield f"{plural(came, 'judgement')} imported"
    yield from _taxonomy([event for event in events if before.created_at < event.at <= after.created_at])
    then, now = before.config.get("model", {}), after.config.get("model", {})
    if then.get("encoders") != now.get("encoders"):
        yield f"encoders: {_listed(now.get('encoders', []))}"
    elif _mix(then) != _mix(now):
        yield "features weighed anew"
    if before.config.get("rating") != after.config.get("rating"):
        yield "settings of the rating changed"


def _mix(model: dict[str, Any]) -> tuple[Any, Any]:
    return model.get("block_weights"), model.get("penalty")


def _taxonomy(events: Sequence[LabelEvent]) -> Iterator[str]:
    """The changes of labels, one line for each kind of change."""
    for kind, word in _DONE.items():
        names = list(dict.fromkeys(_named(event) for event in events if event.kind == kind))
        if names:
            yield f"{plural(len(names), 'label')} {word}: {_listed(names)}"


def _named(event: LabelEvent) -> str:
    moved = event.kind in ("renamed", "merged") and event.before and event.after
    return f"{event.before} to {event.after}" if moved else event.name


def _listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are.

    >>> _listed(["A", "B"]), _listed(["A", "B", "C", "D", "E"])
    ('A, B', 'A, B, C and 2 more')
    """
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
