"""How long each page of the app takes to show in a browser: in a big project made for it, or in one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.desk import page_of_browser, served
from benchmarks.latency import build
from data.records import Project, ReviewDraft, StoredAction
from data.store import Store
from recommend.service import plan_project

#: Every one of so many reviewed items gets a second reading; every one of so many of these says something else.
TWICE, DIFFERING = 5, 7
SNAPSHOTS, ACTIONS, SIZE = 20, 200, 10
#: A page has settled when something has changed, no script runs, nothing is awaited, and all was still for so many milliseconds.
QUIET_MS = 500
#: How long a page may take, and the first one, which waits for the project to be planned.
SETTLED_MS, PLANNED_MS = 120_000, 900_000
LINK = "[data-testid=stSidebarNavLink]"
#: Also where the sidebar takes no pointer, as while it is folded.
CLICK = "found => found.click()"
#: Starts the stopwatch; it notes when something last changed in the page.
START = """() => {
  window.plateauWatch?.disconnect();
  window.plateauBegan = window.plateauLast = performance.now();
  window.plateauWatch = new MutationObserver(() => { window.plateauLast = performance.now(); });
  window.plateauWatch.observe(document.querySelector('[data-testid=stMain]') ?? document.body,
                              { subtree: true, childList: true, characterData: true });
}"""
SETTLED = f"""() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
  && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')
  && window.plateauLast > window.plateauBegan && performance.now() - window.plateauLast > {QUIET_MS}"""
TAKEN = "() => window.plateauLast - window.plateauBegan"


def pages(database: Path | None, folder: Path, items: int, reviews: int, labels: int) -> dict[str, Any]:
    """Milliseconds until each page has settled: first, again, and loaded anew from its address, in that order.

    Without a database a project is made for it in the folder. ``longest`` is the longest of the second visits.
    """
    store = big(folder, items, reviews, labels)[0] if database is None else Store(database)
    project = store.projects()[-1]
    with served(store.path) as address, page_of_browser() as page:
        page.goto(f"{address}/?project={project.name}")
        settle(page, PLANNED_MS)
        found = {name: list(times(page, address, name, place)) for place, name in enumerate(names(page))}
    counted = {"items": store.count_items(project.id), "labels": len(store.labels(project.id))}
    longest = max((taken[1] for taken in found.values()), default=None)
    return {**counted, "reviewed": store.count_reviewed(project.id), "longest": longest, "pages": found}


def names(page: Any) -> list[str]:
    """The addresses of all pages, in the order of the sidebar."""
    page.locator(LINK).first.wait_for()
    more = page.get_by_test_id("stSidebarNavViewButton")
    if more.count() and "more" in more.inner_text():
        more.evaluate(CLICK)
    found = [str(link.get_attribute("href")) for link in page.locator(LINK).all()]
    return [urlsplit(href).path.strip("/") for href in found]


def times(page: Any, address: str, name: str, place: int) -> Iterator[int]:
    """Milliseconds of three visits of the page at a place in the sidebar: twice by its link, once by its address."""
    links = page.locator(LINK)
    for _ in range(2):
        links.nth(0 if place else 1).evaluate(CLICK)
        settle(page)
        page.evaluate(START)
        links.nth(place).evaluate(CLICK)
        yield settle(page)
    page.goto(f"{address}/{name}")
    yield settle(page)


def settle(page: Any, longest: float = SETTLED_MS) -> int:
    """Wait so many milliseconds at most until a page has settled; those since the stopwatch, or the loading, was begun."""
    page.locator("[data-testid=stMain]").wait_for()
    if page.evaluate("() => window.plateauBegan === undefined"):
        page.evaluate(f"() => {{ ({START})(); window.plateauBegan = 0; }}")
    page.wait_for_function(SETTLED, polling=100, timeout=longest)
    return round(page.evaluate(TAKEN))


def big(folder: Path, items: int, reviews: int, labels: int) -> tuple[Store, Project]:
    """A project with two annotators, actions that are done, ratings over time and a plan."""
    store, project = build(folder, items, reviews, labels)
    read_twice(store, project)
    plan_project(store, project.id)
    reviewed = {review.item_id for review in store.reviews(project.id)}
    free = [item for item in store.item_hashes(project.id)[0] if item not in reviewed]
    for number in range(min(ACTIONS, len(free) // SIZE - 1)):
        work_through(store, project, free[number * SIZE : (number + 1) * SIZE])
        if number % (ACTIONS // SNAPSHOTS) == 0:
            keep_rating(store, project)
    plan_project(store, project.id)
    return store, store.project(project.id)


def read_twice(store: Store, project: Project) -> None:
    """Another person judges some of the reviewed items, now and then in another way."""
    store.record_reviews(project.id, [
        ReviewDraft(review.item_id, () if number % DIFFERING == 0 else review.assigned, "ben", seconds=4.0 + number % 5,
                    source="shuffle", view="desk")
        for number, review in enumerate(store.reviews(project.id)[::TWICE])
    ])  # fmt: skip


def work_through(store: Store, project: Project, free: list[int]) -> None:
    """An action of these items that is done: nothing applied."""
    action = store.add_action(project.id, StoredAction(
        id=0, kind="shuffle", theme="", reason="To be measured.", factor="balance", label_ids=(), item_ids=tuple(free),
        chances=(None,) * len(free), candidates=len(free), predicted_gain=0.1, predicted_seconds=3.0 * len(free),
        model_version=1, revision=store.revision(project.id), state="open", created_at="", done_at=None, rating_before=None,
        realised_gain=None, seconds=None,
    ), "ann")  # fmt: skip
    store.record_reviews(
        project.id,
        [ReviewDraft(item, (), "ann", seconds=3.0, source="shuffle", action_id=action.id, view="desk") for item in free],
    )
    store.end_action(project.id, action.id, "done", 3.0 * len(free))
    store.record_gain(project.id, action.id, 0.05)


def keep_rating(store: Store, project: Project) -> None:
    """A rating at this revision: the last one again, as nobody has the time to compute each."""
    last = store.snapshots(project.id)[-1]
    revision = store.revision(project.id)
    store.save_snapshot(
        project.id, revision=revision, model_version=store.save_model_version(project.id, revision, last.config),
        interval=(last.value, last.low, last.high), reviewed=store.count_reviewed(project.id), config=last.config,
        rating={**last.rating, "revision": revision},
    )  # fmt: skip
