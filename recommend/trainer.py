"""Training in the background: one process beside the server does it, one project at a time, and never keeps anybody waiting."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO, Literal, cast

from data import errors
from data.errors import Busy, PlateauError, StoreError, TrainingFailed
from data.records import now
from data.store import Store
from recommend.loop import LEAST, LoopSize, loop_size
from recommend.postman import postman
from recommend.records import ANYTHING, Focus
from recommend.serving import Served
from recommend.turns import KIND
from recommend.wire import Answer, Task, receive, send

KEPT, TRIES = 4, 2
#: Seconds that somebody waits for a training to begin, and for one to end, and between looks; it goes on without them.
BEGINS, ENDS, LOOK = 60.0, 600.0, 1.0
#: The kind of the jobs that encode texts.
EMBED = "embed"
COMMAND = (sys.executable, "-m", "recommend.apart")
Key = tuple[str, int]


class Gone(Exception):
    """The process that trains, of this number, has died before it answered, or said what is no answer."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"The process {pid} that trains has died.")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Kept:
    """What is served of a project, since when (the moment its making began), and how many seconds that took."""

    served: Served
    began: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Training:
    """Whether a project is trained now: since when, and with what, in words; or why the last training failed."""

    state: Literal["idle", "waiting", "running", "failed"] = "idle"
    since: str = ""
    words: str = "Training"

    @property
    def busy(self) -> bool:
        """Whether a newer model is on its way."""
        return self.state in ("waiting", "running")


@dataclass(slots=True)
class Ticket:
    """A training that was asked for. ``revision`` and ``began`` are known once it runs; one of the last two once it is over.

    It is ``put_off`` when another server trained the project; ``joined`` are such that end together with it.
    """

    store: Store
    project_id: int
    focus: Focus | None
    words: str = "Training"
    asked: str = field(default_factory=now)
    began: str = ""
    revision: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    served: Served | None = None
    seconds: float = 0.0
    error: PlateauError | None = None
    put_off: bool = False
    joined: tuple[Ticket, ...] = ()


class Process:
    """The process that trains, started when it is first needed and again after it died."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return None if self._child is None else self._child.pid

    def ask(self, task: Task) -> Answer:
        """Hand a task over and wait for its answer. Gone when the process dies meanwhile, or is ended for being out of step."""
        child = self._running()
        try:
            send(cast(BinaryIO, child.stdin), task)
            answer = receive(cast(BinaryIO, child.stdout))
        except Exception as error:  # whatever it is: what comes next would be read as the answer to another task
            self.end()
            raise Gone(child.pid) from error
        if not isinstance(answer, Answer):
            self.end()
            raise Gone(child.pid)
        return answer

    def end(self) -> None:
        """End the process, if there is one, and let go of its pipes."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                cast(BinaryIO, stream).close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.end()
            root = Path(__file__).parents[1]
            self._child = subprocess.Popen(self._command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._child


class Trainer:
    """Trains projects one after another, and keeps what is served of those trained last. Safe to share between threads.

    Of each project at most one training runs and one waits: what is asked for while one waits joins it.
    """

    def __init__(self, process: Process | None = None) -> None:
        self._process = process or Process()
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Key, Ticket] = OrderedDict()
        self._running: tuple[Key, Ticket] | None = None
        self._failed: dict[Key, tuple[Training, int]] = {}
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process that trains; None while there is none."""
        return self._process.pid

    def kept(self, store: Store, project_id: int) -> Kept | None:
        """What is served of a project, whatever its revision; None when this server has trained it not yet."""
        return self._kept.get(_key(store, project_id))

    def status(self, store: Store, project_id: int) -> Training:
        """Whether the project is trained by this server now, or how that failed the last time."""
        key = _key(store, project_id)
        with self._changed:
            if self._running is not None and self._running[0] == key:
                return Training("running", self._running[1].began, self._running[1].words)
            if key in self._waiting:
                return Training("waiting", self._waiting[key].asked)
            return self._failed[key][0] if key in self._failed else Training()

    def request(self, store: Store, project_id: int, focus: Focus | None = None) -> Ticket:
        """Have the project trained as it stands; returns at once. Without a ``focus`` the plan keeps the one that it has."""
        key = _key(store, project_id)
        with self._changed:
            ticket = self._waiting.setdefault(key, Ticket(store, project_id, focus))
            ticket.focus = focus or ticket.focus
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return ticket

    def renew(self, store: Store, project_id: int, focus: Focus | None = None) -> Served:
        """Have the project trained as it stands, and wait for it. PlateauError in the words of what went wrong.

        Busy when it has not begun after a minute, or is not over after ten: then it goes on in the background.
        """
        ticket = self.request(store, project_id, focus)
        self._wait(ticket)
        if ticket.error is not None:
            raise ticket.error
        return cast(Served, ticket.served)

    def _wait(self, ticket: Ticket) -> None:
        asked = time.monotonic()
        while not ticket.over.wait(min(LOOK, BEGINS)):
            waited = time.monotonic() - asked
            if waited >= ENDS:
                raise Busy("Training takes unusually long. It goes on, and nothing that was decided is lost: look again later.")
            if waited >= BEGINS and not self._begun(ticket):
                raise Busy(
                    "Another server is training this project, or this one is training others first. It follows by itself, and "
                    "nothing that was decided is lost: look again in a minute."
                )

    def _begun(self, ticket: Ticket) -> bool:
        with self._changed:
            return self._running is not None and self._running[1] is ticket and not ticket.put_off

    def nudge(self, store: Store, project_id: int, *, changes: bool = False) -> None:
        """Train if enough is new: as many reviews as a loop has, or an action that is done. For after each decision.

        With ``changes`` also for anything but reviews: labels, items or settings that were changed, and better vectors. A
        database that cannot be read now is asked at the next decision: the one before this call is kept and must not seem lost.
        """
        with contextlib.suppress(StoreError):
            if self._enough(store, project_id, changes):
                self.request(store, project_id)

    def _enough(self, store: Store, project_id: int, changes: bool) -> bool:
        key = _key(store, project_id)
        with self._changed:
            running = self._running[1] if self._running is not None and self._running[0] == key else None
            if key in self._waiting or (running is not None and not running.began):
                return False  # what is new is taken in anyway
            kept, failed = self._kept.get(key), self._failed.get(key)
        if running is not None:
            revision, since = running.revision, running.began
        elif kept is not None:
            revision, since = kept.served.rating.revision, kept.began
        else:
            revision, since = store.last_rated(project_id)
        if failed is not None and running is None:
            revision, since = max(revision, failed[1]), max(since, failed[0].since)
        size = LEAST if kept is None or kept.served.probability is None else loop_of(kept).items
        if store.enough_since(project_id, revision, size, since):
            return True
        return changes and _changed(store, project_id, revision, since, kept)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                key, ticket = self._waiting.popitem(last=False)
                self._running = (key, ticket)
            try:
                ticket.served, ticket.seconds = self._trained(key, ticket)
            except Busy:
                self._put_off(key, ticket)
                continue
            except PlateauError as error:
                ticket.error = error
            except Exception as error:  # what is not foreseen must not end all training
                ticket.error = TrainingFailed(f"Training failed ({type(error).__name__}: {error}). Try again.")
            self._settle(key, ticket)

    def _put_off(self, key: Key, ticket: Ticket) -> None:
        """Let the others go first while another server trains the project; what was asked for meanwhile takes this along."""
        with self._changed:
            self._running = None
            ticket.began, ticket.put_off = "", True
            later = self._waiting.pop(key, None)
            if later is None:
                later = ticket
            else:
                later.focus, later.joined = later.focus or ticket.focus, (*later.joined, *ticket.joined, ticket)
            self._waiting[key] = later

    def _settle(self, key: Key, ticket: Ticket) -> None:
        with self._changed:
            self._running = None
            self._failed.pop(key, None)
            if ticket.served is not None:
                self._kept[key] = Kept(ticket.served, ticket.began, ticket.seconds)
                self._kept.move_to_end(key)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            else:
                self._failed[key] = (Training("failed", ticket.began, str(ticket.error)), ticket.revision)
        postman().wake(ticket.store)
        for one in (*ticket.joined, ticket):
            one.served, one.seconds, one.error = ticket.served, ticket.seconds, ticket.error
            one.over.set()

    def _trained(self, key: Key, ticket: Ticket) -> tuple[Served, float]:
        kept = self._kept.get(key)
        focus = ticket.focus or (kept.served.focus if kept is not None else ANYTHING)
        ticket.revision = ticket.store.revision(ticket.project_id)
        ticket.began = now()
        ticket.words = _words(ticket, kept)
        task = Task(*key, focus, ticket.words)
        gone = list[int]()
        for _ in range(TRIES):
            try:
                answer = self._process.ask(task)
                return _served(answer), answer.seconds
            except Gone as error:
                gone.append(error.pid)
                sys.stderr.write(f"{error} {error.__cause__ or ''}\n")
        message = (
            "The process that trains has died twice, perhaps for want of memory. What was rated last goes on serving, and "
            "nothing that was decided is lost. Close other programs and try again."
        )
        with contextlib.suppress(StoreError):
            ticket.store.fail_jobs(ticket.project_id, KIND, gone, message)
        raise TrainingFailed(message)


def loop_of(kept: Kept) -> LoopSize:
    """After how many new reviews to train again."""
    return loop_size(kept.served.rating.reviewed, kept.seconds, kept.served.seconds_an_item)


def _changed(store: Store, project_id: int, revision: int, since: str, kept: Kept | None) -> bool:
    """Whether anything but reviews has changed since: what is written is no review, or the texts are encoded by now."""
    if store.revision(project_id) > revision and not store.reviewed_since(project_id, revision):
        return True
    job = store.last_job(project_id, EMBED)
    awaited = kept is not None and kept.served.share_done not in (None, 1.0)
    return awaited and job is not None and job.state == "done" and job.updated_at > since


def _key(store: Store, project_id: int) -> Key:
    return str(store.path.absolute()), project_id


def _words(ticket: Ticket, kept: Kept | None) -> str:
    """What is taken in."""
    new = 0 if kept is None else ticket.store.count_reviews_since(ticket.project_id, kept.served.rating.revision)
    return "Training" if not new else f"Training with {new:,} new review{'' if new == 1 else 's'}"


def _served(answer: Answer) -> Served:
    """What the answer brings. A PlateauError as it was raised; of any other the trace goes to the log."""
    if answer.served is not None:
        return answer.served
    known = getattr(errors, answer.error, None)
    if not answer.trace and isinstance(known, type) and issubclass(known, PlateauError):
        raise known(answer.words)
    sys.stderr.write(answer.trace)
    raise TrainingFailed(
        f"Training failed ({answer.error}: {answer.words}). What was rated last goes on serving, and nothing that was decided is "
        "lost. Try again; the server's log says where it failed."
    )


@cache
def trainer() -> Trainer:
    """The trainer of this server."""
    return Trainer()
