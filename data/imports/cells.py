"""What a cell says: texts, labels, scores, states, times, seconds. A cell that says nothing valid raises BadCell."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from data.errors import PlateauError

MAX_TEXT = 1_000_000
DAY = 86_400.0
_TRUE = {"1", "1.0", "true", "yes", "x"}
_FALSE = {"0", "0.0", "false", "no"}
_STATES = {
    "reviewed": ("reviewed", "completed", "complete", "done", "submitted", "annotated", "validated", "labeled", "labelled"),
    "skipped": ("skipped", "discarded", "ignored", "ignore", "cancelled", "canceled"),
    "unreviewed": ("unreviewed", "pending", "todo", "new", "default", "unlabeled", "unlabelled"),
    "draft": ("draft", "in progress"),
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words}
_EPOCH = 1e8  # seconds since 1970; smaller numbers are more likely something else
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class BadCell(PlateauError):
    """A cell breaks a rule: which column, what was found, the rule, and the remedy."""

    def __init__(self, column: str | None, value: Any, rule: str, remedy: str) -> None:
        super().__init__(f"{column!r}: {rule}. {remedy}")
        shown = value if isinstance(value, str) else str(value)
        self.column, self.rule, self.remedy = column, rule, remedy
        self.value = ascii(shown[:80])[1:-1] if not shown[:80].isprintable() else shown[:80]


def plain_text(cell: Any, column: str | None) -> str:
    """The cell as text: 7.0 is '7', None is ''. Refuses NUL and bytes that are no text."""
    if isinstance(cell, str):
        return sound(cell, column)
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bytes):
        return sound(cell.decode("utf-8", "surrogateescape"), column)
    if isinstance(cell, date):
        return cell.isoformat()
    return sound(
        json.dumps(plain_value(cell, column), ensure_ascii=False) if isinstance(cell, dict | list) else str(cell), column
    )


def sound(text: str, column: str | None) -> str:
    """The text itself, if it can be stored and shown."""
    if "\x00" in text:
        raise BadCell(
            column, text, "the cell holds a NUL character", "Remove it; the file may be damaged or in another encoding."
        )
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            rule = "the cell holds bytes or halves of characters that are no text"
            raise BadCell(column, text, rule, "Save the file as UTF-8, or name its encoding.") from error
    return text


def plain_value(cell: Any, column: str | None) -> Any:
    """A metadata cell as JSON can hold it; NaN becomes None."""
    if isinstance(cell, str):
        return sound(cell, column)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, Mapping):
        return {sound(str(key), column): plain_value(value, column) for key, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [plain_value(value, column) for value in cell]
    return plain_text(cell, column)


def bit(cell: Any, column: str | None) -> bool | None:
    """1 or true, 0 or false; None when blank."""
    word = plain_text(cell, column).strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if word:
        raise BadCell(
            column, cell, "the cell must be 1, 0 or blank", "Write 1 for assigned, 0 for dismissed, nothing for unknown."
        )
    return None


def label_names(cell: Any, column: str | None, separator: str | None) -> tuple[list[str], list[str]]:
    """The labels that a cell assigns and those that it dismisses.

    A JSON or Python list, ``a|b``, ``a;b``, ``a, b``, ``{"choices": [...]}``, or ``{"label": 1, "other": 0}``.

    >>> label_names('["a", "b"]', None, ""), label_names("a; b", None, ";"), label_names({"a": 1, "b": 0}, None, "")
    ((['a', 'b'], []), (['a', 'b'], []), (['a'], ['b']))
    """
    if isinstance(cell, str):
        bare = sound(cell, column).strip()
        if not bare.startswith(("[", "{")):
            mark = next((m for m in "|;" if m in bare), "") if separator is None else separator
            parts = bare.split(mark) if mark else [bare]
            return [part for part in map(str.strip, parts) if part], []
        cell = structure(bare, column)
    if isinstance(cell, Mapping) and "choices" in cell:
        cell = cell["choices"]
    if isinstance(cell, Mapping):
        bits = {str(name): bit(value, column) for name, value in cell.items()}
        return [name for name, value in bits.items() if value], [name for name, value in bits.items() if value is False]
    if isinstance(cell, list | tuple):
        return [name for name in (_label_name(part, column) for part in cell) if name], []
    name = _label_name(cell, column)
    return ([name] if name else []), []


def _label_name(part: Any, column: str | None) -> str:
    if isinstance(part, list | dict):
        raise BadCell(column, part, "a label must be a name", 'Write the labels as ["first", "second"].')
    return plain_text(part, column).strip()


def structure(text: str, column: str | None) -> Any:
    """What a JSON or Python literal says."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise BadCell(column, text, "the cell begins like a list but is not one", 'Write it as JSON: ["first", "second"].')


def label_scores(cell: Any, column: str | None) -> dict[str, float] | None:
    """Confidences by label from ``{"label": 0.9}`` or ``[{"label": ..., "score": ...}]``; None when blank."""
    found = structure(cell.strip(), column) if isinstance(cell, str) and cell.strip() else cell
    if not found:
        return None
    try:
        pairs = found.items() if isinstance(found, Mapping) else [(part["label"], part["score"]) for part in found]
        scores = {sound(str(name).strip(), column): float(value) for name, value in pairs if value is not None}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise BadCell(
            column, cell, "the cell holds no scores by label", 'Write them as {"first": 0.9, "second": 0.2}.'
        ) from error
    if wrong := next((name for name, value in scores.items() if not 0 <= value <= 1), None):
        raise BadCell(
            column, scores[wrong], f"the score of {wrong!r} must lie between 0 and 1", "Give probabilities, not logits."
        )
    return scores or None


def state_of(cell: Any, column: str | None) -> str | None:
    """reviewed, skipped, unreviewed or draft; None when blank."""
    word = plain_text(cell, column).strip().casefold()
    if word and word not in _STATE_OF:
        raise BadCell(column, cell, "the state is not known", "Use reviewed, skipped, unreviewed or draft.")
    return _STATE_OF.get(word)


def moment(cell: Any) -> str | None:
    """A time as ISO-8601 in UTC to the microsecond; None when it cannot be understood. A time without a zone is taken as UTC.

    Numbers of at least 1e8 are seconds, beyond 1e11 milliseconds, since 1970; one of eight digits is a day such as 20240301.

    >>> moment("2024-03-01"), moment("1707211049"), moment("soon")
    ('2024-03-01T00:00:00.000000+00:00', '2024-02-06T09:17:29.000000+00:00', None)
    """
    if cell is None or cell == "":
        return None
    try:
        when = datetime.fromisoformat(cell) if isinstance(cell, str) and cell[10:11] == "T" else _datetime(cell)
        zoned = when.replace(tzinfo=UTC) if when.tzinfo is None else when
        return zoned.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None


def _datetime(cell: Any) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    number = isinstance(cell, int | float)
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    if _NUMBER.fullmatch(text) and abs(float(text)) >= _EPOCH:
        value = float(text)
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    if number and len(text) != 8:  # a year, a spreadsheet's day number, or true: nothing says which
        raise ValueError(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _written_out(text)


def _written_out(text: str) -> datetime:
    for form in ("%d-%b-%Y %H:%M:%S.%f", "%d-%b-%Y %H:%M:%S", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y"):
        try:
            return datetime.strptime(text, form)  # a zone, if any, is added by the caller
        except ValueError:
            continue
    return parsedate_to_datetime(text)


def seconds_of(cell: Any, column: str | None) -> float | None:
    """Active seconds; None when blank. Refuses what is no number or negative."""
    text = plain_text(cell, column).strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:
        raise BadCell(column, cell, "the lead time must be a number of seconds, 0 or more", "Correct the cell or leave it blank.")
    return value
