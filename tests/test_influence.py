"""What leaving a review out changes: equal to fitting again without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from data.errors import NotEnoughEvidence
from rating.influence import pull, share_of
from rating.learner import fit
from rating.service import rate_project
from recommend.influence import study
from tests.builders import stored, unit

PENALTY = 0.5


@pytest.mark.parametrize(("items", "dims"), [(30, 8), (8, 30)])
def test_each_items_pull_is_that_of_refitting_without_it(items: int, dims: int) -> None:
    rng = np.random.default_rng(items)
    population = unit(rng.standard_normal((70, dims)))
    features, targets = population[:items], (rng.random((items, 3)) < 0.4).astype(float)
    targets[: items // 3, 2] = np.nan
    found = pull(fit(features, targets, PENALTY), population, targets)
    for label in range(3):
        judged = np.flatnonzero(~np.isnan(targets[:, label]))
        whole = Ridge(alpha=PENALTY).fit(features[judged].astype(float), targets[judged, label])
        for left in judged:
            rest = judged[judged != left]
            without = Ridge(alpha=PENALTY).fit(features[rest].astype(float), targets[rest, label])
            moved = whole.predict(population.astype(float)) - without.predict(population.astype(float))
            assert found.scores[left, label] == pytest.approx(np.mean(moved**2), rel=1e-4, abs=1e-10)
            assert found.coefficients[left, label] == pytest.approx(
                np.linalg.norm(whole.coef_ - without.coef_), rel=1e-4, abs=1e-8
            )
            assert found.held_out[left, label] == pytest.approx(without.predict(features[[left]].astype(float))[0], abs=1e-5)
    assert np.isnan(found.scores[: items // 3, 2]).all()
    assert found.overall == pytest.approx(np.nan_to_num(found.scores).sum(axis=1) / 3)


def test_the_largest_share_is_between_nothing_and_all() -> None:
    assert share_of(np.zeros(4), 2) == 0.0
    assert share_of(np.ones(4), 9) == pytest.approx(1.0)


def test_the_study_names_the_reviews_that_moved_the_model_most_and_who_gave_them(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=150, reviewed=110)
    with pytest.raises(NotEnoughEvidence, match="no model yet"):
        study(store, project.id, {}, lambda share, words: None)
    result = rate_project(store, project.id).result
    told = study(store, project.id, {}, lambda share, words: None).result
    assert result.assessment is not None
    found = pull(result.assessment.model, result.assessment.features, result.evidence.targets)
    item_ids = result.evidence.item_ids[result.evidence.rows]
    assert [row["item"] for row in told["overall"]][:5] == item_ids[np.argsort(-found.overall)[:5]].tolist()
    best = told["overall"][0]
    review = next(one for one in store.reviews(project.id) if one.item_id == best["item"])
    assert (best["who"], best["when"], best["source"]) == (review.annotator, review.at, "shuffle")
    label = told["labels"][0]
    column = result.evidence.label_ids.index(label["label_id"])
    order = np.argsort(-np.nan_to_num(found.scores[:, column]))
    assert [row["item"] for row in label["rows"]][:3] == item_ids[order[:3]].tolist()
    first = label["rows"][0]
    assert first["assigned"] == bool(result.evidence.targets[order[0], column] == 1)
    assert sum(one["label_id"] in result.evidence.label_ids for one in told["labels"]) == len(result.evidence.label_ids)
