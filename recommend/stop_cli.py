"""``python -m recommend stop``: whether to stop, why, and what was answered before."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from data.exits import FINE, OTHERWISE, guarded
from data.opening import add_database, find_project, open_store
from recommend import hooks_cli
from recommend.checks import history_rows
from recommend.records import TITLES, Answer, Stop
from recommend.stopping import answer_project
from recommend.wording import for_json


def main(argv: Sequence[str] | None = None) -> int:
    """Print the stop answer. Exit code 0; 1 when it is none of ``--expect``; 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: _told(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recommend stop", description="Whether to stop, and why.")
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--history", action="store_true", help="the answers given so far, newest first; rates nothing anew")
    way.add_argument(
        "--expect", nargs="+", choices=get_args(Answer), metavar="ANSWER",
        help=f"exit with 1 when the answer is none of these: {', '.join(get_args(Answer))}",
    )  # fmt: skip
    return parser


def _told(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.db)
    project_id = find_project(store, arguments.project).id
    if arguments.history:
        rows = history_rows(store.stop_checks(project_id))
        return _say(json.dumps({"checks": rows}, ensure_ascii=False) if arguments.json else history_text(rows))
    sys.stderr.write("Rating ...\n")
    stop = answer_project(store, project_id)
    words = [*stop_lines(stop), *label_lines(stop)]
    _say(json.dumps(for_json(asdict(stop)), ensure_ascii=False, allow_nan=False) if arguments.json else "\n".join(words))
    hooks_cli.tell(store, project_id)
    if arguments.expect is None or stop.answer in arguments.expect:
        return FINE
    sys.stderr.write(f"The answer is {stop.answer}, not {' or '.join(arguments.expect)}.\n")
    return OTHERWISE


def _say(words: str) -> int:
    sys.stdout.write(f"{words}\n")
    return FINE


def stop_lines(stop: Stop) -> list[str]:
    """The stop answer with its evidence, the rules behind it, met ones marked, and what mends what is wrong."""
    rules = [f"  [{'x' if verdict.met else ' '}] {verdict.words}" for verdict in stop.rules]
    mend = [f"  What mends it: {TITLES[stop.mend]}."] if stop.mend else []
    return [stop.headline, *(f"  - {line}" for line in stop.evidence), *rules, *mend]


def label_lines(stop: Stop) -> list[str]:
    """The answer of every label, one a line."""
    return [f"  {label.name}: {label.answer.replace('_', ' ')}. {label.words}" for label in stop.labels]


def history_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line for each answer given."""
    if not rows:
        return "No answer has been given yet: make a plan first."
    return "\n".join(
        f"{row['at'][:16].replace('T', ' ')}  {row['reviewed']:>7,} reviewed  rating {row['rating']:5.1f}  next hour "
        f"{row['gain_low']:+.1f} to {row['gain_high']:+.1f}  kappa {_kappa(row['kappa'])}  {row['headline']}"
        for row in rows
    )


def _kappa(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
