"""The Versions page: every version, two side by side, how steady the model is; and an earlier version in charge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.cli import main as data_main
from data.errors import NotEnoughEvidence, NotFound
from data.kept import ModelVersion, VersionRating
from data.records import IN_CHARGE, LabelEvent, ReviewDraft
from data.store import Store
from data.timeline import Again
from rating.service import rate_project
from recommend.__main__ import main
from recommend.answering import said_of_texts
from recommend.comparing import along, compare
from recommend.service import plan_project
from recommend.serving import suggestions
from recommend.studies import arrays_of, run_study
from recommend.versions_cli import compared, listed
from recommend.versionwords import judged_again, novelties, reviews_between, verdict
from tests.browsing import opened, trained
from tests.builders import messages, stored
from views import planning, versioncharts
from views.versioncompare import basis, same_rows

PAGE = "versions_page.py"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A project with two versions, by 60 reviews half of which were wrong, and by 160, and both studies of them.

    A label is known to the second alone.
    """
    store, project = stored(tmp_path_factory.mktemp("page"), items=220, reviewed=60)
    items, named = store.item_hashes(project.id)[0], {label.name: label.id for label in store.labels(project.id)}
    said = [tuple(named[name] for name in labels) for _, labels in messages(220)]
    store.record_reviews(project.id, [ReviewDraft(items[k], said[k + 1], "ann") for k in range(30)])
    rate_project(store, project.id)
    odd = (store.add_label(project.id, "Odd").id,)
    more = [ReviewDraft(items[k], said[k] + odd * (k % 9 == 0), "ann", source="teach") for k in range(60, 160)]
    store.record_reviews(project.id, [*(ReviewDraft(items[k], said[k], "ann", source="check") for k in range(30)), *more])
    rate_project(store, project.id)
    run_study(store, project.id, "compare", {"a": 1, "b": 2})
    run_study(store, project.id, "steadiness")
    return store


def test_the_page(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATEAU_DB", str(grown.path))
    st.cache_resource.clear()
    page = opened(PAGE)
    side_by_side(page, grown)
    page.segmented_control(key="versions").set_value("How steady").run()
    assert not page.exception
    assert page.dataframe[0].value["Label"].tolist()
    marked_and_returned_to(page, grown)


def side_by_side(page: AppTest, grown: Store) -> None:
    page.segmented_control(key="versions").set_value("Compare two").run()
    assert not page.exception
    assert [page.selectbox(key=key).value for key in ("first", "second")] == ["1", "2"]
    assert any("new reviews" in one.value for one in page.markdown)
    assert any("knows Odd" in one.value for one in page.caption)
    assert page.dataframe[0].value["Label"].tolist()[0] == "Mean of all"
    page.button(key="changed_review").click().run()
    (action,) = grown.actions(1, "started")
    reviewed = {review.item_id for review in grown.current_reviews(1)}
    assert action.item_ids
    assert not reviewed & set(action.item_ids)
    page.switch_page(PAGE).run()


def marked_and_returned_to(page: AppTest, grown: Store) -> None:
    page.segmented_control(key="versions").set_value("All versions").run()
    rows = page.dataframe[0].value
    assert rows["Version"].tolist()[-2:] == [2, 1]
    assert rows["Reviews"].tolist()[-2:] == [160, 60]
    assert rows["What changed"].tolist()[-2:] == ["+100 reviews; 30 items judged again; “Odd” created", "the first one"]
    assert page.button(key="version_pin").disabled  # the newest serves anyway
    page.selectbox(key="version").select("1").run()
    page.button(key="version_star").click().run()
    page.text_input(key="version_note_1_1").set_value("for the team").run()
    reviews = grown.reviews(1)
    page.button(key="version_pin").click().run()
    assert not page.exception
    trained(grown, 1)
    marked = grown.model_versions(1)[0]
    assert (marked.starred, marked.note) == (True, "for the team")
    served = planning.latest(grown, 1)
    assert served is not None
    assert served.version == "plateau-1"
    assert served.rating.model_version >= 2
    page.run()
    assert "★ serves" in page.dataframe[0].value[""].tolist()
    page.button(key="versions_unpin").click().run()
    trained(grown, 1)
    again = planning.latest(grown, 1)
    assert again is not None
    assert again.version != "plateau-1"
    assert grown.reviews(1) == reviews


def test_a_pinned_version_plans_and_the_newest_is_rated(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=220, reviewed=60)
    before = plan_project(store, project.id).served
    items, named = store.item_hashes(project.id)[0], {label.name: label.id for label in store.labels(project.id)}
    new = store.add_label(project.id, "Odd").id
    drafts = [ReviewDraft(items[k], (named["Refund"], new), "ann") for k in range(60, 100)]
    store.record_reviews(project.id, drafts)
    store.pin_version(project.id, 1)
    planned = plan_project(store, project.id)
    served = planned.served
    assert (served.version, served.rating.reviewed) == ("plateau-1", 100)
    assert "version 2" in served.charge
    assert "knows nothing of Odd" in served.charge
    assert before.probability is not None
    assert served.probability is not None
    both = [served.label_ids.index(label) for label in before.label_ids]
    np.testing.assert_array_equal(served.probability[:, both], before.probability)
    assert suggestions(served, items[150:160]) != suggestions(before, items[150:160])  # the new label is among them
    text = messages(220)[200][0]
    (said,), reason = said_of_texts(store, project.id, served, [text])
    assert reason == ""
    assert said is not None
    item = served.probability[200, both]
    np.testing.assert_allclose([said.scores[name] for name in before.label_names], item, atol=0.02)
    assert data_main(["use", "--db", str(store.path), "--project", project.name, "--own"]) == 0
    assert plan_project(store, project.id).served.version == "plateau-3"
    assert data_main(["use", "--db", str(store.path), "--project", project.name, "--model", "plateau-1"]) == 0
    assert store.project(project.id).settings["in_charge"] == "plateau-1"
    with pytest.raises(NotFound, match="no model version 9"):
        store.pin_version(project.id, 9)


def test_a_version_that_cannot_be_computed_again_does_not_plan(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=220, reviewed=60)
    number = store.save_model_version(project.id, 1, {"encoders": ["st:gone@256"], "penalty": 1.0, "block_weights": {}})
    store.pin_version(project.id, number)
    served = plan_project(store, project.id).served
    assert served.version == "plateau-2"
    assert "cannot be computed again" in served.charge
    assert "st:gone@256" in served.charge


def test_studies_of_versions(grown: Store) -> None:
    kept = grown.study(1, "compare", '{"a": 1, "b": 2}')
    assert kept is not None
    assert [one["reviewed"] for one in kept.result["versions"]] == [60, 160]
    assert kept.result["names"] == ["Broken", "Delivery > Late", "Praise", "Refund"]
    assert kept.result["left_out"] == [[], ["Odd"]]
    assert kept.result["reviews"] == {"new": 130, "gone": 0, "sources": {"teach": 100, "check": 30}, "people": {"ann": 130}}
    assert kept.result["verdict"] == "better"
    arrays = arrays_of(kept)
    assert len(arrays["item"]) == kept.result["changed"] == sum(x["gained"] + x["lost"] for x in kept.result["labels"])
    assert arrays["gained"].sum() == sum(x["gained"] for x in kept.result["labels"])
    assert arrays["confusion"].shape == (2, 5, 5)
    found = grown.study(1, "steadiness")
    assert found is not None
    (step,) = found.result["steps"]
    assert [step[key] for key in ("from", "to", "reviewed", "more")] == [1, 2, 160, 100]
    assert step["share"] == pytest.approx(kept.result["changed"] / kept.result["decisions"])
    assert 0.5 < step["chance"]["cosine"] < 1


def test_versions_at_the_command_line(grown: Store, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["versions", "--db", str(grown.path), "--project", "mail"]
    assert main([*told, "--note", "2", "kept", "--star", "2"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.split()[0] == "2")
    assert "★" in line
    assert line.endswith("+100 reviews; 30 items judged again; “Odd” created  [kept]")
    assert main([*told, "--unstar", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["Version"], row["Reviews"]) for row in rows][-2:] == [(2, 160), (1, 60)]
    assert "★" not in rows[-2][""]
    assert main([*told, "--note", "x", "kept"]) == 2
    assert "no model version 0" in capsys.readouterr().err
    kept = grown.study(1, "compare", '{"a": 1, "b": 2}')
    assert kept is not None
    words = compared(kept.result)
    assert words.startswith("Version 2 is better than version 1: +")
    assert f"{kept.result['labels'][0]['gained']:,} gained" in words


def test_a_comparison_needs_two_versions(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=30, reviewed=10)
    with pytest.raises(NotEnoughEvidence, match="one version"):
        run_study(store, project.id, "steadiness")
    number = store.save_model_version(project.id, store.revision(project.id), {"encoders": []})
    with pytest.raises(NotEnoughEvidence, match=f"Version {number} had too few reviews"):
        run_study(store, project.id, "compare", {"a": number, "b": number})


def test_what_set_a_version_apart() -> None:
    old = ModelVersion(1, 1, "2026-01-01", {"encoders": ["lsa@1"], "block_weights": {"lsa": 1.0}, "penalty": 1.0}, False, "")
    mixed = {"encoders": ["m@2", "lsa@1"], "block_weights": {"m": 1.0, "lsa": 0.5}, "penalty": 2.0}
    new = ModelVersion(2, 2, "2026-01-03", mixed, False, "")
    events = [LabelEvent(f"2026-01-0{day}", kind, f"l{day}", f"was{day}", None) for day, kind in
              ((1, "created"), (2, "created"), (2, "renamed"), (2, "retired"), (2, "described"), (4, "created"))]  # fmt: skip
    rated = [VersionRating(k, n, 50.0, 40.0, 60.0) for k, n in ((1, 50), (2, 40))]
    assert novelties(old, new, rated[0], rated[1], events) == [
        "-10 reviews", "with m@2", "features mixed anew (m 1, LSA 0.5, penalty 2)", "“l2” created", "“was2” renamed",
        "1 more change of labels",
    ]  # fmt: skip
    told = [LabelEvent("2026-01-02", kind, "A", None, None) for kind in ("reset", "restored")]
    assert novelties(old, new, None, None, told)[2:] == ["“A” learned anew", "“A” given back its judgements"]
    told = [LabelEvent("2026-01-02", "separated", "A", None, None)]
    assert novelties(old, new, None, None, told)[2:] == ["“A” separated again"]
    assert novelties(old, old, rated[0], rated[0], []) == ["only settings or items"]
    assert novelties(old, old, rated[0], rated[0], [], 3) == ["3 items judged again"]
    assert judged_again([4, 8, 9], [Again(1, 2, 5), Again(1, 2, 6), Again(2, 4, 9), Again(3, 5, 6), Again(4, 1, 10)]) == [0, 1, 1]


def test_versions_by_as_many_reviews_can_be_compared(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=160, reviewed=80)
    named = {label.name: label.id for label in store.labels(project.id)}
    rate_project(store, project.id)
    store.reset_label(project.id, named["Broken"])
    rate_project(store, project.id)
    ratings = store.version_ratings(project.id)
    assert along(ratings) == [1, 2]
    page = AppTest.from_function(_choice, args=(str(store.path),), default_timeout=30).run()
    assert not page.exception
    assert [one.value for one in page.selectbox] == ["1", "2"]
    store.retire_label(project.id, named["Refund"])
    found = compare(store, project.id, {"a": 1, "b": 2}, lambda share, words: None).result
    assert (found["left_out"], found["unused"]) == ([[], []], ["Refund"])
    assert "knows" not in basis(found)
    assert "no longer in use: Refund." in basis(found)


def _choice(path: str) -> None:
    from data.store import Store
    from views.versioncompare import choose

    store = Store(path)
    choose(store.model_versions(1), store.version_ratings(1))


def test_a_line_of_versions_takes_the_last_at_each_number_of_reviews_where_there_are_many() -> None:
    ratings = [VersionRating(k, n, 50.0, 40.0, 60.0) for k, n in enumerate((50, 60, 60, 70, 70), 1)]
    assert along(ratings) == [1, 2, 3, 4, 5]
    assert along(ratings, most=3) == [1, 3, 5]
    assert along([*ratings, VersionRating(6, 90, None, None, None)], most=2) == [1, 5]
    assert along([VersionRating(k, 50, 50.0, 40.0, 60.0) for k in range(1, 6)], most=2) == [1, 5]


@pytest.mark.parametrize(("who", "serving"), [(None, [-1]), ("plateau-1", [0]), ("v1", [])])
def test_no_version_serves_while_another_model_is_in_charge(grown: Store, who: str | None, serving: list[int]) -> None:
    project = replace(grown.project(1), settings={IN_CHARGE: who})
    versions = [one.version for one in grown.model_versions(1)]
    marked = [row["Version"] for row in listed(grown, project) if "serves" in row[""]]
    assert marked == [versions[place] for place in serving]


def test_words_and_charts_of_a_comparison(grown: Store) -> None:
    kept = grown.study(1, "compare", '{"a": 1, "b": 2}')
    assert kept is not None
    result = dict(kept.result)
    assert verdict(result).startswith("**Version 2 is better** than version 1: +")
    assert reviews_between(result, {"teach": "Teach label"}) == (
        "Between them lie **130 new reviews**: 100 by Teach label, 30 by check (ann 130)."
    )
    gone = {**result, "reviews": {"new": 0, "gone": 1, "sources": {}, "people": {}}}
    assert reviews_between(gone, {}) == "1 review of the first is missing in the second."
    arrays = {"precision": np.full((2, 4, 103), 0.5), "recall": np.full((2, 4, 103), 0.25)}
    arrays["precision"][1] = np.nan
    row = same_rows(result, arrays, "recall", 0.2)[1]
    assert list(row.values())[1:] == ["50 %", "–"]
    table = versioncharts.rise_table(result["labels"])
    assert versioncharts.rises(table).to_dict()["layer"]
    matrix = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
    cells = versioncharts.confusion_table(matrix, ["a", "b", "none"])
    assert cells.loc[cells["Right"] == "a", "text"].tolist() == ["75", "25", ""]
    assert "b" not in set(cells["Right"])  # never right: nothing to tell
    signed = versioncharts.confusion_table(matrix, ["a", "b", "none"], other=np.eye(3))
    assert signed.loc[signed["Right"] == "a", "text"].tolist() == ["-25", "+25", ""]
    named = versioncharts.mixups(cells, signed=False)
    assert named.iloc[:, :3].to_numpy().tolist() == [["none", "a", 50.0], ["a", "b", 25.0]]
    drawn = versioncharts.confusion_chart(signed, ["a", "b", "none"], signed=True).to_dict()
    assert drawn["layer"][0]["encoding"]["color"]["scale"]["domain"] == [-50.0, 50.0]
    steps = [{"from": 1, "to": 2, "reviewed": 9, "more": 3, "share": 0.1, "cosine": None, "length": None, "labels": {"7": 0.3},
              "chance": None}]  # fmt: skip
    assert versioncharts.steady_table(steps, 7)["Changed"].tolist() == [pytest.approx(30.0)]
    assert isinstance(versioncharts.steady(pd.DataFrame(versioncharts.steady_table(steps)), "Changed", "x").to_dict(), dict)
