"""Any version of a model can be computed again from its revision: the reviews that stood, the labels as they were."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import NotFound, VectorsInvalid
from data.records import Label, Project, ReviewDraft
from data.store import Store
from rating.evidence import Evidence
from rating.history import config_of, evidence_as_of, learned_as_of
from rating.rate import Result, rate
from rating.service import rate_project
from rating.unseen import score_texts
from recommend.pinned import pinned
from tests.builders import stored


@pytest.fixture(scope="module")
def moved_on(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project, dict[str, object], tuple[np.ndarray, np.ndarray]]:
    """A project whose reviews and labels changed after its first version; what that version was rated, and its probabilities."""
    store, project = stored(tmp_path_factory.mktemp("versions"), items=160, reviewed=80)
    items = store.item_hashes(project.id)[0]
    refund, late, broken, praise = (label.id for label in _by_name(store, project))
    store.record_review(project.id, ReviewDraft(items[90], (refund,), "ann"))
    first = rate_project(store, project.id).result
    assert first.assessment is not None
    store.undo_review(project.id, "ann")
    store.record_reviews(project.id, [ReviewDraft(items[k], (late,), "ann", source="teach") for k in range(100, 112)])
    store.record_review(project.id, ReviewDraft(items[3], (), "import"))
    store.rename_label(project.id, broken, "Smashed")
    store.merge_labels(project.id, praise, refund)
    store.retire_label(project.id, late)
    store.record_review(project.id, ReviewDraft(items[120], (store.add_label(project.id, "New").id,), "ann"))
    rate_project(store, project.id)
    return store, project, asdict(first.rating), (first.assessment.probability, first.assessment.model.coef)


def _by_name(store: Store, project: Project) -> list:
    named = {label.name: label for label in store.labels(project.id)}
    return [named[name] for name in ("Refund", "Delivery > Late", "Broken", "Praise")]


def test_a_version_computed_again_is_exactly_what_it_was(moved_on) -> None:
    store, project, rating, (probability, coef) = moved_on
    found = evidence_as_of(store, project.id, 1)
    learned = learned_as_of(store, project.id, found)
    assert found.same
    assert learned is not None
    assert np.array_equal(learned.model.coef, coef)
    assert np.array_equal(learned.probability, probability)
    again = rate(found.evidence, config_of(store, project.id, 1), chosen=found.chosen, choose_again=False).rating
    stamp = ("revision", "model_version", "config")
    assert {**asdict(again), **dict.fromkeys(stamp)} == {**rating, **dict.fromkeys(stamp)}


def test_the_newest_version_computed_again_is_what_it_is(moved_on) -> None:
    store, project, _, _ = moved_on
    now, found = rate_project(store, project.id).result, evidence_as_of(store, project.id, 2)
    assert found.evidence.label_names == now.evidence.label_names == ("New", "Refund", "Smashed")
    np.testing.assert_array_equal(found.evidence.targets, now.evidence.targets)
    learned = learned_as_of(store, project.id, found)
    assert learned is not None
    assert now.assessment is not None
    assert np.array_equal(learned.probability, now.assessment.probability)


def test_labels_are_as_they_were_at_any_moment(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=40)
    refund, late, broken, praise = (label.id for label in _by_name(store, project))
    seen = []

    def state(one: Label) -> tuple[object, ...]:
        return one.id, one.name, bool(one.retired_at), one.merged_into, one.reset_at

    def look() -> None:
        labels = {state(one) for one in store.labels(project.id, retired=True)}
        (moment,) = [event.at for event in store.label_events(project.id)[-1:]]
        seen.append((moment, labels, store.retired_periods(project.id)))

    for change in (
        lambda: store.rename_label(project.id, broken, "Smashed"),
        lambda: store.merge_labels(project.id, praise, broken),
        lambda: store.retire_label(project.id, late),
        lambda: store.merge_labels(project.id, broken, refund),
        lambda: store.add_label(project.id, "Delivery > Late"),
        lambda: store.rename_label(project.id, broken, "Old"),
        lambda: store.retire_label(project.id, late),
        lambda: store.add_label(project.id, "Newest"),
        lambda: store.reset_label(project.id, refund),
        lambda: store.undo_step(project.id, store.taxonomy_steps(project.id)[-1].id),
        lambda: store.undo_step(project.id, max(one.id for one in store.taxonomy_steps(project.id) if one.kind == "merged")),
    ):
        look()
        change()
    look()
    for moment, labels, periods in seen:
        then, away = store.taxonomy_as_of(project.id, moment)
        assert {state(one) for one in then} == labels
        assert away == periods
        assert [one.name for one in then] == sorted(one.name for one in then)


def test_what_cannot_be_computed_again_is_said(moved_on) -> None:
    store, project, _, _ = moved_on
    with pytest.raises(NotFound, match="no model version 99"):
        evidence_as_of(store, project.id, 99)
    number = store.save_model_version(project.id, store.revision(project.id), {"encoders": ["st:gone@256", "lsa@1"]})
    with pytest.raises(VectorsInvalid, match=f"Version {number} used the encoder 'st:gone@256'"):
        evidence_as_of(store, project.id, number)


def test_what_changes_while_a_rating_is_computed_is_not_the_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = stored(tmp_path, items=160, reviewed=80)
    broken = _by_name(store, project)[2]

    def meanwhile(evidence: Evidence, *given: Any, **settings: Any) -> Result:
        store.add_label(project.id, "Meanwhile", created_at="2024-01-01T00:00:00.000000+00:00")
        store.reset_label(project.id, broken.id)
        return rate(evidence, *given, **settings)

    with monkeypatch.context() as patch:
        patch.setattr("rating.service.rate", meanwhile)
        first = rate_project(store, project.id).result
    found = evidence_as_of(store, project.id, 1)
    assert found.evidence.label_names == first.evidence.label_names
    np.testing.assert_array_equal(found.evidence.targets, first.evidence.targets)
    versions = [rate_project(store, project.id).result.rating.model_version for _ in range(2)]
    assert versions == [2, 2]  # when it was read makes no version of it


def test_a_pinned_version_is_silent_of_labels_that_were_reset_or_merged(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=160, reviewed=80)
    refund, late, broken, praise = (label.id for label in _by_name(store, project))
    before = rate_project(store, project.id).result
    store.reset_label(project.id, broken)
    store.merge_labels(project.id, praise, refund)
    rated = rate_project(store, project.id)
    found, own = pinned(store, project.id, 1, rated), rated.result
    assert found.probability is not None
    assert before.assessment is not None
    assert own.assessment is not None
    for label, mine in ((broken, own), (refund, own), (late, before)):
        column = mine.evidence.label_ids.index(label)
        expected = mine.assessment.probability[:, column]  # type: ignore[union-attr]
        np.testing.assert_array_equal(found.probability[:, own.evidence.label_ids.index(label)], expected)
    assert "Reset or merged since: Broken, Refund; there the newest one speaks." in found.note
    assert score_texts(store, project.id, ["It arrived broken."], 1).label_ids == (late,)
