"""A person at the desk in a browser of their own, who uses keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.serving import CHROMIUM, QUIET, until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


class Person:
    """One annotator with a page; ``decided`` counts the decisions that the page has shown as saved."""

    def __init__(self, page: Any, address: str, project: str, name: str) -> None:
        self.page, self.name, self.decided = page, name, 0
        self.query = f"?project={project}&who={name}"
        self.address = address
        self.log: list[str] = []
        page.on("console", lambda message: self.log.append(message.text))

    def open(self, page: str = "label", action: int | None = None) -> None:
        """Go to a page of the app, at an action if one is given."""
        extra = f"&action={action}" if action is not None else ""
        self.page.goto(f"{self.address}/{page}{self.query}{extra}")

    @property
    def place(self) -> str:
        """Which item is on the desk, as "3 of 10"; empty when there is none."""
        return self.text(".progress .words strong")

    @property
    def item(self) -> str:
        """The facts under the item on the desk, which name it; empty when there is none."""
        return self.text("article.item .facts")

    def text(self, where: str) -> str:
        """The first text found there; empty when there is none."""
        return str(next(iter(self.page.locator(where).all_inner_texts()), ""))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def wait_for_desk(self, seconds: float = 60.0) -> None:
        """Wait until an item is on the desk and nothing is under way."""
        self.page.locator("article.item").wait_for(timeout=1000 * seconds)
        self.quiet(seconds)

    def quiet(self, seconds: float = 60.0) -> None:
        """Wait until no decision is under way."""
        until(lambda: not self.page.locator("#desk[aria-busy], #desk[data-ahead]").count(), seconds, self.screen)

    def confirm(self) -> None:
        """Confirm what is ticked and wait until the page has moved on."""
        before = self.view
        self.press("Enter")
        self.moved_on(before)

    def moved_on(self, before: tuple[str, str]) -> None:
        """Wait until something else is on the desk, or nothing, and count the decision."""
        until(lambda: self.view != before, 60, self.screen)
        self.quiet()
        self.decided += 1

    def screen(self) -> str:
        """All that is on the page, to tell why something did not come."""
        focus = self.page.evaluate("document.activeElement.outerHTML.slice(0, 300)")
        desk = " | ".join(self.page.locator("#desk").all_inner_texts())
        return f"{self.name} at {self.page.url}, focus on {focus}, desk: {desk}, page: {self.page.inner_text('body')[-1200:]}"

    @property
    def view(self) -> tuple[str, str]:
        """What is on the desk: place and item."""
        return self.place, self.item


@contextmanager
def people(address: str, project: str, *names: str) -> Iterator[list[Person]]:
    """Each of these people with a browser of their own."""
    with playwright.sync_playwright() as driver:
        browsers = [driver.chromium.launch(executable_path=CHROMIUM, args=QUIET) for _ in names]
        found = []
        for browser, name in zip(browsers, names, strict=True):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(60_000)
            found.append(Person(page, address, project, name))
        yield found
        for browser in browsers:
            browser.close()
