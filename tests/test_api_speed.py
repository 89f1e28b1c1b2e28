"""The clock for the HTTP API: what it asks, what it counts, and that it notices what goes wrong."""

from __future__ import annotations

from pathlib import Path

from benchmarks.api import CALLS_A_REVIEW, SIZE, WHO, Asking, Calls, figures
from tests.calling import api_of, live


def test_every_call_is_answered_and_every_review_kept(tmp_path: Path) -> None:
    api = api_of(tmp_path, items=SIZE + 10)
    with live(api.app) as address:
        asking = Asking(address, api.tokens["label"], api.project.id)
        asking.start()
        found = asking.run(1000, 2 * CALLS_A_REVIEW)
    assert (len(found.taken), found.errors, len(found.reviews)) == (2 * CALLS_A_REVIEW, [], 2)
    assert api.store.action(api.project.id, asking.action).annotator == WHO
    assert {review.id for review in api.store.reviews(api.project.id)} >= set(found.reviews)


def test_what_is_refused_is_counted_as_an_error(tmp_path: Path) -> None:
    api = api_of(tmp_path)
    with live(api.app) as address:
        asking = Asking(address, api.tokens["label"], api.project.id)
        asking.start()
        asking.headers["Authorization"] = "Bearer wrong"
        found = figures(asking.run(1000, 20), 2.0)
    assert (found["calls"], found["errors"], found["a second"]) == (20, 20, 0.0)
    assert found["first error"].startswith("ValueError: 401")


def test_figures_say_how_many_came_and_how_late() -> None:
    found = figures(Calls(taken=[float(k) for k in range(1, 102)], errors=["x"], reviews=[1]), 2.0)
    assert found == {
        "calls": 102, "a second": 50.5, "50 %, ms": 51.0, "95 %, ms": 96.0, "longest, ms": 101.0, "errors": 1, "first error": "x",
        "reviews": 1,
    }  # fmt: skip
