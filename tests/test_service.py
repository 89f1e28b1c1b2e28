"""Stored projects: what was judged becomes evidence, ratings are kept and can be recomputed, plans are held to their promise."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import InvalidInput, NotEnoughEvidence, NotFound
from data.opening import find_project
from data.records import ImportRow, Project, ReviewDraft, Snapshot, StoredAction
from data.store import Store
from rating import __main__ as rating_cli
from rating.evidence import WEIGHTS, Evidence, Floats, RatingConfig
from rating.rate import rate
from rating.service import gather, quality_history, rate_project, rating_config
from recommend import __main__ as recommend_cli
from recommend.checks import check_of, history_rows
from recommend.cost import Times
from recommend.promise import as_document, from_document, promise
from recommend.records import Focus
from recommend.rest import TEACHING, Trial
from recommend.service import plan_project, seconds_per_item, times_of
from recommend.serving import suggestions
from recommend.settle import answers, brought, labels_at_rest, learned, rating_at
from recommend.start import start_discover, start_shuffle, unreviewed
from recommend.value import LONE, Worth
from samples.project import create_sample
from tests.builders import SPEECH, minute, stored, world

NAMES = ("Broken", "Delivery > Late", "Praise", "Refund")


@pytest.fixture
def place(tmp_path: Path) -> tuple[Store, Project]:
    return stored(tmp_path)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project]:
    """The sample project, served by LSA alone."""
    store = Store(tmp_path_factory.mktemp("sample") / "plateau.db")
    project = create_sample(store, vectors=False)
    store.update_settings(project.id, {"encoder": "lsa"})
    return store, store.project(project.id)


def evidence_in(store: Store, project: Project) -> Evidence:
    return gather(store, project.id).evidence


def column(evidence: Evidence, name: str) -> int:
    return evidence.label_names.index(name)


def judged(evidence: Evidence, item_id: int) -> Floats:
    """What is known of an item, by label."""
    row = int(np.searchsorted(evidence.item_ids, item_id))
    return evidence.targets[int(np.flatnonzero(evidence.rows == row)[0])]


def fresh(store: Store, project: Project, count: int = 1) -> list[int]:
    return unreviewed(store, project.id)[:count].tolist()


def label_id(store: Store, project: Project, name: str) -> int:
    return next(label.id for label in store.labels(project.id, retired=True) if label.name == name)


def review(store: Store, project: Project, item_id: int, labels: Sequence[int] = (), **details: Any) -> None:
    store.record_review(project.id, ReviewDraft(item_id, tuple(labels), details.pop("annotator", "ann"), **details))


# What was judged


def test_imported_reviews_become_evidence(place: tuple[Store, Project]) -> None:
    evidence = evidence_in(*place)
    assert (evidence.population, len(evidence.rows)) == (300, 100)
    assert evidence.label_names == NAMES
    assert np.isin(evidence.targets, [0.0, 1.0]).all()
    assert set(evidence.sources.tolist()) == {"shuffle"}
    assert not evidence.settled.any()


def test_evidence_knows_how_likely_an_item_was_to_be_shown_at_first(place: tuple[Store, Project]) -> None:
    store, project = place
    old, new = store.item_hashes(project.id)[0][0], fresh(store, project)[0]
    review(store, project, new, source="teach", candidates=120, list_size=10, chance=0.25)
    review(store, project, new, source="check", candidates=20, list_size=10, chance=0.75)
    review(store, project, old, source="check", candidates=20, list_size=10, chance=0.75)
    evidence = evidence_in(store, project)
    known = evidence.rows == np.searchsorted(evidence.item_ids, new)
    assert evidence.chances[known].tolist() == [0.25]
    assert evidence.drawn_from[known].tolist() == [120.0]
    assert np.isnan(evidence.chances[~known]).all()
    assert np.isnan(evidence.drawn_from[~known]).all()
    assert len(evidence.chances) == len(evidence.drawn_from) == len(evidence.rows) == 101


def test_evidence_without_any_chance_says_so_for_each_item() -> None:
    made = world(items=60, reviewed=20).evidence
    assert np.isnan(made.chances).all()
    assert len(made.chances) == len(made.drawn_from) == 20
    fewer = replace(made, rows=made.rows[:5], targets=made.targets[:5], sources=made.sources[:5], settled=made.settled[:5])
    assert len(fewer.chances) == len(fewer.drawn_from) == 5


def test_a_label_created_after_a_review_is_not_judged_there(place: tuple[Store, Project]) -> None:
    store, project = place
    late = store.add_label(project.id, "Warranty")
    item_id = fresh(store, project)[0]
    review(store, project, item_id, [late.id])
    evidence = evidence_in(store, project)
    new = evidence.targets[:, column(evidence, "Warranty")]
    assert judged(evidence, item_id)[column(evidence, "Warranty")] == 1.0
    assert np.isnan(new).sum() == 100
    assert evidence.positives[column(evidence, "Warranty")] == 1


def test_a_dismissed_label_is_judged_even_if_it_came_later(place: tuple[Store, Project]) -> None:
    store, project = place
    late = store.add_label(project.id, "Warranty")
    item_id = fresh(store, project)[0]
    review(store, project, item_id, dismissed=(late.id,), at=minute(0))
    evidence = evidence_in(store, project)
    assert judged(evidence, item_id)[column(evidence, "Warranty")] == 0.0


def test_a_partial_review_judges_only_what_it_names(place: tuple[Store, Project]) -> None:
    store, project = place
    item_id = fresh(store, project)[0]
    praise, refund = label_id(store, project, "Praise"), label_id(store, project, "Refund")
    review(store, project, item_id, [praise], dismissed=(refund,), partial=True)
    known = dict(zip(NAMES, judged(evidence_in(store, project), item_id).tolist(), strict=True))
    assert (known["Praise"], known["Refund"]) == (1.0, 0.0)
    assert np.isnan([known["Broken"], known["Delivery > Late"]]).all()


def test_a_skipped_item_is_not_reviewed(place: tuple[Store, Project]) -> None:
    store, project = place
    review(store, project, fresh(store, project)[0], state="skipped")
    assert len(evidence_in(store, project).rows) == 100
    assert rate_project(store, project.id).result.rating.reviewed == 100


def test_an_undone_review_does_not_count(place: tuple[Store, Project]) -> None:
    store, project = place
    review(store, project, fresh(store, project)[0], [label_id(store, project, "Praise")])
    assert len(evidence_in(store, project).rows) == 101
    store.undo_review(project.id, "ann")
    assert len(evidence_in(store, project).rows) == 100


def test_the_newest_judgement_counts_and_keeps_its_first_source(place: tuple[Store, Project]) -> None:
    store, project = place
    item_id = store.item_hashes(project.id)[0][0]
    review(store, project, item_id, [label_id(store, project, "Broken")], source="check")
    evidence = evidence_in(store, project)
    assert judged(evidence, item_id).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert evidence.settled.tolist() == [True] + [False] * 99
    assert evidence.sources[0] == "shuffle"


def test_corrections_by_a_second_look_are_counted(place: tuple[Store, Project]) -> None:
    store, project = place
    standing = {r.item_id: r.assigned for r in store.current_reviews(project.id)}
    first, second, third = list(standing)[:3]
    everything = [label.id for label in store.labels(project.id)]
    review(store, project, first, everything, source="check")
    review(store, project, second, standing[second], source="missed")
    review(store, project, third, everything, source="shuffle")
    evidence = evidence_in(store, project)
    assert evidence.settled.sum() == 2
    assert evidence.corrected == 1


def test_a_first_judgement_given_in_a_merge_is_no_second_look(place: tuple[Store, Project]) -> None:
    store, project = place
    item_id = fresh(store, project)[0]
    review(store, project, item_id, [label_id(store, project, "Broken")], source="merge")
    assert not evidence_in(store, project).settled.any()
    review(store, project, item_id, [], source="check")
    evidence = evidence_in(store, project)
    assert evidence.item_ids[evidence.rows[evidence.settled]].tolist() == [item_id]


def test_an_old_judgement_that_arrives_late_does_not_count(place: tuple[Store, Project]) -> None:
    store, project = place
    item_id = store.item_hashes(project.id)[0][90]
    before = judged(evidence_in(store, project), item_id).tolist()
    everything = [label.id for label in store.labels(project.id)]
    review(store, project, item_id, everything, annotator="old", at=minute(0), source="teach")
    evidence = evidence_in(store, project)
    assert judged(evidence, item_id).tolist() == before
    assert store.current_reviews(project.id)[90].annotator == "import"


def test_merged_labels_count_for_their_target(place: tuple[Store, Project]) -> None:
    store, project = place
    before = evidence_in(store, project)
    store.merge_labels(project.id, label_id(store, project, "Broken"), label_id(store, project, "Refund"))
    evidence = evidence_in(store, project)
    assert evidence.label_names == ("Delivery > Late", "Praise", "Refund")
    either = np.maximum(before.targets[:, column(before, "Broken")], before.targets[:, column(before, "Refund")])
    np.testing.assert_array_equal(evidence.targets[:, column(evidence, "Refund")], either)
    assert rate_project(store, project.id).result.rating.score.value is not None


def test_retired_labels_vanish_and_come_back(place: tuple[Store, Project]) -> None:
    store, project = place
    before = evidence_in(store, project)
    store.retire_label(project.id, label_id(store, project, "Praise"))
    retired = evidence_in(store, project)
    assert "Praise" not in retired.label_names
    assert "Praise" not in [label.name for label in rate_project(store, project.id).result.rating.labels]
    store.add_label(project.id, "Praise")
    np.testing.assert_array_equal(evidence_in(store, project).targets, before.targets)


def test_important_labels_are_marked(place: tuple[Store, Project]) -> None:
    store, project = place
    store.describe_label(project.id, label_id(store, project, "Refund"), "money back", important=True)
    assert evidence_in(store, project).important == (False, False, False, True)


# Ratings that are kept


def test_a_rating_is_kept_with_all_that_it_depends_on(sample: tuple[Store, Project]) -> None:
    store, project = sample
    rated = rate_project(store, project.id)
    kept = next(snapshot for snapshot in store.snapshots(project.id) if snapshot.id == rated.snapshot_id)
    rating = rated.result.rating
    assert (kept.revision, kept.model_version) == (store.revision(project.id), rating.model_version)
    assert (kept.value, kept.low, kept.high) == (rating.score.value, rating.score.low, rating.score.high)
    assert kept.reviewed == rating.reviewed == store.count_reviewed(project.id)
    assert kept.config["rating"]["weights"] == rating_config({}).weights
    assert kept.config["model"]["encoders"] == list(rated.blocks.names)
    assert [factor["key"] for factor in kept.rating["factors"]] == [factor.key for factor in rating.factors]
    assert rating.config == kept.config


def test_any_kept_rating_can_be_recomputed(sample: tuple[Store, Project]) -> None:
    store, project = sample
    rated = rate_project(store, project.id)
    kept, found = store.snapshots(project.id)[-1], gather(store, project.id)
    model = kept.config["model"]
    config = RatingConfig(**{**kept.config["rating"], "block_weights": model["block_weights"], "penalty": model["penalty"]})
    again = rate(found.evidence, config, population=found.population).rating
    assert (again.score.value, again.score.low, again.score.high) == (kept.value, kept.low, kept.high)
    assert again.labels == rated.result.rating.labels


def test_the_same_revision_gives_the_same_snapshot(place: tuple[Store, Project]) -> None:
    store, project = place
    first, second = rate_project(store, project.id), rate_project(store, project.id)
    assert first.snapshot_id == second.snapshot_id
    assert first.result.rating == second.result.rating
    assert len(store.snapshots(project.id)) == 1
    plan_project(store, project.id)
    assert len(store.snapshots(project.id)) == 1
    review(store, project, fresh(store, project)[0])
    assert rate_project(store, project.id).snapshot_id != first.snapshot_id
    assert [s.reviewed for s in store.snapshots(project.id)] == [100, 101]


def test_a_project_that_cannot_be_rated_keeps_a_snapshot_without_a_number(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=5)
    rated = rate_project(store, project.id)
    assert rated.result.rating.reasons
    assert store.snapshots(project.id)[0].value is None
    assert quality_history(store.rating_moments(project.id)) == []


def test_an_empty_project_can_be_rated_and_planned(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("new")
    store.update_settings(project.id, {"encoder": "lsa"})
    planned = plan_project(store, project.id)
    assert planned.plan.actions == ()
    assert planned.plan.stop.answer == "cannot_tell"
    assert "no items" in planned.rated.result.rating.reasons[0]


def test_the_quality_so_far_is_read_from_the_snapshots(place: tuple[Store, Project]) -> None:
    store, project = place
    rating = rate_project(store, project.id).result.rating
    reviews, quality, deviation = quality_history(store.rating_moments(project.id))[0]
    assert reviews == 100
    assert quality == pytest.approx((rating.factor("all_labels").score.value or 0.0) / 100)
    assert 0 < deviation < 0.5


def test_a_projects_own_weights_and_seed_are_used(place: tuple[Store, Project]) -> None:
    store, project = place
    usual = rate_project(store, project.id).result.rating
    store.update_settings(project.id, {"weights": {"balance": 0.9}, "seed": 4})
    rating = rate_project(store, project.id).result.rating
    assert rating.factor("balance").weight == pytest.approx(0.9 / 1.7)
    assert rating.config["rating"]["seed"] == 4
    assert rating.score != usual.score


# Plans


def test_a_plan_is_offered_and_renewed(sample: tuple[Store, Project]) -> None:
    store, project = sample
    planned = plan_project(store, project.id)
    assert planned.plan.revision == store.revision(project.id)
    assert [a.id for a in store.actions(project.id, "open")] == list(planned.action_ids)
    for kept, action in zip(store.actions(project.id, "open"), planned.plan.actions, strict=True):
        assert (kept.kind, kept.item_ids, kept.predicted_gain) == (action.kind, action.items, action.gain)
        assert kept.rating_before == planned.rated.result.rating.score.value
        assert len(action.theme.split()) <= 8
        assert not action.theme.startswith("theme ")
    again = plan_project(store, project.id)
    assert again.plan == planned.plan
    assert len(store.actions(project.id, "open")) == len(planned.plan.actions)


def do(store: Store, project: Project, action: StoredAction) -> None:
    """Work an action off, each item judged by its words."""
    store.start_action(project.id, action.id, "me")
    for item in store.items(project.id, list(action.item_ids)):
        about = [name for name, words in SPEECH.items() if set(words) & set(item.text.split())]
        labels = [label_id(store, project, name) for name in about]
        review(store, project, item.id, labels, source=action.kind, action_id=action.id)
    store.end_action(project.id, action.id, "done", seconds=60.0)


def test_a_done_action_is_held_to_its_promise(place: tuple[Store, Project]) -> None:
    store, project = place
    planned = plan_project(store, project.id)
    before = planned.rated.result.rating.score.value
    for number in planned.action_ids[-2:]:
        do(store, project, store.action(project.id, number))
    after = plan_project(store, project.id).rated.result.rating.score.value
    done = store.actions(project.id, "done")
    assert before is not None
    assert after is not None
    assert [action.id for action in done] == list(planned.action_ids[-2:])
    promised = [from_document(action.promise or {}) for action in done]
    found = [answers(a, made, store.reviews(project.id), {}) for a, made in zip(done, promised, strict=True)]
    by_answers = [float(made.brought(judged)) for made, judged in zip(promised, found, strict=True)]
    realised = [action.realised_gain or 0.0 for action in done]
    assert sum(judged.sum() for judged in found) > 0
    assert min(sum(by_answers), after - before) < sum(realised) < max(sum(by_answers), after - before)
    plan_project(store, project.id)
    assert store.actions(project.id, "done") == done  # settled once


def test_the_command_line_tells_what_actions_have_brought(
    place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    store, project = place
    words = ["--db", str(store.path), "--project", "mail", "--done"]
    assert recommend_cli.main(words) == 0
    assert "No action is done yet" in capsys.readouterr().out
    plan_project(store, project.id)
    action = promised(store, project, "teach", fresh(store, project, 4), label_id(store, project, "Refund"))
    do(store, project, action)
    assert recommend_cli.main(words) == 0
    assert "brought what is not known yet" in capsys.readouterr().out
    plan_project(store, project.id)
    assert recommend_cli.main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    row, kept = found["actions"][0], store.action(project.id, action.id)
    assert (row["predicted"], row["realised"]) == (kept.predicted_gain, kept.realised_gain)
    assert row["low"] <= row["predicted"] <= row["high"]
    assert found["efficacy"] == {"teach": learned(store, project.id).mean("teach")}
    assert recommend_cli.main(words) == 0
    assert f"brought {kept.realised_gain:+.2f} points" in capsys.readouterr().out


def promised(store: Store, project: Project, kind: str, items: Sequence[int], label: int) -> StoredAction:
    """An action under way that promised half a point for each of these items that turns out to carry a label."""
    price = Worth(*(np.array([value]) for value in (1.0, 20.0, 0.5, 0.8, 4.0)), coverage=0.0, balance=0.0, rating=50.0)
    half, rng = np.full((len(items), 1), 0.5), np.random.default_rng(0)
    made = promise(price, [label], half, 2.0 * half, 0.0, np.ones(1), rng)
    return store.add_action(project.id, StoredAction(
        0, kind, "a", "b", "all_labels", (label,), tuple(items), (1.0,) * len(items), len(items), made.expected, 30.0, 1,
        store.revision(project.id), "started", "", None, 50.0, None, None, as_document(made),
    ), "me")  # fmt: skip


def test_answers_count_as_the_label_that_they_stand_for_now(place: tuple[Store, Project]) -> None:
    store, project = place
    refund, late = label_id(store, project, "Refund"), label_id(store, project, "Delivery > Late")
    items = fresh(store, project, 4)
    action = promised(store, project, "teach", items, refund)
    made = from_document(action.promise or {})
    review(store, project, items[0], [refund], action_id=action.id)
    review(store, project, items[1], [late], action_id=action.id)
    review(store, project, items[2], [refund], state="skipped", action_id=action.id)
    review(store, project, items[3], [refund])  # not in this action
    assert answers(action, made, store.reviews(project.id), {}).ravel().tolist() == [1.0, 0.0, 0.0, 0.0]
    merged = {late: refund}
    assert answers(action, made, store.reviews(project.id), merged).ravel().tolist() == [1.0, 1.0, 0.0, 0.0]


def test_a_second_look_finds_what_it_changes(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = label_id(store, project, "Refund")
    items = fresh(store, project, 3)
    for item_id, labels in zip(items, ([refund], [], [refund]), strict=True):
        review(store, project, item_id, labels)
    action = promised(store, project, "check", items, refund)
    for item_id, labels in zip(items, ([], [refund], [refund]), strict=True):
        review(store, project, item_id, labels, source="check", action_id=action.id)
    made = from_document(action.promise or {})
    assert answers(action, made, store.reviews(project.id), {}).ravel().tolist() == [1.0, 1.0, 0.0]


def test_a_label_that_teaching_does_not_move_is_not_asked_for(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    usual = plan_project(store, project.id).plan
    taught = [action.label_ids[0] for action in usual.actions if action.kind in TEACHING]
    assert taught
    assert usual.resting == ""
    label = taught[0]
    for items in np.array_split(fresh(store, project, 9), 3):
        action = promised(store, project, "teach", [int(item) for item in items], label)
        review(store, project, int(items[0]), [label], source="teach", action_id=action.id)
        store.end_action(project.id, action.id, "done")
    monkeypatch.setattr("recommend.rest.FAR_FROM_GOOD", 1.1)
    monkeypatch.setattr("recommend.rest.FAIR", 1)
    monkeypatch.setattr("recommend.rest.MOVED", 99.0)
    rested = plan_project(store, project.id).plan
    assert label not in [action.label_ids[0] for action in rested.actions if action.kind in TEACHING]
    assert rested.resting.startswith("At rest: ")
    assert plan_project(store, project.id, focus=Focus(label_id=label)).plan.resting == ""
    assert plan_project(store, project.id, sampling={"strategy": "random"}).plan.resting == ""


def test_a_label_of_which_nothing_was_found_does_not_rest(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = place
    tried: list[int] = []

    def remember(trials: Sequence[Trial], now: Any) -> frozenset[int]:
        tried.extend(trial.label_id for trial in trials)
        return frozenset()

    monkeypatch.setattr("recommend.settle.resting", remember)
    refund = label_id(store, project, "Refund")
    items = fresh(store, project, 2)
    for item_id, labels in zip(items, ([], [refund]), strict=True):
        action = promised(store, project, "teach", [item_id], refund)
        review(store, project, item_id, labels, source="teach", action_id=action.id)
        store.end_action(project.id, action.id, "done")
    labels_at_rest(store, project.id, rate_project(store, project.id))
    assert tried == [refund]


def resting_promise(store: Store, project: Project, kind: str, items: Sequence[int], labels: tuple[int, ...]) -> StoredAction:
    """An action that promised two points whatever its items turn out to carry."""
    made = promised(store, project, kind, items, labels[0])
    return replace(made, label_ids=labels, promise={**(made.promise or {}), "rest": 2.0})


def test_what_is_promised_whatever_the_answers_is_earned_by_deciding(place: tuple[Store, Project]) -> None:
    store, project = place
    refund, late = label_id(store, project, "Refund"), label_id(store, project, "Delivery > Late")
    items = fresh(store, project, 4)
    action = resting_promise(store, project, "discover", items, (refund,))
    assert brought(action, store.reviews(project.id), {}) == pytest.approx(0.0)
    review(store, project, items[0], [], source="discover", action_id=action.id)
    review(store, project, items[1], [], source="discover", action_id=action.id, state="skipped")
    review(store, project, items[2], [], source="discover")  # not in this action
    assert brought(action, store.reviews(project.id), {}) == pytest.approx(0.5)
    pair = resting_promise(store, project, "merge", fresh(store, project, 1), (refund, late))
    review(store, project, pair.item_ids[0], [], source="merge", action_id=pair.id)
    assert brought(pair, store.reviews(project.id), {}) == pytest.approx(0.0)
    assert brought(pair, store.reviews(project.id), {late: refund}) == pytest.approx(2.0)


def test_kinds_that_disappoint_are_trusted_less_from_then_on(place: tuple[Store, Project]) -> None:
    store, project = place
    assert learned(store, project.id).mean("teach") == 1.0
    plan_project(store, project.id)
    for _ in range(3):
        items = fresh(store, project, 5)
        action = promised(store, project, "teach", items, label_id(store, project, "Refund"))
        for item_id in items:
            review(store, project, item_id, [], action_id=action.id)
        store.end_action(project.id, action.id, "done")
        plan_project(store, project.id)
    assert learned(store, project.id).mean("teach") < learned(store, project.id).mean("discover") < 1.0


def test_times_are_those_of_the_annotators(place: tuple[Store, Project]) -> None:
    store, project = place
    assert times_of(store, project) == Times()
    refund = label_id(store, project, "Refund")
    for item_id in fresh(store, project, 40):
        review(store, project, item_id, [refund], confirmed=(refund,), source="teach", seconds=1.0, annotator="quick")
    for item_id in fresh(store, project, 40):
        review(store, project, item_id, [refund], source="shuffle", seconds=20.0, annotator="slow")
    everybody, quick = times_of(store, project), times_of(store, project, "quick")
    assert quick.confirm_focused < everybody.confirm_focused < Times().confirm_focused
    assert everybody.assign_switching > Times().assign_switching
    slow = plan_project(store, project.id, annotator="slow").plan.actions
    fast = plan_project(store, project.id, annotator="quick").plan.actions
    assert slow[0].seconds / len(slow[0].items) > fast[0].seconds / len(fast[0].items)


def test_seconds_an_item_takes_follow_the_plan(sample: tuple[Store, Project]) -> None:
    actions = plan_project(sample[0], sample[1].id).plan.actions
    times = Times()
    assert 2.0 < seconds_per_item(actions, times) < 10.0
    assert seconds_per_item((), times) == times.assign_switching


def test_suggestions_are_probable_labels_likeliest_first(sample: tuple[Store, Project]) -> None:
    store, project = sample
    planned = plan_project(store, project.id)
    items = [int(i) for i in planned.rated.result.evidence.item_ids[:200]]
    shown = suggestions(planned.served, items)
    assert list(shown) == items
    assert any(found for found in shown.values())
    for found in shown.values():
        assert len(found) <= 6
        assert [s.probability for s in found] == sorted((s.probability for s in found), reverse=True)
        assert all(s.probability >= 0.05 * LONE for s in found)
        assert len({s.label_id for s in found}) == len(found)
    limits = {label.label_id: label.threshold for label in planned.rated.result.rating.labels}
    everything = [s for found in shown.values() for s in found]
    assert all(s.preselected == (s.probability >= np.float32(max(limits[s.label_id] or 2.0, 0.5))) for s in everything)
    assert {s.preselected for s in everything} == {True, False}


def test_a_label_met_once_is_never_ticked_beforehand(sample: tuple[Store, Project]) -> None:
    store, project = sample
    planned = plan_project(store, project.id)
    known = planned.rated.result
    lone = [label.label_id for label in known.rating.labels if label.positives == 1]
    assert lone
    assert known.assessment is not None
    columns = [known.evidence.label_ids.index(label) for label in lone]
    assert known.assessment.probability[:, columns].max() > 0.5
    everything = [s for found in suggestions(planned.served, [int(i) for i in known.evidence.item_ids]).values() for s in found]
    assert {s.label_id for s in everything} >= set(lone)
    assert not any(s.preselected or s.probability > LONE for s in everything if s.label_id in lone)


def test_a_label_without_an_example_is_never_suggested(place: tuple[Store, Project]) -> None:
    store, project = place
    late = store.add_label(project.id, "Warranty")
    planned = plan_project(store, project.id)
    shown = suggestions(planned.served, fresh(store, project, 50))
    assert not [s for found in shown.values() for s in found if s.label_id == late.id]


def test_without_a_model_nothing_is_suggested(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=5)
    items = fresh(store, project, 3)
    assert suggestions(plan_project(store, project.id).served, items) == dict.fromkeys(items, ())


def test_a_shuffle_can_be_started_without_a_rating(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=5)
    action = start_shuffle(store, project.id, "me")
    assert (action.kind, action.state, action.candidates) == ("shuffle", "started", 55)
    assert action.chances == pytest.approx([10 / 55] * 10)
    assert len(set(action.item_ids)) == 10
    assert set(action.item_ids) <= set(fresh(store, project, 55))
    assert action.predicted_gain is None


def test_a_theme_can_be_started_without_a_rating_and_is_named(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=120, reviewed=5)
    action = start_discover(store, project.id, "me")
    assert (action.kind, action.state) == ("discover", "started")
    assert len(action.chances) == len(action.item_ids) <= action.candidates
    assert all(0 < (chance or 0.0) <= 1 for chance in action.chances)
    assert 1 <= len(action.item_ids) <= 10
    assert set(action.item_ids) <= set(fresh(store, project, 200))
    assert action.theme
    review(store, project, action.item_ids[0])
    assert action.item_ids[0] not in start_discover(store, project.id, "me").item_ids


@pytest.mark.parametrize("start", [start_shuffle, start_discover])
def test_two_people_who_start_at_one_revision_get_different_items(tmp_path: Path, start: Any) -> None:
    store, project = stored(tmp_path, items=120, reviewed=5)
    first, second = start(store, project.id, "me"), start(store, project.id, "me")
    assert first.revision == second.revision
    assert not set(first.item_ids) & set(second.item_ids)


def test_items_of_an_action_under_way_are_no_work_to_start(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=15, reviewed=5)
    start_shuffle(store, project.id, "me")
    with pytest.raises(NotEnoughEvidence, match="Somebody is working on every unreviewed item"):
        start_shuffle(store, project.id, "me")


def test_a_theme_counts_all_its_items(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=120, reviewed=100)
    action = start_discover(store, project.id, "me")
    themes, alike, seen = (int(number) for number in re.findall(r"\d+", action.reason)[:3])
    assert themes == len(action.item_ids)
    assert seen > 0
    assert alike - seen <= action.candidates == 20


@pytest.mark.parametrize("start", [start_shuffle, start_discover])
def test_nothing_can_be_started_when_everything_is_reviewed(tmp_path: Path, start: Any) -> None:
    store, project = stored(tmp_path, items=12, reviewed=12)
    with pytest.raises(NotEnoughEvidence, match="Every item is reviewed"):
        start(store, project.id, "me")


# Command lines


def options(store: Store, project: Project) -> list[str]:
    return ["--db", str(store.path), "--project", project.name]


def test_rate_prints_the_rating_with_its_factors(place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["rate", *options(*place)]) == 0
    printed = capsys.readouterr().out
    assert "Model Rating" in printed
    assert "100 of 300 items reviewed" in printed
    for title in ("All labels", "Underperforming labels", "Coverage", "Balance", "Found by Shuffle: 100.0%"):
        assert title in printed


def test_rate_writes_one_json_document(place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    store, project = place
    assert rating_cli.main(["rate", "--json", *options(store, project)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["score"]["value"] == store.snapshots(project.id)[0].value
    assert len(document["factors"]) == 4


@pytest.mark.parametrize(("limit", "code"), [("1", 0), ("99.9", 1)])
def test_rate_fails_below_a_limit(place: tuple[Store, Project], limit: str, code: int) -> None:
    assert rating_cli.main(["rate", "--fail-under", limit, *options(*place)]) == code


def test_an_unknown_rating_fails_every_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = stored(tmp_path, items=60, reviewed=5)
    assert rating_cli.main(["rate", "--fail-under", "0", *options(*place)]) == 1
    assert "No rating yet" in capsys.readouterr().out
    assert rating_cli.main(["rate", *options(*place)]) == 0


@pytest.mark.parametrize("main", [rating_cli.main, recommend_cli.main])
def test_an_unknown_project_is_one_clear_line(
    place: tuple[Store, Project], capsys: pytest.CaptureFixture[str], main: Any
) -> None:
    command = ["rate"] if main is rating_cli.main else []
    assert main([*command, "--db", str(place[0].path), "--project", "nobody"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    line = captured.err.strip().splitlines()[-1]
    assert "'nobody'" in line
    assert "'mail'" in line
    assert "Traceback" not in captured.err


def test_history_lists_every_rating(place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    store, project = place
    assert rating_cli.main(["history", *options(*place)]) == 0
    assert "No rating yet" in capsys.readouterr().out
    rate_project(store, project.id)
    review(store, project, fresh(store, project)[0])
    rate_project(store, project.id)
    assert rating_cli.main(["history", *options(*place)]) == 0
    assert [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()] == ["100 reviews", "101 reviews"]
    assert rating_cli.main(["history", "--json", *options(*place)]) == 0
    assert [row["reviewed"] for row in json.loads(capsys.readouterr().out)] == [100, 101]


def test_own_vectors_are_taken(place: tuple[Store, Project], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = place
    file = tmp_path / "own.npy"
    np.save(file, np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32))
    assert rating_cli.main(["vectors", str(file), "--name", "mine", "--json", *options(*place)]) == 0
    assert json.loads(capsys.readouterr().out) == {"vectors": 300}
    store.update_settings(project.id, {"encoder": "user:mine"})
    assert len(rate_project(store, project.id).result.evidence.blocks) == 2
    np.save(file, np.ones((3, 8), np.float32))
    assert rating_cli.main(["vectors", str(file), "--name", "mine", *options(*place)]) == 2
    assert "300" in capsys.readouterr().err


def test_recommend_prints_the_plan_in_words(place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    assert recommend_cli.main(options(*place)) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].endswith(".")
    assert printed.count("items, about") == 5


def test_recommend_writes_one_json_document(place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    store, project = place
    assert recommend_cli.main(["--json", "--db", str(store.path), "--project", str(project.id)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [action["id"] for action in document["actions"]] == [action.id for action in store.actions(project.id, "open")]
    assert document["stop"]["answer"]
    assert document["revision"] == store.revision(project.id)


def test_a_review_that_is_imported_again_changes_no_rating(place: tuple[Store, Project]) -> None:
    store, project = place
    before = rate_project(store, project.id)
    item = next(iter(store.iter_items(project.id)))
    store.import_rows(project.id, [ImportRow(item.uid, item.text)])
    assert rate_project(store, project.id).snapshot_id == before.snapshot_id
    assert replace(before.result.rating) == before.result.rating


@pytest.mark.parametrize("weights", [{"coverage": -1.0}, dict.fromkeys(WEIGHTS, 0.0)])
def test_weights_that_cannot_weigh_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="weights"):
        rating_config({"weights": weights})


def done_action(created: str, done: str, before: float, realised: float | None = None) -> StoredAction:
    return StoredAction(
        1, "teach", "a", "b", "all_labels", (), (1,), (1.0,), 1, 1.0, 30.0, 1, 1, "done", created, done, before, realised, 30.0
    )  # fmt: skip


def rating_of(value: float, at: str) -> Snapshot:
    return Snapshot(1, 1, 1, at, value, value, value, 100, {}, {})


def test_a_rise_that_settled_one_action_is_not_credited_to_the_next() -> None:
    history = [rating_of(50.0, "10:00"), rating_of(55.5, "10:20")]
    first = done_action("10:01", "10:10", 50.0, realised=5.5)
    late = done_action("10:01", "10:30", 50.0)
    assert rating_at(history, [late], [first]) == 55.5
    assert rating_at(history, [late], []) == 50.0


def test_nothing_is_judged_of_a_label_while_it_is_retired(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=20, reviewed=4)
    label = store.labels(project.id)[0]
    items = gather(store, project.id).evidence.item_ids
    store.retire_label(project.id, label.id)
    store.record_review(project.id, ReviewDraft(int(items[10]), (), "me", source="shuffle"))
    store.add_label(project.id, label.name)
    store.record_review(project.id, ReviewDraft(int(items[11]), (), "me", source="shuffle"))
    evidence = gather(store, project.id).evidence
    column = evidence.label_ids.index(label.id)
    told = dict(zip(evidence.item_ids[evidence.rows].tolist(), evidence.targets[:, column].tolist(), strict=True))
    assert np.isnan(told[int(items[10])])
    assert told[int(items[11])] == 0.0


def test_the_skip_of_one_annotator_leaves_the_review_of_another(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=20, reviewed=4)
    item = int(gather(store, project.id).evidence.item_ids[0])
    store.record_review(project.id, ReviewDraft(item, (), "somebody else", state="skipped", source="shuffle"))
    evidence = gather(store, project.id).evidence
    assert item in evidence.item_ids[evidence.rows].tolist()


@pytest.mark.parametrize("weights", [{"luck": 1.0}, {"coverage": float("nan")}])
def test_weights_of_something_else_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="Correct them"):
        rating_config({"weights": weights})


def test_a_mistyped_database_is_not_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mistyped.db"
    assert rating_cli.main(["rate", "--db", str(path), "--project", "mail"]) == 2
    assert recommend_cli.main(["--db", str(path), "--project", "mail"]) == 2
    assert "There is no database" in capsys.readouterr().err
    assert not path.exists()


def test_a_project_named_by_a_number_is_found_by_its_name(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, items=5, reviewed=1)
    store.create_project("2024")
    assert find_project(store, "2024").name == "2024"
    assert find_project(store, "1").name == "mail"


def test_every_plan_keeps_its_stop_answer_and_is_held_against_the_one_thirty_reviews_before(tmp_path: Path) -> None:
    store, project = stored(tmp_path, reviewed=100)
    first = plan_project(store, project.id).plan.stop
    plan_project(store, project.id)
    for k, item in enumerate(list(store.iter_items(project.id))[100:140]):
        store.record_review(project.id, ReviewDraft(item.id, (), "ann", seconds=36.0))
        if k == 9:
            soon = plan_project(store, project.id).plan.stop
    second = plan_project(store, project.id).plan.stop
    kept = store.stop_checks(project.id)
    assert [check.reviewed for check in kept] == [100, 110, 140]
    assert [check_of(check) for check in kept] == [first.check, soon.check, second.check]
    assert first.check is not None
    assert second.check is not None
    assert (first.check.kappa, soon.check.kappa) == (None, None)  # type: ignore[union-attr]
    assert second.check.kappa is not None
    assert [row["reviewed"] for row in history_rows(kept)] == [140, 110, 100]
    assert kept[2].figures["rules"]["hour_worth"]["figure"] is not None


def test_a_budget_of_hours_counts_the_time_of_the_reviews(tmp_path: Path) -> None:
    store, project = stored(tmp_path, reviewed=100)
    store.update_settings(project.id, {"budget_hours": 0.1})
    item = next(store.iter_items(project.id))
    store.record_review(project.id, ReviewDraft(item.id, (), "ann", seconds=359.0))
    assert next(rule for rule in plan_project(store, project.id).plan.stop.rules if rule.rule == "budget").met is False
    store.record_review(project.id, ReviewDraft(item.id, (), "ben", seconds=1.0))
    assert next(rule for rule in plan_project(store, project.id).plan.stop.rules if rule.rule == "budget").met is True


def test_recommend_stop_answers_without_a_plan_and_tells_its_history(
    place: tuple[Store, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["stop", *options(*place)]
    assert recommend_cli.main([*asked, "--history"]) == 0
    assert "No answer has been given yet" in capsys.readouterr().out
    assert recommend_cli.main(asked) == 0
    words = capsys.readouterr().out
    assert "[x]" in words
    assert "[ ]" in words
    assert all(f"  {name}: " in words for name in NAMES)
    store, project = place
    assert store.actions(project.id, "open") == []
    assert recommend_cli.main([*asked, "--history"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(words.splitlines()[0])
    assert recommend_cli.main([*asked, "--history", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["checks"]
    assert row["gain_low"] <= row["gain"] <= row["gain_high"]
    assert recommend_cli.main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == row["answer"]


def test_an_annotator_without_a_known_time_is_refused(place: tuple[Store, Project]) -> None:
    store, project = place
    with pytest.raises(NotFound, match="No review by 'Nobody' has a known time"):
        plan_project(store, project.id, annotator="Nobody")
    assert store.stop_checks(project.id) == []
