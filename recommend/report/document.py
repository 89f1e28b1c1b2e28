"""A report as JSON, as ``schemas/report.schema.json`` says: everything that the other forms are made from. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from recommend.report.records import Report
from recommend.wording import for_json

#: Raised when a key goes or changes its meaning.
FORMAT = 1


def as_document(report: Report) -> dict[str, Any]:
    """The report as JSON knows it, with the bands of the rating and of its factors and labels; unknown is None, never 0."""
    found: dict[str, Any] = {"format": FORMAT, **asdict(report)}
    rating = found["rating"]
    rating["band"] = report.rating.band
    for cells, factor in zip(rating["factors"], report.rating.factors, strict=True):
        cells["band"] = factor.band
    for cells, label in zip(rating["labels"], report.rating.labels, strict=True):
        cells["band"] = label.band
    found["work"]["per_hour"] = report.work.per_hour
    cleaned = for_json(found)
    assert isinstance(cleaned, dict)
    return cleaned


def as_json(report: Report) -> str:
    """The document, indented and with its keys in order, so that two reports can be compared line by line."""
    return json.dumps(as_document(report), ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"
