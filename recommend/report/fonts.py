"""Fonts for PDF: the one that comes along, or one of this machine's where that lacks letters of the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

_OWN = Path(reportlab.__file__).parent / "fonts"
_FOLDERS = tuple(map(Path, ("/usr/share/fonts", "/Library/Fonts", "/System/Library/Fonts/Supplemental", "C:/Windows/Fonts")))
#: Fonts of many letters by the names of their files, plain and bold.
_BROAD = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("Arial Unicode.ttf", "Arial Unicode.ttf"), ("arial.ttf", "arialbd.ttf"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """A plain and a bold font by their registered names, and the letters that both have."""

    plain: str
    bold: str
    letters: frozenset[int]

    def lacks(self, text: str) -> set[str]:
        """The letters of a text that cannot be drawn; white space can."""
        return {letter for letter in set(text) if ord(letter) not in self.letters and not letter.isspace()}

    def fit(self, text: str) -> str:
        """The text with a question mark for every letter that cannot be drawn."""
        lacking = self.lacks(text)
        return "".join("?" if letter in lacking else letter for letter in text) if lacking else text


def face_for(text: str) -> Face:
    """The face that lacks the fewest letters of a text; the one that comes along where it has them all."""
    best = _face(_OWN / "Vera.ttf", _OWN / "VeraBd.ttf")
    for plain, bold in _broad() if best.lacks(text) else ():
        face = _face(plain, bold)
        if len(face.lacks(text)) < len(best.lacks(text)):
            best = face
    return best


@cache
def _broad() -> tuple[tuple[Path, Path], ...]:
    """The broad fonts that this machine has."""
    return tuple(_found())


def _found() -> Iterator[tuple[Path, Path]]:
    for plain, bold in _BROAD:
        for folder in _FOLDERS:
            path = next(iter(sorted(folder.rglob(plain))), None) if folder.is_dir() else None
            if path is not None and _readable(path):
                heavy = path.with_name(bold)
                yield path, heavy if heavy.exists() else path


def _readable(path: Path) -> bool:
    try:
        TTFont("probe", str(path))
    except (TTFError, OSError):
        return False
    return True


@cache
def _face(plain: Path, bold: Path) -> Face:
    fonts = [TTFont(f"{path.stem}{'-bold' if k else ''}", str(path)) for k, path in enumerate((plain, bold))]
    for font in fonts:
        pdfmetrics.registerFont(font)
    letters = [frozenset(font.face.charToGlyph) for font in fonts]
    return Face(fonts[0].fontName, fonts[1].fontName, letters[0] & letters[1])
