"""What was found of a project and kept: studies, and the versions of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Where a model version's configuration says when its evidence was read.
READ_AT = "read_at"


@dataclass(frozen=True, slots=True)
class Study:
    """A heavy analysis as it was kept: what it found of a project at a ``revision``, with the model of that version.

    ``key`` tells studies of one kind apart by what was asked for. ``arrays`` is what NumPy wrote of larger parts, None without.
    """

    kind: str
    key: str
    revision: int
    model_version: int
    created_at: str
    result: Mapping[str, Any]
    arrays: bytes | None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model as it was fitted at a revision, with the mark and the note that people have left on it."""

    version: int
    revision: int
    created_at: str
    config: Mapping[str, Any]
    starred: bool
    note: str

    @property
    def read_at(self) -> str:
        """When the evidence was read that it was fitted to; when it was kept, where that is not known."""
        return str(self.config.get(READ_AT, self.created_at))


@dataclass(frozen=True, slots=True)
class VersionRating:
    """What a model version was rated (0-100, with its 90 % interval) from so many reviewed items; None without a rating."""

    version: int
    reviewed: int
    value: float | None
    low: float | None
    high: float | None
