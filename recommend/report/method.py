"""The method in short, and what a rating was computed with. Pure."""

from __future__ import annotations

import json
from typing import Any

from recommend.explaining import FORMULAS
from recommend.report.blocks import Section, Table, Text
from recommend.report.records import Report

_PARAGRAPHS = (
    f"The Model Rating is the weighted geometric mean of four factors, each from 0 to 100. {FORMULAS['rating']} Poor is below "
    "50, Average below 70, Good below 90, Excellent from 90 on.",
    "The model is a ridge regression on vectors of the texts. Each reviewed item is predicted by the model without it, exactly. "
    "These predictions are calibrated, label by label and drawn together where a label has few examples. The whole population is "
    "judged by them: not the reviewed items alone, which actions have chosen and which therefore mislead.",
    "A label that did not exist when an item was reviewed was not judged there: it is unknown, never negative. What cannot be "
    "told is called unknown, with the reason.",
    f"Every interval is meant to hold the true value nine times of ten, as far as the reviews are right. {FORMULAS['interval']} "
    "The forecast follows the "
    "label curve: average precision rises with the logarithm of a label's examples, at the pace that this project has shown.",
)


def method(report: Report) -> Section:
    """How the figures come about, and the configuration from which they can be computed again."""
    rating = report.rating
    rows = [
        ("Plateau", report.version), ("Revision of the project", f"{rating.revision}"),
        ("Model version", f"{rating.model_version}"),
        ("Profile", f"{report.profile}: a rating of {report.target:.0f} or more"), ("Encoders", report.encoder or "unknown"),
        *((f"{part}: {key.replace('_', ' ')}", _said(value)) for part, cells in sorted(rating.config.items())
          for key, value in sorted(cells.items())),
    ]  # fmt: skip
    texts = tuple(Text(words) for words in _PARAGRAPHS)
    return Section("method", "Method and model", (*texts, Table(("Setting", "Value"), tuple(rows), wide=frozenset({1}))))


def _said(value: Any) -> str:
    """A setting as text; None is left to be chosen.

    >>> _said({"b": 1.0, "a": 0.5}), _said(["x", "y"]), _said(None), _said(0.5)
    ('a 0.5, b 1.0', 'x, y', 'chosen by the data', '0.5')
    """
    if value is None:
        return "chosen by the data"
    if isinstance(value, dict):
        return ", ".join(f"{key} {value[key]}" for key in sorted(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else json.dumps(value)
