"""``python -m rating external``: rate another model by the reviews that it cannot have learned from."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from data.exits import FINE, OTHERWISE
from data.opening import find_project, open_store
from rating.comparison import Comparison, Verdict
from rating.external_service import ExternalRated, compare_models, cuts_of, rate_external
from rating.passing import Limit, passing
from rating.records import Estimate
from rating.telling import as_document, as_text
from rating.thresholds import AIMS


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
    told = compare_models(found)
    print(json.dumps(document(found, told), ensure_ascii=False) if arguments.json else text(found, told))  # noqa: T201
    if limit is None:
        return FINE
    said = passing(found.result.rating, limit)
    sys.stderr.write(f"{said.words}\n")
    return FINE if said.passed else OTHERWISE


def document(found: ExternalRated, told: Comparison | None) -> dict[str, Any]:
    """Another model's rating as one JSON document: what it rests on, what to mind, the rating as of the own model, its lead
    over that one, and for every label three thresholds on the model's own scores.
    """
    cuts = {name: {aim: asdict(curve.best(aim)) for aim in AIMS} for name, curve in cuts_of(found).items()}
    return {
        "model": asdict(found.model), "basis": asdict(found.basis), "notes": found.notes, "rating": as_document(found.result),
        "comparison": None if told is None else asdict(told), "thresholds": cuts,
    }  # fmt: skip


def text(found: ExternalRated, told: Comparison | None) -> str:
    """Another model's rating in words, and how it compares with the own one."""
    base = found.basis
    head = (
        f"{found.model.version}: {base.counted:,} of {base.reviews:,} reviews count ({found.model.evidence}), "
        f"on {base.population:,} of {base.items:,} items."
    )
    notes, beside = [f"Note: {note}" for note in found.notes], [] if told is None else compared(found.model.version, told)
    return "\n".join([head, *notes, as_text(found.result.rating), *beside])


def compared(version: str, told: Comparison) -> list[str]:
    """The lead over the project's own model in words, over all and for the labels of which something can be told."""
    known = sorted((x for x in told.labels if x.verdict != "cannot be told"), key=lambda x: -abs(x.lead.value or 0.0))
    lines = [f"    {x.name}: {x.external:.2f}, Plateau's own {x.own:.2f}: {points(x.lead)}, {x.verdict}" for x in known]
    open_ = len(told.labels) - len(known)
    head = (
        f"Beside Plateau's own model, on the same items and reviews: {version} {said(told.verdict)}, {points(told.lead)} points."
    )
    return [head, *lines, *([f"    {open_} labels: cannot be told"] if open_ else [])]


def said(verdict: Verdict) -> str:
    """What is said of a model of which so much can be told.

    >>> said("better"), said("cannot be told")
    ('is better', 'cannot be told to be better or worse')
    """
    return "cannot be told to be better or worse" if verdict == "cannot be told" else f"is {verdict}"


def points(lead: Estimate) -> str:
    """A lead in points of 100, with its 90 % interval."""
    value, low, high = (100.0 * (v or 0.0) for v in (lead.value, lead.low, lead.high))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
