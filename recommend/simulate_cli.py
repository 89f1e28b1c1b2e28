"""``python -m recommend simulate``: would another way of choosing items have been quicker?"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from data.errors import InvalidInput
from data.opening import add_database, find_project, open_store
from data.records import Simulation
from recommend.replay import TITLES
from recommend.simulate import WhatIf, simulate_project
from recommend.verdict import answer, caveats, hours, lines, usual_target


def run(argv: Sequence[str]) -> str:
    """Simulate and keep the result; the answer as text or JSON. PlateauError when it cannot be done."""
    arguments = _parser().parse_args(argv)
    if arguments.nice and hasattr(os, "nice"):
        os.nice(arguments.nice)
    if arguments.target is not None and not 0.0 < arguments.target <= 1.0:
        raise InvalidInput(f"The precision to reach is above 0 and at most 1; not {arguments.target:g}. Correct --target.")
    store = open_store(arguments.db)
    project = find_project(store, arguments.project)
    what = WhatIf(
        tuple(dict.fromkeys(arguments.strategies)), arguments.runs, arguments.handed_over, arguments.handover_hours,
        arguments.retraining_hours, arguments.seed,
    )  # fmt: skip
    kept = simulate_project(store, project.id, what, job=arguments.job, on_progress=_say)
    sys.stderr.write("\n")
    found = as_document(kept, arguments.target)
    return json.dumps(found, ensure_ascii=False) if arguments.json else as_text(found)


def _parser() -> argparse.ArgumentParser:
    usual = WhatIf()
    parser = argparse.ArgumentParser(prog="python -m recommend simulate", description=_ABOUT)
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument(
        "--strategies", nargs="+", choices=TITLES, default=list(usual.strategies), metavar="NAME",
        help=f"the first one is held against the others; of {', '.join(TITLES)} (default: {' '.join(usual.strategies)})",
    )  # fmt: skip
    parser.add_argument(
        "--target", type=float, help="the mean average precision to reach, 0 to 1 (default: four fifths of the rise)"
    )
    for name, words in _NUMBERS.items():
        value = getattr(usual, name)
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value, metavar="N", help=f"{words} (default: {value:g})")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--nice", type=int, default=0, help="lower the priority by this much (0 to 19)")
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    return parser


_ABOUT = "Replay a project's own reviews as if the items had been chosen in another way."
_NUMBERS = {
    "runs": "replays of each strategy, each of which holds out other items",
    "handed_over": "items of a batch that is handed over",
    "handover_hours": "hours that a batch handed over waits",
    "retraining_hours": "hours that training on it takes",
    "seed": "what everything left to chance begins from",
}


def _say(percent: int, words: str) -> bool:
    sys.stderr.write(f"\r{percent:3d} %  {words:<70}")
    return True


def as_document(kept: Simulation, target: float | None = None) -> dict[str, Any]:
    """What a simulation says, with its figures."""
    aim = usual_target(kept.result) if target is None else target
    table = [] if aim is None else lines(kept.result, aim, _waiting(kept.settings))
    words = ["The model hardly became better in this replay: there is nothing to compare."] if aim is None else answer(table, aim)
    rows = [{k: None if v != v else v for k, v in asdict(line).items()} for line in table]
    return {
        "revision": kept.revision, "settings": dict(kept.settings), "target": aim, "answer": words,
        "caveats": caveats(kept.result), "strategies": rows, "curves": kept.result["curves"],
    }  # fmt: skip


def _waiting(settings: Mapping[str, Any]) -> float:
    return float(settings["handover_hours"] + settings["retraining_hours"])


def as_text(found: Mapping[str, Any]) -> str:
    """The answer, the table behind it, and what it cannot tell."""
    rows = [f"{'':<28}{'reviews':>9}{'±':>6}{'work':>9}{'clock':>9}{'mean MAP':>10}"] if found["strategies"] else []
    for line in found["strategies"]:
        cells = [_number(line["reviews"]), _number(line["spread"]), _hours(line["work"]), _hours(line["clock"])]
        rows.append(f"{line['title']:<28}{cells[0]:>9}{cells[1]:>6}{cells[2]:>9}{cells[3]:>9}{line['area']:>10.3f}")
    return "\n".join([*found["answer"], "", *rows, "", *(f"- {words}" for words in found["caveats"])])


def _number(value: float | None) -> str:
    return "never" if value is None else f"{value:,.0f}"


def _hours(value: float | None) -> str:
    return "never" if value is None else hours(value)
