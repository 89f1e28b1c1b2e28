"""The map's component: a canvas that is moved and zoomed in the browser and sends the outline of what is chosen.

Its points are sent once: what changes often (a text, a choice) goes through a second component, which has nothing to draw.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from recommend.regions import Ground, Outline, Theme
from views.mapcolours import Colouring, message

_FOLDER = Path(__file__).with_name("frontend")
KEY, TOLD, EVENT, ASKED = "map_component", "map_told", "event", "asked"
#: So many entries of a legend are shown; so many words name a theme on the map.
MOST_NAMES, WORDS = 14, 2
#: A theme's number on a point that has none.
NO_THEME = 255

_mount = st.components.v2.component(
    "plateau_map",
    html='<div id="map">\n</div>',
    css=(_FOLDER / "map.css").read_text("utf-8"),
    js="\n".join((_FOLDER / name).read_text("utf-8") for name in ("mapground.js", "map.js")),
)
_mount_told = st.components.v2.component("plateau_map_told", html="<div>\n</div>", js=(_FOLDER / "maptold.js").read_text("utf-8"))


def face(found: Ground, themes: Sequence[Theme], colouring: Colouring, what: str) -> dict[str, Any]:
    """What the browser draws, as JSON knows it: points, codes and themes as the bytes of small numbers."""
    numbers = np.where((found.themes < 0) | (found.themes >= NO_THEME), NO_THEME, found.themes).astype(np.uint8)
    return {
        "points": packed(found.points.astype("<u2")), "codes": packed(colouring.codes), "themes": packed(numbers),
        "names": list(colouring.names), "colours": list(colouring.colours), "counts": colouring.counts,
        "ends": list(colouring.ends) if colouring.ends else None, "what": what, "alt": message(colouring, what),
        "most": MOST_NAMES, "places": [_named(theme) for theme in themes],
    }  # fmt: skip


def _named(theme: Theme) -> dict[str, Any]:
    short = ", ".join(theme.words.split(", ")[:WORDS])
    return {"number": theme.number, "words": short, "x": theme.x, "y": theme.y, "count": theme.items}


def packed(values: npt.NDArray[np.unsignedinteger]) -> str:
    """An array of small numbers as text: a third longer than its bytes.

    >>> packed(np.array([1, 2, 3], np.uint8))
    'AQID'
    """
    return b64encode(values.tobytes()).decode("ascii")


def mount(drawn: dict[str, Any], on_event: Callable[[Any], None]) -> None:
    """Draw the map; what the browser sends is handed to ``on_event`` before the next thing is drawn."""
    _mount(key=KEY, data={"face": drawn}, on_event_change=lambda: on_event(st.session_state[KEY][EVENT]))


def tell(text: tuple[int, str] | None, outline: Outline, theme: int | None, on_asked: Callable[[int], None]) -> None:
    """Tell the map what is chosen, and the text of the point that it has asked for last."""
    told = {"outline": outline, "theme": theme, "text": None if text is None else {"place": text[0], "words": text[1]}}
    _mount_told(key=TOLD, data={"told": told}, on_asked_change=lambda: on_asked(st.session_state[TOLD][ASKED]))
