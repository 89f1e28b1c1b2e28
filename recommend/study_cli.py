"""``python -m recommend study``: do a heavy analysis and keep what it finds for the pages."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import InvalidInput
from data.opening import add_database, find_project, open_store
from recommend.studies import KINDS, run_study


def run(argv: Sequence[str]) -> str:
    """Do the study that the first word names; what it found, as one JSON document. PlateauError when it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m recommend study", description="Analyse a project, keep the result for the pages, and print it as JSON."
    )
    parser.add_argument("kind", choices=sorted(KINDS), help="what to find out")
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--params", default="", metavar="JSON", help="what exactly to look at, as a JSON object")
    parser.add_argument("--nice", type=int, default=0, help="lower the priority by this much (0 to 19)")
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.nice and hasattr(os, "nice"):
        os.nice(arguments.nice)
    params = _params(arguments.params)
    store = open_store(arguments.db)
    kept = run_study(store, find_project(store, arguments.project).id, arguments.kind, params, job=arguments.job)
    head = {"kind": kept.kind, "revision": kept.revision, "model_version": kept.model_version, "created_at": kept.created_at}
    return json.dumps({**head, "result": kept.result}, ensure_ascii=False)


def _params(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"--params is no JSON: {error}. Write an object such as '{{\"label\": 3}}'.") from error
    if found is not None and not isinstance(found, dict):
        raise InvalidInput(f"--params is an object of JSON; found {text!r}. Write one such as '{{\"label\": 3}}'.")
    return found
