"""The map's points: like items lie together, new ones go among them, and the same items give the same map."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from rating.projection import REACH, lay_out, leading, place, scaled


def groups(count: int, themes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of length 1 around the middles of some themes, and the theme of each."""
    rng = np.random.default_rng(seed)
    theme = np.arange(count) % themes
    rows = rng.normal(size=(themes, 24))[theme] + 0.4 * rng.normal(size=(count, 24))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), theme


def test_leading_directions_are_principal_components() -> None:
    features, _ = groups(60, 4)
    ours, theirs = leading(features, 3), PCA(3).fit_transform(features)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-4)


def test_like_items_lie_together() -> None:
    features, theme = groups(160, 4)
    told: list[float] = []
    points = lay_out(features, seed=3, progress=told.append)
    middles = np.array([points[theme == k].mean(axis=0) for k in range(4)])
    nearest = np.square(points[:, None].astype(float) - middles).sum(axis=2).argmin(axis=1)
    assert (nearest == theme).all()
    assert trustworthiness(features, points.astype(float), n_neighbors=8) > 0.9
    assert points.min() == 0
    assert points.max() == REACH
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1


def test_beyond_the_landmarks_items_lie_among_those_they_resemble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rating.projection.LANDMARKS", 80)
    features, theme = groups(240, 3)
    points = lay_out(features).astype(float)
    middles = np.array([points[theme == k].mean(axis=0) for k in range(3)])
    assert (np.square(points[:, None] - middles).sum(axis=2).argmin(axis=1) == theme).all()


def test_the_same_items_lie_at_the_same_places() -> None:
    features, _ = groups(60, 3)
    assert (lay_out(features, seed=3) == lay_out(features.copy(), seed=3)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 49])
def test_few_items_have_a_map_too(count: int) -> None:
    points = lay_out(groups(max(count, 1), 1)[0][:count])
    assert points.shape == (count, 2)
    assert points.dtype == np.uint16


def test_items_that_are_all_alike_lie_in_the_middle() -> None:
    assert (lay_out(np.ones((60, 3), np.float32)) == REACH // 2).all()


def test_an_item_goes_to_the_one_that_it_equals_most() -> None:
    known = np.eye(6, dtype=np.float32)
    points = np.array([[k, 10 * k] for k in range(6)], dtype=np.float32)
    found = place(known[[4]] * 2, known, points)
    assert (found[0] == points[4]).all()
    assert place(known[:0], known, points).shape == (0, 2)


def test_scaling_keeps_the_shape() -> None:
    points = scaled(np.array([[0.0, 0.0], [4.0, 1.0]], np.float32))
    across, up = (points[1].astype(int) - points[0].astype(int)).tolist()
    assert across == REACH
    assert up == pytest.approx(REACH / 4, abs=2)
