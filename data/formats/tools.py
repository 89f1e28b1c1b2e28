"""Every format of another tool that Plateau reads or writes, the more particular first: the first that knows a file reads it."""

from __future__ import annotations

from typing import Literal

from data.errors import ImportFailed
from data.formats import (
    argilla,
    argilla_feedback,
    argilla_nested,
    argilla_v1,
    corpus_folder,
    doccano,
    fasttext,
    hf_folder,
    label_studio,
    label_studio_min,
    prodigy,
    refinery,
    tables,
)
from data.formats.base import ToolFormat
from data.imports.records import TABLE, ImportOptions, Shape

_ALL: tuple[ToolFormat, ...] = (
    label_studio.TASKS,
    label_studio_min.JSON_MIN,
    label_studio_min.CSV,
    label_studio_min.TSV,
    argilla.LINES,
    argilla.PARQUET,
    argilla_nested.FORMAT,
    argilla_v1.FORMAT,
    argilla_feedback.FORMAT,
    hf_folder.FORMAT,
    prodigy.ANSWERS,
    prodigy.TASKS,
    refinery.FORMAT,
    doccano.LINES,
    doccano.MEMBERS,
    fasttext.FORMAT,
    corpus_folder.FORMAT,
    tables.LONG,
    tables.ONE_HOT,
    tables.LABEL_SLEUTH,
)
TOOLS: dict[str, ToolFormat] = {tool.key: tool for tool in _ALL}


def tool_of(shape: Shape, options: ImportOptions, name: str) -> str | None:
    """The key of the format that a file is in, or that was asked for; None for a plain table."""
    if options.tool == TABLE:
        return None
    readable = {key: tool for key, tool in TOOLS.items() if tool.reader is not None}
    if options.tool is None:
        return None if shape.ours else next((key for key, tool in readable.items() if _knows(tool, shape)), None)
    if options.tool not in readable:
        raise ImportFailed(f"There is no format {options.tool!r} to read. Choose one of {', '.join((TABLE, *readable))}.")
    tool = readable[options.tool]
    if shape.format not in tool.containers:
        kinds = ", ".join(sorted(kind.upper() for kind in tool.containers))
        raise ImportFailed(f"{name} is {shape.format.upper()}; {tool.title} comes as {kinds}. Choose another format or file.")
    return tool.key


def container_of(options: ImportOptions) -> Literal["lines"] | None:
    """Lines, when a format was asked for that has no other layout: nothing in a file tells them from a table."""
    tool = TOOLS.get(options.tool or "")
    return "lines" if tool is not None and tool.containers == {"lines"} else None


def _knows(tool: ToolFormat, shape: Shape) -> bool:
    return shape.format in tool.containers and tool.recognises(shape)
