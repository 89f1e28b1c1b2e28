"""How long a person waits at the desk: from a key to the frame that shows the next item, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.latency import build
from data.errors import PackageMissing
from data.records import Project, StoredAction
from data.store import Store

#: Notes in the browser how long it takes from a key to the frame that shows another item.
STOPWATCH = """() => {
  const roots = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].map((host) => host.shadowRoot);
  const root = roots.find((found) => found.querySelector('#desk'));
  const item = () => root.querySelector('.progress strong')?.textContent;
  let pressed = 0, shown = item();
  window.taken = [];
  document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (item() === shown) return;
    shown = item();
    const from = pressed;
    requestAnimationFrame(() => window.taken.push(performance.now() - from));
  }).observe(root, { subtree: true, childList: true });
}"""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Milliseconds between two keys: as long as an expert in a hurry takes to read.
PACE = 300
WHO = "clock"
#: Nobody is to wait longer, in milliseconds.
LONGEST = 150


def desk(folder: Path, items: int, reviews: int, labels: int, keys: int) -> dict[str, Any]:
    """Milliseconds from a key to the next item's frame over so many keys, in a project made for it; every one was kept."""
    store, project = build(folder, items, reviews, labels)
    action = _action(store, project, keys + 1)
    with served(store.path) as address, page_of_browser() as page:
        page.goto(f"{address}/label?project={project.name}&who={WHO}&action={action.id}")
        page.locator("#desk .item").wait_for()
        page.wait_for_timeout(3000)
        page.evaluate(STOPWATCH)
        for number in range(keys):
            page.keyboard.press("Enter")
            page.locator("#desk .progress strong").get_by_text(f"{number + 2} of {keys + 1}", exact=True).wait_for()
            page.wait_for_timeout(PACE)
        taken = sorted(page.evaluate("window.taken"))
    kept = sum(review.action_id == action.id for review in store.reviews(project.id))
    found = {f"{share} %, ms": round(taken[share * len(taken) // 100]) for share in (90, 95, 99)}
    found = {"median, ms": round(median(taken)), **found, "longest, ms": round(taken[-1])}
    found[f"within {LONGEST} ms"] = sum(value <= LONGEST for value in taken)
    return {"items": items, "reviews": reviews, "labels": labels, "keys": keys, "kept": kept, **found}


def _action(store: Store, project: Project, count: int) -> StoredAction:
    """An action of unreviewed items, each with four suggestions."""
    reviewed = {review.item_id for review in store.reviews(project.id)}
    free = tuple(item for item in store.item_hashes(project.id)[0] if item not in reviewed)[:count]
    names = [label.id for label in store.labels(project.id)][:4]
    suggested = [[label, 0.9 - 0.2 * k, k == 0] for k, label in enumerate(names)]
    shown = {"model_version": 1, "items": {str(item): suggested for item in free}, "words": {}}
    return store.add_action(project.id, StoredAction(
        id=0, kind="teach", theme="latency", reason="To be timed.", factor="all_labels", label_ids=(), item_ids=free,
        chances=(None,) * len(free), candidates=len(free), predicted_gain=None, predicted_seconds=3.0 * len(free),
        model_version=1, revision=store.revision(project.id), state="open", created_at="", done_at=None, rating_before=None,
        realised_gain=None, seconds=None, shown=shown,
    ), WHO)  # fmt: skip


@contextmanager
def served(database: Path) -> Iterator[str]:
    """The app serving a database, at the address that is given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, program = f"http://127.0.0.1:{port}", Path(__file__).parents[1] / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", program, "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(command, env={**os.environ, "PLATEAU_DB": str(database)}, stdout=subprocess.DEVNULL)
    try:
        while not _answers(f"{address}/_stcore/health") and server.poll() is None:
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def page_of_browser() -> Iterator[Any]:
    """A page of a browser of its own; PackageMissing where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        raise PackageMissing("This benchmark drives a browser: install the program chromium and the package playwright.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        yield page
        browser.close()
