"""The desk's short way to the disk: a decision is written at once, and its page shows the next item before it is drawn anew.

A page that has no answer sends the decision the long way, where it counts once however often it comes. What arrives here after
that, when its person has gone on, is not written again.
"""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from data.errors import PlateauError
from views.deskrecord import Sitting, decision_of, record

#: A decision with the longest note takes no more bytes.
LONGEST_BODY = 64_000
#: By the secret of its page. One goes when its page's session does, or is drawn anew.
_SITTINGS: WeakValueDictionary[str, Sitting] = WeakValueDictionary()


def admit(secret: str, sitting: Sitting) -> None:
    """Let whoever knows the secret of a page decide the item that it shows, in the name of who works there."""
    _SITTINGS[secret] = sitting


async def answer(request: Request) -> JSONResponse:
    """Say whether a page's decision is on disk: it is where this says so, and may be where it does not."""
    try:
        if int(request.headers.get("content-length") or LONGEST_BODY + 1) > LONGEST_BODY:
            return JSONResponse({"kept": False}, 413)
        told = await request.json()
    except (ValueError, RecursionError, ClientDisconnect):
        return JSONResponse({"kept": False}, 400)
    return JSONResponse({"kept": await run_in_threadpool(keep, told)})


def keep(told: Any) -> bool:
    """Write the decision that a page tells with its secret; False where that is for the long way, which says why."""
    match told:
        case {"session": str(secret), "event": {"kind": "decide" | "skip" as kind, "number": str(number), **event}}:
            sitting = _SITTINGS.get(secret)
        case _:
            return False
    if sitting is None or sitting.following is None or number in sitting.kept:
        return False
    try:
        decision = decision_of(event)
        if decision.item_id != sitting.item_id or not record(sitting, decision, skipped=kind == "skip", late=True):
            return False
    except PlateauError:
        return False
    sitting.kept.append(number)
    sitting.since.setdefault((sitting.work.action.id, sitting.following), time.monotonic())
    return True
