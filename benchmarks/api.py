"""How many next-items calls the HTTP API answers a second, with the app open in a browser, and whether anything is lost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.desk import page_of_browser, served
from data.store import Store
from recommend.service import plan_project
from samples.project import create_sample

WHO, OTHER = "api", "reader"
#: Connections that ask in turn; calls in a row before one records a review; items of an action and of an answer.
LINES, CALLS_A_REVIEW, SIZE, ASKED = 8, 50, 100, 10
#: Seconds given to the server and to the page before the clock starts.
WARM = 5.0


@dataclass
class Calls:
    """What became of the calls: milliseconds from when each was due until its answer was whole, and the answers that failed."""

    taken: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)


def api(folder: Path, rate: int, seconds: int) -> dict[str, Any]:
    """Ask for the next items of an action of the sample project so often, while a browser shows its pages.

    Calls are due at even times, whether those before are answered or not; one in fifty records a review first.
    """
    store = Store(folder / "plateau.db")
    project = create_sample(store)
    plan_project(store, project.id)
    secret = store.add_token("benchmark", "label")[1]
    with served(store.path) as address, page_of_browser() as page:
        page.goto(f"{address}/?project={project.name}&who={OTHER}")
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        asking = Asking(address, secret, project.id)
        asking.start()
        time.sleep(WARM)
        began = time.monotonic()
        found = asking.run(rate, rate * seconds)
        took = time.monotonic() - began
        page.reload()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        alive = page.locator("[data-testid=stException], [data-testid=stConnectionStatus]").count() == 0
    kept = {review.id for review in store.reviews(project.id) if review.annotator == WHO}
    return {**figures(found, took), "reviews kept": sum(number in kept for number in found.reviews), "page alive": alive}


def figures(calls: Calls, seconds: float) -> dict[str, Any]:
    """What the calls show: how many a second were answered, and after how long."""
    taken = sorted(calls.taken)
    spread = {name: round(taken[int(share * (len(taken) - 1))], 1) for name, share in (("50 %, ms", 0.5), ("95 %, ms", 0.95),
              ("longest, ms", 1.0))} if taken else {}  # fmt: skip
    return {
        "calls": len(taken) + len(calls.errors), "a second": round(len(taken) / seconds, 1), **spread,
        "errors": len(calls.errors), "first error": calls.errors[0] if calls.errors else None, "reviews": len(calls.reviews),
    }  # fmt: skip


class Asking:
    """Several connections to the API that ask for the next items of one action."""

    def __init__(self, address: str, token: str, project_id: int) -> None:
        self.host, self.where = urlsplit(address).netloc, f"/api/v1/projects/{project_id}"
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.action, self.calls, self._next, self._lock = 0, Calls(), 0, threading.Lock()

    def start(self) -> None:
        """Start the action that is asked for."""
        self.action = self._call(HTTPConnection(self.host), "POST", "/actions", {"annotator": WHO, "size": SIZE})["id"]

    def run(self, rate: int, count: int) -> Calls:
        """Make so many calls at so many a second; what became of them."""
        began = time.monotonic()
        lines = [threading.Thread(target=self._line, args=(began, rate, count)) for _ in range(LINES)]
        for line in lines:
            line.start()
        for line in lines:
            line.join()
        return self.calls

    def _line(self, began: float, rate: int, count: int) -> None:
        connection = HTTPConnection(self.host, timeout=60)
        while (number := self._take()) < count:
            due = began + number / rate
            time.sleep(max(due - time.monotonic(), 0.0))
            try:
                self._once(connection, number)
            except (OSError, ValueError) as error:
                self.calls.errors.append(f"{type(error).__name__}: {error}")
                connection.close()
                continue
            self.calls.taken.append(1000 * (time.monotonic() - due))
        connection.close()

    def _take(self) -> int:
        with self._lock:
            self._next += 1
            return self._next - 1

    def _once(self, connection: HTTPConnection, number: int) -> None:
        items = self._call(connection, "GET", f"/actions/{self.action}/items?annotator={WHO}&limit={ASKED}")
        if number % CALLS_A_REVIEW == CALLS_A_REVIEW - 1 and items:
            said = {"item_id": items[0]["id"], "labels": [], "seconds": 1.0}
            body = {"annotator": WHO, "action_id": self.action, "reviews": [said]}
            self.calls.reviews += self._call(connection, "POST", "/reviews", body)["review_ids"]

    def _call(self, connection: HTTPConnection, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        sent = None if body is None else json.dumps(body)
        connection.request(method, self.where + path, sent, self.headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise ValueError(f"{answer.status} {content[:300]!r}")
        return json.loads(content)
