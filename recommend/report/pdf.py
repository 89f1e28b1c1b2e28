"""A report as PDF, to print and to attach: the same parts as the page, on A4. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from itertools import chain
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from recommend.report.blocks import MARKS, TINTS, Block, Facts, Figure, Headline, Line, Lines, Section, Table, Text
from recommend.report.content import sections, title_line
from recommend.report.drawing import INKS, Disc, Drawing, Ink, Path, Shape, Words
from recommend.report.fonts import Face, face_for
from recommend.report.records import Report
from recommend.wording import LOOKS

MARGIN = 44.0
#: What a page's frame leaves: it keeps six points to itself on each side.
ROOM = A4[0] - 2 * MARGIN - 12.0
#: Signs that a band's or a mark's word says as well: left out where a font lacks them.
_SIGNS = "▲◆●▼○✓★"
_CELL, _PAD = 7.6, 6.0


def as_pdf(report: Report) -> bytes:
    """The document; the same report gives the same bytes on the same machine."""
    parts = sections(report)
    face = face_for("".join(_texts(report, parts)))
    printer = Printer(face)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 8, invariant=1,
        title=f"{report.project} · Plateau report", author="Plateau", subject=title_line(report), lang="en",
    )  # fmt: skip
    flow = [*printer.head(report), *chain.from_iterable(map(printer.section, parts))]
    foot = partial(_foot, face=face, words=face.fit(f"{report.project} · {title_line(report)}"))
    document.build(flow, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _foot(canvas: Any, document: Any, *, face: Face, words: str) -> None:
    canvas.setFont(face.plain, 7.5)
    canvas.setFillColor(_colour("soft"))
    canvas.drawString(MARGIN, 26, words[:110])
    canvas.drawRightString(A4[0] - MARGIN, 26, f"{document.page}")


def _colour(ink: Ink) -> Any:
    return HexColor(INKS[ink][0])


def _texts(report: Report, parts: Sequence[Section]) -> Iterator[str]:
    """Everything that people or files have named, and all that is said of it, but for signs that words say as well."""
    yield report.project
    for part in parts:
        yield f"{part.title}{part.blocks!r}".translate({ord(sign): None for sign in _SIGNS})


class Printer:
    """Turns the parts of a report into what reportlab lays out, in one face."""

    def __init__(self, face: Face) -> None:
        self.face = face
        kinds: tuple[tuple[str, bool, float, Ink, int, int], ...] = (
            ("brand", True, 9.0, "line", 0, 2), ("title", True, 21.0, "ink", 0, 4), ("part", True, 13.5, "ink", 16, 5),
            ("text", False, 9.0, "ink", 2, 3), ("small", False, 8.0, "soft", 2, 4), ("chart", True, 9.0, "ink", 6, 3),
            ("number", True, 34.0, "ink", 0, 2), ("cell", False, _CELL, "ink", 0, 0), ("column", True, _CELL, "soft", 0, 0),
            ("value", True, 11.0, "ink", 0, 0), ("note", False, _CELL, "soft", 0, 0),
        )  # fmt: skip
        self.styles = {
            name: ParagraphStyle(
                name,
                fontName=face.bold if bold else face.plain,
                fontSize=size,
                leading=1.4 * size,
                textColor=_colour(ink),
                spaceBefore=before,
                spaceAfter=after,
                splitLongWords=1,
            )
            for name, bold, size, ink, before, after in kinds
        }

    def said(self, words: str, style: str = "text", **more: Any) -> Paragraph:
        """A paragraph of words as they stand."""
        wanted = self.styles[style]
        return Paragraph(self.markup(words), ParagraphStyle(style, parent=wanted, **more) if more else wanted)

    def markup(self, words: str) -> str:
        """Words as reportlab's markup: signs that the face lacks are left out, other letters become question marks."""
        lacking = self.face.lacks(words) & set(_SIGNS)
        kept = "".join(letter for letter in words if letter not in lacking).strip()
        return escape(self.face.fit(kept.replace(" %", "\u00a0%")))

    def head(self, report: Report) -> list[Flowable]:
        """What this is."""
        return [self.said("Plateau report", "brand"), self.said(report.project, "title"), self.said(title_line(report), "small")]

    def section(self, part: Section) -> list[Flowable]:
        """A part with its title, which never stands alone at the foot of a page."""
        title, flow = self.said(part.title, "part"), list[Flowable]()
        for block, after in zip(part.blocks, (*part.blocks[1:], None), strict=True):
            if isinstance(block, Text) and isinstance(after, Table):
                flow.append(CondPageBreak(90))
            flow += self.block(block)
        if isinstance(part.blocks[0], Figure):
            return [KeepTogether([title, *self.figure(part.blocks[0])]), *flow[1:]]
        return [CondPageBreak(110), title, *flow]

    def block(self, block: Block) -> list[Flowable]:
        """One block of a part."""
        if isinstance(block, Text):
            return [self.said(block.words, "small" if block.small else "text")]
        if isinstance(block, Headline):
            return self.headline(block)
        if isinstance(block, Facts):
            return [self.facts(block), Spacer(1, 6)]
        if isinstance(block, Lines):
            return [self.line(line) for line in block.lines]
        return [self.table(block), Spacer(1, 8)] if isinstance(block, Table) else [KeepTogether(self.figure(block))]

    def headline(self, head: Headline) -> list[Flowable]:
        """The rating as a large number."""
        look = LOOKS[head.band]
        beside = f'<font size="13" color="{look.light}">{look.word}</font> <font size="9">{self.markup(head.span)}</font>'
        return [Paragraph(f"{self.markup(head.number)} {beside}", self.styles["number"]), self.said(head.words)]

    def facts(self, facts: Facts) -> Flowable:
        """Figures in rows of three, or four where there are no more."""
        across = 4 if len(facts.facts) == 4 else 3
        cells = [[self.said(f.title, "column"), self.said(f.value, "value"), self.said(f.words, "note")] for f in facts.facts]
        cells += [[]] * (-len(cells) % across)
        rows = [cells[k : k + across] for k in range(0, len(cells), across)]
        look = [("GRID", (0, 0), (-1, -1), 0.5, _colour("grid")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        return LongTable(rows, colWidths=[ROOM / across] * across, style=TableStyle(look), hAlign="LEFT")

    def line(self, line: Line) -> Flowable:
        """A line of a list; its mark is a word."""
        bold = f'<font name="{self.face.bold}"'
        mark = f'{bold} color="{INKS[TINTS[line.mark]][0]}">{MARKS[line.mark][1]}:</font> ' if line.mark else "–  "
        title = f"{bold}>{self.markup(line.title)}.</font> " if line.title else ""
        style = ParagraphStyle("line", parent=self.styles["text"], leftIndent=12, firstLineIndent=-12)
        return Paragraph(f"{mark}{title}{self.markup(line.words)}", style)

    def figure(self, figure: Figure) -> list[Flowable]:
        """A chart with its title and its message."""
        return [self.said(figure.title, "chart"), Picture(figure.wide, self.face), self.said(figure.message, "small")]

    def table(self, table: Table) -> Flowable:
        """A table whose columns are as wide as what they hold, its headings on every page."""
        alignment = [2 if k in table.numbers else 0 for k in range(len(table.columns))]
        rows = [
            [self.said(cell, style, alignment=alignment[k]) for k, cell in enumerate(row)]
            for style, row in [("column", table.columns), *(("cell", row) for row in table.rows)]
        ]
        look = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _colour("grid")), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]  # fmt: skip
        return LongTable(rows, colWidths=self.widths(table), repeatRows=1, style=TableStyle(look), hAlign="LEFT")

    def widths(self, table: Table) -> list[float]:
        """Room for each column: its longest word at least, and of what is left what its cells could use; headings may wrap."""
        columns = list(zip(table.columns, *table.rows, strict=True))
        least = [max(self._wide(word) for cell in column for word in (cell.split() or [""])) + _PAD + 1 for column in columns]
        most = [min(max(map(self._wide, cells), default=0.0) + _PAD + 1, 0.55 * ROOM) for _, *cells in columns]
        least = [min(low, 0.3 * ROOM) for low in least]
        spare = [max(high - low, 0.0) for low, high in zip(least, most, strict=True)]
        left = ROOM - sum(least)
        if left <= 0:
            return [ROOM * low / sum(least) for low in least]
        return [low + more for low, more in zip(least, poured(left, spare), strict=True)]

    def _wide(self, words: str) -> float:
        return float(stringWidth(self.face.fit(words), self.face.bold, _CELL))


def poured(room: float, wanted: Sequence[float]) -> list[float]:
    """Room for each that wants some: who wants little gets all of it, the others the same.

    >>> poured(10.0, [2.0, 9.0, 7.0]), poured(20.0, [2.0, 9.0, 7.0])
    ([2.0, 4.0, 4.0], [2.0, 9.0, 7.0])
    """
    given = [0.0] * len(wanted)
    for served, k in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[k] = min(wanted[k], room / (len(wanted) - served))
        room -= given[k]
    return given


class Picture(Flowable):  # type: ignore[misc]
    """A drawing scaled to the width of the page."""

    def __init__(self, drawing: Drawing, face: Face) -> None:
        super().__init__()
        self.drawing, self.face, self.scale = drawing, face, ROOM / drawing.width

    def wrap(self, *_: float) -> tuple[float, float]:
        """How much room it takes."""
        return ROOM, self.drawing.height * self.scale

    def draw(self) -> None:
        """Draw every shape; the page counts from the bottom, drawings from the top."""
        self.canv.scale(self.scale, self.scale)
        for shape in self.drawing.shapes:
            self.canv.saveState()
            self._shape(shape)
            self.canv.restoreState()

    def _shape(self, shape: Shape) -> None:
        self.canv.setFillColor(_colour("paper" if isinstance(shape, Disc) and shape.hollow else shape.ink))
        self.canv.setStrokeColor(_colour(shape.ink))
        if isinstance(shape, Words):
            self._words(shape)
        elif isinstance(shape, Disc):
            self.canv.setLineWidth(1.6)
            self.canv.circle(shape.at[0], self._up(shape.at[1]), shape.radius, stroke=1, fill=1)
        else:
            self._path(shape)

    def _words(self, words: Words) -> None:
        self.canv.setFont(self.face.bold if words.bold else self.face.plain, words.size)
        put = {"start": self.canv.drawString, "middle": self.canv.drawCentredString, "end": self.canv.drawRightString}
        put[words.anchor](words.at[0], self._up(words.at[1]), self.face.fit(words.text))

    def _path(self, path: Path) -> None:
        self.canv.setLineWidth(path.width)
        self.canv.setFillAlpha(path.opacity)
        self.canv.setStrokeAlpha(path.opacity)
        if path.dash:
            self.canv.setDash(5, 4)
        places = self.canv.beginPath()
        places.moveTo(path.points[0][0], self._up(path.points[0][1]))
        for x, y in path.points[1:]:
            places.lineTo(x, self._up(y))
        if path.fill:
            places.close()
        self.canv.drawPath(places, stroke=not path.fill, fill=path.fill)

    def _up(self, y: float) -> float:
        return self.drawing.height - y
