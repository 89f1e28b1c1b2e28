"""The course of a rating: one point for each number of reviewed items or for each rating, with what happened before it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from data.records import LabelEvent
from data.timeline import Again, Pace, RatingMoment
from recommend.wording import plural

EventKind = Literal["import", "taxonomy", "model", "settings", "star"]
#: What each kind of event is called.
EVENT_WORDS: dict[EventKind, str] = {
    "import": "Import",
    "taxonomy": "Labels changed",
    "model": "Model changed",
    "settings": "Settings changed",
    "star": "Version starred",
}
#: So many labels are named in one line; the others are counted.
NAMED = 3
_DONE = {"created": "created", "renamed": "renamed", "retired": "retired", "revived": "taken up again", "merged": "merged",
         "separated": "separated again", "reset": "learned anew", "restored": "given back its judgements"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """Something besides reviewing that happened between two ratings, in words."""

    kind: EventKind
    words: str


@dataclass(frozen=True, slots=True)
class Point:
    """A rating of the history with the active ``hours`` spent until then, and what had happened since the one before."""

    moment: RatingMoment
    hours: float
    happenings: tuple[Happening, ...]


def course(
    moments: Sequence[RatingMoment], paces: Sequence[Pace], events: Sequence[LabelEvent],
    starred: Sequence[tuple[int, str]] = (), *, each: bool = False,
) -> tuple[Point, ...]:  # fmt: skip
    """The rated moments, oldest first: the last at each number of reviewed items, or ``each`` of them.

    ``paces`` are in the order of revisions, ``events`` in that of time; ``starred`` are versions with their notes, each told at
    the first rating kept that is by it or a later one. What else happened before the first rating is left out.
    """
    rated = [moment for moment in moments if moment.score[0] is not None]
    kept = rated if each else sorted({moment.reviewed: moment for moment in rated}.values(), key=lambda moment: moment.id)
    revisions = [moment.revision for moment in kept]
    hours = hours_at(revisions, paces)
    came = until(revisions, [(pace.revision, pace.imported) for pace in paces])
    found = []
    for k, after in enumerate(kept):
        new = happenings(kept[k - 1], after, round(came[k] - came[k - 1]), events) if k else ()
        stars = _stars(starred, kept[k - 1].model_version if k else 0, after.model_version)
        found.append(Point(after, hours[k], (*new, *stars)))
    return tuple(found)


def _stars(starred: Sequence[tuple[int, str]], above: int, to: int) -> Iterator[Happening]:
    for version, note in starred:
        if above < version <= to:
            yield Happening("star", f"version {version} starred{f': {note}' if note else ''}")


def judged_again(decisions: Sequence[Again], since: int, until: int) -> int:
    """How many items that were judged up to revision ``since`` were judged again, skipped or taken back from then ``until``.

    >>> judged_again([Again(1, 2, 5), Again(1, 2, 6), Again(2, 4, 9), Again(3, 5, 6)], 4, 8)
    1
    """
    return len({one.item_id for one in decisions if one.first <= since < one.revision <= until})


def hours_at(revisions: Iterable[int], paces: Sequence[Pace]) -> list[float]:
    """Active hours spent up to each of these revisions, that revision included; judgements of unknown time add nothing.

    >>> hours_at([1, 2, 9], [Pace(2, 1, 0, 3600.0), Pace(5, 1, 0, 1800.0)])
    [0.0, 1.0, 1.5]
    """
    return [seconds / 3600.0 for seconds in until(revisions, [(pace.revision, pace.seconds) for pace in paces])]


def until(revisions: Iterable[int], amounts: Sequence[tuple[int, float]]) -> list[float]:
    """What has come together up to each of these revisions of amounts by revision, in ascending order."""
    known, sums = [revision for revision, _ in amounts], [0.0, *accumulate(amount for _, amount in amounts)]
    return [sums[bisect_right(known, revision)] for revision in revisions]


def happenings(before: RatingMoment, after: RatingMoment, came: int, events: Sequence[LabelEvent]) -> Iterator[Happening]:
    """What happened between two ratings besides reviewing: imports, of which ``came`` judgements, the taxonomy, the model, the
    settings.
    """
    if (more := after.population - before.population) > 0:
        yield Happening("import", f"{plural(more, 'item')} imported")
    if came:
        yield Happening("import", f"{plural(came, 'judgement')} imported")
    yield from _taxonomy([event for event in events if before.at < event.at <= after.at])
    then, now = before.config.get("model", {}), after.config.get("model", {})
    if then.get("encoders") != now.get("encoders"):
        yield Happening("model", f"encoders: {_listed(now.get('encoders', []))}")
    elif _mix(then) != _mix(now):
        yield Happening("model", "features weighed anew")
    if before.config.get("rating") != after.config.get("rating"):
        yield Happening("settings", "settings of the rating changed")


def _mix(model: Mapping[str, Any]) -> tuple[Any, Any]:
    return model.get("block_weights"), model.get("penalty")


def _taxonomy(events: Sequence[LabelEvent]) -> Iterator[Happening]:
    """The changes of labels, one for each kind of change."""
    for kind, word in _DONE.items():
        names = list(dict.fromkeys(_named(event) for event in events if event.kind == kind))
        if names:
            yield Happening("taxonomy", f"{plural(len(names), 'label')} {word}: {_listed(names)}")


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
