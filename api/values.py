"""JSON as it may come from outside: what no other program could read again is refused."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue


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
            readable(part)
    elif isinstance(value, list):
        for part in value:
            readable(part)
    return value


def _written(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("half of a surrogate pair is no character: send the whole text as UTF-8") from error


Json = Annotated[JsonValue, AfterValidator(readable)]
Object = dict[str, Json]
