"""``python -m rating``: rate a project or another model, show its history, look ahead, say what moves it, encode texts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from data.errors import InvalidInput
from data.exits import FINE, OTHERWISE, guarded
from data.opening import add_database, find_project, open_store
from data.store import Store
from rating import embed, external_cli, labels_cli
from rating.forecast import Forecast, forecast
from rating.passing import Limit, passing
from rating.records import Estimate
from rating.sensitivity import Lever, levers
from rating.service import quality_history, rate_project, rating_config
from rating.telling import as_document, as_text, number
from rating.uservectors import import_vectors


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0; 1 below ``--fail-under``; 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: int(arguments.run(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rating", description="How good the model is, from reviewed data only.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    rating = _command(commands, "rate", "rate the project as it stands and keep the rating")
    rating.add_argument("--fail-under", type=float, metavar="R", help="exit with 1 when the rating is below this, or unknown")
    rating.add_argument("--at", choices=("value", "low"), help="what --fail-under looks at: the rating, or its lower end")
    rating.set_defaults(run=_rate)
    _command(commands, "history", "list the ratings the project has had").set_defaults(run=_history)
    labels = _command(commands, "labels", "tell every label: its interval, three thresholds, and how many examples it lacks")
    labels_cli.add_options(labels)
    labels.set_defaults(run=labels_cli.run)
    ahead = _command(commands, "forecast", "foresee the rating and its factors after further reviews")
    ahead.add_argument("--more", type=int, nargs="+", default=[100], metavar="M", help="how many further reviews (default 100)")
    ahead.add_argument("--target", type=float, metavar="R", help="say how many reviews it takes to a rating of this")
    ahead.set_defaults(run=_forecast)
    _command(commands, "sensitivity", "say what moves the rating most").set_defaults(run=_sensitivity)
    vectors = _command(commands, "vectors", "take vectors of your own, one row of a .npy file an item")
    vectors.add_argument("file", type=Path, metavar="FILE.npy")
    vectors.add_argument("--name", required=True, help="the name of their encoder")
    vectors.add_argument("--ids", type=Path, help="the items' ids in the rows' order: .json, .txt or .npy; default: item order")
    vectors.set_defaults(run=_vectors)
    embed.add_parser(commands)
    other = _command(commands, "external", "rate another model, by its imported predictions")
    external_cli.add_options(other)
    other.set_defaults(run=external_cli.run)
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
    limit = _limit(arguments)
    store, project_id = _opened(arguments)
    sys.stderr.write("Rating ...\n")
    result = rate_project(store, project_id).result
    said = None if limit is None else passing(result.rating, limit)
    document = as_document(result) | ({} if said is None else {"limit": asdict(said)})
    print(json.dumps(document, ensure_ascii=False) if arguments.json else as_text(result.rating))
    if said is None:
        return FINE
    sys.stderr.write(f"{said.words}\n")
    return FINE if said.passed else OTHERWISE


def _limit(arguments: argparse.Namespace) -> Limit | None:
    if arguments.fail_under is None:
        if arguments.at is not None:
            raise InvalidInput("--at belongs to --fail-under, and no limit is given. Add --fail-under R.")
        return None
    return Limit(arguments.fail_under, arguments.at or "value")


def _history(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    snapshots = store.snapshots(project_id)
    if arguments.json:
        kept = ("revision", "model_version", "created_at", "reviewed", "value", "low", "high")
        print(json.dumps([{name: getattr(snapshot, name) for name in kept} for snapshot in snapshots]))
        return 0
    lines = [f"{s.created_at}  {s.reviewed} reviews  {number(Estimate(s.value, s.low, s.high))}" for s in snapshots]
    print("\n".join(lines) or "No rating yet: run 'python -m rating rate'.")
    return 0


def _forecast(arguments: argparse.Namespace) -> int:
    if min(arguments.more) < 0:
        raise InvalidInput(f"Further reviews are 0 or more; --more has {min(arguments.more)}. Give another number.")
    store, project_id = _opened(arguments)
    sys.stderr.write("Rating ...\n")
    rating = rate_project(store, project_id).result.rating
    if rating.score.value is None:
        print(json.dumps({"forecast": None, "reasons": rating.reasons}) if arguments.json else as_text(rating))
        return 0
    config = rating_config(store.project(project_id).settings)
    view = forecast(rating, quality_history(store.rating_moments(project_id)), config)
    document = ahead_document(view, arguments.more, arguments.target)
    print(json.dumps(document) if arguments.json else ahead_text(view, arguments.more, arguments.target))
    return 0


def ahead_document(view: Forecast, more: Sequence[int], target: float | None) -> dict[str, object]:
    """The forecast as one JSON document."""
    steps = [
        {"more": m, "rating": asdict(view.score(m)), **{f.key: asdict(view.factor(f.key, m)) for f in view.rating.factors}}
        for m in more
    ]
    reach = {} if target is None else {"target": target, "reviews_to_target": view.reviews_to(target)}
    return {"reviewed": view.rating.reviewed, "forecast": steps, **reach}


def ahead_text(view: Forecast, more: Sequence[int], target: float | None) -> str:
    """The forecast in words, each value with its 90 % range."""
    lines = [f"Now, with {view.rating.reviewed:,} reviews: {number(view.rating.score)}"]
    for m in more:
        factors = "; ".join(f"{f.title} {number(view.factor(f.key, m))}" for f in view.rating.factors)
        lines += [f"After {m:,} more: {number(view.score(m))}", f"    {factors}"]
    if target is not None:
        way = reviews_in_words(view.reviews_to(target))
        lines.append(f"To a rating of {target:g}: {way}.")
    return "\n".join(lines)


def reviews_in_words(span: tuple[float, float | None] | None) -> str:
    """A range of reviews as a person says it.

    >>> reviews_in_words((120.0, 900.0)), reviews_in_words((120.0, None)), reviews_in_words(None)
    ('120 to 900 reviews', '120 reviews or more', 'more reviews than can be foreseen')
    """
    if span is None:
        return "more reviews than can be foreseen"
    return f"{span[0]:,.0f} reviews or more" if span[1] is None else f"{span[0]:,.0f} to {span[1]:,.0f} reviews"


def _sensitivity(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    sys.stderr.write("Rating ...\n")
    rating = rate_project(store, project_id).result.rating
    found = levers(rating)
    if arguments.json:
        print(json.dumps([asdict(lever) for lever in found], ensure_ascii=False))
    else:
        print("\n".join(map(lever_line, found)) or as_text(rating))
    return 0


def lever_line(lever: Lever) -> str:
    """One thing that moves the rating, in words."""
    way = "less" if lever.fewer else "more"
    point = f"not even all of it brings one point (at most {lever.room:.1f})"
    if lever.needed is not None:
        point = f"one point of the rating takes {100 * lever.needed:.1f} {way}; all of it brings {lever.room:.1f}"
    return f"{lever.name} ({lever.kind}), now {lever.value:.1%}: {lever.effect:+.3f} a point; {point}."


def _vectors(arguments: argparse.Namespace) -> int:
    store, project_id = _opened(arguments)
    count = import_vectors(store, project_id, arguments.name, arguments.file, ids=arguments.ids)
    print(json.dumps({"vectors": count}) if arguments.json else f"Took {count:,} vectors named {arguments.name!r}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
