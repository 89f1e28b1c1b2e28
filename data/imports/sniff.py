"""What a file is, told from its bytes and never from its name: format, encoding, separator."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from itertools import islice
from typing import Literal

import charset_normalizer

from data.errors import ImportFailed
from data.imports.lines_file import are_labelled
from data.imports.records import Format
from data.imports.source import Source
from data.layout import is_ours

SAMPLE = 1 << 18
SEPARATORS = (",", ";", "\t", "|")
#: Stands for "no separator": a file of one column, in which commas are only commas.
ONE_COLUMN = "\x1f"
_FOREIGN = {
    b"%PDF": "a PDF document: export its text as CSV",
    b"\x89PNG": "a PNG image: import a table that lists image paths in a column 'image'",
    b"\xff\xd8\xff": "a JPEG image: import a table that lists image paths in a column 'image'",
    b"GIF8": "a GIF image: import a table that lists image paths in a column 'image'",
    b"\xd0\xcf\x11\xe0": "an old or protected Excel workbook: save it as .xlsx without a password",
    b"SQLite format 3": "an SQLite database: export its table as CSV",
    b"BZh": "a bzip2 archive: unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it first",
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstandard archive: unpack it first",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x93NUMPY": "an array of vectors: import the messages first, vectors are added separately",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WESTERN = {
    "cp1252",
    "latin_1",
    "cp1250",
    "cp1254",
    "cp1257",
    "cp1258",
    "cp437",
    "cp850",
    "cp858",
    "cp775",
    "mac_roman",
    "hp_roman8",
}
#: Three bytes beyond ASCII in a row: in languages of the West accents stand alone or in pairs.
_RUN = re.compile(rb"[\x80-\xff]{3}")
_WANTED = "Files can be CSV, TSV, JSON, JSON Lines, XLSX or Parquet."


def binary_format(source: Source) -> Literal["xlsx", "parquet", "arrow"] | None:
    """XLSX, Parquet or Arrow by the first bytes, None for text; refuses what is neither a table nor text."""
    head = source.head(4096)
    if not head.strip():
        raise ImportFailed(f"{source.name} is empty. Choose a file with a header and at least one row.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
            return "xlsx"
        raise ImportFailed(f"{source.name} is a zip archive within another. Unpack the outer one, and import what is in it.")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise ImportFailed(f"{source.name} is not a table but {what}. {_WANTED}")
    return None


def text_encoding(source: Source, wanted: str | None = None) -> tuple[str, str, list[str]]:
    """The encoding of a text file, how to treat bytes outside it, and warnings."""
    head = source.head(SAMPLE)
    if wanted is not None:
        return _as_told(source, wanted), "strict", []
    for mark, name in _BOMS:
        if head.startswith(mark):
            return _as_told(source, name), "strict", []
    if wide := _utf16_without_mark(head):
        return _as_told(source, wide), "strict", ["The file seems to be UTF-16 without a byte order mark; check the first rows."]
    control = sum(head.count(bytes([byte])) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    if control > max(16, len(head) // 100):
        raise ImportFailed(f"{source.name} is binary, whatever its name says. {_WANTED}")
    broken = _first_invalid(source, "utf-8")
    return ("utf-8", "strict", []) if broken is None else _legacy(source, broken)


def _as_told(source: Source, encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise ImportFailed(f"There is no encoding {encoding!r}. Try utf-8, utf-16 or cp1252.") from error
    broken = _first_invalid(source, encoding)
    if broken is not None:
        raise ImportFailed(
            f"{source.name} is not {encoding}: byte {broken:,} does not fit. Name another encoding, or none to have it detected."
        )
    return encoding


def _utf16_without_mark(head: bytes) -> str | None:
    even, odd = head[::2], head[1::2]
    if odd and odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.05:
        return "utf-16-le"
    if even and even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.05:
        return "utf-16-be"
    return None


def _first_invalid(source: Source, encoding: str) -> int | None:
    decoder, seen = codecs.getincrementaldecoder(encoding)(), 0
    with source.open() as stream:
        while chunk := stream.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return seen + error.start
            seen += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return seen
    return None


def _legacy(source: Source, broken: int) -> tuple[str, str, list[str]]:
    """The encoding of a file that is not UTF-8: UTF-8 with damaged rows, what charset-normalizer says, or Windows-1252."""
    with source.open() as stream:
        stream.seek(max(0, broken - SAMPLE // 2))
        sample = stream.read(SAMPLE)
    text = sample.decode("utf-8", "replace")
    if sum(ord(letter) > 127 and letter != "�" for letter in text) > 4 * text.count("�"):
        return (
            "utf-8",
            "surrogateescape",
            [f"The file is UTF-8, but byte {broken:,} is damaged: rows with damaged bytes are rejected."],
        )
    best = None if _RUN.search(sample) is None else charset_normalizer.from_bytes(sample).best()
    encoding = "cp1252" if best is None or best.encoding in _WESTERN else best.encoding
    if _first_invalid(source, encoding) is not None:
        encoding = "cp1252" if _first_invalid(source, "cp1252") is None else "latin-1"
    return encoding, "strict", [f"The file is not UTF-8; it is read as {encoding}. If accents look wrong, name its encoding."]


def text_format(source: Source, encoding: str, errors: str) -> Format:
    """JSON, JSON Lines, lines with labels, or CSV, by the first characters and lines."""
    text = source.head(SAMPLE).decode(encoding, "ignore" if errors == "strict" else errors).lstrip("\ufeff \t\r\n")
    if not text:
        raise ImportFailed(f"{source.name} is empty. Choose a file with a header and at least one row.")
    if re.match(r"\[\s*[{\]]", text):
        return "json"
    if not re.match(r'\{\s*["}]', text):
        return "lines" if are_labelled(text) else "csv"
    lines = text.splitlines()
    return "jsonl" if (len(lines) > 1 and any(map(_is_object, lines[:5]))) or _is_object(text) else "json"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def separator_of(text: str) -> str:
    """The separator that cuts the sample most evenly; the header must hold it.

    >>> separator_of("id;text\\n1;a, b\\n2;c\\n")
    ';'
    """
    lines = io.StringIO(text, newline="").readlines()
    if is_ours(lines[0].strip().split(",")):
        return ","
    cut = len(text) >= SAMPLE
    score, best = max((_evenness(lines, separator, cut), -place) for place, separator in enumerate(SEPARATORS))
    return SEPARATORS[-best] if score > (0.0, 0) else ONE_COLUMN


def _evenness(lines: list[str], separator: str, cut: bool) -> tuple[float, int]:
    """(share of rows as wide as the header, width of the header); (0, 0) if the separator is not in the header."""
    csv.field_size_limit(max(csv.field_size_limit(), 2 * SAMPLE))
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=separator), 200) if row]
    except csv.Error:
        return 0.0, 0
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    widths = Counter(map(len, rows[:-1] if cut and len(rows) > 2 else rows))  # the sample may end within a row
    return round(widths[len(rows[0])] / len(rows), 1), len(rows[0])
