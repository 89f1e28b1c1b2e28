"""``python -m benchmarks``: trajectory, report, speed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import report
from benchmarks.material import load
from benchmarks.policies import POLICIES
from benchmarks.speed import speed
from benchmarks.trajectory import trajectory
from data.errors import PlateauError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark. Exit code 0, or 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except PlateauError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Plateau through its own code.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    replay = commands.add_parser("trajectory", help="replay a project with a file's labels as the annotator")
    replay.add_argument("--items", type=Path, required=True, help="JSONL of id, text, labels[, title, split], plain or .gz")
    replay.add_argument("--vectors", type=Path, help=".npy with one row an item")
    replay.add_argument("--top-labels", type=int, default=20)
    replay.add_argument("--split", choices=("file", "iid"), default="file")
    replay.add_argument("--policy", choices=sorted(POLICIES), action="append", help="may be repeated; default: plateau")
    for name, value in (("runs", 10), ("seed", 0), ("start", 100), ("batch", 50), ("until", 1200)):
        replay.add_argument(f"--{name}", type=int, default=value)
    replay.add_argument("--json", type=Path, metavar="OUT", help="write the records here")
    replay.set_defaults(run=_trajectory)
    tell = commands.add_parser("report", help="print what trajectories say")
    tell.add_argument("files", type=Path, nargs="+", metavar="OUT")
    tell.set_defaults(run=lambda a: _print_report([r for f in a.files for r in json.loads(f.read_text())]))
    clock = commands.add_parser("speed", help="time a full rating and plan on synthetic items with given vectors")
    for name, value in (("items", 10_000), ("labels", 20), ("reviews", 2_000), ("repeats", 3)):
        clock.add_argument(f"--{name}", type=int, default=value)
    clock.add_argument("--json", type=Path, metavar="OUT")
    clock.set_defaults(run=_speed)
    return parser


def _trajectory(arguments: argparse.Namespace) -> None:
    material = load(arguments.items, arguments.vectors, arguments.top_labels)
    records: list[dict[str, Any]] = []
    for policy in arguments.policy or ["plateau"]:
        for run in range(arguments.runs):
            began = time.perf_counter()
            steps = trajectory(
                material, how=arguments.split, policy=policy, run=run, seed=arguments.seed, start=arguments.start,
                batch=arguments.batch, until=arguments.until,
            )  # fmt: skip
            for record in steps:
                records.append(record)
                sys.stderr.write(f"\r{policy} run {run}: {record['reviews']} reviews, {time.perf_counter() - began:.0f} s ")
            sys.stderr.write("\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(records))
    _print_report(records)


def _print_report(records: Sequence[dict[str, Any]]) -> None:
    table = report.efficiency(records)
    parts = {
        "Reviews and SME hours to a true MAP": table,
        "Reviews of random over those of each policy": report.ratios(table),
        "Estimates against the truth": report.fidelity(records),
        "Stop": report.stops(records),
        "Promised and realised gain of actions": report.promises(records),
    }
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_rows", 500):
        for title, frame in parts.items():
            if not frame.empty:
                print(f"\n{title}\n{frame.round(3).to_string(index=False)}")


def _speed(arguments: argparse.Namespace) -> None:
    result = speed(arguments.items, arguments.labels, arguments.reviews, arguments.repeats)
    if arguments.json:
        arguments.json.write_text(json.dumps(result))
    print("\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    sys.exit(main())
