"""What a server and the process that trains for it say to each other: records, each preceded by its length."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from recommend.records import ANYTHING, Focus
from recommend.serving import Served

_LENGTH = struct.Struct(">Q")


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
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next record; None when the other side is gone, be it in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return pickle.loads(content) if len(content) == length else None
