"""A folder or archive of several files: tables of one format, or one text a file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from data.imports.archive import LEFT_OVER
from data.imports.cells import MAX_TEXT
from data.imports.records import FILE, Record, Rejection, Shape
from data.imports.source import Source

#: How the files that hold tables end; a folder with any of them, and no list of categories, is read as tables.
TABLES = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".gz"}
#: The file in which a corpus says what its texts are about.
CATEGORIES = "cats.txt"
#: How a dataset's files are numbered, after the name of their split; Arrow files lie in a folder named after it.
_SHARD = re.compile(r"(.+?)-\d{5}-of-\d{5}(-[0-9a-f]+)?\.(parquet|arrow)")
_LONGEST_LIST = 1 << 26
_ABOUT = {"readme", "license", "licence", "stopwords", "contents", "changelog", "citation"}


def tables_of(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths that hold tables; none when the folder is a corpus of texts."""
    if any(PurePosixPath(path).name == CATEGORIES for path in paths):
        return ()
    return tuple(path for path in paths if PurePosixPath(path).suffix.lower() in TABLES)


def origin(path: str) -> dict[str, str]:
    """What a table's path says of its records: the split, or which file they are from.

    >>> origin("data/train-00000-of-00002.parquet"), origin("test/data-00000-of-00001.arrow"), origin("march.csv")
    ({'split': 'train'}, {'split': 'test'}, {'source_file': 'march.csv'})
    """
    parts = PurePosixPath(path)
    if not (shard := _SHARD.fullmatch(parts.name)):
        return {FILE: path}
    split = shard[1] if shard[3] == "parquet" else parts.parent.name
    return {"split": split} if split else {}


def shape_texts(source: Source, paths: Sequence[str], encoding: str | None) -> Shape:
    """A folder of texts: its files but for those about the corpus, which are not texts of it."""
    chosen = tuple(path for path in paths if not about_corpus(path) or PurePosixPath(path).name == CATEGORIES)
    return Shape("folder", ("path", "text"), encoding=encoding, members=chosen)


def about_corpus(path: str) -> bool:
    """Whether a file is about the corpus: a list of its categories, a licence and the like."""
    name = PurePosixPath(path)
    return name.name == CATEGORIES or name.stem.lower() in _ABOUT or name.name in LEFT_OVER


def records_texts(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """One record a file, with its ``path`` and ``text``; the list of categories comes first."""
    first = sorted(shape.members, key=lambda path: PurePosixPath(path).name != CATEGORIES)
    for number, (path, stream) in enumerate(source.each(first), 1):
        content = stream.read(_LONGEST_LIST if PurePosixPath(path).name == CATEGORIES else 4 * MAX_TEXT + 4)
        try:
            text = decoded(content, shape.encoding)
        except UnicodeDecodeError as error:
            rule = f"the file is not {error.encoding}: byte {error.start:,} does not fit"
            yield Rejection(number, None, "", rule, "Save it as UTF-8, or name its encoding.", path)
            continue
        yield number, {"path": path, "text": text}


def decoded(content: bytes, encoding: str | None) -> str:
    """The text that these bytes are: UTF-8, with or without a mark, UTF-16 with one, else Windows-1252.

    >>> decoded("é".encode("cp1252"), None), decoded("é".encode("utf-16"), None), decoded("é".encode(), "utf-8")
    ('é', 'é', 'é')
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for name in [encoding] if encoding else ["utf-16"] if wide else ["utf-8-sig", "cp1252"]:
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            if encoding or wide:
                raise
    return content.decode("latin-1")
