"""Plateau's own table layout: its columns, and the reversible marks that keep spreadsheets from running a cell.

Exports write it and imports recognise it by its columns, so that a file goes out and comes back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: The columns of an items file, one row per item and annotator; metadata columns follow.
ITEM_COLUMNS = (
    "id",
    "text",
    "media",
    "labels",
    "dismissed",
    "suggested_labels",
    "unknown_labels",
    "label_scores",
    "state",
    "judged",
    "annotator",
    "date",
    "reviewed_at",
    "lead_time_s",
    "model_version",
    "selection_source",
    "uncertain",
    "note",
)
#: The same of a file that an older Plateau wrote, without doubts and notes.
OLDER_COLUMNS = ITEM_COLUMNS[:-2]
#: The columns of a table with a row for each label judged, and those before the labels of one with a column for each.
LONG_COLUMNS = ("id", "text", "media", "label", "value", "annotator", "time")
ONE_HOT_COLUMNS = ("id", "text", "media", "annotator", "time")
#: Names the metadata columns of a row whose cells are JSON rather than text.
TYPED = "metadata_json"
#: What an item bears in another tool's file while it is sent out for an action: the action's number, and its kind.
ACTION, SOURCE = "plateau_action", "plateau_source"
#: What ends an XLSX cell that was too long; a row that holds it is not taken back.
CUT_MARK = "characters; XLSX holds 32,767 in a cell: export CSV or Parquet for the whole]"

_MODEL = re.compile(r"plateau-([0-9]{1,18})")
_META = "meta."
_RISKY = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def is_ours(columns: Sequence[str]) -> bool:
    """Whether these are the columns of an items file that Plateau wrote, by now or before it had notes."""
    return tuple(columns[: len(OLDER_COLUMNS)]) == OLDER_COLUMNS


def has_notes(columns: Sequence[str]) -> bool:
    """Whether an items file that Plateau wrote has columns for doubts and notes."""
    return tuple(columns[: len(ITEM_COLUMNS)]) == ITEM_COLUMNS


def is_escaped(columns: Sequence[str]) -> bool:
    """Whether Plateau wrote a table with these columns, so that its cells are to be restored."""
    one_hot = tuple(columns[: len(ONE_HOT_COLUMNS)]) == ONE_HOT_COLUMNS
    return is_ours(columns) or tuple(columns) == LONG_COLUMNS or one_hot


def neutralise(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula; :func:`restore` takes it away.

    >>> neutralise("=1+1"), neutralise("'=1"), neutralise("'tis")
    ("'=1+1", "''=1", "'tis")
    """
    return "'" + cell if _RISKY.match(cell) else cell


def restore(cell: str) -> str:
    """The cell as it was before :func:`neutralise`.

    >>> restore("'=1+1"), restore("''=1"), restore("'tis")
    ('=1+1', "'=1", "'tis")
    """
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell


def metadata_column(key: str) -> str:
    """The column a metadata key is written to: its own name, unless that is taken.

    >>> metadata_column("team"), metadata_column("labels")
    ('team', 'meta.labels')
    """
    taken = key in ITEM_COLUMNS or key in ("", TYPED) or key.startswith(_META)
    return _META + key if taken else key


def metadata_key(column: str) -> str:
    """The metadata key that :func:`metadata_column` wrote to this column."""
    return column.removeprefix(_META)


def facts(metadata: Mapping[str, Any]) -> list[str]:
    """What a person is shown of an item's metadata. Objects are left out: tools keep there what they need back, and in it may
    stand what others have said of the item.

    >>> facts({"team": "A", "label_studio": {"annotations": []}})
    ['team: A']
    """
    return [f"{key}: {value}" for key, value in metadata.items() if not isinstance(value, Mapping)]


def action_number(value: Any) -> int | None:
    """The number of an action, or of a label, that a file, an address or a web hook names; None of anything that can be none.

    >>> action_number("12"), action_number(7), action_number(True), action_number(0), action_number(10**30), action_number("x")
    (12, 7, None, None, None, None)
    """
    text = "" if isinstance(value, bool) else str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if 0 < number < 2**63 else None


def is_own_model(version: str | None) -> bool:
    """Whether this is the version under which Plateau sends out what its own model gives: no other model's when it comes back.

    >>> is_own_model("plateau-3"), is_own_model("plateau"), is_own_model(None)
    (True, False, False)
    """
    return version is not None and _MODEL.fullmatch(version) is not None


def own_version(name: str | None) -> int | None:
    """The number of a version of Plateau's own model, by the name that it goes out under; None of anything else.

    >>> own_version("plateau-3"), own_version("v1"), own_version(None), own_version("plateau-" + "9" * 19)
    (3, None, None, None)
    """
    found = _MODEL.fullmatch(name or "")
    return int(found.group(1)) if found else None


def own_name(version: int) -> str:
    """The name that a version of Plateau's own model goes out under."""
    return f"plateau-{version}"
