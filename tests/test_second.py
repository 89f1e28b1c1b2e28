"""The second estimate: chance alone corrects what the model of the first one gets wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rating.assess import Assessment, assess
from rating.evidence import Evidence, RatingConfig
from rating.rate import rate
from rating.second import Second, second_estimate
from tests.builders import world


def assessed(reviewed: int = 150, source: str = "shuffle") -> tuple[Evidence, Assessment]:
    evidence = world(reviewed=reviewed, sources=source, strength=0.8).evidence
    return evidence, assess(evidence, RatingConfig())


def test_random_items_agree_with_a_calibrated_model() -> None:
    second = second_estimate(*assessed())
    assert second is not None
    assert not second.disagrees
    assert second.doubt == 0.0


def test_too_few_random_items_cannot_tell() -> None:
    assert second_estimate(*assessed(49)) is None
    assert second_estimate(*assessed(source="teach")) is None


def test_probabilities_that_are_too_high_are_corrected_downwards() -> None:
    """With every chance of the unlikely raised, negatives that chance has shown speak against the first estimate."""
    evidence, assessment = assessed()
    wrong = np.where(assessment.probability < 0.5, 0.5, assessment.probability)
    held = second_estimate(evidence, assessment)
    bent = second_estimate(evidence, replace(assessment, probability=wrong, influence=np.abs(assessment.influence)))
    assert held is not None
    assert bent is not None
    assert bent.correction < held.correction
    assert bent.disagrees
    assert bent.doubt > 0.0


def test_items_drawn_late_stand_for_fewer() -> None:
    evidence, assessment = assessed()
    early = second_estimate(evidence, assessment)
    late = second_estimate(replace(evidence, drawn_from=np.full(150, 360.0)), assessment)  # of 500, 140 were reviewed before
    assert early is not None
    assert late is not None
    assert late.deviation < early.deviation


def test_what_is_known_of_chosen_items_is_taken_off() -> None:
    """Positives that were found by choice are no longer among the unreviewed that Shuffle speaks for."""
    evidence, assessment = assessed()
    sources = np.where(np.arange(150) < 100, "shuffle", "teach").astype(np.str_)
    mixed = replace(evidence, sources=sources)
    surprised = assessment.probability.copy()
    chosen = mixed.rows[100:]
    surprised[chosen] = np.where(mixed.targets[100:] == 1, 0.01, surprised[chosen])
    plain, found = (
        second_estimate(mixed, replace(assessment, probability=p, influence=np.abs(assessment.influence)))
        for p in (assessment.probability, surprised)
    )
    assert plain is not None
    assert found is not None
    assert found.correction < plain.correction


def test_doubt_is_what_chance_does_not_explain() -> None:
    assert Second(0.5, 0.1, 0.1, 60).doubt == 0.0
    assert 0.0 < Second(0.5, 0.25, 0.1, 60).doubt < Second(0.5, 0.35, 0.1, 60).doubt < 0.35 / 2.0


def test_disagreement_widens_the_interval_and_says_why(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    evidence = world(reviewed=150, strength=0.8).evidence
    calm = rate(evidence, RatingConfig()).rating
    monkeypatch.setattr("rating.rate.second_estimate", lambda *_: Second(0.4, -0.3, 0.05, 150))
    torn = rate(evidence, RatingConfig()).rating

    def width(rating) -> float:  # type: ignore[no-untyped-def]
        score = rating.factor("all_labels").score
        return score.high - score.low

    assert width(torn) > width(calm)
    assert not calm.notes
    assert "Shuffle" in torn.notes[0]
    assert torn.second.value == 40.0


def test_a_project_with_many_wrong_labels_says_that_its_rating_is_too_low() -> None:
    clean = world(items=2500, reviewed=1200, strength=2.5).evidence
    rng = np.random.default_rng(0)
    spoilt = np.where(rng.random(clean.targets.shape) < 0.06, 1.0 - clean.targets, clean.targets)
    assert not any("look wrong" in note for note in rate(clean, RatingConfig()).rating.notes)
    assert any("look wrong" in note for note in rate(replace(clean, targets=spoilt), RatingConfig()).rating.notes)
