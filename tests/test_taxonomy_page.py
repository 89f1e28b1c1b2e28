"""The Taxonomy page: a change is shown before it is made, made, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.records import ImportRow, ReviewDraft, StoredAction
from data.store import Store
from recommend import reshaping
from recommend.reshaping import Effect, Stock
from tests.browsing import DATA, opened

TAXONOMY = "taxonomy_page.py"
MARKUP = "![x](http://example.invalid/y.png) **bold**"
SHOWN = r"!\[x\](http\://example.invalid/y.png) \*\*bold\*\*"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Six messages; Late is on two, Broken on three, both on one of them."""
    monkeypatch.setenv("PLATEAU_DB", str(tmp_path / "plateau.db"))
    st.cache_resource.clear()
    store = Store(tmp_path / "plateau.db")
    store.create_project("Letters")
    store.import_rows(1, [ImportRow(f"m{k}", f"message {k}") for k in range(6)])
    late, broken = (store.add_label(1, name).id for name in ("Late", "Broken"))
    items = store.item_hashes(1)[0]
    for k, assigned in enumerate([(late,), (late, broken), (broken,), (broken,)]):
        store.record_review(1, ReviewDraft(items[k], assigned, "somebody"))
    store.add_label(1, "Late > By post")
    return store


def label(store: Store, name: str) -> int:
    return next(one.id for one in store.labels(1, retired=True) if one.name == name)


def stock(store: Store) -> Stock:
    actions = [action("Late letters", (label(store, "Late"),))]
    labels, reviews = tuple(store.labels(1, retired=True)), tuple(store.current_reviews(1))
    return Stock(labels, reviews, store.retired_periods(1), tuple(actions))


def action(theme: str, label_ids: tuple[int, ...]) -> StoredAction:
    return StoredAction(
        id=1, kind="teach", theme=theme, reason="", factor="all_labels", label_ids=label_ids, item_ids=(), chances=(),
        candidates=0, predicted_gain=None, predicted_seconds=0.0, model_version=0, revision=0, state="open", created_at="",
        done_at=None, rating_before=None, realised_gain=None, seconds=None,
    )  # fmt: skip


def after(effect: Effect) -> dict[str, tuple[int | None, int | None]]:
    return {one.name: (one.after, one.judged_after) for one in effect.examples}


def test_what_a_change_is_said_to_do_is_what_it_does(store: Store) -> None:
    late, broken = label(store, "Late"), label(store, "Broken")
    foretold = {
        "merge": reshaping.merged(stock(store), late, broken),
        "reset": reshaping.reset(stock(store), broken),
        "retire": reshaping.retired(stock(store), late),
    }
    done = {
        "merge": lambda: store.merge_labels(1, late, broken), "reset": lambda: store.reset_label(1, broken),
        "retire": lambda: store.retire_label(1, late),
    }  # fmt: skip
    for name, effect in foretold.items():
        done[name]()
        now = reshaping.unchanged(stock(store), broken if name != "retire" else late)
        known = {one.name: (one.before, one.judged_before) for one in now.examples}
        assert {key: value for key, value in after(effect).items() if value[0] is not None} == known
        store.undo_step(1, store.taxonomy_steps(1)[-1].id)
    assert (foretold["merge"].reviews, foretold["merge"].assigned, foretold["merge"].themes) == (4, 5, ("Late letters",))
    assert after(foretold["merge"]) == {"Late": (None, None), "Broken": (4, 4)}
    assert (after(foretold["reset"])["Broken"], foretold["reset"].unknown, foretold["reset"].themes) == ((0, 0), 4, ())
    assert foretold["retire"].themes == ("Late letters",)
    assert (foretold["merge"].unknown, foretold["retire"].unknown) == (0, 0)  # what either label was judged on stays known
    store.reset_label(1, late)
    assert reshaping.merged(stock(store), late, broken).unknown == 1  # m0: a no to Broken, while Late is not known any more


def test_a_new_name_is_foretold_for_what_is_nested_below_as_well(store: Store) -> None:
    effect = reshaping.renamed(stock(store), label(store, "Late"), "Delay")
    assert effect.names == (("Late", "Delay"), ("Late > By post", "Delay > By post"))
    assert (effect.unknown, effect.themes) == (0, ())


def at_label(name: str, way: str) -> AppTest:
    at = opened(TAXONOMY)
    at.selectbox(key="change").set_value(name).run()
    at.get_by_key("way").set_value(way).run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(str(found.value) for found in [*at.markdown, *at.caption])


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def test_labels_are_merged_after_the_effect_was_seen_and_separated_again(store: Store) -> None:
    late, broken = label(store, "Late"), label(store, "Broken")
    at = at_label("Late", "Merge")
    at.selectbox(key=f"label_target_{late}").set_value("Broken").run()
    assert "on 4 reviews, 5 assignments" in texts(at)
    assert "**Broken**: 3 → 4 examples" in texts(at)
    click(at, f"do_merge_{late}")
    assert [one.name for one in store.labels(1)] == ["Broken", "Late > By post"]
    at.get_by_key("taxonomy").set_value("History").run()
    click(at, f"undo_{store.taxonomy_steps(1)[-1].id}")
    assert store.label(1, late).merged_into is None
    assert [(step.kind, step.undone_by is None) for step in store.taxonomy_steps(1)][-2:] == [("merged", False), ("undone", True)]
    assert store.label(1, broken).merged_into is None


def test_a_label_that_somebody_else_has_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    late = label(store, "Late")
    at = at_label("Late", "Rename")
    at.text_input(key=f"label_name_{late}").set_value("Delay").run()
    store.describe_label(1, late, "It came late.", annotator="lea")
    click(at, f"do_rename_{late}")
    assert "described by lea" in at.error[0].value
    assert store.label(1, late).name == "Late"
    click(at, f"do_rename_{late}")
    assert [one.name for one in store.labels(1)] == ["Broken", "Delay", "Delay > By post"]


def test_names_that_look_like_markdown_are_shown_as_they_stand_and_a_taken_one_is_refused(store: Store) -> None:
    store.add_label(1, MARKUP, MARKUP)
    broken = label(store, "Broken")
    at = at_label("Broken", "Rename")
    at.text_input(key=f"label_name_{broken}").set_value(MARKUP).run()
    click(at, f"do_rename_{broken}")
    assert SHOWN in at.error[0].value
    assert "Merge the two" in at.error[0].value
    at.get_by_key("taxonomy").set_value("Add").run()
    at.text_input(key="label_new_name").set_value(f"{MARKUP} 2")
    next(button for button in at.button if button.label == "Add the label").click().run()
    assert SHOWN in at.toast[0].value
    at.text_area(key="labels_pasted").set_value("Lost: never came\nlost").run()
    assert "**1** new · **1** refused" in texts(at)
    assert "Line 2: " in at.caption[-1].value
    click(at, "paste_now")
    assert (label(store, "Lost") > broken, at.text_area(key="labels_pasted").value) == (True, "")


def test_a_label_is_retired_and_brought_back_with_its_reviews(store: Store) -> None:
    late = label(store, "Late")
    at = click(at_label("Late", "Retire"), f"do_retire_{late}")
    assert "Late" not in [one.name for one in store.labels(1)]
    at.get_by_key("taxonomy").set_value("Out of use").run()
    click(at, f"revive_{late}")
    assert store.label(1, late).retired_at is None
    assert reshaping.unchanged(stock(store), late).examples[0].before == 2


def test_the_data_page_leads_to_the_labels(store: Store) -> None:
    at = opened(DATA)
    at.get_by_key("section").set_value("Labels").run()
    assert not at.exception
    assert "preview of each change" in texts(at)
