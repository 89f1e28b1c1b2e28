"""JSON as it may come from outside: what no other program could read again is told apart."""

from __future__ import annotations

from math import isfinite
from typing import Any


def readable(value: Any) -> Any:
    """The value as it is; ValueError where a number is none (NaN, Infinity) or a text cannot be written (half a surrogate pair).

    >>> readable({"a": [1.5, None, "é"]})
    {'a': [1.5, None, 'é']}
    """
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("NaN and Infinity are no JSON: send null for a number that is not known")
    if isinstance(value, str):
        _written(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            _written(key)
            _within(key, part)
    elif isinstance(value, list):
        for part in value:
            readable(part)
    return value


def _within(key: str, part: Any) -> None:
    """Name the field that holds a number which is none."""
    try:
        readable(part)
    except ValueError as error:
        found = str(error)
        raise ValueError(found if found.startswith("in ") else f"in {key!r}: {found}") from error


def _written(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("half of a surrogate pair is no character: send the whole text as UTF-8") from error
