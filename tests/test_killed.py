"""The app is killed at random moments while somebody labels and the model trains: nothing that was confirmed is lost."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from data.records import StoredAction
from data.store import Store
from samples.project import NAME, create_sample
from tests.person import Person, people
from tests.serving import CHROMIUM, KeptRunning, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
    pytest.mark.skipif("PLATEAU_KILLS" not in os.environ, reason="takes minutes: set PLATEAU_KILLS=20 to run it"),
]
KILLS = int(os.environ.get("PLATEAU_KILLS", "0"))
ITEMS = 4 * KILLS + 10


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "plateau.db")
    create_sample(store)
    return store


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[KeptRunning]:
    server = KeptRunning(store.path, tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


def long_action(store: Store, project_id: int, count: int, annotator: str) -> StoredAction:
    """An action of so many unreviewed items, started."""
    reviewed = {review.item_id for review in store.reviews(project_id)}
    free = [item.id for item in store.iter_items(project_id) if item.id not in reviewed][:count]
    return store.add_action(project_id, StoredAction(
        id=0, kind="shuffle", theme="", reason="Chosen at random.", factor="balance", label_ids=(), item_ids=tuple(free),
        chances=(None,) * count, candidates=1700, predicted_gain=None, predicted_seconds=600.0, model_version=0,
        revision=store.revision(project_id), state="open", created_at="", done_at=None, rating_before=None, realised_gain=None,
        seconds=None,
    ), annotator)  # fmt: skip


def test_killed_again_and_again_nothing_confirmed_is_lost(
    store: Store, server: KeptRunning, capsys: pytest.CaptureFixture[str]
) -> None:
    (project,) = store.projects()
    chance, back = random.Random(7), []
    action = long_action(store, project.id, ITEMS, "Ada")
    with people(server.address, NAME, "Ada") as (ada,):
        ada.open(action=action.id)
        ada.wait_for_desk()
        for number in range(KILLS):
            for _ in range(chance.randint(1, 3)):
                ada.confirm()
            confirmed = ada.decided
            ada.press("Enter")  # this one is under way when the power goes
            time.sleep(chance.uniform(0.0, 0.25))
            began = time.monotonic()
            strike(server, worker=number % 4 == 3)
            ada.quiet(90)
            back.append(time.monotonic() - began)
            until(lambda: ada.place, 60, server.log)
            assert f"action={action.id}" in ada.page.url
            kept = [review for review in store.reviews(project.id) if review.action_id == action.id]
            assert len(kept) >= confirmed
            ada.decided = len(kept)
        assert store.integrity() == "ok"
        finish(ada, store, project.id, action)
    kept = [review for review in store.reviews(project.id) if review.action_id == action.id]
    assert sorted(review.item_id for review in kept) == sorted(action.item_ids), "each item once, none lost"
    with capsys.disabled():
        sys.stdout.write(f"\nkilled {KILLS} times; back at the same item after {sorted(back)[KILLS // 2]:.1f} s (median)\n")


def strike(server: KeptRunning, *, worker: bool) -> None:
    """Kill the app, or only the process that trains the model."""
    (app,) = server.children()
    if worker and (workers := server.children(app)):
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return
    server.kill()
    server.wait()


def finish(person: Person, store: Store, project_id: int, action: StoredAction) -> None:
    """Confirm what is left of an action."""
    while store.action(project_id, action.id).state != "done":
        person.confirm()
