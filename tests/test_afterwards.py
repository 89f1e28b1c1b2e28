"""What stands after an action: what it has changed, whether it kept its promise, the time it took, and what comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.proto.Metric_pb2 import Metric as MetricProto
from streamlit.testing.v1 import AppTest

from data.records import Project, Review, ReviewDraft, StoredAction
from data.store import Store
from rating.records import Estimate, LabelHealth, Rating
from recommend.effects import Moved, around, moved, onwards
from recommend.service import plan_project
from tests.browsing import at_action, opened
from tests.builders import rated, world
from views import afterwards, resultwords

ACTION = StoredAction(
    id=0, kind="confirm", theme="Refund", reason="It has few examples.", factor="all_labels", label_ids=(), item_ids=(),
    chances=(), candidates=30, predicted_gain=1.0, predicted_seconds=120.0, model_version=0, revision=0, state="open",
    created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip
REVIEW = Review(
    id=1, item_id=1, annotator="me", state="reviewed", assigned=(), dismissed=(), confirmed=(), partial=False, at="",
    seconds=50.0, source="confirm", action_id=1, list_rank=1, list_size=2, candidates=3, chance=None, model_version=None,
    revision=9,
)  # fmt: skip


@pytest.fixture(scope="module")
def rating() -> Rating:
    return rated(world(items=400, reviewed=120, labels=5, seed=3).evidence).rating


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.markdown, at.caption, at.title, at.subheader) for element in kind)


def figures(at: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in at.metric}


def label_of(store: Store, project: Project, name: str) -> int:
    return next(label.id for label in store.labels(project.id) if label.name == name)


def finished(store: Store, project: Project, seconds: float = 50.0, **changes: object) -> StoredAction:
    """An action of two items that a person has just finished, each of which was a refund."""
    refund = label_of(store, project, "Refund")
    items = [item.id for item in store.iter_items(project.id)][150:152]
    made = replace(ACTION, item_ids=tuple(items), chances=(1.0, 1.0), label_ids=(refund,), **changes)  # type: ignore[arg-type]
    action = store.add_action(project.id, made, "me")
    for item_id in items:
        store.record_review(
            project.id, ReviewDraft(item_id, (refund,), "me", source="confirm", seconds=seconds, action_id=action.id)
        )
    return store.end_action(project.id, action.id, "done", 2 * seconds)


def test_the_time_taken_stands_beside_the_time_expected() -> None:
    assert afterwards.spent(ACTION, [REVIEW, REVIEW]) == "You took 1 min 40 s; about 2 min were expected."
    unknown = replace(REVIEW, seconds=None)
    assert afterwards.spent(ACTION, [REVIEW, unknown]) == "You took at least 50 s; about 2 min were expected."
    assert afterwards.spent(ACTION, [unknown]) == "Your time is not known; about 2 min were expected."


@pytest.mark.parametrize(
    ("gain", "words"), [(0.1, "less than predicted"), (0.5, "as predicted"), (2.0, "more than predicted"), (None, None)]
)
def test_a_promise_is_held_against_its_range(gain: float | None, words: str | None) -> None:
    promised = replace(ACTION, promise={"low": 0.4, "high": 1.5}, realised_gain=gain)
    assert afterwards.verdict(promised) == words
    assert afterwards.verdict(replace(promised, promise=None)) is None


def test_what_has_changed_is_shown_once_a_rating_knows_of_it(place: tuple[Store, Project]) -> None:
    store, project = place
    before = plan_project(store, project.id).served.rating
    action = finished(store, project, rating_before=before.score.value)
    refund = label_of(store, project, "Refund")
    given = [r for r in store.reviews(project.id) if r.action_id == action.id]
    assert afterwards.ratings_around(store, project, given) is None
    assert afterwards.changes(action, given, None) == ()
    after = plan_project(store, project.id).served.rating
    at = at_action(action.id)
    shown = figures(at)
    assert "What has changed" in texts(at)
    found = afterwards.changes(action, given, afterwards.ratings_around(store, project, given))
    assert [one.name for one in found] == ["Model Rating", "All labels", "Refund"]
    assert (found[0].before, found[0].after) == (before.score, after.score)
    ap = {label.label_id: label.ap.value for label in after.labels}[refund]
    assert found[2].after.value == pytest.approx(100 * (ap or 0.0))
    assert shown["Items reviewed"][0] == "2"
    assert shown["Labels assigned"][0] == "2"
    assert shown["Predicted gain"][0] == "+1.0 points"
    assert "Realised gain" in shown
    assert "You took 1 min 40 s; about 2 min were expected." in texts(at)
    told = texts(at)
    assert "By the model's estimate these answers were worth" in told
    assert resultwords.rating_line(found[0], 2, 0) in told
    assert "other decision" not in told
    (details,) = at.expander
    assert (details.label, details.proto.expanded) == ("Details", False)
    assert len(details.metric) == len(at.metric)
    unclear = [metric for metric, one in zip(at.metric[-len(found) :], found, strict=True) if not one.clear]
    assert unclear
    assert {metric.proto.color for metric in unclear} == {MetricProto.MetricColor.GRAY}


def test_what_others_have_decided_meanwhile_is_told(place: tuple[Store, Project]) -> None:
    store, project = place
    plan_project(store, project.id)
    action = finished(store, project)
    other = [item.id for item in store.iter_items(project.id)][140]
    store.record_review(project.id, ReviewDraft(other, (label_of(store, project, "Refund"),), "ben", source="shuffle"))
    store.undo_review(project.id, "ben")
    plan_project(store, project.id)
    assert "2 other decisions or undos lie between." in texts(at_action(action.id))


def test_a_change_is_clear_only_beyond_both_intervals() -> None:
    before = Estimate(60.0, 57.0, 63.0)
    assert Moved("x", before, Estimate(66.0, 62.0, 70.0)).clear is True
    assert Moved("x", before, Estimate(64.9, 60.9, 69.0)).clear is False
    assert Moved("x", before, Estimate(54.0, 51.0, 58.0)).clear is True
    assert Moved("x", before, Estimate(55.1, 51.0, 59.1)).clear is False
    assert Moved("x", Estimate(60.0), Estimate(80.0)).clear is None
    assert Moved("x", Estimate(None), before).clear is None


def test_an_unknown_gain_is_not_held_against_a_promise() -> None:
    assert resultwords.worth(ACTION) == "What these answers were worth is not known yet."
    done = replace(ACTION, realised_gain=0.8, predicted_gain=0.5, promise={"low": 0.09, "high": 1.05})
    said = "By the model's estimate these answers were worth **+0.8 points**"
    assert resultwords.worth(done) == f"{said}; +0.5 points (0.09 to 1.05) were predicted."
    assert resultwords.worth(replace(done, predicted_gain=None, promise=None)) == f"{said}; nothing was predicted."


def test_work_of_the_same_label_comes_next_then_the_best(place: tuple[Store, Project]) -> None:
    store, project = place
    action = finished(store, project)
    opened()
    refund, praise = label_of(store, project, "Refund"), label_of(store, project, "Praise")
    items = [item.id for item in store.iter_items(project.id)][200:204]
    offered = [
        replace(ACTION, theme="Praise", label_ids=(praise,), item_ids=tuple(items[:2]), chances=(1.0, 1.0)),
        replace(ACTION, kind="teach", label_ids=(refund,), item_ids=tuple(items[2:]), chances=(1.0, 1.0)),
    ]
    best, same = store.offer_actions(project.id, offered)
    at = at_action(action.id)
    nexts = [button for button in at.button if str(button.key).startswith("next_")]
    assert [button.key for button in nexts] == [f"next_{same}", f"next_{best}"]
    assert [button.proto.shortcut for button in nexts] == ["enter", ""]
    at.button(key=f"next_{same}").click().run()
    assert not at.exception
    assert store.action(project.id, same).state == "started"


def test_what_comes_next_shares_a_label_or_the_theme() -> None:
    done = replace(ACTION, label_ids=(1, 2))
    by_theme, by_label, other = (
        replace(ACTION, id=1, theme="Refund"), replace(ACTION, id=2, theme="x", label_ids=(2,)), replace(ACTION, id=3, theme="y")
    )  # fmt: skip
    assert onwards(done, [other, by_label, by_theme]) == (by_label, other)
    assert onwards(done, [by_theme]) == (by_theme, None)
    assert onwards(done, [other]) == (None, other)
    assert onwards(done, []) == (None, None)


def test_the_ratings_around_an_action_are_the_last_before_and_the_first_that_knows_all() -> None:
    assert around([2, 5, 9, 12], first=6, last=9) == (1, 2)
    assert around([6], first=6, last=9) == (None, None)


def test_own_labels_come_first_then_those_that_moved_most(rating: Rating) -> None:
    def shifted(label: LabelHealth) -> LabelHealth:
        return replace(label, ap=Estimate((label.ap.value or 0.0) + 0.01 * label.label_id))

    after = replace(rating, labels=tuple(shifted(label) for label in rating.labels))
    ids = [label.label_id for label in rating.labels]
    names = {label.label_id: label.name for label in rating.labels}
    found = moved(rating, after, "coverage", [ids[0]], ids)
    assert [one.name for one in found] == ["Model Rating", "Coverage", *(names[k] for k in (ids[0], ids[4], ids[3]))]
    assert found[2].change == pytest.approx(ids[0])
    newer = moved(replace(rating, labels=()), after, "coverage", [ids[0]], [])
    assert newer[-1].change is None
    assert newer[-1].after.value is not None
