"""Two people label the same project at once, each in a browser of their own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from data.store import Store
from samples.project import NAME, create_sample
from tests.person import Person, people, playwright
from tests.serving import CHROMIUM, Server, serving, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
    pytest.mark.skipif("PLATEAU_EACH" not in os.environ, reason="takes minutes: set PLATEAU_EACH=200 to run it"),
]
EACH = int(os.environ.get("PLATEAU_EACH", "0"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "plateau.db")
    create_sample(store)
    return store


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    with serving(store.path, tmp_path / "server.log") as server:
        yield server


def test_two_people_decide_at_once_and_no_item_is_given_to_both(
    store: Store, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (project,) = store.projects()
    before = {review.id for review in store.reviews(project.id)}
    began = time.monotonic()
    with people(server.address, NAME, "Ada", "Ben") as both:
        for person in both:
            person.open()
        while any(person.decided < EACH for person in both):
            waiting = [person for person in both if person.decided < EACH]
            for person in waiting:
                take_work(person)
            views = [person.view for person in waiting]
            for person in waiting:  # both keys are down before either answer is there
                person.press("1" if person.page.locator("#desk .answer").count() else "Enter")
            for person, view in zip(waiting, views, strict=True):
                person.moved_on(view)
    given = [review for review in store.reviews(project.id) if review.id not in before]
    mine = {name: {review.item_id for review in given if review.annotator == name} for name in ("Ada", "Ben")}
    assert len(given) == 2 * EACH
    assert [len(mine["Ada"]), len(mine["Ben"])] == [EACH, EACH]
    assert not mine["Ada"] & mine["Ben"]
    assert store.integrity() == "ok"
    with capsys.disabled():
        sys.stdout.write(f"\ntwo people, {2 * EACH} decisions: {time.monotonic() - began:.0f} s\n")


def take_work(person: Person) -> None:
    """See to it that an item is on the desk: go on to the next action, or start one; again if somebody else was faster."""
    desk, begin = person.page.locator("article.item"), person.page.get_by_role("button", name="Start")
    begin = begin.or_(person.page.get_by_role("button", name="Shuffle ten"))
    for _ in range(5):
        until(lambda: desk.count() or begin.count(), 90, person.screen)
        if desk.count():
            break
        with suppress(playwright.TimeoutError):
            begin.first.click(timeout=5_000)
            desk.wait_for(timeout=20_000)
    person.wait_for_desk()
