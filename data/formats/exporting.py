"""Writing a project in a tool's format, all or nothing."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from data.errors import InvalidInput
from data.exports.handover import Handover
from data.exports.table import ExportReport
from data.exports.writing import whole_file
from data.formats.base import ToolFormat
from data.formats.tools import TOOLS

_lock = Lock()
_holders = {"count": 0, "before": 0}


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector of the whole process while a block runs: writing makes millions of objects and no cycles.

    Several threads may be in such blocks at once; the last one to leave puts back what was before the first.
    """
    with _lock:
        if not _holders["count"]:
            _holders["before"] = gc.isenabled()
            gc.disable()
        _holders["count"] += 1
    try:
        yield
    finally:
        with _lock:
            _holders["count"] -= 1
            if not _holders["count"] and _holders["before"]:
                gc.enable()


def writable(key: str) -> ToolFormat:
    """The format of this key, if it can be written; raises InvalidInput."""
    tool = TOOLS.get(key)
    if tool is None or tool.writer is None:
        known = ", ".join(key for key, tool in TOOLS.items() if tool.writer is not None)
        raise InvalidInput(f"There is no format {key!r} to write. Choose one of {known}.")
    return tool


def export_tool(handover: Handover, key: str, path: str | Path) -> ExportReport:
    """Write to a file that appears only when it is whole; an existing one is replaced. Raises InvalidInput, StoreError."""
    tool = writable(key)
    assert tool.writer is not None
    with whole_file(path) as out, collector_paused():
        return tool.writer(handover, out)


def tool_bytes(handover: Handover, key: str) -> tuple[bytes, ExportReport]:
    """The same as bytes, for a download."""
    tool, out = writable(key), io.BytesIO()
    assert tool.writer is not None
    with collector_paused():
        report = tool.writer(handover, out)
    return out.getvalue(), report
