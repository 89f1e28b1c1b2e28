"""The clock for decisions and training: what it builds, and what it measures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.latency import DECISIONS, build, latency
from data.store import Store
from recommend.loop import LEAST


def test_the_project_that_is_timed_is_as_asked_for(tmp_path: Path) -> None:
    store, project = build(tmp_path, 120, 50, 3)
    assert store.count_items(project.id) == 120
    assert store.count_reviewed(project.id) == 50
    labels = {label.id: label.name for label in store.labels(project.id)}
    assert sorted(labels.values()) == ["Label a", "Label b", "Label c"]
    texts = {item.id: item.text for item in store.iter_items(project.id)}
    for review in store.reviews(project.id):
        letters = [labels[label].removeprefix("Label ") for label in review.assigned]
        assert {word[0] for word in texts[review.item_id].split() if not word.startswith("filler")} == set(letters)


def test_every_delay_is_measured_and_every_decision_kept(tmp_path: Path) -> None:
    found = latency(tmp_path, 200, 80, 3, repeats=2)
    assert len(found["click to new rating, s"]) == 2
    assert found["first training, s"] > min(found["click to new rating, s"]) > 0
    for name in ("decision in rest, ms", "enough new in rest, ms"):
        assert 0 < found[name]["median"] <= found[name]["longest"]
    store = Store(tmp_path / "plateau.db")
    (project,) = store.projects()
    assert store.count_reviewed(project.id) >= 80 + DECISIONS + 2
    assert store.last_rated(project.id)[0] > 0
    assert DECISIONS < LEAST  # more would train while nothing is to run
