"""A pasted taxonomy: one label a line, ``Parent > Child: what it means``; what is new, changed or refused is told beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from data.errors import InvalidInput
from data.records import Label
from data.store.labels import clean_label

#: At most so many lines are taken at a time.
MOST_LINES = 2_000
Outcome = Literal["new", "changed", "back in use", "as it is", "refused"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one line, the first of which is 1. ``label`` is the one that is there, None for a new one.

    ``why`` says what changes, or for a refused line the rule and what to do.
    """

    line: int
    name: str
    description: str
    outcome: Outcome
    why: str = ""
    label: Label | None = None


def planned(text: str, labels: Iterable[Label]) -> list[Planned]:
    """What becomes of each line of a text, given all labels of the taxonomy; empty lines are left out.

    >>> [(one.line, one.name, one.outcome) for one in planned("A > B: late\\n\\na>b\\n > x", [])]
    [(1, 'A > B', 'new'), (3, 'a > b', 'refused'), (4, '> x', 'refused')]
    """
    there = {label.name.casefold(): label for label in labels}
    names = {label.id: label.name for label in there.values()}
    first, found = dict[str, int](), list[Planned]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found.append(_planned(number, line, there, names, first))
    return found


def _planned(
    number: int, line: str, there: dict[str, Label], names: dict[int, str], first: dict[str, int]
) -> Planned:  # fmt: skip
    start, _, rest = line.partition(":")
    description = " ".join(rest.split())
    if number > MOST_LINES:
        why = f"At most {MOST_LINES:,} lines are taken at a time. Paste the rest next."
        return Planned(number, start.strip(), description, "refused", why)
    try:
        name = clean_label(start)
    except InvalidInput as error:
        return Planned(number, start.strip(), description, "refused", str(error))
    before = first.setdefault(name.casefold(), number)
    label = there.get(name.casefold())
    if before != number:
        why = f"A label is named once; line {before} names it already. Delete one of the two."
        return Planned(number, name, description, "refused", why)
    if label is not None and label.merged_into is not None:
        why = f"It was merged into {names[label.merged_into]}. Take the merge back under History, or choose another name."
        return Planned(number, name, description, "refused", why, label)
    return _against(number, name, description, label)


def _against(number: int, name: str, description: str, label: Label | None) -> Planned:
    """What becomes of a line whose name is fine, given the label of that name."""
    if label is None:
        return Planned(number, name, description, "new")
    other = bool(description) and description != label.description
    if label.retired_at is not None:
        return Planned(number, label.name, description, "back in use", "It was retired; its reviews come back.", label)
    if other:
        return Planned(number, label.name, description, "changed", f"Its meaning was: {label.description or 'not given'}", label)
    return Planned(number, label.name, description, "as it is", "", label)


def to_write(plan: Sequence[Planned]) -> list[Planned]:
    """The lines that change something."""
    return [one for one in plan if one.outcome in ("new", "changed", "back in use")]
