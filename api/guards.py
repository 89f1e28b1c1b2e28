"""What stands before every request: which hosts are served, how large a body may be, whose token it is, and how many may come."""

from __future__ import annotations

import base64
import binascii
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import SMALLER, Refused, answer, refusal
from data.errors import PlateauError
from data.tokens import Token

#: Tokens whose number of requests is remembered.
REMEMBERED = 1000


class Hosts:
    """Refuses requests for hosts that this server is not: a page elsewhere cannot reach it under a name of its own."""

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self.app, self.allowed = app, frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request for this host."""
        named = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        if scope["type"] != "http" or "*" in self.allowed or host_of(named) in self.allowed:
            await self.app(scope, receive, send)
            return
        detail = f"This server is not {named[:80]!r}. Ask it by its own name, or add that one to PLATEAU_HOSTS and restart it."
        await answer(Refused(421, "host", "Another host is asked for", detail))(scope, receive, send)


def host_of(header: str) -> str:
    """The name in a Host header, without its port.

    >>> host_of("Example.org:8501"), host_of("[::1]:8501"), host_of("127.0.0.1")
    ('example.org', '[::1]', '127.0.0.1')
    """
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdigit() else header).lower()


class Sizes:
    """Refuses a body that is told to be too large before any of it is read; what is not told FastAPI counts as it comes.

    ``limit`` says how many bytes a body may have at a path.
    """

    def __init__(self, app: ASGIApp, limit: Callable[[str], int]) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request whose body is small enough, as far as it says."""
        told = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if told.isdigit() and int(told) > (limit := self.limit(scope["path"])):
            await answer(too_large(limit))(scope, receive, send)
            return
        await self.app(scope, receive, send)


def too_large(limit: int) -> Refused:
    """What to say of a body that has more than so many bytes."""
    detail = f"A body has at most {limit:,} bytes here. {SMALLER}"
    return Refused(413, "too-large", "The body is too large", detail)


class Access:
    """Lets nobody in without a token, be it for a path that there is or not. The token is then in ``scope["state"]["token"]``.

    It comes as ``Authorization: Bearer TOKEN``, or as the password of ``Basic``. ``allowance`` counts what each token asks for.
    """

    def __init__(
        self, app: ASGIApp, find: Callable[[str], Token | None], open_paths: Iterable[str], allowance: Allowance
    ) -> None:  # fmt: skip
        self.app, self.find, self.open_paths, self.allowance = app, find, frozenset(open_paths), allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request that comes with a token in use."""
        if scope["type"] != "http" or scope["path"] in self.open_paths:
            await self.app(scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["token"] = await self._admitted(Headers(scope=scope))
        except Refused as refused:
            await answer(refused)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _admitted(self, headers: Headers) -> Token:
        given = given_token(headers.get("authorization", ""))
        if not given:
            raise _unknown("No token came with the request.")
        try:
            token = await run_in_threadpool(self.find, given)
        except PlateauError as error:
            raise refusal(error) from error
        if token is None:
            raise _unknown("The token is not one of this server's, or it was revoked.")
        wait = self.allowance.take(token.id)
        if wait > 0:
            raise Refused(
                429, "too-many-requests", "Too many requests",
                f"The token {token.name!r} has asked too often. Wait {wait:.1f} seconds, and ask less often.",
                {"Retry-After": str(math.ceil(wait))},
            )  # fmt: skip
        return token


def _unknown(found: str) -> Refused:
    remedy = "Make one with `python -m api token --name NAME --scope SCOPE`, and send it as `Authorization: Bearer TOKEN`."
    return Refused(401, "unauthorised", "A token is needed", f"{found} {remedy}", {"WWW-Authenticate": 'Bearer realm="plateau"'})


def given_token(authorization: str) -> str:
    """The token in an Authorization header; empty when there is none.

    >>> given_token("Bearer abc"), given_token("Basic bWU6YWJj"), given_token("Basic !")
    ('abc', 'abc', '')
    """
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class Allowance:
    """How many requests each token may make: ``rate`` a second in the long run, ``burst`` at once. Threads may share it."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self.clock = rate, burst, clock
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, token_id: int) -> float:
        """Count one request; seconds to wait when it is one too many, 0 when it is not."""
        with self._lock:
            now = self.clock()
            left, since = self._left.pop(token_id, (float(self.burst), now))
            left = min(self.burst, left + (now - since) * self.rate)
            self._left[token_id] = (left - 1 if left >= 1 else left, now)
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            return 0.0 if left >= 1 else (1 - left) / self.rate
