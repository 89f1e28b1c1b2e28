"""Another model's rating: near its true worth, by reviews that it cannot have learned from, and by nothing else."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import average_precision_score

from data.errors import NotFound
from data.records import ExternalModel, ImportRow, PredictionRow, StoredAction
from data.store import Store
from rating.__main__ import main
from rating.assess import population_ranks, twins_of
from rating.comparison import compare
from rating.evidence import Evidence, Floats, RatingConfig
from rating.external import Outside, assess_external, basis, complete, joint, own_part, part_of, rated_items
from rating.external_service import compare_models, cuts_of, known_since, notes, rate_external
from rating.precision import Ranking, soft_average_precision
from rating.rate import Result, appraise
from rating.thresholds import AIMS, cut_curve
from recommend.replay import precisions
from tests.builders import World, evidence_of, messages, minute, rated, stored, world


def noisy_scores(truth: Floats, seed: int = 1, noise: float = 1.2) -> Floats:
    """Probabilities (N, L) by a model that knows the truth through noise."""
    return expit(4.0 * truth - 3.0 + noise * np.random.default_rng(seed).standard_normal(truth.shape))


def outside_of(evidence: Evidence, scores: Floats, counts: np.ndarray | None = None) -> Outside:
    everyone = np.ones(len(evidence.rows), dtype=bool)
    return Outside(scores, ~np.isnan(scores).all(axis=1), everyone if counts is None else counts, ~everyone, ~everyone)


def assessed(found: World, scores: Floats, counts: np.ndarray | None = None) -> Result:
    """The rating of an external model on a small world."""
    own = rated(found.evidence)
    assert own.assessment is not None
    assert own.population is not None
    outside = outside_of(found.evidence, scores, counts)
    items, rows = rated_items(found.evidence, outside), outside.counts & outside.predicted[found.evidence.rows]
    evidence = part_of(found.evidence, items, rows)
    assessment = assess_external(evidence, own_part(own.assessment, items, rows), complete(outside)[items])
    population = replace(own.population, clusters=own.population.clusters[items])
    return appraise(evidence, assessment, population, RatingConfig())


def all_labels(result: Result) -> float:
    return (result.rating.factor("all_labels").score.value or 0.0) / 100.0


@pytest.mark.parametrize("noise", [0.8, 2.0])
def test_the_estimate_is_near_the_truth_of_a_model_of_any_quality(noise: float) -> None:
    found = [world(items=900, reviewed=300, seed=seed) for seed in range(3)]
    errors = [all_labels(assessed(w, s := noisy_scores(w.truth, 5, noise))) - precisions(w.truth, s).mean() for w in found]
    assert np.abs(errors).mean() < 0.04


def test_reviews_chosen_by_the_own_learner_do_not_mislead_it() -> None:
    """Average precision on the reviewed alone is far off where they were chosen for their labels."""
    w = world(items=1500, reviewed=300, seed=3, prevalence=(0.12, 0.04))
    own = rated(w.evidence)
    assert own.assessment is not None
    likely = np.argsort(-own.assessment.probability.max(axis=1))[:250]
    rows = np.union1d(likely, np.random.default_rng(0).choice(1500, 100, replace=False))
    chosen = replace(w, evidence=evidence_of(w.evidence.blocks, rows, w.truth[rows], sources="teach"))
    scores = noisy_scores(w.truth, 4, 1.6)
    truth = precisions(w.truth, scores).mean()
    naive = precisions(w.truth[rows], scores[rows]).mean()
    assert abs(all_labels(assessed(chosen, scores)) - truth) < 0.5 * abs(naive - truth)


def test_what_a_model_may_have_learned_does_not_lift_it() -> None:
    w = world(items=800, reviewed=300, seed=2)
    early = np.arange(300) < 150
    scores = np.random.default_rng(0).random(w.truth.shape)
    honest = all_labels(assessed(w, scores, ~early))
    learned = scores.copy()
    learned[w.evidence.rows[early]] = w.truth[w.evidence.rows[early]]
    assert all_labels(assessed(w, learned, ~early)) == pytest.approx(honest, abs=1e-9)
    assert all_labels(assessed(w, learned)) > honest + 0.1  # as it would be if they counted


def test_logits_are_rated_as_the_probabilities_that_they_stand_for() -> None:
    w = world(seed=4)
    p = noisy_scores(w.truth)
    odds = np.log(p / (1 - p))
    assert all_labels(assessed(w, odds)) == pytest.approx(all_labels(assessed(w, p)), abs=1e-6)
    outside = outside_of(w.evidence, odds)
    assert basis(w.evidence, outside).ranks_only
    assert not basis(w.evidence, outside_of(w.evidence, p)).ranks_only


@pytest.mark.parametrize(("share", "says", "mend"), [(0.0004, "as some of them", True), (0.6, "as 60% of them", False)])
def test_a_few_scores_that_are_no_probabilities_are_said_to_be_mended(share: float, says: str, mend: bool) -> None:
    w = world(seed=4)
    found = replace(basis(w.evidence, outside_of(w.evidence, noisy_scores(w.truth))), beyond=share)
    (said,) = notes(ExternalModel("v1", 500, "", "", "out-of-fold"), found)
    assert says in said
    assert ("bring the predictions again" in said) == mend


def test_a_label_that_the_model_does_not_know_is_ranked_at_random() -> None:
    w = world(items=900, reviewed=300, seed=5)
    scores = noisy_scores(w.truth)
    scores[:, 1] = np.nan
    result = assessed(w, scores)
    assert result.rating.labels[1].ap.value == pytest.approx(w.truth[:, 1].mean(), abs=0.05)
    assert basis(w.evidence, outside_of(w.evidence, scores)).unknown == ("label 1",)


def test_items_without_a_prediction_are_not_rated_and_their_reviews_do_not_count() -> None:
    w = world(seed=6)
    scores = noisy_scores(w.truth)
    scores[:100] = np.nan
    result, found = assessed(w, scores), basis(w.evidence, outside_of(w.evidence, scores))
    assert (found.predicted, found.population, result.rating.population) == (400, 400, 400)
    assert found.blank == (w.evidence.rows < 100).sum()
    assert found.counted + found.blank == found.reviews == 200


def test_scores_left_out_rank_below_those_given() -> None:
    scores = np.array([[0.4, np.nan], [np.nan, 0.2], [np.nan, np.nan], [0.0, 0.9]])
    whole = complete(Outside(scores, np.array([True, True, False, True]), *[np.empty(0, bool)] * 3))
    np.testing.assert_array_equal(whole, [[0.4, 0.0], [0.0, 0.2], [np.nan, np.nan], [0.0, 0.9]])
    logits = complete(Outside(scores - 2.0, np.ones(4, dtype=bool), *[np.empty(0, bool)] * 3))
    assert logits[1, 0] == logits[2, 1] < (scores[~np.isnan(scores)] - 2.0).min()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=2, max_size=30).filter(lambda x: any(y for y, _ in x)))
def test_without_ties_it_is_average_precision_and_with_them_no_order_of_the_items_matters(drawn: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([[float(y)] for y, _ in drawn]), np.array([[float(s)] for _, s in drawn])
    there = soft_average_precision(Ranking.by(scores).put(truth))[0]
    back = soft_average_precision(Ranking.by(scores[::-1]).put(truth[::-1]))[0]
    assert there == pytest.approx(back)
    apart = scores + np.arange(len(scores))[:, None] / 100
    assert soft_average_precision(Ranking.by(apart).put(truth))[0] == pytest.approx(average_precision_score(truth, apart))


def predictions(names: tuple[str, ...], items: int = 300, seed: int = 0) -> list[PredictionRow]:
    """Scores of a fair model for the messages of a stored project."""
    rng, rows = np.random.default_rng(seed), []
    for number, (_, labels) in enumerate(messages(items)):
        scores = {name: float(expit(4.0 * (name in labels) - 2.0 + rng.standard_normal())) for name in names}
        rows.append(PredictionRow(f"m{number}", scores))
    return rows


NAMES = ("Refund", "Delivery > Late", "Broken", "Praise")


@pytest.fixture
def project(tmp_path: Path) -> Store:
    return stored(tmp_path, items=300, reviewed=140)[0]


def test_only_reviews_after_the_prediction_count_unless_declared_otherwise(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES), minute(60))
    found = rate_external(project, 1, "v1")
    assert (found.basis.counted, found.basis.early, found.basis.population) == (79, 61, 239)  # one came in the same minute
    assert found.result.rating.score.value is not None
    assert "Given before their item was predicted: 61" in " ".join(found.notes)
    assert found.result.rating.reviewed == 79
    project.declare_model(1, "v1", "out-of-fold")
    again = rate_external(project, 1, "v1")
    assert (again.basis.counted, again.basis.early, again.basis.population) == (140, 0, 300)


def test_too_few_reviews_that_count_give_no_rating_but_a_reason(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES)[:120], minute(100))
    found = rate_external(project, 1, "v1")
    assert found.result.rating.score.value is None
    (reason,) = found.result.rating.reasons
    for words in ("19 of the 50 reviews", "101 were given before", "20 are of items without a prediction", "declare"):
        assert words in reason


def test_the_first_review_of_an_item_decides_whether_the_model_may_know_it(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES), minute(60))
    late = [ImportRow("m5", messages(300)[5][0], labels=(), annotator="ann", reviewed_at="2025-02-01T00:00:00.000000+00:00")]
    project.import_rows(1, late)
    assert rate_external(project, 1, "v1").basis.early == 61


def undated(store: Store, numbers: range, action: int | None = None) -> None:
    """Reviews of these messages from a file that does not say when they were given."""
    said = messages(300)
    store.import_rows(1, [ImportRow(f"m{n}", said[n][0], labels=said[n][1], annotator="ann", action=action) for n in numbers])


def test_reviews_of_which_nobody_knows_when_they_were_given_may_be_what_it_was_trained_on(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES), minute(60))
    undated(project, range(200, 260))
    ahead = [ImportRow("m270", messages(300)[270][0], labels=(), annotator="ann", reviewed_at="2999-01-01T00:00:00.000000+00:00")]
    project.import_rows(1, ahead)
    found = rate_external(project, 1, "v1")
    assert (found.basis.counted, found.basis.early, found.basis.undated) == (79, 61 + 61, 61)
    assert "before their item was predicted: 61 of the reviews. Of 61 nobody knows when they were given" in " ".join(found.notes)
    assert found.result.rating.reviewed == 79
    project.declare_model(1, "v1", "out-of-fold")
    again = rate_external(project, 1, "v1").basis
    assert (again.counted, again.undated) == (201, 0)


def test_what_comes_back_for_an_action_without_a_time_is_no_older_than_the_action(tmp_path: Path) -> None:
    store = stored(tmp_path, items=20, reviewed=0)[0]
    undated(store, range(2))
    reviews = [replace(review, action_id=action) for review, action in zip(store.reviews(1), (7, None), strict=True)]
    sent = [StoredAction(**{**dict.fromkeys(field.name for field in fields(StoredAction)), "id": 7, "created_at": minute(5)})]
    assert sorted(at for at, _ in known_since(reviews, sent).values()) == ["", minute(5)]


def test_merged_and_renamed_labels_keep_their_scores(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES), minute(0))
    label = {label.name: label.id for label in project.labels(1)}
    project.merge_labels(1, label["Praise"], label["Broken"])
    project.rename_label(1, label["Refund"], "Money back")
    found = rate_external(project, 1, "v1")
    assert found.basis.unknown == ()
    scores = {row.uid: row.scores for row in predictions(NAMES)}
    column = found.own.result.evidence.label_names.index("Broken")
    assert found.scores[7, column] == max(scores["m7"]["Broken"], scores["m7"]["Praise"])


@pytest.mark.parametrize(
    ("strength", "noise", "verdict"), [(0.5, 0.3, "better"), (1.6, 20.0, "worse"), (1.6, 0.0, "cannot be told")]
)
def test_a_model_that_is_better_or_worse_is_told_apart_and_an_equal_one_is_not(
    strength: float, noise: float, verdict: str
) -> None:
    """The equal one ranks items as the own learner does that has not seen them."""
    w = world(items=800, reviewed=250, seed=8, strength=strength)
    own = rated(w.evidence).assessment
    assert own is not None
    groups = twins_of(w.evidence, RatingConfig().twin_cosine)
    ranks = population_ranks(w.evidence, own.features, own.model, own.scores, groups)
    scores = noisy_scores(w.truth, 3, noise) if noise else 1.0 - ranks
    told = compare(w.evidence, joint(w.evidence, own, scores), ranks, scores, own.ap)
    assert told is not None
    assert told.verdict == verdict
    assert told.lead.value == pytest.approx(told.external - told.own)
    true = precisions(w.truth, scores).mean() - precisions(w.truth, -ranks).mean()
    assert (told.lead.low or 0.0) - 0.01 <= true <= (told.lead.high or 0.0) + 0.01


def test_where_two_calibrations_see_the_own_model_differently_the_lead_is_less_sure() -> None:
    w = world(items=800, reviewed=250, seed=8)
    own = rated(w.evidence).assessment
    assert own is not None
    scores, ranks = noisy_scores(w.truth, 3), -own.scores
    both = joint(w.evidence, own, scores)
    near, far = (compare(w.evidence, both, ranks, scores, own.ap - shift) for shift in (0.0, 0.3))
    assert near is not None
    assert far is not None
    assert far.own < near.own
    assert (far.lead.high or 0.0) - (far.lead.low or 0.0) > (near.lead.high or 0.0) - (near.lead.low or 0.0) + 0.2


def test_the_own_model_is_compared_on_the_items_and_reviews_of_the_other(project: Store) -> None:
    project.add_predictions(1, "v1", predictions(NAMES), minute(60))
    told = compare_models(rate_external(project, 1, "v1"))
    assert told is not None
    assert [label.name for label in told.labels] == sorted(NAMES)
    assert 0.5 < told.own <= 1.0
    project.add_predictions(1, "late", predictions(NAMES), minute(120))
    assert compare_models(rate_external(project, 1, "late")) is None


def test_thresholds_keep_what_they_promise(project: Store) -> None:
    rows = predictions(NAMES, seed=3)
    project.add_predictions(1, "v1", rows, minute(0))
    curves = cuts_of(rate_external(project, 1, "v1"))
    assert sorted(curves) == sorted(NAMES)
    truth = np.array([[float(name in labels) for name in NAMES] for _, labels in messages(300)])
    for k, name in enumerate(NAMES[:3]):
        curve, scores = curves[name], np.array([row.scores[name] for row in rows])
        for aim in AIMS:
            cut = curve.best(aim)
            shown = scores >= cut.threshold
            assert cut.precision == pytest.approx(truth[shown, k].mean(), abs=0.1)
            assert cut.recall == pytest.approx(truth[shown, k].sum() / truth[:, k].sum(), abs=0.12)
            assert curve.at(cut.threshold) == cut
        limits = [curve.best(aim).threshold for aim in AIMS]
        assert limits == sorted(limits, reverse=True)
        assert limits[0] > limits[-1]
    assert curve.at(2.0) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0.01, 1.0)), min_size=1, max_size=30))
def test_lower_thresholds_find_more(drawn: list[tuple[int, float]]) -> None:
    scores, soft = (np.array(part, dtype=float) for part in zip(*drawn, strict=True))
    curve = cut_curve(scores, soft)
    assert (np.diff(curve.threshold) < 0).all()
    assert (np.diff(curve.recall) > 0).all()
    assert (curve.recall[-1], curve.share[-1]) == (pytest.approx(1.0), 1.0)
    for k, threshold in enumerate(curve.threshold):
        mine = scores >= threshold
        assert curve.precision[k] == pytest.approx(soft[mine].mean())


def test_a_version_without_predictions_is_not_found(project: Store) -> None:
    with pytest.raises(NotFound, match="'v9'"):
        rate_external(project, 1, "v9")


def test_the_command_line_rates_it(project: Store, capsys: pytest.CaptureFixture[str]) -> None:
    project.add_predictions(1, "v1", predictions(NAMES[:3]), minute(0))
    command = ["external", "--db", str(project.path), "--project", "mail", "--model", "v1"]
    assert main(command) == 0
    said = capsys.readouterr().out
    for words in (
        "v1: 139 of 140 reviews count (before-review)",
        "never scores 1 of the labels (Praise)",
        "model v1",
        "Beside Plateau's own model",
    ):
        assert words in said
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["model"]["version"], document["basis"]["counted"]) == ("v1", 139)
    assert document["comparison"]["verdict"] in ("better", "worse", "cannot be told")
    assert set(document["thresholds"]) == set(NAMES[:3])
    assert document["rating"]["config"]["external"] == {"version": "v1", "evidence": "before-review"}
    assert main([*command, "--fail-under", "100"]) == 1
    assert main([*command[:-1], "v2"]) == 2
