"""The HTTP API as one app: everything below ``/api``, served beside the pages or by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api.context import asks
from api.guards import Access, Allowance, Hosts, Sizes
from api.opening import Opened
from api.problems import ALWAYS, add_handlers
from api.repeats import Repeats
from api.routes import (
    actions,
    exports,
    imports,
    items,
    jobs,
    label_quality,
    label_studio,
    labels,
    models,
    predictions,
    projects,
    ratings,
    reports,
    reviews,
    taxonomy,
    tokens,
)
from api.streams import LARGEST_FILE
from data.tokens import Token
from recommend.trainer import trainer

VERSION = "/api/v1"
#: Paths that answer without a token.
OPEN_PATHS = (f"{VERSION}/health",)
#: Paths that take whole files.
FILE_PATHS = re.compile(r"/(imports|items\.ndjson|label-studio/[0-9]+/(predict|webhook|train))$")
_THINGS = (
    projects, items, labels, taxonomy, label_quality, reviews, predictions, models, ratings, reports, actions, jobs, imports, 
    exports, tokens, label_studio,
)  # fmt: skip
LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a token may ask for: requests a second in the long run and at once, and the bytes of a body that is no file."""

    rate: float = 200.0
    burst: int = 400
    body: int = 10_000_000


def create_app(
    store_path: str | Path, *, hosts: Iterable[str] = (), origins: Iterable[str] = (), limits: Limits | None = None,
) -> FastAPI:  # fmt: skip
    """The API of the database at a path.

    ``hosts`` are names that the server may be asked by besides those of this machine ("*" for any), ``origins`` the addresses of
    pages elsewhere that may call it from a browser; none unless given.
    """
    limits, opened = limits or Limits(), Opened(store_path)
    app = FastAPI(
        title="Plateau", version="1", openapi_url=None, docs_url=None, redoc_url=None,
        description="Rates a labelling project's model, says what to label next and when to stop.",
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    app.state.store, app.state.trainer = opened, trainer()
    add_handlers(app)
    every = APIRouter(prefix=VERSION, responses=ALWAYS, max_body_size=limits.body)
    for router in (_own(app), *(module.router for module in _THINGS)):
        every.include_router(router)
    app.include_router(every)
    _guard(app, opened, limits, hosts, origins)
    return app


def app_from_environment() -> FastAPI:
    """The API as the variables PLATEAU_DB, PLATEAU_HOSTS and PLATEAU_CORS say; the last two are lists divided at commas."""
    hosts, origins = (tuple(os.environ.get(name, "").replace(",", " ").split()) for name in ("PLATEAU_HOSTS", "PLATEAU_CORS"))
    return create_app(os.environ.get("PLATEAU_DB", "plateau.db"), hosts=hosts, origins=origins)


def _guard(app: FastAPI, opened: Opened, limits: Limits, hosts: Iterable[str], origins: Iterable[str]) -> None:
    """Put the guards before the app; the one added last is asked first."""

    def find(given: str) -> Token | None:
        return opened().token(given)

    def limit(path: str) -> int:
        return LARGEST_FILE if FILE_PATHS.search(path) else limits.body

    app.add_middleware(Repeats, store=opened, limit=limit)
    app.add_middleware(Access, find=find, open_paths=OPEN_PATHS, allowance=Allowance(limits.rate, limits.burst))
    app.add_middleware(Sizes, limit=limit)
    if origins := list(origins):
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["Authorization", "Content-Type",
            "Idempotency-Key"], expose_headers=["Retry-After", "Location"],
        )  # fmt: skip
    app.add_middleware(Hosts, allowed=(*LOCAL, *(host.lower() for host in hosts)))


def _own(app: FastAPI) -> APIRouter:
    """What the API says of itself."""
    router = APIRouter(tags=["server"])

    @router.get("/health")
    def health() -> dict[str, str]:
        """Whether the server answers and its database can be read. The one thing that asks for no token."""
        app.state.store().projects()
        return {"status": "ok"}

    @router.get("/openapi.json", include_in_schema=False, **asks("read"))
    async def openapi() -> dict[str, object]:
        """This description."""
        return app.openapi()

    return router
