"""Everybody can read the pages: every chart says its message in words and its axes, every colour of text stands out."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
VIEWS = sorted((ROOT / "views").glob("*.py"))
SCHEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
#: WCAG 2.2: text stands out this far from its background, marks of a chart that far.
TEXT, MARKS = 4.5, 3.0
#: What is written on a coloured cell, light or dark as the cell asks.
ON_CELLS = {"#ffffff", "#14302d"}
TEXTS = ("textColor", "linkColor", *(f"{hue}TextColor" for hue in ("red", "yellow", "blue", "green", "gray")))


def calls(source: str, name: str) -> Iterator[ast.Call]:
    """The calls of a method of this name, if it is there at all."""
    for node in ast.walk(ast.parse(source)) if f".{name}(" in source else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def untold(source: str) -> list[int]:
    """The lines on which a chart is drawn without words for those who cannot see it."""
    return [call.lineno for call in calls(source, "altair_chart") if "alt" not in {word.arg for word in call.keywords}]


def nameless(source: str) -> list[int]:
    """The lines on which an axis is described without a title; None says that its ticks are names."""
    found = [call for axis in ("X", "Y") for call in calls(source, axis) if ast.unparse(call.func) == f"alt.{axis}"]
    return [call.lineno for call in found if "title" not in {word.arg for word in call.keywords}]


def luminance(colour: str) -> float:
    """The relative luminance of a colour as #rrggbb, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How far two colours stand apart, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def scheme(name: str) -> dict[str, Any]:
    return {**{key: value for key, value in SCHEMES.items() if isinstance(value, str)}, **SCHEMES[name]}


def test_every_chart_says_its_message_in_words() -> None:
    assert {path.name: lines for path in VIEWS if (lines := untold(path.read_text("utf-8")))} == {}
    assert sum(1 for path in VIEWS for _ in calls(path.read_text("utf-8"), "altair_chart")) >= 5


def test_every_axis_has_a_title() -> None:
    assert {path.name: lines for path in VIEWS if (lines := nameless(path.read_text("utf-8")))} == {}


def test_a_chart_without_words_or_titles_would_be_noticed() -> None:
    assert untold("st.altair_chart(chart)\nleft.altair_chart(chart, alt='It rises.')") == [1]
    assert nameless("alt.X('reviews:Q', title='Reviews')\nalt.Y('value:Q')") == [2]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_colour_of_text_stands_out(name: str) -> None:
    colours = scheme(name)
    grounds = [colours["backgroundColor"], colours["secondaryBackgroundColor"]]
    pale = [
        (text, round(contrast(colours[text], ground), 2))
        for text in TEXTS
        for ground in grounds
        if text in colours and contrast(colours[text], ground) < TEXT
    ]
    assert pale == []
    for hue in ("red", "yellow", "blue", "green", "gray"):
        assert contrast(colours[f"{hue}TextColor"], colours[f"{hue}BackgroundColor"]) >= TEXT, hue


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_colour_of_a_chart_stands_out(name: str) -> None:
    ground = scheme(name)["backgroundColor"]
    used = {
        (path.name, colour)
        for path in VIEWS
        if "charts" in path.name
        for colour in re.findall(r"\"(#[0-9a-f]{6})\"", path.read_text("utf-8"))
        if colour not in ON_CELLS
    }
    assert used
    assert sorted((name, ink, round(contrast(ink, ground), 2)) for name, ink in used if contrast(ink, ground) < MARKS) == []


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
