"""What every route is given: the store, the token it was asked with, the project it is about, and a page's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Path, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from api.problems import Refused, responses
from data.records import Project
from data.store import Store
from data.tokens import Scope, Token
from recommend.trainer import Trainer

T = TypeVar("T")
LARGEST = 2**63 - 1
MOST = 1000
_BEARER = HTTPBearer(auto_error=False, description="A token made with `python -m api token`; see its scopes there.")

Number = Annotated[int, Path(ge=1, le=LARGEST)]


async def store_of(request: Request) -> Store:
    """The store of this server."""
    store: Store = request.app.state.store()
    return store


async def token_of(request: Request) -> Token:
    """The token that came with a request."""
    token: Token = request.state.token
    return token


async def trainer_of(request: Request) -> Trainer:
    """Who trains for this server."""
    found: Trainer = request.app.state.trainer
    return found


TokenOf = Annotated[Token, Depends(token_of)]


def _parameters(dependant: Dependant) -> frozenset[str]:
    """The names of the query parameters that a route, or what it depends on, takes."""
    return frozenset(one.alias for one in dependant.query_params).union(*map(_parameters, dependant.dependencies))


def asks(
    scope: Scope, *problems: int, strict: bool = True, success: dict[str, Any] | None = None, **extra: Any
) -> dict[str, Any]:  # fmt: skip
    """How a route says which scope it asks for, and which problems it may answer with besides those that any may.

    ``success`` says how it answers else, where its type does not; ``extra`` joins its description. Tokens of a smaller scope are
    refused, and so are parameters that a ``strict`` route does not know: a misspelt filter must not seem to find everything.
    """

    async def check(request: Request, token: TokenOf, shown: Annotated[Any, Security(_BEARER)]) -> None:
        if not token.allows(scope):
            raise Refused(
                403, "forbidden", "The token may not do this",
                f"This asks for the scope {scope!r}; the token {token.name!r} has {token.scope!r}. Use one of a larger scope.",
            )  # fmt: skip
        if strict and (unknown := sorted(set(request.query_params) - (known := _parameters(request.scope["route"].dependant)))):
            there = ", ".join(sorted(known)) or "none"
            detail = f"There is no parameter {unknown[0]!r} here. Leave it out, or correct it; the parameters are: {there}."
            raise Refused(422, "invalid", "A value breaks a rule", detail)

    told: dict[int | str, Any] = {**responses(*problems), **({} if success is None else {200: success})}
    return {"dependencies": [Depends(check)], "responses": told, "openapi_extra": {"x-scope": scope, **extra}}


StoreOf = Annotated[Store, Depends(store_of)]
TrainerOf = Annotated[Trainer, Depends(trainer_of)]


def project_of(project_id: Number, store: StoreOf) -> Project:
    """The project that a path names by its number; NotFound names those that exist."""
    return store.project(project_id)


ProjectOf = Annotated[Project, Depends(project_of)]


class Page(BaseModel, Generic[T]):
    """Some of what there is. ``next`` is the cursor of the page after it, null when this is the last one."""

    data: list[T]
    next: str | None = None


class Paging(BaseModel):
    """Where a page begins and how long it is."""

    after: int
    limit: int

    def page(self, found: list[T], number: Callable[[T], int]) -> tuple[list[T], str | None]:
        """What was found (one more than the limit, when there is more) as a page, with the cursor of the next one."""
        kept = found[: self.limit]
        return kept, str(number(kept[-1])) if len(found) > self.limit else None


async def paging(
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before")] = "0",
    limit: Annotated[int, Query(ge=1, le=MOST, description="how many at most")] = 100,
) -> Paging:
    """Which page is asked for."""
    return Paging(after=int(cursor), limit=limit)


PagingOf = Annotated[Paging, Depends(paging)]
