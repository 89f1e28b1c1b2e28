"""Search for examples: which labels need it, which words are proposed, and what they find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import InvalidInput, NotEnoughEvidence, NotFound
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from rating.evidence import RatingConfig
from recommend.offers import narrowed
from recommend.plan import plan_actions
from recommend.pool import make_pool
from recommend.records import Known, Search
from recommend.search import hit_rate, proposed_terms, scarce, search
from recommend.searching import clean_terms, search_again
from recommend.service import plan_project
from recommend.value import instruction
from tests.builders import rated, stored, with_targets, world


def test_terms_come_from_the_name_the_examples_and_the_description() -> None:
    examples = ["the warranty has expired", "warranty and guarantee", "my guarantee"]
    found = proposed_terms(examples, ["late train today"] * 30, "Service > Claim", "They ask what the seller covers")
    assert found[0] == "claim"
    assert {"warranty", "guarantee"} <= set(found)
    assert not {"the", "they", "what", "and", "my"} & set(found)
    assert len(found) == len(set(found)) <= 5
    assert proposed_terms([], ["late train"] * 3, "A1", "") == ()


def test_a_label_with_few_examples_that_the_model_finds_nowhere_is_scarce() -> None:
    sample = world(items=400, reviewed=150, labels=3, prevalence=(0.3, 0.2), strength=3.0).evidence
    rare = np.zeros((150, 1))
    rare[:2] = 1.0
    targets = np.hstack([sample.targets, rare, np.zeros((150, 1))])
    evidence = replace(
        with_targets(sample, targets), label_ids=(10, 11, 12, 13, 14), label_names=tuple("abcde"), important=(False,) * 5
    )
    assert scarce(rated(evidence)) == [4, 3]
    assert scarce(rated(replace(evidence, important=(False, False, False, True, False)))) == [3, 4]
    assert scarce(rated(sample)) == []


def test_a_search_asks_for_unreviewed_items_that_hold_the_words() -> None:
    result = rated(world(items=400, reviewed=150, labels=4).evidence)
    holding = result.evidence.item_ids[::5]
    known = Known(searches={12: Search(("late", "delay"), tuple(int(i) for i in holding))})
    actions = plan_actions(result, RatingConfig(), names={}, known=known, top=50)
    action = next(action for action in actions if action.kind == "search")
    assert set(action.items) <= set(holding.tolist())
    assert not np.isin(np.array(action.items) - 100, result.evidence.rows).any()
    assert (action.label_ids, action.theme, action.terms) == ((12,), "label 2", ("late", "delay"))
    assert "unreviewed items hold “late” or “delay”" in action.reason
    items = [item for action in actions for item in action.items]
    assert len(items) == len(set(items))


def test_words_that_found_examples_before_promise_more() -> None:
    result = rated(world(items=400, reviewed=150, labels=4).evidence)
    pool = make_pool(result, RatingConfig())
    with_it = result.evidence.rows[result.evidence.targets[:, 0] == 1]
    without = result.evidence.rows[result.evidence.targets[:, 0] == 0]
    assert hit_rate(pool, 0, with_it[:0]) == 0.25
    assert hit_rate(pool, 0, without[:20]) < 0.25 < 0.8 < hit_rate(pool, 0, with_it[:20]) < 1.0


def test_items_are_found_whatever_their_case_and_signs(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow("a", "STRASSE 100%"), ImportRow("b", "Straße"), ImportRow("c", "100 percent_")])
    ids = [item.id for item in store.iter_items(project.id)]
    assert store.items_with(project.id, ["straße"]) == ids[:2]
    assert store.items_with(project.id, ["100%"]) == ids[:1]
    assert store.items_with(project.id, ["t_"]) == ids[2:]
    assert store.items_with(project.id, ["straße", "percent"]) == ids
    assert store.items_with(project.id, ["straße", "percent"], most=1) == ids[:1]
    assert store.items_with(project.id, []) == store.items_with(project.id, [""]) == []
    assert store.items_with(store.create_project("other").id, ["100"]) == []


def test_typed_words_are_cleaned() -> None:
    assert clean_terms(" Money  back , refund,Refund, x") == ("Money back", "refund")
    assert len(clean_terms(",".join(f"word{k}" for k in range(20)))) == 8
    with pytest.raises(InvalidInput, match="2 characters"):
        clean_terms(" , x")


@pytest.fixture
def rare(tmp_path: Path) -> tuple[Store, Project]:
    """A project with a label that nobody has assigned, and eight unreviewed messages that its name would find."""
    store, project = stored(tmp_path)
    store.add_label(project.id, "Warranty")
    store.import_rows(project.id, [ImportRow(f"w{k}", f"is the warranty still valid for lamp {k}") for k in range(8)])
    return store, project


def test_a_plan_offers_the_search_with_its_words(rare: tuple[Store, Project]) -> None:
    store, project = rare
    plan_project(store, project.id)
    action = next(action for action in store.actions(project.id, "open") if action.kind == "search")
    assert (action.theme, action.terms) == ("Warranty", ("warranty",))
    assert all("warranty" in item.text for item in store.items(project.id, action.item_ids))
    assert len(action.item_ids) >= 5  # Shuffle may hold some
    assert action.reason.startswith("No example yet")
    assert action.predicted_gain
    assert action.predicted_gain > 0


def test_a_search_by_other_words_takes_the_place_of_the_one_before(rare: tuple[Store, Project]) -> None:
    store, project = rare
    planned = plan_project(store, project.id).served
    label = next(label for label in store.labels(project.id) if label.name == "Warranty")
    offered = replace(store.actions(project.id, "open")[0], kind="search", label_ids=(label.id,), terms=("nothing",))
    before = store.add_action(project.id, offered, "me")
    with pytest.raises(NotEnoughEvidence, match=r"“unheard”.*other words"):
        search_again(store, project.id, "me", planned, before, ["unheard"])
    after = search_again(store, project.id, "me", planned, before, ["warranty", "valid"])
    assert store.action(project.id, after.id).terms == ("warranty", "valid")
    assert store.action(project.id, before.id).state == "dropped"
    assert all("warranty" in item.text for item in store.items(project.id, after.item_ids))
    assert len(after.item_ids) == len(after.chances) == 8
    assert after.reason.startswith("8 unreviewed items hold “warranty” or “valid”")
    store.record_review(project.id, ReviewDraft(after.item_ids[0], (label.id,), "me", source="search", action_id=after.id))
    again = search_again(store, project.id, "me", None, after, ["valid"])
    assert store.action(project.id, after.id).state == "done"
    assert after.item_ids[0] not in again.item_ids


def test_a_search_chooses_by_its_own_label_not_by_what_teaches_others() -> None:
    result = rated(world(items=400, reviewed=150, labels=4).evidence)
    pool = make_pool(result, RatingConfig())
    column, fresh = 2, pool.rows[:60]
    known = {12: Search(("late",), tuple(int(i) for i in result.evidence.item_ids[fresh]))}
    (found,) = search(pool, known)
    likely = instruction(np.maximum(pool.believed[found.frame, column], 0.001))
    assert found.worth == pytest.approx(likely)
    left = found.without(found.rows[:10], pool, pool.worth)
    assert left.worth == pytest.approx(instruction(np.maximum(pool.believed[left.frame, column], 0.001)))
    unmet = narrowed(pool, np.array([], dtype=np.int64))
    (focused,) = search(unmet, known)
    assert focused.bonus == pytest.approx(found.bonus)
    assert focused.worth.min() > 0


def test_a_search_for_a_label_out_of_use_is_refused(rare: tuple[Store, Project]) -> None:
    store, project = rare
    plan_project(store, project.id)
    offered = replace(store.actions(project.id, "open")[0], kind="search", label_ids=(), terms=("nothing",))
    before = store.add_action(project.id, offered, "me")
    with pytest.raises(NotFound, match="out of use"):
        search_again(store, project.id, "me", None, before, ["warranty"])
    assert store.action(project.id, before.id).state == "started"
