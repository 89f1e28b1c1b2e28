"""A lead's way in a real browser: why the rating is what it is, the label behind it, its action, and the report to hand over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.records import Project
from data.store import Store
from tests.builders import stored
from tests.serving import CHROMIUM, QUIET, SETTLED, serving, until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Any, Store, Project]]:
    """A page of the app with a project that nobody has rated yet, and the project."""
    store, project = stored(tmp_path)
    with serving(store.path, tmp_path / "server.log") as server, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, base_url=server.address, accept_downloads=True)
        page.set_default_timeout(60_000)
        playwright.expect.set_options(timeout=60_000)
        yield page, store, project
        browser.close()


def test_a_lead_reads_why_follows_it_to_a_label_and_takes_the_report_along(
    opened: tuple[Any, Store, Project], tmp_path: Path
) -> None:  # fmt: skip
    page, store, project = opened
    start_its_action(page, store.label(project.id, follow_the_weakest_label(page)).name)
    until(lambda: len(store.reviews(project.id)) > 100, 30)
    page.get_by_role("link", name="Overview").click()
    page.locator(".st-key-report button:visible").wait_for()
    settled(page)
    assert "action=" not in page.url
    opens_offline(page, take_the_report(page, tmp_path))


def settled(page: Any) -> None:
    page.wait_for_function(SETTLED)


def follow_the_weakest_label(page: Any) -> int:
    """Read what is behind the weakest factor of an address that was sent, and go to the label that holds it back."""
    expect = playwright.expect
    page.goto("/overview?over=Active+hours&show=Table")
    page.locator(".st-key-report button:visible").wait_for()
    settled(page)
    assert {"over=Active", "show=Table"} <= set(re.findall(r"\w+=\w+", page.url))
    page.locator(".st-key-factor_underperforming button").click()
    drawer = page.get_by_role("dialog")
    for words in ("How it is computed", "Weight in the rating", "revision", "What holds it back"):
        expect(drawer.get_by_text(words).first).to_be_visible()
    settled(page)
    drawer.locator('[class*="st-key-weakest_"] button').first.click()
    page.wait_for_url("**/labels?*label=*")
    return int(re.findall(r"label=(\d+)", page.url)[0])


def start_its_action(page: Any, label: str) -> None:
    """Start what is offered for the label, and decide one item of it."""
    page.locator(f".st-key-do_{re.sub('[^a-zA-Z0-9]', '-', label)} button:visible").click()
    page.wait_for_url("**/label?*action=*")
    playwright.expect(page.locator("#desk .progress strong")).to_have_text(re.compile("1 of"))
    settled(page)
    page.keyboard.press("Enter")


def take_the_report(page: Any, folder: Path) -> Path:
    """Download the report as HTML."""
    page.locator(".st-key-report button:visible").click()
    with page.expect_download() as download:
        page.locator(".st-key-report_download button").click()
    path = folder / str(download.value.suggested_filename)
    download.value.save_as(path)
    return path


def opens_offline(page: Any, report: Path) -> None:
    """The file shows what it is about without a network, and asks for nothing besides itself."""
    context = page.context.browser.new_context(offline=True)
    sheet, asked = context.new_page(), list[str]()
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.goto(report.as_uri())
    playwright.expect(sheet.get_by_text("Model Rating").first).to_be_visible()
    assert sheet.locator("svg").count() >= 3
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert report.stat().st_size < 2_000_000
    context.close()
