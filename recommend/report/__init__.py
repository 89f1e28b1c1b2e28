"""The report to hand over: one record of what is known of a project, and its forms for people and programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data.errors import InvalidInput
from recommend.report.digest import as_markdown
from recommend.report.document import as_json
from recommend.report.gather import report_of
from recommend.report.page import as_html
from recommend.report.records import Report


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the report: its title, the media type of its bytes, and how they are made; the same report, the same bytes."""

    title: str
    media: str
    write: Callable[[Report], bytes]


def _pdf(report: Report) -> bytes:
    from recommend.report.pdf import as_pdf

    return as_pdf(report)


def _xlsx(report: Report) -> bytes:
    from recommend.report.workbook import as_xlsx

    return as_xlsx(report)


#: The forms by the endings of their files.
FORMS: Mapping[str, Form] = {
    "html": Form("HTML", "text/html", lambda report: as_html(report).encode()),
    "pdf": Form("PDF", "application/pdf", _pdf),
    "xlsx": Form("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": Form("JSON", "application/json", lambda report: as_json(report).encode()),
    "md": Form("Markdown", "text/markdown", lambda report: as_markdown(report).encode()),
}


def form_of(ending: str) -> Form:
    """The form for a file's ending, with or without its dot. InvalidInput names those that there are."""
    form = FORMS.get(ending.lower().removeprefix("."))
    if form is None:
        raise InvalidInput(f"A report cannot be written as {ending or 'a file without an ending'}. Choose {', '.join(FORMS)}.")
    return form


def file_name(project: str, ending: str) -> str:
    """What a report's file is called.

    >>> file_name("Sample: Larkbench", "pdf")
    'sample-larkbench-report.pdf'
    """
    words = "".join(c if c.isalnum() else " " for c in project.lower()).split()
    return f"{'-'.join([*words, 'report'])}.{ending}"


__all__ = ["FORMS", "Form", "Report", "file_name", "form_of", "report_of"]
