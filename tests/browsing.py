"""The app as a test without a browser sees it: its pages, and the Label page at an action."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from data.store import Store
from views import planning, session

APP = str(Path(__file__).parents[1] / "views" / "main.py")
OVERVIEW, LABEL, DATA = session.OVERVIEW, session.LABEL, session.DATA


def opened(page: str = OVERVIEW) -> AppTest:
    """The app at a page, without an error."""
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert not at.exception
    return at if page == OVERVIEW else at.switch_page(page).run()


def at_action(action_id: int) -> AppTest:
    """The Label page at an action that was started, reached by its address."""
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["action"] = str(action_id)
    at.run()
    at.switch_page(LABEL)
    at.query_params["action"] = str(action_id)
    at.run()
    assert not at.exception
    return at


def trained(store: Store, project_id: int) -> None:
    """Wait until no training of the project runs or waits."""
    end = time.monotonic() + 60
    while planning.training(store, project_id).busy:
        assert time.monotonic() < end
        time.sleep(0.02)


_numbers = itertools.count(1)


def component(at: AppTest, key: str) -> Any:
    """A component of our own by its key."""
    (element,) = (found for found in at.get("bidi_component") if found.key == key)
    return element


def _desk(at: AppTest) -> Any:
    return component(at, "desk_component")


def on_desk(at: AppTest) -> dict[str, Any]:
    """What the desk's component was given to draw."""
    element = _desk(at)
    found: dict[str, Any] = json.loads(element.proto.json)["face"]
    return found


def place(at: AppTest) -> tuple[int, int]:
    """Which item of how many is in view."""
    head = on_desk(at)["head"]
    return head["position"], head["count"]


def send(at: AppTest, **event: Any) -> AppTest:
    """The app after an event of the desk's component, without an exception."""
    return tell(at, "desk_component", "event", {"number": f"test-{next(_numbers)}", **event})


def tell(at: AppTest, key: str, name: str, value: Any) -> AppTest:
    """The app after a component of our own has sent something, without an exception."""
    element = component(at, key)
    states = at._tree.get_widget_states()
    told = [{"event": name, "value": value}]
    states.widgets.append(WidgetState(id=_make_trigger_id(element.proto.id, "events"), json_trigger_value=json.dumps(told)))
    at._run(states)
    assert not at.exception
    return at


def confirm(at: AppTest, ticked: Iterable[int] | None = None, *, kind: str = "decide", **more: Any) -> AppTest:
    """The app after Enter, with these labels ticked instead of those that are ticked at first."""
    shown = on_desk(at)
    assigned = list(shown["ticked"] if ticked is None else ticked)
    chips = [chip["id"] for chip in shown["offered"]] if not shown["pair"] else []
    item = shown["item"]
    return send(at, **{
        "kind": kind, "item": item["id"], "assigned": assigned, "dismissed": [label for label in chips if label not in assigned],
        "seconds": 0.01, "note": "", "uncertain": False, "own": item["own"], "seen": item["seen"], **more,
    })  # fmt: skip
