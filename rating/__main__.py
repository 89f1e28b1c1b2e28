"""``python -m rating``: rate a project, show its history, encode its texts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from data.errors import PlateauError
from data.opening import add_database, find_project, open_store
from data.store import Store
from rating import embed
from rating.records import Contributor, Estimate, Factor, Rating
from rating.service import rate_project
from rating.uservectors import import_vectors


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0; 1 below ``--fail-under``; 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except PlateauError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rating", description="How good the model is, from reviewed data only.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    rating = _command(commands, "rate", "rate the project as it stands and keep the rating")
    rating.add_argument("--fail-under", type=float, metavar="R", help="exit with 1 when the rating is below this, or unknown")
    rating.set_defaults(run=_rate)
    _command(commands, "history", "list the ratings the project has had").set_defaults(run=_history)
    vectors = _command(commands, "vectors", "take vectors of your own, one row of a .npy file an item")
    vectors.add_argument("file", type=Path, metavar="FILE.npy")
    vectors.add_argument("--name", required=True, help="the name of their encoder")
    vectors.add_argument("--ids", type=Path, help="the items' ids in the rows' order: .json, .txt or .npy; default: item order")
    vectors.set_defaults(run=_vectors)
    embed.add_parser(commands)
    return parser


def _command(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


def _opened(arguments: argparse.Namespace) -> tuple[Store, int]:
    store = open_store(arguments.db)
    return store, find_project(store, arguments.project).id


def _rate(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    sys.stderr.write("Rating ...\n")
    rating = rate_project(store, project_id).result.rating
    print(json.dumps(asdict(rating), ensure_ascii=False) if arguments.json else as_text(rating))
    value = rating.score.value
    return 1 if arguments.fail_under is not None and (value is None or value < arguments.fail_under) else 0


def _history(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    snapshots = store.snapshots(project_id)
    if arguments.json:
        kept = ("revision", "model_version", "created_at", "reviewed", "value", "low", "high")
        print(json.dumps([{name: getattr(snapshot, name) for name in kept} for snapshot in snapshots]))
        return 0
    lines = [f"{s.created_at}  {s.reviewed} reviews  {_number(Estimate(s.value, s.low, s.high))}" for s in snapshots]
    print("\n".join(lines) or "No rating yet: run 'python -m rating rate'.")
    return 0


def _vectors(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    count = import_vectors(store, project_id, arguments.name, arguments.file, ids=arguments.ids)
    print(json.dumps({"vectors": count}) if arguments.json else f"Took {count:,} vectors named {arguments.name!r}.")
    return 0


def as_text(rating: Rating) -> str:
    """The rating, its factors and their contributors in words."""
    if rating.score.value is None:
        return "\n".join(["No rating yet.", *(f"  - {reason}" for reason in rating.reasons)])
    head = (
        f"Model Rating {_number(rating.score)}, {rating.band}; {rating.reviewed:,} of {rating.population:,} items reviewed; "
        f"model {rating.model_version}, revision {rating.revision}."
    )
    return "\n".join([head, *(line for factor in rating.factors for line in _factor_lines(factor))])


def _factor_lines(factor: Factor) -> list[str]:
    title = f"{factor.title} {_number(factor.score)}, {factor.band}"
    return [title, *(f"    {c.title}: {_contributor(c)}" for c in factor.contributors)]


def _contributor(contributor: Contributor) -> str:
    value = contributor.estimate.value
    if value is None:
        return f"unknown ({contributor.estimate.reason})"
    return f"{value:.1%}" if contributor.unit == "share" else f"{value:.2f}".rstrip("0").rstrip(".")


def _number(estimate: Estimate) -> str:
    if estimate.value is None:
        return "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1f}"
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"


if __name__ == "__main__":
    sys.exit(main())
