"""What the pages show of the kinds of work, run without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import Project, ReviewDraft, StoredAction
from data.store import Store
from recommend.readings import lacking_readings
from tests.browsing import at_action, confirm, on_desk, opened
from tests.builders import stored
from views import desk

ACTION = StoredAction(
    id=0, kind="resolve", theme="Refund", reason="Annotators differ.", factor="all_labels", label_ids=(), item_ids=(),
    chances=(), candidates=3, predicted_gain=1.0, predicted_seconds=30.0, model_version=0, revision=0, state="started",
    created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption, at.title, at.subheader) for element in kind)


def test_a_disagreement_shows_what_each_annotator_said(place: tuple[Store, Project]) -> None:
    store, project = place
    first = store.current_reviews(project.id)[0]
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    store.record_review(project.id, ReviewDraft(first.item_id, (refund,), "jo", source="shuffle"))
    action = store.add_action(project.id, replace(ACTION, item_ids=(first.item_id,), chances=(1.0,), label_ids=(refund,)), "me")
    at = at_action(action.id)
    assert {(answer["who"], "Refund" in answer["labels"]) for answer in on_desk(at)["item"]["answers"]} >= {("jo", True)}
    assert len(on_desk(at)["item"]["answers"]) == 2
    assert {chip["id"] for chip in on_desk(at)["offered"] if chip["asked"]} == {refund}
    assert {answer["who"]: (answer["taken"], answer["mine"]) for answer in on_desk(at)["item"]["answers"]} == {
        "jo": ([refund], False), first.annotator: (list(first.assigned), first.annotator == "me"),
    }  # fmt: skip
    assert (on_desk(at)["ticked"], on_desk(at)["dismissed"]) == ([], [])  # neither of the two is put forward
    assert on_desk(at)["head"]["reason"].endswith("Take one of the answers, or tick what applies.")
    confirm(at)
    decided = store.reviews(project.id, first.item_id)[-1]
    assert (decided.source, decided.annotator) == ("resolve", "me")


def pair_action(store: Store, project: Project, items: tuple[int, ...]) -> int:
    labels = {label.name: label.id for label in store.labels(project.id)}
    action = replace(
        ACTION, kind="merge", factor="underperforming", label_ids=(labels["Refund"], labels["Praise"]), item_ids=items,
        chances=(1.0,) * len(items),
    )  # fmt: skip
    return store.add_action(project.id, action, "me").id


@pytest.mark.parametrize(
    ("labels", "words"),
    [(("Refund",), "The review's labels are ticked; confirm them or change them."), ((), "The earlier review gave no label.")],
)
def test_the_desk_says_what_the_ticks_of_a_reviewed_item_are(
    place: tuple[Store, Project], labels: tuple[str, ...], words: str
) -> None:
    store, project = place
    known = {label.name: label.id for label in store.labels(project.id)}
    item = [*store.iter_items(project.id)][-1].id
    store.record_review(project.id, ReviewDraft(item, tuple(known[name] for name in labels), "jo"))
    action = replace(ACTION, kind="check", item_ids=(item,), chances=(1.0,), label_ids=(known["Refund"],))
    shown = on_desk(at_action(store.add_action(project.id, action, "me").id))
    assert shown["head"]["reason"] == f"Annotators differ. {words}"
    assert (shown["title"], shown["question"]) == ("Check whether “Refund” is right on 1 item", "Is it about Refund?")
    assert shown["head"]["kind"] == "Check label"


def test_a_pair_is_shown_side_by_side_and_its_items_are_answered(place: tuple[Store, Project]) -> None:
    store, project = place
    labels = {label.name: label.id for label in store.labels(project.id)}
    store.describe_label(project.id, labels["Praise"], "They are happy.")
    standing = next(r for r in store.current_reviews(project.id) if labels["Refund"] in r.assigned and len(r.assigned) == 2)
    fresh = [item.id for item in store.iter_items(project.id)][-1]
    at = at_action(pair_action(store, project, (standing.item_id, fresh)))
    shown = on_desk(at)
    assert [side["name"] for side in shown["sides"]] == ["Refund", "Praise"]
    assert [side["description"] for side in shown["sides"]] == ["", "They are happy."]
    assert [len(side["typical"]) for side in shown["sides"]] == [3, 3]
    assert [answer["words"] for answer in shown["pair"]] == ["Refund", "Praise", "Both", "Neither"]
    confirm(at, shown["pair"][1]["labels"])
    decided = store.reviews(project.id, standing.item_id)[-1]
    assert set(decided.assigned) == set(standing.assigned) - {labels["Refund"]} | {labels["Praise"]}
    assert labels["Refund"] in decided.dismissed
    assert (decided.source, decided.partial) == ("merge", False)
    confirm(at, on_desk(at)["pair"][3]["labels"])
    second = store.reviews(project.id, fresh)[-1]
    assert (second.assigned, second.partial) == ((), True)
    assert set(second.dismissed) == {labels["Refund"], labels["Praise"]}
    assert "Done" in texts(at)


def test_a_pair_is_merged_or_kept_apart(place: tuple[Store, Project]) -> None:
    store, project = place
    items = tuple(r.item_id for r in store.current_reviews(project.id)[:2])
    praise = next(label.id for label in store.labels(project.id) if label.name == "Praise")
    at = at_action(pair_action(store, project, items))
    assert at.button(key=f"pair_into_{praise}").disabled
    at.button(key="pair_apart").click().run()
    assert not at.exception
    assert [action.state for action in store.actions(project.id) if action.kind == "merge"] == ["done"]
    assert len(store.labels(project.id)) == 4
    number = pair_action(store, project, items)
    at = at_action(number)
    next(box for box in at.checkbox if box.key == f"pair_sure_{number}").check().run()
    at.button(key=f"pair_into_{praise}").click().run()
    assert not at.exception
    assert "Refund" not in {label.name for label in store.labels(project.id)}
    assert store.action(project.id, number).state == "done"


def test_the_words_of_a_search_can_be_changed(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    item = next(i for i in [*store.iter_items(project.id)][100:] if "courier" in i.text)
    action = replace(ACTION, kind="search", label_ids=(refund,), item_ids=(item.id,), chances=(1.0,), terms=("courier", "late"))
    first = store.add_action(project.id, action, "me").id
    at = at_action(first)
    typed = next(box for box in at.text_input if box.key == f"search_terms_{first}")
    assert typed.value == "courier, late"
    typed.input("reimburse")
    next(button for button in at.button if button.label == "Search again").click().run()
    assert not at.exception
    newest = store.actions(project.id)[-1]
    assert (newest.terms, newest.state) == (("reimburse",), "started")
    assert all("reimburse" in item.text for item in store.items(project.id, newest.item_ids))
    assert store.action(project.id, first).state == "dropped"


def test_missing_foundations_stand_above_the_plan(place: tuple[Store, Project]) -> None:
    store, project = place
    store.add_label(project.id, "Warranty")
    shown = texts(opened())
    assert "Labels with enough examples: **" in shown
    assert "Warranty (0)" in shown
    assert "Foundations first" not in shown


def test_before_a_rating_all_foundations_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = stored(tmp_path, items=60, reviewed=20)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    shown = texts(opened())
    assert "Foundations first" in shown
    assert "Reviews: **20** of 50" in shown
    assert "Items: **60**" in shown


def test_words_of_a_label_out_of_use_are_not_searched_again(place: tuple[Store, Project]) -> None:
    store, project = place
    refund = next(label.id for label in store.labels(project.id) if label.name == "Refund")
    item = [*store.iter_items(project.id)][150]
    action = replace(ACTION, kind="search", label_ids=(refund,), item_ids=(item.id,), chances=(1.0,), terms=("courier",))
    at = at_action(store.add_action(project.id, action, "me").id)
    store.retire_label(project.id, refund)
    next(button for button in at.button if button.label == "Search again").click().run()
    assert not at.exception
    assert any("out of use" in str(error.value) for error in at.error)


def test_a_pair_of_which_one_leaves_use_meanwhile_can_be_ended(place: tuple[Store, Project]) -> None:
    store, project = place
    labels = {label.name: label.id for label in store.labels(project.id)}
    number = pair_action(store, project, tuple(r.item_id for r in store.current_reviews(project.id)[:2]))
    at = at_action(number)
    store.retire_label(project.id, labels["Refund"])
    at.run()
    assert not at.exception
    assert [str(info.value) for info in at.info] == ["One of the two labels is out of use by now."]
    assert [answer["words"] for answer in on_desk(at)["pair"]] == ["Praise", "Neither"]
    at.button(key="pair_end").click().run()
    assert not at.exception
    assert store.action(project.id, number).state == "dropped"  # nothing was decided in it


DRAWN = """
import streamlit as st
from views import bench

bench.table(*st.session_state["opened"])
"""


def test_a_pair_in_view_follows_what_becomes_of_its_labels(place: tuple[Store, Project]) -> None:
    store, project = place
    labels = {label.name: label.id for label in store.labels(project.id)}
    items = tuple(r.item_id for r in store.current_reviews(project.id)[:2])
    number = pair_action(store, project, items)
    opened_before = desk.Work(store.action(project.id, number), tuple(store.items(project.id, items)), {})
    store.merge_labels(project.id, labels["Refund"], labels["Praise"])
    at = AppTest.from_string(DRAWN, default_timeout=60)
    at.session_state["opened"] = (project, opened_before)
    at.run()
    assert not at.exception
    assert not at.error
    assert [str(info.value) for info in at.info] == ["These two labels are one now."]
    store.retire_label(project.id, labels["Praise"])
    at.run()
    assert not at.exception
    assert [str(info.value) for info in at.info] == ["One of the two labels is out of use by now."]
    assert [answer["words"] for answer in on_desk(at)["pair"]] == ["Neither"]


def test_an_item_skipped_in_a_second_reading_is_not_offered_again(place: tuple[Store, Project]) -> None:
    store, project = place
    store.update_settings(project.id, {"readings": 2})
    fresh = [item.id for item in store.iter_items(project.id)][-1]
    store.record_review(project.id, ReviewDraft(fresh, (), "jo", source="shuffle"))
    action = replace(ACTION, kind="second", item_ids=(fresh,), chances=(1.0,))
    at = at_action(store.add_action(project.id, action, "me").id)
    assert fresh in lacking_readings(store.reviews(project.id), "me", 2)
    confirm(at, kind="skip")
    assert on_desk(at)["failed"] is None
    assert fresh not in lacking_readings(store.reviews(project.id), "me", 2)


def test_a_second_reading_hides_what_the_others_said(place: tuple[Store, Project]) -> None:
    store, project = place
    store.update_settings(project.id, {"readings": 2})
    fresh = [item.id for item in store.iter_items(project.id)][-1]
    everything = tuple(label.id for label in store.labels(project.id))
    store.record_review(project.id, ReviewDraft(fresh, everything, "jo", source="shuffle", note="Surely all of them."))
    action = replace(ACTION, kind="second", item_ids=(fresh,), chances=(1.0,))
    at = at_action(store.add_action(project.id, action, "me").id)
    assert set(on_desk(at)["ticked"]) < set(everything)
    assert on_desk(at)["item"]["answers"] == []
    assert "jo" not in str(on_desk(at))
    assert "Surely" not in str(on_desk(at))
    confirm(at, [])
    standing = store.standing_reviews([fresh])[fresh]
    assert [(review.annotator, review.source, review.assigned) for review in standing] == [
        ("jo", "shuffle", everything), ("me", "second", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(("readings", "kind", "hidden"), [(1, "teach", False), (2, "teach", True), (2, "check", False)])
def test_of_several_readings_only_work_that_doubts_starts_from_what_others_said(
    place: tuple[Store, Project], readings: int, kind: str, hidden: bool
) -> None:
    store, project = place
    store.update_settings(project.id, {"readings": readings})
    fresh = [item.id for item in store.iter_items(project.id)][-1]
    everything = tuple(label.id for label in store.labels(project.id))
    action = replace(ACTION, kind=kind, item_ids=(fresh,), chances=(None,))
    number = store.add_action(project.id, action, "me").id
    store.record_review(project.id, ReviewDraft(fresh, everything, "jo", source="shuffle"))
    ticked = set(on_desk(at_action(number))["ticked"])
    assert (ticked < set(everything)) if hidden else (ticked == set(everything))


def test_ones_own_answer_of_another_action_is_never_hidden(place: tuple[Store, Project]) -> None:
    store, project = place
    store.update_settings(project.id, {"readings": 2})
    fresh = [item.id for item in store.iter_items(project.id)][-1]
    everything = tuple(label.id for label in store.labels(project.id))
    number = store.add_action(project.id, replace(ACTION, kind="teach", item_ids=(fresh,), chances=(None,)), "me").id
    store.record_review(project.id, ReviewDraft(fresh, everything, "me", source="shuffle"))
    store.record_review(project.id, ReviewDraft(fresh, (), "jo", source="shuffle"))
    assert set(on_desk(at_action(number))["ticked"]) == set(everything)
