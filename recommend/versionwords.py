"""What versions of the model are called, and what set each apart from the one before."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from data.kept import ModelVersion, VersionRating
from data.layout import own_version
from data.records import LabelEvent
from data.timeline import Again
from recommend.wording import plural

#: Changes of the taxonomy that are named; of more only the number is given.
NAMED = 2
_DONE = {
    "created": "{} created", "renamed": "{} renamed", "retired": "{} retired", "revived": "{} in use again",
    "merged": "{} merged", "separated": "{} separated again", "reset": "{} learned anew",
    "restored": "{} given back its judgements",
}  # fmt: skip


def table(
    versions: Sequence[ModelVersion], ratings: Sequence[VersionRating], events: Sequence[LabelEvent], in_charge: str | None,
    decisions: Sequence[Again] = (),
) -> list[dict[str, Any]]:  # fmt: skip
    """One row a version, newest first: when, from how many reviews, its rating, what changed, and what people say of it.

    ``in_charge`` is the project's setting: None where the newest version serves, else the name of who does. ``decisions`` are
    those on items that had been judged before.
    """
    again = judged_again([one.revision for one in versions], decisions)
    rated = {rating.version: rating for rating in ratings}
    serving = own_version(in_charge) if in_charge else versions[-1].version if versions else None
    rows = []
    for place, one in enumerate(versions):
        before = versions[place - 1] if place else None
        mine, last = rated.get(one.version), None if before is None else rated.get(before.version)
        rows.append({
            "Version": one.version, "": marks(one, serving), "Trained": one.created_at[:16].replace("T", " "),
            "Reviews": None if mine is None else mine.reviewed, "Rating": None if mine is None else mine.value,
            "90 % interval": interval(mine), "Change": change(mine, last),
            "What changed": "; ".join(novelties(before, one, last, mine, events, again[place])), "Note": one.note,
        })  # fmt: skip
    return rows[::-1]


def judged_again(revisions: Sequence[int], decisions: Sequence[Again]) -> list[int]:
    """Of how many items that the version before knew as judged each version, by its revision, knows a newer decision.

    >>> judged_again([4, 8, 9], [Again(1, 2, 5), Again(1, 2, 6), Again(2, 4, 9), Again(3, 5, 6)])
    [0, 1, 1]
    """
    items = [set[int]() for _ in revisions]
    for one in decisions:
        place = bisect_left(revisions, one.revision)
        if 0 < place < len(items) and one.first <= revisions[place - 1]:
            items[place].add(one.item_id)
    return [len(found) for found in items]


def marks(version: ModelVersion, serving: int | None) -> str:
    """Whether a version is starred, and whether it serves; none does while another model is in charge."""
    return " ".join(word for word, there in (("★", version.starred), ("serves", version.version == serving)) if there)


def interval(rating: VersionRating | None) -> str:
    """The interval of a rating, empty without one."""
    if rating is None or rating.low is None or rating.high is None:
        return ""
    return f"{rating.low:.0f} to {rating.high:.0f}"


def change(now: VersionRating | None, before: VersionRating | None) -> str:
    """How many points the rating moved; empty where either has none."""
    if now is None or before is None or now.value is None or before.value is None:
        return ""
    return f"{now.value - before.value:+.1f}"


def novelties(
    before: ModelVersion | None, now: ModelVersion, was: VersionRating | None, rated: VersionRating | None,
    events: Sequence[LabelEvent], again: int = 0,
) -> list[str]:  # fmt: skip
    """What is new in a version: reviews, items judged ``again``, encoders, the mix of features, labels."""
    if before is None:
        return ["the first one"]
    found = []
    if rated is not None and was is not None and rated.reviewed != was.reviewed:
        found.append(f"{rated.reviewed - was.reviewed:+,} reviews")
    if again:
        found.append(f"{plural(again, 'item')} judged again")
    found += _encoders(before.config, now.config)
    if "penalty" in before.config and _mix(before.config) != _mix(now.config):
        found.append(f"features mixed anew ({mix(now.config)})")
    found += taxonomy([event for event in events if before.read_at < event.at <= now.read_at])
    return found or ["only settings or items"]


def _encoders(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    had, has = ({"LSA" if name.startswith("lsa") else name for name in one.get("encoders", [])} for one in (before, now))
    return [*(f"with {name}" for name in sorted(has - had)), *(f"without {name}" for name in sorted(had - has))]


def _mix(config: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((config.get("block_weights") or {}).items())), config.get("penalty")


def mix(config: Mapping[str, Any]) -> str:
    """How much of each kind of features enters, and the penalty.

    >>> mix({"block_weights": {"lsa": 0.5, "minilm@256": 1.0}, "penalty": 2.0})
    'LSA 0.5, minilm@256 1, penalty 2'
    """
    weights = (config.get("block_weights") or {}).items()
    parts = [f"{'LSA' if name.startswith('lsa') else name} {weight:.2g}" for name, weight in weights]
    return ", ".join([*parts, *([f"penalty {config['penalty']:.3g}"] if "penalty" in config else [])])


def taxonomy(events: Sequence[LabelEvent]) -> list[str]:
    """Changes of labels in words, the first ones by name."""
    told = [_DONE[event.kind].format(f"“{event.before if event.kind == 'renamed' else event.name}”")
            for event in events if event.kind in _DONE]  # fmt: skip
    more = len(told) - NAMED
    return [*told[:NAMED], *([f"{plural(more, 'more change')} of labels"] if more > 0 else [])]


def title(version: ModelVersion, rating: VersionRating | None) -> str:
    """A version in a line: when it was trained, from how much, and how good it was."""
    when = version.created_at[:16].replace("T", " ")
    if rating is None:
        return f"trained {when}"
    score = "no rating yet" if rating.value is None else f"rated {rating.value:.0f} ({interval(rating)})"
    return f"trained {when} · {plural(rating.reviewed, 'review')} · {score}"


def verdict(result: Mapping[str, Any]) -> str:
    """Which of two versions is better, in a sentence."""
    first, second = (f"version {one['version']}" for one in result["versions"])
    value, low, high = (100.0 * (result["rise"][key] or 0.0) for key in ("value", "low", "high"))
    reach = f"{value:+.1f} points of average precision ({low:+.1f} to {high:+.1f})"
    words = {
        "better": f"**{second.capitalize()} is better** than {first}: {reach}.",
        "worse": f"**{second.capitalize()} is worse** than {first}: {reach}.",
        "cannot be told": f"**Which is better cannot be told**: {second} is at {reach} against {first}.",
    }
    return words[result["verdict"]]


def most(counts: Mapping[str, int], named: int = 4) -> list[tuple[str, int]]:
    """The largest of some counts, the largest first."""
    return sorted(counts.items(), key=lambda one: -one[1])[:named]


def reviews_between(result: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """What judgements lie between two versions, in a sentence."""
    found = result["reviews"]
    if not found["new"] and not found["gone"]:
        return "Both rest on the same reviews."
    kinds = ", ".join(f"{count:,} by {sources.get(kind, kind)}" for kind, count in most(found["sources"]))
    people = ", ".join(f"{name} {count:,}" for name, count in most(found["people"]))
    are = "is" if found["gone"] == 1 else "are"
    gone = f"{plural(found['gone'], 'review')} of the first {are} missing in the second." if found["gone"] else ""
    new = f"Between them lie **{plural(found['new'], 'new review')}**: {kinds} ({people})." if found["new"] else ""
    return f"{new} {gone}".strip()
