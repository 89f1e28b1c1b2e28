"""The commands for other models: take their predictions, list them, say what they have not seen, put one in charge."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.cli_output import show
from data.imports.predictions import PredictionsReport, import_predictions
from data.imports.records import ImportOptions
from data.layout import own_version
from data.opening import open_store
from data.records import EVIDENCE, ExternalModel

_SHOWN = 20
_SEEN = (
    "which reviews are out of its sample: those given after its prediction (before-review, the default), or all, because each "
    "item was predicted by a model that had not seen it (out-of-fold) or because it was trained on none of these items "
    "(trained-on-none)"
)


def add_models(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add ``predictions``, ``models``, ``declare`` and ``use`` to the commands, each made by ``command``."""
    taking = command(commands, "predictions", _predictions, "take another model's scores for items that are there already")
    taking.add_argument("file", type=Path, metavar="FILE", help="id and label_scores; or id, label, score; or a column a label")
    taking.add_argument("--project", required=True, metavar="NAME")
    taking.add_argument("--model", metavar="VERSION", help="who made them; default: the column model_version")
    taking.add_argument("--at", metavar="TIME", help="when they were made, ISO-8601; default: the column predicted_at, or now")
    taking.add_argument("--evidence", choices=EVIDENCE, help=_SEEN)
    listing = command(commands, "models", _models, "list the other models whose predictions the project has")
    listing.add_argument("--project", required=True, metavar="NAME")
    saying = command(commands, "declare", _declare, "say which reviews are out of another model's sample")
    saying.add_argument("--project", required=True, metavar="NAME")
    saying.add_argument("--model", required=True, metavar="VERSION")
    saying.add_argument("--evidence", required=True, choices=EVIDENCE, help=_SEEN)
    using = command(commands, "use", _use, "say which model plans and suggests")
    using.add_argument("--project", required=True, metavar="NAME")
    who = using.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--model",
        metavar="VERSION",
        help="one that 'models' lists; what it handles well is not asked for. "
        "plateau-3: version 3 of Plateau's own, until --own unpins it",
    )
    who.add_argument("--own", action="store_true", help="Plateau's own model")


def _predictions(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    project = store.project(arguments.project)
    report = import_predictions(store, project.id, arguments.file, arguments.model, at=arguments.at, options=ImportOptions())
    for version in report.counts.versions if arguments.evidence else ():
        store.declare_model(project.id, version, arguments.evidence)
    show(arguments, asdict(report), _lines(project.name, report))


def _lines(project: str, report: PredictionsReport) -> list[str]:
    """What a file of predictions brought, in words."""
    counts, hidden = report.counts, report.rejected - _SHOWN
    made = ", ".join(counts.versions) or "nobody"
    return [
        f"{project}: {report.rows:,} rows in, {report.rejected:,} rejected; predictions by {made}.",
        f"Predictions: {counts.added:,} added, {counts.changed:,} changed, {counts.unchanged:,} unchanged.",
        *(f"  {rejection}" for rejection in report.rejections[:_SHOWN]),
        *([f"  and {hidden:,} more; --json lists the first {len(report.rejections):,}"] if hidden > 0 else []),
        *(f"Note: {warning}" for warning in report.warnings),
    ]


def _models(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    found = store.external_models(store.project(arguments.project).id)
    show(arguments, [asdict(model) for model in found], list(map(line, found)) or ["No predictions of another model yet."])


def line(model: ExternalModel) -> str:
    """A model version in words."""
    return f"{model.version}: {model.items:,} items, predicted {model.first_at[:19]} to {model.last_at[:19]}; {model.evidence}"


def _declare(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    project = store.project(arguments.project)
    store.declare_model(project.id, arguments.model, arguments.evidence)
    model = store.external_model(project.id, arguments.model)
    show(arguments, asdict(model), [line(model)])


def _use(arguments: argparse.Namespace) -> None:
    store = open_store(arguments.db)
    project = store.project(arguments.project)
    earlier = own_version(arguments.model)
    if earlier is None:
        store.put_in_charge(project.id, arguments.model)
    else:
        store.pin_version(project.id, earlier)
    words = arguments.model or "Plateau's own model"
    show(arguments, {"in_charge": arguments.model}, [f"{project.name}: {words} plans and suggests from the next plan on."])
