"""The Progress page without a browser, and what it reads of the store."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.errors import NotFound
from data.records import Project, ReviewDraft, StopCheck
from data.store import Store
from rating.service import rate_project
from recommend.progress import course
from recommend.rules import Terms
from recommend.simulate import WhatIf
from tests.builders import stored
from tests.test_simulate import KNOWN
from views import progress, progresscharts

PAGE = Path(__file__).parents[1] / "views" / "progress_page.py"

ROW = {
    "item": 3, "uid": "m3", "text": "Money back", "who": "ann", "when": "2025-01-01T00:00:00.000000+00:00", "source": "teach",
    "action": 7, "moved": 1.25, "given": [], "unlikely": [{"label_id": 1, "name": "Refund"}],
}  # fmt: skip
INFLUENCE = {"reviews": 100, "share": 0.4, "overall": [ROW], "labels": [
    {"label_id": 1, "name": "Refund", "share": 0.5, "rows": [{**ROW, "assigned": False, "probability": 0.93}]},
]}  # fmt: skip


def shown(project: Project) -> AppTest:
    """The page by itself, without the Overview before it, which would rate first."""
    at = AppTest.from_file(str(PAGE), default_timeout=60)
    at.session_state["project"] = project.name
    at.run()
    assert not at.exception
    return at


def test_before_the_first_rating_it_says_where_to_look(place: tuple[Store, Project]) -> None:
    at = shown(place[1])
    assert "There is no rating yet" in at.info[0].value
    assert not at.multiselect


def test_curves_moments_and_density_are_those_of_the_kept_ratings(place: tuple[Store, Project]) -> None:
    store, project = place
    first = rate_project(store, project.id).result.rating
    once = shown(project)
    assert "The curve beside it starts with the second rating that knows All labels." in [str(one.value) for one in once.caption]
    items = [i for i in store.item_hashes(project.id)[0] if i not in {r.item_id for r in store.reviews(project.id)}][:10]
    (label,) = (one.id for one in store.labels(project.id) if one.name == "Refund")
    store.record_reviews(project.id, [ReviewDraft(item, (label,), "me", seconds=6.0) for item in items])
    second = rate_project(store, project.id).result.rating

    found = course(store, project.id)
    assert [(p.reviewed, p.score) for p in found] == [(100, first.score), (110, second.score)]
    assert [p.minutes for p in found] == [0.0, pytest.approx(1.0)]
    assert found[1].labels[label].ap == next(one.ap for one in second.labels if one.label_id == label)
    assert store.first_assignments(project.id)[-10:] == [(label,)] * 10
    with pytest.raises(NotFound, match="no rating with the number 99"):
        store.snapshot(project.id, 99)

    store.save_study(project.id, "influence", "", revision=1, model_version=1, result=INFLUENCE)
    check = StopCheck(0, 1, 1, "", 100, "stalled", "Stalled: nothing helps.", {})
    store.save_stop_check(project.id, check, None)
    store.save_simulation(project.id, 5, asdict(WhatIf(runs=2)), {**KNOWN, "held": 45})
    at = shown(project)
    assert "starts with the second rating" not in " ".join(str(one.value) for one in at.caption)
    assert f"at 110 reviewed items; it was {first.score.value:.0f} at 100" in at.markdown[0].value
    said = " ".join(str(one.value) for kind in (at.markdown, at.caption) for one in kind)
    assert "Needs 5 actions that are done" in said
    assert "labels a review over the last 20" in said
    assert "**40 %** of all that reviews have moved came from the 5 reviews" in said
    assert "The model would have said otherwise: Refund" in said
    assert "Stalled] from 100 reviewed items to now" in said
    assert "over-fits is not known yet" in said
    assert "random after 260" in said
    assert "replayed at revision 5" in said
    store.update_settings(project.id, {"targets": {"labels": 1.0}})  # any label that is known is learned then
    at.selectbox(key="moved").set_value("Refund")
    at.multiselect(key="curves").set_value(["Refund"])
    at.segmented_control(key="learned").set_value("Table")
    at.segmented_control(key="against").set_value("active minutes").run()
    assert not at.exception
    table = at.dataframe[0].value
    assert set(table["Label"]) == {one.name for one in second.labels}
    assert set(table["State"]) == {"▲ Learned"}
    assert any("asked of each label, 1." in str(one.value) for one in at.caption)
    assert any("Refund" in str(one.value) for one in at.caption)
    assert any("does not have it :gray[(the model, without it: 93 %)]" in str(one.value) for one in at.markdown)


def test_labels_are_held_against_their_own_target_and_all_else_against_that_of_the_rating() -> None:
    terms, names = Terms("automation", labels=75.0), [progresscharts.RATING, "Coverage", "Refund"]
    assert progress.asked_of(terms, names[:2], names) == (90.0, "the rating")
    assert progress.asked_of(terms, names, names) == (75.0, "each label")


def test_every_curve_has_its_own_colour_mark_and_dash_and_what_is_ahead_is_dashed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store, project = stored(tmp_path_factory.mktemp("charts"))
    rate_project(store, project.id)
    points = course(store, project.id)
    series = [progresscharts.RATING, "Coverage", "Refund"]
    table = progresscharts.curve_table(points, series, "reviews")
    assert list(table["series"]) == series
    assert (table["low"] <= table["value"]).all()
    drawn = progresscharts.curves(table, progresscharts.ahead_table({}), series, "reviews", 70.0).to_dict()
    for channel in ("color", "shape"):
        encoding = drawn["layer"][4]["encoding"][channel]
        assert len(set(encoding["scale"]["range"])) == 3
    assert drawn["layer"][3]["mark"]["strokeDash"] == [5, 4]
    label_id = progresscharts.label_ids(points)["Refund"]
    renamed = replace(points[-1], labels={label_id: replace(points[-1].labels[label_id], name="Money back")})
    through = progresscharts.curve_table([*points, renamed], ["Money back"], "reviews")
    assert len(through) == 2  # what it was called before
    assert progresscharts.curve_table(points, series, "minutes").empty  # no review has a known time
