"""What the readers of tables share: headers, and the limits on what they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from data.errors import ImportFailed
from data.layout import is_ours

MAX_RECORD = 1 << 24
MAX_NAME = 500


def header(cells: Sequence[str], name: str, warnings: list[str]) -> tuple[str, ...]:
    """The columns that a first row names; a column without a name is called by its place.

    >>> header(["id", " text "], "a.csv", [])
    ('id', 'text')
    """
    if is_ours(cells):
        return tuple(cells)
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    for place, column in enumerate(names):
        if len(column) > MAX_NAME or "\x00" in column:
            raise ImportFailed(
                f"{name}: the first row must name the columns; cell {place + 1} is no name ({column[:60]!r}). Add a header."
            )
        if not column:
            names[place] = f"column {place + 1}"
            warnings.append(f"Column {place + 1} has no name: it is called {names[place]!r}.")
    twice = [column for column, count in Counter(names).items() if count > 1]
    if twice:
        raise ImportFailed(f"{name} has two columns called {twice[0]!r}. Rename one of them.")
    return tuple(names)
