"""How labels did over the ratings, as the store tells it."""

from __future__ import annotations

from pathlib import Path

from data.store import Store


def test_labels_are_told_over_evenly_spaced_ratings_the_newest_among_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    for k in range(12):
        labels = [
            {"label_id": 1, "positives": k, "ap": {"value": k / 20, "low": 0.0, "high": 0.9}},
            {"label_id": 2, "positives": 1, "ap": {"value": None if k < 11 else 0.5, "low": None, "high": None}},
        ]
        store.save_snapshot(
            project.id, revision=k, model_version=k, interval=(None if k == 5 else 50.0, 40.0, 60.0),
            reviewed=100 + 10 * (k // 2), config={}, rating={"labels": labels},
        )  # fmt: skip
    whole = store.label_trends(project.id, [1, 2, 3])
    assert [point.positives for point in whole[1]] == [1, 3, 4, 7, 9, 11]
    assert [point.reviewed for point in whole[1]] == [100, 110, 120, 130, 140, 150]
    assert [(point.ap, point.low, point.model_version) for point in whole[2]] == [(0.5, None, 11)]
    assert whole[3] == []
    few = store.label_trends(project.id, [1], most=3)
    assert list(few) == [1]
    assert [point.positives for point in few[1]] == [3, 7, 11]
