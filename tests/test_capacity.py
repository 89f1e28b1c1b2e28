"""Whether the model is too simple or too rich: the path as scikit-learn fits it, and verdicts where the truth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import average_precision_score

from data.errors import NotEnoughEvidence
from rating.capacity import (
    PATH,
    Gap,
    Spot,
    clearly_better,
    closing,
    difference,
    gaps,
    loss_words,
    lost,
    mixes_of,
    path,
    scores_along,
    sizes_up_to,
    verdict,
)
from rating.evidence import Features, Floats
from rating.learner import fit
from rating.records import Estimate
from rating.service import rate_project
from recommend.fit import study
from tests.builders import stored, unit


def problem(items: int, dims: int, labels: int = 4, seed: int = 0) -> tuple[Features, Floats]:
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal((items, dims))), (rng.random((items, labels)) < 0.4).astype(float)


@pytest.mark.parametrize(("items", "dims"), [(60, 12), (12, 40)])
def test_the_path_is_that_of_ridge_regression(items: int, dims: int) -> None:
    features, targets = problem(items, dims)
    x = features.astype(float)
    for penalty, _, fitted, held in scores_along(features, targets, [0.1, 2.0]):
        np.testing.assert_allclose(fitted, Ridge(alpha=penalty).fit(x, targets).predict(x), atol=1e-6)
        cross = RidgeCV(alphas=[penalty], store_cv_results=True).fit(x, targets)
        np.testing.assert_allclose((targets - held) ** 2, cross.cv_results_[:, :, 0], atol=1e-6)


def test_twins_and_labels_that_were_not_judged_are_left_out_as_the_learner_does() -> None:
    features, targets = problem(40, 10)
    targets[:15, 1] = np.nan
    twins = (np.array([2, 20, 31]),)
    for penalty, freedom, fitted, held in scores_along(features, targets, PATH, twins):
        model = fit(features, targets, penalty, twins)
        np.testing.assert_allclose(held, model.held_out, atol=1e-6)
        assert np.isnan(fitted[:15, 1]).all()
        whole = sum(part[2].leverage().sum() * len(part[0]) for part in model.smoothers) / targets.shape[1]
        assert freedom == pytest.approx(whole, rel=1e-6)


def spots_of(features: Features, targets: Floats) -> list[Spot]:
    return path({"dense": features}, targets, {"dense": 1.0}, PATH)


def labelled(items: int, dims: int, noise: float, seed: int = 0) -> tuple[Features, Floats]:
    """Six labels that four directions of the features tell, as far as noise lets them."""
    rng = np.random.default_rng(seed)
    features = unit(rng.standard_normal((items, dims)))
    scores = features[:, :4] @ rng.standard_normal((4, 6)) * np.sqrt(dims) + noise * rng.standard_normal((items, 6))
    return features, (scores > np.quantile(scores, 0.8, axis=0)).astype(float)


def test_errors_fall_on_training_items_and_turn_on_others_as_the_model_grows() -> None:
    features, targets = labelled(150, 100, 0.5)
    spots = spots_of(features, targets)
    assert [spot.freedom for spot in spots] == sorted((spot.freedom for spot in spots), reverse=True)
    train, held = [spot.train_error for spot in spots], [spot.held_error for spot in spots]
    assert train == sorted(train)
    assert 0 < int(np.argmin(held)) < len(spots) - 1
    chosen = spots[4]
    known = fit(features, targets, chosen.penalty)
    wanted = [average_precision_score(targets[:, k], known.held_out[:, k]) for k in range(6)]
    np.testing.assert_allclose(chosen.precision, wanted, atol=1e-9)


def test_a_model_held_back_too_little_is_too_rich_and_too_much_too_simple() -> None:
    features, targets = labelled(150, 100, 0.5)
    spots = spots_of(features, targets)
    best = max(spots, key=lambda spot: spot.held_precision)
    assert verdict(spots, best, [], 150).answer == "about right"
    assert verdict(spots, spots[0], [], 150).answer == "too rich"
    few = verdict(spots, best, [], 90)
    assert few.answer == "cannot tell"
    assert "90 reviews" in few.evidence[0]


def test_a_better_richer_spot_makes_it_too_simple_and_so_does_what_it_cannot_even_fit() -> None:
    def spot(freedom: float, precision: float, train: float = 0.95) -> Spot:
        return Spot({"a": 1.0}, 1.0, freedom, 0.1, 0.1, train, precision, precision + 0.01 * np.arange(-2, 3))

    low, high = spot(10.0, 0.7), spot(50.0, 0.8)
    assert verdict([low, high], low, [], 500).answer == "too simple"
    assert verdict([low, high], high, [], 500).answer == "about right"
    assert not clearly_better(spot(50.0, 0.705), low)
    assert difference(high, low).value == pytest.approx(0.1)
    poor = verdict([spot(10.0, 0.55, 0.6)], spot(10.0, 0.55, 0.6), [], 500)
    assert (poor.answer, "is the limit" in poor.evidence[0]) == ("too simple", True)


def course(*held: float, train: tuple[float, ...] = (), labels: int = 6) -> list[Gap]:
    """Gaps at 50, 100, ... reviews with these average precisions, the labels a little apart."""
    spread = 0.01 * np.arange(labels)
    told = zip(held, train or (1.0,) * len(held), strict=True)
    return [
        Gap(50 * 2**k, fitted, mean, Estimate(fitted - mean, 0.0, 1.0), np.full(labels, fitted), mean + spread * (1 + k))
        for k, (mean, fitted) in enumerate(told)
    ]


def test_the_gap_closes_with_reviews() -> None:
    features, targets = labelled(400, 40, 0.5)
    found = gaps(features, targets, 0.1, np.arange(400), sizes_up_to(400))
    assert (found[-1].gap.value or 1) < (found[0].gap.value or 0)
    model = fit(features[:50], targets[:50], 0.1)
    wanted = np.mean([average_precision_score(targets[:50, k], model.held_out[:, k]) for k in range(6)])
    assert (found[0].reviews, found[0].held) == (50, pytest.approx(wanted))
    assert closing(found)
    assert lost(found) is None


def test_a_wide_gap_that_closes_is_no_over_fitting_and_held_out_items_that_fall_are() -> None:
    own = Spot({"a": 1.0}, 1.0, 10.0, 0.1, 0.1, 1.0, 0.7, 0.7 + 0.01 * np.arange(-2, 3))
    usual = course(0.4, 0.5, 0.6)
    assert lost(usual) is None
    assert verdict([own], own, usual, 500).answer == "about right"
    falling = course(0.7, 0.8, 0.6)
    loss = lost(falling)
    assert loss is not None
    assert (loss.what, loss.reviews) == ("fell", 100)
    told = verdict([own], own, falling, 500)
    assert (told.answer, told.evidence[0]) == ("falling back", loss_words(loss))
    assert not closing(falling)
    widening = lost(course(0.6, 0.6, 0.6, train=(0.7, 0.8, 1.0)))
    assert widening is not None
    assert (widening.what, widening.reviews) == ("widened", 50)


def test_a_fall_within_chance_and_labels_that_came_later_are_no_loss() -> None:
    before, after = course(0.7, 0.6)
    uneven = before.unseen - np.array([0.5, -0.4, 0.45, -0.35, 0.4, 0.1])
    assert lost([before, replace(after, unseen=uneven)]) is None
    assert lost(course(0.7, 0.6, labels=2)) is None
    grown = [replace(gap, unseen=np.append(gap.unseen, new), trained=np.append(gap.trained, 1.0)) for gap, new in
             zip(course(0.6, 0.65), (np.nan, 0.0), strict=True)]  # fmt: skip
    assert lost(grown) is None


def test_what_is_held_out_of_the_gap_is_not_known_from_its_twin() -> None:
    features, targets = problem(60, 40)
    rng = np.random.default_rng(1)
    twice = unit(np.repeat(features, 2, axis=0) + 0.01 * rng.standard_normal((120, 40)))
    said, order = np.repeat(targets, 2, axis=0), rng.permutation(120)
    twins = tuple(np.array([2 * k, 2 * k + 1]) for k in range(60))
    half, whole = gaps(twice, said, 0.1, order, [60, 120], twins)
    (spot,) = path({"dense": twice}, said, {"dense": 1.0}, [0.1], twins)
    assert (whole.train, whole.held) == (pytest.approx(spot.train_precision), pytest.approx(spot.held_precision))
    place = {int(row): k for k, row in enumerate(order[:60])}
    pairs = tuple(np.array([place[a], place[b]]) for a, b in (group.tolist() for group in twins) if a in place and b in place)
    assert 0 < len(pairs) < 30
    known = fit(twice[order[:60]], said[order[:60]], 0.1, pairs)
    wanted = [average_precision_score(said[order[:60], k], known.held_out[:, k]) for k in range(4)]
    assert half.held == pytest.approx(np.mean(wanted))
    assert gaps(twice, said, 0.1, order, [120])[0].held > whole.held + 0.1


def test_the_study_finds_the_model_as_it_is_on_the_path(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=150, reviewed=110)
    with pytest.raises(NotEnoughEvidence, match="no model yet"):
        study(store, project.id, {}, lambda share, words: None)
    rated = rate_project(store, project.id)
    told: list[float] = []
    result = study(store, project.id, {}, lambda share, words: told.append(share)).result
    assessment = rated.result.assessment
    assert assessment is not None
    chosen = result["spots"][result["chosen"]]
    held, targets = assessment.model.held_out, rated.result.evidence.targets
    assert chosen["penalty"] == assessment.penalty
    assert chosen["held_error"] == pytest.approx(float(np.mean((held - targets) ** 2)), rel=1e-4)
    assert (result["reviews"], result["gaps"][-1]["reviews"]) == (110, 110)
    assert told == sorted(told)
    assert set(result["gaps"][-1]) == {"reviews", "train", "held", "gap"}
    assert result["answer"] in ("too rich", "about right", "too simple")
    assert len(mixes_of({"a": targets, "b": targets})) == 7
