"""``python -m benchmarks``: trajectory, report, experiment, planted, external, peers, speed, latency, desk, pages, ..."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from benchmarks import experiment, experiment_charts, external, report
from benchmarks.api import api
from benchmarks.desk import desk
from benchmarks.formats import formats
from benchmarks.latency import latency
from benchmarks.light import light_runs
from benchmarks.material import Material, load
from benchmarks.noise import Flips
from benchmarks.pages import pages
from benchmarks.peers import add_peers, peer_records
from benchmarks.planted import ground, planted, summary
from benchmarks.policies import POLICIES
from benchmarks.speed import speed
from benchmarks.trajectory import trajectory
from benchmarks.validation import validation
from data.errors import InvalidInput, PlateauError

Record = dict[str, Any]
_NOISE = (
    "let the annotator err: 5 %% of positives dropped, 1 %% of negatives flipped, every one alike or as the labels' positives "
    "are spread; or give every item another one's labels, which cannot be learned"
)


_LIGHT = "replay learner and truth alone, without rating, forecast and stop: seconds a run, and the same reviews to a MAP"


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
    _trajectory_options(commands)
    _add_report(commands)
    _planted_options(commands)
    _experiment_options(commands)
    _external_options(commands)
    add_peers(commands).set_defaults(run=lambda arguments: _print_tables(peer_records(arguments)))
    _add_clocks(commands)
    return parser


def _add_clocks(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The benchmarks of speed, each with its numbers and what they are unless given."""
    full = {"items": 10_000, "labels": 20, "reviews": 2_000, "repeats": 3}
    desk_of = {"items": 2_000, "labels": 20, "reviews": 300, "keys": 60}
    clocks: list[tuple[str, Callable[[argparse.Namespace], None], dict[str, int], str]] = [
        ("speed", _speed, full, "time a full rating and plan on synthetic items with given vectors"),
        ("latency", _latency, full, "time decisions and the training that follows, in a stored project made for it"),
        ("desk", _desk, desk_of, "time in a browser from a key to the next item, in a stored project made for it"),
        ("pages", _pages, {"items": 100_000, "labels": 100, "reviews": 10_000}, "time in a browser until each page shows"),
        ("api", _api, {"rate": 100, "seconds": 30}, "ask the HTTP API for next items so often, with the app open in a browser"),
        (
            "formats",
            _formats,
            {"tasks": 100_000},
            "time and memory of importing a big Label Studio file, and of writing it again",
        ),
    ]
    for name, run, numbers, words in clocks:
        clock = commands.add_parser(name, help=words)
        for number, value in numbers.items():
            clock.add_argument(f"--{number}", type=int, default=value)
        clock.add_argument("--json", type=Path, metavar="OUT")
        clock.set_defaults(run=run)
        if name == "pages":
            clock.add_argument("--db", type=Path, metavar="FILE", help="open this database instead of a project made for it")


def _trajectory_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    replay = commands.add_parser("trajectory", help="replay a project with a file's labels as the annotator")
    replay.add_argument("--items", type=Path, required=True, help="JSONL of id, text, labels[, title, split], plain or .gz")
    replay.add_argument("--vectors", type=Path, help=".npy with one row an item")
    replay.add_argument("--top-labels", type=int, nargs="+", default=[20], help="one or several numbers of labels")
    replay.add_argument("--split", choices=("file", "iid"), default="file")
    replay.add_argument("--policy", choices=sorted(POLICIES), nargs="+", action="extend", help="one or several; default: plateau")
    replay.add_argument("--noise", choices=get_args(Flips), nargs="?", const="even", help=_NOISE)
    replay.add_argument("--light", action="store_true", help=_LIGHT)
    replay.add_argument("--discover", action="store_true", help="start with Discover's typical items, not with random ones")
    replay.add_argument("--ablations", action="store_true", help="also estimate All labels without each part of its estimate")
    for name, value in (("runs", 10), ("seed", 0), ("start", 100), ("batch", 50), ("until", 1200)):
        replay.add_argument(f"--{name}", type=int, default=value)
    replay.add_argument("--json", type=Path, metavar="OUT", help="write the records here")
    replay.set_defaults(run=_trajectory)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    tell = commands.add_parser("report", help="print what trajectories say")
    tell.add_argument("files", type=Path, nargs="+", metavar="OUT")
    tell.add_argument("--json", type=Path, metavar="SUMMARY", help="write all tables here")
    tell.add_argument("--validation", type=Path, metavar="FILE", help="write what the Validation page shows here")
    tell.set_defaults(run=_report)


def _trajectory(arguments: argparse.Namespace) -> None:
    records: list[Record] = []
    for top in arguments.top_labels:
        material = load(arguments.items, arguments.vectors, top)
        setting = {"data": arguments.items.name.split(".")[0], "top_labels": len(material.names), "split": arguments.split}
        for steps in _lightly(material, arguments) if arguments.light else _fully(material, arguments):
            records += _followed(steps, {**setting, "seed": arguments.seed, "noise": arguments.noise})
            if arguments.json:
                arguments.json.write_text(json.dumps(records))
    _print_tables(records)


def _fully(material: Material, arguments: argparse.Namespace) -> Iterator[Iterator[Record]]:
    for policy in arguments.policy or ["plateau"]:
        for run in range(arguments.runs):
            yield trajectory(
                material, how=arguments.split, policy=policy, run=run, seed=arguments.seed, start=arguments.start,
                batch=arguments.batch, until=arguments.until, noise=arguments.noise, ablations=arguments.ablations,
                discover=arguments.discover,
            )  # fmt: skip


def _lightly(material: Material, arguments: argparse.Namespace) -> Iterator[Iterator[Record]]:
    if arguments.noise or arguments.ablations:
        raise InvalidInput("--light replays without estimates, which --noise and --ablations are for. Leave one of them out.")
    chosen = {name: POLICIES[name] for name in arguments.policy or ["plateau"]}
    return light_runs(
        material, chosen, how=arguments.split, runs=arguments.runs, seed=arguments.seed, start=arguments.start,
        batch=arguments.batch, until=arguments.until, discover=arguments.discover,
    )  # fmt: skip


def _followed(steps: Iterable[Record], setting: Record) -> list[Record]:
    """The records of one run with the setting they belong to, its progress on standard error."""
    began, kept = time.perf_counter(), []
    for record in steps:
        kept.append({**setting, **record})
        words = f"{setting['top_labels']} labels, {record['policy']} run {record['run']}: {record['reviews']} reviews"
        sys.stderr.write(f"\r{words}, {time.perf_counter() - began:.0f} s ")
    sys.stderr.write("\n")
    return kept


def _report(arguments: argparse.Namespace) -> None:
    records = [record for file in arguments.files for record in json.loads(file.read_text())]
    if arguments.json:
        arguments.json.write_text(json.dumps(report.summary(records)))
    if arguments.validation:
        arguments.validation.write_text(json.dumps(validation(report.complete(records)), separators=(",", ":")))
    _print_tables(records)


def _print_tables(records: Sequence[Record]) -> None:
    with pd.option_context("display.width", 220, "display.max_columns", 40, "display.max_rows", 500):
        for title, part in report.settings(records).items():
            for name, frame in report.tables(part).items():
                if not frame.empty:
                    print(f"\n{title}: {name}\n{frame.round(3).to_string(index=False)}")


def _experiment_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    tell = commands.add_parser("experiment", help="five ways of working, from replays of plateau, random and random-batch")
    tell.add_argument("--from", type=Path, nargs="+", required=True, metavar="OUT", dest="files", help="what trajectory wrote")
    tell.add_argument("--charts", type=Path, metavar="FOLDER", help="write experiment-reviews.svg, -sme.svg and -wall.svg here")
    tell.add_argument("--json", type=Path, metavar="OUT", help="write the tables here")
    tell.set_defaults(run=_experiment)


def _experiment(arguments: argparse.Namespace) -> None:
    records = [record for file in arguments.files for record in json.loads(file.read_text())]
    for target in experiment.TARGETS:
        found = experiment.table(records, target)
        within = ", ".join(f"{axis} {cost:,.2f}" for axis, cost in experiment.within_a_batch(records, target).items())
        print(f"\nMAP {target:.2f}: reviews, and hours of an expert (sme) and on the clock (wall)\n{_text(found)}")
        print(f"{experiment.BATCHES}, were a quality reached within a batch: {within}")
        print(f"\nMAP {target:.2f}: how many times more the batches and random choice need\n{_text(experiment.ratios(found))}")
    if arguments.json:
        arguments.json.write_text(json.dumps(experiment.document(records), indent=1, sort_keys=True) + "\n", "utf-8")
    if arguments.charts:
        drawn = {axis: experiment.bands(records, axis) for axis in experiment.AXES}
        print("\n".join(f"written: {path}" for path in experiment_charts.save(drawn, arguments.charts)))


def _text(frame: pd.DataFrame) -> str:
    with pd.option_context("display.width", 220, "display.max_columns", 40):
        return str(frame.round(2).to_string(index=False))


def _planted_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plant = commands.add_parser("planted", help="Balance of samples with a known bias, beside the true Balance")
    plant.add_argument("--items", type=Path, required=True, help="JSONL of id, text, labels[, title], plain or .gz")
    plant.add_argument("--vectors", type=Path, help=".npy with one row an item")
    for name, value in (("top-labels", 20), ("runs", 20), ("seed", 0)):
        plant.add_argument(f"--{name}", type=int, default=value)
    plant.add_argument("--json", type=Path, metavar="OUT", help="write every run here")
    plant.set_defaults(run=_planted)


def _planted(arguments: argparse.Namespace) -> None:
    items = ground(load(arguments.items, arguments.vectors, arguments.top_labels))
    records = list(planted(items, runs=arguments.runs, seed=arguments.seed))
    if arguments.json:
        arguments.json.write_text(json.dumps(records))
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_rows", 500):
        print(summary(records).round(3).to_string(index=False))


def _external_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    other = commands.add_parser("external", help="ratings of other models on a labelled file, beside their true worth")
    other.add_argument("--items", type=Path, required=True, help="JSONL of id, text, labels[, title], plain or .gz")
    other.add_argument("--vectors", type=Path, help=".npy with one row an item")
    other.add_argument("--policy", choices=sorted(POLICIES), nargs="+", default=["plateau", "random"])
    other.add_argument("--reviews", type=int, nargs="+", default=[200, 500, 1000], help="where estimate and truth are compared")
    for name, value in (("top-labels", 20), ("runs", 5), ("seed", 0)):
        other.add_argument(f"--{name}", type=int, default=value)
    other.add_argument("--json", type=Path, metavar="OUT", help="write every record here")
    other.set_defaults(run=_external)


def _external(arguments: argparse.Namespace) -> None:
    items, records = external.ground(load(arguments.items, arguments.vectors, arguments.top_labels)), []
    found = external.runs(items, arguments.policy, runs=arguments.runs, seed=arguments.seed, checkpoints=arguments.reviews)
    for record in found:
        records.append(record)
        sys.stderr.write(f"\r{record['policy']}, seed {record['seed']}: {record['reviews']} reviews, {record['model']}   ")
        if arguments.json:
            arguments.json.write_text(json.dumps(records))
    with pd.option_context("display.width", 240, "display.max_columns", 30, "display.max_rows", 500):
        print(f"\n{external.summary(records).round(3).to_string(index=False)}")


def _latency(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _tell(latency(Path(folder), arguments.items, arguments.reviews, arguments.labels, arguments.repeats), arguments.json)


def _desk(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _tell(desk(Path(folder), arguments.items, arguments.reviews, arguments.labels, arguments.keys), arguments.json)


def _pages(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = pages(arguments.db, Path(folder), arguments.items, arguments.reviews, arguments.labels)
    if arguments.json:
        arguments.json.write_text(json.dumps(found))
    table = pd.DataFrame.from_dict(found.pop("pages"), orient="index", columns=["first, ms", "again, ms", "by address, ms"])
    _tell(found, None)
    print(table.to_string())


def _api(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _tell(api(Path(folder), arguments.rate, arguments.seconds), arguments.json)


def _formats(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _tell(formats(Path(folder), arguments.tasks), arguments.json)


def _speed(arguments: argparse.Namespace) -> None:
    _tell(speed(arguments.items, arguments.labels, arguments.reviews, arguments.repeats), arguments.json)


def _tell(result: Record, out: Path | None) -> None:
    """Print one result, a line each, and write it as JSON if asked to."""
    if out:
        out.write_text(json.dumps(result))
    print("\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    sys.exit(main())
