"""The confusion matrix: the usual one with one label an item, and one that several labels an item can be read from."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

from rating.confusion import confusion, folded, shares


def test_with_one_label_an_item_it_is_the_usual_matrix() -> None:
    rng = np.random.default_rng(0)
    truth, given, weights = rng.integers(0, 4, 60), rng.integers(0, 4, 60), rng.random(60)
    found = confusion(np.eye(4, dtype=bool)[given], np.eye(4)[truth], weights)
    np.testing.assert_allclose(found[:4, :4], confusion_matrix(truth, given, sample_weight=weights))
    assert found[-1].sum() == found[:, -1].sum() == 0


def test_several_labels_an_item() -> None:
    targets = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, np.nan, 0, 0]])
    said = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]], dtype=bool)
    found = confusion(said, targets, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert found[0, 0] == 1 + 5  # right, and what was not judged beside it says nothing
    assert found[1].tolist() == [0, 0, 0.5, 0.5, 0]  # missing, with two given wrongly
    assert found[0, -1] == 2  # missing, with nothing given
    assert found[-1, 2] == 3  # given where nothing was missing
    assert found[-1, -1] == 4  # none, rightly
    assert found.sum() == 6 + 1 + 2 + 3 + 4


def test_rows_as_shares_and_the_others_as_one() -> None:
    rng = np.random.default_rng(1)
    matrices = rng.random((2, 6, 6))
    matrices[:, 2, 4] = 50.0
    small = folded(matrices, tuple("abcde"), most=2)
    assert small.names == ("c", "e", "3 other labels", "none")
    np.testing.assert_allclose(small.matrix.sum(axis=(1, 2)), matrices.sum(axis=(1, 2)))
    assert small.matrix[0, 0, 1] == 50.0
    np.testing.assert_allclose(small.matrix[1, 2, 2], matrices[1][np.ix_([0, 1, 3], [0, 1, 3])].sum())
    assert folded(matrices, tuple("abcde"), most=4).matrix is matrices
    np.testing.assert_allclose(shares(matrices).sum(axis=2), 1.0)
    assert np.isnan(shares(np.zeros((2, 2)))).all()
