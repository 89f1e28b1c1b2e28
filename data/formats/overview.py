"""What each format of another tool carries, as a table to read before choosing one."""

from __future__ import annotations

from dataclasses import fields

from data.formats.base import Keeps, Kept
from data.formats.tools import TOOLS

#: The parts of Keeps as the table heads them.
HEADS = {
    "no_label": "reviewed, no label", "skipped": "skipped", "dismissed": "explicit noes", "partial": "judged in part",
    "scores": "scores", "annotator": "annotator", "several": "several people", "time": "time", "seconds": "seconds",
    "pool": "unreviewed", "source": "why shown", "note": "notes", "metadata": "further fields", "media": "images",
    "confirmed": "confirmed", "unknown": "labels that came later",
}  # fmt: skip


def carried() -> list[dict[str, Kept]]:
    """Every format: ``format`` (its key), ``title``, ``read``, ``written``, and each part of :class:`data.formats.base.Keeps`."""
    return [
        {
            "format": key, "title": tool.title, "read": tool.reader is not None, "written": tool.writer is not None,
            **{part.name: getattr(tool.keeps, part.name) for part in fields(Keeps)},
        }
        for key, tool in TOOLS.items()
    ]  # fmt: skip


def as_markdown() -> str:
    """The formats that can be written, a row each; what is carried in part stands below the table, numbered."""
    partly: list[str] = []
    rows = [_row(found, partly) for found in carried() if found["written"]]
    head = ["format", *HEADS.values()]
    lines = [head, ["---"] * len(head), *rows]
    notes = [f"{number}. {words[:1].upper()}{words[1:]}." for number, words in enumerate(partly, 1)]
    return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), "", *notes])


def _row(found: dict[str, Kept], partly: list[str]) -> list[str]:
    return [f"`{found['format']}` {found['title']}", *(_cell(found[part], partly) for part in HEADS)]


def _cell(kept: Kept, partly: list[str]) -> str:
    if isinstance(kept, bool):
        return "yes" if kept else "–"
    if kept not in partly:
        partly.append(kept)
    return f"in part ({partly.index(kept) + 1})"
