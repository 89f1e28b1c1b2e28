"""Errors as problem details (RFC 9457), in Plateau's own words: the rule, what was found, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from data.errors import (
    Busy,
    Conflict,
    EncoderUnavailable,
    ImportFailed,
    InvalidInput,
    LabelChanged,
    NotEnoughEvidence,
    NotFound,
    PackageMissing,
    PlateauError,
    StoreError,
    Taken,
    VectorsInvalid,
)

E = TypeVar("E", bound=Exception)
MEDIA: Final = "application/problem+json"
#: What each error is to HTTP: its status, a name that programs can rely on, and what it means. The first that fits counts.
_KINDS: tuple[tuple[type[PlateauError], int, str, str], ...] = (
    (NotFound, 404, "not-found", "There is no such thing"),
    (Conflict, 409, "conflict", "Somebody else has answered meanwhile"),
    (LabelChanged, 409, "label-changed", "Somebody else has changed a label meanwhile"),
    (Taken, 409, "taken", "Somebody else works on this"),
    (NotEnoughEvidence, 409, "not-enough-evidence", "This cannot be told yet"),
    (InvalidInput, 422, "invalid", "A value breaks a rule"),
    (ImportFailed, 422, "import-failed", "The file cannot be imported"),
    (VectorsInvalid, 422, "vectors-invalid", "The vectors do not fit"),
    (Busy, 503, "busy", "This is being done already"),
    (StoreError, 503, "store", "The database cannot be used now"),
    (EncoderUnavailable, 501, "not-installed", "Something is not installed here"),
    (PackageMissing, 501, "not-installed", "Something is not installed here"),
    (PlateauError, 500, "failed", "This failed"),
)
#: What to do about a body that is too large.
SMALLER: Final = "Send less at a time, or a file to the project's imports."
_BY_STATUS = {
    400: ("bad-request", "The request cannot be understood"),
    404: ("not-found", "There is no such thing"),
    405: ("method", "This cannot be done here"),
}


@dataclass
class Refused(Exception):
    """A request that is refused before anything is done: a status, a name of the kind, its meaning, and the remedy."""

    status: int
    kind: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def answer(refused: Refused) -> Response:
    """The refusal as it is sent."""
    told = {
        "type": f"urn:plateau:problem:{refused.kind}", "title": refused.title, "status": refused.status,
        "detail": refused.detail, **refused.more,
    }  # fmt: skip
    return JSONResponse(told, refused.status, {**refused.headers}, MEDIA)


def refusal(error: PlateauError, more: Mapping[str, Any] | None = None) -> Refused:
    """A Plateau error as HTTP has it; what is only busy may be tried again."""
    _, status, kind, title = next(found for found in _KINDS if isinstance(error, found[0]))
    return Refused(status, kind, title, str(error), {"Retry-After": "5"} if status == 503 else {}, more or {})


def invalid(error: RequestValidationError) -> Refused:
    """A request that breaks its schema: where, which rule, and what was found there."""
    errors = [
        {"at": "/".join(map(_shown, found["loc"])), "rule": found["msg"], "found": repr(found.get("input"))[:80]}
        for found in error.errors()[:100]
    ]
    first = errors[0]
    detail = f"{first['at']}: {first['rule']} (found {first['found']}). Correct it and send the request again."
    return Refused(422, "invalid", "A value breaks a rule", detail, more={"errors": errors})


def _shown(part: int | str) -> str:
    return str(part).encode("utf-8", "backslashreplace").decode()  # a name may hold what cannot be written


def _of_status(error: HTTPException) -> Refused:
    if error.status_code == 413:
        return Refused(413, "too-large", "The body is too large", f"{error.detail}. {SMALLER}")
    kind, title = _BY_STATUS.get(error.status_code, ("refused", "The request is refused"))
    return Refused(error.status_code, kind, title, str(error.detail), error.headers or {})


def add_handlers(app: FastAPI) -> None:
    """Let every error of an app be answered with problem details."""
    app.add_exception_handler(PlateauError, lambda _, error: answer(refusal(_as(error, PlateauError))))
    app.add_exception_handler(Refused, lambda _, error: answer(_as(error, Refused)))
    app.add_exception_handler(RequestValidationError, lambda _, error: answer(invalid(_as(error, RequestValidationError))))
    app.add_exception_handler(HTTPException, lambda _, error: answer(_of_status(_as(error, HTTPException))))
    app.add_exception_handler(Exception, _unforeseen)


def _unforeseen(request: Request, error: Exception) -> Response:
    detail = "This is a defect of Plateau, nothing was half-written. The server's log says where it arose: please report it."
    return answer(Refused(500, "failed", "This failed", detail))


def _as(error: Exception, kind: type[E]) -> E:
    assert isinstance(error, kind)
    return error


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route documents that it may answer with these problems."""
    told = {MEDIA: {"schema": _SCHEMA}}
    return {status: {"content": told, "description": _MEANINGS[status]} for status in statuses}


#: What every problem holds; some hold more. ``type`` names the kind for programs, ``detail`` is for people.
_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "examples": ["urn:plateau:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}
_MEANINGS = {
    400: "The request cannot be understood.",
    401: "The token is missing or wrong.",
    403: "The token's scope is too small.",
    404: "There is no such thing.",
    409: "Somebody else has answered meanwhile, or the request is under way.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken here.",
    421: "The request is for another host.",
    422: "A value breaks a rule that the detail names.",
    429: "Too many requests; Retry-After says how many seconds to wait.",
    500: "A defect of Plateau.",
    501: "Something that this needs is not installed here.",
    503: "The database is busy; try again.",
}
#: What any route may answer.
ALWAYS = responses(400, 401, 403, 413, 421, 422, 429, 503)
