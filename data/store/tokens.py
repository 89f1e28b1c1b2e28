"""API tokens, kept as salted hashes."""

from __future__ import annotations

from typing import Any

from data.errors import InvalidInput, NotFound
from data.records import now
from data.store.connection import Connection
from data.store.projects import clean_name
from data.tokens import Scope, Token, check_scope, digest, new_salt, new_secret, parse, same, written

_COLUMNS = "id, name, scope, created_at, revoked_at"


def _token(row: tuple[Any, ...]) -> Token:
    return Token(*row)


class Tokens(Connection):
    """The part of the store that keeps who may use the API."""

    def add_token(self, name: str, scope: Scope) -> tuple[Token, str]:
        """Make a token; the second value is what its owner writes, and is told this once only.

        InvalidInput when another token in use has the name: reviews given with a token carry it.
        """
        name, secret, salt = clean_name(name, "token"), new_secret(), new_salt()
        check_scope(scope)
        with self.write() as db:
            if db.conn.execute("SELECT 1 FROM api_tokens WHERE name = ? AND revoked_at IS NULL", [name]).fetchone():
                raise InvalidInput(f"Another token is called {name!r} already. Revoke it first, or choose another name.")
            cursor = db.conn.execute(
                "INSERT INTO api_tokens (name, scope, salt, hash, created_at) VALUES (?, ?, ?, ?, ?)",
                [name, scope, salt, digest(secret, salt), now()],
            )
            number = int(cursor.lastrowid or 0)
            row = db.conn.execute(f"SELECT {_COLUMNS} FROM api_tokens WHERE id = ?", [number]).fetchone()
        return _token(row), written(number, secret)

    def tokens(self) -> list[Token]:
        """Every token there has been, oldest first."""
        with self.read() as db:
            return [_token(row) for row in db.conn.execute(f"SELECT {_COLUMNS} FROM api_tokens ORDER BY id")]

    def revoke_token(self, number: int) -> Token:
        """Let a token be good no more, from the next request on; one revoked already stays as it is."""
        with self.write() as db:
            db.conn.execute("UPDATE api_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [now(), number])
            row = db.conn.execute(f"SELECT {_COLUMNS} FROM api_tokens WHERE id = ?", [number]).fetchone()
        if row is None:
            raise NotFound(f"There is no token with the number {number}. List the tokens, and choose one of them.")
        return _token(row)

    def token(self, given: str) -> Token | None:
        """The token that this is, as its owner writes it; None when there is none such, or it was revoked."""
        if (parsed := parse(given)) is None:
            return None
        number, secret = parsed
        with self.read() as db:
            row = db.conn.execute(
                f"SELECT {_COLUMNS}, salt, hash FROM api_tokens WHERE id = ? AND revoked_at IS NULL", [number]
            ).fetchone()
        return _token(row[:5]) if row is not None and same(secret, row[5], row[6]) else None
