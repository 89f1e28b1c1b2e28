"""The desk's component: one element that shows an item and takes its keys. Its script and its look stand in ``frontend/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).with_name("frontend")
#: The scripts are one module when they are served: in this order, each may use what stands before it.
_SCRIPTS = ("clock.js", "outbox.js", "drafts.js", "text.js", "desk.js")
SCRIPT = "\n".join((_FOLDER / name).read_text("utf-8") for name in _SCRIPTS)
KEY, EVENT = "desk_component", "event"

_mount = st.components.v2.component(
    "plateau_desk",
    html='<div id="desk">\n</div>',
    css=(_FOLDER / "desk.css").read_text("utf-8"),
    js=SCRIPT,
)


_pulse = st.components.v2.component("plateau_pulse", html="<div>\n</div>", js=(_FOLDER / "pulse.js").read_text("utf-8"))


def pulse() -> None:
    """Let the desk ask for the whole page when its events come to nothing; to be called outside of the desk's fragment."""
    _pulse(key="desk_pulse", on_event_change=lambda: None)


def mount(data: Mapping[str, Any], on_event: Callable[[Any], None]) -> None:
    """Draw the desk from ``data``; every event of the browser is handed to ``on_event`` before the next thing is drawn.

    All of it stands under one name: Streamlit looks at each name's value to see whether it is a table, which takes time.
    """
    _mount(key=KEY, data={"face": dict(data)}, on_event_change=lambda: on_event(st.session_state[KEY][EVENT]))
