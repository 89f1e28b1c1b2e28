"""Who said what in a Label Studio task: the standing annotation of every annotator."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from data.formats.label_studio_task import Task, annotations_of, annotator, cancelled, named, predictions_of, told
from data.imports.cells import BadCell, moment

_TIMES = ("updated_at", "created_at")


@dataclass(frozen=True, slots=True)
class Said:
    """One annotation: whose it is, what it says, and as it came. ``at`` and ``seconds`` are None when unknown."""

    annotator: str
    labels: tuple[str, ...]
    skipped: bool
    at: str | None
    seconds: float | None
    confirmed: tuple[str, ...]
    raw: Task


def standing(task: Task, question: str, nobody: str, noted: Counter[str]) -> list[Said]:
    """Each annotator's last annotation, oldest first; ``nobody`` is who annotated where nobody is named. Raises BadCell.

    Several annotations that name nobody may be by several people: from the second on they are numbered.
    ``noted`` counts what is worth a warning.
    """
    found: dict[str, Said] = {}
    said = [_said(task, raw, question, noted) for raw in annotations_of(task)]
    unnamed = 0
    for one in sorted(said, key=lambda one: one.at or ""):
        who = one.annotator
        if not who:
            unnamed += 1
            who = nobody if unnamed == 1 else f"{nobody} {unnamed}"
        noted["older"] += who in found
        noted["nobody"] += unnamed > 1 and not one.annotator
        found[who] = Said(who, one.labels, one.skipped, one.at, one.seconds, one.confirmed, one.raw)
    return list(found.values())


def _said(task: Task, raw: Task, question: str, noted: Counter[str]) -> Said:
    names, others = told(raw, question)
    labels = tuple(names)
    noted["region"] += others
    return Said(
        annotator(raw), labels, cancelled(raw), _at(raw), _seconds(raw, noted), _confirmed(task, raw, question, labels), raw
    )


def _at(annotation: Task) -> str | None:
    name = next((name for name in _TIMES if annotation.get(name) not in (None, "")), None)
    if name is None:
        return None
    if (when := moment(annotation[name])) is None:
        rule = "the time of the annotation is not understood"
        raise BadCell(name, annotation[name], rule, "Write it as 2024-12-31T23:59:59Z.")
    return when


def _seconds(annotation: Task, noted: Counter[str]) -> float | None:
    value: Any = annotation.get("lead_time")
    if value is None or value == "":
        return None
    if type(value) is float:
        return value
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if math.isfinite(seconds):
        return seconds
    noted["seconds"] += 1
    return None


def _confirmed(task: Task, annotation: Task, question: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that the prediction which the annotation began from had suggested."""
    source = annotation.get("parent_prediction")
    if source is None:
        return ()
    suggested = [name for one in predictions_of(task) if one.get("id") == source for name in named(one, question)]
    return tuple(label for label in labels if label in suggested)
