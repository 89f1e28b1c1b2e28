"""Tokens: list and revoke. They are made on the command line only."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel

from api.context import Number, Page, PagingOf, StoreOf, asks
from data.tokens import Token

router = APIRouter(tags=["tokens"])


class TokenOut(BaseModel):
    """A token without its secret. ``revoked_at`` is null while it is good."""

    id: int
    name: str
    scope: str
    created_at: str
    revoked_at: str | None


def told(token: Token) -> TokenOut:
    """A token as it goes out."""
    return TokenOut(**asdict(token))


@router.get("/tokens", **asks("admin"))
def list_tokens(store: StoreOf, paging: PagingOf) -> Page[TokenOut]:
    """Every token there has been, oldest first."""
    there = [token for token in store.tokens() if token.id > paging.after]
    kept, following = paging.page(there[: paging.limit + 1], lambda token: token.id)
    return Page(data=[told(token) for token in kept], next=following)


@router.delete("/tokens/{token_id}", **asks("admin", 404))
def revoke_token(store: StoreOf, token_id: Number) -> TokenOut:
    """Let a token be good no more, from the next request on."""
    return told(store.revoke_token(token_id))
