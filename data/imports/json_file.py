"""Reading JSON Lines, and JSON arrays without loading them whole."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from data.errors import ImportFailed
from data.imports.records import Record, Rejection, Shape
from data.imports.source import Source
from data.imports.table import MAX_RECORD

CHUNK = 1 << 18
_DECODER = json.JSONDecoder(parse_constant=lambda name: None)  # NaN and Infinity are no JSON: unknown
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_ONE_LIST = "Put what follows into the list, or into a file of its own."
_FIX = "Write each record as one JSON object, with double quotes and no trailing comma."


def records_json(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """Every object of the file, in order; what is no object is a rejection."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding=shape.encoding, errors=shape.errors)
        try:
            for number, value in _from_lines(text) if shape.format == "jsonl" else _from_array(source.name, text):
                if isinstance(value, Rejection):
                    yield value
                elif isinstance(value, dict):
                    yield number, value
                else:
                    yield Rejection(number, None, repr(value)[:80], "a record must be a JSON object", _FIX)
        finally:
            text.detach()


def _from_lines(text: io.TextIOWrapper) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := text.readline(MAX_RECORD):
        number += 1
        if len(line) == MAX_RECORD and not line.endswith("\n"):
            while (rest := text.readline(MAX_RECORD)) and not rest.endswith("\n"):
                continue
            yield number, Rejection(number, None, "", f"the line is longer than {MAX_RECORD:,} characters", "Shorten the record.")
        elif bare := line.strip().removeprefix("\ufeff"):
            yield number, _decoded(number, bare)


def _decoded(number: int, line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        return Rejection(number, None, repr(line[:80]), f"the line is not JSON: {error}", _FIX)


def _from_array(name: str, text: io.TextIOWrapper) -> Iterator[tuple[int, Any]]:
    """The values of an array, or objects that follow one another, decoded from a window that moves over the file."""
    window, number = text.read(CHUNK).lstrip("\ufeff \t\r\n"), 0
    array = window.startswith("[")
    place = int(array)
    while True:
        place = _BETWEEN.match(window, place).end()  # type: ignore[union-attr]  # it also matches nothing
        if array and window.startswith("]", place):
            if rest := (window[place + 1 :] + text.read(CHUNK)).strip():
                raise ImportFailed(f"{name} goes on after the end of its list of {number:,} records ({rest[:60]!r}). {_ONE_LIST}")
            return
        value, end = _next_value(window, place)
        if end is None:
            window, place = window[place:], 0
            more = text.read(max(CHUNK, len(window)))  # doubling keeps the work linear in the size of a record
            if not more and not window and not array:
                return
            if not more or len(window) > MAX_RECORD:
                raise ImportFailed(f"{name} is not JSON after record {number} ({window[:60]!r}). {_FIX}")
            window += more
            continue
        number += 1
        yield number, value
        place = end


def _next_value(window: str, place: int) -> tuple[Any, int | None]:
    """The value that begins here and where it ends; no end when the window does not hold a whole value."""
    try:
        return _DECODER.raw_decode(window, place)
    except (ValueError, RecursionError):
        return None, None
