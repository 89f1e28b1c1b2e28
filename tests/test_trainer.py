"""Training in another process: what is asked for, when it starts by itself, and what a crash leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import Busy, NotFound, StoreError, TrainingFailed
from data.records import Project, ReviewDraft
from data.store import Store
from recommend import trainer as training
from recommend import turns, worker
from recommend.loop import LEAST
from recommend.records import ANYTHING, Focus
from recommend.service import plan_project
from recommend.serving import Served
from recommend.start import start_shuffle
from recommend.trainer import Gone, Process, Trainer, loop_of
from recommend.wire import Answer, Task
from tests.builders import stored

DYING = (sys.executable, "-c", "raise SystemExit(9)")
LEAVING = "from data.store import Store; Store({!r}).renew_job({}, {!r}, 1); raise SystemExit(9)"
#: A process that writes what is no answer before the first one; a second such process answers at once.
STRAY = """
import sys
from pathlib import Path
from recommend.wire import Answer, receive, send
mark = Path(sys.argv[1])
receive(sys.stdin.buffer)
if not mark.exists():
    mark.touch()
    sys.stdout.buffer.write({!r})
    sys.stdout.buffer.flush()
send(sys.stdout.buffer, Answer(None, "NotFound", "It is answered."))
sys.stdin.buffer.read()
"""
BALANCE = Focus(factor="balance")


@pytest.fixture
def place(tmp_path: Path) -> tuple[Store, Project]:
    return stored(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    store, project = stored(tmp_path_factory.mktemp("served"))
    return plan_project(store, project.id).served


@pytest.fixture(scope="module")
def real() -> Iterator[Trainer]:
    process = Process()
    yield Trainer(process)
    process.end()


class Slow(Process):
    """A process that answers each task when it is told to."""

    def __init__(self, served: Served, wrong: str = "") -> None:
        super().__init__()
        self.served, self.wrong, self.tasks = served, wrong, list[Task]()
        self.may_answer = threading.Semaphore(0)

    def ask(self, task: Task) -> Answer:
        self.tasks.append(task)
        assert self.may_answer.acquire(timeout=20)
        if self.wrong:
            return Answer(None, self.wrong, "It is so.", "Traceback: somewhere")
        revision = Store(task.db).revision(task.project_id)
        return Answer(replace(self.served, focus=task.focus, rating=replace(self.served.rating, revision=revision)))


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def review(store: Store, project: Project, count: int) -> None:
    items = store.item_hashes(project.id)[0][-count:]
    at = {"annotator": f"somebody {store.revision(project.id)}", "source": "shuffle"}
    for item_id in items:
        store.record_review(project.id, ReviewDraft(item_id, (), **at))  # type: ignore[arg-type]


def test_another_process_makes_the_plan_that_this_one_would(place: tuple[Store, Project], real: Trainer) -> None:
    store, project = place
    served = real.renew(store, project.id)
    assert real.pid != os.getpid()
    again = plan_project(store, project.id).served
    assert served.rating == again.rating
    assert served.plan.actions == again.plan.actions
    assert served.action_ids != again.action_ids
    kept = real.kept(store, project.id)
    assert kept is not None
    assert kept.served is served
    job = store.last_job(project.id, turns.KIND)
    assert job is not None
    assert (job.state, job.done, job.total) == ("done", 1, 1)
    assert turns.running(store, project.id) is None


def test_two_projects_are_trained_one_after_the_other(tmp_path: Path, real: Trainer) -> None:
    tickets = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        store, project = stored(tmp_path / str(number), seed=number)
        tickets.append(real.request(store, project.id))
    for number, ticket in enumerate(tickets):
        assert ticket.over.wait(60)
        assert ticket.served is not None
        assert ticket.served.rating.revision == ticket.store.revision(ticket.project_id)
        assert ticket.store.path.parent.name == str(number)


def test_a_process_killed_in_the_middle_is_started_again_and_leaves_the_database_sound(
    place: tuple[Store, Project], real: Trainer
) -> None:
    store, project = place
    ticket = real.request(store, project.id)
    until(lambda: turns.running(store, project.id))
    killed = real.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert ticket.over.wait(60)
    assert ticket.served is not None
    assert real.pid != killed
    assert store.integrity() == "ok"
    assert len(store.actions(project.id, "open")) == len(ticket.served.action_ids)
    assert real.status(store, project.id).state == "idle"


def test_a_process_that_dies_each_time_is_said_and_what_was_served_goes_on_serving(
    place: tuple[Store, Project], served: Served
) -> None:
    store, project = place
    process = Slow(served)
    process.may_answer.release()
    trainer = Trainer(process)
    trainer.renew(store, project.id)
    trainer._process = Process((sys.executable, "-c", LEAVING.format(str(store.path), project.id, turns.KIND)))
    with pytest.raises(TrainingFailed, match=r"died twice.*nothing that was decided is lost"):
        trainer.renew(store, project.id)
    assert trainer.status(store, project.id).state == "failed"
    assert "died twice" in trainer.status(store, project.id).words
    assert trainer.kept(store, project.id) is not None
    last = store.last_job(project.id, turns.KIND)
    assert last is not None
    assert (last.state, "died twice" in last.message) == ("failed", True)
    trainer._process = process
    process.may_answer.release()
    trainer.renew(store, project.id)
    assert trainer.status(store, project.id).state == "idle"


def test_errors_for_people_come_back_in_their_words(place: tuple[Store, Project], real: Trainer) -> None:
    store, project = place
    real.renew(store, project.id)
    with pytest.raises(NotFound, match="No project has the number 99"):
        real.renew(store, 99)
    assert real.status(store, project.id).state == "idle"


def test_an_unforeseen_error_is_said_plainly_and_its_trace_is_logged(
    place: tuple[Store, Project], served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    store, project = place
    process = Slow(served, wrong="ZeroDivisionError")
    process.may_answer.release()
    with pytest.raises(TrainingFailed, match=r"ZeroDivisionError: It is so\..*Try again"):
        Trainer(process).renew(store, project.id)
    assert "Traceback: somewhere" in capsys.readouterr().err


def test_an_error_inside_ends_the_job_and_gives_the_turn_back(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place

    def fail(*_: object, **__: object) -> None:
        assert turns.running(store, project.id) is not None
        raise ValueError("seven is no number")

    monkeypatch.setattr(worker, "plan_project", fail)
    found = worker.answer(Task(str(store.path), project.id))
    assert (found.served, found.error, found.words) == (None, "ValueError", "seven is no number")
    assert "in fail" in found.trace
    job = store.last_job(project.id, turns.KIND)
    assert job is not None
    assert (job.state, job.message) == ("failed", "seven is no number")
    assert turns.running(store, project.id) is None


def test_what_is_asked_for_while_one_waits_joins_it_and_the_newest_focus_counts(
    place: tuple[Store, Project], served: Served
) -> None:
    store, project = place
    process = Slow(served)
    trainer = Trainer(process)
    first = trainer.request(store, project.id)
    until(lambda: process.tasks)
    assert trainer.status(store, project.id).state == "running"
    second = trainer.request(store, project.id)
    assert second is not first
    assert trainer.request(store, project.id, BALANCE) is second
    assert trainer.request(store, project.id) is second
    process.may_answer.release(2)
    assert second.over.wait(20)
    assert first.over.is_set()
    assert [task.focus for task in process.tasks] == [ANYTHING, BALANCE]
    process.may_answer.release()
    assert trainer.renew(store, project.id).focus == BALANCE


def test_training_starts_by_itself_when_a_loop_of_reviews_is_new(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    process = Slow(served)
    trainer = Trainer(process)
    process.may_answer.release()
    trainer.renew(store, project.id)
    kept = trainer.kept(store, project.id)
    assert kept is not None
    size = loop_of(kept).items
    assert size >= LEAST
    review(store, project, size - 1)
    trainer.nudge(store, project.id)
    assert not trainer.status(store, project.id).busy
    review(store, project, 1)
    trainer.nudge(store, project.id)
    assert trainer.status(store, project.id).busy
    until(lambda: len(process.tasks) == 2)
    assert process.tasks[-1].words == f"Training with {size} new reviews"
    trainer.nudge(store, project.id)
    process.may_answer.release(2)
    until(lambda: not trainer.status(store, project.id).busy)
    assert len(process.tasks) == 2  # what it takes in already starts no other one


def test_training_starts_by_itself_when_an_action_is_done(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    process = Slow(served)
    trainer = Trainer(process)
    process.may_answer.release()
    trainer.renew(store, project.id)
    action = start_shuffle(store, project.id, "me")
    trainer.nudge(store, project.id)
    assert not trainer.status(store, project.id).busy
    store.end_action(project.id, action.id, "done")
    trainer.nudge(store, project.id)
    assert trainer.status(store, project.id).busy
    process.may_answer.release()


def test_a_restarted_server_knows_what_the_last_rating_took_in(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    plan_project(store, project.id)
    trainer = Trainer(Slow(served))
    trainer.nudge(store, project.id)
    assert not trainer.status(store, project.id).busy
    review(store, project, LEAST)
    trainer.nudge(store, project.id)
    assert trainer.status(store, project.id).busy


def test_after_a_failure_it_starts_by_itself_only_when_enough_is_new_again(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    process = Slow(served, wrong="ValueError")
    trainer = Trainer(process)
    review(store, project, LEAST)
    trainer.nudge(store, project.id)
    process.may_answer.release()
    until(lambda: trainer.status(store, project.id).state == "failed")
    trainer.nudge(store, project.id)
    assert not trainer.status(store, project.id).busy
    review(store, project, LEAST)
    trainer.nudge(store, project.id)
    assert trainer.status(store, project.id).busy
    process.may_answer.release()


def test_only_one_server_trains_a_project_at_a_time(place: tuple[Store, Project]) -> None:
    store, project = place
    with turns.turn(store, project.id):
        assert turns.running(store, project.id) is None
        job = store.renew_job(project.id, turns.KIND, 1, "Training with 3 new reviews")
        found = turns.running(store, project.id)
        assert found is not None
        assert (found.id, found.message) == (job, "Training with 3 new reviews")
        with pytest.raises(Busy, match="Another server"), turns.turn(store, project.id, patience=0.01):
            pass
    assert turns.running(store, project.id) is None  # a job whose process forgot it is not believed


@pytest.mark.parametrize("busy", [False, True])
def test_a_server_that_is_killed_leaves_no_process_behind(place: tuple[Store, Project], busy: bool) -> None:
    store, project = place
    server = subprocess.Popen(
        [sys.executable, "-c", f"""
import time
from data.store import Store
from recommend.trainer import Trainer
store, trainer = Store({str(store.path)!r}), Trainer()
trainer.renew(store, {project.id})
print(trainer.pid, flush=True)
while True:
    {f"trainer.renew(store, {project.id})" if busy else "time.sleep(1)"}
"""],
        cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    until(lambda: not alive(pid), 10)
    assert store.integrity() == "ok"


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_task_is_lost_only_with_its_process(served: Served) -> None:
    with pytest.raises(Gone):
        Process(DYING).ask(Task("nowhere.db", 1))


def test_a_database_that_cannot_be_read_never_makes_a_kept_decision_seem_lost(
    place: tuple[Store, Project], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place

    def locked(*_: object) -> None:
        raise StoreError("locked")

    trainer = Trainer(Slow(served))
    review(store, project, LEAST)
    with monkeypatch.context() as broken:
        broken.setattr(store, "enough_since", locked)
        trainer.nudge(store, project.id)
    assert not trainer.status(store, project.id).busy
    trainer.nudge(store, project.id)
    assert trainer.status(store, project.id).busy


@pytest.mark.parametrize(
    "stray",
    [b"Downloading\n", b"\x93plateau" + bytes(8), b"\x93plateau" + (3).to_bytes(8, "big") + b"abc", b"\x93plateau" + b"\x7f" * 8],
)
def test_a_process_that_says_what_is_no_answer_is_ended_and_another_one_asked(tmp_path: Path, stray: bytes) -> None:
    process = Process((sys.executable, "-c", STRAY.format(stray), str(tmp_path / "said")))
    with pytest.raises(Gone):
        process.ask(Task("nowhere.db", 1))
    assert process.pid is None
    answer = process.ask(Task("nowhere.db", 1))
    assert answer.words == "It is answered."
    process.end()


def test_what_libraries_print_while_they_load_is_no_answer(tmp_path: Path) -> None:
    """A library that prints at once, as the first one loaded does here, writes to the log."""
    (tmp_path / "loaded").mkdir()
    (tmp_path / "loaded" / "sqlite_utils.py").write_text("print('Downloading')\nraise SystemExit(7)\n")
    done = subprocess.run(
        [sys.executable, "-m", "recommend.apart"], cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(tmp_path / "loaded")}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (7, "")
    assert "Downloading" in done.stderr


def test_a_task_that_cannot_be_read_ends_the_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recommend.apart"], cwd=Path(__file__).parents[1], input=b"This is no task at all.",
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == b""
    assert b"OutOfStep" in done.stderr


def test_a_project_that_another_server_trains_keeps_no_other_one_waiting(
    tmp_path: Path, place: tuple[Store, Project], real: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    other = store.create_project("other")
    monkeypatch.setattr(training, "BEGINS", 0.05)
    with turns.turn(store, project.id):
        job = store.renew_job(project.id, turns.KIND, 1, "Training")
        first = real.request(store, project.id)
        with pytest.raises(Busy, match=r"Another server is training.*nothing that was decided is lost"):
            real.renew(store, project.id)
        assert real.request(store, other.id).over.wait(30)
        assert not first.over.is_set()
        assert real.status(store, project.id).busy
        last = store.last_job(project.id, turns.KIND)
        assert last is not None
        assert (last.id, last.state) == (job, "running")
    assert first.over.wait(60)
    assert first.served is not None


class Taken(Slow):
    """A process that finds the project taken by another server the first time."""

    def ask(self, task: Task) -> Answer:
        if not self.tasks:
            self.tasks.append(task)
            assert self.may_answer.acquire(timeout=20)
            return Answer(None, "Busy", "Another server is training this project.")
        return super().ask(task)


def test_what_was_put_off_ends_together_with_what_was_asked_for_meanwhile(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    process = Taken(served)
    trainer = Trainer(process)
    first = trainer.request(store, project.id, BALANCE)
    until(lambda: process.tasks)
    second = trainer.request(store, project.id)
    assert second is not first
    process.may_answer.release(2)
    assert first.over.wait(20)
    assert second.over.wait(20)
    assert first.served is second.served is not None
    assert [task.focus for task in process.tasks] == [BALANCE, BALANCE]


def test_the_job_of_another_server_is_not_ended_for_a_process_of_ours(place: tuple[Store, Project], served: Served) -> None:
    store, project = place
    job = store.renew_job(project.id, turns.KIND, 1, "Training")  # by another process than the one that dies
    with pytest.raises(TrainingFailed, match="died twice"):
        Trainer(Process(DYING)).renew(store, project.id)
    last = store.last_job(project.id, turns.KIND)
    assert last is not None
    assert (last.id, last.state, last.message) == (job, "running", "Training")


def test_nobody_waits_for_ever_for_a_training(
    place: tuple[Store, Project], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    monkeypatch.setattr(training, "BEGINS", 0.2)
    monkeypatch.setattr(training, "ENDS", 0.4)
    process = Slow(served)
    trainer = Trainer(process)
    with pytest.raises(Busy, match="unusually long"):
        trainer.renew(store, project.id)
    process.may_answer.release()
    until(lambda: trainer.kept(store, project.id))
