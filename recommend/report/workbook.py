"""A report as a workbook: numbers as numbers, unknown ones as a word, nothing that a spreadsheet would run. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font

from data.exports.xlsx_file import escape
from data.layout import neutralise
from rating.records import Contributor, Estimate
from recommend.report.blocks import MARKS, Line, Lines, Table, Text
from recommend.report.content import stop_section
from recommend.report.method import method
from recommend.report.records import Report
from recommend.wording import ANSWER_WORDS, LOOKS, MEANINGS

#: Entries of an archive begin with this day: the first that there is.
_DAY = (1980, 1, 1, 0, 0, 0)
_UNKNOWN = "unknown"
Row = Sequence[Any]


def as_xlsx(report: Report) -> bytes:
    """The workbook; the same report gives the same bytes."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in _SHEETS.items():
        _fill(book.create_sheet(name), list(rows(report)))
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue(), report.at)


def _fill(sheet: Any, rows: Sequence[Row]) -> None:
    """The rows, the first of them as headings that stay in view, in columns as wide as what they hold."""
    for row in rows:
        sheet.append([escape(neutralise(cell)) if isinstance(cell, str) else cell for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for column in sheet.columns:
        longest = max((len(str(cell.value)) for cell in column if cell.value is not None), default=0)
        sheet.column_dimensions[column[0].column_letter].width = min(max(longest + 2, 10), 70)
        for cell in column:
            cell.alignment = Alignment(vertical="top", wrap_text=longest > 68)
            if isinstance(cell.value, float):
                cell.number_format = "0.00"


def _without_clock(book: bytes, at: str) -> bytes:
    """The same archive as if written when the project was rated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[\d:]+Z<", f">{at[:19]}Z<".encode(), content)
            new.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _cells(estimate: Estimate, scale: float = 1.0) -> tuple[Any, Any, Any]:
    """A value with the ends of its interval; what is unknown is said."""
    found = estimate.scaled(scale)
    return _UNKNOWN if found.value is None else found.value, found.low, found.high


def _or_unknown(value: float | None, scale: float = 1.0) -> Any:
    return _UNKNOWN if value is None else scale * value


def _rating(report: Report) -> Iterator[Row]:
    rating = report.rating
    look, facts = LOOKS[rating.band], report.rating.score
    yield "What", "Value", "Low", "High", "In words"
    yield "Project", report.project, None, None, ""
    yield "Model Rating (0–100)", *_cells(facts), f"{look.word}. {MEANINGS[rating.band]}"
    yield "All labels by random items alone (0–100)", *_cells(rating.second), rating.second.reason
    yield "Undiscovered concepts (% of items)", *_cells(rating.missing_mass, 100.0), rating.missing_mass.reason
    yield "Target", report.target, None, None, f"profile {report.profile}"
    yield "Items", rating.population, None, None, ""
    yield "Reviewed items", rating.reviewed, None, None, ""
    yield "Newer judgements", report.newer, None, None, "not in this rating"
    yield "Rated at (UTC)", report.at[:19].replace("T", " "), None, None, ""
    yield "Revision", rating.revision, None, None, ""
    yield "Model version", rating.model_version, None, None, ""
    yield "Plateau", report.version, None, None, ""
    for reason in rating.reasons:
        yield "Why there is no rating", None, None, None, reason
    for note in rating.notes:
        yield "Note", None, None, None, note
    for risk in report.risks:
        yield f"Risk: {risk.title}", MARKS[risk.level][1], None, None, risk.words


def _factors(report: Report) -> Iterator[Row]:
    yield "Factor", "Measured", "Value", "Low", "High", "Unit", "Aim", "What it is"
    for factor in report.rating.factors:
        weight = f"Weighs {100 * factor.weight:.0f} %. {factor.summary}"
        yield factor.title, "", *_cells(factor.score), "0–100", "high", weight
        yield from ((factor.title, *_contributor(contributor)) for contributor in factor.contributors)


def _contributor(found: Contributor) -> Row:
    scale, unit = (100.0, "%") if found.unit == "share" else (1.0, "count" if found.unit == "count" else "0–100")
    words = f"{found.definition} {found.estimate.reason}".strip()
    return found.title, *_cells(found.estimate, scale), unit, found.aim, words


def _labels(report: Report) -> Iterator[Row]:
    yield (
        "Label", "Important", "Average precision (%)", "Low", "High", "Band", "Examples", "Judged", "Share of items (%)",
        "Precision (%)", "Recall (%)", "F1 (%)", "Among the worst (%)", "Enough?", "Why", "Warnings",
    )  # fmt: skip
    answers = {answer.label_id: answer for answer in report.stop.labels}
    for label in sorted(report.rating.labels, key=lambda each: each.name):
        answer = answers.get(label.label_id)
        figures = (label.prevalence, label.precision, label.recall, label.f1, label.worst)
        yield (
            label.name, "yes" if label.important else "no", *_cells(label.ap, 100.0),
            LOOKS[label.band].word if label.ap.value is not None else _UNKNOWN, label.positives, label.judged,
            *(_or_unknown(share, 100.0) for share in figures),
            _UNKNOWN if answer is None else f"{ANSWER_WORDS[answer.answer]}. {answer.words}", " ".join(label.why),
            " ".join(label.warnings),
        )  # fmt: skip


def _history(report: Report) -> Iterator[Row]:
    titles = {factor.key: factor.title for factor in report.rating.factors}
    yield (
        "Rated at (UTC)",
        "Revision",
        "Model",
        "Items",
        "Reviewed",
        "Rating",
        "Low",
        "High",
        *titles.values(),
        "Changed before it",
    )
    for m in report.history:
        factors = (_or_unknown(m.factors[key].value if key in m.factors else None) for key in titles)
        at = m.at[:19].replace("T", " ")
        yield at, m.revision, m.model_version, m.population, m.reviewed, *_cells(m.score), *factors, "; ".join(m.changed)
    for step in report.ahead:
        hours = f"foreseen after {step.more} more reviews, {step.seconds / 3600:.2f} hours"
        yield "", None, None, None, step.reviewed, *_cells(step.score), *(None for _ in titles), hours


def _stop(report: Report) -> Iterator[Row]:
    yield "Enough?", "In words"
    yield ANSWER_WORDS[report.stop.answer], report.stop.headline
    yield from _said(stop_section(report).blocks[1:])
    least, most = report.stop.hours or (None, None)
    yield "Hours left, least", _or_unknown(least)
    yield "Hours left, most", "out of sight" if most == float("inf") else _or_unknown(most)
    for action in report.actions:
        yield f"Next: {action.title}", f"{action.theme}: {action.items} items, {action.seconds:.0f} s. {action.reason}"
        yield from (("Text", text) for text in action.texts)


def _said(blocks: Iterable[Any]) -> Iterator[Row]:
    for block in blocks:
        if isinstance(block, Text):
            yield block.words, ""
        if isinstance(block, Lines):
            yield from ((_mark(line), line.words) for line in block.lines)


def _mark(line: Line) -> str:
    return MARKS[line.mark][1] if line.mark else ""


def _work(report: Report) -> Iterator[Row]:
    work = report.work
    yield "Work done", "Value", "Low", "High", "In words"
    yield "Items reviewed", work.items, None, None, ""
    yield "Items skipped", work.skipped, None, None, ""
    yield "Judgements", work.judgements, None, None, "of several people on one item each counts"
    yield "Judgements imported", work.imported, None, None, ""
    yield "Labels assigned", work.labels, None, None, ""
    yield "People", work.people, None, None, ""
    yield "Active hours", _or_unknown(work.seconds, 1 / 3600.0), None, None, f"of the {work.timed} judgements whose time is known"
    yield "Items an hour", _or_unknown(work.per_hour), None, None, ""
    yield "Agreement beyond chance (alpha)", *_cells(work.alpha), work.alpha.reason or f"on {work.shared} items"


def _method(report: Report) -> Iterator[Row]:
    yield "Setting", "Value"
    for block in method(report).blocks:
        if isinstance(block, Text):
            yield "Method", block.words
        if isinstance(block, Table):
            yield from block.rows


_SHEETS: dict[str, Callable[[Report], Iterable[Row]]] = {
    "Rating": _rating, "Factors": _factors, "Labels": _labels, "History": _history, "Stop": _stop, "Work": _work,
    "Method": _method,
}  # fmt: skip
