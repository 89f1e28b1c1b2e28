"""``python -m rating labels``: every label with its interval, three thresholds, and how many examples it lacks."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from data.errors import InvalidInput
from data.opening import find_project, open_store
from rating.operating import examples_lacking, operating_points
from rating.rate import Result
from rating.rollup import Node, rolled_up
from rating.service import rate_project
from rating.telling import as_text
from rating.thresholds import cut_curve

#: The average precision that labels are held against, in percent, unless another is asked for: where Good begins.
TARGET = 70.0
_AIMS = {"precise": "few wrong", "balanced": "balanced", "complete": "few missed"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes besides the project."""
    parser.add_argument(
        "--target", type=float, default=TARGET, metavar="P", help="the average precision, in percent, that a label is to reach"
    )


def run(arguments: argparse.Namespace) -> int:
    """Rate the project and tell its labels, parents before those below them."""
    if not 0 < arguments.target < 100:
        raise InvalidInput(f"A target lies between 0 and 100 percent; {arguments.target:g} does not. Give another --target.")
    store = open_store(arguments.db)
    project = find_project(store, arguments.project)
    sys.stderr.write("Rating ...\n")
    result = rate_project(store, project.id).result
    rows, rating = labels_document(result, arguments.target / 100.0), result.rating
    head = {"revision": rating.revision, "model_version": rating.model_version, "target": arguments.target / 100.0}
    document = {**head, "reasons": rating.reasons, "labels": rows}
    words = "\n".join(map(label_text, rows)) or as_text(rating)
    print(json.dumps(document, ensure_ascii=False) if arguments.json else words)  # noqa: T201
    return 0


def labels_document(result: Result, target: float) -> list[dict[str, Any]]:
    """Every label and every parent as JSON knows it, parents first; thresholds of those with two examples or more."""
    column = {health.label_id: k for k, health in enumerate(result.rating.labels)}
    return [_row(result, node, column, target) for node in rolled_up(result.rating.labels, result.evidence.targets)]


def _row(result: Result, node: Node, column: dict[int, int], target: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": node.name, "label_id": None if node.health is None else node.health.label_id, "band": node.band,
        "average_precision": asdict(node.ap), "examples": node.positives, "weakest": node.weakest or None,
        "lacking": None, "thresholds": None, "warnings": [],
    }  # fmt: skip
    if node.health is None or node.below:
        return row
    row |= {"lacking": asdict(examples_lacking(node.ap, node.health.positives, target)), "warnings": list(node.health.warnings)}
    if result.assessment is not None and node.health.positives >= 2:
        k = column[node.health.label_id]
        found = operating_points(cut_curve(result.assessment.probability[:, k], result.assessment.soft[:, k]))
        row["thresholds"] = asdict(found)
    return row


def label_text(row: dict[str, Any]) -> str:
    """A label in words, its thresholds below it."""
    ap = row["average_precision"]
    value = "not known yet" if ap["value"] is None else f"{ap['value']:.0%} ({ap['low']:.0%} to {ap['high']:.0%})"
    below = f"; weakest: {row['weakest']}" if row["weakest"] else ""
    lines = [f"{row['name']}: {value}, {row['band']}; {row['examples']} examples{_lacking(row['lacking'])}{below}"]
    for name, cut in (row["thresholds"] or {}).items():
        told = "none" if cut is None else f"from {cut['threshold']:.3f}: {cut['precision']:.0%} right, {cut['recall']:.0%} found"
        lines.append(f"    {_AIMS[name]}: {told}")
    return "\n".join([*lines, *(f"    ! {warning}" for warning in row["warnings"])])


def _lacking(lacking: dict[str, Any] | None) -> str:
    if lacking is None or lacking["count"] is None:
        return ""
    return ", at the target" if lacking["count"] == 0 else f", about {lacking['count']} more needed"
