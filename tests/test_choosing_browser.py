"""Choosing an action and labelling a theme all at once in a real browser, by keyboard alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data.records import Project
from data.store import Store
from rating.projection import REACH
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
#: So many items lie on the left of the map.
HEAP = 120


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


def two_heaps(store: Store, project: Project) -> None:
    """A map on which the first items lie in a heap on the left, and the others in one on the right, both in the middle."""
    items, marks = (np.array(found) for found in (store.item_hashes(project.id)[0], range(300)))
    side = np.where(np.arange(len(items)) < HEAP, 0.2, 0.8)
    points = REACH * np.column_stack([side + marks % 10 * 0.004, 0.48 + marks % 100 // 10 * 0.004])
    with io.BytesIO() as packed:
        np.savez(packed, item_ids=items, marks=marks, points=points.astype(np.uint16))
        store.save_study(
            project.id, "map", "", revision=store.revision(project.id), model_version=1, arrays=packed.getvalue(),
            result={"encoder": "lsa", "items": len(items), "placed": 0},
        )  # fmt: skip


def on_the_map(page: playwright.Page) -> Any:
    """The map, with the keyboard on it."""
    found = page.locator("canvas.over")
    found.focus()
    settled(page)
    return found


def chosen(page: playwright.Page, items: int) -> None:
    """So many items are chosen on the map, as the page and its address say."""
    said = page.locator(".st-key-map_choice h3")
    playwright.expect(said).to_have_text([f"{items} items chosen"] if items else [])
    settled(page)
    assert ("region=" in page.url) == (items > 0)


def test_enter_starts_the_first_action_and_a_reload_finds_it(page: playwright.Page) -> None:
    page.goto("/label")
    page.get_by_text("5 minutes", exact=True).click()
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
    left = page.get_by_text("1 item left to decide one by one")
    playwright.expect(left).to_be_visible()
    settled(page)
    page.keyboard.press("Enter")
    playwright.expect(page.locator("article.item")).to_be_visible()
    playwright.expect(left).to_have_count(0)
    settled(page)
    page.keyboard.press("b")
    playwright.expect(left).to_be_visible()
    settled(page)
    page.keyboard.press("u")
    until(lambda: given() == 0, 30)


def test_the_map_is_zoomed_by_the_wheel_drawn_on_by_the_mouse_and_used_by_keyboard(
    page: playwright.Page, place: tuple[Store, Project]
) -> None:  # fmt: skip
    store, project = place
    two_heaps(store, project)
    page.goto("/map")
    box = on_the_map(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 - 0.3 * box["height"], box["y"] + box["height"] / 2
    page.keyboard.press("s")
    chosen(page, 300)
    page.keyboard.press("Escape")
    chosen(page, 0)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -1000)
    page.keyboard.press("s")
    chosen(page, HEAP)
    for key in ("0", *"++++", *["ArrowRight"] * 17, "s"):
        page.keyboard.press(key)
    chosen(page, 300 - HEAP)
    page.keyboard.press("0")
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for right, down in ((60, -60), (60, 60), (0, 90), (-60, 60)):
        page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()
    chosen(page, HEAP)
    page.get_by_text("Read some of them").click()
    read = page.locator(".st-key-map_choice li")
    playwright.expect(read.first).to_be_visible()
    names = {item.text for item in list(store.iter_items(project.id))[:HEAP]}
    assert {text.strip() for text in read.all_inner_texts()} <= names
