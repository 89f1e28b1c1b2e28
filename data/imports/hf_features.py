"""What Hugging Face's datasets say of their columns: numbers that stand for names, and pictures, as plain cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

#: Turns a cell as it is stored into one that a person can read.
Decode = Callable[[Any], Any]


def features_of(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    """The features that the schema of an Arrow or Parquet file carries; none if it was not written by ``datasets``."""
    try:
        found = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def decoders(features: Mapping[str, Any]) -> dict[str, Decode]:
    """How to decode the columns that need it.

    >>> decode = decoders({"label": {"_type": "ClassLabel", "names": ["neg", "pos"]}, "text": {"_type": "Value"}})
    >>> {column: [one(cell) for cell in (1, -1, None)] for column, one in decode.items()}
    {'label': ['pos', None, None]}
    """
    found = {column: _decoder(feature) for column, feature in features.items()}
    return {column: decode for column, decode in found.items() if decode is not None}


def decoded(row: Mapping[str, Any], decode: Mapping[str, Decode]) -> dict[str, Any]:
    """The cells of a row, those that are null left out."""
    cells = {column: decode[column](cell) if column in decode else cell for column, cell in row.items()}
    return {column: cell for column, cell in cells.items() if cell is not None}


def _decoder(feature: Any) -> Decode | None:
    if isinstance(feature, list):  # how older versions write a list of something
        return _each(_decoder(feature[0])) if feature else None
    if not isinstance(feature, Mapping):
        return None
    kind = feature.get("_type")
    if kind == "ClassLabel":
        return _named(feature.get("names"))
    if kind == "Image":
        return lambda cell: cell.get("path") if isinstance(cell, Mapping) else cell
    if kind in ("List", "LargeList", "Sequence"):
        return _each(_decoder(feature.get("feature")))
    if not isinstance(kind, str) and (inner := decoders(feature)):
        return lambda cell: decoded(cell, inner) if isinstance(cell, Mapping) else cell
    return None


def _named(names: Any) -> Decode | None:
    if not isinstance(names, list) or not names:
        return None

    def name(cell: Any) -> Any:
        if not isinstance(cell, int) or cell >= len(names):
            return cell
        return names[cell] if cell >= 0 else None  # -1: not labelled

    return name


def _each(decode: Decode | None) -> Decode | None:
    if decode is None:
        return None
    return lambda cell: [decode(part) for part in cell] if isinstance(cell, list) else cell
