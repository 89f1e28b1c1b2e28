"""What an entry of the history says and what it changed. Pure, no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.records import UNDATED, Event, Review
from views.wording import plain

VIEWS = {
    "desk": "on the Label page", "bulk": "in a list", "pair": "side by side", "history": "restored from the History",
    "import": "imported", UNDATED: "imported, without a time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry did to its item: labels ``added``, ``removed`` and ``kept`` by number, against what stood before it.

    Before it stood the same person's last judgement, else the newest of anybody else; ``first`` says that there was none.
    """

    added: tuple[int, ...]
    removed: tuple[int, ...]
    kept: tuple[int, ...]
    first: bool


def changes(story: Sequence[Review], undid: Mapping[int, int]) -> dict[int, Change]:
    """What each entry of one item's ``story`` (in the order given, undos included) changed, by the entry's number.

    ``undid`` says which judgement each undo took back, by number.
    """
    standing: list[Review] = []
    found = {}
    for entry in story:
        before = _says(standing, entry.annotator)
        if entry.state == "undone":
            standing = [review for review in standing if review.id != undid.get(entry.id)]
        else:
            standing = [*standing, entry]
        found[entry.id] = _change(before, _says(standing, entry.annotator))
    return found


def stands(story: Sequence[Review], undid: Mapping[int, int], annotator: str) -> Review | None:
    """What a person says of an item now; None where nothing."""
    gone = set(undid.values())
    mine = [r for r in story if r.annotator == annotator and r.state != "undone" and r.id not in gone]
    return mine[-1] if mine else None


def _says(standing: Sequence[Review], annotator: str) -> Review | None:
    mine = [review for review in standing if review.annotator == annotator]
    return next(reversed(mine or list(standing)), None)


def _change(before: Review | None, after: Review | None) -> Change:
    was, now = (() if review is None else review.assigned for review in (before, after))
    return Change(
        added=tuple(label for label in now if label not in was),
        removed=tuple(label for label in was if label not in now),
        kept=tuple(label for label in now if label in was),
        first=before is None,
    )


def where(review: Review) -> str:
    """Where a judgement was given, in words."""
    return VIEWS.get(review.view) or ("imported" if review.source == "import" else "where is not known")


def what(event: Event, change: Change, names: Mapping[int, str]) -> str:
    """What an entry says and changed, as Markdown: added labels with +, removed ones with −."""
    parts = [
        *(f":green-badge[\\+ {plain(names[label])}]" for label in change.added),
        *(f":gray-badge[{plain(names[label])}]" for label in change.kept),
        *(f":red-badge[− {plain(names[label])}]" for label in change.removed),
    ]
    review = event.review
    if review.state == "undone":
        return " ".join([":material/undo: took a decision back", *parts])
    if review.state == "skipped":
        return ":material/skip_next: skipped"
    marks = [":orange-badge[uncertain]"] if review.uncertain else []
    gone = [":gray-badge[taken back]"] if event.taken_back else []
    return " ".join([*(parts or [":gray[no label applies]"]), *marks, *gone])
