"""The command line of the store: projects, preview, import, export, labels, undo, history, leases, other models, check."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from data.cli_models import add_models
from data.cli_output import Progress, lines_of_import, lines_of_preview, show
from data.cli_people import add_people
from data.cli_watch import add_watch
from data.errors import ImportFailed, InvalidInput, NotFound, PlateauError, StoreError
from data.exports import (
    FORMATS,
    ExportFormat,
    Handover,
    Table,
    export_file,
    items_table,
    predictions_table,
    reviews_table,
    stored_predictions,
    times_table,
)
from data.formats.exporting import export_tool
from data.formats.losses import losses
from data.formats.overview import carried
from data.formats.tools import TOOLS
from data.imports import ColumnMap, ImportOptions, ImportReport, Staged, inspect
from data.imports.columns import guess
from data.imports.reader import recognise
from data.imports.reading import Reading
from data.imports.records import ROLES, TABLE, Shape
from data.imports.source import Source
from data.records import Project
from data.store import Store

_LISTS = ("text", "one_hot")
_IMPORTED = "These are the predictions that were imported; those of Plateau's own model are exported on the Data page."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0 when it did its work (rejected rows are reported), 2 when it could not.

    ``watch --once`` ends with 1 when it could not take one of the files.
    """
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except PlateauError as error:
        print(error, file=sys.stderr)  # noqa: T201  the command line's own voice
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data", description="Import, export and look after Plateau projects.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "projects", _projects, "list the projects of the database")
    _reading(_command(commands, "preview", _preview, "show what a file holds and how it would be imported; writes nothing"))
    taking = _command(commands, "import", _import, "import a file into a project, which is created if there is none")
    taking.add_argument("--project", required=True, metavar="NAME", help="the project to import into")
    taking.add_argument("--single-label", action="store_true", help="a new project gives every item one label")
    _reading(taking)
    giving = _command(commands, "export", _export, "write items, reviews, times or imported predictions to a file")
    giving.add_argument("--project", required=True, metavar="NAME")
    giving.add_argument("--what", choices=("items", "reviews", "times", "predictions"), default="items", help="default: items")
    giving.add_argument("--format", choices=(*FORMATS, *_written()), help="default: as the name of --out ends")
    giving.add_argument("--question", default="labels", metavar="NAME", help="what a tool is to call the field of labels")
    giving.add_argument("--out", required=True, type=Path, metavar="FILE", help="replaced if it exists")
    _command(commands, "formats", _formats, "list the formats of other tools and what each of them carries")
    labels = _command(commands, "labels", _labels, "list the labels of a project")
    labels.add_argument("--project", required=True, metavar="NAME")
    labels.add_argument("--all", action="store_true", help="retired and merged ones too")
    undo = _command(commands, "undo", _undo, "take back an annotator's newest review")
    undo.add_argument("--project", required=True, metavar="NAME")
    undo.add_argument("--annotator", required=True, metavar="NAME")
    add_people(commands, _command)
    add_models(commands, _command)
    add_watch(commands, _command, _reading, _take, _understood)
    _command(commands, "check", _check, "check the database file for damage")
    return parser


def _written() -> list[str]:
    return [key for key, tool in TOOLS.items() if tool.writer is not None]


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    default = os.environ.get("PLATEAU_DB", "plateau.db")
    parser.add_argument(
        "--db", type=Path, default=Path(default), metavar="PATH", help=f"the database (PLATEAU_DB; now {default})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)
    return parser


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV, TSV, JSON, JSON Lines (these also .gz), XLSX, Parquet, or a folder or zip archive of them",
    )
    parser.add_argument(
        "--map", action="append", default=[], metavar="ROLE=COLUMN",
        help=f"which column means what; repeat to join texts; no COLUMN: none. Roles: text, one_hot, {', '.join(ROLES)}",
    )  # fmt: skip
    parser.add_argument("--long", action="store_true", help="each row names one label; the rows of an id belong together")
    parser.add_argument("--label-separator", metavar="MARK", help="what divides the labels of a cell; empty: a cell is one label")
    parser.add_argument("--keep-going", action="store_true", help="take a file that breaks off as far as it can be read")
    parser.add_argument("--empty-is-reviewed", action="store_true", help="no label and no state means reviewed with no label")
    parser.add_argument("--pool", action="store_true", help="messages only: leave the file's labels out")
    parser.add_argument("--annotator", default="import", metavar="NAME", help="who judged rows that name nobody")
    parser.add_argument("--encoding", metavar="NAME", help="default: detected")
    parser.add_argument("--separator", metavar="MARK", help="default: detected")
    parser.add_argument("--sheet", metavar="NAME", help="of an XLSX workbook; default: the first")
    parser.add_argument("--as", dest="tool", choices=(TABLE, *TOOLS), help="the format of a tool, or table; default: detected")
    parser.add_argument("--question", metavar="NAME", help="the control, question or field that holds the labels")


def _options(arguments: argparse.Namespace, single_label: bool = False) -> ImportOptions:
    return ImportOptions(
        encoding=arguments.encoding, separator=_mark(arguments.separator), sheet=arguments.sheet, single_label=single_label,
        empty_is_reviewed=arguments.empty_is_reviewed, pool=arguments.pool, annotator=arguments.annotator,
        keep_going=arguments.keep_going,
        tool=arguments.tool or (TABLE if arguments.map or arguments.long else None), question=arguments.question,
    )  # fmt: skip


def _mark(written: str | None) -> str | None:
    mark = {"\\t": "\t", "tab": "\t"}.get(written or "", written)
    if mark is not None and len(mark) != 1:
        raise ImportFailed(f"A separator is one character, not {written!r}. Use , or ; or | or tab.")
    return mark


def _map(arguments: argparse.Namespace, guessed: ColumnMap) -> ColumnMap:
    """The guessed map with what the person said instead."""
    said: dict[str, Any] = {}
    for pair in arguments.map:
        role, equals, column = pair.partition("=")
        if not equals or role not in (*_LISTS, *ROLES):
            raise ImportFailed(f"--map {pair!r} is not ROLE=COLUMN with one of the roles {', '.join((*_LISTS, *ROLES))}.")
        said[role] = (*said.get(role, ()), *([column] if column else [])) if role in _LISTS else column or None
    taken = {column for value in said.values() for column in (value if isinstance(value, tuple) else (value,))}
    freed = {role: None for role in ROLES if role not in said and getattr(guessed, role) in taken}
    long = {"long": True} if arguments.long else {}
    mark = {} if arguments.label_separator is None else {"label_separator": arguments.label_separator}
    return replace(guessed, **{**freed, **said, **long, **mark})


def _store(arguments: argparse.Namespace, *, create: bool = False) -> Store:
    if not create and not arguments.db.exists():
        raise StoreError(f"There is no database {arguments.db}. Import a file first, or give its path with --db.")
    return Store(arguments.db)


def _projects(arguments: argparse.Namespace) -> None:
    store = _store(arguments)
    found = [{**asdict(p), "items": store.count_items(p.id), "reviewed": store.count_reviewed(p.id)} for p in store.projects()]
    show(
        arguments,
        found,
        [f"{p['name']}: {p['items']:,} items, {p['reviewed']:,} reviewed" for p in found] or ["No projects yet."],
    )


def _preview(arguments: argparse.Namespace) -> None:
    options = _options(arguments)
    seen = inspect(arguments.file, options=options)
    mapped = _map(arguments, seen.map)
    if mapped != seen.map:
        mapped.check(seen.columns, closed=seen.format not in ("json", "jsonl"))
        seen = inspect(arguments.file, options=options, columns=mapped)
    show(arguments, asdict(seen), lines_of_preview(seen))


def _existing(arguments: argparse.Namespace) -> Project | None:
    try:
        return Store(arguments.db).project(arguments.project) if arguments.db.exists() else None
    except NotFound:
        return None


def _open(arguments: argparse.Namespace, options: ImportOptions, file: Path | None = None) -> Reading:
    source = Source.of(file or arguments.file)
    shape = recognise(source, options)
    return Reading(source, shape, _map(arguments, guess(shape)), options)


def _import(arguments: argparse.Namespace) -> None:
    before = _existing(arguments)
    single = before.single_label if before else arguments.single_label
    progress, reading = Progress(), _open(arguments, _options(arguments, single))
    with progress, Staged(reading, progress.import_step) as staged:
        report = staged.write(_store(arguments, create=True), arguments.project)
    name = " ".join(arguments.project.split())
    show(arguments, {"project": name, **asdict(report)}, lines_of_import(name, report))


def _take(arguments: argparse.Namespace, file: Path, store: Store, project: Project) -> ImportReport:
    with Staged(_open(arguments, _options(arguments, project.single_label), file)) as staged:
        return staged.write(store, project.id)


def _understood(arguments: argparse.Namespace, shape: Shape, single_label: bool) -> tuple[ColumnMap, ImportOptions]:
    return _map(arguments, guess(shape)), _options(arguments, single_label)


def _export(arguments: argparse.Namespace) -> None:
    store, progress = _store(arguments), Progress()
    project = store.project(arguments.project)
    named = arguments.out.suffix.lstrip(".").lower()
    if arguments.format is None and named not in FORMATS:
        known = ", ".join(FORMATS)
        raise InvalidInput(f"The name {arguments.out.name!r} ends in none of {known}. Rename it, or give --format.")
    if arguments.format in TOOLS:
        _hand_over(arguments, store, project)
        return
    kind: ExportFormat = arguments.format or named
    with progress:
        report = export_file(_table(store, project.id, arguments.what), arguments.out, kind, progress.export_step)
    if arguments.what == "predictions":
        report = replace(report, notes=(*report.notes, _IMPORTED))
    lines = [f"{report.rows:,} rows of {arguments.what} written to {arguments.out}.", *report.notes]
    show(arguments, {"path": str(arguments.out), "format": kind, **asdict(report)}, lines)


def _hand_over(arguments: argparse.Namespace, store: Store, project: Project) -> None:
    """Write all of a project in a tool's format."""
    if arguments.what != "items":
        raise InvalidInput(
            f"{TOOLS[arguments.format].title} holds items, not {arguments.what}. Choose csv, jsonl or parquet for them."
        )
    lost = losses(store, project.id, arguments.format)
    report = export_tool(Handover(store, project, question=arguments.question), arguments.format, arguments.out)
    notes = (*report.notes, *lost)
    lines = [f"{report.rows:,} items written to {arguments.out}.", *(f"Note: {note}" for note in notes)]
    show(arguments, {"path": str(arguments.out), "format": arguments.format, "rows": report.rows, "notes": notes}, lines)


def _table(store: Store, project_id: int, what: str) -> Table:
    if what == "items":
        return items_table(store, project_id)
    if what == "reviews":
        return reviews_table(store, project_id)
    if what == "times":
        return times_table(store, project_id)
    return predictions_table(lambda: stored_predictions(store, project_id))


def _formats(arguments: argparse.Namespace) -> None:
    ways = {(True, True): "read and written", (True, False): "read", (False, True): "written"}
    lines = [f"{f['format']}: {f['title']} ({ways[bool(f['read']), bool(f['written'])]})" for f in carried()]
    show(arguments, carried(), lines)


def _labels(arguments: argparse.Namespace) -> None:
    store = _store(arguments)
    project = store.project(arguments.project)
    never = store.never_used(project.id) if arguments.all else set()
    labels = [label for label in store.labels(project.id, retired=arguments.all) if label.id not in never]
    names = {label.id: label.name for label in labels}
    ends = {label.id: "retired" if label.retired_at else f"merged into {names.get(label.merged_into or 0)}" for label in labels}
    lines = [f"{x.name} ({ends[x.id]})" if x.retired_at or x.merged_into else x.name for x in labels]
    show(arguments, [asdict(label) for label in labels], lines or ["No labels yet."])


def _undo(arguments: argparse.Namespace) -> None:
    store = _store(arguments)
    project = store.project(arguments.project)
    undone = store.undo_review(project.id, arguments.annotator)
    if undone is None:
        raise NotFound(f"{arguments.annotator!r} has no review in {project.name!r} to take back.")
    uid = store.item(project.id, undone.item_id).uid
    show(arguments, {"item": uid, "review": asdict(undone)}, [f"The review of item {uid} was taken back."])


def _check(arguments: argparse.Namespace) -> None:
    verdict = _store(arguments).integrity()
    if verdict != "ok":
        raise StoreError(f"{arguments.db} is damaged: {verdict}. Restore a copy.")
    show(arguments, {"integrity": verdict}, [f"{arguments.db} is sound."])
