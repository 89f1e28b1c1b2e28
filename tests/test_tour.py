"""Starting from nothing: typical items of themes that nobody has looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.evidence import Bools, Features, Ints, RatingConfig
from recommend.gates import YOUNG, gates
from recommend.tour import LEAST, TYPICAL, Tour, tour
from tests.builders import evidence_of, unit


def themes(count: int = 12, members: int = 40, seed: int = 0) -> tuple[Features, Ints, Features]:
    """Items in well separated themes on a circle, so that neighbours are known; later themes are smaller."""
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * np.arange(count) / count
    centres = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    clusters = np.repeat(np.arange(count), np.maximum(members - np.arange(count), 1))
    features = unit((centres[clusters] + 0.02 * rng.normal(size=(len(clusters), 2))).astype(np.float32))
    return features, clusters, centres


def visit(free: Bools | None = None, seen: Ints | None = None, count: int = 5, seed: int = 0) -> Tour:
    features, clusters, centres = themes()
    free = np.ones(len(clusters), dtype=bool) if free is None else free
    seen = np.zeros(len(centres), dtype=np.int64) if seen is None else seen
    return tour(features, clusters, centres, free, seen, count, np.random.default_rng(seed))


def test_the_largest_theme_leads_and_its_neighbours_follow() -> None:
    assert sorted(visit().themes.tolist()) == [0, 1, 2, 10, 11]
    assert visit().themes[0] == 0


def test_themes_seen_least_come_first() -> None:
    seen = np.ones(12, dtype=np.int64)
    seen[[4, 7]] = 0
    assert visit(seen=seen).themes[:2].tolist() == [4, 7]


def test_each_item_is_typical_of_its_theme_and_its_chance_is_known() -> None:
    features, clusters, centres = themes()
    drawn: dict[int, int] = {}
    for seed in range(600):
        found = visit(count=1, seed=seed)
        drawn[int(found.rows[0])] = drawn.get(int(found.rows[0]), 0) + 1
    likeness = features[clusters == 0] @ centres[0]
    near = np.argsort(-likeness, kind="stable")[: max(LEAST, int(TYPICAL * len(likeness)))]
    assert set(drawn) == set(near.tolist())
    assert np.array(list(drawn.values())) / 600 == pytest.approx(visit(count=1).chances[0], abs=0.06)


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), count=st.integers(1, 20))
def test_only_free_items_are_asked_for_one_of_each_theme(seed: int, share: float, count: int) -> None:
    _, clusters, centres = themes()
    rng = np.random.default_rng(seed)
    free = rng.random(len(clusters)) < share
    found = visit(free, rng.integers(0, 3, len(centres)), count, seed)
    assert free[found.rows].all()
    assert clusters[found.rows].tolist() == found.themes.tolist()
    assert len(set(found.themes.tolist())) == len(found.rows) == min(count, len(np.unique(clusters[free])))
    assert ((found.chances > 0) & (found.chances <= 1)).all()


def test_a_young_project_is_asked_to_look_at_every_theme() -> None:
    features, clusters, _ = themes()
    for reviewed, met in ((60, False), (YOUNG, True)):
        evidence = evidence_of({"dense": features}, np.arange(reviewed), np.zeros((reviewed, 2)))
        gate = next(gate for gate in gates(evidence, RatingConfig(), clusters) if gate.key == "themes")
        assert gate.met == met
        assert gate.need == 12
        assert gate.have == (2 if reviewed == 60 else 12)
        assert ("Look at 10 more" in gate.words) == (not met)
