"""What a server and the process that trains for it say to each other: records, each preceded by a mark and its length."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from recommend.records import ANYTHING, Focus
from recommend.serving import Served

_MARK, _HEAD = b"\x93plateau", struct.Struct(">8sQ")


class OutOfStep(Exception):
    """What came is no record: somebody else has written to the same stream."""


@dataclass(frozen=True, slots=True)
class Task:
    """A project to rate and to plan for, in the database at this path; ``words`` say so to those who look."""

    db: str
    project_id: int
    focus: Focus = ANYTHING
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task: what is served from now on, or which ``error`` (the name of its class) says what in ``words``.

    ``trace`` says where in the code an unforeseen error arose; empty for those that a person is to read. ``seconds`` are those
    that the task itself took.
    """

    served: Served | None
    error: str = ""
    words: str = ""
    trace: str = ""
    seconds: float = 0.0


def send(stream: BinaryIO, record: Task | Answer) -> None:
    """Write a record. OSError when nobody reads any more."""
    content = pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_HEAD.pack(_MARK, len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next record; None when the other side is gone, be it in the middle of one. OutOfStep when it is none."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    mark, length = _HEAD.unpack(head)
    if mark != _MARK:
        raise OutOfStep(f"Found {head!r} where a record begins.")
    content = stream.read(length)
    return pickle.loads(content) if len(content) == length else None
