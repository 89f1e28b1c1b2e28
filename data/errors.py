"""What can go wrong, one class per situation; every message says the rule, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PlateauError(Exception):
    """Base of every error that is shown to a person as it is."""


class StoreError(PlateauError):
    """The database cannot be opened, read or written."""


class NotFound(PlateauError):
    """No project, label, item, review or action has this name or number."""


class InvalidInput(PlateauError):
    """A value breaks a rule that the message names."""


class ImportFailed(PlateauError):
    """A file cannot be imported at all; nothing was written."""


class CutShort(ImportFailed):
    """A file can be read up to a point and no further: ``before`` records can be taken if the person says so."""

    def __init__(self, message: str, before: int) -> None:
        super().__init__(message)
        self.before = before


class VectorsInvalid(PlateauError):
    """Vectors do not fit the items they are for."""


class EncoderUnavailable(PlateauError):
    """An encoder's library or model is not installed here."""


class PackageMissing(PlateauError):
    """A package that only some commands need is not installed here."""


class Taken(PlateauError):
    """Somebody else works on this now."""


class Busy(StoreError):
    """Another server does this now; to be tried again when it is done."""


class Conflict(PlateauError):
    """Somebody else has judged an item since it was shown; nothing was written.

    ``newest`` has the number of their review by item: a draft that names it as ``seen`` is kept beside theirs.
    """

    def __init__(self, message: str, newest: Mapping[int, int]) -> None:
        super().__init__(message)
        self.newest = dict(newest)


class Superseded(PlateauError):
    """A judgement comes late: its annotator has dealt with the item since; nothing was written."""


class LabelChanged(PlateauError):
    """Somebody else has changed a label since it was shown; nothing was written."""


class RequestRefused(PlateauError):
    """A server has refused a request; ``status`` is HTTP's (0 when it did not answer), ``problem`` what it says is wrong."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or status))
        self.status, self.problem = status, dict(problem)


class NotEnoughEvidence(PlateauError):
    """A question cannot be answered yet from what has been reviewed."""


class Interrupted(PlateauError):
    """Somebody stopped the work; what it had not finished is lost."""


class TrainingFailed(PlateauError):
    """A project could not be trained; what was rated last goes on serving."""
