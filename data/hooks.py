"""Web hooks and the messages to them, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MessageState = Literal["waiting", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that is told of a project's ``events``; ``secret`` signs what is sent, empty when nothing does.

    ``marks`` is what it was told last, as JSON knows it.
    """

    id: int
    project_id: int
    url: str
    secret: str
    events: tuple[str, ...]
    marks: Mapping[str, Any]
    created_at: str


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell a hook. ``uid`` is its id for whoever gets it, the same at every attempt; ``payload`` is JSON.

    ``status`` is the HTTP status of the last attempt, None when there was no answer; ``error`` says what went wrong.
    """

    id: int
    hook_id: int
    project_id: int
    uid: str
    event: str
    payload: str
    state: MessageState
    attempts: int
    created_at: str
    next_at: str
    tried_at: str | None
    status: int | None
    error: str
