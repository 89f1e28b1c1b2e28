"""The Doubts page: what is planted is shown, settled in place, and not asked for again."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from recommend.settling import whole
from recommend.studies import run_study
from views import doubts
from views.differing import as_html, differing
from views.doubtful import count

PAGE = str(Path(__file__).parents[1] / "views" / "quality_page.py")
TWIN = "please send the parcel back to the old house"


def planted(store: Store, project: Project) -> tuple[int, int, int]:
    """One review that says Praise of what is a refund, and two messages of one text judged differently."""
    labels = {label.name: label.id for label in store.labels(project.id)}
    item = next(r.item_id for r in store.current_reviews(project.id) if r.assigned == (labels["Refund"],))
    store.record_review(project.id, ReviewDraft(item, (labels["Praise"],), "bob"))
    rows = [ImportRow(f"twin{k}", TWIN, labels=given) for k, given in enumerate([("Refund",), ("Broken",)])]
    store.import_rows(project.id, rows)
    return item, labels["Praise"], labels["Refund"]


def test_doubts_are_settled_in_place_and_not_asked_for_again(place: tuple[Store, Project]) -> None:
    store, project = place
    item, praise, refund = planted(store, project)
    before = run_study(store, project.id, "doubts").result
    columns = (before["suspects"][key] for key in ("item", "label", "assigned", "who"))
    assert (item, refund, False, "bob") in set(zip(*columns, strict=True))
    (group,) = before["contradictions"]
    assert group["exact"]
    at = AppTest.from_file(PAGE, default_timeout=60)
    at.session_state["project"] = project.name
    at.run()
    told = {str(one.value.columns[0]): one.value for one in at.dataframe}
    assert {name: table.columns.tolist()[1:] for name, table in told.items()} == {
        name: ["Given", "Wrong", "Overlooked"] for name in ("Label", "Person")
    }
    assert all("(" in cell or cell == "unknown" for table in told.values() for cell in table["Wrong"])
    at.button(key=f"doubt_{item}_{refund}").click().run()
    assert not at.exception
    mine = store.reviews(project.id, item)[-1]
    assert (mine.assigned, mine.source, mine.view, mine.action_id) == ((praise, refund), "missed", "doubts", None)
    assert f"doubt_{item}_{refund}" not in {button.key for button in at.button}
    at.get_by_key("doubt").set_value("Near-duplicates").run()
    next(button for button in at.button if button.label == "All: Broken (1 now)").click().run()
    assert not at.exception
    said = [store.reviews(project.id, item_id)[-1] for item_id in group["items"]]
    broken = next(label.id for label in store.labels(project.id) if label.name == "Broken")
    assert [(review.assigned, review.source) for review in said] == [((broken,), "check")] * 2
    assert "No near-identical items" in at.success[0].value
    after = run_study(store, project.id, "doubts").result
    assert after["contradictions"] == []
    assert item not in after["suspects"]["item"]


def test_the_words_that_differ_stand_out_by_more_than_colour_and_nothing_is_taken_for_markup() -> None:
    left, right = differing("pay <b>me</b> 5 now", "pay <b>me</b> 6 now")
    assert [text for text, alone in left if alone] == ["5"]
    assert [text for text, alone in right if alone] == ["6"]
    drawn = as_html(left, "gone")
    assert "<mark>5</mark>" in drawn
    assert "underline" in drawn
    assert "&lt;b&gt;me" in drawn
    same = as_html(differing("apple " * 80, "apple " * 80)[0], "gone")
    assert (same.count("apple"), "<mark>" in same) == (60, False)
    assert "(no text)" in as_html(*[differing("", "a")[0]], "gone")


@pytest.mark.parametrize(("cells", "words"), [([12.6, 9.0, 20.0], "about 13"), ([None, None, None], "unknown")])
def test_an_expected_count_is_said_in_words(cells: list[float | None], words: str) -> None:
    assert count(cells) == words


def cells(total: float) -> dict[str, object]:
    return {"assigned": 90, "wrong": [total, 1.0, 6.0], "missed": [total, 2.0, 9.0]}


def kept(store: Store, project: Project, names: dict[str, int], groups: list[list[int]], lacking: list[int]) -> None:
    """A study from before Broken was merged into Refund: both are doubted of the same items, and confused with Praise."""
    refund, broken, praise = (names[name] for name in ("Refund", "Broken", "Praise"))
    marks = [(item_id, label) for item_id in lacking for label in (refund, broken)]
    count = len(marks)
    suspects = {"item": [k for k, _ in marks], "label": [k for _, k in marks], "assigned": [False] * count,
                "chance": [0.8, 0.7] * len(lacking), "probability": [0.8] * count, "who": ["ann"] * count}  # fmt: skip
    pair = {"given": [0.2, 0.1, 0.3], "taken": [None] * 3, "both": 0, "either": 9, "words": [[], []], "apart": False, "ask": []}
    twins = [{"items": group, "labels": [refund], "pair": group[:2], "alike": 0.9, "exact": False} for group in groups]
    result = {
        "reasons": [], "suspects": suspects, "contradictions": twins, "labels": {str(refund): cells(3.0)},
        "people": {"ann": cells(3.0)},
        "pairs": [{**pair, "labels": [refund, praise], "items": 7}, {**pair, "labels": [broken, praise], "items": 5}],
        "total": {**cells(3.0), "told": False, "needed": 300, "items": 0, "seconds": 0.0, "gain": 0.0},
    }  # fmt: skip
    revision = store.project(project.id).revision
    store.save_study(project.id, "doubts", "", revision=revision, model_version=1, result=result)


def test_a_study_from_before_a_merge_is_shown_with_each_doubt_once(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    names = {label.name: label.id for label in store.labels(project.id)}
    reviews = store.current_reviews(project.id)
    having = [review.item_id for review in reviews if names["Refund"] in review.assigned]
    lacking = [review.item_id for review in reviews if not review.assigned][:21]
    groups = [[having[k], lacking[k], lacking[k + 7]] for k in range(7)]
    kept(store, project, names, groups, lacking)
    store.merge_labels(project.id, names["Broken"], names["Refund"])
    asked: list[int] = []
    standing = doubts.standing
    monkeypatch.setattr(doubts, "standing", lambda view, items: asked.append(len(items)) or standing(view, items))
    at = AppTest.from_file(PAGE, default_timeout=60)
    at.session_state["project"] = project.name
    at.query_params["label"] = str(names["Refund"])
    at.run()
    assert not at.exception
    assert at.button(key="doubts_missed").label == "Go through the first 20 of 21 items that lack it"
    assert len(asked) == 2  # once for the action, once for the cards
    assert [metric.delta for metric in at.metric[:2]] == ["of 90 checkable", ""]
    for frame in at.dataframe:
        assert frame.value["Given"].tolist() == [90]
        assert not any(sign.isdigit() for sign in "".join(map(str, frame.value.drop(columns="Given").iloc[0])))
    at.get_by_key("doubt").set_value("Near-duplicates").run()
    assert at.button(key="twins_all").label == "Go through the first 18 of 21 items"
    at.get_by_key("doubt").set_value("Confused labels").run()
    assert not at.exception
    assert [text.value[:1] for text in at.caption if "confuse them" in text.value] == ["7"]


def test_an_action_asks_about_whole_groups() -> None:
    assert whole([[1, 2], [3, 4, 5], [6]], most=3) == [1, 2, 6]
    assert whole([[1, 2, 3], [4]], most=2) == [4]
    assert whole([[1, 2, 3]], most=2) == [1, 2]
    assert doubts.first_of(57, 18) == "the first 18 of 57 items"
    assert doubts.first_of(20) == "20 items"
