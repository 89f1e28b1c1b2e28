"""A Label Studio export in a real browser: it comes in, gets a rating, and everything goes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.store import Store
from tests.builders import stored
from tests.serving import CHROMIUM, QUIET, SETTLED, serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "home").mkdir()
    with serving(tmp_path / "home" / "plateau.db", tmp_path / "server.log") as server, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = browser.new_page(viewport={"width": 1440, "height": 1000}, base_url=server.address, accept_downloads=True)
        opened.set_default_timeout(60_000)
        playwright.expect.set_options(timeout=60_000)
        yield opened
        browser.close()


def exported(folder: Path) -> bytes:
    """What Label Studio would export: three hundred tasks, of which a hundred are annotated."""
    folder.mkdir()
    return tool_bytes(Handover(*stored(folder), question="topic"), "label-studio")[0]


def test_a_label_studio_project_comes_in_is_rated_and_goes_back(page: Any, tmp_path: Path) -> None:
    expect, before = playwright.expect, exported(tmp_path / "elsewhere")
    page.goto("/data")
    page.locator('input[type="file"]').first.set_input_files(
        {"name": "project-7.json", "mimeType": "application/json", "buffer": before}
    )
    expect(page.get_by_text(re.compile("This is Label Studio JSON: 300 messages, 4 labels"))).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("project-7.json is in “Project-7”")).to_be_visible()
    page.get_by_role("button", name="See the rating").click()
    expect(page.get_by_text("Enough?")).to_be_visible()
    page.wait_for_function(SETTLED)
    store = Store(tmp_path / "home" / "plateau.db")
    (project,) = store.projects()
    rating = store.last_snapshot(project.id)
    assert rating is not None
    assert rating.value is not None
    page.get_by_role("link", name="Data").click()
    expect(page.get_by_text("File of messages")).to_be_visible()
    page.wait_for_function(SETTLED)
    page.get_by_role("radio", name="Export", exact=True).click()
    page.get_by_role("radio", name="For another tool", exact=True).click()
    expect(page.get_by_role("textbox", name="Call the labels")).to_be_visible()
    page.get_by_role("button", name="Prepare the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download project-7-items.json").click()
    assert json.loads(Path(download.value.path()).read_bytes()) == json.loads(before)
