"""``python -m data watch``: import what is new in a folder or a database, as it comes."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data.cli_watch_rows import RowWatch
from data.cli_watch_said import BEFORE, Outcome
from data.errors import InvalidInput, PlateauError, StoreError
from data.exits import FINE, OTHERWISE
from data.imports import ImportOptions, ImportReport
from data.imports.records import ColumnMap, Shape
from data.records import Project
from data.store import Store
from data.watching import Watch, digest

#: How a file is imported: by the options of the command line, into the project.
Importing = Callable[[argparse.Namespace, Path, Store, Project], ImportReport]
#: What the columns of a database mean, and how they are read, by the options and whether an item has one label only.
Understanding = Callable[[argparse.Namespace, Shape, bool], tuple[ColumnMap, ImportOptions]]
#: Options that say how a file is read: one that failed is tried again when another is given.
_MANNER = ("map", "long", "label_separator", "keep_going", "empty_is_reviewed", "pool", "annotator", "encoding", "separator",
           "sheet", "tool", "question")  # fmt: skip


def add_watch(
    commands: Any, command: Callable[..., argparse.ArgumentParser], reading: Callable[..., None], take: Importing,
    understand: Understanding,
) -> None:  # fmt: skip
    """Add ``watch`` to the commands, each made by ``command``; ``reading`` adds how files are read, ``take`` imports one.

    ``understand`` says what the columns of a database mean.
    """
    parser = command(
        commands, "watch", lambda arguments: run(arguments, take, understand),
        "import new and changed files of a folder, or rows of an SQLite database, as they come; other databases are not watched",
    )  # fmt: skip
    parser.add_argument("--project", required=True, metavar="NAME", help="the project to import into; made if there is none")
    parser.add_argument("--single-label", action="store_true", help="a new project gives every item one label")
    parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="how often to look; default: 30")
    parser.add_argument("--settle", type=float, default=2.0, metavar="SECONDS", help="a file is whole when unchanged so long")
    parser.add_argument("--table", metavar="NAME", help="FILE is an SQLite database: a table or view of it. It is only read.")
    parser.add_argument("--query", metavar="SELECT", help="or one SELECT. For Postgres and others, let a job write a file here")
    parser.add_argument("--once", action="store_true", help="import what is there and end: 0, or 1 when some could not be taken")
    reading(parser)


def run(arguments: argparse.Namespace, take: Importing, understand: Understanding) -> int:
    """Look again and again until somebody stops it; with ``--once`` until everything is whole and taken."""
    if arguments.every <= 0 or arguments.settle < 0:
        raise InvalidInput("--every is more than 0 seconds and --settle 0 or more. Give other numbers, or leave them out.")
    rows = RowWatch.of(
        arguments.file, arguments.table, arguments.query, lambda shape: understand(arguments, shape, arguments.single_label)[0]
    )
    watch = rows or Watch([arguments.file], arguments.settle)
    store = Store(arguments.db)
    project, failed = store.create_project(arguments.project, single_label=arguments.single_label), False
    if not arguments.once:  # a service manager stops it as a person does
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            for outcome in _looked(watch, store, project, arguments, take, understand):
                failed = failed or outcome.state in ("failed", BEFORE, "postponed")
                _say(arguments, project, outcome)
            if arguments.once and not watch.waits:
                return OTHERWISE if failed else FINE
            time.sleep(min(arguments.every, arguments.settle or arguments.every) if watch.waits else arguments.every)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was imported stays.\n")
        return FINE


def _looked(
    watch: Watch | RowWatch, store: Store, project: Project, arguments: argparse.Namespace, take: Importing,
    understand: Understanding,
) -> Iterator[Outcome]:  # fmt: skip
    """What a look finds, and what became of it."""
    if isinstance(watch, Watch):
        return outcomes(watch, store, project, arguments, take)
    return watch.look(store, project, _manner(arguments), lambda shape: understand(arguments, shape, project.single_label))


def _manner(arguments: argparse.Namespace) -> str:
    return json.dumps([getattr(arguments, name) for name in _MANNER])


def outcomes(watch: Watch, store: Store, project: Project, arguments: argparse.Namespace, take: Importing) -> Iterator[Outcome]:
    """Take in every file that a look finds, one after the other."""
    for path in watch.look():
        outcome = _outcome(path, store, project, arguments, take)
        if outcome.state == "postponed":
            watch.again(path)
        yield outcome


def _outcome(path: Path, store: Store, project: Project, arguments: argparse.Namespace, take: Importing) -> Outcome:
    manner = _manner(arguments)
    try:
        content = digest(path)
        if (state := _before(path, store, project, content, manner)) is not None:
            return Outcome(path, state)
        try:
            outcome = Outcome(path, "imported", report=take(arguments, path, store, project))
        except StoreError:
            raise
        except PlateauError as error:
            outcome = Outcome(path, "failed", str(error))
        store.save_watched(project.id, content, str(path), outcome.state, manner)
        return outcome
    except PlateauError as error:  # the file cannot be read now, or the database is busy
        return Outcome(path, "postponed", f"{error} It is tried again.")


def _before(path: Path, store: Store, project: Project, content: str, manner: str) -> str | None:
    """What is known of a file's content; None when it is to be taken, as is what comes back after another one at its path."""
    state, read = store.watched(project.id, content) or ("", "")
    if state == "imported":
        return None if store.taken_since(project.id, content, str(path)) else "known"
    return BEFORE if state and read == manner else None


def _say(arguments: argparse.Namespace, project: Project, outcome: Outcome) -> None:
    if arguments.json:
        sys.stdout.write(json.dumps(outcome.document(), ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in outcome.lines(project.name)))
    sys.stdout.flush()
