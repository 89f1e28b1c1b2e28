"""API tokens: what a program proves itself with. Only a salted hash of the secret is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal

from data.errors import InvalidInput

Scope = Literal["read", "label", "write", "admin"]
#: What a token may do; each scope holds those before it.
SCOPES: tuple[Scope, ...] = ("read", "label", "write", "admin")
_FORM = re.compile(r"plateau_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{20,80})")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the store knows it, without its secret. ``revoked_at`` is None while it is good."""

    id: int
    name: str
    scope: Scope
    created_at: str
    revoked_at: str | None

    def allows(self, scope: Scope) -> bool:
        """Whether the token may do what asks for this scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


def check_scope(scope: str) -> None:
    """Refuse a scope that there is not."""
    if scope not in SCOPES:
        raise InvalidInput(f"A token's scope is one of {', '.join(SCOPES)}; not {scope!r}. Choose the least that will do.")


def new_secret() -> str:
    """A secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """A salt for :func:`digest`."""
    return secrets.token_bytes(16)


def digest(secret: str, salt: bytes) -> bytes:
    """What is kept of a secret. A quick hash will do: nobody can try out 256 random bits."""
    return hashlib.sha256(salt + secret.encode()).digest()


def same(secret: str, salt: bytes, kept: bytes) -> bool:
    """Whether this is the secret, told in the same time however much of it is right."""
    return hmac.compare_digest(digest(secret, salt), kept)


def written(number: int, secret: str) -> str:
    """A token as its owner writes it.

    >>> parse(written(3, "x" * 43)) == (3, "x" * 43)
    True
    """
    return f"plateau_{number}_{secret}"


def parse(token: str) -> tuple[int, str] | None:
    """The number and secret in a token; None when it is none."""
    found = _FORM.fullmatch(token)
    return None if found is None else (int(found[1]), found[2])
