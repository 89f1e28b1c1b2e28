"""``python -m recommend tasks``: an action's items as a list of tasks for another tool, with what the model thinks of them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data.errors import InvalidInput
from data.exits import FINE, guarded
from data.exports import Handover
from data.exports.table import ExportReport
from data.exports.writing import whole_file
from data.formats.exporting import export_tool
from data.formats.label_studio_write import config_of
from data.formats.tools import TOOLS
from data.opening import add_database, find_project, open_store
from data.records import Project, StoredAction
from data.store import Store
from rating.service import rate_project
from recommend.sending import DAYS, sent_out
from recommend.serving import positions

Predicted = Callable[[int], Mapping[str, float] | None]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the list. Exit code 0, or 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: _write(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recommend tasks", description="Write an action's items as tasks for another tool, with predictions. What "
        "is imported from there counts for the action; once every item has come back, it is done.",
    )  # fmt: skip
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--action", required=True, type=int, metavar="NUMBER", help="as python -m recommend lists them")
    written = [key for key, tool in TOOLS.items() if tool.writer is not None]
    parser.add_argument("--format", choices=written, default="label-studio", help="default: label-studio")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="replaced if it exists")
    parser.add_argument("--annotator", default="elsewhere", metavar="WHO", help="who takes the action; default: elsewhere")
    parser.add_argument("--days", type=float, default=DAYS, help=f"how long nobody else gets the items; default: {DAYS:g}")
    parser.add_argument("--question", default="labels", metavar="NAME", help="what the tool is to call the field of labels")
    parser.add_argument("--config", type=Path, metavar="FILE", help="also write a labelling config for Label Studio here")
    parser.add_argument("--no-predictions", action="store_true", help="items alone; rates nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


def _write(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.db)
    project = find_project(store, arguments.project)
    _check_places(arguments)
    with sent_out(store, project.id, arguments.action, arguments.annotator, arguments.days) as action:
        report = _tasks(arguments, store, project, action)
    words = f"{report.rows:,} tasks of action {action.id} written to {arguments.out}. What comes back by import counts for it."
    told = {"action": action.id, "kind": action.kind, "tasks": report.rows, "path": str(arguments.out), "notes": report.notes}
    sys.stdout.write((json.dumps(told, ensure_ascii=False) if arguments.json else "\n".join((words, *report.notes))) + "\n")
    return FINE


def _check_places(arguments: argparse.Namespace) -> None:
    """Refuse places that cannot be written to, before anything is begun."""
    for path in filter(None, (arguments.out, arguments.config)):
        if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise InvalidInput(
                f"{path} cannot be written: it is a folder, or its folder is not there or closed. Give another path."
            )


def _tasks(arguments: argparse.Namespace, store: Store, project: Project, action: StoredAction) -> ExportReport:
    """Write the tasks and, if it is asked for, the labelling config; StoreError when that fails."""
    predicted, version = (None, "") if arguments.no_predictions else model_of(store, project)
    handover = Handover(store, project, action.item_ids, arguments.question, predicted, version, action)
    if arguments.config:
        with whole_file(arguments.config) as out:
            out.write(f"{config_of(handover)}\n".encode())
    return export_tool(handover, arguments.format, arguments.out)


def model_of(store: Store, project: Project) -> tuple[Predicted | None, str]:
    """What Plateau's own model gives each label of an item, and the model's version; (None, "") while there is no model."""
    sys.stderr.write("Rating ...\n")
    result = rate_project(store, project.id).result
    if result.assessment is None:
        return None, ""
    known, table, names = result.evidence.item_ids, result.assessment.probability, result.evidence.label_names

    def predicted(item_id: int) -> Mapping[str, float] | None:
        place = int(positions(known, [item_id])[0])
        if place == len(known) or known[place] != item_id:
            return None
        return {name: round(float(p), 4) for name, p in zip(names, table[place], strict=True)}

    return predicted, f"plateau-{result.rating.model_version}"
