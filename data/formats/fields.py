"""What the formats of several tools have in common: where a record has its text, picture and date, and plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from data.imports.cells import BadCell, moment, plain_text, plain_value
from data.imports.columns import TEXTS

MEDIA = ("media", "image", "image_url", "filename")
DATES = ("date", "created_at", "timestamp", "sent_at")
_META = "meta."


def text_key(samples: Iterable[Mapping[str, Any]], skip: Callable[[str], bool] = lambda key: False) -> str | None:
    """The key that holds the text: the first that is called like one, else the one with the longest texts; None without any.

    >>> text_key([{"id": "1", "body": "hello"}]), text_key([{"a": "hi", "b": "2024-03-01"}]), text_key([{"n": 1}])
    ('body', 'a', None)
    """
    lengths, named = Counter[str](), dict[str, str]()
    for cells in samples:
        for key, cell in cells.items():
            if isinstance(cell, str) and not skip(key) and key not in MEDIA:
                named.setdefault(key.casefold(), key)
                lengths[key] += len(cell) if moment(cell) is None else 0
    best = max(lengths, key=lambda key: lengths[key], default=None)
    return next((named[name] for name in TEXTS if name in named), best)


def media_key(keys: Sequence[str]) -> str | None:
    """The key that is called like a picture's; None if none is."""
    named = {key.casefold(): key for key in reversed(keys)}
    return next((named[name] for name in MEDIA if name in named), None)


def item_date(cells: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """When the item was written, as a time in UTC, and the key that says so and nothing more, so that it need not be kept.

    >>> item_date({"date": "2024-03-01"}), item_date({"date": "2024-03-01T00:00:00.000000+00:00"})
    (('2024-03-01T00:00:00.000000+00:00', None), ('2024-03-01T00:00:00.000000+00:00', 'date'))
    """
    for key in DATES:
        if (when := moment(cells.get(key))) is not None:
            return when, "date" if key == "date" and cells[key] == when else None
    return None, None


def date_cell(at: str | None, metadata: Mapping[str, Any]) -> str | None:
    """The date to write beside metadata: None when there is none, or when the metadata say it already."""
    return None if at is None or item_date(metadata)[0] == at else at


def names_of(value: Any, column: str) -> tuple[str, ...]:
    """The labels that a value names: one by itself, or a list; nothing is none."""
    if value is None:
        return ()
    parts = value if isinstance(value, list | tuple) else [value]
    if wrong := next((part for part in parts if isinstance(part, dict | list | tuple)), None):
        raise BadCell(column, wrong, "a label must be a name", 'Write the labels as ["first", "second"].')
    return tuple(name for name in (plain_text(part, column).strip() for part in parts) if name)


def kept(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Further fields as metadata can hold them; empty ones (null) are left out."""
    return {key: value for key, cell in cells.items() if (value := plain_value(cell, key)) is not None}


def escaped(key: str, taken: Callable[[str], bool]) -> str:
    """The column a metadata key is written to: its own name unless that is taken; :func:`unescaped` brings it back.

    >>> escaped("team", {"id"}.__contains__), escaped("id", {"id"}.__contains__), unescaped("meta.id")
    ('team', 'meta.id', 'id')
    """
    return _META + key if not key or key.startswith(_META) or taken(key) else key


def unescaped(column: str) -> str:
    """The metadata key that :func:`escaped` wrote to this column."""
    return column.removeprefix(_META)


def unescaped_in(column: str, taken: Callable[[str], bool]) -> str:
    """The same where only some columns were written by :func:`escaped`: a name that need not have been is left as it is.

    >>> unescaped_in("meta.id", {"id"}.__contains__), unescaped_in("meta.team", {"id"}.__contains__)
    ('id', 'meta.team')
    """
    key = unescaped(column)
    return key if column != key and escaped(key, taken) == column else column
