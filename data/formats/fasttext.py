"""fastText: a line a text, its labels before it as ``__label__a __label__b``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from data.exports.handover import Handover, newest
from data.exports.table import ExportReport
from data.formats.base import LABELS_ONLY, ToolFormat, each
from data.imports.lines_file import PREFIX
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_BEFORE = re.compile(rf"\s*{PREFIX}(\S+)")
_AFTER = re.compile(rf"(?:\s+{PREFIX}\S+)+\s*$")
_EMPTY = "{n:,} lines have no label: they count as unreviewed. If they were looked at, choose 'empty means reviewed'."
_SEVERAL = "{n:,} items were judged by several people: the newest review of all labels was written."
_IDS = "fastText has no ids: each comes back made from its text."
_IMAGES = "{n:,} items without text were left out."


def label_word(name: str) -> str:
    """How a label is written; blanks would end it.

    >>> label_word("trade > wheat"), label_name("trade%20>%20wheat")
    ('trade%20>%20wheat', 'trade > wheat')
    """
    return name.replace("%", "%25").replace(" ", "%20")


def label_name(word: str) -> str:
    """The label that a word stands for."""
    return word.replace("%20", " ").replace("%25", "%")


def parted(line: str) -> tuple[tuple[str, ...], str]:
    """The labels before a text, or after it if there are none before, and the text.

    >>> parted("__label__a __label__b some text"), parted("some text __label__a")
    ((('a', 'b'), 'some text'), (('a',), 'some text'))
    """
    words, place = [], 0
    while found := _BEFORE.match(line, place):
        words.append(found[1])
        place = found.end()
    if not words and (last := _AFTER.search(line)):
        return tuple(word.removeprefix(PREFIX) for word in last[0].split()), line[: last.start()].strip()
    return tuple(words), line[place:].strip()


class FastTextReader:
    """Turns lines into rows."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.options, self.empty = options, 0

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for every line."""
        return each(records, self._one)

    def warnings(self) -> list[str]:
        """What a person should know about the lines read so far."""
        return [_EMPTY.format(n=self.empty)] if self.empty else []

    def _one(self, cells: Mapping[str, Any]) -> Iterator[ImportRow]:
        words, text = parted(str(cells.get("text", "")))
        judged = bool(words) or self.options.empty_is_reviewed
        self.empty += not judged
        yield ImportRow("", text, labels=tuple(dict.fromkeys(map(label_name, words))) if judged else None)


def write_lines(handover: Handover, out: BinaryIO) -> ExportReport:
    """One line an item, with the labels of its newest review of all labels; line breaks become blanks."""
    count = several = images = 0
    for whole in handover.wholes():
        text = " ".join(re.split(r"[\r\n]+", whole.item.text)).strip()
        if not text:
            images += 1
            continue
        several += len(whole.judgements) > 1
        judged = newest(whole.judgements)
        labels = judged.labels if judged else ()
        out.write(" ".join((*(PREFIX + label_word(name) for name in labels), text)).encode() + b"\n")
        count += 1
    notes = [_IDS, *([_SEVERAL.format(n=several)] if several else []), *([_IMAGES.format(n=images)] if images else [])]
    return ExportReport(count, tuple(notes))


FORMAT = ToolFormat(
    "fasttext", "fastText lines", frozenset({"lines"}), ".txt",
    replace(LABELS_ONLY, metadata=False, media=False),
    lambda shape: True, FastTextReader, write_lines,
)  # fmt: skip
