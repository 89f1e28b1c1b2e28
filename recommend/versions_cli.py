"""``python -m recommend versions``: every version of the model, two of them side by side, marks, and which one serves."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from data.opening import add_database, find_project, open_store
from data.records import IN_CHARGE, Project
from data.store import Store
from recommend.records import TITLES
from recommend.studies import run_study
from recommend.versionwords import reviews_between, table, verdict
from recommend.wording import for_json


def run(argv: Sequence[str]) -> str:
    """Do what the options say, then the list of versions, or the comparison; as text or as one JSON document."""
    arguments = _parser().parse_args(argv)
    store = open_store(arguments.db)
    project = find_project(store, arguments.project)
    _write(store, project, arguments)
    if arguments.compare:
        first, second = arguments.compare
        found = run_study(store, project.id, "compare", {"a": first, "b": second}).result
        return json.dumps(found, ensure_ascii=False) if arguments.json else compared(found)
    rows = listed(store, store.project(project.id))
    return json.dumps(for_json(rows), ensure_ascii=False) if arguments.json else as_text(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recommend versions", description=__doc__.partition(": ")[2])
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--compare", nargs=2, type=int, metavar=("A", "B"), help="two versions on the same items and labels")
    parser.add_argument("--star", type=int, metavar="N", help="mark a version with a star")
    parser.add_argument("--unstar", type=int, metavar="N", help="take the star away")
    parser.add_argument("--note", nargs=2, metavar=("N", "WORDS"), help="note something of a version")
    serving = parser.add_mutually_exclusive_group()
    serving.add_argument("--pin", type=int, metavar="N", help="let a version plan, suggest and predict from the next plan on")
    serving.add_argument("--unpin", action="store_true", help="let the newest one do so again")
    return parser


def _write(store: Store, project: Project, arguments: argparse.Namespace) -> None:
    """Keep marks and notes, pin and unpin. NotFound for a version that there is not."""
    for version, starred in ((arguments.star, True), (arguments.unstar, False)):
        if version is not None:
            store.mark_version(project.id, version, starred=starred)
    if arguments.note:
        number, words = arguments.note
        store.mark_version(project.id, int(number) if number.isdigit() else 0, note=words.strip())
    if arguments.pin is not None or arguments.unpin:
        store.pin_version(project.id, arguments.pin)


def listed(store: Store, project: Project) -> list[dict[str, Any]]:
    """Every version, newest first."""
    versions = store.model_versions(project.id)
    in_charge = project.settings.get(IN_CHARGE)
    decisions = store.judged_again(project.id)
    return table(versions, store.version_ratings(project.id), store.label_events(project.id), in_charge, decisions)


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Versions in lines."""
    if not rows:
        return "There is no version yet: rate the project first."
    return "\n".join(
        f"{row['Version']:>4} {row[''] or '':<8} {row['Trained']}  {_count(row['Reviews']):>7} reviews  "
        f"{_score(row['Rating']):>3} {row['Change']:>5}  {row['What changed']}" + (f"  [{row['Note']}]" if row["Note"] else "")
        for row in rows
    )


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def compared(result: Mapping[str, Any]) -> str:
    """A comparison in words, the labels that changed most first."""
    lines = [verdict(result), reviews_between(result, {str(kind): words for kind, words in TITLES.items()})]
    for label in sorted(result["labels"], key=lambda one: -abs(one["rise"]["value"])):
        rise = {key: 100.0 * label["rise"][key] for key in ("value", "low", "high")}
        lines.append(
            f"  {label['name']}: {100 * label['before']:.1f} to {100 * label['after']:.1f}, {rise['value']:+.1f} "
            f"({rise['low']:+.1f} to {rise['high']:+.1f}), {label['verdict']}; {label['gained']:,} gained, {label['lost']:,} lost"
        )
    return "\n".join(lines).replace("**", "")
