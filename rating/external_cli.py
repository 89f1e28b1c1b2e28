"""``python -m rating external``: rate another model by the reviews that it cannot have learned from."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from data.exits import FINE, OTHERWISE
from data.opening import find_project, open_store
from rating.external_service import ExternalRated, rate_external
from rating.passing import Limit, passing
from rating.telling import as_document, as_text


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say which model version to rate, and against which limit."""
    parser.add_argument("--model", required=True, metavar="VERSION", help="one of those that 'python -m data models' lists")
    parser.add_argument("--fail-under", type=float, metavar="R", help="exit with 1 when its rating is below this, or unknown")


def run(arguments: argparse.Namespace) -> int:
    """Rate the model and print it. Exit code 0; 1 below ``--fail-under``."""
    limit = None if arguments.fail_under is None else Limit(arguments.fail_under)
    store = open_store(arguments.db)
    project = find_project(store, arguments.project)
    sys.stderr.write("Rating ...\n")
    found = rate_external(store, project.id, arguments.model)
    print(json.dumps(document(found), ensure_ascii=False) if arguments.json else text(found))  # noqa: T201
    if limit is None:
        return FINE
    said = passing(found.result.rating, limit)
    sys.stderr.write(f"{said.words}\n")
    return FINE if said.passed else OTHERWISE


def document(found: ExternalRated) -> dict[str, Any]:
    """Another model's rating as one JSON document: what it rests on, what to mind, and the rating as of the own model."""
    return {"model": asdict(found.model), "basis": asdict(found.basis), "notes": found.notes, "rating": as_document(found.result)}


def text(found: ExternalRated) -> str:
    """Another model's rating in words."""
    base = found.basis
    head = (
        f"{found.model.version}: {base.counted:,} of {base.reviews:,} reviews count ({found.model.evidence}), "
        f"on {base.population:,} of {base.items:,} items."
    )
    return "\n".join([head, *(f"Note: {note}" for note in found.notes), as_text(found.result.rating)])
