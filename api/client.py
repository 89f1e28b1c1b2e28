"""A small client of Plateau's HTTP API: pages become iterators, requests are sent again without harm, problems are raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, Literal, TypedDict, cast
from uuid import uuid4

import requests

from data.errors import RequestRefused

#: Answers after which a request is sent again.
_AGAIN = {429, 502, 503, 504}
#: So many items, reviews or predictions are sent at once.
BATCH = 500


class Project(TypedDict):
    """A project with how much of it is reviewed."""

    id: int
    name: str
    single_label: bool
    profile: str
    revision: int
    created_at: str
    items: int
    reviewed: int


class Item(TypedDict):
    """A message or image; ``uid`` is the id its owner knows it by."""

    id: int
    uid: str
    text: str
    media: str | None
    metadata: dict[str, Any]
    at: str | None


class Suggested(TypedDict):
    """A label proposed for an item, with its calibrated probability."""

    label: str
    probability: float
    preselected: bool


class NextItem(Item):
    """An item to decide; send ``seen`` back with its review."""

    rank: int
    suggestions: list[Suggested]
    seen: int
    standing: list[dict[str, Any]] | None


class Action(TypedDict):
    """One themed piece of work; gains in rating points, None where unknown."""

    id: int
    kind: str
    theme: str
    reason: str
    factor: str
    labels: list[str]
    items: int
    state: Literal["open", "started", "done", "dropped"]
    annotator: str | None
    predicted_gain: float | None
    predicted_seconds: float


class Job(TypedDict):
    """Long work: ``done`` of ``total`` units."""

    id: int
    kind: str
    state: Literal["running", "done", "failed", "stopped"]
    done: int
    total: int
    message: str


class Client:
    """Plateau at an address, by a token. Every method raises RequestRefused with what the server says is wrong.

    A request is sent at most ``tries`` times: again when no answer comes, when it comes too often, or while the database is busy.
    What writes carries a key by which the server knows it again, so that it is carried out once.
    """

    def __init__(self, address: str, token: str, *, timeout: float = 60.0, tries: int = 5) -> None:
        self.address, self.timeout, self.tries = f"{address.rstrip('/')}/api/v1", timeout, tries
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def projects(self) -> Iterator[Project]:
        """Every project, oldest first."""
        return cast(Iterator[Project], self.pages("/projects"))

    def project(self, name: str) -> Project:
        """The project of this name; RequestRefused (404) when there is none."""
        found = list(self.pages("/projects", name=name))
        if not found:
            raise RequestRefused(404, {"detail": f"There is no project {name!r}."})
        return cast(Project, found[0])

    def create_project(self, name: str, *, single_label: bool = False) -> Project:
        """Create a project; one that exists already is returned."""
        return cast(Project, self.call("POST", "/projects", json={"name": name, "single_label": single_label}))

    def items(self, project: int, **asked: Any) -> Iterator[Item]:
        """Items; ``reviewed``, ``label``, ``search`` and ``uid`` narrow them down."""
        return cast(Iterator[Item], self.pages(f"/projects/{project}/items", **asked))

    def add_items(self, project: int, items: Iterable[Mapping[str, Any]]) -> int:
        """Add or update items, each with ``uid`` and ``text``, some at a time; how many were added."""
        where = f"/projects/{project}/items"
        return sum(self.call("POST", where, json={"items": batch})["items_added"] for batch in _batches(items))

    def reviews(self, project: int, **asked: Any) -> Iterator[dict[str, Any]]:
        """Judgements in the order given; ``annotator``, ``item_id``, ``action_id`` and ``undone`` choose among them."""
        return self.pages(f"/projects/{project}/reviews", **asked)

    def review(
        self, project: int, reviews: Sequence[Mapping[str, Any]], *, annotator: str | None = None, action: int | None = None
    ) -> list[int]:
        """Record judgements, all of them or none; their numbers. With ``seen`` in one a newer answer is refused (409)."""
        body = {"reviews": list(reviews), "annotator": annotator, "action_id": action}
        return cast(list[int], self.call("POST", f"/projects/{project}/reviews", json=body)["review_ids"])

    def undo(self, project: int, *, annotator: str | None = None) -> dict[str, Any]:
        """Take back an annotator's newest judgement, which is returned."""
        return cast(dict[str, Any], self.call("POST", f"/projects/{project}/reviews/undo", json={"annotator": annotator}))

    def predict(
        self, project: int, model_version: str, predictions: Iterable[Mapping[str, Any]], *, evidence: str | None = None
    ) -> int:
        """Give a model's scores, each ``{"uid", "scores"}``, some at a time; how many were new or changed."""
        taken = 0
        for batch in _batches(predictions):
            body = {"model_version": model_version, "predictions": batch, "evidence": evidence}
            found = self.call("POST", f"/projects/{project}/predictions", json=body)
            taken += found["added"] + found["changed"]
        return taken

    def rating(self, project: int) -> dict[str, Any]:
        """The newest rating; see ``rate`` for a new one."""
        return cast(dict[str, Any], self.call("GET", f"/projects/{project}/rating"))

    def rate(self, project: int, *, timeout: float = 600.0) -> dict[str, Any]:
        """Rate and plan anew and wait for it; the rating."""
        self.wait(project, self.call("POST", f"/projects/{project}/rating")["id"], timeout=timeout)
        return self.rating(project)

    def label_quality(self, project: int, *, target: float = 0.7) -> list[dict[str, Any]]:
        """Every label with its interval, three thresholds and what it lacks to ``target`` (0 to 1), as rated last.

        The thresholds are those of ``thresholds_model``, the model that serves; the rest is of Plateau's own ``model_version``.
        """
        return cast(list[dict[str, Any]], self.call("GET", f"/projects/{project}/label-quality", params={"target": target}))

    def change_label(self, project: int, label: int, change: str, /, **asked: Any) -> dict[str, Any]:
        """Change the taxonomy: ``move`` (``parent``), ``merge`` (``into``), ``split`` (``parts``), ``retire``, ``revive`` or
        ``reset``. With ``preview`` (``change``, and ``to`` or ``into``) what a change would do.
        """
        return cast(dict[str, Any], self.call("POST", f"/projects/{project}/labels/{label}/{change}", json=asked))

    def undo_change(self, project: int, step: int | None = None) -> dict[str, Any]:
        """Take a change of the taxonomy back, by default the newest that stands; the step taken back."""
        return cast(dict[str, Any], self.call("POST", f"/projects/{project}/taxonomy/undo", json={"step_id": step}))

    def rate_model(self, project: int, model_version: str, *, timeout: float = 600.0) -> dict[str, Any]:
        """Rate another model and wait for it: its rating beside Plateau's own."""
        where = f"/projects/{project}/model-ratings"
        job = self.call("POST", where, json={"model_version": model_version})["id"]
        self.wait(project, job, timeout=timeout)
        return cast(dict[str, Any], self.call("GET", f"{where}/{job}"))

    def put_in_charge(self, project: int, model_version: str | None) -> None:
        """Let a model plan and suggest: another one, ``plateau-3`` for version 3 of Plateau's own, None for its newest."""
        self.call("PUT", f"/projects/{project}/in-charge", json={"model_version": model_version})

    def actions(self, project: int, *states: str) -> Iterator[Action]:
        """Actions, the best of a plan first; those of some states if they are named."""
        return cast(Iterator[Action], self.pages(f"/projects/{project}/actions", state=list(states)))

    def start(self, project: int, action: int, *, annotator: str | None = None) -> Action:
        """Take an action on offer, or go on with one's own."""
        return cast(Action, self.call("POST", f"/projects/{project}/actions/{action}/start", json={"annotator": annotator}))

    def next_items(self, project: int, action: int, *, annotator: str | None = None, limit: int = 10) -> list[NextItem]:
        """The next undecided items of an action with what is suggested for them; empty at its end."""
        asked = {"annotator": annotator, "limit": limit}
        return cast(list[NextItem], self.call("GET", f"/projects/{project}/actions/{action}/items", params=asked))

    def upload(self, project: int, file: Path, *, timeout: float = 3600.0, **reading: Any) -> dict[str, Any]:
        """Import a file and wait for it; what came of it. ``reading`` is how to read it: ``tool``, ``encoding`` and so on."""
        asked = {"name": file.name, **reading}
        job = self.call("POST", f"/projects/{project}/imports", params=asked, data=file.read_bytes())
        self.wait(project, job["id"], timeout=timeout)
        return cast(dict[str, Any], self.call("GET", f"/projects/{project}/imports/{job['id']}"))

    def download(self, project: int, what: str, file: Path, *, kind: Literal["table", "tool"] = "tool", **asked: Any) -> None:
        """Export into a file: a tool's format by its key, or with ``kind="table"`` items, reviews, times or predictions.

        The file comes whole or not at all; one that was there stays until then.
        """
        answer = self._answer("GET", f"/projects/{project}/exports/{kind}/{what}", {"params": asked, "stream": True})
        with TemporaryDirectory(prefix=".plateau-", dir=file.parent) as folder:
            part = Path(folder) / "part"
            _written(answer, part)
            part.replace(file)

    def wait(self, project: int, job: int, *, timeout: float = 600.0) -> Job:
        """Wait until a job is over. RequestRefused with its message when it failed, TimeoutError when it takes too long."""
        end = monotonic() + timeout
        while (found := cast(Job, self.call("GET", f"/projects/{project}/jobs/{job}")))["state"] == "running":
            if monotonic() > end:
                raise TimeoutError(f"The job {job} is not over after {timeout:.0f} seconds: {found['message']}")
            sleep(0.25)
        if found["state"] != "done":
            raise RequestRefused(500, {"detail": found["message"] or f"The job {job} {found['state']}."})
        return found

    def pages(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Everything that a path has, page after page."""
        cursor: str | None = "0"
        while cursor is not None:
            page = self.call("GET", path, params={**asked, "cursor": cursor, "limit": 1000})
            yield from page["data"]
            cursor = page["next"]

    def call(self, method: str, path: str, **more: Any) -> Any:
        """The answer to one request, from JSON."""
        return self._answer(method, path, more).json()

    def _answer(self, method: str, path: str, more: Mapping[str, Any]) -> requests.Response:
        headers = {} if method == "GET" else {"Idempotency-Key": str(uuid4())}
        for turn in range(1, self.tries + 1):
            wait = 0.25 * 2**turn
            try:
                answer = self._session.request(method, self.address + path, headers=headers, timeout=self.timeout, **more)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if turn == self.tries:
                    raise RequestRefused(0, {"detail": f"{self.address} does not answer: {error}"}) from error
            else:
                if answer.ok:
                    return answer
                problem = _problem(answer)
                if turn == self.tries or not _passing(answer.status_code, problem):
                    raise RequestRefused(answer.status_code, problem)
                wait = float(answer.headers.get("Retry-After", wait))
            sleep(wait)
        raise ValueError(f"A client tries at least once, not {self.tries} times.")


def _written(answer: requests.Response, file: Path) -> None:
    """Write what comes; RequestRefused when the connection breaks before the end."""
    try:
        with answer, file.open("wb") as out:
            for part in answer.iter_content(256_000):
                out.write(part)
    except requests.RequestException as error:
        raise RequestRefused(0, {"detail": f"The connection broke before the file was whole: {error}. Try again."}) from error


def _problem(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"detail": f"{answer.status_code} {answer.reason}"}


def _passing(status: int, problem: Mapping[str, Any]) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    return status in _AGAIN or problem.get("type") == "urn:plateau:problem:busy"


def _batches(things: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for thing in things:
        batch.append(dict(thing))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
