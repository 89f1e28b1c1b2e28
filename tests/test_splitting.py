"""Splitting a label, and what a merge would do to the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from data.errors import InvalidInput, NotEnoughEvidence
from data.records import Label, Project
from data.store import Store
from rating.assess import assess
from rating.service import gather, last_choice, rate_project, rating_config
from recommend.mergepreview import as_one
from recommend.reshaping import Stock
from recommend.splitting import Part, by_words, carrying, divided, split
from recommend.studies import run_study
from tests.browsing import at_action, confirm, on_desk
from tests.builders import stored


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    return stored(tmp_path, items=120, reviewed=80)


def stock(store: Store) -> Stock:
    labels = tuple(store.labels(1, retired=True))
    return Stock(labels, tuple(store.current_reviews(1)), store.retired_periods(1), ())


def named(store: Store, name: str) -> Label:
    return next(label for label in store.labels(1, retired=True) if label.name == name)


def test_a_split_makes_work_that_asks_for_the_items_again_with_the_proposal_ticked(world: tuple[Store, Project]) -> None:
    store, _ = world
    label = named(store, "Refund")
    own = carrying(stock(store), label.id)
    before = gather(store, 1).evidence
    work = split(store, 1, label, [Part("Refund > Twice", "", (own[3],))], "me", None, stock(store))
    assert work is not None
    made = named(store, "Refund > Twice")
    assert (work.kind, work.label_ids, work.item_ids[0], set(work.item_ids)) == ("check", (label.id, made.id), own[3], set(own))
    evidence = gather(store, 1).evidence
    assert np.isnan(evidence.targets[:, evidence.label_ids.index(made.id)]).all()
    assert np.array_equal(np.delete(evidence.targets, evidence.label_ids.index(made.id), axis=1), before.targets, equal_nan=True)
    at = at_action(work.id)
    assert on_desk(at)["ticked"].count(made.id) == 1
    assert label.id not in on_desk(at)["ticked"]
    confirm(at)
    newest = store.standing_reviews([own[3]])[own[3]][-1]
    assert (made.id in newest.assigned, label.id in newest.assigned, newest.source) == (True, False, "check")
    store.undo_step(1, store.taxonomy_steps(1)[-1].id, "me")
    assert store.action(1, work.id).state == "dropped"
    assert store.label(1, made.id).retired_at is not None


def test_what_counts_as_the_divided_label_gives_way_to_the_new_one_too(world: tuple[Store, Project]) -> None:
    store, _ = world
    label = named(store, "Refund")
    store.merge_labels(1, named(store, "Praise").id, label.id)
    (merged, *_) = (r.item_id for r in store.current_reviews(1) if r.assigned == (named(store, "Praise").id,))
    work = split(store, 1, label, [Part("Refund > Twice", "", (merged,))], "me", None, stock(store))
    assert work is not None
    assert on_desk(at_action(work.id))["ticked"] == [named(store, "Refund > Twice").id]


def test_a_split_with_a_taken_name_writes_nothing(world: tuple[Store, Project]) -> None:
    store, _ = world
    revision, label = store.revision(1), named(store, "Refund")
    for names in (["New", "broken"], ["New", "new"], []):
        with pytest.raises(InvalidInput):
            split(store, 1, label, [Part(name, "") for name in names], "me", None, stock(store))
    assert store.revision(1) == revision
    assert "New" not in [one.name for one in store.labels(1, retired=True)]


def test_items_are_divided_by_words_and_the_first_part_has_them(world: tuple[Store, Project]) -> None:
    store, _ = world
    own = carrying(stock(store), named(store, "Refund").id)
    money, twice, nothing = by_words(store, 1, own, ["money, sum", "twice, money", " , "])
    texts = {item.id: item.text for item in store.items(1, own)}
    assert set(money) == {k for k in own if "money" in texts[k] or "sum" in texts[k]}
    assert set(twice) == {k for k in own if "twice" in texts[k]} - set(money)
    assert nothing == ()


def test_groups_of_alike_items_are_found_the_largest_first() -> None:
    rng = np.random.default_rng(0)
    centres = np.repeat([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]], [8, 20], axis=0)
    features = (centres + rng.normal(0, 0.1, centres.shape)).astype(np.float32)
    assert divided(features, 2).tolist() == [1] * 8 + [0] * 20


def test_the_studies_tell_groups_with_words_and_what_a_merge_does_to_precision(world: tuple[Store, Project]) -> None:
    store, project = world
    label, other = named(store, "Refund"), named(store, "Broken")
    groups = run_study(store, 1, "split", {"label": label.id, "groups": 2}).result["groups"]
    assert sorted(k for group in groups for k in group["items"]) == sorted(carrying(stock(store), label.id))
    params = {"source": other.id, "target": label.id}
    with pytest.raises(NotEnoughEvidence, match="no model"):
        run_study(store, 1, "merge-preview", params)
    rate_project(store, 1)
    foretold = run_study(store, 1, "merge-preview", params).result
    version = store.last_model_config(1)
    assert version is not None
    joined = as_one(gather(store, 1).evidence, other.id, label.id)
    store.merge_labels(1, other.id, label.id)
    found = gather(store, 1)
    assert joined.label_ids == found.evidence.label_ids
    assert np.array_equal(joined.targets, found.evidence.targets, equal_nan=True)
    chosen = last_choice(version[1], found)[0]
    ap = assess(found.evidence, rating_config(project.settings), chosen, choose_again=False).ap
    assert foretold["together"] == pytest.approx(ap[joined.label_ids.index(label.id)])
    assert foretold["mean_after"] == pytest.approx(np.nanmean(ap))
