"""The whole way in a real browser: from an empty folder to an export, the labelling done by keyboard."""

from __future__ import annotations

import csv
import io
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from data.store import Store
from samples.project import import_rows
from tests.serving import CHROMIUM, QUIET, SETTLED, serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty") / "new folder" / "plateau.db"


@pytest.fixture(scope="module")
def address(database: Path) -> Iterator[str]:
    with serving(database, database.parents[1] / "server.log") as server:
        yield server.address


@pytest.fixture
def page(address: str) -> Iterator[playwright.Page]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        opened = context.new_page()
        opened.set_default_timeout(30_000)
        playwright.expect.set_options(timeout=30_000)
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(address)
        yield opened
        browser.close()
    strangers = [url for url in asked if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))]
    assert strangers == [], "the app asks another machine for something"


def messages() -> bytes:
    """A quarter of the sample as CSV, in order, with its reviews."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "text", "labels", "state", "annotator", "reviewed_at", "channel"])
    seen: set[tuple[str, str]] = set()
    for row in import_rows(500, 3):
        reviewed = row.labels is not None
        who = row.annotator if reviewed else ""
        if (row.uid, who) not in seen:
            writer.writerow([row.uid, row.text, "|".join(row.labels or ()), row.state if reviewed else "", who,
                             row.reviewed_at or "", row.metadata["channel"]])  # fmt: skip
        seen.add((row.uid, who))
    return out.getvalue().encode()


#: An Enter within so many milliseconds of the last item starts nothing.
HURRY = 1000


def test_from_an_empty_folder_to_an_export(page: playwright.Page, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect = playwright.expect
    bring_in(page)
    before = rated(page)
    store = Store(database)
    (project,) = store.projects()
    reviewed = store.count_reviewed(project.id)

    page.locator('[class*="st-key-start_"] button').first.click()
    expect(page.locator("#desk .progress strong")).to_have_text(re.compile("1 of"))
    page.wait_for_function(SETTLED)
    times = label_by_keyboard(page)
    with capsys.disabled():
        sys.stdout.write(f"\nEnter to next item: median {1000 * median(times):.0f} ms, longest {1000 * max(times):.0f} ms\n")
    (done,) = store.actions(project.id, "done")
    assert len(store.reviews(project.id)) >= len(done.item_ids)
    assert store.count_reviewed(project.id) >= reviewed
    assert {review.annotator for review in store.reviews(project.id) if review.action_id == done.id} == {"Ada"}

    page.wait_for_timeout(HURRY)
    page.keyboard.press("Enter")  # rate again
    expect(page.get_by_text("these answers were worth")).to_be_visible()
    page.get_by_text("Details", exact=True).click()
    expect(page.get_by_text("Realised gain", exact=True)).to_be_visible()
    assert store.action(project.id, done.id).realised_gain is not None
    page.get_by_role("button", name="Overview").click()
    after = rated(page)
    assert after != before
    take_out(page, project_rows=store.count_items(project.id))


def bring_in(page: playwright.Page) -> None:
    """Import a file on the Data page of an empty installation."""
    page.get_by_role("button", name="Import a file").click()
    page.locator('input[type="file"]').first.set_input_files(
        {"name": "letters.csv", "mimeType": "text/csv", "buffer": messages()}
    )
    page.get_by_role("button", name="Import", exact=True).click()
    playwright.expect(page.get_by_text("letters.csv is in")).to_be_visible()
    name = page.get_by_role("textbox", name="Your name")
    name.fill("Ada")
    name.press("Enter")
    page.wait_for_function(SETTLED)
    page.get_by_role("button", name="See the rating").click()


def rated(page: playwright.Page) -> str:
    """Wait for a finished rating on the Overview and return what it says."""
    playwright.expect(page.get_by_text("Model Rating").first).to_be_visible()
    playwright.expect(page.get_by_text("Enough?")).to_be_visible()
    playwright.expect(page.locator('[class*="st-key-start_"] button').first).to_be_visible()
    page.wait_for_function(SETTLED)
    return page.get_by_text("reviewed · model").inner_text()


def label_by_keyboard(page: playwright.Page) -> list[float]:
    """Work through the action with keys alone, trying all of them once; seconds from each Enter to the next item."""
    expect, bar = playwright.expect, page.locator("#desk .progress strong")
    count = int(bar.inner_text().split(" of ")[1])
    press(page, "ArrowRight", "2 of")
    press(page, "ArrowLeft", "1 of")
    first = page.locator("#desk .chip .name").first
    was = first.get_attribute("aria-checked") or ""
    page.keyboard.press("1")
    expect(first).not_to_have_attribute("aria-checked", was)
    page.keyboard.press("1")
    expect(first).to_have_attribute("aria-checked", was)
    press(page, "Enter", "2 of")
    press(page, "u", "1 of")
    press(page, "s", "2 of")
    press(page, "u", "1 of")
    new_label(page)
    times = []
    for number in range(1, count + 1):
        page.locator("#desk:not([data-ahead])").wait_for()
        start = time.monotonic()
        press(page, "Enter", f"{number + 1} of" if number < count else None)
        times.append(time.monotonic() - start)
    return times


def press(page: playwright.Page, key: str, shown: str | None) -> None:
    """Press a key and wait for the place it leads to; None is the end of the action."""
    page.locator("#desk:not([data-ahead])").wait_for()
    page.keyboard.press(key)
    if shown is None:
        page.get_by_role("heading", name="Done", exact=True).wait_for()
        page.wait_for_function(SETTLED)
    else:
        page.locator("#desk .progress strong").get_by_text(shown).wait_for()


def new_label(page: playwright.Page) -> None:
    """Create a label while labelling; afterwards the keys work on."""
    page.keyboard.press("/")
    page.keyboard.type("Weather > Rain")
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("checkbox", name="Weather > Rain, applies")).to_be_visible()


def take_out(page: playwright.Page, *, project_rows: int) -> None:
    """Export the items as CSV, and look into the file."""
    page.get_by_role("link", name="Data").click()
    page.get_by_role("radio", name="Export").or_(page.get_by_role("button", name="Export", exact=True)).first.click()
    page.get_by_role("button", name="Prepare the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert len({row["id"] for row in rows}) == project_rows
    assert any("Weather > Rain" in row["labels"] for row in rows)
