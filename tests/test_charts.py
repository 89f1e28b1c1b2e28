"""Charts, gauges and wording, each as what it is: no page, no browser."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rating.records import Band, Estimate, LabelHealth
from rating.sensitivity import Lever
from recommend import wording as shared_wording
from recommend.serving import Uneven
from views import charts, gauge, outlook, settings, validation, wording


def health(name: str, ap: float | None) -> LabelHealth:
    estimate = Estimate(ap, None if ap is None else ap - 0.1, None if ap is None else ap + 0.1, "" if ap else "No example yet.")
    return LabelHealth(1, name, False, 3, 9, estimate, *([ap] * 6), None, None, ())


def test_the_examples_in_the_wording_are_true() -> None:
    for module, examples in ((wording, 5), (shared_wording, 5)):
        found = doctest.testmod(module, extraglobs=vars(module))
        assert found.attempted >= examples
        assert found.failed == 0


@pytest.mark.parametrize("module", [settings, validation, outlook])
def test_the_examples_of_the_pages_parts_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module, extraglobs=vars(module))
    assert found.attempted >= 1
    assert found.failed == 0


def test_uneven_themes_are_named_with_what_evens_them_out() -> None:
    themes = [Uneven("late, parcel", 0.02, 0.10, 9), Uneven("refund", 0.30, 0.10, -22)]
    table = charts.theme_table(themes)
    assert table["Theme"].tolist() == ["late, parcel", "refund"]
    assert table[""].tolist() == ["too little", "too much"]
    assert table["Of all"].tolist() == [10.0, 10.0]


def levers() -> list[Lever]:
    return [
        Lever("factor", "coverage", "Coverage", 0.6, 0.3, 8.0, 0.04),
        Lever("contributor", "unsure", "Unsure", 0.4, 0.3, 8.0, 0.04, fewer=True),
        Lever("label", "1", "Late", 0.5, 0.1, 1.2, 0.4),
        Lever("label", "2", "Lost_*", 0.2, 0.05, 4.5, 0.1),
        Lever("label", "3", "Fine", 0.95, 0.01, 0.1, None),
    ]


def test_what_moves_the_rating_names_factors_and_then_labels_with_most_to_win() -> None:
    shown = outlook.shown_levers(levers())
    assert [lever.name for lever in shown] == ["Coverage", "Lost_*", "Late"]
    assert outlook.lever_words(shown[0]) == "**Coverage** rises from 60 to 64"
    assert outlook.lever_words(shown[1]) == "**Lost\\_\\*** rises from 20 % to 30 %"
    assert outlook.lever_words(levers()[1]) == "**Unsure** falls from 40 % to 36 %"
    assert "+4.5 points" in outlook.lever_room(shown[1])


def test_labels_are_sorted_with_the_weakest_first_and_the_unknown_last() -> None:
    table = charts.label_table([health("b", 0.9), health("none", None), health("a", 0.4)])
    assert list(table["Label"]) == ["a", "b", "none"]
    assert list(table["Band"]) == ["▼ Poor", "▲ Excellent", "○ No rating yet"]
    assert table["Warnings"].iloc[-1] == "No example yet."


def test_a_band_is_told_by_colour_and_by_shape() -> None:
    point = charts.label_chart(charts.label_table([health("a", 0.4), health("b", 0.8)])).to_dict()["layer"][1]
    assert point["encoding"]["color"]["field"] == point["encoding"]["shape"]["field"]
    assert len(set(point["encoding"]["shape"]["scale"]["range"])) == 4


@pytest.mark.parametrize("band", ["poor", "average", "good", "excellent", "none"])
def test_every_band_has_a_word_and_a_shape_of_its_own(band: Band) -> None:
    others = [look for key, look in wording.LOOKS.items() if key != band]
    assert wording.LOOKS[band].shape not in {look.shape for look in others}
    assert wording.LOOKS[band].word in wording.badge(band)


def test_the_gauge_says_its_value_to_those_who_cannot_see_it() -> None:
    drawn = gauge.terraces(Estimate(65.8, 58.9, 72.6))
    assert 'aria-label="66 of 100, Average; 90 percent interval 59 to 73"' in drawn
    assert "calc(65.8% - 1px)" in drawn


def test_an_unknown_rating_has_no_mark_on_the_gauge() -> None:
    drawn = gauge.terraces(Estimate(None, reason="Too few <reviews>."))
    assert "calc(" not in drawn
    assert "&lt;reviews&gt;" in drawn


@given(some.floats(0, 1), some.sampled_from(["share", "count", "score"]))
def test_a_figure_is_never_empty(value: float, unit: str) -> None:
    assert wording.figure(value, unit).strip()


def test_a_drawer_by_night_uses_the_colours_of_the_night() -> None:
    assert gauge.lit("x", dark=True) == '<div style="color-scheme:dark">x</div>'
    assert "color-scheme:light" in gauge.lit("x", dark=False)
