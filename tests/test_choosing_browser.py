"""Choosing an action and labelling a theme all at once in a real browser, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from data.records import Project
from data.store import Store
from recommend.service import plan_project
from tests.builders import stored
from tests.serving import CHROMIUM, QUIET, SETTLED, serving, until
from tests.test_bulk import ACTION

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project]:
    store, project = stored(tmp_path_factory.mktemp("choosing"))
    plan_project(store, project.id)
    return store, project


@pytest.fixture(scope="module")
def page(place: tuple[Store, Project], tmp_path_factory: pytest.TempPathFactory) -> Iterator[playwright.Page]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(place[0].path, log) as server, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=server.address)
        opened.set_default_timeout(30_000)
        playwright.expect.set_options(timeout=30_000)
        yield opened
        browser.close()


def settled(page: playwright.Page) -> None:
    page.wait_for_function(SETTLED)


def test_enter_starts_the_first_action_and_a_reload_finds_it(page: playwright.Page) -> None:
    page.goto("/label?time=5+minutes")
    playwright.expect(page.locator(".st-key-run_start button")).to_be_visible()
    settled(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**action=*")
    assert "run=5_" in page.url
    playwright.expect(page.locator(".st-key-run_start button")).to_have_count(0)
    settled(page)
    page.reload()
    settled(page)
    assert "action=" in page.url
    assert "run=5_" in page.url


def test_a_theme_is_labelled_all_at_once_by_keyboard(page: playwright.Page, place: tuple[Store, Project]) -> None:
    store, project = place
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    items = [item.id for item in store.iter_items(project.id)][200:205]
    made = replace(ACTION, kind="teach", label_ids=(refund,), item_ids=tuple(items), chances=(1.0,) * len(items))
    action = store.add_action(project.id, made, "me")

    def given() -> int:
        return sum(review.action_id == action.id for review in store.reviews(project.id))

    page.goto(f"/label?action={action.id}")
    playwright.expect(page.locator(".st-key-way_change button").first).to_be_visible()
    settled(page)
    page.keyboard.press("b")
    boxes = page.locator(f'[class*="st-key-bulk_{action.id}_"] input[type=checkbox]')
    playwright.expect(boxes).to_have_count(len(items) + 1)
    settled(page)
    page.keyboard.press("a")
    for number in range(len(items)):
        playwright.expect(boxes.nth(number)).to_be_checked()
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    playwright.expect(boxes.nth(1)).not_to_be_checked()
    page.keyboard.press("Control+Enter")
    until(lambda: given() == len(items) - 1, 30)
    playwright.expect(page.get_by_text("1 item left to decide one by one")).to_be_visible()
    settled(page)
    page.keyboard.press("u")
    until(lambda: given() == 0, 30)
