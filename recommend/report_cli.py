"""``python -m recommend report``: the report of a project as a file to hand over."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data.exits import FINE, guarded
from data.exports.writing import whole_file
from data.opening import add_database, find_project, open_store
from recommend.report import FORMS, form_of, report_of
from recommend.service import plan_project


def main(argv: Sequence[str] | None = None) -> int:
    """Rate, plan and write the report. Exit code 0; 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: _write(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recommend report",
        description="A project's rating, evidence, risks and next actions as a file to hand over.",
    )
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument(
        "--out", required=True, nargs="+", type=Path, metavar="FILE",
        help=f"the file to write, and others; its ending says the form: {', '.join(FORMS)}",
    )  # fmt: skip
    parser.add_argument("--with-texts", action="store_true", help="quote items of the next actions; else no item's text is in it")
    return parser


def _write(arguments: argparse.Namespace) -> int:
    forms = [(path, form_of(path.suffix)) for path in arguments.out]
    store = open_store(arguments.db)
    project_id = find_project(store, arguments.project).id
    sys.stderr.write("Rating and planning ...\n")
    served = plan_project(store, project_id).served
    report = report_of(store, project_id, served, texts=arguments.with_texts)
    for path, form in forms:
        with whole_file(path) as out:
            out.write(form.write(report))
        sys.stdout.write(f"{path}: {form.title}, revision {report.rating.revision}\n")
    return FINE
