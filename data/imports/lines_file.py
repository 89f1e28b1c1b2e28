"""Reading text of which every line is a record of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator

from data.imports.records import Record, Rejection, Shape
from data.imports.source import Source
from data.imports.table import MAX_RECORD

#: How the words begin by which a line of fastText names its labels.
PREFIX = "__label__"
_LOOKED_AT = 50


def are_labelled(text: str) -> bool:
    """Whether at least half of the first lines begin or end with a label."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]
    labelled = sum(line.lstrip().startswith(PREFIX) or line.split()[-1].startswith(PREFIX) for line in lines)
    return 2 * labelled >= max(len(lines), 1)


def records_lines(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """Every line that is not blank, as its ``text``."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding=shape.encoding, errors=shape.errors)
        try:
            number = 0
            while line := text.readline(MAX_RECORD):
                number += 1
                if len(line) == MAX_RECORD and not line.endswith("\n"):
                    while (rest := text.readline(MAX_RECORD)) and not rest.endswith("\n"):
                        continue
                    yield Rejection(number, None, "", f"the line is longer than {MAX_RECORD:,} characters", "Shorten it.")
                elif bare := (line.removeprefix("\ufeff") if number == 1 else line).strip():
                    yield number, {"text": bare}
        finally:
            text.detach()
