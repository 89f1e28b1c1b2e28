"""Requests that may come again: what carries an ``Idempotency-Key`` is carried out once, and answered alike each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.guards import too_large
from api.problems import Refused, answer, refusal
from api.streams import spool
from data.errors import Busy, PlateauError
from data.store import Store
from data.store.repeats import Answered

LONGEST_KEY, LARGEST_ANSWER = 200, 1_000_000
#: Answers that say no more than that it could not be done now.
_PASSING = {409, 429}


class Repeats:
    """Answers a request that came before, under the same token and key, as it was answered then.

    ``limit`` says how many bytes a body may have at a path: it is kept whole before anybody else looks at it.
    """

    def __init__(self, app: ASGIApp, store: Callable[[], Store], limit: Callable[[str], int]) -> None:
        self.app, self.store, self.limit = app, store, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is new; what only reads is always new."""
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] in ("GET", "HEAD", "OPTIONS") or "token" not in scope.get("state", {}):
            await self.app(scope, receive, send)
            return
        try:
            if not 0 < len(key) <= LONGEST_KEY:
                raise Refused(422, "invalid", "A value breaks a rule", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
            with spool() as body:
                digest = await _kept(scope, receive, body, self.limit(scope["path"]))
                await self._once(scope, key, digest, body, send)
        except Refused as refused:
            await answer(refused)(scope, receive, send)

    async def _once(self, scope: Scope, key: str, digest: bytes, body: IO[bytes], send: Send) -> None:
        token_id = scope["state"]["token"].id
        try:
            before = await run_in_threadpool(self.store().claim_answer, token_id, key, digest)
        except Busy as error:
            raise Refused(409, "busy", "The request is under way", str(error), {"Retry-After": "2"}) from error
        except PlateauError as error:
            raise refusal(error) from error
        if before is not None:
            again = Response(before.body, before.status, {**before.headers, "Idempotency-Replayed": "true"})
            await again(scope, _from(body), send)
            return
        sent = _Sent(send)
        try:
            await self.app(scope, _from(body), sent)
        finally:
            await run_in_threadpool(self._settle, token_id, key, sent)

    def _settle(self, token_id: int, key: str, sent: _Sent) -> None:
        if sent.whole and sent.status < 500 and sent.status not in _PASSING:
            self.store().keep_answer(token_id, key, Answered(sent.status, sent.headers, bytes(sent.body)))
        else:
            self.store().forget_answer(token_id, key)


class _Sent:
    """Sends an answer on, and keeps it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.headers, self.body, self.whole = 500, dict[str, str](), bytearray(), False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            told = MutableHeaders(raw=list(message["headers"]))
            self.headers = {name: told[name] for name in ("content-type", "location") if name in told}
        elif len(self.body) <= LARGEST_ANSWER:
            self.body += message.get("body", b"")
            self.whole = not message.get("more_body", False) and len(self.body) <= LARGEST_ANSWER
        await self._send(message)


async def _kept(scope: Scope, receive: Receive, body: IO[bytes], limit: int) -> bytes:
    """Write the whole body to a file; the digest of all that makes the request what it is."""
    found, taken, more = hashlib.sha256(), 0, True
    kind = Headers(scope=scope).get("content-type", "")
    found.update(f"{scope['method']} {scope['path']}?{scope['query_string']!r} {kind}\n".encode())
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "bad-request", "The request cannot be understood", "It ended before its body was whole.")
        part = message.get("body", b"")
        taken, more = taken + len(part), message.get("more_body", False)
        if taken > limit:
            raise too_large(limit)
        found.update(part)
        await run_in_threadpool(body.write, part)
    body.seek(0)
    return found.digest()


def _from(body: IO[bytes]) -> Receive:
    """The body as it came, from its file."""
    ended = False

    async def receive() -> Message:
        nonlocal ended
        if ended:
            return {"type": "http.disconnect"}
        part = await run_in_threadpool(body.read, 1_000_000)
        ended = not part
        return {"type": "http.request", "body": part, "more_body": bool(part)}

    return receive
