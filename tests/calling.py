"""The HTTP API as a test sees it: in this process, with a token of each scope, and with a trainer that only takes notes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from api.app import Limits, create_app
from data.errors import PlateauError
from data.records import Project
from data.store import Store
from data.tokens import SCOPES
from recommend.trainer import Ticket
from tests.builders import stored
from tests.serving import free_port, until

V1 = "/api/v1"


class Notes:
    """Stands in for the trainer: what it was asked for, in order."""

    def __init__(self) -> None:
        self.nudged: list[int] = []
        self.asked: list[int] = []
        self.fails: PlateauError | None = None

    def kept(self, store: Store, project_id: int) -> None:
        """Nothing is served yet."""

    def request(self, store: Store, project_id: int) -> Ticket:
        """Note that a training was asked for, and be done with it."""
        self.asked.append(project_id)
        ticket = Ticket(store, project_id, None)
        ticket.error = self.fails
        ticket.over.set()
        return ticket

    def nudge(self, store: Store, project_id: int, *, changes: bool = False) -> None:
        """Note that something is new."""
        self.nudged.append(project_id)


@dataclass
class Api:
    """An API over a small project, and who asks it."""

    app: FastAPI
    store: Store
    project: Project
    tokens: dict[str, str]
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self.app.state.trainer = self.notes
        self.client = TestClient(self.app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    def call(self, method: str, path: str, scope: str = "admin", **more: Any) -> Any:
        """The answer to a request with a token of this scope; paths that begin with none are the project's."""
        where = f"{V1}{path}" if path.startswith("/") else f"{V1}/projects/{self.project.id}/{path}"
        headers = {"Authorization": f"Bearer {self.tokens[scope]}", **more.pop("headers", {})}
        return self.client.request(method, where, headers=headers, **more)

    def get(self, path: str, scope: str = "read", **more: Any) -> Any:
        """The answer to a GET."""
        return self.call("GET", path, scope, **more)

    def post(self, path: str, scope: str = "admin", **more: Any) -> Any:
        """The answer to a POST."""
        return self.call("POST", path, scope, **more)


@contextmanager
def live(app: ASGIApp) -> Iterator[str]:
    """An app that answers over a real connection, at the address that is given."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, 30)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def api_of(path: Path, *, items: int = 30, reviewed: int = 10, limits: Limits | None = None, **more: Any) -> Api:
    """An API over a project in this folder."""
    store, project = stored(path, items=items, reviewed=reviewed)
    tokens = {scope: store.add_token(f"a {scope} token", scope)[1] for scope in SCOPES}
    return Api(create_app(store.path, limits=limits, **more), store, project, tokens)
