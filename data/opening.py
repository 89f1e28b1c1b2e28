"""Finding what a command line names: a database that exists, a project by its name or number."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from data.errors import NotFound, StoreError
from data.records import Project
from data.store import Store


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add ``--db``: by default the variable PLATEAU_DB, else plateau.db in the current folder."""
    default = os.environ.get("PLATEAU_DB", "plateau.db")
    words = f"the database (PLATEAU_DB; now {default})"
    parser.add_argument("--db", type=Path, default=Path(default), metavar="PATH", help=words)


def open_store(path: Path) -> Store:
    """The store in an existing file; a mistyped path is an error, not a new database."""
    if not path.exists():
        raise StoreError(f"There is no database {path}. Import a file first, or give its path with --db.")
    return Store(path)


def find_project(store: Store, name: str) -> Project:
    """The project with this name or, when there is none and the name is a number, with this number."""
    try:
        return store.project(name)
    except NotFound:
        if not name.isdigit():
            raise
        return store.project(int(name))
