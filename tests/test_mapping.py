"""The map as a study: kept while items stay, extended by new ones; work that starts from a part of it; and its page."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from streamlit.testing.v1 import AppTest

from data.errors import NotEnoughEvidence
from data.records import ImportRow, Project, ReviewDraft
from data.store import Store
from rating.evidence import Ints
from rating.projection import REACH
from rating.service import current_vectors
from recommend import mapping
from recommend.mapping import MAP, NOVELTY, kept, novelty
from recommend.regions import ground
from recommend.start import start_region
from recommend.studies import run_study
from tests.browsing import APP, component, tell
from views import mapchoice, planning
from views.mapview import Scene


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rating.projection._STEPS", 250)


def test_a_review_moves_no_point_and_a_new_item_goes_among_the_others(place: tuple[Store, Project]) -> None:
    store, project = place
    first = kept(run_study(store, project.id, MAP))
    unread = int(first.item_ids[-1])
    store.record_review(project.id, ReviewDraft(item_id=unread, assigned=(), annotator="ann", source="shuffle"))
    store.import_rows(project.id, [ImportRow("new", store.item(project.id, unread).text), ImportRow("m0", "another text")])
    again = run_study(store, project.id, MAP)
    second = kept(again)
    changed = np.flatnonzero((second.points[:-1] != first.points).any(axis=1)).tolist()
    assert changed in ([], [0])
    assert again.result["placed"] == 2
    vectors = np.asarray(current_vectors(store, project.id)[0].arrays[0])
    alike = pairwise_distances(vectors[:-1], vectors[-1:], metric="cosine")[:, 0] < 1e-5
    assert alike[-1]
    assert second.points[-1].tolist() in first.points[alike].tolist()
    assert (second.marks[:1] != first.marks[:1]).all()


def test_a_map_of_many_new_items_is_drawn_anew(place: tuple[Store, Project]) -> None:
    store, project = place
    run_study(store, project.id, MAP)
    store.import_rows(project.id, [ImportRow(f"new {k}", f"something else number {k}") for k in range(80)])
    found = run_study(store, project.id, MAP)
    assert (found.result["placed"], found.result["items"]) == (0, 380)


def test_without_items_there_is_nothing_to_map(place: tuple[Store, Project]) -> None:
    store, _ = place
    empty = store.create_project("empty")
    for kind, words in ((MAP, "Import a file"), (NOVELTY, "Nothing is reviewed")):
        with pytest.raises(NotEnoughEvidence, match=words):
            run_study(store, empty.id, kind)


def test_novelty_is_the_distance_to_the_nearest_reviewed_item() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 6))
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    found = novelty(unit, np.array([3, 7]))
    assert found == pytest.approx(pairwise_distances(unit, unit[[3, 7]], metric="cosine").min(axis=1).clip(0, 1), abs=1e-5)
    assert found[3] == pytest.approx(0, abs=1e-6)


def region(store: Store, project: Project, chosen: list[int], **options: Any) -> Any:
    at = np.array([[10 * k, 0] for k in chosen], np.uint16)
    return start_region(store, project.id, "ann", np.array(chosen), at, "late trains", **options)


def test_a_part_of_the_map_becomes_an_action_of_its_free_items(place: tuple[Store, Project]) -> None:
    store, project = place
    ids = store.item_hashes(project.id)[0]
    action = region(store, project, ids[90:200], size=20)
    assert (action.kind, action.theme, action.state, action.annotator) == ("discover", "region: late trains", "started", "ann")
    assert len(action.item_ids) == 20
    assert set(action.item_ids) <= set(ids[100:200])  # the first hundred are reviewed
    assert action.chances == (None,) * 20
    assert "20 of 100 unreviewed items" in action.reason
    other = region(store, project, ids[100:200])
    assert not set(other.item_ids) & set(action.item_ids)
    with pytest.raises(NotEnoughEvidence, match="Choose another part"):
        region(store, project, ids[:50], label="Trains")
    assert "Trains" not in {label.name for label in store.labels(project.id)}


def test_a_part_of_the_map_becomes_a_label(place: tuple[Store, Project]) -> None:
    store, project = place
    action = region(store, project, store.item_hashes(project.id)[0][150:153], label="Trains > Late")
    (label,) = (found for found in store.labels(project.id) if found.name == "Trains > Late")
    assert action.label_ids == (label.id,)
    assert store.taxonomy_steps(project.id)[-1].annotator == "ann"
    assert "Tick those that are about" in action.reason


def keep_map(store: Store, project: Project) -> None:
    """A map on which the items lie anywhere."""
    ids = np.array(store.item_hashes(project.id)[0])
    at = np.random.default_rng(0).integers(0, REACH, (len(ids), 2)).astype(np.uint16)
    content = BytesIO()
    np.savez_compressed(content, item_ids=ids, marks=ids, points=at)
    result = {"encoder": "lsa", "items": len(ids), "placed": 0}
    store.save_study(project.id, MAP, "", revision=1, model_version=0, result=result, arrays=content.getvalue())


def on_map(at: AppTest, key: str = "map_component", part: str = "face") -> dict[str, Any]:
    """What the map's component was given to draw, or was told."""
    found: dict[str, Any] = json.loads(component(at, key).proto.json)[part]
    return found


def at_map(**params: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params.update(params)
    at.run()
    at.switch_page("map_page.py")
    at.query_params.update(params)
    at.run()
    assert not at.exception
    return at


def test_the_page_shows_a_selection_and_starts_its_action(place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch) -> None:
    store, project = place
    keep_map(store, project)
    planning.renew(store, project.id)
    at = at_map(colour="Confidence")
    assert on_map(at)["what"] == "Confidence"
    assert any("Colours by model 1, revision 2" in str(found.value) for found in at.caption)
    served = planning.latest(store, project.id)
    assert served is not None
    with monkeypatch.context() as patch:
        patch.setattr(planning, "latest", lambda store, project_id: replace(served, model="v1", charge="'v1' plans."))
        at.run()
    told = " ".join(str(found.value) for found in at.caption)
    assert "'v1' plans." in told
    assert "Colours by v1, revision 2" in told
    tell(at, "map_component", "event", {"kind": "region", "outline": [[0, 0], [1000, 0], [1000, 1000], [0, 1000]]})
    assert at.query_params["region"] == "0.0.1000.0.1000.1000.0.1000"
    assert any("300 items chosen" in str(found.value) for found in at.markdown)
    assert any("**100** reviewed" in str(found.value) for found in at.markdown)
    tell(at, "map_told", "asked", 7)
    text = store.item(project.id, store.item_hashes(project.id)[0][7]).text
    assert on_map(at, "map_told", "told")["text"] == {"place": 7, "words": text}
    at.text_input(key="map_label").set_value("Trains")
    at.button(key="map_named").click().run()
    assert not at.exception
    (action,) = store.actions(project.id, "started")
    assert len(action.item_ids) == 50
    assert [store.label(project.id, number).name for number in action.label_ids] == ["Trains"]


def test_a_choice_is_put_into_words_once_for_a_map_and_a_revision(
    place: tuple[Store, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    asked: list[tuple[int, int]] = []

    def words(store: Store, project_id: int, item_ids: Ints, ours: Ints, others: Ints) -> str:
        asked.append((len(ours), len(others)))
        return f"words {len(asked)}"

    monkeypatch.setattr(mapchoice, "words_among", words)
    places = np.random.default_rng(0).random((1000, 2)).astype(np.float32)
    seen, rows = Scene(ground(np.arange(1000), places, None), (), None, "2026-01-01"), np.arange(600)
    told = [mapchoice.words_of(store, project, seen, chosen) for chosen in (rows, rows.copy(), rows[:-1])]
    assert (told, asked) == (["words 1", "words 1", "words 2"], [(600, 400), (599, 401)])
    assert mapchoice.words_of(store, replace(project, revision=project.revision + 1), seen, rows) == "words 3"
    assert mapchoice.words_of(store, project, replace(seen, drawn_at="2026-01-02"), rows) == "words 4"


@pytest.mark.usefixtures("place")
def test_the_page_begins_the_map_by_itself_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("views.studying.start_study", lambda path, project_id, kind, params: asked.append(kind))
    at = at_map()
    assert asked == [mapping.MAP]
    assert any("The map: not computed yet" in str(found.value) for found in at.caption)
